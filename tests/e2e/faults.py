"""What the tests about faults share: work that flows while something breaks, a look at workers from
outside, random points that can be had again, and the judge at the end.

The short form runs with every test run. The long one (HEADRACE_TEST_LONG=1, set by ctest for the tests
labelled long) repeats more and takes longer. HEADRACE_TEST_SEED=N repeats a run's random points.
"""

import collections
import contextlib
import json
import os
import pathlib
import random
import shutil
import tempfile
import unittest
import urllib.error
import urllib.request

import ledger
import rdkafka
import stores
from ledger_checker import named
from support import RedisClient, Sampler, Service, Stage, free_port, wait_until

LONG = os.environ.get("HEADRACE_TEST_LONG") == "1"
ITEMS = 3000
GRAPHS = 30
PARTITIONS = 4
FAILING = "&fail-on=poison"
# Redis keeps counters of a batch; a sample of them must be possible at any time.
SAMPLE_EVERY = 0.1


def write_items(path, count=ITEMS, graphs=GRAPHS, name="g", poison_every=0):
    with open(path, "w") as lines:
        for number in range(count):
            kind = "poison" if poison_every and number % poison_every == poison_every - 1 else "episode"
            item = {"type": "graph_episode", "graph_id": f"{name}{number % graphs}", "data_type": "text", "data": f"{kind} {number}"}
            lines.write(json.dumps(item) + "\n")
    return path


def get(address, path):
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except urllib.error.URLError:
        return 0, "nobody listens yet"


def readiness(worker):
    """Empty when it is ready, else what it waits for."""
    code, text = get(worker.metrics, "/readyz")
    return "" if code == 200 else text.strip()


class FaultTest(unittest.TestCase):
    """A Stage on the run's shared broker, with helpers; a fault of Redis or a worker harms nobody else."""

    def setUp(self):
        self.stage = self.make_stage()
        self.addCleanup(self.stage.close)
        seed = int(os.environ.get("HEADRACE_TEST_SEED", random.randrange(1 << 32)))
        print(f"seed {seed} (HEADRACE_TEST_SEED={seed} repeats its random points)", flush=True)
        self.random = random.Random(seed)
        self.workers = []

    def make_stage(self):
        return Stage()

    def create_topics(self):
        self.stage.create_topics("--topic-partitions", str(PARTITIONS))

    # Work.

    def load(self, count=ITEMS, graphs=GRAPHS, name="g", poison_every=0):
        """(batch id, file) of items that are on Kafka when this returns."""
        path = write_items(self.stage.directory / f"{name}.jsonl", count, graphs, name, poison_every)
        done = self.stage.headrace("load", path, "--kafka", "--json", "--quiet")
        return json.loads(done.stdout)["batch_id"], path

    def worker(self, delay="40ms", rehearse="", **settings):
        """One whose items of a graph take `delay` each, one after the other."""
        worker = self.stage.worker(HEADRACE_STORE=f"{self.stage.store}?delay={delay}{rehearse}", HEADRACE_WORKER_SESSION_TIMEOUT="6s",
                                   HEADRACE_DRAIN_TIMEOUT="10s", **settings)
        self.workers.append(worker)
        return worker

    def rows(self):
        return stores.counts(self.stage.store)["episodes"]

    def wait_rows(self, count, seconds=60):
        wait_until(lambda: self.rows() >= count, f"{count} stored items", seconds)

    def wait_in_the_middle(self, worker, finished=100):
        """Until it has finished something and has more under way."""
        worker.wait_ready()
        wait_until(lambda: worker.finished() >= finished and worker.metric("headrace_store_items_in_flight") > 0,
                   "a worker in the middle of its work", 90, every=0.01)

    def wait_owned(self, *workers, seconds=90):
        """Until these workers share all partitions, and each has some."""
        def owned():
            with contextlib.suppress(urllib.error.URLError):
                counts = [worker.metric("headrace_kafka_assigned_partitions") for worker in workers]
                return all(counts) and sum(counts) == PARTITIONS

        wait_until(owned, f"{PARTITIONS} partitions owned by {len(workers)} workers", seconds)

    # Judging.

    def sampled(self, batch_id):
        """Takes the batch's counters in Redis all the time; a Redis that is away gives none."""
        def sample():
            try:
                with contextlib.closing(RedisClient(self.stage.redis.address)) as client:
                    return client.hgetall(f"hr:{{{batch_id}}}:batch")
            except (OSError, AssertionError):
                return None

        return Sampler(sample, every=SAMPLE_EVERY)

    def judge(self, batch_id, source, **more):
        ledger.assert_clean(self.stage, batch_id, source, **more)

    def tries_of_failed(self, batch_id):
        """Of each item that has failed: how many dead letters it has, one for every try that ended it."""
        failed = {index for outcome in ledger.outcomes(self.stage, batch_id) for index, state, _ in named(outcome) if state == "failed"}
        return collections.Counter(letter.index for letter in ledger.letters(self.stage, batch_id) if letter.index in failed)

    def assert_not_tried_again(self, batch_id, tries):
        self.assertTrue(tries, "nothing had failed")
        now = self.tries_of_failed(batch_id)
        self.assertEqual(tries, {index: now[index] for index in tries})

    def show(self, batch_id):
        """The batch as `headrace batch show` sees it, or None while it is absent, and what was said."""
        done = self.stage.headrace("batch", "show", batch_id, "--json", check=False)
        return (json.loads(done.stdout) if done.returncode == 0 else None), done

    def committed(self):
        """Records of the items topic that the workers' group has committed."""
        topic = self.stage.prefix + "items.batch"
        return sum(rdkafka.end_offsets(self.stage.kafka, topic)) - rdkafka.lag(
            self.stage.kafka, self.stage.prefix + "worker.batch", topic)

    def wait_all_committed(self, seconds=180):
        topic = self.stage.prefix + "items.batch"
        wait_until(lambda: self.committed() == sum(rdkafka.end_offsets(self.stage.kafka, topic)),
                   "everything is done and committed", seconds, every=0.2)

    def log_count(self, worker, *words):
        return sum(all(word in line for word in words) for line in worker.log().splitlines())


class Faults(FaultTest):
    """A broker of the test's own, which may be stopped; it does not run yet."""

    def make_stage(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="headrace-faults-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.kafka = Service("kafka", self.directory / "kafka")
        self.kafka.address = f"127.0.0.1:{free_port()}"
        self.addCleanup(self.kafka.wipe)
        return Stage(kafka=self.kafka.address)
