"""Redis is away, loses its last second, is replaced by a replica that lagged, or is emptied: work goes on, and the
counters are exact again when it is back."""

import contextlib
import time
import unittest

import ledger
from faults import FAILING, FaultTest, readiness
from support import RedisClient, Service, wait_until

ITEMS = 3000
REBUILT_WITHIN_S = 60


class RedisUnderFaults(FaultTest):
    def setUp(self):
        super().setUp()
        self.create_topics()

    def start_work(self, count=ITEMS):
        self.busy = self.worker()
        self.batch_id, self.source = self.load(count)
        self.wait_rows(300)

    def counted(self):
        return int(self.stage.batch_counters(self.batch_id).get("succeeded", 0))

    def wait_counted(self, count):
        wait_until(lambda: self.counted() >= count, f"{count} counted items", 60)

    def finish(self, **more):
        self.judge(self.batch_id, self.source, **more)
        self.assertEqual(0, self.busy.stop())

    def test_away_for_a_while_then_back_with_its_data(self):
        self.start_work()
        with self.sampled(self.batch_id) as watch:
            self.stage.redis.stop()
            wait_until(lambda: readiness(self.busy) == "waiting for redis", "readiness that names Redis", 30)
            self.wait_rows(self.rows() + 200)
            wait_until(lambda: self.rows() == ITEMS and self.busy.metric("headrace_items_in_flight") == 0,
                       "everything settled while Redis is away", 60)
            self.stage.redis.start()
            self.busy.wait_ready()
            ledger.wait_final(self.stage, self.batch_id)
        self.finish(samples=watch.samples)

    def aof_size(self):
        return self.aof().stat().st_size

    def aof(self):
        newest, = (self.stage.directory / "redis" / "appendonlydir").glob("*.incr.aof")
        return newest

    def test_killed_and_without_its_last_second(self):
        """kill -9 alone loses nothing, because the kernel has what was written; the machine's death does."""
        self.start_work(2 * ITEMS)
        kept, known = self.aof_size(), self.counted()
        self.wait_counted(known + 300)
        self.stage.redis.kill()
        lost = self.aof_size() - kept
        with open(self.aof(), "r+b") as log:
            log.truncate(kept)
        self.stage.redis.start()
        print(f"the log of Redis lost {lost:,} bytes; it counted {known} items and more before, {self.counted()} now", flush=True)
        self.assertGreater(lost, 0)
        wait_until(lambda: self.busy.metric('headrace_counter_rebuilds_total{channel="batch",lost="tail"') > 0, "what was lost")
        self.finish()

    def test_killed_and_without_its_last_second_and_the_worker_with_it(self):
        """The heir meets what its predecessor ended in a Redis that has forgotten it; it must not try that again."""
        self.busy = self.worker(rehearse=FAILING)
        self.batch_id, self.source = self.load(2 * ITEMS, poison_every=11)
        self.wait_rows(300)
        wait_until(self.committed, "a first commit", 60)
        kept = self.aof_size()
        self.wait_counted(self.counted() + 300)
        self.busy.kill()
        self.stage.redis.kill()
        with open(self.aof(), "r+b") as log:
            log.truncate(kept)
        tries = self.tries_of_failed(self.batch_id)
        self.busy = self.worker(rehearse=FAILING)
        self.stage.redis.start()
        self.finish()
        self.assert_not_tried_again(self.batch_id, tries)

    def test_a_replica_that_lagged_takes_over(self):
        address = self.stage.redis.address
        replica = Service("redis", self.stage.directory / "replica", REDIS_SET=f"replicaof {address.replace(':', ' ')}").start()
        self.addCleanup(replica.wipe)
        self.start_work(2 * ITEMS)
        with contextlib.closing(RedisClient(replica.address)) as client:
            wait_until(lambda: int(client.hgetall(f"hr:{{{self.batch_id}}}:batch").get("succeeded", 0)) > 0, "replication")
            client.call("REPLICAOF", "NO", "ONE")
            behind = int(client.hgetall(f"hr:{{{self.batch_id}}}:batch")["succeeded"])
        self.wait_counted(behind + 300)
        self.stage.redis.kill()
        replica.stop()
        promoted = Service("redis", self.stage.directory / "replica")
        promoted.address = address  # as a virtual address moves
        promoted.start()
        print(f"the replica lagged by {self.rows() - behind} items and more", flush=True)
        wait_until(lambda: self.busy.metric('headrace_counter_rebuilds_total{channel="batch",lost="tail"') > 0, "what was lost")
        self.finish()

    def test_emptied_under_load_and_replaced_by_an_empty_one(self):
        self.start_work()
        second = self.worker()  # the projectors of both must notice
        self.wait_owned(self.busy, second)
        self.stage.redis_cli("FLUSHALL")
        self.judge(self.batch_id, self.source)
        self.stage.redis_cli("FLUSHALL")
        self.assert_says_so_until_rebuilt()
        self.stage.redis.wipe()
        _, done = self.show(self.batch_id)
        self.assertEqual(4, done.returncode, done.stderr)
        self.stage.redis.start()
        self.assert_says_so_until_rebuilt()
        self.finish()

    def assert_says_so_until_rebuilt(self):
        """Until the counters are exact again, every answer says that it is not complete."""
        deadline = time.monotonic() + REBUILT_WITHIN_S
        while True:
            seen, done = self.show(self.batch_id)
            if seen and seen["succeeded"] == ITEMS and "rebuil" not in done.stderr:
                break
            self.assertIn("rebuil", done.stderr, f"an incomplete answer without a warning: {seen}")
            self.assertIn(done.returncode, (0, 4))
            self.assertLess(time.monotonic(), deadline, done.stderr)
            listed = self.stage.headrace("batch", "list", check=False)
            self.assertNotEqual("no batches\n", listed.stdout, listed.stderr)
        self.judge(self.batch_id, self.source)


if __name__ == "__main__":
    unittest.main()
