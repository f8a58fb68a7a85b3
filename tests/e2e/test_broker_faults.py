"""The broker goes away under load, also in the middle of a rebalance: work goes on when it is back."""

import time
import unittest

from faults import ITEMS, Faults, get, readiness
from support import wait_until


class BrokerUnderFaults(Faults):
    def setUp(self):
        super().setUp()
        self.kafka.start()
        self.create_topics()

    def wait_idle(self, worker, seconds=2):
        """Owns its partitions and holds no item, for that long."""
        idle_since = [time.monotonic()]

        def idle():
            if worker.metric("headrace_items_in_flight") or worker.metric("headrace_kafka_assigned_partitions") != 4:
                idle_since[0] = time.monotonic()
            return time.monotonic() - idle_since[0] > seconds

        wait_until(idle, "a worker with nothing left to do", 90)

    def test_killed_and_started_on_its_data(self):
        worker = self.worker()
        batch_id, source = self.load()
        self.wait_rows(300)
        self.kafka.kill()
        wait_until(lambda: "kafka" in readiness(worker), "readiness that names Kafka", 30)
        self.assertEqual(200, get(worker.metrics, "/healthz")[0])
        self.kafka.start()
        worker.wait_ready()
        self.judge(batch_id, source)
        self.assertEqual(1, self.log_count(worker, "part_missing", "part=kafka"), worker.log())
        # Whether the group's session outlived the broker or not: what was not committed is read again,
        # changes nothing, and is committed then.
        self.wait_idle(worker)
        self.judge(batch_id, source)
        self.assertEqual(0, worker.stop())
        # The offsets are committed: a successor finds nothing to do.
        self.assertEqual(ITEMS, self.committed())

    def test_killed_in_the_middle_of_a_rebalance(self):
        giving = self.worker()
        batch_id, source = self.load()
        self.wait_in_the_middle(giving)
        given = self.log_count(giving, "partitions_owned")
        joining = self.worker()
        wait_until(lambda: self.log_count(giving, "partitions_owned") > given, "a rebalance", 60, every=0.01)
        self.kafka.kill()
        wait_until(lambda: "kafka" in readiness(giving), "readiness that names Kafka", 60)
        self.kafka.start()
        self.wait_owned(giving, joining)
        self.judge(batch_id, source)
        for worker in (giving, joining):
            self.assertEqual(0, worker.stop())


if __name__ == "__main__":
    unittest.main()
