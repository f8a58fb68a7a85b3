"""docker-compose.yml is accepted by compose, and fits the Dockerfile and the packages it uses."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def config(*options, **environment):
    if not shutil.which("docker-compose"):
        raise AssertionError("docker-compose is missing; run scripts/deps test")
    done = subprocess.run(["docker-compose", "-f", ROOT / "docker-compose.yml", *options], capture_output=True, text=True,
                          env={**{k: v for k, v in os.environ.items() if not k.startswith("HEADRACE_")}, **environment})
    if done.returncode != 0:
        raise AssertionError(f"docker-compose {options} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Compose(unittest.TestCase):
    def test_file_is_accepted(self):
        config("config", "--quiet")

    def test_services_are_what_the_file_promises(self):
        self.assertEqual({"kafka", "redis", "postgres", "topics", "worker", "load"},
                         set(config("--profile", "load", "--profile", "postgres", "config", "--services").split()))

    def test_merged_settings_reach_the_worker(self):
        worker = config("config").split("\n  worker:\n")[1]
        for setting in ("HEADRACE_KAFKA_BROKERS: kafka:9092", "HEADRACE_REDIS_URL: redis://redis:6379/0", "HEADRACE_CHANNEL: batch"):
            self.assertIn(setting, worker)

    def test_the_profile_postgres_has_a_server_and_workers_that_use_it(self):
        self.assertIn("HEADRACE_STORE: sqlite:", config("config").split("\n  worker:\n")[1])
        url = re.search(r"export HEADRACE_STORE=(\S+)", (ROOT / "docker-compose.yml").read_text()).group(1)
        text = config("--profile", "postgres", "config", HEADRACE_STORE=url)
        self.assertIn(f"HEADRACE_STORE: {url}\n", text.split("\n  worker:\n")[1])
        self.assertRegex(text.split("\n  worker:\n")[1], "HEADRACE_AUTO_MIGRATE: ['\"]yes['\"]")
        self.assertRegex(text.split("\n  postgres:\n")[1], r"(?m)^    profiles:\n    - postgres\n")
        login = dict(re.findall(r"POSTGRES_(\w+): (\S+)", text.split("\n  postgres:\n")[1]))
        self.assertEqual(url, f"postgresql://{login['USER']}:{login['PASSWORD']}@postgres/{login['DB']}")

    def test_the_server_does_not_start_for_workers_that_use_another_store(self):
        text = (ROOT / "docker-compose.yml").read_text()
        self.assertIn("HEADRACE_STORE: ''\n", config("--profile", "postgres", "config").split("\n  postgres:\n")[1])
        script = re.search(r"(?m)^    entrypoint:\n      - sh\n      - -c\n      - \|\n((?:        .*\n)+)", text).group(1).replace("$$", "$")
        with tempfile.TemporaryDirectory() as directory:
            fake = pathlib.Path(directory) / "docker-entrypoint.sh"
            fake.write_text('#!/bin/sh\necho "started $*"\n')
            fake.chmod(0o755)
            for store, code, out, err in (("", 1, "", "export HEADRACE_STORE"), ("sqlite:a.db", 1, "", "export HEADRACE_STORE"),
                                          ("postgresql://a@b/c", 0, "started postgres\n", ""), ("postgres://a@b/c", 0, "started postgres\n", "")):
                with self.subTest(store):
                    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True,
                                          env={"PATH": f"{directory}:{os.environ['PATH']}", "HEADRACE_STORE": store})
                    self.assertEqual((code, out), (done.returncode, done.stdout))
                    self.assertIn(err, done.stderr)

    def test_the_broker_is_the_one_that_the_tests_use(self):
        tested = re.search(r"^default_version=(\S+)$", (ROOT / "scripts" / "kafka").read_text(), re.M).group(1)
        self.assertIn(f"image: apache/kafka:{tested}\n", (ROOT / "docker-compose.yml").read_text())

    def test_a_stop_waits_longer_than_the_drain(self):
        text = (ROOT / "docker-compose.yml").read_text()
        drain = int(re.search(r"HEADRACE_DRAIN_TIMEOUT: (\d+)s", text).group(1))
        grace = int(re.search(r"stop_grace_period: (\d+)s", text).group(1))
        self.assertGreaterEqual(grace, drain + 15)


class Image(unittest.TestCase):
    def test_everything_copied_is_there_and_not_ignored(self):
        allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        for line in (ROOT / "Dockerfile").read_text().splitlines():
            if line.startswith("COPY ") and "--from" not in line:
                for source in line.split()[1:-1]:
                    self.assertTrue((ROOT / source).exists(), source)
                    self.assertIn(source, allowed)

    def test_it_does_not_run_as_root(self):
        self.assertIn("\nUSER 65532:65532\n", (ROOT / "Dockerfile").read_text())

    def test_each_library_has_its_run_package(self):
        """What the build links, the container needs: header-only libraries apart."""
        purposes = {"build": set(), "run": set()}
        for line in (ROOT / "scripts" / "lib" / "packages.txt").read_text().splitlines():
            words = line.split()
            if words and words[0] in purposes:
                purposes[words[0]].update(words[1].split("|"))
        for stem in ("librdkafka", "libhiredis", "libsimdjson", "libspdlog", "libsqlite3", "libtomlplusplus", "libssl"):
            self.assertTrue(any(p.startswith(stem) and p.endswith("-dev") for p in purposes["build"]), stem)
            self.assertTrue(any(p.startswith(stem) for p in purposes["run"]), stem)


if __name__ == "__main__":
    unittest.main()
