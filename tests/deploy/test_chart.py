"""helm/headrace renders for every values file, and what it renders is valid, restricted and drains."""

import glob
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "headrace"
KUBERNETES = "1.33"


def run(*command, check=True):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def setUpModule():
    global HELM, VALIDATE, yaml
    HELM, VALIDATE = run(ROOT / "scripts" / "chart-tools").stdout.split()
    # The validator's own environment has a YAML reader; the system's Python need not.
    sys.path += glob.glob(str(pathlib.Path(VALIDATE).parents[1] / "lib" / "python3*" / "site-packages"))
    import yaml as reader
    yaml = reader


def template(*options, check=True):
    return run(HELM, "template", "demo", CHART, "--kube-version", f"{KUBERNETES}.0", *options, check=check)


def pods(objects):
    for item in objects:
        if item["kind"] in ("Deployment", "Job"):
            yield item, item["spec"]["template"]["spec"]


def cases():
    """Each values file, the defaults first: its name, the text it renders to, the objects in that."""
    for values in [None, *sorted((CHART / "ci").glob("*-values.yaml"))]:
        text = template(*(["-f", values] if values else [])).stdout
        yield values.name if values else "defaults", text, [item for item in yaml.safe_load_all(text) if item]


class Chart(unittest.TestCase):
    def test_lists_may_be_taken_away(self):
        lists = [f"{part}.{name}=null" for part in ("kafka", "store") for name in ("extraEnv", "extraVolumes", "extraVolumeMounts")]
        self.assertEqual("", template("--set", ",".join(lists)).stderr)

    def test_lint(self):
        for values in [None, *sorted((CHART / "ci").glob("*-values.yaml"))]:
            run(HELM, "lint", "--strict", CHART, *(["-f", values] if values else []))

    def test_manifests_are_valid(self):
        for name, text, objects in cases():
            with self.subTest(name):
                with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                    # The operator's own kinds are not the validator's; test_alerts.py looks at those.
                    core = [item for item in objects if not item["apiVersion"].startswith("monitoring.")]
                    file.write(text if core == objects else yaml.safe_dump_all(core))
                    file.flush()
                    said = run(VALIDATE, "--strict", "-k", KUBERNETES, file.name)
                passed = (said.stdout + said.stderr).count(" passed for resource ")
                self.assertEqual(len(core), passed)

    def test_the_validator_refuses_what_it_should(self):
        text = template().stdout
        for right, wrong in (("  replicas: 2\n", "  replicaz: 2\n"), ("  replicas: 2\n", '  replicas: "two"\n')):
            self.assertIn(right, text)
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text.replace(right, wrong))
                file.flush()
                self.assertNotEqual(0, run(VALIDATE, "--strict", "-k", KUBERNETES, file.name, check=False).returncode)

    def test_pods_are_restricted(self):
        for name, _, objects in cases():
            with self.subTest(name):
                for _, pod in pods(objects):
                    self.assertFalse(pod["automountServiceAccountToken"])
                    self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                    self.assertEqual(65532, pod["securityContext"]["runAsUser"])
                    self.assertEqual("RuntimeDefault", pod["securityContext"]["seccompProfile"]["type"])
                    for container in pod["containers"]:
                        security = container["securityContext"]
                        self.assertFalse(security["allowPrivilegeEscalation"])
                        self.assertTrue(security["readOnlyRootFilesystem"])
                        self.assertEqual(["ALL"], security["capabilities"]["drop"])

    def test_a_pod_outlives_its_drain(self):
        for name, _, objects in cases():
            with self.subTest(name):
                for item, pod in pods(objects):
                    if item["kind"] == "Deployment":
                        env = {e["name"]: e.get("value") for e in pod["containers"][0]["env"]}
                        self.assertEqual(pod["terminationGracePeriodSeconds"], int(env["HEADRACE_DRAIN_TIMEOUT"][:-1]) + 15)

    def test_each_channel_has_its_own_fleet(self):
        for name, _, objects in cases():
            with self.subTest(name):
                fleets = {item["metadata"]["labels"]["headrace/channel"]: item for item in objects if item["kind"] == "Deployment"}
                self.assertEqual({"batch", "realtime"}, set(fleets))
                for channel, fleet in fleets.items():
                    env = {e["name"]: e.get("value") for e in fleet["spec"]["template"]["spec"]["containers"][0]["env"]}
                    self.assertEqual(channel, env["HEADRACE_CHANNEL"])
                    self.assertEqual(channel, fleet["spec"]["selector"]["matchLabels"]["headrace/channel"])

    def test_secrets_are_never_plain_values(self):
        text = template("-f", CHART / "ci" / "secrets-values.yaml").stdout
        for name in ("HEADRACE_REDIS_URL", "HEADRACE_STORE", "HEADRACE_KAFKA_PROPERTIES"):
            self.assertIn(f"- name: {name}_FILE\n", text)
            self.assertNotIn(f"- name: {name}\n", text)

    def test_sqlite_keeps_the_workers_on_one_node_and_others_spread(self):
        self.assertIn("podAffinity", template().stdout)
        for values in ("secrets-values.yaml", "postgres-values.yaml"):
            elsewhere = template("-f", CHART / "ci" / values).stdout
            self.assertNotIn("podAffinity", elsewhere)
            self.assertNotIn("PersistentVolumeClaim", elsewhere)
            self.assertIn("topologySpreadConstraints", elsewhere)

    def test_a_database_is_migrated_before_its_workers_start(self):
        def job(*options):
            jobs = [item for item in yaml.safe_load_all(template(*options).stdout)
                    if item and item["kind"] == "Job" and item["metadata"]["name"] == "demo-headrace-store"]
            return jobs[0] if jobs else None

        self.assertIsNone(job(), "SQLite is brought up to date by whoever opens it")
        plain = job("-f", CHART / "ci" / "postgres-values.yaml")
        self.assertIn("pre-upgrade", plain["metadata"]["annotations"]["helm.sh/hook"])
        container = plain["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual(["headrace", "store", "migrate"], container["args"])
        self.assertIn("postgresql://headrace@db-1", {e["name"]: e.get("value") for e in container["env"]}["HEADRACE_STORE"])
        self.assertIsNone(job("-f", CHART / "ci" / "postgres-values.yaml", "--set", "store.migrate=false"))
        pod = job("-f", CHART / "ci" / "secrets-values.yaml")["spec"]["template"]["spec"]
        self.assertEqual("store-login", pod["volumes"][0]["secret"]["secretName"])
        self.assertEqual("/run/headrace/store", pod["containers"][0]["volumeMounts"][0]["mountPath"])

    def test_workers_and_migration_reach_a_database_in_the_same_way(self):
        objects = [item for item in yaml.safe_load_all(template("-f", CHART / "ci" / "postgres-values.yaml").stdout) if item]
        found = [(item, pod) for item, pod in pods(objects) if item["metadata"]["name"] != "demo-headrace-topics"]
        self.assertEqual(["Deployment", "Deployment", "Job"], sorted(item["kind"] for item, _ in found))
        for item, pod in found:
            with self.subTest(item["metadata"]["name"]):
                container = pod["containers"][0]
                env = {e["name"]: e for e in container["env"]}
                self.assertEqual({"name": "postgres-login", "key": "password"}, env["PGPASSWORD"]["valueFrom"]["secretKeyRef"])
                mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
                self.assertIn(f"sslrootcert={mounts['postgres-ca']}/", env["HEADRACE_STORE"]["value"])
                self.assertEqual("postgres-ca", {v["name"]: v for v in pod["volumes"]}["postgres-ca"]["secret"]["secretName"])

    def test_workers_and_topics_reach_kafka_in_the_same_way(self):
        objects = [item for item in yaml.safe_load_all(template(
            "-f", CHART / "ci" / "secrets-values.yaml", "--set", "kafka.extraEnv[0].name=SSL_CERT_DIR").stdout) if item]
        found = {item["metadata"]["name"]: pod for item, pod in pods(objects)}
        self.assertNotIn("kafka-ca", str(found.pop("demo-headrace-store")))
        self.assertEqual({"demo-headrace-batch", "demo-headrace-realtime", "demo-headrace-topics"}, set(found))
        for name, pod in found.items():
            with self.subTest(name):
                container = pod["containers"][0]
                self.assertIn("SSL_CERT_DIR", {e["name"] for e in container["env"]})
                mounts = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
                self.assertEqual("/run/kafka", mounts["kafka-ca"])
                self.assertEqual("/run/headrace/kafka", mounts["kafka-properties"])
                self.assertEqual("kafka-ca", {v["name"]: v for v in pod["volumes"]}["kafka-ca"]["secret"]["secretName"])

    def test_one_volume_may_serve_kafka_and_the_store(self):
        # The values file has one at 0 for the store.
        both = [option for part, at in (("kafka", 0), ("store", 1)) for option in (
            "--set", f"{part}.extraVolumes[{at}].name=ca", "--set", f"{part}.extraVolumes[{at}].secret.secretName=ca",
            "--set", f"{part}.extraVolumeMounts[{at}].name=ca", "--set", f"{part}.extraVolumeMounts[{at}].mountPath=/run/ca")]
        objects = [item for item in yaml.safe_load_all(template("-f", CHART / "ci" / "postgres-values.yaml", *both).stdout) if item]
        for item, pod in pods(objects):
            with self.subTest(item["metadata"]["name"]):
                self.assertEqual(1, [v["name"] for v in pod["volumes"]].count("ca"))
                self.assertEqual(1, [m["name"] for m in pod["containers"][0]["volumeMounts"]].count("ca"))

    def test_a_secret_url_keeps_its_file_beside_other_volumes(self):
        text = template("-f", CHART / "ci" / "postgres-values.yaml", "--set", "store.urlSecret.name=store-login").stdout
        for item, pod in pods([item for item in yaml.safe_load_all(text) if item]):
            if item["metadata"]["name"] != "demo-headrace-topics":
                names = {m["name"] for m in pod["containers"][0]["volumeMounts"]}
                self.assertLessEqual({"store-url", "postgres-ca"}, names)
                self.assertLessEqual(names, {v["name"] for v in pod["volumes"]})

    def test_an_archive_has_a_volume(self):
        objects = [item for item in yaml.safe_load_all(template("-f", CHART / "ci" / "archive-values.yaml").stdout) if item]
        claim = [item for item in objects if item["kind"] == "PersistentVolumeClaim"][0]
        for item, pod in pods(objects):
            if item["kind"] == "Deployment":
                volumes = {v["name"]: v for v in pod["volumes"]}
                self.assertEqual(claim["metadata"]["name"], volumes["store"]["persistentVolumeClaim"]["claimName"])
                self.assertIn({"name": "store", "mountPath": "/var/lib/headrace"}, pod["containers"][0]["volumeMounts"])
                self.assertIn("podAffinity", pod["affinity"])
        refused = template("--set", "store.url=ndjson:/archive/a", check=False)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("choose a directory below /var/lib/headrace, or mount a volume", refused.stderr)
        mounted = template("--set", "store.url=ndjson:/archive/a", "--set", "store.extraVolumes[0].name=nfs", "--set",
                           "store.extraVolumeMounts[0].name=nfs", "--set", "store.extraVolumeMounts[0].mountPath=/archive").stdout
        self.assertNotIn("PersistentVolumeClaim", mounted)
        self.assertIn("topologySpreadConstraints", mounted)

    def test_wrong_values_are_refused(self):
        wrong = [
            "nosuchkey=1", "image.pull=x", "kafka.broker=a:1", "kafka.brokers=nohost", "redis.url=http://x", "topics.partitions=0",
            "store.persistence.sise=1Gi", "store.migrate=perhaps", "workers.bulk.replicas=1", "workers.batch.replicas=-1", "workers.batch.replica=2",
            "workers.batch.replicas=25", "drainTimeoutSeconds=0", "log.level=loud", "metricsPort=80", "image.digest=sha256:12",
            "serviceAccount.token=true", "topics.create=perhaps", "store.extraEnv[0].value=x", "store.extraVolumes[0].secret=x",
            "store.extraVolumeMounts[0].name=x", "kafka.extraEnv[0].value=x", "kafka.extraVolumeMounts[0].name=x",
            "prometheusRule.enabled=perhaps", "prometheusRule.matchers=memory", "prometheusRule.endToEndSeconds.batch=61",
            "prometheusRule.lagSeconds.batch=-1", "prometheusRule.lagSeconds.bulk=1", "prometheusRule.runbookUrl=alerts.md",
        ]
        for assignment in wrong:
            with self.subTest(assignment):
                self.assertNotEqual(0, template("--set", assignment, check=False).returncode)


if __name__ == "__main__":
    unittest.main()
