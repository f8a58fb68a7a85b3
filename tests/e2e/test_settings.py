"""Settings against services that insist on them: SASL/SCRAM, passwords, files with secrets, ports.

Every run is at log.level=debug, and at the end nothing that was printed or logged may contain a
secret or a payload.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import socket
import tempfile
import time
import unittest

from support import Process, Service, StageTest, binary, run, wait_until

PAYLOAD = "canary-payload-4711"
KAFKA_PASSWORD = "kafka-canary-s3cret"
REDIS_PASSWORD = "redis-canary-s3cret"
WRONG_PASSWORD = "wrong-canary-s3cret"
SECRETS = (PAYLOAD, KAFKA_PASSWORD, REDIS_PASSWORD, WRONG_PASSWORD)


def sasl(password):
    return f"security.protocol=SASL_PLAINTEXT,sasl.mechanisms=SCRAM-SHA-256,sasl.username=headrace,sasl.password={password}"


def canary_items(path, count=20):
    item = {"type": "graph_episode", "graph_id": "g", "data_type": "text", "data": PAYLOAD, "metadata": {"k": PAYLOAD}}
    path.write_text((json.dumps(item) + "\n") * count + '{"type":"' + PAYLOAD + '"}\n' + PAYLOAD + "\n")
    return path


class QuietTest(unittest.TestCase):
    """Collects what was said, to look through it for secrets."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="headrace-settings-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.said = []

    def secret_file(self, name, text):
        path = self.directory / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def headrace(self, code, *arguments, environment):
        started = time.monotonic()
        done = run([binary("headrace"), *arguments], check=False, env=environment)
        self.said.append(done.stdout + done.stderr)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        self.assertLess(time.monotonic() - started, 15)
        return done

    def assert_no_secret(self):
        for text in self.said:
            for secret in SECRETS:
                self.assertNotIn(secret, text)


class Authentication(QuietTest):
    """One broker with SCRAM and one Redis with passwords."""

    def setUp(self):
        super().setUp()
        self.kafka = Service("kafka", self.directory / "kafka", KAFKA_SASL="1", KAFKA_PASSWORD=KAFKA_PASSWORD).start()
        self.addCleanup(self.kafka.wipe)
        rules = f"requirepass {REDIS_PASSWORD}\nuser headrace on >{REDIS_PASSWORD} ~hr:* +@all"
        self.redis = Service("redis", self.directory / "redis", REDIS_SET=rules).start()
        self.addCleanup(self.redis.wipe)
        url = self.secret_file("redis-url", f"redis://headrace:{REDIS_PASSWORD}@{self.redis.address}/3")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HEADRACE_KAFKA_BROKERS": self.kafka.address,
            "HEADRACE_KAFKA_PROPERTIES_FILE": str(self.secret_file("kafka-properties", sasl(KAFKA_PASSWORD))),
            "HEADRACE_REDIS_URL_FILE": str(url),
            "HEADRACE_STORE": f"sqlite:{self.directory}/h.db",
            "HEADRACE_LOG_LEVEL": "debug",
            "HEADRACE_METRICS_LISTEN": "127.0.0.1:0",
        }

    def test_right_and_wrong_passwords(self):
        items = canary_items(self.directory / "items.jsonl")
        self.headrace(0, "topics", "create", "--topic-partitions", "2", environment=self.environment)
        worker = Process([binary("headrace-worker")], self.directory / "worker.log", self.environment)
        self.addCleanup(worker.kill)
        # Lines are refused, so the load ends with 1; what was accepted must have succeeded.
        done = self.headrace(1, "load", items, "--kafka", "--wait", "--json", environment=self.environment)
        summary = json.loads(done.stdout)
        self.assertEqual((20, 2, 20), (summary["accepted"], summary["rejected"], summary["batch"]["succeeded"]))
        keys = run(["redis-cli", "-p", str(self.redis.port), "-n", "3", "DBSIZE"],
                   env={**os.environ, "REDISCLI_AUTH": REDIS_PASSWORD}).stdout
        self.assertGreater(int(keys.split()[-1]), 0, "the database of the URL is used")

        toml = self.secret_file("headrace.toml", f"""
[kafka.properties]
security.protocol = "SASL_PLAINTEXT"
sasl.mechanisms = "SCRAM-SHA-256"
sasl.username = "headrace"
sasl.password = "{KAFKA_PASSWORD}"
""")
        from_file = {k: v for k, v in self.environment.items() if k != "HEADRACE_KAFKA_PROPERTIES_FILE"}
        self.headrace(0, "topics", "check", "--config", toml, environment=from_file)
        shown = self.headrace(0, "config", "check", "--config", toml, environment=from_file)
        self.assertIn("***", shown.stdout)

        wrong = {**from_file, "HEADRACE_KAFKA_PROPERTIES": sasl(WRONG_PASSWORD)}
        refused = Process([binary("headrace-worker")], self.directory / "refused.log", wrong)
        self.addCleanup(refused.kill)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            runs = [pool.submit(self.headrace, 3, *command, environment=wrong)
                    for command in (["topics", "check"], ["topics", "create"], ["load", items, "--kafka"])]
            for failed in runs:
                self.assertIn("refuses the login", failed.result().stderr)
        self.assertEqual(3, refused.wait(20), refused.log())
        self.assertIn("refuses the login", refused.log())
        self.said.append(refused.log())
        bad_redis = {**self.environment, "HEADRACE_REDIS_URL": f"redis://headrace:{WRONG_PASSWORD}@{self.redis.address}/3"}
        del bad_redis["HEADRACE_REDIS_URL_FILE"]
        failed = self.headrace(3, "batch", "list", environment=bad_redis)
        self.assertIn("WRONGPASS", failed.stderr)
        self.assertEqual(0, worker.stop())
        self.said.append(worker.log())
        self.assert_no_secret()


class Refusals(QuietTest):
    def setUp(self):
        super().setUp()
        self.environment = {"PATH": os.environ["PATH"], "HEADRACE_KAFKA_BROKERS": "127.0.0.1:1", "HEADRACE_LOG_LEVEL": "debug"}

    def test_guarded_properties_are_refused_by_name_in_every_source(self):
        toml = self.secret_file("guarded.toml", '[kafka.properties]\nacks = "1"\n')
        for arguments, more in [
            (["topics", "check", "--config", toml], {}),
            (["topics", "check", "--kafka-properties", "acks=1"], {}),
            (["topics", "check"], {"HEADRACE_KAFKA_PROPERTIES": "acks=1"}),
            (["topics", "check"], {"HEADRACE_KAFKA_PROPERTIES": "topic.acks=1"}),
        ]:
            with self.subTest(arguments=arguments, more=more):
                failed = self.headrace(3, *arguments, environment={**self.environment, **more})
                self.assertIn("acks", failed.stderr)
                self.assertIn("in-sync", failed.stderr)

    def test_misspelt_keys_name_the_nearest_and_all_mistakes_come_together(self):
        toml = self.secret_file("typo.toml", '[redis]\nulr = "redis://h"\n[worker]\nin_flight_items_max = "many"\n')
        failed = self.headrace(3, "batch", "list", "--config", toml, environment={**self.environment, "HEADRACE_LOG_LEVEL": "loud"})
        for part in ("redis.url", "in_flight_items_max", "HEADRACE_LOG_LEVEL"):
            self.assertIn(part, failed.stderr)

    def test_both_forms_of_a_secret_and_an_unreadable_file_are_mistakes(self):
        url = self.secret_file("url", f"redis://:{REDIS_PASSWORD}@127.0.0.1:1")
        both = {"HEADRACE_REDIS_URL_FILE": str(url), "HEADRACE_REDIS_URL": "redis://127.0.0.1:1"}
        failed = self.headrace(3, "batch", "list", environment={**self.environment, **both})
        self.assertIn("HEADRACE_REDIS_URL_FILE", failed.stderr)
        gone = {"HEADRACE_REDIS_URL_FILE": str(self.directory / "gone")}
        failed = self.headrace(3, "batch", "list", environment={**self.environment, **gone})
        self.assertIn("gone", failed.stderr)
        self.assert_no_secret()

    def test_tls_to_redis_is_tried_or_refused_clearly(self):
        url = {"HEADRACE_REDIS_URL": f"rediss://:{REDIS_PASSWORD}@127.0.0.1:1"}
        done = run([binary("headrace"), "batch", "list"], check=False, env={**self.environment, **url})
        self.said.append(done.stderr)
        # 3: this build has no TLS for Redis (hiredis before 1.0); 4: it has, and nobody answers.
        self.assertIn(done.returncode, (3, 4), done.stderr)
        self.assertIn("TLS" if done.returncode == 3 else "127.0.0.1:1", done.stderr)
        self.assert_no_secret()


class MetricsPort(StageTest):
    def setUp(self):
        super().setUp()
        self.stage.create_topics("--topic-partitions", "2")

    def start(self, **settings):
        environment = self.stage.environment(**settings)
        worker = Process([binary("headrace-worker")], self.stage.directory / "w.log", environment)
        self.addCleanup(worker.kill)
        return worker

    def test_busy_explicit_port_is_fatal(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            worker = self.start(HEADRACE_METRICS_LISTEN=address)
            self.assertEqual(3, worker.wait(20))
            self.assertIn(address, worker.log())

    def test_busy_default_port_only_warns(self):
        try:
            taken = socket.create_server(("127.0.0.1", 9464))
            self.addCleanup(taken.close)
        except OSError:
            pass  # somebody else has it: just as well
        worker = self.start()
        wait_until(lambda: "partitions_owned" in worker.log(), "a worker at work")
        self.assertEqual(1, worker.log().count("no_metrics"), worker.log())
        self.assertIn("metrics.listen", worker.log())
        self.assertEqual(0, worker.stop())


if __name__ == "__main__":
    unittest.main()
