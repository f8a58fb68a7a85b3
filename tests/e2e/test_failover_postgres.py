"""The PostgreSQL that a fleet writes to dies for good, and its standby takes its place; or it hangs."""

import os
import pathlib
import signal
import socket
import subprocess
import unittest

import stores
from faults import ITEMS, FaultTest, readiness
from support import start_postgres, wait_until


class FailoverOfPostgres(FaultTest):
    """Replication is synchronous: what a worker called stored is on both servers."""

    def setUp(self):
        super().setUp()
        self.create_topics()
        self.primary = start_postgres(self.stage.directory / "primary")
        self.addCleanup(self.primary.wipe)
        self.standby = start_postgres(self.stage.directory / "standby", POSTGRES_STANDBY_OF=self.primary.address)
        self.addCleanup(self.standby.wipe)
        self.ask(self.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.ask(self.primary, "SELECT pg_reload_conf()")
        wait_until(lambda: self.count(self.primary, "pg_stat_replication WHERE sync_state = 'sync'"), "a synchronous standby")
        self.stage.store = f"postgresql://headrace@{self.primary.address},{self.standby.address}/headrace"
        self.stage.headrace("store", "migrate")

    def ask(self, server, sql):
        return stores.psql(f"postgresql://headrace@{server.address}/headrace", sql)

    def count(self, server, what):
        return int(self.ask(server, f"SELECT count(*) FROM {what}"))

    def hold_replication(self):
        """From now on the standby gets nothing more, so that nothing more may be called stored."""
        sender = int(self.ask(self.primary, "SELECT pid FROM pg_stat_replication"))
        os.kill(sender, signal.SIGSTOP)
        wait_until(lambda: self.count(self.primary, "pg_stat_activity WHERE wait_event = 'SyncRep'"), "commits that wait for the standby")

    def test_work_goes_on_at_the_standby_and_nothing_is_lost(self):
        workers = [self.worker(), self.worker()]
        self.wait_owned(*workers)
        batch_id, source = self.load(2 * ITEMS)
        with self.sampled(batch_id) as watch:
            for worker in workers:
                self.wait_in_the_middle(worker)
            self.hold_replication()
            self.primary.crash()
            for worker in workers:
                wait_until(lambda: "store" in readiness(worker), "a worker that misses its store", 60)
            stored = self.count(self.standby, "agent_memory.episode")
            newcomer = self.worker()
            wait_until(lambda: "read-only" in newcomer.log(), "a worker that waits for a server that takes writes", 60)
            self.assertLess(stored, 2 * ITEMS, "the work ended before all had happened")
            self.ask(self.standby, "SELECT pg_promote()")
            for worker in [*workers, newcomer]:
                worker.wait_ready()
        self.judge(batch_id, source, samples=watch.samples)
        self.assertEqual([], self.stage.consume("dead-letters", "-o", "beginning"))
        for worker in workers:
            self.assertTrue(worker.alive())
            self.assertGreater(worker.metric('headrace_store_chunks_total{result="transient"'), 0)
            for never in ("fatal", "item"):
                self.assertEqual(0, worker.metric(f'headrace_store_chunks_total{{result="{never}"'), never)
        print(f"{stored} episodes were on the standby when the primary died", flush=True)


class HangingPostgres(FaultTest):
    def setUp(self):
        super().setUp()
        self.create_topics()
        self.server = start_postgres(self.stage.directory / "hanging")
        self.addCleanup(self.server.wipe)
        self.stage.store = f"postgresql://headrace@{self.server.address}/headrace?connections=2"
        self.stage.headrace("store", "migrate")

    def hang(self):
        """All of the server's processes, until the test is over."""
        first = self.server.pid()
        children = pathlib.Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in [first, *map(int, children)]:
            self.addCleanup(os.kill, pid, signal.SIGCONT)
            os.kill(pid, signal.SIGSTOP)

    def test_a_worker_leaves_in_time_all_the_same(self):
        worker = self.stage.worker(HEADRACE_DRAIN_TIMEOUT="2s")
        self.wait_owned(worker)
        self.hang()
        self.load()
        wait_until(lambda: worker.metric("headrace_store_items_in_flight") > 0, "a chunk on its way")
        # It would be killed ten seconds after the two that it may drain.
        self.assertEqual(0, worker.stop(seconds=30), worker.log()[-4000:])
        self.assertEqual(1, self.log_count(worker, "store_left_unanswered"), worker.log()[-4000:])

    def test_any_number_of_hosts_may_be_silent(self):
        """Machines that are switched off beside one that dies: each takes 5 s of whoever waits for it."""
        silent = [socket.create_server(("127.0.0.1", 0)) for _ in range(5)]
        for listener in silent:
            self.addCleanup(listener.close)
        hosts = ",".join([self.server.address, *(f"127.0.0.1:{listener.getsockname()[1]}" for listener in silent)])
        self.stage.store = f"postgresql://headrace@{hosts}/headrace?connections=2"
        worker = self.stage.worker(HEADRACE_DRAIN_TIMEOUT="2s")
        self.wait_owned(worker)
        self.server.stop()
        self.load()
        wait_until(lambda: worker.metric("headrace_store_items_in_flight") > 0, "a chunk on its way")
        # It would be killed ten seconds after the two that it may drain.
        self.assertEqual(0, worker.stop(seconds=30), worker.log()[-4000:])

    def test_a_worker_that_waits_for_its_first_answer_leaves_at_once(self):
        url = self.stage.store.partition("?")[0]
        locking = subprocess.Popen(["psql", "-X", "-q", "-d", url, "-c", "BEGIN", "-c", "LOCK TABLE agent_memory.schema_version",
                                    "-c", "SELECT pg_sleep(120)"])
        self.addCleanup(locking.wait)
        self.addCleanup(locking.kill)
        held = "SELECT count(*) FROM pg_locks WHERE relation = 'agent_memory.schema_version'::regclass AND "
        wait_until(lambda: stores.psql(url, held + "mode = 'AccessExclusiveLock'").strip() == "1", "the lock")
        worker = self.stage.worker()
        wait_until(lambda: stores.psql(url, held + "NOT granted").strip() == "1", "the worker's question")
        # A statement is given a minute otherwise.
        self.assertEqual(0, worker.stop(seconds=15), worker.log()[-4000:])
        self.assertNotIn("part_missing", worker.log(), "it was the worker that did not want any more")


if __name__ == "__main__":
    unittest.main()
