"""failed_tests.py RESULTS.xml...: what the tests said that failed, then their names.

Reads what `ctest --output-junit` wrote. The names come last because whoever reads a long log begins at its end.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml

LINES = 40  # of each test's output, from its end
COLUMNS = 400
TOLD = 20  # when more tests than that failed, they mostly say the same


def failures(path):
    """-> [(name, why, output)] of one run. A test that could not run failed."""
    if not path.exists():
        return [(path.name, "no results", "ctest ended before it wrote any")]
    return [
        (case.get("name"), case.get("status"), case.findtext("system-out", ""))
        for case in xml.parse(path).getroot().iter("testcase")
        if case.get("status") not in ("run", "disabled")
    ]


def tell(run, name, why, output):
    lines = output.rstrip().splitlines() or ["(it said nothing)"]
    print(f"\n---- {run}: {name} ({why})")
    if len(lines) > LINES:
        print(f"... {len(lines) - LINES} lines before")
    for line in lines[-LINES:]:
        print(line if len(line) <= COLUMNS else line[:COLUMNS] + "...")


def main(paths):
    found = [(path.stem, *failure) for path in paths for failure in failures(path)]
    for failure in found[:TOLD]:
        tell(*failure)
    print(f"\n{len(found)} failed:")
    for run, name, why, _ in found:
        print(f"  {run}: {name} ({why})")


if __name__ == "__main__":
    main([pathlib.Path(argument) for argument in sys.argv[1:]])
