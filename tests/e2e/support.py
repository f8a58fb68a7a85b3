"""What the end-to-end tests stand on: services, the two binaries, and waiting with a deadline.

Nothing here outlives its test: services started through this module end with the Python process even
if that is killed, and processes are ended by their own handle, never by name. Tests that share the
run's broker keep apart by a topic prefix and a Redis of their own (`Stage`).
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import uuid

import rdkafka
import stores

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=30.0, every=0.05):
    """Returns condition()'s first true value; fails with a sentence when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for: {what}")
        time.sleep(every)


def required_env(name, meaning):
    value = os.environ.get(name, "")
    if not value:
        raise AssertionError(f"{name} ({meaning}) is not set; run this test through ctest, which starts what it needs")
    return value


def shared_kafka():
    return required_env("HEADRACE_TEST_KAFKA", "address of the test run's broker")


def binary(name):
    found = shutil.which(name, path=os.pathsep.join(
        str(pathlib.Path(required_env("HEADRACE_BIN_DIR", "the build directory")) / sub) for sub in ("producer", "worker", "bin")))
    if not found:
        raise AssertionError(f"{name} is not built in {os.environ['HEADRACE_BIN_DIR']}")
    return found


def run(command, check=True, seconds=60, **options):
    """Runs to the end with captured text; a failure shows what the command said."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=seconds,
                          preexec_fn=_die_with_parent, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


class Service:
    """A broker, a Redis or a PostgreSQL of a test's own, through scripts/kafka, scripts/redis or scripts/postgres."""

    def __init__(self, kind, directory, **settings):
        self._script = SCRIPTS / kind
        self._directory = pathlib.Path(directory)
        self._environment = {**os.environ, **settings, "HEADRACE_OWNER_PID": str(os.getpid())}
        self.address = ""

    @property
    def port(self):
        return int(self.address.rsplit(":", 1)[1])

    def start(self):
        """Starts it, on the same port as before when it ran already."""
        again = [str(self.port)] if self.address else []
        self.address = run([self._script, "start", self._directory, *again], env=self._environment, seconds=120).stdout.strip()
        return self

    def pid(self):
        return int((self._directory / "pid").read_text().split()[0])

    def kill(self):
        """kill -9, as a crash would."""
        os.kill(self.pid(), signal.SIGKILL)
        wait_until(lambda: run([self._script, "status", self._directory], check=False).returncode != 0, "the service's death")

    def crash(self):
        """kill -9 of a PostgreSQL and of all its sessions at the same moment."""
        run([self._script, "kill", self._directory])

    def stop(self):
        run([self._script, "stop", self._directory])

    def wipe(self):
        run([self._script, "wipe", self._directory])


def start_kafka(directory, **settings):
    return Service("kafka", directory, **settings).start()


def start_redis(directory, **settings):
    return Service("redis", directory, **settings).start()


def start_postgres(directory, **settings):
    return Service("postgres", directory, **settings).start()


class Process:
    """A background process whose output goes to a file."""

    def __init__(self, command, log, environment=None):
        self.log_path = pathlib.Path(log)
        with open(log, "ab") as sink:
            self._process = subprocess.Popen([str(c) for c in command], stdout=sink, stderr=sink, stdin=subprocess.DEVNULL,
                                             env=environment, preexec_fn=_die_with_parent)
        self.pid = self._process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def alive(self):
        return self._process.poll() is None

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, seconds=60):
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"pid {self.pid} still runs after {seconds} s; its log:\n{self.log()[-4000:]}") from None

    def stop(self, seconds=60):
        """SIGTERM, and the exit code."""
        if self.alive():
            self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        if self.alive():
            self._process.kill()
        return self._process.wait()


class RedisClient:
    """A connection of its own, for tests that look at Redis too often to start redis-cli each time."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        self._stream = self._socket.makefile("rb")

    def close(self):
        self._stream.close()
        self._socket.close()

    def call(self, *words):
        encoded = [word.encode() if isinstance(word, str) else word for word in words]
        self._socket.sendall(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded))
        return self._read()

    def _read(self):
        line = self._stream.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise AssertionError(f"Redis: {rest.decode()}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._read() for _ in range(int(rest))]
        return rest

    def hgetall(self, key):
        words = [word.decode() for word in self.call("HGETALL", key)]
        return dict(zip(words[0::2], words[1::2]))


class Sampler:
    """Calls something every few milliseconds from a thread of its own while a `with` block runs."""

    def __init__(self, sample, every=0.02):
        self._sample = sample
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failure = None
        self.samples = []

    def _run(self):
        try:
            while not self._stop.is_set():
                value = self._sample()
                if value is not None:
                    self.samples.append(value)
                self._stop.wait(self._every)
        except Exception as failure:  # shown by the test's own thread
            self._failure = failure

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        if self._failure:
            raise self._failure


class Worker(Process):
    """A headrace-worker, whose metrics and health answer at .metrics (host:port)."""

    def __init__(self, log, environment):
        self.metrics = f"127.0.0.1:{free_port()}"
        super().__init__([binary("headrace-worker")], log, {**environment, "HEADRACE_METRICS_LISTEN": self.metrics})

    def metric(self, name):
        """The sum over all labels but those written into `name`, as in 'x{outcome="failed"'."""
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        family, _, label = name.partition("{")
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.split("{")[0].split(" ")[0] == family and label in line)

    def finished(self):
        return int(self.metric("headrace_items_finished_total"))

    def wait_ready(self, seconds=60):
        def ready():
            if not self.alive():
                raise AssertionError(f"the worker ended with {self.wait()}; its log:\n{self.log()[-4000:]}")
            with contextlib.suppress(urllib.error.URLError, OSError):
                with urllib.request.urlopen(f"http://{self.metrics}/readyz", timeout=5) as answer:
                    return answer.status == 200
            return False

        wait_until(ready, "a worker that is ready", seconds)
        return self


class Stage:
    """One test's world: the shared broker under a topic prefix of its own, a Redis, a directory."""

    def __init__(self, kafka=None, kafka_properties=""):
        self._cleanup = contextlib.ExitStack()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="headrace-e2e-"))
        self._cleanup.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self.kafka = kafka or shared_kafka()
        self.prefix = f"t{uuid.uuid4().hex[:10]}."
        self.redis = start_redis(self.directory / "redis")
        self._cleanup.callback(self.redis.wipe)
        self.store = f"sqlite:{self.directory}/headrace.db"
        self.kafka_properties = kafka_properties
        self._workers = 0

    def close(self):
        self._cleanup.close()

    def environment(self, **more):
        """HEADRACE_ variables of the outer world would make a test depend on its caller."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HEADRACE_")}
        settings = {
            "HEADRACE_KAFKA_BROKERS": self.kafka,
            "HEADRACE_REDIS_URL": f"redis://{self.redis.address}",
            "HEADRACE_TOPIC_PREFIX": self.prefix,
            "HEADRACE_STORE": self.store,
            "HEADRACE_LOG_LEVEL": "debug",
        }
        if self.kafka_properties:
            settings["HEADRACE_KAFKA_PROPERTIES"] = self.kafka_properties
        return {**clean, **settings, **more}

    def headrace(self, *arguments, check=True, seconds=120, stdin=None, **settings):
        return run([binary("headrace"), *arguments], check=check, seconds=seconds, input=stdin, env=self.environment(**settings))

    def create_topics(self, *arguments):
        return self.headrace("topics", "create", *arguments)

    def worker(self, **settings):
        self._workers += 1
        worker = Worker(self.directory / f"worker-{self._workers}.log", self.environment(**settings))
        self._cleanup.callback(worker.kill)
        return worker

    def redis_client(self):
        client = RedisClient(self.redis.address)
        self._cleanup.callback(client.close)
        return client

    def redis_cli(self, *arguments):
        return run(["redis-cli", "-p", str(self.redis.port), *arguments]).stdout.rstrip("\n")

    def hgetall(self, key):
        words = self.redis_cli("--raw", "HGETALL", key).split("\n")
        return dict(zip(words[0::2], words[1::2]))

    def batch_counters(self, batch_id):
        return self.hgetall(f"hr:{{{batch_id}}}:batch")

    def upstream(self, project="default"):
        """`headrace batch show upstream`; None while there is no such record yet."""
        shown = self.headrace("batch", "show", "upstream", "--project", project, "--json", check=False)
        return json.loads(shown.stdout) if shown.returncode == 0 else None

    def wait_upstream(self, **counters):
        """Waits until the counters of upstream records are these."""
        def reached():
            shown = self.upstream()
            return shown if shown and all(shown[name] == count for name, count in counters.items()) else None

        try:
            return wait_until(reached, f"upstream records {counters}", 60, every=0.2)
        except AssertionError as vain:
            raise AssertionError(f"{vain}; there are {self.upstream()}") from None

    def wait_accounted(self):
        """Waits until the projector has brought every outcome that is on Kafka to Redis."""
        topic = self.prefix + "outcomes"

        def done():
            marks = self.hgetall("hr:meta")
            ends = rdkafka.end_offsets(self.kafka, topic)
            return all(int(marks.get(f"mark:{topic}:{partition}", 0)) == end for partition, end in enumerate(ends))

        wait_until(done, "a projector that has applied all outcomes", 60, every=0.2)

    def rewind_workers(self):
        """Sends the workers' group back to the beginning, as an operator would; no worker may run."""
        rdkafka.rewind_group(self.kafka, self.prefix + "worker.batch", self.prefix + "items.batch")

    def rows(self):
        """Every episode of the store, in order of graph and place."""
        return stores.rows(self.store)

    def produce(self, topic, lines, *options, partitioner="murmur2_random"):
        """Lines into a topic with a real kcat, by default partitioned as Java clients do."""
        run(["kcat", "-P", "-b", self.kafka, "-t", self.prefix + topic, "-X", f"partitioner={partitioner}", *options],
            input="".join(line + "\n" for line in lines))

    def consume(self, topic, *options):
        """Every record of a topic as kcat's JSON envelopes, in order within each partition."""
        done = run(["kcat", "-C", "-b", self.kafka, "-t", self.prefix + topic, "-e", "-q", "-J", *options])
        return [json.loads(line) for line in done.stdout.splitlines()]


class StageTest(unittest.TestCase):
    """Base of tests that want a Stage as self.stage."""

    def setUp(self):
        self.stage = Stage()
        self.addCleanup(self.stage.close)
