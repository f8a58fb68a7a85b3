"""A fleet of one host on one SQLite file: workers killed, one stopped past its session."""

import unittest

from fleet import FleetTest


class FleetOnSqlite(FleetTest):
    def test_every_row_once_and_in_order_whatever_dies(self):
        self.run_through_everything()


if __name__ == "__main__":
    unittest.main()
