"""Shows the simulation's teeth: each patch in defects/ breaks one line of the product, and the 1,000
seeds of the test run must say which invariant that breaks.

Only the changed file is compiled, as compile_commands.json says, and the simulation is linked with
it once more.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ["HEADRACE_BIN_DIR"])
# A fixed place, so that a compiler cache knows what was compiled before.
SCRATCH = BUILD / "tests/simulation/defects"
SIMULATION = "tests/simulation/simulation"
PATCHES = sorted((HERE / "defects").glob("*.patch"))


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=600, **options)


def compile_command(source):
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if entry["file"] == str(source):
            return shlex.split(entry["command"])
    raise AssertionError(f"compile_commands.json does not know {source}")


def link_command():
    """The last command that ninja runs for the simulation."""
    commands = run(["ninja", "-C", str(BUILD), "-t", "commands", SIMULATION]).stdout.splitlines()
    return [word for word in shlex.split(commands[-1]) if word not in (":", "&&")]


def with_option(command, option, value):
    changed = list(command)
    changed[changed.index(option) + 1] = str(value)
    return changed


def must(done, what):
    if done.returncode != 0:
        raise AssertionError(f"{what}: {done.stdout}{done.stderr}")


def build(patch):
    """A simulation with the defect; the patch must fit exactly as it stands."""
    scratch = SCRATCH / patch.stem
    shutil.rmtree(scratch, ignore_errors=True)
    changed = re.search(r"^\+\+\+ b/(\S+)", patch.read_text(), re.MULTILINE).group(1)
    source, copy = ROOT / changed, scratch / changed
    copy.parent.mkdir(parents=True)
    shutil.copy(source, copy)
    # Where it seems to be inside a repository, git would look there for the file.
    outside = dict(os.environ, GIT_CEILING_DIRECTORIES=str(scratch.parent))
    must(run(["git", "apply", str(patch)], cwd=scratch, env=outside), "does not apply any more")
    if copy.read_text() == source.read_text():
        raise AssertionError("changes nothing")

    target, simulation = scratch / "changed.o", scratch / "simulation"
    command = [str(copy) if word == str(source) else word for word in compile_command(source)]
    must(run(with_option(command, "-o", target), cwd=BUILD), "does not compile any more")
    # Before the libraries, so that what it defines is not looked for in them.
    linking = link_command()
    place = linking.index("-o") + 1
    linking[place : place + 1] = [str(simulation), str(target)]
    must(run(linking, cwd=BUILD), "cannot be linked")
    return simulation


def find(patch):
    """The invariant that the defect breaks, and the seed that shows it."""
    simulation = build(patch)
    found = run([str(simulation), "--seeds", "1000"])
    shutil.rmtree(SCRATCH / patch.stem)
    if found.returncode == 0:
        raise AssertionError("goes unnoticed in 1,000 seeds")
    invariant = re.search(r"^invariant broken: (\S.*)$", found.stderr, re.MULTILINE)
    seed = re.search(r"--seed (\d+)", found.stderr)
    if invariant is None or seed is None:
        raise AssertionError(f"breaks no invariant by name: {found.stderr}")
    return invariant.group(1), seed.group(1)


class Defects(unittest.TestCase):
    def test_each_is_caught(self):
        self.assertGreaterEqual(len(PATCHES), 10)
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            findings = [(patch, pool.submit(find, patch)) for patch in PATCHES]
        for patch, finding in findings:
            with self.subTest(patch.stem):
                invariant, seed = finding.result()
                print(f"{patch.stem}: {invariant} (seed {seed})", flush=True)


if __name__ == "__main__":
    unittest.main()
