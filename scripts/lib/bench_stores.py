"""The rows of scripts/bench about graph stores: the whole engine, beside what the store takes by itself
on one connection, measured in turns on the same services."""
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import time

from bench_site import BIN, TICKS, VALUE_BYTES, cpu_seconds, start_service, wipe_service

GRAPHS = 1_000
# Of a graph in a chunk: what the worker's default window holds of each graph.
LANE_ITEMS = 10
PATIENCE_S = 300


def say(text):
    print(text, file=sys.stderr, flush=True)


class Files:
    """A new file or directory for each run; the work is done within whoever writes."""
    one_connection = ""

    def __init__(self, name, scheme, place):
        self.name, self.scheme, self.place = name, scheme, place
        self.runs = 0

    def fresh_url(self):
        self.runs += 1
        return f"{self.scheme}:{self.place}/{self.scheme}-{self.runs}"

    def cpu(self):
        return 0.0


class Postgres:
    """A new schema for each run, on a server as it is configured by default: what is committed is on disk."""
    name, one_connection = "PostgreSQL", "&connections=1"

    def __init__(self, address, pid):
        self.address, self.pid = address, pid
        self.schemas = 0

    def fresh_url(self):
        self.schemas += 1
        return f"postgresql://headrace@{self.address}/headrace?schema=bench_{self.schemas}"

    def cpu(self):
        """Of the server, its sessions that live and those that have ended."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        total = sum(int(field) for field in fields[11:15]) / TICKS
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                with contextlib.suppress(OSError):
                    total += cpu_seconds(child)
        return total


@contextlib.contextmanager
def postgres(place):
    try:
        yield Postgres(*start_service("postgres", place))
    finally:
        wipe_service("postgres", place)


def ceiling(store, records):
    server = store.cpu()
    done = subprocess.run([BIN / "tests/bench/bench-store", store.fresh_url() + store.one_connection, str(records), str(GRAPHS),
                           str(VALUE_BYTES), str(LANE_ITEMS)], stdout=subprocess.PIPE, text=True, check=True)
    said = json.loads(done.stdout)
    return {"rate": records / said["seconds"], "cpu": said["cpu_seconds"] / records * 1e6, "server": (store.cpu() - server) / records * 1e6}


def engine(site, store, records):
    """headrace-worker with its default settings: from the first count in Redis to the last."""
    prefix = site.fresh_prefix()
    site.fill(prefix, records, GRAPHS)
    site.register(prefix, records)
    env = site.environment(prefix, HEADRACE_STORE=store.fresh_url(), HEADRACE_AUTO_MIGRATE="yes",
                           HEADRACE_METRICS_LISTEN="127.0.0.1:0")
    deadline = time.monotonic() + PATIENCE_S
    with subprocess.Popen([BIN / "worker/headrace-worker"], env=env) as worker:
        try:
            while (counted := site.redis.succeeded(records)) == 0 and worker.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            first, cpu, server = time.monotonic(), cpu_seconds(worker.pid), store.cpu()
            last, missing = site.wait_accounted(records, deadline)
            cpu, server = cpu_seconds(worker.pid) - cpu, store.cpu() - server
        finally:
            worker.terminate()
            worker.wait(timeout=60)
    measured = records - counted
    return {"rate": measured / (last - first), "cpu": cpu / measured * 1e6, "server": server / measured * 1e6, "missing": missing}


def number(value, digits=0):
    return f"{value:,.{digits}f}".replace(",", " ")


def row(store, what, runs, share=""):
    middle = {key: statistics.median(run[key] for run in runs) for key in ("rate", "cpu", "server")}
    server = number(middle["server"], 1) if middle["server"] else ""
    return f"| {store.name} | {what} | {len(runs)} | {number(middle['rate'])} | {share} | {number(middle['cpu'], 1)} | {server} |"


def measure_stores(site, reps, records):
    """Prints the table; -> how many items were lost."""
    lost = 0
    with postgres(site.place / "postgres") as server:
        print(f"\n{number(records)} items of {number(VALUE_BYTES)} bytes over {number(GRAPHS)} graphs\n\n"
              "| store | what | runs | items/s | of the ceiling | client µs | server µs |\n| --- | --- | --: | --: | --: | --: | --: |")
        for store in (server, Files("SQLite", "sqlite", site.place), Files("NDJSON", "ndjson", site.place)):
            alone, whole = [], []
            for _ in range(reps):
                alone.append(ceiling(store, records))
                whole.append(engine(site, store, records))
                say(f"{store.name}: alone {alone[-1]}, whole {whole[-1]}")
            share = statistics.median(run["rate"] / most["rate"] for run, most in zip(whole, alone))
            print(row(store, "one connection, no engine", alone))
            print(row(store, "headrace-worker", whole, f"{share:.0%}"), flush=True)
            lost += sum(run["missing"] for run in whole)
    return lost
