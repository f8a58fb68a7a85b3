"""The judge itself: it passes what is right and names each planted violation."""

import copy
import dataclasses
import unittest

from ledger_checker import Evidence, Item, Letter, Row, SentItem, check

BATCH = "8d1f2c4e-0000-4000-8000-000000000000"
FAILED = 4
GRAPHS = 3
ITEMS = 12


def clean_evidence():
    """Twelve items of three graphs; item 4 failed."""
    items = [Item(index, f"g{index % GRAPHS}", f"text {index}", f'{{"n":{index}}}') for index in range(ITEMS)]
    stored = [item for item in items if item.index != FAILED]
    seq = {graph: 0 for graph in ("g0", "g1", "g2")}
    rows = []
    for item in stored:
        seq[item.graph] += 1
        rows.append(Row(item.index, item.graph, seq[item.graph], item.text))
    counters = {"item_count": ITEMS, "status": "partial", "succeeded": ITEMS - 1, "failed": 1, "skipped": 0, "canceled": 0}
    return Evidence(
        batch_id=BATCH,
        accepted=items,
        outcomes=[{"round": 0, "succeeded": [0, 3]},
                  {"round": 0, "failed": [{"index": FAILED, "code": "poison", "message": "m", "attempts": 1}]},
                  {"round": 0, "succeeded": [5, 8, 9, 11]},
                  {"round": 0, "succeeded": [5, 6]}],  # a second try, after a fault
        redis={name: str(value) for name, value in counters.items()},
        states=bytes(2 if index == FAILED else 1 for index in range(ITEMS)),
        shown={**counters, "final": True, "sealed": True, "queued": 0, "processing": 0, "retrying": 0},
        errors={"count_by_code": {"poison": 1}},
        letters=[Letter(FAILED, 0, "poison"), Letter(FAILED, 0, "poison")],
        sent=[SentItem(item.index, 0, f"default/g/{item.graph}", item.line, item.index % GRAPHS, item.index) for item in items],
        rows=rows,
        samples=[{"succeeded": "3", "failed": "0"}, {"succeeded": "11", "failed": "1"}])


class LedgerChecker(unittest.TestCase):
    def violations(self, plant):
        """The verdict on evidence in which `plant` has changed something."""
        evidence = copy.deepcopy(clean_evidence())
        plant(evidence)
        verdict = check(evidence)
        self.assertFalse(verdict.ok, "the violation was not seen")
        self.assertIn("VIOLATED", str(verdict))
        return verdict

    def expect(self, rule, words, plant):
        with self.subTest(words):
            verdict = self.violations(plant)
            self.assertTrue(any(words in violation for violation in verdict.of(rule)), str(verdict))

    def test_passes_what_is_right(self):
        verdict = check(clean_evidence())
        self.assertTrue(verdict.ok, str(verdict))
        self.assertRegex(str(verdict), r"clean \((\w+, ){7}\w+\)$")

    def test_judges_only_what_was_gathered(self):
        verdict = check(dataclasses.replace(clean_evidence(), rows=None, sent=None))
        self.assertTrue(verdict.ok, str(verdict))
        self.assertNotIn("store", str(verdict))

    def test_sees_what_the_store_lost_doubled_or_turned_round(self):
        def swap(evidence):
            first, second = [number for number, row in enumerate(evidence.rows) if row.graph == "g0"][:2]
            a, b = evidence.rows[first], evidence.rows[second]
            evidence.rows[first], evidence.rows[second] = dataclasses.replace(a, seq=b.seq), dataclasses.replace(b, seq=a.seq)

        self.expect("store", "item 11 succeeded and is stored 0 times", lambda e: e.rows.pop())
        self.expect("store", "item 11 succeeded and is stored 2 times",
                    lambda e: e.rows.append(dataclasses.replace(e.rows[-1], seq=e.rows[-1].seq + 1)))
        self.expect("order", "graph g0: item 3 was stored before item 0", swap)
        self.expect("order", "graph g2: place 4 is followed by 6",
                    lambda e: e.rows.append(Row(14, "g2", 6, "text 14")))
        self.expect("store", "item 14 is stored and was never accepted", lambda e: e.rows.append(Row(14, "g2", 5, "text 14")))
        self.expect("store", "item 4 failed and is stored 1 times", lambda e: e.rows.append(Row(FAILED, "g1", 4, "text 4")))
        self.expect("store", "another content",
                    lambda e: e.rows.append(dataclasses.replace(e.rows.pop(), text="text 2")))

    def test_sees_wrong_counters_and_states(self):
        self.expect("redis", "succeeded is 12, the outcomes topic says 11", lambda e: e.redis.update(succeeded="12"))
        self.expect("redis", "failed is None, the outcomes topic says 1", lambda e: e.redis.pop("failed"))
        self.expect("redis", "status is processing", lambda e: e.redis.update(status="processing"))
        self.expect("redis", "state of item 4 is succeeded of round 0, the outcomes topic says failed",
                    lambda e: setattr(e, "states", bytes([1] * ITEMS)))
        self.expect("redis", "state of item 11 is none", lambda e: setattr(e, "states", e.states[:-1]))
        self.expect("redis", "state of item 0 is succeeded of round 1", lambda e: setattr(e, "states", b"\x09" + e.states[1:]))
        self.expect("api", "batch show says processing 1", lambda e: e.shown.update(processing=1))
        self.expect("api", "batch show says final False", lambda e: e.shown.update(final=False))
        self.expect("api", "batch errors counts {}", lambda e: e.errors.update(count_by_code={}))

    def test_sees_counters_that_were_impossible_on_the_way(self):
        self.expect("samples", "counters read", lambda e: e.samples.append({"succeeded": "-1"}))
        self.expect("samples", "counters read", lambda e: e.samples.append({"succeeded": "12", "failed": "1"}))

    def test_sees_two_different_outcomes_and_missing_ones(self):
        self.expect("outcomes", "item 0 of round 0 has two different outcomes: succeeded, then canceled",
                    lambda e: e.outcomes.append({"round": 0, "canceled": [0, 0]}))
        self.expect("outcomes", "then failed poison", lambda e: e.outcomes.append(
            {"round": 0, "failed": [{"index": 0, "code": "poison"}]}))
        self.expect("outcomes", "item 5 was accepted and has no outcome",
                    lambda e: e.outcomes.__setitem__(slice(2, 4), [{"round": 0, "succeeded": [6, 11]}]))
        self.expect("outcomes", "item 12 has an outcome and was never accepted",
                    lambda e: e.outcomes.append({"round": 0, "succeeded": [12, 12]}))

    def test_sees_missing_and_wrong_dead_letters(self):
        self.expect("letters", "item 4 failed in round 0 and has no dead letter", lambda e: e.letters.clear())
        self.expect("letters", "its dead letter says other", lambda e: e.letters.append(Letter(FAILED, 0, "other")))
        self.expect("letters", "item 5 of round 0 has a dead letter and did not fail",
                    lambda e: e.letters.append(Letter(5, 0, "poison")))

    def test_sees_a_topic_that_is_not_what_was_accepted(self):
        def move(number, **change):
            return lambda e: e.sent.__setitem__(number, dataclasses.replace(e.sent[number], **change))

        self.expect("topic", "item 11 was accepted and is not in the topic", lambda e: e.sent.pop())
        self.expect("topic", "item 3 was sent twice", lambda e: e.sent.append(dataclasses.replace(e.sent[3], offset=90)))
        self.expect("topic", "item 3 is not as it was accepted", move(3, line="{}"))
        self.expect("topic", "item 3 of graph g0 has the key default/g/g1", move(3, key="default/g/g1"))
        self.expect("topic", "its predecessor of graph g0", move(3, offset=-1))
        self.expect("topic", "its predecessor of graph g0", move(3, partition=2))
        self.expect("topic", "item 40 stands in the topic and was never accepted", move(3, index=40))

    def test_a_replayed_item_stands_behind_and_counts_by_its_last_round(self):
        evidence = clean_evidence()
        evidence.sent.append(SentItem(FAILED, 1, "default/g/g1", evidence.accepted[FAILED].line, 1, 80))
        evidence.outcomes.append({"round": 1, "succeeded": [FAILED, FAILED]})
        evidence.rows.append(Row(FAILED, "g1", 4, "text 4", round=1))
        evidence.redis.update(status="succeeded", succeeded="12", failed="0")
        evidence.states = bytes(1 + 8 if index == FAILED else 1 for index in range(ITEMS))
        evidence.shown.update(status="succeeded", succeeded=12, failed=0)
        evidence.errors = {"count_by_code": {}}
        verdict = check(evidence)
        self.assertTrue(verdict.ok, str(verdict))


if __name__ == "__main__":
    unittest.main()
