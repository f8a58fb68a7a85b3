"""What every store that several workers write to goes through: workers killed, one stopped past its session
with chunks in its hands, and what else the store can suffer. A test module names the store.
"""

import signal

import ledger
import stores
from faults import LONG, FaultTest
from support import wait_until

# items, graphs, workers, how many of them are killed, what an item of a graph takes
SIZE = (100_000, 1_000, 4, 2, "500ms") if LONG else (5_000, 100, 3, 1, "500ms")
FENCED = 'headrace_store_chunks_total{result="fenced"'


class FleetTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.create_topics()

    def trouble_of_the_store(self, workers):
        """What happens to the store itself on the way; a store of one host has no server to lose."""

    def freeze(self, frozen, heirs):
        """Past its session, with chunks in its hands that it writes when it goes on."""
        self.wait_in_the_middle(frozen)
        frozen.signal(signal.SIGSTOP)
        self.addCleanup(lambda: frozen.alive() and frozen.signal(signal.SIGCONT))
        self.wait_owned(*heirs)
        before = sum(heir.finished() for heir in heirs)
        wait_until(lambda: sum(heir.finished() for heir in heirs) > before + 200, "the heirs' work on what they inherited", 60)
        frozen.signal(signal.SIGCONT)
        wait_until(lambda: frozen.metric(FENCED) > 0, "a late write that the store refuses", 60)
        self.wait_owned(frozen, *heirs)

    def run_through_everything(self):
        items, graphs, count, kills, delay = SIZE
        batch_id, source = self.load(items, graphs)
        workers = [self.worker(delay) for _ in range(count)]
        self.wait_owned(*workers)
        with self.sampled(batch_id) as watch:
            for number in range(kills):
                doomed = workers.pop()
                self.wait_in_the_middle(doomed)
                doomed.kill()
                self.wait_owned(*workers)
                if number == 0:
                    self.trouble_of_the_store(workers)
            self.freeze(workers[0], workers[1:])
            self.assertLess(self.rows(), items, "the work ended before all had happened")
            ledger.wait_final(self.stage, batch_id, 600)
        self.judge(batch_id, source, samples=watch.samples)
        self.assertEqual({"episodes": items, "places": items, "applied": items}, stores.counts(self.stage.store))
        self.assertTrue(all(worker.alive() for worker in workers))
        self.assertEqual([], self.stage.consume("dead-letters", "-o", "beginning"))
        print(f"{items} items, {graphs} graphs, {kills} of {count} workers killed, one stopped: "
              f"{int(workers[0].metric(FENCED))} chunks of it refused as fenced", flush=True)
