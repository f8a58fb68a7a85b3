"""What `headrace load` makes of input that is broken, hostile or endless, and of being interrupted."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from support import Service, Stage, StageTest, binary, wait_until

MEMORY_MAX_KB = 100_000


def episode(number, text=None):
    item = {"type": "graph_episode", "graph_id": f"g{number % 7}", "data_type": "text", "data": text or f"episode {number}"}
    return json.dumps(item).encode()


def with_data(raw):
    return b'{"type":"graph_episode","graph_id":"g","data_type":"text","data":"' + raw + b'"}'


def peak_kb(pid):
    """What the process needed at most so far; the last answer before its end is what counts."""
    try:
        with open(f"/proc/{pid}/status") as status:
            found = re.search(r"VmHWM:\s*(\d+) kB", status.read())
            return int(found.group(1)) if found else 0
    except OSError:
        return 0


class Loading:
    """`headrace load` in the background, fed by the test, with its peak memory on record."""

    def __init__(self, stage, *arguments, **settings):
        self.process = subprocess.Popen([binary("headrace"), "load", *map(str, arguments)], env=stage.environment(**settings),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.peak = 0
        self.out = self.err = b""
        self._readers = [threading.Thread(target=self._read, args=(name,)) for name in ("out", "err")]
        self._meter = threading.Thread(target=self._measure)
        for thread in (*self._readers, self._meter):
            thread.start()

    def _read(self, name):
        setattr(self, name, getattr(self.process, "std" + name).read())

    def _measure(self):
        while self.process.poll() is None:
            self.peak = max(self.peak, peak_kb(self.process.pid))
            time.sleep(0.01)

    def feed(self, data):
        self.process.stdin.write(data)

    def finish(self, seconds=120):
        self.process.stdin.close()
        return self.wait(seconds)

    def wait(self, seconds=120):
        try:
            self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            for thread in (*self._readers, self._meter):
                thread.join()
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                pipe.close()
        return self.process.returncode


class BadLines(unittest.TestCase):
    """Validation alone; the brokers and Redis are at port 1, where nobody answers."""

    CASES = [
        # name, line, column, pointer, code
        ("not json", b"nonsense", None, "", "invalid_json"),
        ("cut off", episode(1)[:-1], None, None, "invalid_json"),
        ("two values", episode(1) + episode(2), None, None, "invalid_json"),
        ("bad utf-8", with_data(b"a\xff\xfeb"), 68, None, "invalid_utf8"),
        ("overlong utf-8", with_data(b"\xc0\x80"), 67, None, "invalid_utf8"),
        ("surrogate in utf-8", with_data(b"\xed\xa0\x80"), 67, None, "invalid_utf8"),
        ("raw nul in text", with_data(b"a\x00b"), None, None, None),
        ("raw nul alone", b"\x00\x00", 1, "", None),
        ("escaped nul", with_data(b"a\\u0000b"), None, "/data", None),
        ("lone high surrogate", with_data(b"\\ud800"), None, None, None),
        ("lone low surrogate", with_data(b"x\\udc00y"), None, None, None),
        ("deep array", b"[" * 100_000, None, None, None),
        ("deep object", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, None, None, "too_deep"),
        ("deep metadata", b'{"type":"graph_episode","graph_id":"g","data_type":"text","data":"d","metadata":{"a":' +
         b"[" * 100_000 + b"]" * 100_000 + b"}}", None, "/metadata/a/0", "invalid_metadata"),
        ("duplicate key", b'{"type":"graph_episode","graph_id":"g","graph_id":"h","data_type":"text","data":"d"}', None, None, None),
        ("an array", b"[]", 1, "", None),
        ("a number", b"17", 1, "", None),
        ("huge line", with_data(b"x" * 1_000_000), 1, "", "too_large"),
    ]

    def setUp(self):
        self.stage = Stage.__new__(Stage)
        self.stage.kafka, self.stage.prefix, self.stage.store, self.stage.kafka_properties = "127.0.0.1:1", "none.", "null:", ""
        self.stage.redis = Service("redis", "/nonexistent")
        self.stage.redis.address = "127.0.0.1:1"

    def check(self, data, *arguments):
        load = Loading(self.stage, "-", "--dry-run", "--json", *arguments)
        load.feed(data)
        code = load.finish()
        self.assertLess(load.peak, MEMORY_MAX_KB)
        return code, json.loads(load.out), load.err.decode()

    def test_each_is_refused_alone_with_its_place_and_code(self):
        for name, bad, column, pointer, code in self.CASES:
            with self.subTest(name):
                ended, summary, err = self.check(episode(1) + b"\n" + bad + b"\n" + episode(2) + b"\n")
                self.assertEqual((5, 2, 1), (ended, summary["accepted"], summary["rejected"]), err)
                refused = summary["refused_lines"][0]
                self.assertEqual(2, refused["line"])
                self.assertGreaterEqual(refused["column"], 1)
                if column is not None:
                    self.assertEqual(column, refused["column"])
                if pointer is not None:
                    self.assertEqual(pointer, refused["pointer"])
                if code is not None:
                    self.assertEqual(code, refused["code"])
                where = f"<stdin>:2:{refused['column']}: "
                self.assertIn(where, err)
                line = next(line for line in err.splitlines() if line.startswith(where))
                self.assertIn(refused["code"] + ": " + refused["message"], line)
                self.assertLess(len(line), 400, "the content must not be repeated")
                self.assertNotIn("\0", err)

    def test_harmless_forms_are_accepted(self):
        one, two = episode(1), episode(2)
        for name, data, accepted in [
            ("empty", b"", 0),
            ("blank lines", b"\n\r\n  \n\n", 0),
            ("crlf", one + b"\r\n" + two + b"\r\n", 2),
            ("byte order mark", b"\xef\xbb\xbf" + one + b"\n" + two, 2),
            ("no last newline", one + b"\n" + two, 2),
            ("blank line between", one + b"\n\n" + two + b"\n", 2),
            ("surrogate pair", with_data(b"\\ud83d\\ude00") + b"\n", 1),
        ]:
            with self.subTest(name):
                ended, summary, err = self.check(data)
                self.assertEqual((0, accepted, 0), (ended, summary["accepted"], summary["rejected"]), err)

    def test_one_line_of_200_mb_costs_no_memory(self):
        load = Loading(self.stage, "-", "--dry-run", "--json", "--rejects", "/dev/null")
        load.feed(with_data(b"")[:-2])
        for _ in range(200):
            load.feed(b"x" * 1_000_000)
        load.feed(b'"}\n' + episode(1) + b"\n")
        self.assertEqual(5, load.finish())
        summary = json.loads(load.out)
        self.assertEqual((1, {"too_large": 1}), (summary["accepted"], summary["rejected_by_code"]))
        self.assertTrue(0 < load.peak < MEMORY_MAX_KB, load.peak)

    def test_a_million_bad_lines_cost_no_memory_and_are_counted(self):
        load = Loading(self.stage, "-", "--dry-run", "--json", "--max-errors", "3")
        for _ in range(100):
            load.feed(b"{]\n" * 10_000)
        self.assertEqual(5, load.finish())
        summary = json.loads(load.out)
        self.assertEqual((1_000_000, 3), (summary["rejected"], len(summary["refused_lines"])))
        self.assertEqual(3, load.err.decode().count("<stdin>:"))
        self.assertLess(load.peak, MEMORY_MAX_KB)


class RejectsAndStrict(StageTest):
    def test_rejects_file_holds_the_lines_as_they_were(self):
        self.stage.create_topics("--topic-partitions", "2")
        bad = [b"\xff\xfe", b"a\x00b", b'{"type":"graph_episode"}', with_data(b"x" * 1_000_000)]
        source, rejects = self.stage.directory / "in.jsonl", self.stage.directory / "rejects.jsonl"
        source.write_bytes(b"".join(line + b"\n" + episode(number) + b"\n" for number, line in enumerate(bad)))
        done = self.stage.headrace("load", source, "--kafka", "--json", "--rejects", rejects, check=False)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertEqual(4, json.loads(done.stdout)["accepted"])
        self.assertEqual(b"".join(line + b"\n" for line in bad), rejects.read_bytes())
        # Mended (here: one of them) they can be fed again.
        mended = rejects.read_bytes().replace(bad[2], episode(99))
        rejects.write_bytes(mended)
        again = self.stage.headrace("load", rejects, "--kafka", "--json", check=False)
        self.assertEqual((1, 1, 3), (again.returncode, json.loads(again.stdout)["accepted"], json.loads(again.stdout)["rejected"]))
        self.assertEqual(5, len(self.stage.consume("items.batch", "-o", "beginning")))

    def test_strict_sends_nothing_of_a_file_and_stops_a_pipe(self):
        self.stage.create_topics("--topic-partitions", "2")
        text = b"\n".join([episode(1), b"{]", episode(2)])
        source = self.stage.directory / "in.jsonl"
        source.write_bytes(text)
        done = self.stage.headrace("load", source, "--kafka", "--strict", "--json", check=False)
        self.assertEqual((5, None), (done.returncode, json.loads(done.stdout)["batch_id"]))
        self.assertIn(f"{source}:2:2: ", done.stderr)
        self.assertEqual([], self.stage.consume("items.batch", "-o", "beginning"))
        piped = self.stage.headrace("load", "-", "--kafka", "--strict", "--json", check=False, stdin=text.decode())
        self.assertEqual((5, 1), (piped.returncode, json.loads(piped.stdout)["accepted"]), piped.stderr)


class Interrupted(StageTest):
    def test_printed_command_completes_the_batch_exactly_once(self):
        self.stage.create_topics("--topic-partitions", "4")
        count = 200_000
        source = self.stage.directory / "with space 'n quote.jsonl"
        with open(source, "wb") as lines:
            for number in range(count):
                lines.write(episode(number) + b"\n")
        # About 10,000 items a second, so that the signal finds it at work on any machine.
        load = Loading(self.stage, source, "--kafka", HEADRACE_LOG_LEVEL="warn",
                       HEADRACE_KAFKA_PROPERTIES="linger.ms=200,queue.buffering.max.messages=2000")
        # Not before the first items have arrived: then the load is in its second pass.
        self.stage_has_items()
        load.process.send_signal(signal.SIGINT)
        self.assertEqual(6, load.wait(), load.err)
        command = re.search(r"to go on \(with the same settings\): (.*)", load.err.decode()).group(1)
        sent = len(self.stage.consume("items.batch", "-o", "beginning"))
        self.assertTrue(0 < sent < count, sent)
        path = os.path.dirname(binary("headrace")) + ":" + os.environ["PATH"]
        resumed = subprocess.run(["bash", "-c", command + " --json --quiet"], env=self.stage.environment(PATH=path),
                                 capture_output=True, timeout=120)
        self.assertEqual(0, resumed.returncode, resumed.stderr)
        summary = json.loads(resumed.stdout)
        self.assertEqual((True, count), (summary["sealed"], summary["accepted"]))
        worker = self.stage.worker(HEADRACE_STORE="null:", HEADRACE_LOG_LEVEL="info")
        watched = self.stage.headrace("batch", "watch", summary["batch_id"], "--json", "--timeout", "100s", check=False)
        self.assertEqual(0, watched.returncode, watched.stderr + worker.log())
        batch = json.loads(watched.stdout)
        self.assertEqual((count, count, 0), (batch["item_count"], batch["succeeded"], batch["failed"]))

    def stage_has_items(self):
        def any_item():
            done = subprocess.run(["kcat", "-C", "-b", self.stage.kafka, "-t", self.stage.prefix + "items.batch", "-o", "beginning",
                                   "-c", "1", "-e", "-q"], capture_output=True, timeout=20)
            return done.stdout
        wait_until(any_item, "the first item on Kafka")


class SlowBroker(unittest.TestCase):
    def test_endless_pipe_waits_in_little_memory_while_the_broker_stands_still(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="headrace-slow-"))
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        kafka = Service("kafka", directory / "kafka").start()
        self.addCleanup(kafka.wipe)
        stage = Stage(kafka=kafka.address)
        self.addCleanup(stage.close)
        stage.create_topics("--topic-partitions", "4")
        load = Loading(stage, "-", "--kafka", "--json", "--quiet", HEADRACE_LOG_LEVEL="warn")
        chunk = b"".join(episode(number, "x" * 2000) + b"\n" for number in range(480))  # about 1 MB
        fed = 0

        def thaw():
            os.kill(kafka.pid(), signal.SIGCONT)

        timer = threading.Timer(8, thaw)
        waited = 0.0
        try:
            while fed < 320:
                if fed == 100:
                    os.kill(kafka.pid(), signal.SIGSTOP)
                    timer.start()
                started = time.monotonic()
                load.feed(chunk)
                waited = max(waited, time.monotonic() - started)
                fed += 1
        finally:
            timer.cancel()
            thaw()
        self.assertEqual(0, load.finish(), load.err)
        summary = json.loads(load.out)
        self.assertEqual((320 * 480, True), (summary["accepted"], summary["sealed"]))
        self.assertGreater(waited, 3, "the pipe was never held back")
        self.assertTrue(0 < load.peak < MEMORY_MAX_KB, load.peak)


if __name__ == "__main__":
    unittest.main()
