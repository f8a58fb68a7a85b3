"""Workers are killed, frozen, told to leave, and come and go under load: no item is lost, doubled or overtaken."""

import signal
import time
import unittest

import ledger
from faults import FAILING, LONG, FaultTest
from support import wait_until

KILLS = 20 if LONG else 3
STORM_S = 60 if LONG else 15


class WorkersUnderFaults(FaultTest):
    def setUp(self):
        super().setUp()
        self.create_topics()

    def duplicates(self):
        """Items that the living workers brought to the store although it had them already."""
        return int(sum(worker.metric("headrace_store_duplicates_total") for worker in self.workers if worker.alive()))

    def test_kill_9_at_random_points(self):
        loaded = []
        for number in range(KILLS):
            worker = self.worker(rehearse=FAILING).wait_ready()
            if number % 2 == 0:
                # Two deaths in a row fail nothing; a third within the same items may be blamed on one that runs alone.
                self.wait_all_committed()
            begun_at, finished = self.committed(), worker.finished()
            loaded.append(self.load(2000, 40, f"kill{number}-", poison_every=97))
            self.wait_in_the_middle(worker, finished + 100)
            time.sleep(self.random.uniform(0, 0.5))  # the random point
            in_store = worker.metric("headrace_store_items_in_flight")
            read = worker.finished() - finished + worker.metric("headrace_items_in_flight")
            worker.kill()
            self.assertGreater(in_store, 0, "the kill met an idle worker")
            # It was alone: what it had read and did not commit comes again to its successor. (What is being
            # reported just then counts as finished and as in flight.)
            again = int(read - (self.committed() - begun_at))
            print(f"kill {number}: {int(in_store)} items in the store's hands, about {again} read again", flush=True)
            self.assertGreater(again, 0)
        self.worker(rehearse=FAILING)
        for batch_id, source in loaded:
            self.judge(batch_id, source)

    def test_the_heir_of_a_killed_worker_does_not_try_again_what_has_failed(self):
        batch_id, source = self.load(poison_every=11)
        doomed = self.worker(rehearse=FAILING)
        self.wait_in_the_middle(doomed)
        doomed.kill()
        tries = self.tries_of_failed(batch_id)
        self.worker(rehearse=FAILING)
        self.judge(batch_id, source)
        self.assert_not_tried_again(batch_id, tries)

    def test_kill_9_of_one_of_two(self):
        batch_id, source = self.load()
        doomed, heir = self.worker(), self.worker()
        self.wait_owned(doomed, heir)
        with self.sampled(batch_id) as watch:
            self.wait_in_the_middle(doomed)
            doomed.kill()
            self.wait_owned(heir)
            ledger.wait_final(self.stage, batch_id)
        self.assertTrue(heir.alive())
        self.assertTrue(watch.samples)
        self.judge(batch_id, source, samples=watch.samples)

    def test_a_worker_that_was_frozen_past_its_session_changes_nothing(self):
        batch_id, source = self.load(6000)
        frozen, heir = self.worker(), self.worker()
        self.wait_owned(frozen, heir)
        self.wait_in_the_middle(frozen)
        window = frozen.metric("headrace_items_in_flight")
        frozen.signal(signal.SIGSTOP)
        self.addCleanup(lambda: frozen.alive() and frozen.signal(signal.SIGCONT))
        self.wait_owned(heir)
        before = heir.finished()
        wait_until(lambda: heir.finished() > before + 50, "the heir's work on what it inherited", 60)
        frozen.signal(signal.SIGCONT)
        self.wait_owned(frozen, heir)
        self.judge(batch_id, source)
        print(f"{self.duplicates()} of {int(window)} items in flight came to the store a second time", flush=True)
        self.assertLessEqual(self.duplicates(), window)
        self.assertTrue(frozen.alive() and heir.alive())

    def test_members_that_join_and_leave_all_the_time(self):
        # More than 60 graphs of 10 items a second can do meanwhile.
        count = 600 * STORM_S + 2000
        batch_id, source = self.load(count, 60)
        staying, guest = self.worker("100ms").wait_ready(), None
        self.wait_in_the_middle(staying)
        duplicates, changes, deadline = 0, 0, time.monotonic() + STORM_S
        while time.monotonic() < deadline:
            if guest is None:
                guest = self.worker("100ms")
                self.wait_owned(staying, guest)
            else:
                duplicates += int(guest.metric("headrace_store_duplicates_total"))
                self.assertEqual(0, guest.stop(), guest.log()[-4000:])
                guest = None
                self.wait_owned(staying)
            changes += 1
            time.sleep(self.random.uniform(0, 2))  # the random point
        stored = self.rows()
        self.assertLess(stored, count, "the work ended before the coming and going")
        self.worker("0ms")  # the rest need not take as long
        self.judge(batch_id, source)
        duplicates += self.duplicates()
        print(f"{changes} members joined or left in {STORM_S} s while {stored} items were stored, "
              f"{duplicates} came to the store a second time", flush=True)
        # Whoever gives a partition away finishes and commits what it has begun.
        self.assertEqual(0, duplicates)

    def test_sigterm_finishes_what_was_begun_and_hands_the_rest_over(self):
        batch_id, source = self.load()
        leaving, staying = self.worker(), self.worker()
        self.wait_owned(leaving, staying)
        self.wait_in_the_middle(leaving)
        asked = time.monotonic()
        leaving.signal(signal.SIGTERM)
        self.assertEqual(0, leaving.wait(30))
        self.assertLess(time.monotonic() - asked, 20)
        self.assertNotRegex(leaving.log(), r"Z error ")
        self.judge(batch_id, source)
        # What the first one had written it had committed too, so nothing was tried again.
        self.assertEqual(0, self.duplicates())

    def test_sigterm_of_the_only_worker_loses_nothing(self):
        batch_id, source = self.load()
        alone = self.worker()
        self.wait_in_the_middle(alone)
        self.assertEqual(0, alone.stop(30))
        self.assertLess(self.rows(), 3000, "it was asked to leave too late for this test")
        self.worker()
        self.judge(batch_id, source)
        self.assertEqual(0, self.duplicates())

    def test_sigterm_in_the_middle_of_a_rebalance(self):
        batch_id, source = self.load()
        leaving = self.worker()
        self.wait_in_the_middle(leaving)
        self.worker()
        given = self.log_count(leaving, "partitions_owned")
        wait_until(lambda: self.log_count(leaving, "partitions_owned") > given, "a rebalance", 60, every=0.01)
        leaving.signal(signal.SIGTERM)
        self.assertEqual(0, leaving.wait(30))
        self.judge(batch_id, source)


if __name__ == "__main__":
    unittest.main()
