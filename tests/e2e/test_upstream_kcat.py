"""Records that other programs write to Kafka are ingested once and accounted, whatever is sent again."""

import json
import time
import unittest
import uuid

import rdkafka
from support import StageTest, run, wait_until

KEYS, GRAPHS = 100, 10
YEAR_2019_MS = 1_546_300_800_000


def episode(graph, text, **more):
    return json.dumps({"type": "graph_episode", "graph_id": graph, "data_type": "text", "data": text, **more})


def headers_of(record):
    return dict(zip(record["headers"][0::2], record["headers"][1::2]))


class UpstreamRecords(StageTest):
    def setUp(self):
        super().setUp()
        self.stage.create_topics("--topic-partitions", "4")

    def send(self, key, value, *options, **more):
        self.stage.produce("items.batch", [f"{key}|{value}"], "-K", "|", *options, **more)

    def redeliver(self, worker):
        """Has every record of the topic delivered again, to a worker that it returns."""
        self.assertEqual(0, worker.stop())
        self.stage.rewind_workers()
        worker = self.stage.worker()
        # Nothing is finished anew: the worker finds that all of it has ended.
        group, topic = self.stage.prefix + "worker.batch", self.stage.prefix + "items.batch"
        wait_until(lambda: rdkafka.lag(self.stage.kafka, group, topic) == 0, "everything again", 60, every=0.2)
        self.stage.wait_accounted()
        return worker

    def test_records_with_item_keys_may_be_sent_again(self):
        # kcat gives all records of a run the same headers. An item key belongs to its graph, so a
        # run of ten graphs makes ten items.
        for _ in range(2):
            for key in range(KEYS):
                lines = [f"default/g/g{graph}|{episode(f'g{graph}', f'{graph}/{key}')}" for graph in range(GRAPHS)]
                self.stage.produce("items.batch", lines, "-K", "|", "-H", f"headrace-item-key=k{key}")
        worker = self.stage.worker()
        self.stage.wait_upstream(item_count=2 * KEYS * GRAPHS, succeeded=2 * KEYS * GRAPHS, failed=0)
        rows = self.stage.rows()
        self.assertEqual([f"{graph}/{key}" for graph in range(GRAPHS) for key in range(KEYS)], [row["content"] for row in rows])
        self.assertEqual(list(range(1, KEYS + 1)) * GRAPHS, [row["seq"] for row in rows])

        self.redeliver(worker)
        shown = self.stage.upstream()
        self.assertEqual((2 * KEYS * GRAPHS, 2 * KEYS * GRAPHS, 0),
                         (shown["item_count"], shown["succeeded"], shown["failed"]))
        self.assertEqual(rows, self.stage.rows())

    def test_records_without_keys_are_known_by_their_offsets(self):
        worker = self.stage.worker()
        for _ in range(2):
            self.send("default/g/kb", episode("kb", "said twice"))
        # A message may leave its user to the key.
        self.send("default/u/ann", json.dumps({"type": "thread_message", "thread_id": "t1", "role": "user", "content": "hi"}))
        self.stage.wait_upstream(item_count=3, succeeded=3)
        rows = self.stage.rows()
        self.assertEqual([("kb", "said twice"), ("kb", "said twice"), ("ann", "hi")],
                         [(row["external_id"], row["content"]) for row in rows])
        self.redeliver(worker)
        self.assertEqual(rows, self.stage.rows())
        self.assertEqual((3, 3), tuple(self.stage.upstream()[name] for name in ("item_count", "succeeded")))

    def test_records_in_the_wrong_partition_are_stored_counted_and_explained_once(self):
        worker = self.stage.worker().wait_ready()
        lines = [f"default/g/g{graph}|{episode(f'g{graph}', 'x')}" for graph in range(40)]
        self.stage.produce("items.batch", lines, "-K", "|", partitioner="consistent_random")
        # Where they belong: the same keys, partitioned rightly, in a topic of as many partitions.
        self.stage.produce("items.realtime", lines, "-K", "|")
        partitions = [{record["key"]: record["partition"] for record in self.stage.consume(topic, "-o", "beginning")}
                      for topic in ("items.batch", "items.realtime")]
        astray = sum(partitions[0][key] != partitions[1][key] for key in partitions[0])
        self.assertGreater(astray, 0)
        self.stage.wait_upstream(item_count=40, succeeded=40)
        self.assertEqual(astray, worker.metric("headrace_records_misrouted_total"))
        self.assertEqual(1, worker.log().count("record_misrouted"))
        self.assertIn("partitioner=murmur2_random", worker.log())
        self.assertEqual(40, len(self.stage.rows()))

    def test_invalid_records_become_dead_letters_and_count_as_failed(self):
        mine, other = self.batch_of("default"), self.batch_of("other")
        good = episode("kb", "fine")
        cases = {  # code: key, value, header of the item's id
            "invalid_json": ("default/g/kb", '{"type":', None),
            "missing_field": ("default/g/kb", '{"type":"graph_episode","graph_id":"kb","data_type":"text"}', None),
            "key_mismatch": ("default/g/another", good, None),
            "invalid_key": ("nonsense", good, None),
            "invalid_header": ("default/g/kb", good, "17"),
            "unknown_batch": ("default/g/kb", good, str(uuid.uuid4())[:-8] + "00000001"),
            "foreign_batch": ("default/g/kb", good, other[:-8] + "00000001"),
            "index_out_of_range": ("default/g/kb", good, mine[:-8] + "00000008"),
        }
        for key, value, item_id in cases.values():
            self.send(key, value, *(["-H", f"headrace-item-id={item_id}"] if item_id else []))
        self.send("default/g/kb", good)
        self.stage.worker()
        self.stage.wait_upstream(item_count=len(cases) + 1, failed=len(cases), succeeded=1)
        self.stage.wait_accounted()
        letters = {headers_of(letter)["headrace-code"]: letter for letter in self.stage.consume("dead-letters", "-o", "beginning")}
        self.assertEqual(cases.keys(), letters.keys())
        for code, (key, value, _) in cases.items():
            with self.subTest(code):
                self.check_letter(letters[code], key, value)
        errors = json.loads(self.stage.headrace("batch", "errors", "upstream", "--json").stdout)
        self.assertEqual({code: 1 for code in cases}, errors["count_by_code"])
        for batch_id, project in ((mine, "default"), (other, "other")):
            batch = self.stage.batch_counters(batch_id)
            self.assertEqual((project, "1", "1", "0"), tuple(batch[name] for name in ("project", "item_count", "succeeded", "failed")))

    def batch_of(self, project):
        source = self.stage.directory / f"{project}.jsonl"
        source.write_text(episode("loaded", project) + "\n")
        return json.loads(self.stage.headrace("load", source, "--kafka", "--json", "--project", project).stdout)["batch_id"]

    def check_letter(self, letter, key, value):
        headers = headers_of(letter)
        self.assertEqual((key, value), (letter["key"], letter["payload"]))
        self.assertEqual(("default", "1"), (headers["headrace-project"], headers["headrace-attempts"]))
        self.assertGreater(len(headers["headrace-message"]), 5)
        self.assertRegex(headers["headrace-item-id"], "^[0-9a-f-]{36}")
        topic, partition, offset = headers["headrace-origin"].rsplit("/", 2)
        self.assertEqual(self.stage.prefix + "items.batch", topic)
        origin = json.loads(run(["kcat", "-C", "-b", self.stage.kafka, "-t", topic, "-p", partition, "-o", offset,
                                 "-c", "1", "-q", "-J"]).stdout)
        self.assertEqual((key, value), (origin["key"], origin["payload"]))

    def test_an_old_time_stamp_of_a_record_harms_nothing(self):
        before = time.time()
        rdkafka.produce(self.stage.kafka, self.stage.prefix + "items.batch", b"default/g/kb",
                        episode("kb", "from 2019").encode(), YEAR_2019_MS)
        worker = self.stage.worker()
        self.stage.wait_upstream(item_count=1, succeeded=1)
        row, = self.stage.rows()
        self.assertEqual(("from 2019", 0), (row["content"], row["valid_at_given"]))
        self.assertLess(before - 5, row["valid_at"] / 1e6)
        record, = self.stage.consume("items.batch", "-o", "beginning")
        self.assertEqual("logappend", record["tstype"])
        self.assertLess(before - 5, record["ts"] / 1e3)
        self.redeliver(worker)
        self.assertEqual([row], self.stage.rows())


if __name__ == "__main__":
    unittest.main()
