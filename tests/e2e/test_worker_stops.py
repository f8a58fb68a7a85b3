"""A worker that is told to leave or is killed costs no item and doubles none."""

import collections
import json
import signal
import time
import unittest

from support import StageTest, wait_until

GRAPHS, ITEMS = 40, 60


class WorkerStops(StageTest):
    def setUp(self):
        super().setUp()
        self.stage.create_topics("--topic-partitions", "4")
        source = self.stage.directory / "items.jsonl"
        source.write_text("".join(
            json.dumps({"type": "graph_episode", "graph_id": f"g{graph}", "data_type": "text", "data": f"{graph}/{place}"}) + "\n"
            for place in range(ITEMS) for graph in range(GRAPHS)))
        self.batch_id = json.loads(self.stage.headrace("load", source, "--kafka", "--json").stdout)["batch_id"]

    def start_worker(self):
        return self.stage.worker(HEADRACE_STORE=self.stage.store + "?delay=50ms", HEADRACE_WORKER_SESSION_TIMEOUT="6s",
                                 HEADRACE_DRAIN_TIMEOUT="10s").wait_ready()

    def wait_for_work_of(self, worker):
        """Until it has finished something and has more under way."""
        wait_until(lambda: worker.finished() >= 100 and worker.metric("headrace_store_items_in_flight") > 0,
                   "a worker in the middle of its work", 60, every=0.01)

    def check_everything_once(self):
        watched = self.stage.headrace("batch", "watch", self.batch_id, "--timeout", "60s", check=False)
        self.assertEqual(0, watched.returncode, watched.stdout + watched.stderr)
        self.stage.wait_accounted()
        contents = collections.defaultdict(list)
        for row in self.stage.rows():
            contents[row["external_id"]].append(row["content"])
        self.assertEqual({f"g{graph}": [f"{graph}/{place}" for place in range(ITEMS)] for graph in range(GRAPHS)}, contents)
        batch = self.stage.batch_counters(self.batch_id)
        self.assertEqual(("succeeded", str(GRAPHS * ITEMS), str(GRAPHS * ITEMS), "0"),
                         tuple(batch[name] for name in ("status", "item_count", "succeeded", "failed")))

    def test_sigterm_finishes_what_was_begun_and_hands_the_rest_over(self):
        leaving, staying = self.start_worker(), self.start_worker()
        self.wait_for_work_of(leaving)
        asked = time.monotonic()
        leaving.signal(signal.SIGTERM)
        self.assertEqual(0, leaving.wait(20))
        self.assertLess(time.monotonic() - asked, 10)
        self.assertNotRegex(leaving.log(), r"Z error ")
        self.check_everything_once()
        # What the first one had written it had committed too, so nothing was tried again.
        self.assertEqual(0, staying.metric("headrace_store_duplicates_total"))

    def test_sigterm_of_the_only_worker_loses_nothing(self):
        alone = self.start_worker()
        self.wait_for_work_of(alone)
        self.assertEqual(0, alone.stop(20))
        stored = len(self.stage.rows())
        self.assertLess(stored, GRAPHS * ITEMS, "it was asked to leave too late for this test")
        again = self.start_worker()
        self.check_everything_once()
        self.assertEqual(0, again.metric("headrace_store_duplicates_total"))

    def test_kill_9_costs_a_second_try_and_no_item(self):
        doomed, heir = self.start_worker(), self.start_worker()
        self.wait_for_work_of(doomed)
        doomed.kill()
        self.check_everything_once()
        self.assertTrue(heir.alive())


if __name__ == "__main__":
    unittest.main()
