"""Looks into the graph store beside the workers: SQLite through Python, PostgreSQL through psql."""

import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess

EPISODES = """SELECT g.kind, g.external_id, g.next_seq, t.thread_id, e.* FROM episode e JOIN graph g ON g.id = e.graph_id
    LEFT JOIN thread t ON t.id = e.thread_ref ORDER BY g.kind, g.external_id, e.seq"""
COUNTS = """SELECT (SELECT count(*) FROM episode) AS episodes, (SELECT coalesce(sum(next_seq - 1), 0) FROM graph) AS places,
    (SELECT coalesce(sum(applied), 0) FROM ingest_progress) AS applied"""


def is_postgres(url):
    return url.startswith("postgresql:")


def psql(url, sql):
    """What a statement prints, unaligned and without heads."""
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql], capture_output=True,
                          text=True, timeout=120, env={**os.environ, "PGOPTIONS": "-c search_path=agent_memory"})
    if done.returncode != 0:
        raise AssertionError(f"psql ended with {done.returncode}: {done.stderr}")
    return done.stdout


def _ask_postgres(url, sql):
    """Each row as a JSON object, so that no separator can be mistaken."""
    return [json.loads(line) for line in psql(url, f"SELECT row_to_json(found) FROM ({sql}) AS found").splitlines()]


def _ask_sqlite(url, sql):
    path = url.removeprefix("sqlite:")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(sql)]


def ask(url, sql):
    return (_ask_postgres if is_postgres(url) else _ask_sqlite)(url, sql)


def rows(url):
    """Every episode of the store, in order of graph and place."""
    return ask(url, EPISODES)


def counts(url):
    """How many episodes there are, and what the store's own counters say of them."""
    if not is_postgres(url) and not pathlib.Path(url.removeprefix("sqlite:")).exists():
        return {"episodes": 0, "places": 0, "applied": 0}
    return ask(url, COUNTS)[0]
