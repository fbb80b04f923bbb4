"""Breaks the project on purpose, one line at a time, and lists what no one noticed.

    python -m python_tests.mutations.run [--only NAME ...] [--jobs N] [--keep FOLDER]

Each mutation of mutations.yml changes one fragment of one file. A company is built with it (only what depends on the
change), every test of the project runs, and every answer is compared with what was worked out by hand. A mutation
that turns nothing red has survived: a test is missing. A test that no mutation turns red may be one that cannot fail.
Both lists must be empty; otherwise the exit code is 1.

The company is the known one, the sample, both, or the export of a CRM, whose own tests (`pytest: <arguments>`) then
look at the build. For the others `pytest:` names tests of what a build cannot show (a hook, a refusal): they run in a
copy of the project with the change in it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import pickle
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from graphlib import TopologicalSorter
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from python_tests.crm_build import FIXTURES, READY, VARIABLES, CrmBuild
from python_tests.known_company import comparison
from python_tests.known_company.project import (
    HERE,
    PARTS,
    ROOT,
    Outcome,
    Project,
    copy_project,
    known_variables,
    what_decides_parsing,
)
from winloss.load.plan import Request, make_plan

LIST = Path(__file__).with_name("mutations.yml")
# What dbt writes about itself, and looks up beforehand, takes it longer than other segments.
QUIETLY = ("--no-write-json", "--no-populate-cache")
# Models are built first and tested afterwards, so that one red test hides no other.
NO_TESTS = ("--exclude-resource-type", "test")
# What Python advises costs the most time and is tested in Python: only a change of its own models builds it.
ADVICE = ("intermediate/advice", "intermediate/int_deal_cells", "marts/icp")
CRMS = ("salesforce", "hubspot", "pipedrive", "dynamics365")
COMPANIES = ("known", "sample", *CRMS)


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

    @property
    def is_judged_in_a_copy(self) -> bool:
        return bool(self.pytest) and self.company not in CRMS


@dataclass(frozen=True)
class Verdict:
    """What turned red under a mutation: tests, nodes that cannot be built, answers that differ. And how long it took.

    Beside it what the company it was judged on says of itself: its tests, and what was red with nothing changed. And
    why the mutation could not be judged, if so.
    """

    name: str
    red: list[str]
    seconds: float
    tests: frozenset[str] = frozenset()
    already_red: frozenset[str] = frozenset()
    problem: str = ""


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


class CrmProject(Project):
    """A scratch copy whose database stands where the tests of a CRM look for it."""

    @property
    def database(self) -> Path:
        return self.folder / "winloss.duckdb"


class Company:
    """One company, built green once in `shared`: each process takes a copy of it, and each mutation starts from that.

    Raises RuntimeError when the company cannot be built at all.
    """

    def __init__(self, name: str, folder: Path, shared: Path) -> None:
        self.name = name
        self.variables: dict[str, Any] = {}
        if name == "known":
            self.variables |= known_variables()
        elif name in CRMS:
            self.variables |= {"crm": name, **VARIABLES.get(name, {})}
        notes = shared / f"{name}.notes"
        if not notes.exists():
            self._build(shared / name, notes)
        shutil.copytree(shared / name, folder)
        self.project = self._project(folder)
        manifest, self.tables, self.already_red, self.shown = pickle.loads(notes.read_bytes())
        self._know(manifest)

    def _build(self, folder: Path, notes: Path) -> None:
        """Builds the company, and notes what a copy of it needs to know: manifest, tables, what is red already, what dbt said."""
        copy_project(folder, seeds=HERE / "seeds" if self.name == "known" else None)
        if self.name != "sample":
            exports = HERE / "exports" if self.name == "known" else FIXTURES / self.name
            shutil.copytree(exports, folder / "exports", dirs_exist_ok=True)
        self.project = self._project(folder)
        built = self.project.dbt("build", *NO_TESTS, variables=self.variables)
        if built.exit_code == 2:
            raise RuntimeError(f"{self.name} cannot be built: {built.shown[-2000:]}")
        # tests are run by the engine, from what dbt compiles
        red = self._red(built) + self._red(self.project.dbt("compile", *QUIETLY, variables=self.variables))
        (manifest,) = self.project.manifests.values()
        written = pickle.dumps(manifest)
        self._know(manifest)
        with self.project.connect() as connection:
            tables = connection.execute("select schema_name, table_name, sql from duckdb_tables()").fetchall()
            self.tables = {(schema, table): sql for schema, table, sql in tables}
        self.shown = built.shown
        if self.name != "sample":
            # a build removes its copies of irregular files; who runs one model again needs them
            crm = str(self.variables["crm"])
            make_plan(Request(crm, str(self.project.exports), str(self.project.database), self.variables))
        shutil.copy(self.project.database, self._green)
        # What is red before anything is changed says nothing about a change.
        names = [node.name for node in self.manifest.nodes.values() if self._is_sql(node)]
        red += self._run_with_what_depends(names) + self._differing()
        for arguments in {mutation.pytest for mutation in read_mutations() if mutation.company == self.name in CRMS}:
            red += self._failing(arguments)
        shutil.copy(self._green, self.project.database)
        notes.write_bytes(pickle.dumps((pickle.loads(written), self.tables, frozenset(red), self.shown)))

    def _project(self, folder: Path) -> Project:
        project = (CrmProject if self.name in CRMS else Project)(folder)
        project.manifests = {}
        return project

    def _know(self, manifest: Any) -> None:
        self.manifest = manifest
        self.manifest.build_parent_and_child_maps()
        # dbt reads a seed where it was when the project was parsed: in the shared copy, which no mutation touches
        for node in self.manifest.nodes.values():
            if node.resource_type == "seed":
                node.root_path = str(self.project.folder)
        self.idle_tests = self._tests_of_other_files()
        self.project.manifests = {what_decides_parsing(self.project.environment()): manifest}

    @property
    def _green(self) -> Path:
        return self.project.database.with_suffix(".green")

    @staticmethod
    def _is_sql(node: Any) -> bool:
        """Whether a node is a model or test written in SQL: not a query of analyses, not advice."""
        is_advice = any(part in node.original_file_path for part in ADVICE)
        return node.resource_type in ("model", "test") and node.language == "sql" and not is_advice

    def tests(self) -> set[str]:
        """Every test the project has, by name."""
        nodes = [node for node in self.manifest.nodes.values() if node.resource_type == "test"]
        unit_tests = {test.name for test in self.manifest.unit_tests.values()}
        return {node.name for node in nodes} | unit_tests - self.idle_tests

    def judge(self, mutation: Mutation) -> list[str]:
        shutil.copy(self._green, self.project.database)
        with self._mutated(mutation) as changed:
            if not changed:
                raise ValueError(f"nothing in the manifest holds {mutation.find!r}")
            if mutation.company == "both" and self.name == "sample":
                # the known company shows the rest; here stand the unit tests that read a sample's lines
                return self._red_unit_tests(sorted(changed))
            is_advice = any(part in mutation.file for part in ADVICE)
            red = set(self._rebuilt_by_dbt(sorted(changed)) if is_advice else self._rebuilt(sorted(changed)))
            red |= set(self._differing())
            if self.name in CRMS and mutation.pytest:
                red |= set(self._failing(mutation.pytest))
            return sorted(red - self.already_red)

    def _failing(self, arguments: str) -> list[str]:
        """Names of the Python tests that this build of a CRM's export turns red."""
        project, variables = self.project, VARIABLES.get(self.name, {})
        READY[self.name] = CrmBuild(project.folder, self.shown, self.name, project.exports, variables)
        ears = _Ears()
        with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()):
            code = pytest.main(["-q", "-p", "no:cacheprovider", *shlex.split(arguments)], plugins=[ears])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            raise RuntimeError(f"pytest {arguments} ended with {code}: {said.getvalue()[-2000:]}")
        return ears.red

    def _rebuilt_by_dbt(self, names: list[str]) -> list[str]:
        nodes = [f"{name}+" for name in names]
        red = self._red(self.project.dbt("build", *QUIETLY, *NO_TESTS, "--select", *nodes, variables=self.variables))
        options = [*QUIETLY, "--select", *nodes, *self._excluding()]
        return red + self._red(self.project.dbt("test", *options, variables=self.variables))

    def _rebuilt(self, names: list[str]) -> list[str]:
        """Rebuilds what depends on these nodes: dbt compiles them, the engine runs what is compiled, tests included.

        That takes a quarter of the time dbt takes. The advice in Python is left out.
        """
        seeds = [name for name in names if f"seed.winloss.{name}" in self.manifest.nodes]
        red = self._red(self.project.dbt("seed", "--select", *seeds, variables=self.variables)) if seeds else []
        readers = {self.manifest.nodes[key].name for seed in seeds for key in self._children(f"seed.winloss.{seed}")}
        compiled = sorted({*names, *readers} - {*seeds})
        red += self._red(self.project.dbt("compile", *QUIETLY, "--select", *compiled, variables=self.variables))
        return red or self._run_with_what_depends(compiled)

    def _run_with_what_depends(self, compiled: Sequence[str]) -> list[str]:
        """Runs these compiled nodes and all that depend on them; gives the names of what was red."""
        red: list[str] = []
        with duckdb.connect(str(self.project.database), config={"threads": 1}) as connection:
            connection.execute("set enable_progress_bar = false")
            connection.execute(f"attach '{self._green}' as green (read_only)")
            starts = {key for key, node in self.manifest.nodes.items() if node.name in compiled}
            stale: set[str] = set()
            changed: set[str] = set()
            for node in self._downstream(starts):
                if stale & set(node.depends_on.nodes):
                    stale.add(node.unique_id)
                    continue
                if node.unique_id not in starts and not changed & set(node.depends_on.nodes):
                    continue
                try:
                    if node.resource_type == "test":
                        (rows,) = connection.execute(f"select count(*) from ({node.compiled_code})").fetchone() or (0,)
                        red += [node.name] if rows else []
                    else:
                        self._run(connection, node)
                        changed |= {node.unique_id} if self._is_changed(connection, node) else set()
                except duckdb.Error:
                    red.append(node.name)
                    stale.add(node.unique_id)
        return red + self._red_unit_tests(compiled)

    def _red_unit_tests(self, compiled: Sequence[str]) -> list[str]:
        """A unit test looks at one model on made-up rows: those of the models further down cannot change."""
        tests = [f"unit_test:{test.name}" for test in self.manifest.unit_tests.values() if test.model in compiled]
        if not tests:
            return []
        options = [*QUIETLY, "--select", *tests, *self._excluding()]
        return self._red(self.project.dbt("test", *options, variables=self.variables))

    def _run(self, connection: duckdb.DuckDBPyConnection, node: Any) -> None:
        """Builds one node as dbt does: a contracted table with its constraints."""
        if node.config.materialized == "view":
            connection.execute(f"create or replace view {node.relation_name} as {node.compiled_code}")
        else:
            made = self.tables[node.schema, node.name].replace("CREATE TABLE", "create or replace table", 1)
            connection.execute(f"{made}; insert into {node.relation_name} by name {node.compiled_code}")

    def _is_changed(self, connection: duckdb.DuckDBPyConnection, node: Any) -> bool:
        """Whether a table holds other rows than it did; a view is always taken to."""
        if node.config.materialized == "view":
            return True
        new, old = f"from {node.relation_name}", f'from green."{node.schema}"."{node.name}"'
        rows = f"select 1 from ((({new}) except all ({old})) union all (({old}) except all ({new}))) limit 1"
        return connection.execute(rows).fetchone() is not None

    def _children(self, key: str) -> list[str]:
        """What reads a node: models and tests written in SQL. Queries of analyses and advice in Python are left out."""
        children = [child for child in self.manifest.child_map.get(key, []) if child in self.manifest.nodes]
        return [child for child in children if self._is_sql(self.manifest.nodes[child])]

    def _downstream(self, keys: set[str]) -> list[Any]:
        """These nodes and all that depend on them, what is depended on first."""
        found, waiting = set(keys), list(keys)
        while waiting:
            children = set(self._children(waiting.pop())) - found
            found |= children
            waiting += children
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
        # dbt leaves what it compiled in the manifest
        compiled = {
            key: node.compiled_code for key, node in self.manifest.nodes.items() if node.resource_type != "seed"
        }
        try:
            yield names | self._users(macros)
        finally:
            for key, text in compiled.items():
                self.manifest.nodes[key].compiled_code = text
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
        if self.name in CRMS:
            return []
        differing = comparison.differing_tables if self.name == "known" else comparison.differing_sample_facts
        return [f"answer {name}" for name in differing(self.project)]


class _Ears:
    """Hears from pytest which tests are red."""

    def __init__(self) -> None:
        self.red: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.red.append(report.nodeid)


# Of this process: where it works, and the companies it has a copy of.
_shared = Path()
_scratch = Path()
_companies: dict[str, Company] = {}


def _work_in(companies: Path, scratch: str) -> None:
    global _scratch, _shared
    _scratch, _shared = Path(scratch) / str(os.getpid()), companies


def _company(name: str) -> str:
    """Has a company ready in this process. Says why it cannot be built, if so."""
    try:
        if name not in _companies:
            _companies[name] = Company(name, _scratch / name, _shared)
    except RuntimeError as error:
        return str(error)
    return ""


def _judge(mutation: Mutation) -> Verdict:
    started = time.monotonic()
    names = ("known", "sample") if mutation.company == "both" else (mutation.company,)
    try:
        if mutation.is_judged_in_a_copy:
            return Verdict(mutation.name, _judge_by_pytest(mutation, _scratch / "pytest"), time.monotonic() - started)
        problem = "".join(map(_company, names))
        judges = [] if problem else [_companies[name] for name in names]
        red = set().union(*(judge.judge(mutation) for judge in judges))
    except Exception as error:  # one mutation that cannot be judged must not hide the verdicts on the others
        judges, red, problem = [], set(), f"{type(error).__name__}: {error}"
    return Verdict(
        mutation.name,
        sorted(red),
        time.monotonic() - started,
        frozenset().union(*(judge.tests() for judge in judges)),
        frozenset().union(*(judge.already_red for judge in judges)),
        problem,
    )


def _judge_by_pytest(mutation: Mutation, folder: Path) -> list[str]:
    for part in (*PARTS, "python_tests", "docs", "pyproject.toml"):
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


def _digest() -> str:
    """Of everything a company is built from."""
    folders = [ROOT / part for part in PARTS] + [HERE, FIXTURES]
    files = [path for folder in folders for path in (folder.rglob("*") if folder.is_dir() else [folder])]
    texts = [(str(path.relative_to(ROOT)), path) for path in sorted(files) if path.is_file() and path.suffix != ".pyc"]
    return hashlib.sha256(b"".join(name.encode() + path.read_bytes() for name, path in texts)).hexdigest()[:16]


@contextmanager
def _folder_of_companies(keep: Path | None) -> Iterator[Path]:
    """Where companies are built: a folder that goes with the run, or one that the next run of the same project uses again."""
    if keep:
        kept = keep.resolve() / _digest()
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
    else:
        with tempfile.TemporaryDirectory(prefix="winloss_mutations_") as folder:
            yield Path(folder)


def judge_all(mutations: Sequence[Mutation], jobs: int, log: Path, is_whole: bool, keep: Path | None = None) -> bool:
    """Judges the mutations, printing each verdict as it comes and appending it to `log` (one JSON object a line).

    True when every mutation turned something red and, if the list `is_whole`, every test was turned red by one.
    """
    context = multiprocessing.get_context("spawn")
    verdicts = []
    wanted = {mutation.company for mutation in mutations if not mutation.is_judged_in_a_copy}
    wanted = wanted - {"both"} | ({"known", "sample"} if "both" in wanted else set())
    started = time.monotonic()
    with (
        _folder_of_companies(keep) as companies,
        tempfile.TemporaryDirectory(prefix="winloss_mutations_") as scratch,
        ProcessPoolExecutor(jobs, mp_context=context, initializer=_work_in, initargs=(companies, scratch)) as pool,
    ):
        # each company once, before two processes can want the same
        for name, problem in zip(sorted(wanted), pool.map(_company, sorted(wanted)), strict=True):
            print(f"{time.monotonic() - started:5.0f} s  {name} {problem or 'is built'}", flush=True)
        # those judged in a copy of the project take longest: last
        for verdict in pool.map(_judge, sorted(mutations, key=lambda mutation: mutation.is_judged_in_a_copy)):
            verdicts.append(verdict)
            colour = "red  " if verdict.red else "ERROR" if verdict.problem else "GREEN"
            print(f"{colour} {verdict.seconds:5.1f} s  {verdict.name} {verdict.problem}", flush=True)
            with log.open("a", encoding="utf-8") as file:
                file.write(
                    json.dumps(
                        {"name": verdict.name, "red": verdict.red, "seconds": round(verdict.seconds, 1)}
                        | ({"problem": verdict.problem} if verdict.problem else {})
                    )
                    + "\n"
                )
    already_red = frozenset().union(*(verdict.already_red for verdict in verdicts))
    print_list("Red before anything was changed:", sorted(already_red))
    survivors = [verdict.name + (verdict.problem and ": " + verdict.problem) for verdict in verdicts if not verdict.red]
    print_list(f"Of {len(verdicts)} mutations these turned nothing red:", survivors)
    idle: list[str] = []
    if is_whole:
        tests = frozenset().union(*(verdict.tests for verdict in verdicts))
        idle = sorted(tests - {name for verdict in verdicts for name in verdict.red})
        print_list(f"Of {len(tests)} tests these were turned red by no mutation:", idle)
    print(f"{(time.monotonic() - started) / 60:.0f} minutes, {jobs} at a time.", flush=True)
    return not (already_red or survivors or idle)


def print_list(title: str, names: Sequence[str]) -> None:
    print(title, *(names or ["none"]), sep="\n  ", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Change one line at a time; list what no test noticed.")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="mutations to try, by name or part of it")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--log", type=Path, default=ROOT / "target" / "mutations.jsonl", help="where verdicts are kept")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the companies built, for the next run")
    asked = parser.parse_args()
    mutations = [
        mutation for mutation in read_mutations() if not asked.only or any(part in mutation.name for part in asked.only)
    ]
    asked.log.parent.mkdir(exist_ok=True)
    return 0 if judge_all(mutations, asked.jobs, asked.log, not asked.only, asked.keep) else 1


if __name__ == "__main__":
    sys.exit(main())
