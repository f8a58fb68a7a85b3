"""What a worker that dies without a farewell leaves behind, and what the next one makes of it."""

import json
import unittest

import rdkafka
from support import StageTest, wait_until


def episode(graph, text):
    return json.dumps({"type": "graph_episode", "graph_id": graph, "data_type": "text", "data": text})


class Crashes(StageTest):
    def setUp(self):
        super().setUp()
        self.stage.create_topics("--topic-partitions", "4")

    def file(self, lines):
        path = self.stage.directory / "items.jsonl"
        path.write_text("".join(line + "\n" for line in lines))
        return path

    def wait_read(self):
        group, topic = self.stage.prefix + "worker.batch", self.stage.prefix + "items.batch"
        wait_until(lambda: rdkafka.lag(self.stage.kafka, group, topic) == 0, "everything is read and committed", 90)

    def test_what_ended_after_the_last_commit_is_not_tried_again(self):
        # Nothing but the marks is committed while this worker lives.
        worker = self.stage.worker(HEADRACE_STORE=self.stage.store + "?fail-on=poison", HEADRACE_WORKER_COMMIT_INTERVAL="1m",
                                   HEADRACE_WORKER_SESSION_TIMEOUT="6s")
        lines = [episode(f"g{number % 3}", "poison" if number == 4 else f"text {number}") for number in range(60)]
        done = self.stage.headrace("load", "--kafka", "--json", "--wait", self.file(lines), check=False)
        batch_id = json.loads(done.stdout)["batch_id"]
        before, rows = self.stage.batch_counters(batch_id), self.stage.rows()
        self.assertEqual(("59", "1"), (before["succeeded"], before["failed"]))
        worker.kill()

        # A store that would take the failed item now must not get it behind its successors.
        worker = self.stage.worker(HEADRACE_WORKER_SESSION_TIMEOUT="6s")
        self.wait_read()
        worker.stop()
        self.assertEqual(rows, self.stage.rows())
        after = self.stage.batch_counters(batch_id)
        for name in ("status", "item_count", "succeeded", "failed", "skipped", "canceled"):
            self.assertEqual(before[name], after[name], name)
        self.assertEqual(1, len(self.stage.consume("dead-letters", "-o", "beginning")))


if __name__ == "__main__":
    unittest.main()
