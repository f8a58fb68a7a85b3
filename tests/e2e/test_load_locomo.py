"""A file of conversations goes through Kafka and two workers into SQLite, is counted, and can be replayed.

The conversations are ../shared/data/locomo.jsonl where that file is present, else the good lines of
data/sample.jsonl; the test says which.
"""

import collections
import datetime
import json
import pathlib
import unittest

from support import ROOT, Sampler, StageTest

LOCOMO = ROOT.parent / "shared/data/locomo.jsonl"
SAMPLE = ROOT / "data/sample.jsonl"
RANKS = {"loading": 0, "queued": 1, "processing": 2, "succeeded": 3, "partial": 3, "failed": 3, "canceled": 3}
FINAL = ("succeeded", "failed", "skipped", "canceled")
GROWING = ("dispatched", *FINAL)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def microseconds(text):
    return (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // datetime.timedelta(microseconds=1)


def item_uuid(batch_id, index):
    return f"{batch_id[:-8]}{index + 1:08x}"


def counters_of(batch):
    return {name: batch.get(name) for name in ("status", "item_count", *GROWING)}


class LoadOfConversations(StageTest):
    def setUp(self):
        super().setUp()
        self.redis = self.stage.redis_client()
        self.source = self.conversations()
        self.items = [json.loads(line) for line in self.source.read_text().splitlines()]
        self.stage.create_topics("--topic-partitions", "8")

    def conversations(self):
        if LOCOMO.exists():
            print(f"input: {LOCOMO}")
            return LOCOMO
        print(f"input: the good lines of {SAMPLE}, because {LOCOMO} is not there")
        checked = self.stage.headrace("load", SAMPLE, "--dry-run", "--json", "--max-errors", "1000", check=False)
        refused = {line["line"] for line in json.loads(checked.stdout)["refused_lines"]}
        good = self.stage.directory / "good.jsonl"
        lines = SAMPLE.read_text().splitlines(keepends=True)
        good.write_text("".join(line for number, line in enumerate(lines, 1) if number not in refused))
        return good

    def start_workers(self):
        workers = [self.stage.worker(HEADRACE_STORE=self.stage.store + "?delay=20ms") for _ in range(2)]
        return [worker.wait_ready() for worker in workers]

    def load(self, source, *options):
        done = self.stage.headrace("load", source, "--kafka", "--wait", "--json", *options, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def batch(self, batch_id):
        return self.redis.hgetall(f"hr:{{{batch_id}}}:batch")

    def test_every_item_arrives_is_counted_and_replays_to_nothing_new(self):
        workers = self.start_workers()
        with Sampler(self.only_batch(self.stage.redis_client())) as watch:
            loaded = self.load(self.source)
        batch_id = loaded["batch_id"]
        rows = self.stage.rows()
        self.check_rows(batch_id, rows)
        self.check_order(rows)
        self.check_counters(batch_id, rows)
        self.check_snapshots(watch.samples)
        counters = counters_of(self.batch(batch_id))

        self.load(self.source, "--batch-id", batch_id)
        self.check_unchanged(batch_id, rows, counters, "a replay of what is there")
        self.check_refusal_of_another_file(batch_id, rows, counters)

        for worker in workers:
            self.assertEqual(0, worker.stop())
        deleted = self.redis.call("DEL", *self.redis.call("KEYS", f"hr:{{{batch_id}}}:*"))
        self.assertGreaterEqual(deleted, 2)
        self.stage.rewind_workers()
        workers = self.start_workers()
        self.load(self.source, "--batch-id", batch_id)
        self.check_unchanged(batch_id, rows, counters, "a replay after Redis forgot and the group was rewound")
        self.assertGreater(sum(worker.metric("headrace_store_duplicates_total") for worker in workers), 0)

    def only_batch(self, redis):
        """Snapshots of the one batch of the project, once it is there."""
        def sample():
            ids = redis.call("ZRANGE", "hr:{default}:batches", "0", "-1")
            return redis.hgetall(f"hr:{{{ids[0].decode()}}}:batch") or None if ids else None

        return sample

    def check_rows(self, batch_id, rows):
        self.assertEqual(len(self.items), len(rows))
        by_index = {row["batch_seq"]: row for row in rows}
        for index, item in enumerate(self.items):
            with self.subTest(line=index + 1):
                row = by_index[index]
                self.assertEqual((item_uuid(batch_id, index), batch_id), (row["uuid"], row["batch_id"]))
                self.check_content(item, row)
                self.assertEqual(item.get("metadata"), json.loads(row["metadata"]) if row["metadata"] else None)
                if "created_at" in item:
                    self.assertEqual((microseconds(item["created_at"]), 1), (row["valid_at"], row["valid_at_given"]))

    def check_content(self, item, row):
        self.assertEqual(item["type"], row["item_type"])
        if item["type"] == "thread_message":
            self.assertEqual(("user", item["user_id"], item["thread_id"], item["content"], item["role"], item.get("name", "")),
                             tuple(row[column] for column in ("kind", "external_id", "thread_id", "content", "role", "speaker")))
        else:
            kind, key = ("graph", "graph_id") if "graph_id" in item else ("user", "user_id")
            self.assertEqual((kind, item[key], item["data_type"], item["data"], item.get("source_description", "")),
                             tuple(row[column] for column in ("kind", "external_id", "source", "content", "source_description")))

    def check_order(self, rows):
        """Places are those of the file and have no gap, in each graph and in each thread."""
        graphs, threads = collections.Counter(), collections.Counter()
        for row in sorted(rows, key=lambda row: row["batch_seq"]):
            graph = row["kind"], row["external_id"]
            graphs[graph] += 1
            self.assertEqual(graphs[graph], row["seq"], f"place of line {row['batch_seq'] + 1} in {graph}")
            if row["thread_id"]:
                threads[row["thread_id"]] += 1
                self.assertEqual(threads[row["thread_id"]], row["thread_seq"], f"place of line {row['batch_seq'] + 1} in its thread")
        self.assertEqual({(row["kind"], row["external_id"]): row["next_seq"] - 1 for row in rows}, dict(graphs))

    def check_counters(self, batch_id, rows):
        batch = self.batch(batch_id)
        states = self.redis.call("GET", f"hr:{{{batch_id}}}:states")
        recount = collections.Counter(byte & 7 for byte in states)
        self.assertEqual({1: len(rows)}, dict(recount))
        total = str(len(rows))
        self.assertEqual({"status": "succeeded", "item_count": total, "dispatched": total, "succeeded": total,
                          "failed": "0", "skipped": "0", "canceled": "0"}, counters_of(batch))
        self.assertEqual(("1", total), (batch["sealed"], batch["index_end"]))

    def check_snapshots(self, snapshots):
        between = [snap for snap in snapshots if 0 < int(snap["succeeded"]) < len(self.items)]
        self.assertGreater(len(between), 3, "the snapshots missed the run")
        for snap in snapshots:
            self.assertLessEqual(sum(int(snap[name]) for name in FINAL), int(snap["item_count"]), snap)
        for older, newer in zip(snapshots, snapshots[1:]):
            for name in GROWING:
                self.assertLessEqual(int(older.get(name, 0)), int(newer.get(name, 0)), name)
            self.assertLessEqual(RANKS[older["status"]], RANKS[newer["status"]])

    def check_unchanged(self, batch_id, rows, counters, after):
        self.stage.wait_accounted()
        self.assertEqual(rows, self.stage.rows(), after)
        self.assertEqual(counters, counters_of(self.batch(batch_id)), after)

    def check_refusal_of_another_file(self, batch_id, rows, counters):
        changed = self.stage.directory / "changed.jsonl"
        changed.write_text(json.dumps({**self.items[0], "metadata": {"changed": True}}) + "\n"
                           + "".join(pathlib.Path(self.source).read_text().splitlines(keepends=True)[1:]))
        refused = self.stage.headrace("load", changed, "--kafka", "--wait", "--batch-id", batch_id, check=False)
        self.assertEqual(5, refused.returncode, refused.stderr)
        self.check_unchanged(batch_id, rows, counters, "a refused replay")


if __name__ == "__main__":
    unittest.main()
