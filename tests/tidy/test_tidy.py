"""The tree keeps the rules, and tidy.py notices when a tree does not."""

import pathlib
import tempfile
import unittest

import tidy

ROOT = pathlib.Path(__file__).resolve().parents[2]
BODY = "\n".join(f"  use({n});" for n in range(75))
METHODS = "".join(f"  std::function<void(int)> F{n}(int x = 1) const;\n" for n in range(9))
FIELDS = "".join(f"  std::map<int, char> f{n}_{{}};\n" for n in range(11))


def header(methods, fields):
    return f"#pragma once\nclass X final : public Y {{\n public:\n  X();\n  bool operator==(const X&) const;\n{methods} private:\n  void G();\n{fields}}};\n"



class Tree(unittest.TestCase):
    def test_keeps_the_rules(self):
        findings = tidy.Tidy(ROOT).run()
        self.assertEqual([], [f"{rule} {path}:{line} {what}" for rule, path, line, what in findings])

    def test_is_really_read(self):
        self.assertGreater(sum(path.endswith(".cc") for path in tidy.Tidy(ROOT)._files()), 20)


class BadTree(unittest.TestCase):
    def rules(self, files, exceptions=""):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**files, "tests/tidy/exceptions.txt": exceptions}.items():
                file = pathlib.Path(root) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return [(rule, path) for rule, path, _, _ in tidy.Tidy(root).run()]

    def test_each_rule_is_enforced(self):
        headers = {"common/ports/p.h": "#pragma once\n", "producer/p.h": "#pragma once\n", "common/base/b.h": "#pragma once\n"}
        cases = {
            "upward include": ("include-direction", "common/base/x.cc", '#include "common/ports/p.h"\n'),
            "sibling include": ("include-direction", "common/kafka/x.cc", '#include "producer/p.h"\n'),
            "worker uses producer": ("include-direction", "worker/x.cc", '#include "producer/p.h"\n'),
            "unknown folder of common": ("include-direction", "common/extra/x.cc", '#include "common/base/b.h"\n'),
            "relative include": ("include-path", "common/ports/x.cc", '#include "p.h"\n'),
            "librdkafka in a header": ("wall", "common/kafka/x.h", "#pragma once\n#include <librdkafka/rdkafka.h>\n"),
            "hiredis in the worker": ("wall", "worker/x.cc", "#include <hiredis/hiredis.h>\n"),
            "sqlite3 in a header": ("wall", "common/graph/x.h", "#pragma once\n#include <sqlite3.h>\n"),
            "spdlog elsewhere": ("wall", "common/base/x.cc", "#include <spdlog/spdlog.h>\n"),
            "simdjson elsewhere": ("wall", "producer/x.cc", "#include <simdjson.h>\n"),
            "CLI11 in the worker": ("wall", "worker/x.cc", "#include <CLI/CLI.hpp>\n"),
            "toml++ elsewhere": ("wall", "producer/x.cc", "#include <toml++/toml.h>\n"),
            "nlohmann in the worker": ("wall", "worker/x.cc", "#include <nlohmann/json.hpp>\n"),
            "prometheus elsewhere": ("wall", "worker/x.cc", "#include <prometheus/counter.h>\n"),
            "openssl elsewhere": ("wall", "common/base/x.cc", "#include <openssl/sha.h>\n"),
            "placeholder": ("placeholder", "README.md", "# Headrace\n\nBENCH_TABLE\n"),
            "beast elsewhere": ("wall", "worker/x.cc", "#include <boost/beast/core.hpp>\n"),
            "long file": ("file-length", "worker/x.cc", "// a line\n" * 401),
            "long function": ("function-length", "worker/x.cc", f"namespace a {{\nvoid F() {{\n{BODY}\n}}\n}}\n"),
            "long method": ("function-length", "worker/x.cc", f"class A : public B {{\n public:\n  int F() const override {{\n{BODY}\n }}\n}};\n"),
            "long template": ("function-length", "worker/x.cc", f"template <class T>\nT F(T t) {{\n{BODY}\n}}\n"),
            "long constructor": ("function-length", "worker/x.cc", f"A::A(int x) : x_{{x}}, y_{{2}} {{\n{BODY}\n}}\n"),
            "wide class": ("class-size", "worker/x.h", header(METHODS + "  bool empty() const { return x_; }\n  void H() override;\n", "")),
            "class of many fields": ("class-size", "worker/x.h", header("", FIELDS + "  struct S {\n    int a_;\n  } s_;\n  int z_ = F();\n")),
            "environment": ("environment", "common/redis/x.cc", 'auto v = getenv("X");\n'),
            "sleep": ("sleeping-test", "tests/unit/x.cc", "void F() { std::this_thread::sleep_for(1ms); }\n"),
            "no pragma": ("pragma-once", "common/base/x.h", "int F();\n"),
            "own header late": ("own-header-first", "common/base/b.cc", '#include <string>\n\n#include "common/base/b.h"\n'),
            "unfinished": ("unfinished", "worker/x.cc", "// TO" "DO: later\n"),
            "skip": ("skipped-test", "tests/unit/x.cc", "void F() { GTEST_" "SKIP(); }\n"),
        }
        for name, (rule, path, text) in cases.items():
            with self.subTest(name):
                self.assertEqual([(rule, path)], self.rules({**headers, path: text}))

    def test_what_is_allowed_passes(self):
        self.assertEqual([], self.rules({
            "common/base/b.h": '#pragma once\n// "sleep_for" and getenv( in a comment\n',
            "common/base/b.cc": '#include "common/base/b.h"\n\nconst char* k = "getenv(";\n',
            "common/kafka/k.cc": '#include <librdkafka/rdkafka.h>\n\n#include "common/base/b.h"\n',
            "common/config/settings_reader.cc": 'auto v = std::getenv("X");\n',
            "worker/main.cc": '#include "common/base/b.h"\n' + "namespace a {\n" + "void F() {}\n" * 90 + "}\n",
            "worker/wide.h": header(METHODS + "  bool empty() const { return x_; }\n", FIELDS + "  struct S {\n    int a_;\n  } s_;\n"),
            "worker/struct.h": "#pragma once\nstruct X {\n" + FIELDS + FIELDS + "};\nenum class Z { kA };\n",
            "worker/table.cc": "const int kTable[] = {\n" + "  1,\n" * 90 + "};\n",
        }))

    def test_an_exception_excuses_until_it_is_not_needed(self):
        long_file = {"worker/x.cc": "// a line\n" * 401}
        self.assertEqual([], self.rules(long_file, "file-length worker/x.cc  # being split\n"))
        self.assertEqual([("stale-exception", "tests/tidy/exceptions.txt")], self.rules({}, "file-length worker/x.cc\n"))


if __name__ == "__main__":
    unittest.main()
