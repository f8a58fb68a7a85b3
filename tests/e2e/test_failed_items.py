"""What cannot be stored or read is named, kept and counted, and holds nothing else up."""

import json
import unittest

import rdkafka
from support import StageTest, wait_until


def episode(graph, text):
    return json.dumps({"type": "graph_episode", "graph_id": graph, "data_type": "text", "data": text})


def headers_of(record):
    return dict(zip(record["headers"][0::2], record["headers"][1::2]))


class FailedItems(StageTest):
    def setUp(self):
        super().setUp()
        self.stage.create_topics("--topic-partitions", "4")

    def file(self, name, lines):
        path = self.stage.directory / name
        path.write_bytes(b"".join(line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines))
        return path

    def load(self, *arguments):
        done = self.stage.headrace("load", "--kafka", "--json", *arguments, check=False)
        return done, json.loads(done.stdout)

    def test_an_item_that_the_store_fails_is_recorded_and_passed_by(self):
        lines = [episode(f"g{number % 3}", "poison" if number == 4 else f"text {number}") for number in range(60)]
        self.stage.worker(HEADRACE_STORE=self.stage.store + "?fail-on=poison")
        done, loaded = self.load("--wait", self.file("items.jsonl", lines))
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertEqual(("partial", 59, 1), tuple(loaded["batch"][name] for name in ("status", "succeeded", "failed")))
        batch_id = loaded["batch_id"]
        self.assertEqual("partial", self.stage.batch_counters(batch_id)["status"])

        errors = json.loads(self.stage.headrace("batch", "errors", batch_id, "--json").stdout)
        self.assertEqual({"rehearsed_failure": 1}, errors["count_by_code"])
        failed, = errors["items"]
        self.assertEqual((4, "rehearsed_failure", 1), (failed["index"], failed["code"], failed["attempts"]))
        self.assertIn("fail-on", failed["message"])
        self.check_dead_letter(batch_id, lines[4], failed)

        stored = {graph: [row["content"] for row in self.stage.rows() if row["external_id"] == graph] for graph in ("g0", "g1", "g2")}
        self.assertEqual({f"g{rest}": [f"text {number}" for number in range(60) if number % 3 == rest and number != 4]
                          for rest in range(3)}, stored)
        for graph in stored:
            places = [row["seq"] for row in self.stage.rows() if row["external_id"] == graph]
            self.assertEqual(list(range(1, len(places) + 1)), places)

    def test_a_failed_item_is_not_tried_again_when_it_comes_again(self):
        lines = [episode(f"g{number % 3}", "poison" if number == 4 else f"text {number}") for number in range(60)]
        source = self.file("items.jsonl", lines)
        worker = self.stage.worker(HEADRACE_STORE=self.stage.store + "?fail-on=poison")
        _, loaded = self.load("--wait", source)
        before, rows = self.stage.batch_counters(loaded["batch_id"]), self.stage.rows()
        worker.stop()

        # A store that would take it now must not get it behind its successors.
        worker = self.stage.worker()
        done, again = self.load("--wait", "--batch-id", loaded["batch_id"], source)
        self.assertEqual(1, done.returncode, done.stderr)
        self.wait_read()
        worker.stop()
        self.assertEqual(rows, self.stage.rows())
        self.assert_same_counters(before, loaded["batch_id"])

        # The same for a group that was set back by another tool.
        self.stage.rewind_workers()
        worker = self.stage.worker()
        self.wait_read()
        worker.stop()
        self.assertEqual(rows, self.stage.rows())
        self.assert_same_counters(before, loaded["batch_id"])
        self.assertEqual(1, len(self.stage.consume("dead-letters", "-o", "beginning")))

    def wait_read(self):
        group, topic = self.stage.prefix + "worker.batch", self.stage.prefix + "items.batch"
        wait_until(lambda: rdkafka.lag(self.stage.kafka, group, topic) == 0, "everything is read and committed")

    def assert_same_counters(self, before, batch_id):
        after = self.stage.batch_counters(batch_id)
        for name in ("status", "item_count", "succeeded", "failed", "skipped", "canceled"):
            self.assertEqual(before[name], after[name], name)

    def check_dead_letter(self, batch_id, line, failed):
        letter, = self.stage.consume("dead-letters", "-o", "beginning")
        self.assertEqual((line, "default/g/g1"), (letter["payload"], letter["key"]))
        headers = headers_of(letter)
        self.assertTrue(headers["headrace-item-id"].startswith(batch_id[:-8] + "00000005"), headers)
        self.assertEqual(("default", failed["code"], failed["message"], "1"),
                         tuple(headers[f"headrace-{name}"] for name in ("project", "code", "message", "attempts")))
        self.assertLessEqual(headers["headrace-first-try"], headers["headrace-last-try"])
        topic, partition, offset = headers["headrace-origin"].rsplit("/", 2)
        self.assertEqual(self.stage.prefix + "items.batch", topic)
        origin = [record for record in self.stage.consume("items.batch", "-p", partition, "-o", offset, "-c", "1")]
        self.assertEqual(line, origin[0]["payload"])

    def test_refused_lines_are_reported_kept_and_can_be_fed_again(self):
        bad = [b'{"type":"graph_episode","graph_id":"g","data_type":"text","data":"cut\n',
               b'{"type":"graph_episode","graph_id":"g","data_type":"text","data":"\xff"}\n',
               b'{"type":"graph_episode","data_type":"text","data":"nowhere"}\n',
               b'{"type":"graph_episode","graph_id":"g","data_type":"text","data":"late","created_at":"2024-06-15"}\n']
        source = self.file("mixed.jsonl", [episode("g", "one"), *bad, episode("g", "two")])
        rejects = self.stage.directory / "rejects.jsonl"
        self.stage.worker()
        done, loaded = self.load("--wait", source, "--rejects", rejects)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertEqual((2, 4, 2, 0), (loaded["accepted"], loaded["rejected"], loaded["batch"]["succeeded"], loaded["batch"]["failed"]))
        self.assertEqual([(2, "invalid_json"), (3, "invalid_utf8"), (4, "destination"), (5, "invalid_timestamp")],
                         [(line["line"], line["code"]) for line in loaded["refused_lines"]])
        for number in range(2, 6):
            self.assertIn(f"{source}:{number}:", done.stderr)
        self.assertNotIn("nowhere", done.stderr)
        self.assertEqual(b"".join(bad), rejects.read_bytes())
        self.assertEqual("4", self.stage.batch_counters(loaded["batch_id"])["rejected"])

        again, refed = self.load(rejects)
        self.assertEqual((1, 0, 4), (again.returncode, refed["accepted"], refed["rejected"]))
        mended = rejects.read_bytes().replace(b'"cut', b'"cut"}').replace(b"\xff", b"?").replace(
            b'"data_type":"text","data":"nowhere"', b'"graph_id":"g","data_type":"text","data":"nowhere"').replace(b"06-15", b"06-15T00:00:00Z")
        rejects.write_bytes(mended)
        again, refed = self.load("--wait", rejects)
        self.assertEqual((0, 4, 0), (again.returncode, refed["accepted"], refed["rejected"]), again.stderr)
        self.assertEqual(["one", "two", "cut", "?", "nowhere", "late"], [row["content"] for row in self.stage.rows()])

    def test_strict_sends_nothing_when_a_line_is_bad(self):
        source = self.file("mixed.jsonl", [episode("g", "one"), "nonsense", episode("g", "two")])
        done, loaded = self.load("--strict", source)
        self.assertEqual((5, 1), (done.returncode, loaded["rejected"]), done.stderr)
        self.assertEqual([], self.stage.consume("items.batch", "-o", "beginning"))
        self.assertEqual([], self.stage.consume("journal", "-o", "beginning"))


if __name__ == "__main__":
    unittest.main()
