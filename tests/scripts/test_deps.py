"""scripts/deps: says what is missing, refuses what it does not know, is silent when all is there."""

import subprocess
import unittest

from support import SCRIPTS


def deps(*options):
    return subprocess.run([SCRIPTS / "deps", *options], capture_output=True, text=True)


class Deps(unittest.TestCase):
    def test_nothing_is_missing_where_the_tests_run_and_nothing_is_said(self):
        done = deps("--list", "build", "services", "test")
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_an_unknown_purpose_installs_nothing(self):
        done = deps("services", "--lsit")
        self.assertEqual(2, done.returncode)
        self.assertIn("'--lsit'", done.stderr)

    def test_every_entry_has_a_known_purpose_and_a_name(self):
        for line in (SCRIPTS / "lib" / "packages.txt").read_text().splitlines():
            words = line.split("#")[0].split()
            if words:
                self.assertIn(words[0], {"build", "run", "services", "test"}, line)
                self.assertRegex(words[1], r"^[a-z0-9.+-]+(\|[a-z0-9.+-]+)*$", line)


if __name__ == "__main__":
    unittest.main()
