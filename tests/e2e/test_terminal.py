"""Progress on a pseudo terminal and beside one; data and progress never share a stream."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest

from support import StageTest, binary

ITEMS = 400
GRAPHS = 4


class Terminal(StageTest):
    def setUp(self):
        super().setUp()
        self.stage.create_topics("--topic-partitions", "4")
        self.items = self.stage.directory / "items.jsonl"
        with open(self.items, "w") as lines:
            for number in range(ITEMS):
                lines.write(json.dumps({"type": "graph_episode", "graph_id": f"g{number % GRAPHS}", "data_type": "text",
                                        "data": f"episode {number}"}) + "\n")
        # 100 items a graph of 20 ms each: progress is seen for two seconds.
        self.stage.worker(HEADRACE_STORE="null:?delay=20ms")

    def on_terminal(self, *arguments, **settings):
        """Runs headrace with standard error on a terminal of 100 columns: exit code, out, err."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        environment = self.stage.environment(TERM="xterm", HEADRACE_LOG_LEVEL="warn", **settings)
        process = subprocess.Popen([binary("headrace"), *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        shown = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 0.2)[0]:
                continue
            try:
                chunk = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            shown += chunk
        out = process.stdout.read()
        process.stdout.close()
        os.close(master)
        return process.wait(10), out.decode(), shown.decode()

    def assert_live(self, shown):
        self.assertIn("\r", shown)
        frames = [re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", frame).strip() for frame in re.split("[\r\n]+", shown)]
        bars = [frame for frame in frames if re.search(r"\d+%\s+\[.*\]", frame)]
        self.assertTrue(bars, shown)
        self.assertTrue(any(re.search(r"/s", bar) for bar in bars), bars)
        self.assertTrue(any("left" in bar for bar in bars), bars)
        self.assertTrue(all(len(bar) < 100 for bar in bars), "a frame must not wrap")

    def test_live_bar_with_colour_on_stderr_and_data_on_stdout(self):
        code, out, shown = self.on_terminal("load", self.items, "--kafka", "--wait", "--json")
        self.assertEqual(0, code, shown)
        self.assertEqual(ITEMS, json.loads(out)["batch"]["succeeded"])
        self.assert_live(shown)
        self.assertIn("\x1b[32m", shown)
        batch = json.loads(out)["batch_id"]

        code, out, shown = self.on_terminal("batch", "watch", batch)
        self.assertEqual(0, code, shown)
        self.assertIn(batch, out)
        self.assertNotIn("\x1b", out)

    def test_watch_is_live_and_uncoloured_with_no_color(self):
        loaded = self.stage.headrace("load", self.items, "--kafka", "--json", "--quiet")
        code, out, shown = self.on_terminal("batch", "watch", json.loads(loaded.stdout)["batch_id"], NO_COLOR="1")
        self.assertEqual(0, code, shown)
        self.assert_live(shown)
        self.assertNotRegex(shown, r"\x1b\[[0-9;]*m")
        self.assertNotIn("\x1b", out)

    def test_plain_lines_elsewhere(self):
        done = self.stage.headrace("load", self.items, "--kafka", "--wait", "--json", HEADRACE_LOG_LEVEL="warn",
                                   HEADRACE_KAFKA_DELIVERY_TIMEOUT="60s")
        json.loads(done.stdout)
        for control in ("\r", "\x1b"):
            self.assertNotIn(control, done.stdout + done.stderr)
        self.assertNotIn("topics check", done.stderr)


if __name__ == "__main__":
    unittest.main()
