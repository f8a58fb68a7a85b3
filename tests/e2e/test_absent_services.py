"""Kafka or Redis is missing at the start, goes away under load, or comes back empty."""

import concurrent.futures
import json
import pathlib
import shutil
import sqlite3
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from support import Service, Stage, binary, free_port, run, wait_until

ITEMS = 3000
GRAPHS = 30


def write_items(path, count=ITEMS, first=0):
    with open(path, "w") as lines:
        for number in range(first, first + count):
            item = {"type": "graph_episode", "graph_id": f"g{number % GRAPHS}", "data_type": "text", "data": f"episode {number}"}
            lines.write(json.dumps(item) + "\n")
    return path


def get(address, path):
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except urllib.error.URLError:
        return 0, "nobody listens yet"


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


class Faults(unittest.TestCase):
    """A broker and a Redis of its own, so that they may be stopped."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="headrace-faults-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.kafka = Service("kafka", self.directory / "kafka")
        self.kafka.address = f"127.0.0.1:{free_port()}"
        self.addCleanup(self.kafka.wipe)
        self.stage = Stage(kafka=self.kafka.address)
        self.addCleanup(self.stage.close)

    def rows(self):
        if not (self.stage.directory / "headrace.db").exists():
            return 0
        with sqlite3.connect(f"file:{self.stage.directory}/headrace.db?mode=ro", uri=True, timeout=20) as store:
            return store.execute("SELECT count(*) FROM episode").fetchone()[0]

    def assert_stored_once_in_order(self, count):
        with sqlite3.connect(f"file:{self.stage.directory}/headrace.db?mode=ro", uri=True, timeout=20) as store:
            rows = store.execute("SELECT g.external_id, e.content FROM episode e JOIN graph g ON g.id = e.graph_id "
                                 "ORDER BY g.id, e.seq").fetchall()
        self.assertEqual(count, len(rows))
        for graph in range(GRAPHS):
            numbers = [int(content.split()[1]) for name, content in rows if name == f"g{graph}"]
            self.assertEqual(list(range(graph, count, GRAPHS)), numbers)

    def readiness(self, worker):
        code, text = get(worker.metrics, "/readyz")
        return "" if code == 200 else text.strip()

    def metric(self, worker, name):
        _, text = get(worker.metrics, "/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + "{"))

    def wait_ready(self, worker):
        wait_until(lambda: self.readiness(worker) == "", "a ready worker", 60)

    def show(self, batch):
        """The batch as `headrace batch show` sees it, or None while it is absent."""
        done = self.stage.headrace("batch", "show", batch, "--json", check=False)
        return (json.loads(done.stdout) if done.returncode == 0 else None), done

    def load(self, count=ITEMS):
        path = write_items(self.stage.directory / "items.jsonl", count)
        done = self.stage.headrace("load", path, "--kafka", "--json", "--quiet")
        return json.loads(done.stdout)["batch_id"]

    def assert_exact(self, batch, count=ITEMS):
        wait_until(lambda: (self.show(batch)[0] or {}).get("final"), "the batch's end", 60)
        seen, _ = self.show(batch)
        self.assertEqual((count, 0, count), (seen["succeeded"], seen["failed"], seen["item_count"]))
        self.assertEqual("succeeded", seen["status"])

    def log_count(self, worker, *words):
        return sum(all(word in line for word in words) for line in worker.log().splitlines())


class WorkerWithoutServices(Faults):
    def test_waits_for_redis_kafka_and_topics_and_says_each_once(self):
        self.stage.redis.stop()
        worker = self.stage.worker()
        wait_until(lambda: "kafka" in worker.log(), "the first complaint")
        self.assertEqual(200, get(worker.metrics, "/healthz")[0])
        time.sleep(7)  # long enough for a second complaint, were there one
        self.assertIn("kafka", self.readiness(worker))
        self.assertEqual(1, self.log_count(worker, "part_missing", "part=kafka"), worker.log())
        self.assertIn(self.kafka.address, worker.log())
        self.kafka.start()
        wait_until(lambda: "headrace topics create" in worker.log(), "the missing topics' remedy", 30)
        self.stage.create_topics("--topic-partitions", "4")
        wait_until(lambda: self.log_count(worker, "part_ready", "part=kafka"), "Kafka seen", 30)
        wait_until(lambda: self.readiness(worker) == "waiting for redis", "only Redis is missing", 30)
        self.assertEqual(200, get(worker.metrics, "/healthz")[0])
        batch = self.load(300)
        wait_until(lambda: self.rows() == 300, "items stored without Redis", 30)
        self.stage.redis.start()
        self.wait_ready(worker)
        self.assert_exact(batch, 300)
        for event in ("outcome_store_unreachable", "outcome_store_reachable"):
            self.assertEqual(1, self.log_count(worker, event), worker.log())
        self.assertEqual(0, worker.stop())


class ServicesGoAwayUnderLoad(Faults):
    def setUp(self):
        super().setUp()
        self.kafka.start()
        self.stage.create_topics("--topic-partitions", "4")
        # 100 items a graph, one after the other: the work flows for a few seconds.
        self.worker = self.stage.worker(HEADRACE_STORE=self.stage.store + "?delay=40ms")
        self.wait_ready(self.worker)

    def test_redis_stops_and_returns_with_its_data_then_empty(self):
        batch = self.load()
        wait_until(lambda: self.rows() > 300, "work that flows")
        self.stage.redis.stop()
        wait_until(lambda: self.readiness(self.worker) == "waiting for redis", "readiness that names Redis", 20)
        before = self.rows()
        wait_until(lambda: self.rows() > before + 200, "items that are stored without Redis", 20)
        wait_until(lambda: self.rows() == ITEMS and self.metric(self.worker, "headrace_items_in_flight") == 0,
                   "everything settled while Redis is away", 30)
        self.stage.redis.start()
        self.wait_ready(self.worker)
        self.assert_exact(batch)
        self.stage.redis_cli("FLUSHALL")
        self.assert_rebuilt(batch)
        self.stage.redis.wipe()
        done = self.stage.headrace("batch", "show", batch, check=False)
        self.assertEqual(4, done.returncode, done.stderr)
        self.stage.redis.start()
        self.assert_rebuilt(batch)
        self.assertEqual(0, self.worker.stop())
        self.assert_stored_once_in_order(ITEMS)

    def assert_rebuilt(self, batch):
        """Until the counters are exact again, every answer says that it is not."""
        deadline = time.monotonic() + 60
        while True:
            seen, done = self.show(batch)
            if seen and seen["succeeded"] == ITEMS and "rebuil" not in done.stderr:
                break
            self.assertIn("rebuil", done.stderr, "an incomplete answer without a warning")
            self.assertIn(done.returncode, (0, 4))
            self.assertLess(time.monotonic(), deadline, done.stderr)
        self.assert_exact(batch)

    def test_broker_restarts_on_its_data(self):
        batch = self.load()
        wait_until(lambda: self.rows() > 300, "work that flows")
        self.kafka.kill()
        wait_until(lambda: "kafka" in self.readiness(self.worker), "readiness that names Kafka", 20)
        self.assertEqual(200, get(self.worker.metrics, "/healthz")[0])
        self.kafka.start()
        self.wait_ready(self.worker)
        self.assert_exact(batch)
        self.assertEqual(1, self.log_count(self.worker, "part_missing", "part=kafka"), self.worker.log())
        self.assertEqual(0, self.worker.stop())
        self.assert_stored_once_in_order(ITEMS)
        # The offsets are committed: a successor finds nothing to do.
        successor = self.stage.worker()
        self.wait_ready(successor)
        time.sleep(1)
        self.assertEqual(0, self.metric(successor, "headrace_items_finished_total"))
        self.assertEqual(0, successor.stop())


if __name__ == "__main__":
    unittest.main()
