"""The store goes away under load: intake stops, no item fails, and work goes on when it is back."""

import contextlib
import sqlite3
import unittest

from faults import FaultTest, get, readiness
from support import wait_until


class StoreUnderFaults(FaultTest):
    """Another process holds SQLite's write lock for longer than a writer waits for it."""

    def setUp(self):
        super().setUp()
        self.create_topics()
        self.busy = self.worker(HEADRACE_WORKER_IN_FLIGHT_ITEMS_MAX="500")  # so that it fills up
        self.batch_id, self.source = self.load()
        self.wait_rows(300)

    @contextlib.contextmanager
    def locked_store(self):
        path = self.stage.store.removeprefix("sqlite:")
        with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def assert_nothing_failed(self):
        self.assertEqual([], self.stage.consume("dead-letters", "-o", "beginning"))

    def paused(self):
        return self.busy.metric("headrace_intake_paused{reason=\"store_down\"")

    def test_an_outage_makes_no_item_fail(self):
        self.assertEqual(1, self.busy.metric("headrace_store_up"))
        with self.locked_store():
            wait_until(lambda: "store" in readiness(self.busy), "readiness that names the store", 60)
            self.assertEqual(0, self.busy.metric("headrace_store_up"))
            stored, retried = self.rows(), self.busy.metric("headrace_store_chunks_total{result=\"transient\"")
            wait_until(lambda: self.busy.metric("headrace_store_chunks_total{result=\"transient\"") > retried + 2,
                       "tries while the store is away", 60)
            self.assertEqual(stored, self.rows())
            wait_until(self.paused, "a full worker whose intake is paused", 60)
            self.assertLessEqual(self.busy.metric("headrace_items_in_flight"), 2 * 500)
            self.assertEqual(200, get(self.busy.metrics, "/healthz")[0])
        self.busy.wait_ready()
        self.judge(self.batch_id, self.source)
        self.assert_nothing_failed()
        self.assertEqual(1, self.busy.metric("headrace_store_up"))
        self.assertEqual(0, self.paused())
        for said in ("intake_paused reason=store_down", "intake_resumed"):
            self.assertEqual(1, self.busy.log().count(said), said)

    def test_a_worker_that_dies_in_an_outage_leaves_everything_to_its_heir(self):
        with self.locked_store():
            wait_until(lambda: "store" in readiness(self.busy), "readiness that names the store", 60)
            self.busy.kill()
            heir = self.worker()
            wait_until(lambda: "store" in readiness(heir), "an heir that waits for the store", 60)
        heir.wait_ready()
        self.judge(self.batch_id, self.source)
        self.assert_nothing_failed()


if __name__ == "__main__":
    unittest.main()
