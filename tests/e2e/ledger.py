"""Gathers what the judge of ledger_checker.py wants to see of a batch, from the real services of a Stage."""

import json

import ledger_checker
from ledger_checker import Evidence, Item, Letter, Row, SentItem
from support import wait_until

OUTCOME_VERSION = "\x01"


def accepted_items(source):
    """The items of a loaded file, every line of which was accepted."""
    items = []
    with open(source) as lines:
        for index, line in enumerate(lines):
            parsed = json.loads(line)
            items.append(Item(index, parsed["graph_id"], parsed["data"], line.rstrip("\n")))
    return items


def _place(batch_id, header):
    """(index, round) of an item id header; None where it is another batch's."""
    uuid, *parameters = header.split(";")
    if uuid[:28] != batch_id[:28]:
        return None
    rounds = [int(parameter[2:]) for parameter in parameters if parameter.startswith("r=")]
    return int(uuid[28:], 16) - 1, rounds[0] if rounds else 0


def _tracked(stage, topic, batch_id):
    """(place, headers, record) of each record of a topic that belongs to the batch."""
    for record in stage.consume(topic, "-o", "beginning"):
        headers = dict(zip(record["headers"][0::2], record["headers"][1::2]))
        place = _place(batch_id, headers["headrace-item-id"])
        if place:
            yield place, headers, record


def sent_items(stage, batch_id):
    return [SentItem(index, round_, record["key"], record["payload"], record["partition"], record["offset"])
            for (index, round_), _, record in _tracked(stage, "items.batch", batch_id)]


def letters(stage, batch_id):
    return [Letter(index, round_, headers["headrace-code"])
            for (index, round_), headers, _ in _tracked(stage, "dead-letters", batch_id)]


def outcomes(stage, batch_id):
    """All records of the outcomes topic that are about the batch, decoded."""
    found = []
    for record in stage.consume("outcomes", "-o", "beginning"):
        if not record["payload"].startswith(OUTCOME_VERSION):
            raise AssertionError(f"an outcome record of an unknown version: {record}")
        outcome = json.loads(record["payload"][1:])
        if outcome["batch"] == batch_id:
            found.append(outcome)
    return found


def rows(stage, batch_id):
    return [Row(row["batch_seq"], row["external_id"], row["seq"], row["content"], row["round"])
            for row in stage.rows() if row["batch_id"] == batch_id]


def gather(stage, batch_id, source, samples=(), stored=True, sent=True):
    """The evidence of a batch that has ended; waits until the projector has brought all of it to Redis."""
    stage.wait_accounted()
    client = stage.redis_client()
    errors = stage.headrace("batch", "errors", batch_id, "--json")
    return Evidence(
        batch_id=batch_id,
        accepted=accepted_items(source),
        outcomes=outcomes(stage, batch_id),
        redis=stage.batch_counters(batch_id),
        states=client.call("GET", f"hr:{{{batch_id}}}:states") or b"",
        shown=json.loads(stage.headrace("batch", "show", batch_id, "--json").stdout),
        errors=json.loads(errors.stdout),
        letters=letters(stage, batch_id),
        sent=sent_items(stage, batch_id) if sent else None,
        rows=rows(stage, batch_id) if stored else None,
        samples=list(samples))


def wait_final(stage, batch_id, seconds=180):
    """Until nothing of the batch is to be done any more; whatever its Redis went through meanwhile."""
    def final():
        shown = stage.headrace("batch", "show", batch_id, "--json", check=False)
        return shown.returncode == 0 and not shown.stderr and json.loads(shown.stdout)["final"]

    wait_until(final, f"the end of batch {batch_id}", seconds, every=0.2)


def assert_clean(stage, batch_id, source, **more):
    """Judges a batch after its end, and prints the verdict."""
    wait_final(stage, batch_id)
    verdict = ledger_checker.check(gather(stage, batch_id, source, **more))
    print(verdict, flush=True)
    if not verdict.ok:
        raise AssertionError(str(verdict))
    return verdict
