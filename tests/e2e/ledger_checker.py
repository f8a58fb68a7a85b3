"""One judge for every fault: compares what was accepted with all that may be seen of it afterwards.

Pure: it takes `Evidence`, which ledger.py gathers from real services, and gives a `Verdict`. Whatever a
worker, the broker, Redis or the store went through, these hold once the batch is final:

  topic     each accepted item stands in the items topic once, as it was sent, in its graph's order
  outcomes  each accepted item has one state for each round in the outcomes topic, and no other item has one
  store     each item that succeeded is stored once as it was sent, no other item is
  order     per graph, the store's order is the order in which the items were accepted
  redis     counters and state bytes in Redis are a recount of the outcomes topic
  api       `headrace batch show` and `batch errors` say the same
  letters   each item that failed has a dead letter with its code, no other item has one
  samples   no counter was ever negative, nor their sum above the total, while the batch ran
"""

import collections
import dataclasses
import json

STATES = {0: "none", 1: "succeeded", 2: "failed", 3: "skipped", 4: "canceled"}
FINAL = ("succeeded", "failed", "skipped", "canceled")
SHOWN_MAX = 5


@dataclasses.dataclass(frozen=True)
class Item:
    """As it was accepted: a line of a loaded file."""
    index: int
    graph: str
    text: str
    line: str


@dataclasses.dataclass(frozen=True)
class SentItem:
    """A record of the items topic."""
    index: int
    round: int
    key: str
    line: str
    partition: int
    offset: int


@dataclasses.dataclass(frozen=True)
class Row:
    """An episode of the store."""
    index: int
    graph: str
    seq: int
    text: str
    round: int = 0


@dataclasses.dataclass(frozen=True)
class Letter:
    index: int
    round: int
    code: str


@dataclasses.dataclass
class Evidence:
    """Of one batch, after its end. What is None was not gathered, and is not judged."""
    batch_id: str
    accepted: list
    outcomes: list  # decoded records of the outcomes topic, in order within each partition
    redis: dict
    states: bytes
    shown: dict
    errors: dict
    letters: list
    sent: list = None
    rows: list = None
    samples: list = dataclasses.field(default_factory=list)


class Verdict:
    def __init__(self, batch_id, items):
        self._title = f"batch {batch_id}, {items:,} items"
        self._violations = {}

    @property
    def ok(self):
        return not any(self._violations.values())

    def judged(self, rule):
        self._violations.setdefault(rule, [])

    def add(self, rule, violation):
        self._violations.setdefault(rule, []).append(violation)

    def of(self, rule):
        return self._violations.get(rule, [])

    def __str__(self):
        if self.ok:
            return f"ledger of {self._title}: clean ({', '.join(self._violations)})"
        lines = [f"ledger of {self._title}: VIOLATED"]
        for rule, found in self._violations.items():
            lines.append(f"  {rule:9} {f'{len(found)} violations' if found else 'ok'}")
            lines += [f"            {violation}" for violation in found[:SHOWN_MAX]]
            if len(found) > SHOWN_MAX:
                lines.append(f"            ... {len(found) - SHOWN_MAX} more")
        return "\n".join(lines)


def check(evidence):
    """The verdict on a batch that is final."""
    verdict = Verdict(evidence.batch_id, len(evidence.accepted))
    states = _check_outcomes(evidence, verdict)
    if evidence.sent is not None:
        _check_topic(evidence, verdict)
    if evidence.rows is not None:
        _check_store(evidence, states, verdict)
        _check_order(evidence, verdict)
    _check_redis(evidence, states, verdict)
    _check_api(evidence, states, verdict)
    _check_letters(evidence, verdict)
    _check_samples(evidence, verdict)
    return verdict


def named(outcome):
    """(index, state, code) of each item that a record of the outcomes topic names."""
    for state in ("succeeded", "skipped", "canceled"):
        ranges = outcome.get(state, [])
        for first, last in zip(ranges[0::2], ranges[1::2]):
            for index in range(first, last + 1):
                yield index, state, ""
    for failure in outcome.get("failed", []):
        yield failure["index"], "failed", failure["code"]


def _check_outcomes(evidence, verdict):
    """index -> (round, state, code) as the first outcome of the highest round says."""
    verdict.judged("outcomes")
    first = {}
    for outcome in evidence.outcomes:
        for index, state, code in named(outcome):
            known = first.setdefault((index, outcome["round"]), (state, code))
            if known != (state, code):
                verdict.add("outcomes", f"item {index} of round {outcome['round']} has two different outcomes: "
                                        f"{' '.join(known).strip()}, then {f'{state} {code}'.strip()}")
    states = {}
    for (index, round_), (state, code) in sorted(first.items()):
        states[index] = (round_, state, code)
    accepted = {item.index for item in evidence.accepted}
    for index in sorted(accepted - states.keys()):
        verdict.add("outcomes", f"item {index} was accepted and has no outcome")
    for index in sorted(states.keys() - accepted):
        verdict.add("outcomes", f"item {index} has an outcome and was never accepted")
    return states


def _check_topic(evidence, verdict):
    verdict.judged("topic")
    accepted = {item.index: item for item in evidence.accepted}
    places = {}
    for sent in evidence.sent:
        item = accepted.get(sent.index)
        if item is None:
            verdict.add("topic", f"item {sent.index} stands in the topic and was never accepted")
            continue
        if (sent.index, sent.round) in places:
            verdict.add("topic", f"item {sent.index} was sent twice in round {sent.round}")
        places[sent.index, sent.round] = (sent.partition, sent.offset)
        if sent.line != item.line:
            verdict.add("topic", f"item {sent.index} is not as it was accepted")
        if not sent.key.endswith("/g/" + item.graph):
            verdict.add("topic", f"item {sent.index} of graph {item.graph} has the key {sent.key}")
    last = {}
    for item in evidence.accepted:
        place = places.get((item.index, 0))
        if place is None:
            verdict.add("topic", f"item {item.index} was accepted and is not in the topic")
            continue
        before, last[item.graph] = last.get(item.graph), place
        if before and (before[0] != place[0] or before[1] > place[1]):
            verdict.add("topic", f"item {item.index} stands at {place}, its predecessor of graph {item.graph} at {before}")


def _check_store(evidence, states, verdict):
    verdict.judged("store")
    accepted = {item.index: item for item in evidence.accepted}
    rows = collections.Counter(row.index for row in evidence.rows)
    for index, (_, state, _) in sorted(states.items()):
        expected = 1 if state in ("succeeded", "skipped") else 0
        if rows[index] != expected:
            verdict.add("store", f"item {index} {state} and is stored {rows[index]} times")
    for row in evidence.rows:
        item = accepted.get(row.index)
        if item is None:
            verdict.add("store", f"item {row.index} is stored and was never accepted")
        elif (row.graph, row.text) != (item.graph, item.text):
            verdict.add("store", f"item {row.index} is stored in graph {row.graph} with another content or place than was sent")


def _check_order(evidence, verdict):
    """An item of a later round (a replay) stands behind those of earlier rounds, in order among its own."""
    verdict.judged("order")
    graphs = collections.defaultdict(list)
    for row in evidence.rows:
        graphs[row.graph].append(row)
    for graph, rows in sorted(graphs.items()):
        rows.sort(key=lambda row: row.seq)
        for older, newer in zip(rows, rows[1:]):
            if newer.seq != older.seq + 1:
                verdict.add("order", f"graph {graph}: place {older.seq} is followed by {newer.seq}")
            if newer.round == older.round and newer.index <= older.index:
                verdict.add("order", f"graph {graph}: item {older.index} was stored before item {newer.index}")


def _counts(states):
    counts = collections.Counter(state for _, state, _ in states.values())
    return {state: counts[state] for state in FINAL}


def _status(counts, total):
    if counts["canceled"] == total > 0:
        return "canceled"
    if counts["failed"] == 0:
        return "succeeded"
    return "partial" if counts["succeeded"] + counts["skipped"] else "failed"


def _check_redis(evidence, states, verdict):
    verdict.judged("redis")
    total, counts = len(evidence.accepted), _counts(states)
    expected = {"item_count": total, "status": _status(counts, total), **counts}
    for field, value in expected.items():
        if evidence.redis.get(field, "0") != str(value):
            verdict.add("redis", f"{field} is {evidence.redis.get(field)}, the outcomes topic says {value}")
    for index in range(max(len(evidence.states), total)):
        byte = evidence.states[index] if index < len(evidence.states) else 0
        round_, state, _ = states.get(index, (0, "none", ""))
        found = (byte >> 3, STATES.get(byte & 7, "unknown"))
        if found != (round_, state):
            verdict.add("redis", f"state of item {index} is {found[1]} of round {found[0]}, "
                                 f"the outcomes topic says {state} of round {round_}")


def _check_api(evidence, states, verdict):
    verdict.judged("api")
    total, counts = len(evidence.accepted), _counts(states)
    expected = {"item_count": total, "status": _status(counts, total), "final": True, "sealed": True, "queued": 0,
                "processing": 0, "retrying": 0, **counts}
    for field, value in expected.items():
        if evidence.shown.get(field) != value:
            verdict.add("api", f"batch show says {field} {evidence.shown.get(field)}, it should be {value}")
    codes = collections.Counter(code for _, state, code in states.values() if state == "failed")
    if evidence.errors.get("count_by_code") != dict(codes):
        verdict.add("api", f"batch errors counts {json.dumps(evidence.errors.get('count_by_code'))}, "
                           f"the outcomes topic says {json.dumps(codes)}")


def _check_letters(evidence, verdict):
    """A worker that dies between a dead letter and its outcome writes the letter again; so there may be several."""
    verdict.judged("letters")
    failed = {}
    for outcome in evidence.outcomes:
        for index, state, code in named(outcome):
            if state == "failed":
                failed.setdefault((index, outcome["round"]), code)
    letters = {}
    for letter in evidence.letters:
        place = (letter.index, letter.round)
        letters[place] = letter.code
        if place not in failed:
            verdict.add("letters", f"item {letter.index} of round {letter.round} has a dead letter and did not fail")
        elif failed[place] != letter.code:
            verdict.add("letters", f"item {letter.index} failed with {failed[place]}, its dead letter says {letter.code}")
    for index, round_ in sorted(failed.keys() - letters.keys()):
        verdict.add("letters", f"item {index} failed in round {round_} and has no dead letter")


def _check_samples(evidence, verdict):
    verdict.judged("samples")
    total = len(evidence.accepted)
    for sample in evidence.samples:
        counts = {name: int(sample.get(name, 0)) for name in FINAL}
        if min(counts.values()) < 0 or sum(counts.values()) > total:
            verdict.add("samples", f"counters read {counts} of {total} items")
