"""Kafka or Redis goes away under load, and comes back with its data or empty."""

import time
import unittest

from faults import ITEMS, Faults, get
from support import wait_until


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

    def wait_idle(self, worker, seconds=2):
        """Owns its partitions and holds no item, for that long."""
        idle_since = [time.monotonic()]

        def idle():
            if self.metric(worker, "headrace_items_in_flight") or self.metric(worker, "headrace_kafka_assigned_partitions") != 4:
                idle_since[0] = time.monotonic()
            return time.monotonic() - idle_since[0] > seconds

        wait_until(idle, "a worker with nothing left to do", 60)

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
        # Whether the group's session outlived the broker or not: what was not committed is read again,
        # changes nothing, and is committed then.
        self.wait_idle(self.worker)
        self.assert_exact(batch)
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
