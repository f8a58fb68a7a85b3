"""scripts/test ends with the tests that failed: their last words, then their names."""

import pathlib
import subprocess
import tempfile
import unittest

from support import SCRIPTS

TESTS = """
add_test(good sh -c "echo all is well")
add_test(wordy sh -c "for i in $(seq 1 60); do echo line $i.; done; false")
add_test(mute sh -c "false")
add_test(absent /no/such/program)
"""


class FailedTests(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="headrace-ctest-")
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)
        self.results = self.directory / "dev-tests.xml"

    def run_tests(self, text):
        (self.directory / "CTestTestfile.cmake").write_text(text)
        subprocess.run(["ctest", "--output-junit", self.results], cwd=self.directory, capture_output=True, timeout=60)

    def told(self):
        command = ["python3", SCRIPTS / "lib" / "failed_tests.py", self.results]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout

    def test_the_end_of_what_each_said_comes_first(self):
        self.run_tests(TESTS)
        told = self.told()
        self.assertIn("---- dev-tests: wordy (fail)\n... 20 lines before\nline 21.\n", told)
        self.assertIn("line 60.\n\n---- dev-tests: mute (fail)\n(it said nothing)\n", told)
        self.assertIn("Unable to find executable", told)
        self.assertNotIn("good", told)
        self.assertNotIn("line 20.", told)

    def test_the_names_come_last(self):
        self.run_tests(TESTS)
        names = "  dev-tests: wordy (fail)\n  dev-tests: mute (fail)\n  dev-tests: absent (notrun)\n"
        self.assertTrue(self.told().endswith("\n3 failed:\n" + names))

    def test_all_of_very_many_are_named(self):
        self.run_tests("".join(f'add_test(t{i} sh -c "false")\n' for i in range(25)))
        told = self.told()
        self.assertEqual(20, told.count("----"))
        self.assertIn("  dev-tests: t24 (fail)\n", told)

    def test_a_run_that_wrote_nothing_is_a_failure(self):
        self.assertIn("1 failed:\n  dev-tests: dev-tests.xml (no results)\n", self.told())


if __name__ == "__main__":
    unittest.main()
