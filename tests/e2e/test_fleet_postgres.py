"""A fleet on one PostgreSQL: workers killed, one stopped past its session, the server restarted."""

import unittest

import stores
from fleet import FleetTest
from support import start_postgres, wait_until


class FleetOnPostgres(FleetTest):
    def setUp(self):
        super().setUp()
        self.postgres = start_postgres(self.stage.directory / "postgres")
        self.addCleanup(self.postgres.wipe)
        self.stage.store = f"postgresql://headrace@{self.postgres.address}/headrace"
        self.stage.headrace("store", "migrate")

    def trouble_of_the_store(self, workers):
        stored = stores.counts(self.stage.store)["episodes"]
        self.postgres.stop()
        wait_until(lambda: all(worker.metric("headrace_store_up") == 0 for worker in workers), "workers that notice", 60)
        self.postgres.start()
        wait_until(lambda: all(worker.metric("headrace_store_up") == 1 for worker in workers), "workers that go on", 60)
        # What was called stored is not forgotten by the restart.
        self.assertGreaterEqual(stores.counts(self.stage.store)["episodes"], stored)

    def test_every_row_once_and_in_order_whatever_dies(self):
        self.run_through_everything()


if __name__ == "__main__":
    unittest.main()
