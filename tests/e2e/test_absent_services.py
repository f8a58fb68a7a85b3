"""Kafka or Redis is missing from the start: commands say so and end, a worker waits."""

import concurrent.futures
import pathlib
import tempfile
import time
import unittest

from faults import Faults, get, readiness, write_items
from support import binary, free_port, run, wait_until


class CommandsWithoutServices(unittest.TestCase):
    """Each command names the address and the remedy within ten seconds and ends with 4."""

    COMMANDS = [
        ("kafka", ["load", "{items}", "--kafka"]),
        ("kafka", ["load", "{items}", "--kafka", "--wait"]),
        ("kafka", ["topics", "create"]),
        ("kafka", ["topics", "check"]),
        ("redis", ["batch", "list"]),
        ("redis", ["batch", "show", "upstream"]),
        ("redis", ["batch", "watch", "upstream"]),
        ("redis", ["batch", "errors", "upstream"]),
    ]

    def test_each_ends_with_4_in_time(self):
        with tempfile.TemporaryDirectory() as directory:
            items = write_items(pathlib.Path(directory) / "items.jsonl", 3)
            ports = {"kafka": free_port(), "redis": free_port()}

            def attempt(command):
                started = time.monotonic()
                words = [word.format(items=items) for word in command]
                done = run([binary("headrace"), *words], check=False, env={
                    "HEADRACE_KAFKA_BROKERS": f"127.0.0.1:{ports['kafka']}",
                    "HEADRACE_REDIS_URL": f"redis://127.0.0.1:{ports['redis']}"})
                return done, time.monotonic() - started

            with concurrent.futures.ThreadPoolExecutor(len(self.COMMANDS)) as pool:
                results = list(pool.map(attempt, [command for _, command in self.COMMANDS]))
        for (missing, command), (done, seconds) in zip(self.COMMANDS, results):
            with self.subTest(" ".join(command)):
                self.assertEqual(4, done.returncode, done.stderr)
                self.assertLess(seconds, 10)
                self.assertIn(f"127.0.0.1:{ports[missing]}", done.stderr)
                self.assertIn({"kafka": "HEADRACE_KAFKA_BROKERS", "redis": "HEADRACE_REDIS_URL"}[missing], done.stderr)


class WorkerWithoutServices(Faults):
    def test_waits_for_redis_kafka_and_topics_and_says_each_once(self):
        self.stage.redis.stop()
        worker = self.stage.worker()
        wait_until(lambda: "kafka" in worker.log(), "the first complaint")
        self.assertEqual(200, get(worker.metrics, "/healthz")[0])
        time.sleep(7)  # long enough for a second complaint, were there one
        self.assertIn("kafka", readiness(worker))
        self.assertEqual(1, self.log_count(worker, "part_missing", "part=kafka"), worker.log())
        self.assertIn(self.kafka.address, worker.log())
        self.kafka.start()
        wait_until(lambda: "headrace topics create" in worker.log(), "the missing topics' remedy", 30)
        self.stage.create_topics("--topic-partitions", "4")
        wait_until(lambda: self.log_count(worker, "part_ready", "part=kafka"), "Kafka seen", 30)
        wait_until(lambda: readiness(worker) == "waiting for redis", "only Redis is missing", 30)
        self.assertEqual(200, get(worker.metrics, "/healthz")[0])
        batch_id, source = self.load(300)
        wait_until(lambda: self.rows() == 300, "items stored without Redis", 30)
        self.stage.redis.start()
        worker.wait_ready()
        self.judge(batch_id, source)
        for event in ("outcome_store_unreachable", "outcome_store_reachable"):
            self.assertEqual(1, self.log_count(worker, event), worker.log())
        self.assertEqual(0, worker.stop())


if __name__ == "__main__":
    unittest.main()
