"""Three workers on a store that takes 200 items a second for all of them together: what they use of it, and how often
they are refused, by their own metrics."""

import time
import unittest

from faults import LONG, FaultTest
from support import wait_until

RATE = 200
WARM_UP_S, MEASURED_S, ITEMS = (60, 60, 60_000) if LONG else (8, 12, 12_000)
# What is promised holds after a minute; before, the workers are still finding their shares.
USED_MIN, REFUSED_MAX = (0.9, 0.05) if LONG else (0.8, 0.1)
CHUNKS = "headrace_store_chunks_total"
REFUSED = CHUNKS + '{result="throttled"'


class Throttling(FaultTest):
    def setUp(self):
        super().setUp()
        self.create_topics()
        store = f"null:?rate={RATE}&rate-file={self.stage.directory}/rate"
        self.workers = [self.stage.worker(HEADRACE_STORE=store) for _ in range(3)]
        for worker in self.workers:
            worker.wait_ready()
        self.wait_owned(*self.workers)

    def counted(self):
        """When, and by worker: items finished, chunks answered, chunks refused."""
        return time.monotonic(), [(w.finished(), w.metric(CHUNKS), w.metric(REFUSED)) for w in self.workers]

    def test_three_workers_share_the_rate_and_are_seldom_refused(self):
        self.load(ITEMS, 600)
        wait_until(lambda: all(worker.finished() for worker in self.workers), "three workers at work", 30)
        time.sleep(WARM_UP_S)
        began, before = self.counted()
        time.sleep(MEASURED_S)
        ended, after = self.counted()
        items, chunks, refused = ([new[i] - old[i] for old, new in zip(before, after)] for i in range(3))
        used = sum(items) / (ended - began) / RATE
        print(f"used {used:.1%}, refused {sum(refused) / sum(chunks):.1%} of {sum(chunks):.0f} chunks, items {items}", flush=True)
        self.assertGreaterEqual(used, USED_MIN)
        self.assertLess(sum(refused) / sum(chunks), REFUSED_MAX)
        self.assertGreater(min(items), 0.2 * sum(items) / len(items), "a worker got next to nothing")
        for worker in self.workers:
            self.assertLess(worker.metric("headrace_store_pace_items_per_second"), 2 * RATE)
            self.assertEqual(1, worker.log().count(" store_throttles "), "said once")
        self.assertEqual([], self.stage.consume("dead-letters", "-o", "beginning"))


if __name__ == "__main__":
    unittest.main()
