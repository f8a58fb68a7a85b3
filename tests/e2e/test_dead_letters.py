"""Failed items are listed, shown and sent again as a new round, once, in the order of their graph."""

import json

from support import Process, StageTest, binary, wait_until


def episode(graph, text):
    return json.dumps({"type": "graph_episode", "graph_id": graph, "data_type": "text", "data": text})


class DeadLetters(StageTest):
    def setUp(self):
        super().setUp()
        self.stage.create_topics("--topic-partitions", "4")

    def headrace_json(self, *arguments):
        return json.loads(self.stage.headrace(*arguments, "--json").stdout)

    def letters(self, *filters):
        done = self.stage.headrace("dead-letters", "list", "--json", *filters)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def replay(self, *arguments):
        return self.headrace_json("dead-letters", "replay", *arguments)

    def failing_worker(self, text="poison"):
        return self.stage.worker(HEADRACE_STORE=f"{self.stage.store}?fail-on={text}")

    def contents(self, graph):
        return [row["content"] for row in self.stage.rows() if row["external_id"] == graph]

    def load(self, lines):
        path = self.stage.directory / "items.jsonl"
        path.write_text("".join(line + "\n" for line in lines))
        done = self.stage.headrace("load", "--kafka", "--wait", "--json", path, check=False)
        return json.loads(done.stdout)

    def wait_batch(self, batch_id, **fields):
        def reached():
            stored = self.stage.batch_counters(batch_id)
            return all(stored.get(name) == value for name, value in fields.items())

        try:
            wait_until(reached, f"a batch with {fields}", 60)
        except AssertionError as vain:
            raise AssertionError(f"{vain}; there is {self.stage.batch_counters(batch_id)}") from None

    def projected(self, batch_id, **fields):
        """The batch as a projector without a worker brings it to Redis."""
        projector = Process([binary("headrace"), "projector"], self.stage.directory / "projector.log", self.stage.environment())
        self.addCleanup(projector.kill)
        self.wait_batch(batch_id, **fields)
        self.assertEqual(0, projector.stop())
        return self.stage.batch_counters(batch_id)

    def test_items_of_a_batch(self):
        lines = [episode(f"g{number % 2}", f"poison {number}" if number % 10 < 4 else f"text {number}") for number in range(40)]
        worker = self.failing_worker()
        loaded = self.load(lines)
        batch_id = loaded["batch_id"]
        self.assertEqual(("partial", 24, 16), tuple(loaded["batch"][name] for name in ("status", "succeeded", "failed")))

        listed = self.letters()
        self.assertEqual(sorted(number for number in range(40) if number % 10 < 4), sorted(letter["index"] for letter in listed))
        first = next(letter for letter in listed if letter["index"] == 0)
        self.assertEqual((batch_id, "default", "default/g/g0", "rehearsed_failure", 1, 0),
                         tuple(first[name] for name in ("batch_id", "project", "graph", "code", "attempts", "round")))
        self.assertEqual([], self.letters("--code", "store_refused"))
        for form in ([], ["--json"]):
            misspelt = self.stage.headrace("dead-letters", "list", "--code", "rehearsed_failures", *form)
            self.assertIn("no dead letter has the code rehearsed_failures; the codes are rehearsed_failure\n", misspelt.stderr)
        self.assertEqual([], self.letters("--project", "other"))
        self.assertEqual(3, len(self.letters("--batch", batch_id, "--limit", "3")))
        table = self.stage.headrace("dead-letters", "list", "--limit", "2").stdout
        self.assertRegex(table, r"LETTERS +CODE\n +16 +rehearsed_failure\n\nPROJECT")
        self.assertIn(f"{batch_id}/", table)
        self.assertIn("... 14 more", table)

        shown = self.stage.headrace("dead-letters", "show", first["item_id"]).stdout
        self.assertRegex(shown, r"headrace-code +rehearsed_failure\n")
        self.assertRegex(shown, rf"headrace-origin +{self.stage.prefix}items\.batch/\d+/\d+\n")
        self.assertNotIn("poison", shown.replace("fail-on", ""), "the payload is shown only on demand")
        self.assertIn(lines[0], self.stage.headrace("dead-letters", "show", first["item_id"], "--payload").stdout)
        absent = batch_id[:-8] + "00000005"  # item 4 was stored
        self.assertEqual(8, self.stage.headrace("dead-letters", "show", absent, check=False).returncode)

        planned = self.replay("--dry-run")
        self.assertEqual((True, 16, 0), tuple(planned[name] for name in ("dry_run", "items", "sent")))
        self.assertEqual([{"code": "rehearsed_failure", "project": "default", "items": 16}], planned["counts"])
        self.assertEqual(0, self.replay("--dry-run", "--code", "store_refused")["items"])
        self.assertEqual("partial", self.stage.batch_counters(batch_id)["status"])

        # A first replay meets a store that fails some again; a second one sends only those.
        self.assertEqual(0, worker.stop())
        worker = self.failing_worker("poison 1")  # 1, 10, 11, 12 and 13
        self.assertEqual(16, self.replay()["sent"])
        self.wait_batch(batch_id, status="partial", succeeded="35", failed="5", retrying="0", round="1")
        self.assertEqual({"rehearsed_failure": 5}, self.headrace_json("batch", "errors", batch_id)["count_by_code"])
        self.assertEqual(0, worker.stop())

        # While no worker runs, the batch is not final and nothing can be sent twice.
        done = self.replay()
        self.assertEqual((5, 11), tuple(done[name] for name in ("sent", "replayed_before")))
        done = self.replay()
        self.assertEqual((0, 16), tuple(done[name] for name in ("sent", "replayed_before")))
        counters = self.projected(batch_id, round="2")
        self.assertEqual(("processing", "5"), (counters["status"], counters["retrying"]))
        self.stage.worker()
        self.wait_batch(batch_id, status="succeeded", succeeded="40", failed="0", retrying="0", round="2")
        shown = self.headrace_json("batch", "show", batch_id)
        self.assertEqual((True, 40, 0, 0), tuple(shown[name] for name in ("final", "succeeded", "failed", "processing")))
        for rest in range(2):
            expected = [json.loads(line)["data"] for line in lines[rest::2]]
            stored = self.contents(f"g{rest}")
            self.assertEqual(sorted(expected), sorted(stored), "each exactly once")
            again = [text for text in stored if text.startswith("poison") and not text.startswith("poison 1")]
            self.assertEqual([text for text in expected if text in again], again, "a round keeps the order")

        end = len(self.stage.consume("items.batch", "-o", "beginning"))
        done = self.replay()
        self.assertEqual((0, 0, 16), tuple(done[name] for name in ("items", "sent", "replayed_before")))
        self.assertEqual(end, len(self.stage.consume("items.batch", "-o", "beginning")))

        # A rebuild comes to the same counters.
        self.stage.redis_cli("FLUSHALL")
        self.wait_batch(batch_id, status="succeeded", succeeded="40", failed="0", round="2")

    def test_upstream_records(self):
        worker = self.failing_worker()
        self.stage.produce("items.batch", [f"default/g/kb|{episode('kb', 'poison one')}"], "-K", "|")
        self.stage.produce("items.batch", [f"default/g/kb|{episode('kb', 'poison two')}"], "-K", "|", "-H", "headrace-item-key=k2")
        self.stage.produce("items.batch", ["default/g/kb|cut off"], "-K", "|")
        self.stage.produce("items.batch", ["no key at all"])
        self.stage.wait_upstream(item_count=4, failed=4)
        self.assertEqual(0, worker.stop())

        done = self.replay("--code", "rehearsed_failure")
        self.assertEqual((2, 2), tuple(done[name] for name in ("items", "sent")))
        self.stage.worker()
        self.stage.wait_upstream(item_count=4, succeeded=2, failed=2)
        self.assertEqual(["poison one", "poison two"], self.contents("kb"))
        # The producer of "two" sends it again: its key still names the same episode.
        self.stage.produce("items.batch", [f"default/g/kb|{episode('kb', 'poison two')}"], "-K", "|", "-H", "headrace-item-key=k2")
        self.stage.wait_upstream(item_count=5, succeeded=3, failed=2)
        self.assertEqual(["poison one", "poison two"], self.contents("kb"))

        # What is broken is refused again, under its own id; what has no key is not even sent.
        done = self.replay()
        self.assertEqual((1, 1, 1, 2), tuple(done[name] for name in ("items", "sent", "not_replayable", "replayed_before")))
        wait_until(lambda: any(letter["round"] == 1 for letter in self.letters("--code", "invalid_json")), "the second refusal", 60)
        self.stage.wait_upstream(item_count=5, succeeded=3, failed=2)
