"""Many graphs are written at once, however few partitions there are, and never two items of one graph."""

import collections
import datetime
import json
import unittest

from support import Sampler, StageTest

GRAPHS, ITEMS, DELAY_MS = 200, 20, 20


class Concurrency(StageTest):
    def test_one_partition_feeds_many_graphs_at_once(self):
        self.stage.create_topics("--topic-partitions", "1")
        source = self.stage.directory / "items.jsonl"
        source.write_text("".join(
            json.dumps({"type": "graph_episode", "graph_id": f"g{graph}", "data_type": "text", "data": f"{graph}/{place}"}) + "\n"
            for place in range(ITEMS) for graph in range(GRAPHS)))
        loaded = json.loads(self.stage.headrace("load", source, "--kafka", "--json").stdout)
        # One item a chunk, so that items in the store are chunks in the store: a graph that had two
        # of them there would make them more than the graphs.
        worker = self.stage.worker(HEADRACE_STORE=f"{self.stage.store}?delay={DELAY_MS}ms", HEADRACE_WORKER_LANE_CHUNK_ITEMS_MAX="1")
        worker.wait_ready()
        with Sampler(lambda: worker.metric("headrace_store_items_in_flight"), every=0.01) as watch:
            self.stage.headrace("batch", "watch", loaded["batch_id"], "--timeout", "60s")
        self.assertGreaterEqual(max(watch.samples), 100)
        self.assertLessEqual(max(watch.samples), GRAPHS)
        self.check_rows()
        self.check_time(loaded["batch_id"])

    def check_rows(self):
        contents, times = collections.defaultdict(list), collections.defaultdict(list)
        for row in self.stage.rows():
            contents[row["external_id"]].append(row["content"])
            times[row["external_id"]].append(row["ingested_at"])
        self.assertEqual({f"g{graph}": [f"{graph}/{place}" for place in range(ITEMS)] for graph in range(GRAPHS)}, contents)
        # The next item of a graph is begun only after the one before it has been written.
        least = min(newer - older for stamps in times.values() for older, newer in zip(stamps, stamps[1:]))
        self.assertGreaterEqual(least, DELAY_MS * 1000 * 0.9)

    def check_time(self, batch_id):
        batch = self.stage.batch_counters(batch_id)
        took = datetime.datetime.fromisoformat(batch["completed_at"].replace("Z", "+00:00")) \
            - datetime.datetime.fromisoformat(batch["started_at"].replace("Z", "+00:00"))
        # One after the other would take 80 s; the bound is wide, because this is no benchmark.
        self.assertLess(took.total_seconds(), GRAPHS * ITEMS * DELAY_MS / 1000 / 5)
        print(f"{GRAPHS * ITEMS} items of {DELAY_MS} ms in {took.total_seconds():.2f} s")


if __name__ == "__main__":
    unittest.main()
