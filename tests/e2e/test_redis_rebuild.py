"""A Redis that was emptied is rebuilt from Kafka within a minute, also with a million items, and every answer meanwhile
says that it is not complete."""

import time
import unittest

import ledger
from faults import LONG, FaultTest
from support import wait_until

ITEMS = 1_000_000 if LONG else 20_000
REBUILT_WITHIN_S = 60
GRAPHS = 1_000


class RedisRebuild(FaultTest):
    def setUp(self):
        super().setUp()
        self.create_topics()
        self.busy = self.stage.worker(HEADRACE_STORE="null:", HEADRACE_LOG_LEVEL="info").wait_ready()
        self.batch_id, self.source = self.load(ITEMS, GRAPHS)
        ledger.wait_final(self.stage, self.batch_id, seconds=600)

    def judge_counters(self):
        # The store keeps nothing, and the topic of items is no part of a rebuild.
        self.judge(self.batch_id, self.source, stored=False, sent=False)

    def rebuild(self, how):
        """Seconds from an empty Redis to complete answers; each one before says that it is not complete."""
        incomplete = 0
        started = time.monotonic()
        self.stage.redis_cli("FLUSHALL")

        def complete():
            nonlocal incomplete
            seen, done = self.show(self.batch_id)
            if not done.stderr:
                self.assertEqual(ITEMS, seen["succeeded"], f"an incomplete answer without a warning: {seen}")
                return True
            self.assertIn("rebuil", done.stderr)
            self.assertEqual(4 if seen is None else 0, done.returncode)
            incomplete += 1
            return False

        wait_until(complete, "a complete Redis", 3 * REBUILT_WITHIN_S)
        took = time.monotonic() - started
        self.assertGreater(incomplete, 0, "no answer said that Redis is being rebuilt")
        print(f"{ITEMS:,} items rebuilt {how} in {took:.1f} s; {incomplete} answers before said so", flush=True)
        return took

    def repeat_every_outcome_alone(self):
        """What a slow store leaves behind: a record for each item. Repeats change no counter, but are read as well."""
        outcome = '{"batch":"%s","project":"default","round":0,"succeeded":[%d,%d]}'
        self.stage.produce("outcomes", (f"{self.batch_id}|{ledger.OUTCOME_VERSION}{outcome % (self.batch_id, index, index)}"
                                        for index in range(ITEMS)), "-K", "|")

    def test_by_the_worker_that_is_there(self):
        self.judge_counters()
        self.assertLess(self.rebuild("from packed outcomes"), REBUILT_WITHIN_S)
        self.judge_counters()
        self.repeat_every_outcome_alone()
        self.stage.wait_accounted()
        self.assertLess(self.rebuild("from a record for each item as well"), REBUILT_WITHIN_S)
        self.judge_counters()
        self.assertEqual(0, self.busy.stop())


if __name__ == "__main__":
    unittest.main()
