"""Scratch copies of the project, and real dbt runs on them inside this process.

A test never builds in the checkout: it would meet the user's own seeds, exports and database there. What dbt parsed is kept
for the next run on the same copy and, by a checksum of all that was parsed, for the other copies of a session: parsing
takes longer than most builds.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

from python_tests import speeds
from winloss.dbt.build_lock import release_build_lock
from winloss.operations.quarterly import UNATTENDED, WITHOUT_UNIT_TESTS

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
KEY = "known-company-key"
PARTS = ("models", "macros", "seeds", "tests", "analyses", "winloss", "dbt_project.yml", "profiles.yml")
PASSED = ("success", "pass", "warn", "no-op")
# The variable that names the folder in which a session of tests shares what dbt parsed (conftest.py)
SHARED_MANIFESTS = "SHARED_MANIFESTS"

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """What a dbt run said: its exit code, every line it showed, and the status of each node by name."""

    exit_code: int
    shown: str
    statuses: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> list[str]:
        return sorted(name for name, status in self.statuses.items() if status not in (*PASSED, "skipped"))


@dataclass
class Project:
    """A scratch copy: its folder, the folder of its exports, and the private database it builds."""

    folder: Path
    manifests: dict[str, Any] = field(default_factory=dict, repr=False)
    # Whether a build writes dbt's manifest and results, a tenth of its work that few tests read
    writes_artifacts: bool = False

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    @property
    def database(self) -> Path:
        return self.folder / "private" / "w.duckdb"

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "WINLOSS_DB": str(self.database),
            "WINLOSS_EXPORTS": str(self.exports),
            "WINLOSS_PUBLISHED": str(self.folder / "published" / "marts.duckdb"),
            "WINLOSS_KEY": KEY,
            **more,
        }

    def dbt(self, *arguments: str, variables: Mapping[str, Any] | None = None, **more: str) -> Outcome:
        """Runs one dbt command in this process. `more` are variables of the environment."""
        speeds.dbt_starts()
        # one company after another is built here, each with its own number of deals, or few changed ones
        variables = {"allow_fewer_deals": True, "allow_few_changes": True, **(variables or {})}
        options = ["--vars", yaml.safe_dump(variables), "--log-level-file", "none"]
        if "build" in arguments:
            arguments = (*arguments, *WITHOUT_UNIT_TESTS, *(() if self.writes_artifacts else UNATTENDED))
        with standing_in(self.folder, self.environment(**more)):
            result, lines = run_dbt(self.manifests, *arguments, options=options)
        release(self.database)
        return _outcome(result, lines)

    def build_for(self, *tables: str, variables: Mapping[str, Any] | None = None, **more: str) -> Outcome:
        """Builds tables, all they rest on and the tests of these, in a new database: from a tenth to a half of a whole build.

        Nothing is published.
        """
        self.database.unlink(missing_ok=True)
        return self.dbt("build", "--select", *(f"+{table}" for table in tables), variables=variables, **more)

    def connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.database), read_only=True)

    def rows(self, sql: str) -> list[Row]:
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    def write(self, name: str, text: str | bytes) -> None:
        """Puts one export file in place."""
        self.exports.mkdir(exist_ok=True)
        (self.exports / name).write_bytes(text.encode() if isinstance(text, str) else text)

    def empty_exports(self) -> None:
        shutil.rmtree(self.exports, ignore_errors=True)
        self.exports.mkdir()


def run_dbt(
    manifests: dict[str, Any],
    *arguments: str,
    options: Sequence[str] = (),
    printed: StringIO | None = None,
) -> tuple[dbtRunnerResult, list[str]]:
    """Runs one dbt command on the project in the working directory: its result and every line it showed.

    `manifests` holds what was parsed, by what decides that, and gets what had to be parsed now. Settings, the CRM among them, are read when a model
    is compiled, so what was parsed serves all of them.
    `printed` gets all that a terminal would show.
    """
    lines: list[str] = []
    parsed_for = what_decides_parsing(os.environ)

    def hear(event: Any) -> None:
        if event.info.level != "debug":
            lines.append(event.info.msg)

    def invoke(*command: str) -> dbtRunnerResult:
        return dbtRunner(manifest=manifests.get(parsed_for), callbacks=[hear]).invoke([*command, *options])

    printed = StringIO() if printed is None else printed
    with redirect_stdout(printed), redirect_stderr(printed):
        if parsed_for not in manifests:
            shared = shared_manifest(parsed_for)
            if shared and shared.exists():
                manifests[parsed_for] = _manifest_of(shared)
            else:
                places = [
                    word
                    for place, option in enumerate(arguments)
                    if option in ("--target-path", "--log-path")
                    for word in arguments[place : place + 2]
                ]
                # a terminal would show one command
                with redirect_stdout(StringIO()) as aside, redirect_stderr(aside):
                    parsed = invoke("parse", *places)
                if not parsed.success:
                    printed.write(aside.getvalue())
                    return parsed, lines
                manifests[parsed_for] = parsed.result
                if shared:
                    _share(parsed.result, shared)
        _as_parsed_here(manifests[parsed_for])
        return invoke(*arguments), lines


def as_a_program(folder: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the program dbt would do in `folder`, in this process, where it is imported already: its exit code, and in `stdout` all it shows."""
    speeds.dbt_starts()
    printed = StringIO()
    with standing_in(folder, environment):
        result, _ = run_dbt({}, *arguments, printed=printed)
        release(Path(environment["WINLOSS_DB"]))
    code = 0 if result.success else 2 if result.exception else 1
    shown, error = printed.getvalue(), str(result.exception or "")
    if error not in shown:
        shown += f"{error}\n"
    return subprocess.CompletedProcess(arguments, code, shown, "")


def release(database: Path) -> None:
    """Closes a database. dbt keeps it open until its process ends, and a build that was refused its lock; here others read it before."""
    DuckDBConnectionManager.close_all_connections()
    release_build_lock(database)


def what_decides_parsing(environment: Mapping[str, str]) -> str:
    """What of the environment is part of a parsed project: the target, and the name of the database, which DuckDB takes for its catalog."""
    return f"{environment.get('WINLOSS_TARGET', '')} {Path(environment.get('WINLOSS_DB', '')).stem}"


def shared_manifest(parsed_for: str = "") -> Path | None:
    """Where a manifest stands that was parsed from the same files for the same target and catalog, by this or another process of the session."""
    folder = os.environ.get(SHARED_MANIFESTS)
    if not folder:
        return None
    # a name may be no UTF-8
    digest = hashlib.sha256(parsed_for.encode(errors="surrogateescape"))
    for part in (part for part in PARTS if part != "winloss"):
        for path in sorted(Path(part).rglob("*")) if Path(part).is_dir() else [Path(part)]:
            # what stands in a seed is read when it is loaded
            is_parsed = path.is_file() and path.suffix != ".csv"
            digest.update(str(path).encode() + b"\0" + (path.read_bytes() if is_parsed else b"") + b"\0")
    return Path(folder) / f"{digest.hexdigest()}.manifest"


def _share(manifest: Any, place: Path) -> None:
    written = place.with_suffix(f".{os.getpid()}")
    written.write_bytes(manifest.to_msgpack(extended_mashumaro_encoder))
    written.replace(place)


# copies use it in turn, as the commands on one copy do; several states of the project are at work at a time
@lru_cache(maxsize=4)
def _manifest_of(place: Path) -> Any:
    manifest = Manifest.from_msgpack(place.read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    manifest.build_parent_and_child_maps()
    return manifest


def _as_parsed_here(manifest: Any) -> None:
    """What dbt would have parsed in this copy of the project: seeds of this folder, and nothing compiled by an earlier command.

    dbt takes the ephemeral steps of a query for written where they once were, and would leave them out.
    """
    for node in manifest.nodes.values():
        if node.resource_type == "seed":
            node.root_path = str(Path.cwd())
        elif hasattr(node, "extra_ctes_injected"):
            node.compiled, node.compiled_code, node._pre_injected_sql = False, None, None
            node.extra_ctes, node.extra_ctes_injected = [], False


def copy_project(folder: Path, seeds: Path | None = HERE / "seeds") -> Project:
    """Copies the project into `folder`; `seeds` are files that stand in for the seeds a user may edit."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
            )
        else:
            shutil.copy(ROOT / part, folder / part)
    for seed in sorted(seeds.glob("*.csv")) if seeds else []:
        (place,) = (folder / "seeds").rglob(seed.name)
        shutil.copy(seed, place)
    (folder / "private").mkdir(exist_ok=True)
    (folder / "exports").mkdir(exist_ok=True)
    return Project(folder)


def known_variables() -> dict[str, Any]:
    """The variables the known company is built with."""
    variables: dict[str, Any] = yaml.safe_load((HERE / "mapping.yml").read_text(encoding="utf-8"))
    return variables


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@contextmanager
def standing_in(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before, place = dict(os.environ), Path.cwd()
    for name in [name for name in os.environ if name.startswith(("WINLOSS_", "DBT_"))]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)


def _outcome(result: dbtRunnerResult, lines: Sequence[str]) -> Outcome:
    nodes = getattr(result.result, "results", None) or []
    shown = "\n".join([*lines, str(result.exception or "")])
    return Outcome(
        exit_code=0 if result.success else 2 if result.exception else 1,
        shown=shown,
        statuses={node.node.name: str(node.status) for node in nodes},
        messages={node.node.name: str(node.message or "") for node in nodes},
    )


DEAL_COLUMNS = (
    "deal_id outcome created_on closed_on amount owner lead_source product loss_reason win_factors "
    "qualification_score industry annual_revenue region"
).split()
CONTACT_COLUMNS = "contact_id title".split()
LINK_COLUMNS = "deal_id contact_id buying_role added_on".split()
STAGE_COLUMNS = "deal_id stage entered_on".split()


def csv_text(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as CSV with a header; what a row does not say is an empty cell."""
    text = StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def plain_mapping(**more: Any) -> dict[str, Any]:
    """Variables for files whose headers are the canonical names: deals.csv, and contacts where `more` names them."""
    objects = {
        "deals": DEAL_COLUMNS,
        "contacts": CONTACT_COLUMNS,
        "deal_contacts": LINK_COLUMNS,
        "stage_history": STAGE_COLUMNS,
    }
    named = ["deals", *more.pop("also", [])]
    mapping = {
        "files": {name: f"{name}.csv" for name in named},
        "columns": {name: {column: column for column in objects[name]} for name in named},
        **more.pop("mapping", {}),
    }
    return {"crm": "custom", "mapping": mapping, **more}
