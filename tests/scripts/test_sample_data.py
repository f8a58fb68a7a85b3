"""The committed sample is what its generator writes, and holds what the demo shows."""

import collections
import json
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample.jsonl"


class SampleData(unittest.TestCase):
    def setUp(self):
        self.lines = SAMPLE.read_text(encoding="utf-8").splitlines()
        self.items = []
        self.broken = 0
        for line in self.lines:
            try:
                self.items.append(json.loads(line))
            except json.JSONDecodeError:
                self.broken += 1

    def test_generator_writes_the_committed_file_again(self):
        made = subprocess.run([ROOT / "scripts" / "make_sample_data", "-"], check=True, capture_output=True).stdout
        self.assertEqual(made, SAMPLE.read_bytes(), "run scripts/make_sample_data and commit data/sample.jsonl")

    def test_size_and_breadth(self):
        self.assertGreater(len(self.lines), 2_500)
        self.assertLess(SAMPLE.stat().st_size, 1_500_000)
        self.assertEqual(12, len({i["user_id"] for i in self.items if "user_id" in i}))
        self.assertGreaterEqual(len({i["thread_id"] for i in self.items if "thread_id" in i}), 50)
        self.assertEqual({"text", "json", "message"}, {i["data_type"] for i in self.items if "data_type" in i})
        self.assertTrue({"2023", "2024"} <= {i["created_at"][:4] for i in self.items})

    def test_bad_lines_are_there_on_purpose(self):
        roles = {"system", "user", "assistant", "tool", "function", "norole"}
        messages = [i for i in self.items if i["type"] == "thread_message"]
        self.assertEqual(1, self.broken)
        self.assertEqual(1, sum(len(i["content"]) > 4096 for i in messages))
        self.assertEqual(1, sum("role" not in i for i in messages))
        self.assertEqual(1, sum(i.get("role", "user") not in roles for i in messages))
        self.assertEqual(1, sum("T" not in i["created_at"] for i in self.items))

    def test_three_items_carry_the_mark_that_the_demo_refuses(self):
        self.assertEqual(3, sum("rehearsal-outage" in line for line in self.lines))

    def test_sources_are_interleaved(self):
        longest = run = 0
        before = None
        for item in self.items:
            source = item.get("thread_id") or item.get("graph_id") or item.get("user_id")
            run = run + 1 if source == before else 1
            before = source
            longest = max(longest, run)
        self.assertLess(longest, 20)
        self.assertGreater(len(collections.Counter(i.get("thread_id") for i in self.items)), 50)


if __name__ == "__main__":
    unittest.main()
