"""What a running worker serves at /metrics: all that docs/metrics.md lists, and lags that are right."""

import json
import os
import re
import time
import urllib.request

import rdkafka
from support import ROOT, Sampler, StageTest, wait_until

STOPPED = 30.0 if os.environ.get("HEADRACE_TEST_LONG") == "1" else 8.0
TOLERANCE = 5.0 if STOPPED > 20 else 3.0
LAG = "headrace_kafka_consumer_lag_seconds"


def scrape(worker):
    with urllib.request.urlopen(f"http://{worker.metrics}/metrics", timeout=5) as answer:
        return answer.read().decode()


def families(text):
    """{name: type}; every family says what it is."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    helps = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.M))
    assert types.keys() == helps.keys(), types.keys() ^ helps.keys()
    return types


def documented():
    page = (ROOT / "docs" / "metrics.md").read_text()
    return dict(re.findall(r"^\| `([a-z_]+)` \| (counter|gauge|histogram) \|", page, re.M))


def item(number, graph=None):
    return json.dumps({"type": "graph_episode", "graph_id": graph or f"g{number % 20}", "data_type": "text",
                       "data": f"episode {number}"})


def keyed(numbers):
    return [f"default/g/g{n % 20}\t{item(n)}" for n in numbers]


class MetricsTest(StageTest):
    def setUp(self):
        super().setUp()
        self.stage.create_topics("--topic-partitions", "2")

    def produce(self, topic, numbers):
        self.stage.produce(topic, keyed(numbers), "-K", "\t")

    def lags(self, worker):
        return [float(value) for value in re.findall(rf"^{LAG}{{.*}} (\S+)$", scrape(worker), re.M)]

    def test_page_and_worker_name_the_same_metrics(self):
        worker = self.stage.worker(HEADRACE_STORE=f"{self.stage.store}?fail-on=episode 7").wait_ready()
        self.produce("items.batch", range(40))
        wait_until(lambda: worker.finished() == 40, "all outcomes")
        wait_until(lambda: len(self.lags(worker)) == 2, "both partitions' lags")
        wait_until(lambda: worker.metric("headrace_kafka_broker_rtt_seconds") > 0, "the producer's statistics")
        served = families(scrape(worker))
        self.assertEqual(served, documented())
        for name, kind in served.items():
            with self.subTest(name):
                self.assertRegex(name, r"^(headrace|process)_[a-z_]+$")
                self.assertEqual(name.endswith("_total"), kind == "counter")
                self.assertNotRegex(name, r"_(milliseconds|ms|minutes|kilobytes|kb)\b")
        self.assertEqual(worker.metric("headrace_items_taken_in_total"), 40)
        self.assertEqual(worker.metric("headrace_item_end_to_end_seconds_count"), 40)
        self.assertEqual(worker.metric("headrace_item_queue_seconds_count"), 40)
        for op in ("apply_outcomes", "advance_mark", "read_mark"):
            self.assertGreater(worker.metric(f'headrace_redis_command_duration_seconds_count{{channel="batch",op="{op}"'), 0, op)
        self.assertEqual(worker.metric("headrace_redis_errors_total"), 0)
        self.assertEqual(worker.metric("headrace_redis_degraded"), 0)
        self.assertEqual(worker.metric("headrace_counter_rebuilds_total"), 0)
        self.assertGreater(worker.metric("process_resident_memory_bytes"), 1 << 20)
        self.assertLess(abs(worker.metric("headrace_heartbeat_timestamp_seconds") - time.time()), 10)

    def test_channels_keep_topic_group_and_label_apart(self):
        batch = self.stage.worker().wait_ready()
        realtime = self.stage.worker(HEADRACE_CHANNEL="realtime").wait_ready()
        self.produce("items.batch", range(30))
        self.produce("items.realtime", range(20))
        wait_until(lambda: batch.finished() == 30 and realtime.finished() == 20, "each channel's own items")
        for worker, channel in ((batch, "batch"), (realtime, "realtime")):
            text = scrape(worker)
            self.assertEqual(set(re.findall(r'channel="([a-z]+)"', text)), {channel})
            wait_until(lambda: len(self.lags(worker)) == 2, f"the lags of {channel}")
            self.assertEqual(set(re.findall(rf'{LAG}.*topic="([^"]+)"', scrape(worker))),
                             {f"{self.stage.prefix}items.{channel}"})
            self.assertEqual(worker.metric("headrace_kafka_assigned_partitions"), 2)
            wait_until(lambda: self.uncommitted(channel) == 0, f"the commits of worker.{channel}")

    def uncommitted(self, channel):
        """Of the group that the channel's workers are documented to have, in the channel's topic."""
        prefix = self.stage.prefix
        return rdkafka.lag(self.stage.kafka, f"{prefix}worker.{channel}", f"{prefix}items.{channel}")

    def test_says_when_counters_are_incomplete_and_were_lost(self):
        worker = self.stage.worker().wait_ready()
        self.produce("items.batch", range(40))
        wait_until(lambda: worker.metric("headrace_outcomes_applied_total") == 40, "all counters")
        wait_until(lambda: worker.metric("headrace_redis_degraded") == 0, "complete counters")
        self.stage.redis.stop()
        wait_until(lambda: worker.metric("headrace_redis_degraded") == 1, "an alarm")
        self.assertGreater(worker.metric('headrace_redis_errors_total{channel="batch",reason="unreachable"'), 0)
        self.stage.redis.start()
        wait_until(lambda: worker.metric("headrace_redis_degraded") == 0, "complete counters again")
        self.assertEqual(worker.metric("headrace_counter_rebuilds_total"), 0, "nothing was lost")
        self.stage.redis_cli("FLUSHALL")
        wait_until(lambda: worker.metric('headrace_counter_rebuilds_total{channel="batch",lost="whole"') > 0, "a rebuild")
        wait_until(lambda: worker.metric("headrace_redis_degraded") == 0, "complete counters at last")
        self.assertEqual(worker.metric("headrace_counter_rebuilds_total{channel=\"batch\",lost=\"tail\""), 0)

    def test_lag_in_seconds_after_a_stop(self):
        first = self.stage.worker().wait_ready()
        numbers = iter(range(0, 1 << 30, 20))

        def produce():
            begin = next(numbers)
            self.produce("items.batch", range(begin, begin + 20))

        with Sampler(produce, every=0.3):
            wait_until(lambda: self.lags(first) and max(self.lags(first)) < 1.5 and first.finished() > 40, "a worker that keeps up")
            self.assertEqual(first.stop(), 0)
            stopped = time.monotonic()
            time.sleep(STOPPED)
            # So slow that the lag can be read before it is worked off.
            second = self.stage.worker(HEADRACE_STORE=f"{self.stage.store}?delay=150ms", HEADRACE_WORKER_LANE_CHUNK_ITEMS_MAX="1",
                                       HEADRACE_WORKER_IN_FLIGHT_ITEMS_MAX="20").wait_ready()
            read = wait_until(lambda: self.lags(second), "a lag", every=0.02)
            self.assertAlmostEqual(max(read), time.monotonic() - stopped, delta=TOLERANCE)
        wait_until(lambda: self.lags(second) == [0.0, 0.0], "a worker that has caught up", 120)
        self.assertEqual(second.metric("headrace_kafka_consumer_lag_messages"), 0)


if __name__ == "__main__":
    import unittest
    unittest.main()
