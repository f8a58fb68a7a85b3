"""`headrace store migrate`: what it says, and every way to a server that libpq knows."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
import uuid

from support import ROOT, binary, required_env, run, start_postgres


class StoreMigrate(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="headrace-migrate-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.address = required_env("HEADRACE_TEST_POSTGRES", "address of the test run's PostgreSQL")
        self.schema = f"migrate_{uuid.uuid4().hex[:10]}"

    def environment(self, store, **more):
        return {**{k: v for k, v in os.environ.items() if not k.startswith(("HEADRACE_", "PG"))}, "HEADRACE_STORE": store, **more}

    def migrate(self, store, *options, check=True, **more):
        return run([binary("headrace"), "store", "migrate", *options], check=check, env=self.environment(store, **more))

    def url(self, address=None, user="headrace", **parameters):
        query = "&".join(f"{name}={value}" for name, value in {"schema": self.schema, **parameters}.items())
        return f"postgresql://{user}@{address or self.address}/headrace?{query}"

    def test_it_says_what_it_would_do_what_it_did_and_that_nothing_is_left(self):
        steps = "1: tables and views\n{0} 2: the function that writes a chunk\n"
        self.assertEqual(("would apply " + steps).format("would apply"), self.migrate(self.url(), "--dry-run").stdout)
        self.assertEqual(("applied " + steps).format("applied"), self.migrate(self.url()).stdout)
        self.assertEqual("nothing to do: the store is at version 2\n", self.migrate(self.url()).stdout)
        self.assertEqual({"from": 2, "to": 2, "dry_run": False, "steps": []}, json.loads(self.migrate(self.url(), "--json").stdout))

    def test_a_file_of_sqlite_is_made(self):
        store = f"sqlite:{self.directory}/new.db"
        self.assertEqual("would apply 2: the file and its tables\n", self.migrate(store, "--dry-run").stdout)
        self.assertFalse((self.directory / "new.db").exists())
        self.assertEqual("applied 2: the file and its tables\n", self.migrate(store).stdout)
        self.assertEqual("nothing to do: the store is at version 2\n", self.migrate(store).stdout)

    def test_the_documented_queries_run_in_both_stores(self):
        text = (ROOT / "docs" / "stores.md").read_text()
        graph = "INSERT INTO graph (project_id, kind, external_id, group_id, next_seq{}) VALUES ('default', 'graph', 'kb', 'kb', 3{})"
        path = self.directory / "headrace.db"
        self.migrate(f"sqlite:{path}")
        found = re.findall(r'^sqlite3 -readonly headrace\.db "(.*?)"$', text, re.M | re.S)
        self.assertEqual(5, len(found))
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute(graph.format(", created_at, updated_at", ", 0, 0"))
            answers = [database.execute(query).fetchall() for query in found]
        self.assertEqual([[("graph", "kb", 2)], [], [], [], [("kb",)]], answers)

        self.migrate(self.url())
        block = re.search(r"^export PGOPTIONS=.*?(?=^```$)", text, re.M | re.S).group().replace("agent_memory", self.schema)
        self.assertEqual(5, block.count("psql -At "))
        export, queries = block.split("\n", 1)
        script = f'set -eu\n{export}\npsql -q "$URL" -c "{graph.format("", "")}"\n{queries}'
        said = run(["bash", "-c", script], env=self.environment("", URL=f"postgresql://headrace@{self.address}/headrace")).stdout
        self.assertEqual("graph|kb|2\nkb\n", said)

    def test_the_documented_statements_run_and_their_role_can_work(self):
        sql = "".join(re.findall(r"^```sql\n(.*?)^```$", (ROOT / "docs" / "stores.md").read_text(), re.M | re.S))
        self.assertEqual(7, sql.count(";\n"))
        self.migrate(self.url())
        role = f"worker_{uuid.uuid4().hex[:10]}"
        sql = sql.replace("agent_memory", self.schema).replace("TO worker;", f"TO {role};")
        admin = f"postgresql://headrace@{self.address}/headrace"
        self.psql(admin, f"CREATE ROLE {role} LOGIN; {sql}")
        self.addCleanup(self.psql, admin, f"DROP OWNED BY {role}; DROP ROLE {role}")
        self.assertIn("nothing to do", self.migrate(self.url(user=role)).stdout)
        worker = f"postgresql://{role}@{self.address}/headrace"
        self.psql(worker, f"SET search_path = {self.schema}; SELECT draw_tokens(ARRAY['items/0']);"
                          "SELECT erase_graph('default', 'graph', 'kb', 'kb', 'default-kb', 1); SELECT 1 FROM thread, episode FOR UPDATE")
        self.assertIn("permission denied", self.psql(worker, f"CREATE TABLE {self.schema}.mine (id int)", check=False).stderr)

    def psql(self, url, sql, check=True):
        return run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql], check=check, env=self.environment(""))

    def migrate_twice_at_once(self, store):
        """What both say together; both must end well."""
        both = [subprocess.Popen([binary("headrace"), "store", "migrate"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 env=self.environment(store)) for _ in range(2)]
        said = [process.communicate(timeout=60) for process in both]
        self.assertEqual([0, 0], [process.returncode for process in both], said)
        return sorted(line for out, _ in said for line in out.splitlines() if line.startswith("applied"))

    def test_two_at_once_end_well_and_each_step_is_applied_by_one(self):
        self.assertEqual(["applied 1: tables and views", "applied 2: the function that writes a chunk"],
                         self.migrate_twice_at_once(self.url()))
        self.assertIn("nothing to do", self.migrate(self.url()).stdout)

    def test_an_older_file_keeps_what_it_holds(self):
        path = self.directory / "old.db"
        self.migrate(f"sqlite:{path}")
        with contextlib.closing(sqlite3.connect(path)) as old, old:
            old.executescript("""DROP TABLE fence; UPDATE schema_version SET version = 1; INSERT INTO graph (project_id, kind,
                external_id, group_id, created_at, updated_at) VALUES ('default', 'graph', 'kb', 'kb', 0, 0)""")
        self.assertEqual("would apply 2: fences\n", self.migrate(f"sqlite:{path}", "--dry-run").stdout)
        self.assertEqual(["applied 2: fences"], self.migrate_twice_at_once(f"sqlite:{path}"))
        with contextlib.closing(sqlite3.connect(path)) as new:
            self.assertEqual([("kb",)], new.execute("SELECT external_id FROM graph").fetchall())

    def test_a_dry_run_refuses_what_a_run_would(self):
        path = self.directory / "theirs.db"
        with contextlib.closing(sqlite3.connect(path)) as theirs:
            theirs.execute("CREATE TABLE theirs (x)")
        for options in (["--dry-run"], []):
            refused = self.migrate(f"sqlite:{path}", *options, check=False)
            self.assertEqual(3, refused.returncode, refused.stderr)
            self.assertIn("the file belongs to another program", refused.stderr)

    def test_a_store_without_tables_says_so(self):
        self.assertEqual("nothing to do: a store of this kind has no tables\n", self.migrate(f"ndjson:{self.directory}/archive").stdout)

    def test_the_short_scheme_means_the_same(self):
        self.migrate(self.url())
        self.assertIn("nothing to do", self.migrate(self.url().replace("postgresql:", "postgres:")).stdout)

    def test_a_service_file_names_the_server(self):
        host, port = self.address.split(":")
        services = self.directory / "services.conf"
        services.write_text(f"[memory]\nhost={host}\nport={port}\nuser=headrace\ndbname=headrace\n")
        store = f"postgresql:///?service=memory&schema={self.schema}"
        self.assertIn("applied 1", self.migrate(store, PGSERVICEFILE=str(services)).stdout)
        self.assertIn("nothing to do", self.migrate(self.url()).stdout)

    def test_a_missing_database_is_named(self):
        refused = self.migrate(self.url().replace("/headrace?", "/nowhere?"), check=False)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn('database "nowhere" does not exist', refused.stderr)

    def certificate(self, name):
        """One of its own for 127.0.0.1, which the server's user may read."""
        crt, key = self.directory / f"{name}.crt", self.directory / f"{name}.key"
        run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=headrace",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", crt])
        self.directory.chmod(0o755)
        key.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(key, "postgres")
        return crt, key

    def test_tls_with_a_certificate_that_is_checked(self):
        crt, key = self.certificate("server")
        stranger, _ = self.certificate("stranger")
        server = start_postgres(self.directory / "postgres", POSTGRES_SET=f"fsync=off\nssl=on\nssl_cert_file={crt}\nssl_key_file={key}")
        self.addCleanup(server.wipe)
        (pathlib.Path((self.directory / "postgres" / "data-place").read_text().strip()) / "pg_hba.conf").write_text(
            "hostssl all all 127.0.0.1/32 trust\n")
        subprocess.run(["kill", "-HUP", str(server.pid())], check=True)
        checked = self.url(server.address, sslmode="verify-full", sslrootcert=crt)
        self.assertIn("applied 1", self.migrate(checked).stdout)
        refused = self.migrate(self.url(server.address, sslmode="verify-full", sslrootcert=stranger), check=False)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("certificate verify failed", refused.stderr)
        rootless = self.migrate(self.url(server.address, sslmode="verify-full", sslrootcert="/nowhere"), check=False)
        self.assertEqual(3, rootless.returncode, rootless.stderr)
        self.assertIn("root certificate file", rootless.stderr)
        plain = self.migrate(self.url(server.address, sslmode="disable"), check=False)
        self.assertNotEqual(0, plain.returncode)
        self.assertIn("no pg_hba.conf entry", plain.stderr)


if __name__ == "__main__":
    unittest.main()
