"""scripts/demo and scripts/test explain themselves, and do nothing for a flag that they do not know."""

import subprocess
import unittest

from support import SCRIPTS


class Usage(unittest.TestCase):
    def call(self, script, *flags):
        return subprocess.run([SCRIPTS / script, *flags], capture_output=True, text=True, timeout=20)

    def test_help_is_asked_for_and_goes_to_standard_output(self):
        for script, line in (("demo", "scripts/demo --keep"), ("test", "scripts/test --unit")):
            for flag in ("-h", "--help"):
                with self.subTest(script, flag=flag):
                    done = self.call(script, flag)
                    self.assertEqual((0, ""), (done.returncode, done.stderr))
                    self.assertIn(line, done.stdout)

    def test_an_unknown_flag_is_named(self):
        for script in ("demo", "test"):
            with self.subTest(script):
                done = self.call(script, "--kepe")
                self.assertEqual((2, ""), (done.returncode, done.stdout))
                self.assertIn("there is no flag --kepe", done.stderr)
                self.assertIn(f"scripts/{script}", done.stderr)

    def test_tests_take_one_flag(self):
        done = self.call("test", "--unit", "--long")
        self.assertEqual(2, done.returncode)
        self.assertIn("--unit --long", done.stderr)


if __name__ == "__main__":
    unittest.main()
