"""Scratch copies of the project, and real dbt runs on them inside this process.

A test never builds in the checkout: it would meet the user's own seeds, exports and database there. A copy keeps its
parsed manifest, so that the next run on it starts in half a second instead of five.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult

from python_tests import speeds
from winloss.dbt.build_lock import release_build_lock
from winloss.operations.quarterly import WITHOUT_UNIT_TESTS

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
KEY = "known-company-key"
PARTS = ("models", "macros", "seeds", "tests", "analyses", "winloss", "dbt_project.yml", "profiles.yml")
PASSED = ("success", "pass", "warn", "no-op")

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

    @staticmethod
    def switches(variables: Mapping[str, Any], crm: str | None = None) -> str:
        """What of the variables a parsed project depends on."""
        return repr((variables.get("crm"), crm))

    def dbt(self, *arguments: str, variables: Mapping[str, Any] | None = None, **more: str) -> Outcome:
        """Runs one dbt command in this process. `more` are variables of the environment.

        The project is parsed once for each CRM. Variables are read when a model is compiled, so what was parsed serves other variables too,
        except the CRM.
        """
        speeds.dbt_starts()
        # one company after another is built here, each with its own number of deals
        variables = {"allow_fewer_deals": True, **(variables or {})}
        switches = self.switches(variables, more.get("WINLOSS_CRM"))
        lines: list[str] = []
        options = ["--vars", yaml.safe_dump(variables), "--log-level-file", "none"]
        with (
            standing_in(self.folder, self.environment(**more)),
            redirect_stdout(StringIO()),
            redirect_stderr(StringIO()),
        ):

            def invoke(*command: str) -> dbtRunnerResult:
                hear = [lambda event: lines.append(event.info.msg) if event.info.level != "debug" else None]
                return dbtRunner(manifest=self.manifests.get(switches), callbacks=hear).invoke([*command, *options])

            result = invoke("parse") if switches not in self.manifests else None
            if result and result.success:
                self.manifests[switches] = result.result
            if not result or result.success:
                result = invoke(*arguments, *(WITHOUT_UNIT_TESTS if "build" in arguments else ()))
        # dbt keeps the database open until its process ends, and a build that was refused its lock; here others read it before
        DuckDBConnectionManager.close_all_connections()
        release_build_lock(self.database)
        return _outcome(result, lines)

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
    for name in [name for name in os.environ if name.startswith("WINLOSS_")]:
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
