"""The chart's alerts: off unless asked for, and made of metrics and labels that workers have."""

import collections
import re
import unittest

import test_chart
from test_chart import CHART, ROOT, template

# What Prometheus and its language bring themselves.
WORDS = {"sum", "min", "max", "by", "rate", "increase", "offset", "or", "and", "unless", "vector", "time"}


def setUpModule():
    test_chart.setUpModule()


def rules(*options):
    """None without the object."""
    objects = [item for item in test_chart.yaml.safe_load_all(template(*options).stdout) if item and item["kind"] == "PrometheusRule"]
    return objects[0]["spec"]["groups"][0]["rules"] if objects else None


def documented():
    """Metric -> (type, labels)."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    return {name: (kind, {"channel", *re.findall(r"`(\w+)`", labels)})
            for name, kind, labels in re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) \|", page, re.M)}


def selectors(expression):
    """(metric, {label: value}) of each."""
    return [(name, dict(re.findall(r'(\w+)=~?"([^"]*)"', matchers))) for name, matchers in re.findall(r"(\w+)\{(.*?)\}", expression)]


class Alerts(unittest.TestCase):
    CASES = {"defaults": ("--set", "prometheusRule.enabled=true"), "tuned": ("-f", CHART / "ci" / "alerts-values.yaml"),
             "one fleet": ("--set", "prometheusRule.enabled=true,workers.realtime.replicas=0")}

    def each(self):
        for name, options in self.CASES.items():
            for rule in rules(*options):
                yield name, rule

    def test_there_are_none_unless_asked_for(self):
        self.assertIsNone(rules())
        text = template("-f", CHART / "ci" / "alerts-values.yaml").stdout
        self.assertIn("apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n", text)
        self.assertIn("    release: prometheus\n", text)

    def test_each_has_what_a_rule_needs_and_nothing_else(self):
        seen = collections.Counter()
        for name, rule in self.each():
            self.assertLessEqual({"alert", "expr", "labels", "annotations"}, set(rule))
            self.assertLessEqual(set(rule), {"alert", "expr", "for", "labels", "annotations"})
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
            self.assertRegex(rule.get("for", "1m"), r"^\d+m$")
            self.assertNotIn("{{", rule["expr"])
            for opening, closing in ("()", "{}", "[]"):
                self.assertEqual(rule["expr"].count(opening), rule["expr"].count(closing), rule["expr"])
            seen[name, rule["alert"], str(rule["labels"])] += 1
        self.assertEqual({1}, set(seen.values()), "two rules of one name differ in a label")

    def test_metrics_and_labels_exist(self):
        known = documented()
        for name, rule in self.each():
            found = selectors(rule["expr"])
            self.assertTrue(found)
            for metric, matchers in found:
                part = re.search(r"_(bucket|count)$", metric)
                kind, labels = known[metric[:part.start()] if part else metric]
                self.assertEqual(bool(part), kind == "histogram", metric)
                if name == "tuned":
                    self.assertEqual("memory", matchers.pop("namespace"), metric)
                self.assertLessEqual(set(matchers), labels | ({"le"} if part else set()), metric)
            for labels in re.findall(r"by \((.*?)\)", rule["expr"]):
                self.assertLessEqual(set(labels.split(", ")), set().union(*(known.get(metric, ("", {"channel"}))[1] for metric, _ in found)))

    def test_matchers_may_end_with_a_comma(self):
        for comma in ("\\,", "\\, "):
            found = rules("-f", CHART / "ci" / "alerts-values.yaml", "--set-string", 'prometheusRule.matchers=namespace="a"' + comma)
            self.assertTrue(found)
            for rule in found:
                self.assertIn('namespace="a"', rule["expr"])
                self.assertNotRegex(rule["expr"], r",\s*[,}]")

    def test_no_word_is_mistyped(self):
        for _, rule in self.each():
            rest = re.sub(r'\w+\{.*?\}|\[\w+\]|"[^"]*"|by \(.*?\)', " ", rule["expr"])
            self.assertLessEqual(set(re.findall(r"[A-Za-z_]\w*", rest)) - {"m"}, WORDS, rule["expr"])

    def test_each_has_a_section_that_it_names(self):
        page = (ROOT / "docs" / "alerts.md").read_text()
        named = set()
        for name, rule in self.each():
            if name == "tuned":
                self.assertEqual(f"https://wiki.example/headrace/alerts.md#{rule['alert'].lower()}", rule["annotations"]["runbook_url"])
            else:
                self.assertNotIn("runbook_url", rule["annotations"])
            named.add(rule["alert"])
        self.assertEqual(sorted(re.findall(r"^## (\w+)$", page, re.M)), sorted(named))

    def test_a_promised_time_is_a_bound_of_the_histogram(self):
        source = (ROOT / "worker" / "duration_tally.h").read_text()
        bounds = {float(bound) for bound in re.search(r"kBounds\{(.*?)\}", source, re.S).group(1).split(",")}
        used = set()
        for _, rule in self.each():
            for metric, matchers in selectors(rule["expr"]):
                if "le" in matchers:
                    used.add(float(matchers["le"].removesuffix("([.]0)?")))
        self.assertEqual({15.0, 60.0, 7200.0}, used)
        schema = test_chart.yaml.safe_load((CHART / "values.schema.json").read_text())
        choice = schema["properties"]["prometheusRule"]["properties"]["endToEndSeconds"]["properties"]["batch"]["enum"]
        self.assertEqual(0, choice[0])
        self.assertLessEqual(set(map(float, choice[1:])), bounds)


if __name__ == "__main__":
    unittest.main()
