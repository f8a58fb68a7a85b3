"""The services that scripts/bench measures on: a private broker and Redis, filled topics, and the
processor time of each process."""
import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release"
BATCH_ITEMS = 50_000  # as tests/bench/bench_preload.cc numbers them
VALUE_BYTES = 1_024
PARTITIONS = 8
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process, of all its threads."""
    return thread_cpu_seconds(pathlib.Path(f"/proc/{pid}"))


def thread_cpu_seconds(place):
    fields = (place / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def start_service(script, place, **environment):
    """-> address and pid. The service ends with this process, however that ends."""
    env = dict(os.environ, HEADRACE_OWNER_PID=str(os.getpid()), **environment)
    done = subprocess.run([ROOT / "scripts" / script, "start", place], env=env, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip(), int((place / "pid").read_text().split()[0])


def stop_service(script, place):
    subprocess.run([ROOT / "scripts" / script, "stop", place], check=False)


def wipe_service(script, place):
    subprocess.run([ROOT / "scripts" / script, "wipe", place], check=False)


class Redis:
    """As much of Redis's protocol as reading counters takes."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.answers = self.socket.makefile("rb")

    def ask(self, *commands):
        for words in commands:
            parts = b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(w).encode() for w in words))
            self.socket.sendall(b"*%d\r\n" % len(words) + parts)
        return [self._answer() for _ in commands]

    def _answer(self):
        line = self.answers.readline()
        kind, rest = line[:1], line[1:].strip()
        if kind == b"$":
            return None if rest == b"-1" else self.answers.read(int(rest) + 2)[:-2].decode()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return rest.decode()

    def succeeded(self, records):
        """Of the batches that bench-preload registers."""
        ids = [f"01930000-0000-8000-8000-{number:04x}00000000" for number in range(-(-records // BATCH_ITEMS))]
        return sum(int(count or 0) for count in self.ask(*(("HGET", f"hr:{{{batch}}}:batch", "succeeded") for batch in ids)))


class Site:
    """A broker and a Redis, and what runs on them."""

    def __init__(self, place, settings, broker=None):
        self.place = place
        self.settings = settings
        self.under = []
        self.own_broker = broker is None
        self.broker, self.broker_pid = broker, None
        self.serial = f"{os.getpid()}"
        self.runs = 0
        self.filled = {}

    def __enter__(self):
        try:
            if self.own_broker:
                self.broker, self.broker_pid = start_service("kafka", self.place / "kafka", KAFKA_HEAP="1g", KAFKA_JIT="full")
            self.redis_address, self.redis_pid = start_service("redis", self.place / "redis")
            self.redis = Redis(self.redis_address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        stop_service("redis", self.place / "redis")
        if self.own_broker:
            stop_service("kafka", self.place / "kafka")

    def environment(self, prefix, **settings):
        env = {name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")}
        env.update(HEADRACE_KAFKA_BROKERS=self.broker, HEADRACE_REDIS_URL=f"redis://{self.redis_address}/0",
                   HEADRACE_TOPIC_PREFIX=prefix, HEADRACE_TOPIC_PARTITIONS=str(PARTITIONS),
                   HEADRACE_LOG_LEVEL="error", **settings)
        env.update(self.settings)
        return env

    def run(self, env, *command):
        subprocess.run([str(word) for word in command], env=env, stdout=sys.stderr, check=True)

    def fresh_prefix(self):
        """Topics, groups and counters of its own for each run."""
        self.runs += 1
        prefix = f"b{self.serial}-{self.runs}."
        self.redis.ask(("FLUSHALL",))
        self.run(self.environment(prefix), "sh", "-c", f"'{BIN}/producer/headrace' topics create >/dev/null")
        return prefix

    def items_topic(self, records, keys):
        """Filled once, read by every run of the cell."""
        topic = self.filled.get((records, keys))
        if topic is None:
            prefix = self.fresh_prefix()
            topic = self.filled[records, keys] = prefix + "items.batch"
            self.fill(prefix, records, keys)
        return topic

    def fill(self, prefix, records, keys):
        self.run(self.environment(prefix), BIN / "tests/bench/bench-preload", "fill", prefix + "items.batch", records, keys, VALUE_BYTES)

    def pace(self, prefix, records, keys, rate, hot_percent):
        self.run(self.environment(prefix), BIN / "tests/bench/bench-preload", "pace", prefix + "items.batch", records, keys,
                 VALUE_BYTES, rate, hot_percent)

    def register(self, prefix, records):
        self.run(self.environment(prefix), BIN / "tests/bench/bench-preload", "register", records)

    def broker_cpu(self):
        return cpu_seconds(self.broker_pid) if self.broker_pid else 0.0

    def broker_compile_cpu(self):
        """Of the threads in which Java compiles."""
        total = 0.0
        for thread in pathlib.Path(f"/proc/{self.broker_pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it ended meanwhile
                if (thread / "comm").read_text()[:11] in ("C1 Compiler", "C2 Compiler"):
                    total += thread_cpu_seconds(thread)
        return total

    def wait_accounted(self, records, deadline):
        """Until Redis says that all items succeeded; -> when, and how many are missing."""
        while True:
            missing = records - self.redis.succeeded(records)
            if missing <= 0 or time.monotonic() >= deadline:
                return time.monotonic(), missing
            time.sleep(0.005)
