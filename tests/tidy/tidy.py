#!/usr/bin/env python3
"""Checks the rules of CONTRIBUTING.md that a machine can check. Prints one line a finding.

    tests/tidy/tidy.py [ROOT]

A finding is `rule path:line what`. tests/tidy/exceptions.txt may excuse `rule path`; an entry that
excuses nothing any more is itself a finding, so the list can only shrink.
"""

import fnmatch
import pathlib
import re
import sys

import classes

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
CLASS_METHODS_MAX = 10
CLASS_FIELDS_MAX = 12
PRODUCT = ("common", "producer", "worker")
SETTINGS_READER = "common/config/settings_reader.cc"

# Folder -> the folders that it may include from, beside itself.
_PORT_USERS = {"common/base", "common/model", "common/ports"}
_COMMON = _PORT_USERS | {f"common/{name}" for name in ("kafka", "redis", "accounting", "http", "graph", "archive", "config")}
LAYERS = {
    "common/base": set(),
    "common/model": {"common/base"},
    "common/archive": {"common/base", "common/model"},
    "common/ports": {"common/base", "common/model"},
    "common/kafka": _PORT_USERS,
    "common/redis": _PORT_USERS,
    "common/accounting": _PORT_USERS,
    "common/http": _PORT_USERS,
    "common/graph": _PORT_USERS | {"common/archive"},
    "common/config": _PORT_USERS | {"common/kafka", "common/redis", "common/graph"},
    "producer": _COMMON,
    "worker": _COMMON,
}

# Third-party header -> the only product files that may include it.
WALLS = [
    (r"librdkafka/", ["common/kafka/*.cc", "common/kafka/handles.h"]),
    (r"hiredis/", ["common/redis/*.cc", "common/redis/tls.h"]),
    (r"sqlite3\.h", ["common/graph/*.cc", "common/graph/sqlite_handles.h"]),
    (r"libpq", ["common/graph/postgres_*.cc"]),
    (r"zstd\.h", ["common/archive/*.cc"]),
    (r"spdlog/", ["common/base/log.cc"]),
    (r"simdjson", ["common/model/*.cc", "common/model/padded_text.h", "common/kafka/client_statistics.cc"]),
    (r"nlohmann/", ["common/model/*.cc", "common/redis/*.cc", "producer/cli/*.cc"]),
    (r"prometheus/", ["worker/*_metrics.cc", "worker/metrics_registry.cc", "worker/metric_families.h"]),
    (r"openssl/", ["common/base/sha256.cc", "common/model/ids.cc", "common/redis/tls.cc"]),
    (r"CLI/", ["producer/cli/*.cc", "producer/cli/*.h", "common/config/*.cc"]),
    (r"toml\+\+/", ["common/config/*.cc"]),
    (r"boost/(beast|asio)", ["common/http/*.cc"]),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
# Spelled in two parts, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
PLACEHOLDER = re.compile(r"[A-Z]+_TABLE\b")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b")
ENVIRONMENT = re.compile(r"\b(getenv|secure_getenv|environ|setenv|putenv)\b")
SKIP = re.compile(r"\b(GTEST_" r"SKIP|skip" r"Test|unittest\.sk" r"ip)")


def strip_code(text):
    """The text with comments, strings and character literals blanked; line breaks stay."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s\\]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL)
    return token.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def functions(code):
    """(first line, line count) of each function body at namespace or class level.

    A brace opens a function when the text in front of it, back to the last `;` or brace, holds a
    parenthesis and does not begin a class, namespace or enum. Lambdas count as part of their function.
    """
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), code, flags=re.MULTILINE)
    scope = re.compile(r"^(?:\s|inline\b|static\b|typedef\b|extern\b|template\s*<[^{}]*?>\s*(?=class|struct|union))*"
                       r"(?:namespace|class|struct|union|enum|extern)\b")
    found = []
    head = 0  # where the text in front of the next brace begins
    position = 0
    while position < len(code):
        character = code[position]
        if character in ";}":
            head = position + 1
        elif character == ":" and re.fullmatch(r"\s*(public|private|protected)\s*", code[head:position]):
            head = position + 1
        elif character == "{":
            text = code[head:position]
            is_scope = scope.match(text) or (not text.strip() or re.fullmatch(r'\s*extern\s*', text))
            if is_scope:
                head = position + 1
            else:
                end = _matching_brace(code, position)
                # `Class::Class() : a_{1}, b_{2} {`: a comma or brace follows, so the body is still to come.
                if re.match(r"\s*[,{]", code[end + 1 :]) and "(" in text:
                    position = end + 1
                    continue
                if "(" in text:
                    start = head + len(text) - len(text.lstrip())
                    first = code.count("\n", 0, start) + 1
                    found.append((first, code.count("\n", 0, end) + 2 - first))
                position = end
                head = end + 1
        position += 1
    return found


def _matching_brace(code, opening):
    depth = 0
    for position in range(opening, len(code)):
        if code[position] == "{":
            depth += 1
        elif code[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return len(code) - 1


def layer_of(path):
    parts = path.split("/")
    if parts[0] == "common" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if parts[0] in ("producer", "worker") else None


class Tidy:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.findings = []

    def report(self, rule, path, line, what):
        self.findings.append((rule, path, line, what))

    def run(self):
        for path in self._files():
            text = (self.root / path).read_text(encoding="utf-8", errors="replace")
            self._any_file(path, text)
            if path.endswith((".h", ".cc")):
                self._cpp_file(path, text)
        self._readme()
        return self._without_exceptions()

    def _readme(self):
        """Tables are filled in by scripts; a name in capitals is one that none has filled."""
        readme = self.root / "README.md"
        for number, line in enumerate(readme.read_text().splitlines() if readme.exists() else [], 1):
            if PLACEHOLDER.search(line):
                self.report("placeholder", "README.md", number, line.strip())

    def _files(self):
        for top in (*PRODUCT, "tests", "scripts"):
            for file in sorted((self.root / top).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    path = file.relative_to(self.root).as_posix()
                    if file.suffix in (".h", ".cc", ".py", ".cmake", "") or file.name == "CMakeLists.txt":
                        yield path

    def _any_file(self, path, text):
        lines = text.splitlines()
        if path.endswith((".h", ".cc", ".py")) and len(lines) > FILE_LINES_MAX:
            self.report("file-length", path, len(lines), f"{len(lines)} lines, at most {FILE_LINES_MAX}")
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line):
                self.report("unfinished", path, number, line.strip())
            if path.startswith("tests/") and SKIP.search(line):
                self.report("skipped-test", path, number, "a test that cannot run fails and says why")

    def _cpp_file(self, path, text):
        code = strip_code(text)
        self._includes(path, text)
        if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
            self.report("pragma-once", path, 1, "a header begins with #pragma once")
        for first, count in functions(code):
            if count > FUNCTION_LINES_MAX:
                self.report("function-length", path, first, f"{count} lines, at most {FUNCTION_LINES_MAX}")
        if path.startswith(PRODUCT) and path.endswith(".h"):
            self._class_sizes(path, code)
        for number, line in enumerate(code.splitlines(), 1):
            if path.startswith("tests/unit/") and SLEEP.search(line):
                self.report("sleeping-test", path, number, "use the manual clock or wait for a signal")
            if path.startswith(PRODUCT) and path != SETTINGS_READER and ENVIRONMENT.search(line):
                self.report("environment", path, number, f"the environment is read in {SETTINGS_READER} alone")

    def _class_sizes(self, path, code):
        for size in classes.class_sizes(code):
            if size.public_methods > CLASS_METHODS_MAX:
                self.report("class-size", path, size.line,
                            f"{size.name} has {size.public_methods} public methods, at most {CLASS_METHODS_MAX}")
            if size.fields > CLASS_FIELDS_MAX:
                self.report("class-size", path, size.line, f"{size.name} has {size.fields} fields, at most {CLASS_FIELDS_MAX}")

    def _includes(self, path, text):
        includes = []
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                includes.append((number, match.group(1), match.group(2)))
        self._own_header_first(path, includes)
        for number, own, foreign in includes:
            if own:
                self._own_include(path, number, own)
            elif path.startswith(PRODUCT):
                self._foreign_include(path, number, foreign)

    def _own_header_first(self, path, includes):
        own = path[: -len(".cc")] + ".h"
        if not path.endswith(".cc") or not (self.root / own).exists():
            return
        if not includes or includes[0][1] != own:
            self.report("own-header-first", path, includes[0][0] if includes else 1, f'"{own}" is included first')

    def _own_include(self, path, number, target):
        if not (self.root / target).exists():
            self.report("include-path", path, number, f'"{target}" is not a path from the repository root')
            return
        layer, wanted = layer_of(path), layer_of(target)
        if layer is None:
            return  # tests may include everything
        if wanted is None:
            self.report("include-direction", path, number, f"product code does not include {target}")
        elif wanted != layer and wanted not in LAYERS.get(layer, set()):
            self.report("include-direction", path, number, f"{layer} may not include {target}")

    def _foreign_include(self, path, number, target):
        for pattern, allowed in WALLS:
            if re.match(pattern, target) and not any(fnmatch.fnmatch(path, glob) for glob in allowed):
                self.report("wall", path, number, f"<{target}> belongs to {', '.join(allowed)}")

    def _without_exceptions(self):
        listed = read_exceptions(self.root / "tests" / "tidy" / "exceptions.txt")
        used = set()
        kept = []
        for finding in self.findings:
            key = finding[:2]
            if key in listed:
                used.add(key)
            else:
                kept.append(finding)
        for rule, path in sorted(listed - used):
            kept.append(("stale-exception", "tests/tidy/exceptions.txt", 1, f"`{rule} {path}` is not needed any more: delete it"))
        return kept


def read_exceptions(file):
    if not file.exists():
        return set()
    entries = (line.split("#")[0].split() for line in file.read_text().splitlines())
    return {tuple(entry) for entry in entries if len(entry) == 2}


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    findings = Tidy(root).run()
    for rule, path, line, what in findings:
        print(f"{rule} {path}:{line} {what}")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
