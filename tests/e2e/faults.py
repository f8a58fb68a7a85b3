"""What the tests about missing services share: a broker and a Redis that may be stopped, and a look
at a worker from outside."""

import json
import pathlib
import shutil
import sqlite3
import tempfile
import unittest
import urllib.error
import urllib.request

from support import Service, Stage, free_port, wait_until

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
