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

    def supervise(self, count, **settings):
        """Workers that are started again when they end, as a supervisor would; returns the codes they ended with."""
        workers, ends = [self.stage.worker(**settings) for _ in range(count)], []

        def watch():
            for place, worker in enumerate(workers):
                if not worker.alive():
                    ends.append(worker.wait())
                    workers[place] = self.stage.worker(**settings)

        return watch, ends

    def crash_loop(self, lines, poisons):
        """Loads the lines with three workers that die of every item with `poison`; returns the batch and the ends."""
        watch, ends = self.supervise(3, HEADRACE_STORE=self.stage.store + "?crash-on=poison", HEADRACE_WORKER_SESSION_TIMEOUT="6s")
        loaded = self.stage.headrace("load", "--kafka", "--json", self.file(lines))
        batch_id = json.loads(loaded.stdout)["batch_id"]

        def ended():
            watch()
            return self.stage.batch_counters(batch_id).get("completed_at")

        wait_until(ended, "the batch's end", 240, every=0.2)
        counters = self.stage.batch_counters(batch_id)
        self.assertEqual((str(len(lines) - len(poisons)), str(len(poisons))), (counters["succeeded"], counters["failed"]))
        letters = self.stage.consume("dead-letters", "-o", "beginning")
        self.assertEqual(sorted(lines[number] for number in poisons), sorted(letter["payload"] for letter in letters))
        for letter in letters:
            headers = dict(zip(letter["headers"][0::2], letter["headers"][1::2]))
            self.assertEqual(("crash", "3"), (headers["headrace-code"], headers["headrace-attempts"]))
        stored = [row["content"] for row in self.stage.rows()]
        self.assertEqual(len(lines) - len(poisons), len(stored))
        for graph in {row["external_id"] for row in self.stage.rows()}:
            numbers = [int(row["content"].split()[-1]) for row in self.stage.rows() if row["external_id"] == graph]
            self.assertEqual(sorted(numbers), numbers, graph)
        return ends

    def test_an_item_that_kills_its_worker_is_given_up_after_three_deaths(self):
        lines = [episode("g", f"{'poison' if number == 250 else 'text'} {number}") for number in range(500)]
        self.assertEqual([134] * 3, self.crash_loop(lines, [250]))

    def test_two_of_them_in_different_graphs_are_given_up_each(self):
        lines = [episode(f"g{number % 5}", f"{'poison' if number in (101, 203) else 'text'} {number}") for number in range(500)]
        ends = self.crash_loop(lines, [101, 203])
        self.assertEqual({134}, set(ends))
        self.assertTrue(3 <= len(ends) <= 6, ends)


if __name__ == "__main__":
    unittest.main()
