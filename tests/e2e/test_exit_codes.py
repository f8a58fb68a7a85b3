"""docs/cli.md promises the exit codes; every one that this version can give is provoked here."""

import json
import re
import signal
import subprocess
import unittest

from support import ROOT, Process, StageTest, binary, free_port, run, wait_until

GOOD = {"type": "graph_episode", "graph_id": "g", "data_type": "text", "data": "hello"}
UNKNOWN = "6f1f5c3e-8f0e-4d57-9a3c-b5d000000000"


class ExitCodes(StageTest):
    def setUp(self):
        super().setUp()
        self.good = self.write("good.jsonl", GOOD)
        self.bad = self.write("bad.jsonl", GOOD, {"type": "nonsense"})
        self.poison = self.write("poison.jsonl", GOOD, {**GOOD, "data": "poison"})

    def write(self, name, *items):
        path = self.stage.directory / name
        path.write_text("".join(json.dumps(item) + "\n" for item in items))
        return path

    def expect(self, code, *arguments, says="", **settings):
        with self.subTest(f"{code}: headrace {' '.join(map(str, arguments))}"):
            done = self.stage.headrace(*arguments, check=False, **settings)
            self.assertEqual(code, done.returncode, done.stdout + done.stderr)
            self.assertIn(says, done.stderr)

    def test_each_code(self):
        nobody = f"127.0.0.1:{free_port()}"
        # Before the topics are there.
        self.expect(3, "load", self.good, "--kafka", says="headrace topics create")
        self.expect(3, "topics", "check")
        self.stage.create_topics("--topic-partitions", "2")
        self.stage.worker(HEADRACE_STORE="null:?fail-on=poison")
        for code, arguments, says, settings in [
            (0, ["version"], "", {}),
            (0, ["load", self.good, "--kafka", "--wait"], "", {}),
            (0, ["load", self.good, "--dry-run"], "", {}),
            (0, ["topics", "check"], "", {}),
            (1, ["load", self.bad, "--kafka"], "bad.jsonl:2:", {}),
            (1, ["load", self.poison, "--kafka", "--wait"], "headrace batch errors", {}),
            (2, ["lod"], "did you mean load?", {}),
            (2, ["load"], "FILE is required", {}),
            (2, ["load", "--kafk", self.good], "did you mean --kafka?", {}),
            (2, ["batch", "show"], "ID is required", {}),
            (2, ["batch", "show", "nonsense"], "nonsense is not a batch id", {}),
            (2, ["batch", "list", "--limit", "-3"], "--limit", {}),
            (2, ["batch", "list", "--limit", "0"], "--limit", {}),
            (2, ["batch", "list", "--limit", "many"], "--limit", {}),
            (2, ["batch"], "watch", {}),
            (3, ["batch", "list"], "HEADRACE_REDIS_URL", {"HEADRACE_REDIS_URL": "nonsense"}),
            (3, ["topics", "check"], "acks", {"HEADRACE_KAFKA_PROPERTIES": "acks=1"}),
            (3, ["config", "check"], 'no store "foo"', {"HEADRACE_STORE": "foo:bar"}),
            (3, ["config", "check"], "did you mean sasl.username?", {"HEADRACE_KAFKA_PROPERTIES": "sasl.usrname=x"}),
            (4, ["batch", "list"], nobody, {"HEADRACE_REDIS_URL": f"redis://{nobody}"}),
            (5, ["load", self.bad, "--dry-run"], "bad.jsonl:2:", {}),
            (5, ["load", self.bad, "--kafka", "--strict"], "nothing was sent", {}),
            (5, ["load", self.stage.directory / "gone.jsonl", "--kafka"], "No such file", {}),
            (5, ["load", self.stage.directory, "--kafka"], "is a directory without files of an archive", {}),
            (8, ["batch", "show", UNKNOWN], "no batch", {}),
            (8, ["batch", "errors", UNKNOWN], "no batch", {}),
        ]:
            self.expect(code, *arguments, says=says, **settings)

    def test_interrupt_and_time_limit(self):
        self.stage.create_topics("--topic-partitions", "2")
        # No worker runs, so the batch never ends.
        self.expect(7, "load", self.good, "--kafka", "--wait", "--timeout", "1s", says="not finished")
        waiting = Process([binary("headrace"), "load", self.good, "--kafka", "--wait"], self.stage.directory / "wait.log",
                          self.stage.environment())
        wait_until(lambda: "Redis" in waiting.log(), "the load to wait for Redis' numbers")
        waiting.signal(signal.SIGINT)
        self.assertEqual(6, waiting.wait(20), waiting.log())
        self.assertIn("headrace batch watch", waiting.log())

    def test_a_redis_that_is_refused_ends_worker_and_projector_at_once(self):
        self.stage.create_topics("--topic-partitions", "2")
        self.stage.redis_cli("CONFIG", "SET", "maxmemory", "100mb")
        self.stage.redis_cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        self.expect(3, "projector", says="set maxmemory-policy noeviction")
        worker = self.stage.worker()
        self.assertEqual(3, worker.wait(20), worker.log())
        errors = [line for line in worker.log().splitlines() if "noeviction" in line]
        self.assertEqual(1, len(errors), worker.log())
        self.assertIn("error", errors[0])
        # The remedy is one.
        self.stage.redis_cli("CONFIG", "SET", "maxmemory-policy", "noeviction")
        worker = self.stage.worker(HEADRACE_STORE=self.stage.store + "?fail-on=poison", HEADRACE_LOG_FORMAT="json").wait_ready()
        started = next(json.loads(line) for line in worker.log().splitlines() if "worker_started" in line)
        self.assertEqual(self.stage.store, started["store"])

    def test_a_full_disk_on_stdout_is_an_error_and_a_closed_reader_is_not_a_crash(self):
        environment = self.stage.environment()
        with open("/dev/full", "w") as full:
            done = subprocess.run([binary("headrace"), "schema", "item"], stdout=full, stderr=subprocess.PIPE, env=environment)
        self.assertEqual(70, done.returncode)
        self.assertIn(b"standard output could not be written", done.stderr)
        done = run(["bash", "-c", f"{binary('headrace')} config reference | head -n 1"], env=environment)
        self.assertEqual(("# Settings\n", ""), (done.stdout, done.stderr))

    def test_documentation_lists_the_codes(self):
        command, worker = (ROOT / "docs" / "cli.md").read_text().split("`headrace-worker` has codes of its own")
        codes = re.compile(r"^\| (\d+) \|", re.M)
        self.assertEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "70"], codes.findall(command))
        self.assertEqual(["0", "1", "2", "3", "70", "134", "142"], codes.findall(worker))


class BashCompletion(unittest.TestCase):
    def complete(self, *words):
        script = ('source <("$1" completion bash); shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  'COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; '
                  'name=$(complete -p headrace | sed -nE "s/.*-F ([^ ]+) .*/\\1/p"); '
                  '"$name" headrace "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; printf "%s\\n" "${COMPREPLY[@]}"')
        return run(["bash", "-c", script, "test", binary("headrace"), *words]).stdout.split()

    def test_commands_subcommands_and_flags(self):
        self.assertIn("load", self.complete("headrace", "lo"))
        self.assertEqual({"list", "show", "watch", "errors"}, set(self.complete("headrace", "batch", "")) & {"list", "show", "watch", "errors"})
        self.assertIn("--kafka", self.complete("headrace", "load", "--ka"))
        self.assertIn("--redis-url", self.complete("headrace", "batch", "list", "--redis-u"))


if __name__ == "__main__":
    unittest.main()
