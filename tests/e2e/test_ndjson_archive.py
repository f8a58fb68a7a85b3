"""What Kafka brought into an NDJSON archive is loaded again: the same texts, in the same order, under the same ids."""

import json
import re
import shlex
import threading
import unittest

from support import ROOT, Stage, StageTest, wait_until

SAMPLE = ROOT / "data/sample.jsonl"
# What a store has of an item, whichever way it came there.
KEPT = ("kind", "external_id", "thread_id", "seq", "thread_seq", "item_type", "content", "role", "speaker", "source",
        "source_description", "metadata", "valid_at_given")
ROTATE = 64 * 1024
BATCH = "6f1f5c3e-8f0e-4d57-9a3c-b5d000000000"
FILE = "20261121T140000.000000Z-00000001.ndjson"


def kept(rows):
    return [{name: row[name] for name in KEPT} | {"created": row["valid_at"] if row["valid_at_given"] else None}
            for row in rows]


def line(number, **item):
    """What a worker writes for the episode of that number."""
    mark = {"v": 1, "written": f"2026-11-21T14:00:{number // 1000:02d}.{number % 1000:03d}Z", "graph": "default/g/g",
            "uuid": f"{BATCH[:-8]}{number + 1:08x}", "batch": BATCH, "index": number, "round": 0,
            "accepted": "2026-11-21T13:59:58Z", "incarnation": 0}
    text = {"type": "graph_episode", "graph_id": "g", "data_type": "text", "data": f"text {number}"} | item
    return json.dumps({"headrace_archive": mark} | text, separators=(",", ":")) + "\n"


class Archive(StageTest):
    def setUp(self):
        super().setUp()
        self.archive = self.stage.directory / "archive"
        self.stage.create_topics("--topic-partitions", "8")

    def load(self, source, stage=None, **batch):
        """Loads with --wait and holds what became of the batch against `batch`."""
        done = (stage or self.stage).headrace("load", source, "--kafka", "--wait", "--json", "--max-errors", "0", check=False)
        loaded = json.loads(done.stdout)
        spotless = loaded["rejected"] == 0 and loaded["batch"]["failed"] == 0
        self.assertEqual(0 if spotless else 1, done.returncode, done.stdout + done.stderr)
        for name, value in ({"status": "succeeded", "failed": 0, "canceled": 0} | batch).items():
            self.assertEqual(value, loaded["batch"][name], (name, done.stdout[-2000:]))
        return loaded

    def fill(self, source, workers=2):
        """Archives a file through Kafka and so many workers."""
        store = f"ndjson:{self.archive}?rotate-bytes={ROTATE // 1024}KiB"
        running = [self.stage.worker(HEADRACE_STORE=store).wait_ready() for _ in range(workers)]
        loaded = self.load(source)
        for worker in running:
            self.assertEqual(0, worker.stop())
        files = sorted(path.name for path in self.archive.iterdir())
        self.assertTrue(files and all(name.endswith(".ndjson.zst") for name in files), files)
        return loaded, files

    def write(self, lines):
        self.archive.mkdir()
        file = self.archive / FILE
        file.write_text("".join(lines))
        return file

    def direct(self, source):
        stage = Stage()
        self.addCleanup(stage.close)
        stage.create_topics("--topic-partitions", "8")
        stage.worker().wait_ready()
        self.load(source, stage)
        return stage.rows()

    def test_a_loaded_archive_is_what_a_direct_load_gives(self):
        archived, files = self.fill(SAMPLE)
        self.assertGreater(len(files), 4, "it was to rotate")
        direct = self.direct(SAMPLE)
        self.assertGreater(len(direct), 1_000)

        self.stage.worker().wait_ready()
        loaded = self.load(self.archive)
        self.assertNotEqual(archived["batch_id"], loaded["batch_id"])
        rows = self.stage.rows()
        self.assertEqual(len(direct), loaded["batch"]["succeeded"])
        self.assertEqual(kept(direct), kept(rows))
        self.assertEqual({archived["batch_id"][:-8]}, {row["uuid"][:-8] for row in rows}, "ids are those of the first load")
        self.assertEqual({loaded["batch_id"]}, {row["batch_id"] for row in rows})

        again = self.load(self.archive, succeeded=len(rows))
        self.assertNotEqual(loaded["batch_id"], again["batch_id"])
        self.assertEqual(rows, self.stage.rows(), "a store that has the items is not changed")

    def test_failed_items_of_an_archive_are_sent_again_as_themselves(self):
        source = self.stage.directory / "items.jsonl"
        source.write_text("".join(
            json.dumps({"type": "graph_episode", "graph_id": f"g{number % 2}", "data_type": "text",
                        "data": f"{'poison' if number % 5 == 0 else 'text'} {number}"}) + "\n" for number in range(20)))
        archived, _ = self.fill(source, workers=1)
        worker = self.stage.worker(HEADRACE_STORE=f"{self.stage.store}?fail-on=poison").wait_ready()
        loaded = self.load(self.archive, status="partial", succeeded=16, failed=4)
        self.assertEqual(0, worker.stop())

        self.stage.worker().wait_ready()
        replayed = json.loads(self.stage.headrace("dead-letters", "replay", "--json").stdout)
        self.assertEqual(4, replayed["sent"])
        wait_until(lambda: self.stage.batch_counters(loaded["batch_id"]).get("succeeded") == "20", "the failed ones' success", 60)
        counters = self.stage.batch_counters(loaded["batch_id"])
        self.assertEqual(("succeeded", "0", "1"), tuple(counters[name] for name in ("status", "failed", "round")))
        self.assertNotEqual("1", counters.get("upstream"))
        self.assertEqual(sorted(f"{archived['batch_id'][:-8]}{number + 1:08x}" for number in range(20)),
                         sorted(row["uuid"] for row in self.stage.rows()))
        self.assertIsNone(self.stage.upstream())

    def test_a_load_of_another_project_says_whose_the_items_are(self):
        file = self.write(line(number) for number in range(3))
        for options in ((self.archive, "--dry-run"), (self.archive, "--kafka", "--wait"), ("-", "--kafka")):
            done = self.stage.headrace("load", "--project", "mistyped", *options, check=False, stdin=file.read_text())
            self.assertEqual(5, done.returncode, done.stdout + done.stderr)
            self.assertIn("no item of project mistyped, but 3 of other projects: default;", done.stderr)

    def test_a_bad_line_is_named_by_its_file_and_line(self):
        self.write([line(0), "\n", line(1, data=7)])
        done = self.stage.headrace("load", self.archive, "--dry-run", check=False)
        self.assertEqual(5, done.returncode, done.stdout + done.stderr)
        self.assertIn(f"{self.archive / FILE}:3:", done.stderr)

    def test_an_archive_that_changed_is_loaded_again_as_a_new_batch(self):
        self.stage.worker().wait_ready()
        file = self.write(line(number) for number in range(20))
        loaded = self.load(self.archive, succeeded=20)
        with file.open("a") as archive:
            archive.write(line(20))
        again = self.stage.headrace("load", self.archive, "--kafka", "--wait", "--batch-id", loaded["batch_id"], check=False)
        self.assertEqual(5, again.returncode, again.stdout + again.stderr)
        self.follow_the_advice(again.stderr, succeeded=21)

        written, ended = 21, threading.Event()

        def write():
            nonlocal written
            with file.open("a", buffering=1) as archive:
                while not ended.wait(0.001):
                    archive.write(line(written))
                    written += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            grew = self.stage.headrace("load", self.archive, "--kafka", "--wait", check=False)
        finally:
            ended.set()
            writer.join()
        self.assertEqual(5, grew.returncode, grew.stdout + grew.stderr)
        self.assertIn("grew while it was being loaded", grew.stderr)
        self.follow_the_advice(grew.stderr, succeeded=written)
        self.assertEqual([f"{BATCH[:-8]}{number + 1:08x}" for number in range(written)],
                         sorted(row["uuid"] for row in self.stage.rows()))

    def follow_the_advice(self, stderr, succeeded):
        self.assertIn("its items keep their ids", stderr)
        program, *command = shlex.split(re.search("^to go on [^:]*: (.*)$", stderr, re.M).group(1))
        self.assertEqual("headrace", program)
        done = self.stage.headrace(*command, "--json", check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertEqual(succeeded, json.loads(done.stdout)["batch"]["succeeded"])


if __name__ == "__main__":
    unittest.main()
