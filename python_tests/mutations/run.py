"""Breaks the project on purpose, one line at a time, and lists what nobody noticed.

    python -m python_tests.mutations.run [--only NAME ...] [--jobs N]

Each mutation of mutations.yml changes one fragment of one file. The known company is built with it (only what depends
on the change), every test of the project runs, and every answer is compared with what was worked out by hand. A
mutation that turns nothing red has survived: a test is missing. A test that no mutation turns red may be one that
cannot fail. Both lists must be empty; otherwise the exit code is 1.

A mutation with `pytest: <arguments>` is one the build cannot show (a hook, a refusal): the tests named run in a
copy of the project with the change in it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import yaml
from python_tests.known_company import comparison
from python_tests.known_company.project import HERE, PARTS, ROOT, Outcome, copy_project, known_variables

LIST = Path(__file__).with_name("mutations.yml")
# Models are built first and tested afterwards, so that one red test hides no other.
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# What Python advises costs the most time and is tested in Python: only a change of its own models builds it.
ADVICE = ("intermediate/advice", "marts/icp")


@dataclass(frozen=True)
class Mutation:
    """One change: `find` stands in `file` and becomes `replace`. `why` says what would go wrong for a reader."""

    name: str
    file: str
    find: str
    replace: str
    why: str
    company: str = "known"
    pytest: str = ""


@dataclass(frozen=True)
class Verdict:
    """What turned red under a mutation: tests, nodes that cannot be built, answers that differ. And how long it took.

    Beside it what the company it was judged on says of itself: its tests, and what was red with nothing changed.
    """

    name: str
    red: list[str]
    seconds: float
    tests: frozenset[str] = frozenset()
    already_red: frozenset[str] = frozenset()


def read_mutations(path: Path = LIST) -> list[Mutation]:
    """The list, each fragment checked to stand in its file. Raises ValueError naming the mutations that do not fit."""
    mutations = [Mutation(name=name, **rest) for name, rest in yaml.safe_load(path.read_text(encoding="utf-8")).items()]
    unfit = [mutation.name for mutation in mutations if not _fits(mutation)]
    if unfit:
        raise ValueError(f"{path.name}: what is to be changed is not in the file any more: {', '.join(unfit)}.")
    return mutations


def _fits(mutation: Mutation) -> bool:
    own_seed = HERE / "seeds" / Path(mutation.file).name
    is_own = mutation.company == "known" and mutation.file.startswith("seeds/") and own_seed.exists()
    file = own_seed if is_own else ROOT / mutation.file
    return file.exists() and mutation.find in file.read_text(encoding="utf-8") and mutation.find != mutation.replace


class Company:
    """One company built green once; each mutation starts from that database and that manifest."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.variables: dict[str, Any] = {"run_unit_tests": True}
        if name == "known":
            self.variables |= known_variables()
            self.project = copy_project(folder)
            shutil.copytree(HERE / "exports", self.project.exports)
        else:
            self.project = copy_project(folder, seeds=None)
        built = self.project.dbt("build", *NO_TESTS, variables=self.variables)
        (self.manifest,) = self.project.manifests.values()
        self.manifest.build_parent_and_child_maps()
        self.idle_tests = self._tests_of_other_files()
        tested = self.project.dbt("test", *self._excluding(), variables=self.variables)
        # What is red before anything is changed says nothing about a change.
        self.already_red = {*self._red(built), *self._red(tested), *self._differing()}
        with self.project.connect() as connection:
            tables = connection.execute("select schema_name, table_name, sql from duckdb_tables()").fetchall()
            self.tables = {(schema, table): sql for schema, table, sql in tables}
        self.green = self.project.database.with_suffix(".green")
        shutil.copy(self.project.database, self.green)

    def tests(self) -> set[str]:
        """Every test the project has, by name."""
        nodes = [node for node in self.manifest.nodes.values() if node.resource_type == "test"]
        return {node.name for node in nodes} | {
            test.name for test in self.manifest.unit_tests.values()
        } - self.idle_tests

    def judge(self, mutation: Mutation) -> list[str]:
        shutil.copy(self.green, self.project.database)
        with self._mutated(mutation) as changed:
            if not changed:
                raise ValueError(f"{mutation.name}: nothing in the manifest holds {mutation.find!r}.")
            is_advice = any(part in mutation.file for part in ADVICE)
            red = self._rebuilt_by_dbt(sorted(changed)) if is_advice else self._rebuilt(sorted(changed))
            return sorted({*red, *self._differing()} - self.already_red)

    def _rebuilt_by_dbt(self, names: list[str]) -> list[str]:
        nodes = [f"{name}+" for name in names]
        red = self._red(self.project.dbt("build", *NO_TESTS, "--select", *nodes, variables=self.variables))
        return red + self._red(
            self.project.dbt("test", "--select", *nodes, *self._excluding(), variables=self.variables)
        )

    def _rebuilt(self, names: list[str]) -> list[str]:
        """Rebuilds what depends on these nodes: dbt compiles them, the engine runs what is compiled, tests included.

        That takes a quarter of the time dbt takes. The advice in Python is left out.
        """
        seeds = [name for name in names if f"seed.winloss.{name}" in self.manifest.nodes]
        red = self._red(self.project.dbt("seed", "--select", *seeds, variables=self.variables)) if seeds else []
        readers = {self.manifest.nodes[key].name for seed in seeds for key in self._children(f"seed.winloss.{seed}")}
        compiled = sorted({*names, *readers} - {*seeds})
        red += self._red(self.project.dbt("compile", "--select", *compiled, variables=self.variables))
        if red:
            return red
        with duckdb.connect(str(self.project.database)) as connection:
            stale: set[str] = set()
            for node in self._downstream({key for key, node in self.manifest.nodes.items() if node.name in compiled}):
                if stale & set(node.depends_on.nodes):
                    stale.add(node.unique_id)
                    continue
                try:
                    if node.resource_type == "test":
                        (rows,) = connection.execute(f"select count(*) from ({node.compiled_code})").fetchone() or (0,)
                        red += [node.name] if rows else []
                    else:
                        self._run(connection, node)
                except duckdb.Error:
                    red.append(node.name)
                    stale.add(node.unique_id)
        # A unit test looks at one model on made-up rows: those of the models further down cannot change.
        tests = [f"unit_test:{test.name}" for test in self.manifest.unit_tests.values() if test.model in compiled]
        if tests:
            red += self._red(self.project.dbt("test", "--select", *tests, *self._excluding(), variables=self.variables))
        return red

    def _run(self, connection: duckdb.DuckDBPyConnection, node: Any) -> None:
        """Builds one node as dbt does: a contracted table with its constraints."""
        if node.config.materialized == "view":
            connection.execute(f"create or replace view {node.relation_name} as {node.compiled_code}")
        else:
            connection.execute(
                self.tables[node.schema, node.name].replace("CREATE TABLE", "create or replace table", 1)
            )
            connection.execute(f"insert into {node.relation_name} by name {node.compiled_code}")

    def _children(self, key: str) -> list[str]:
        """What reads a node: models and tests written in SQL. Queries of analyses and advice in Python are left out."""
        nodes = [
            self.manifest.nodes[child] for child in self.manifest.child_map.get(key, []) if child in self.manifest.nodes
        ]
        return [
            node.unique_id
            for node in nodes
            if node.resource_type in ("model", "test")
            and node.language == "sql"
            and not any(part in node.original_file_path for part in ADVICE)
        ]

    def _downstream(self, keys: set[str]) -> list[Any]:
        """These nodes and all that depend on them, what is depended on first."""
        found, waiting = set(keys), list(keys)
        while waiting:
            for child in self._children(waiting.pop()):
                node = self.manifest.nodes[child]
                if (
                    child not in found
                    and node.language == "sql"
                    and not any(part in node.original_file_path for part in ADVICE)
                ):
                    found.add(child)
                    waiting.append(child)
        order = TopologicalSorter({key: found & set(self.manifest.nodes[key].depends_on.nodes) for key in found})
        return [self.manifest.nodes[key] for key in order.static_order()]

    @contextmanager
    def _mutated(self, mutation: Mutation) -> Iterator[set[str]]:
        """Puts the change in place, gives the names of the nodes that hold or use it, and takes it back."""
        undo: list[tuple[Any, str, str]] = []

        def change(thing: Any, attribute: str) -> bool:
            text = getattr(thing, attribute)
            if thing.original_file_path != mutation.file or mutation.find not in text:
                return False
            undo.append((thing, attribute, text))
            setattr(thing, attribute, text.replace(mutation.find, mutation.replace, 1))
            return True

        macros = {key for key, macro in self.manifest.macros.items() if change(macro, "macro_sql")}
        names = {node.name for node in self.manifest.nodes.values() if change(node, "raw_code")}
        seed = self.project.folder / mutation.file
        if mutation.file.endswith(".csv"):
            undo.append((seed, "", seed.read_text(encoding="utf-8")))
            seed.write_text(
                seed.read_text(encoding="utf-8").replace(mutation.find, mutation.replace, 1), encoding="utf-8"
            )
            names.add(seed.stem)
        try:
            yield names | self._users(macros)
        finally:
            for thing, attribute, text in undo:
                if attribute:
                    setattr(thing, attribute, text)
                else:
                    thing.write_text(text, encoding="utf-8")

    def _tests_of_other_files(self) -> set[str]:
        """Unit tests made for the files of another CRM: their model reads other inputs here."""
        models = {node.name for node in self.manifest.nodes.values()}
        return {
            test.name
            for test in self.manifest.unit_tests.values()
            if any(name not in models for given in test.given for name in re.findall(r"ref\('(\w+)'\)", given.input))
        }

    def _excluding(self) -> list[str]:
        return ["--exclude", *(f"unit_test:{name}" for name in sorted(self.idle_tests))] if self.idle_tests else []

    def _users(self, macros: set[str]) -> set[str]:
        """Names of the models and tests that use one of these macros, straight or through another macro."""
        known: set[str] = set()
        while macros - known:
            known |= macros
            macros |= {key for key, macro in self.manifest.macros.items() if known & set(macro.depends_on.macros)}
        return {
            node.name
            for node in self.manifest.nodes.values()
            if known & set(node.depends_on.macros) and node.resource_type in ("model", "test", "seed")
        }

    def _red(self, outcome: Outcome) -> list[str]:
        if outcome.exit_code and not outcome.failed:
            return ["dbt: " + (outcome.shown.strip().splitlines() or ["no message"])[-1]]
        return outcome.failed

    def _differing(self) -> list[str]:
        differing = comparison.differing_tables if self.name == "known" else comparison.differing_sample_facts
        return [f"answer {name}" for name in differing(self.project)]


# Of this process: where it works, and the companies it has built.
_scratch = Path()
_companies: dict[str, Company] = {}


def _work_in(folder: str) -> None:
    global _scratch
    _scratch = Path(folder) / str(os.getpid())


def _judge(mutation: Mutation) -> Verdict:
    started = time.monotonic()
    if mutation.pytest:
        return Verdict(mutation.name, _judge_by_pytest(mutation, _scratch / "pytest"), time.monotonic() - started)
    judges = []
    for name in ("known", "sample") if mutation.company == "both" else (mutation.company,):
        if name not in _companies:
            _companies[name] = Company(name, _scratch / name)
        judges.append(_companies[name])
    return Verdict(
        mutation.name,
        sorted(set().union(*(judge.judge(mutation) for judge in judges))),
        time.monotonic() - started,
        frozenset().union(*(judge.tests() for judge in judges)),
        frozenset().union(*(judge.already_red for judge in judges)),
    )


def _judge_by_pytest(mutation: Mutation, folder: Path) -> list[str]:
    for part in (*PARTS, "python_tests", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, folder / part)
    file = folder / mutation.file
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(mutation.find, mutation.replace, 1), encoding="utf-8")
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *shlex.split(mutation.pytest)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(folder)
    if ended.returncode not in (0, 1):
        raise RuntimeError(
            f"{mutation.name}: pytest {mutation.pytest} ended with {ended.returncode}\n{ended.stdout[-2000:]}"
        )
    return [
        line.removeprefix("FAILED ").split(" - ")[0]
        for line in ended.stdout.splitlines()
        if line.startswith(("FAILED ", "ERROR "))
    ]


def judge_all(mutations: Sequence[Mutation], jobs: int, log: Path, is_whole: bool) -> bool:
    """Judges the mutations, printing each verdict as it comes and appending it to `log` (one JSON object a line).

    True when every mutation turned something red and, if the list `is_whole`, every test was turned red by one.
    """
    context = multiprocessing.get_context("spawn")
    verdicts = []
    with (
        tempfile.TemporaryDirectory(prefix="winloss_mutations_") as folder,
        ProcessPoolExecutor(jobs, mp_context=context, initializer=_work_in, initargs=(folder,)) as pool,
    ):
        for verdict in pool.map(_judge, mutations):
            verdicts.append(verdict)
            print(f"{'red  ' if verdict.red else 'GREEN'} {verdict.seconds:5.1f} s  {verdict.name}", flush=True)
            with log.open("a", encoding="utf-8") as file:
                file.write(
                    json.dumps({"name": verdict.name, "red": verdict.red, "seconds": round(verdict.seconds, 1)}) + "\n"
                )
    already_red = frozenset().union(*(verdict.already_red for verdict in verdicts))
    print_list("Red before anything was changed:", sorted(already_red))
    survivors = [verdict.name for verdict in verdicts if not verdict.red]
    print_list(f"Of {len(verdicts)} mutations these turned nothing red:", survivors)
    idle: list[str] = []
    if is_whole:
        tests = frozenset().union(*(verdict.tests for verdict in verdicts))
        idle = sorted(tests - {name for verdict in verdicts for name in verdict.red})
        print_list(f"Of {len(tests)} tests these were turned red by no mutation:", idle)
    return not (already_red or survivors or idle)


def print_list(title: str, names: Sequence[str]) -> None:
    print(title, *(names or ["none"]), sep="\n  ", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Change one line at a time; list what no test noticed.")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="mutations to try, by name or part of it")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--log", type=Path, default=ROOT / "target" / "mutations.jsonl", help="where verdicts are kept")
    asked = parser.parse_args()
    mutations = [
        mutation for mutation in read_mutations() if not asked.only or any(part in mutation.name for part in asked.only)
    ]
    asked.log.parent.mkdir(exist_ok=True)
    return 0 if judge_all(mutations, asked.jobs, asked.log, is_whole=not asked.only) else 1


if __name__ == "__main__":
    sys.exit(main())
