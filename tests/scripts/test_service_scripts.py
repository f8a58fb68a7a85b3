"""scripts/kafka and scripts/redis: nothing is left behind, whoever dies, and a login is really asked for."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from support import SCRIPTS, run, start_kafka, start_redis, wait_until


class ServiceScripts(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="headrace-services-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def test_a_taken_port_is_refused_by_name(self):
        with socket.socket() as stranger:
            stranger.bind(("127.0.0.1", 0))
            stranger.listen()
            port = stranger.getsockname()[1]
            for script in ("redis", "kafka"):
                refused = run([SCRIPTS / script, "start", self.directory / script, port], check=False)
                self.assertNotEqual(0, refused.returncode)
                self.assertIn(f"port {port} is taken", refused.stderr)
                self.assertFalse((self.directory / script / "pid").exists())

    def test_a_service_ends_with_its_owner(self):
        owner = subprocess.Popen(["sleep", "600"])
        self.addCleanup(owner.wait)
        self.addCleanup(owner.kill)
        run([SCRIPTS / "redis", "start", self.directory], env={**os.environ, "HEADRACE_OWNER_PID": str(owner.pid)})
        pid = int((self.directory / "pid").read_text().split()[0])
        os.kill(pid, 0)
        owner.kill()
        owner.wait()
        wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the end of an orphaned redis-server")

    def test_a_broken_setting_leaves_no_process(self):
        failed = run([SCRIPTS / "redis", "start", self.directory], check=False,
                     env={**os.environ, "REDIS_SET": "no-such-setting yes"})
        self.assertNotEqual(0, failed.returncode)
        self.assertIn("no-such-setting", failed.stderr)
        self.assertFalse((self.directory / "pid").exists())

    def test_data_outlive_a_stop(self):
        redis = start_redis(self.directory)
        self.addCleanup(redis.wipe)
        run(["redis-cli", "-p", redis.port, "SET", "k", "v"])
        redis.stop()
        redis.start()
        self.assertEqual("v", run(["redis-cli", "-p", redis.port, "GET", "k"]).stdout.strip())

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
