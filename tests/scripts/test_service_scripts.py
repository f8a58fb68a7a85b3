"""scripts/kafka, scripts/redis and scripts/postgres: nothing is left behind, whoever dies, and a login is really asked for."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from support import SCRIPTS, run, start_kafka, start_postgres, start_redis, wait_until


class ServiceScripts(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="headrace-services-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def test_a_taken_port_is_refused_by_name(self):
        with socket.socket() as stranger:
            stranger.bind(("127.0.0.1", 0))
            stranger.listen()
            port = stranger.getsockname()[1]
            for script in ("redis", "kafka", "postgres"):
                refused = run([SCRIPTS / script, "start", self.directory / script, port], check=False)
                self.assertNotEqual(0, refused.returncode)
                self.assertIn(f"port {port} is taken", refused.stderr)
                self.assertFalse((self.directory / script / "pid").exists())

    def test_a_service_ends_with_its_owner(self):
        owner = subprocess.Popen(["sleep", "600"])
        self.addCleanup(owner.wait)
        self.addCleanup(owner.kill)
        pids = {}
        for script in ("redis", "postgres"):
            place = self.directory / script
            self.addCleanup(run, [SCRIPTS / script, "wipe", place])
            run([SCRIPTS / script, "start", place], env={**os.environ, "HEADRACE_OWNER_PID": str(owner.pid)})
            pids[script] = int((place / "pid").read_text().split()[0])
            os.kill(pids[script], 0)
        owner.kill()
        owner.wait()
        for script, pid in pids.items():
            wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), f"the end of an orphaned {script}")

    def test_a_broken_setting_leaves_no_process(self):
        for script, name, setting in (("redis", "REDIS_SET", "no-such-setting yes"), ("postgres", "POSTGRES_SET", "no_such_setting=yes")):
            place = self.directory / script
            self.addCleanup(run, [SCRIPTS / script, "wipe", place])
            failed = run([SCRIPTS / script, "start", place], check=False, env={**os.environ, name: setting})
            self.assertNotEqual(0, failed.returncode)
            self.assertRegex(failed.stderr, "no.such.setting")
            self.assertFalse((place / "pid").exists())

    def test_data_outlive_a_stop(self):
        redis = start_redis(self.directory)
        self.addCleanup(redis.wipe)
        run(["redis-cli", "-p", redis.port, "SET", "k", "v"])
        redis.stop()
        redis.start()
        self.assertEqual("v", run(["redis-cli", "-p", redis.port, "GET", "k"]).stdout.strip())

    def ask_postgres(self, server, sql, **environment):
        return run(["psql", "-X", "-w", "-A", "-t", "-h", "127.0.0.1", "-p", server.port, "-U", "headrace", "-d", "headrace", "-c", sql],
                   check=False, env={**os.environ, **environment})

    def test_a_database_outlives_a_stop_and_nothing_outlives_a_wipe(self):
        server = start_postgres(self.directory / "postgres")
        self.addCleanup(server.wipe)
        place = pathlib.Path((self.directory / "postgres" / "data-place").read_text().strip())
        self.assertEqual("", self.ask_postgres(server, "CREATE TABLE kept AS SELECT 7 AS n").stderr)
        address = server.address
        server.stop()
        server.start()
        self.assertEqual(address, server.address)
        self.assertEqual("7", self.ask_postgres(server, "SELECT n FROM kept").stdout.strip())
        server.wipe()
        self.assertFalse(place.exists())
        self.assertFalse((self.directory / "postgres").exists())

    def test_a_standby_follows_its_primary_and_outlives_it(self):
        primary = start_postgres(self.directory / "primary")
        self.addCleanup(primary.wipe)
        standby = start_postgres(self.directory / "standby", POSTGRES_STANDBY_OF=primary.address)
        self.addCleanup(standby.wipe)
        self.assertEqual("", self.ask_postgres(primary, "CREATE TABLE kept AS SELECT 7 AS n").stderr)
        wait_until(lambda: self.ask_postgres(standby, "SELECT n FROM kept").stdout.strip() == "7", "what the primary wrote")
        self.assertIn("read-only", self.ask_postgres(standby, "INSERT INTO kept VALUES (8)").stderr)
        primary.crash()
        self.assertNotEqual(0, self.ask_postgres(primary, "SELECT 1").returncode)
        self.assertEqual("t", self.ask_postgres(standby, "SELECT pg_promote()").stdout.strip())
        self.assertEqual("", self.ask_postgres(standby, "INSERT INTO kept VALUES (8)").stderr)

    def test_a_database_with_a_password_asks_for_it(self):
        server = start_postgres(self.directory / "postgres", POSTGRES_PASSWORD="lovelace")
        self.addCleanup(server.wipe)
        self.assertEqual("1", self.ask_postgres(server, "SELECT 1", PGPASSWORD="lovelace").stdout.strip())
        refused = self.ask_postgres(server, "SELECT 1", PGPASSWORD="wrong")
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("password authentication failed", refused.stderr)

    def test_a_broker_with_scram_asks_for_the_password(self):
        kafka = start_kafka(self.directory / "kafka", KAFKA_SASL="1", KAFKA_USER="ada", KAFKA_PASSWORD="lovelace")
        self.addCleanup(kafka.wipe)
        login = ["-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanism=SCRAM-SHA-256", "-X", "sasl.username=ada"]
        ask = ["kcat", "-b", kafka.address, "-L", "-m", "3", *login]
        self.assertIn(" 1 brokers:", run([*ask, "-X", "sasl.password=lovelace"]).stdout)
        refused = run([*ask, "-X", "sasl.password=wrong"], check=False)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("invalid credentials", refused.stderr)


if __name__ == "__main__":
    unittest.main()
