"""A build of a small export of one CRM, as far as its lines, shared by the tests of that CRM."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from python_tests.conftest import KEY, ROOT, SampleBuild
from winloss.errors import ReadingError
from winloss.load.columns import COLUMNS
from winloss.load.plan import ReadingPlan, Request, make_plan

FIXTURES = ROOT / "python_tests" / "fixtures"

# What an account file says of accounts beside their id: size and dimensions, in the order of the loader.
SAID_OF_ACCOUNTS = [
    column.name
    for column in COLUMNS["accounts"]
    if column.is_dimension or column.name in ("annual_revenue", "employees")
]

# Variables the fixture of a CRM is built with: fields of the company's own.
VARIABLES = {
    "salesforce": {
        "field_aliases": {"qualification_score": "Fit_Score__c"},
        "extra_dimensions": {"territory": "Territory__c"},
    }
}


@dataclass(frozen=True)
class CrmBuild(SampleBuild):
    """What dbt left behind after it read the export of a CRM in a folder, up to the marts about the lines read."""

    crm: str
    exports: Path
    variables: dict[str, Any] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return super().environment() | {"WINLOSS_CRM": self.crm, "WINLOSS_EXPORTS": str(self.exports)}

    def outcome_of(self, deal_id: str, *stages: tuple[str, str]) -> list[tuple[Any, ...]]:
        """The outcome of a deal by the SQL dbt ran, with further lines (stage, outcome) in the stage map."""
        sql = self.compiled("models/staging/base_deal_outcomes.sql")
        with duckdb.connect() as connection:
            connection.execute(f"attach '{self.database}' as winloss (read_only)")
            connection.execute(
                "create schema reference; create table reference.stage_map as from winloss.reference.stage_map"
            )
            connection.executemany(f"insert into reference.stage_map values ('{self.crm}', ?, ?)", list(stages))
            changed = sql.replace('"winloss"."reference"."stage_map"', "reference.stage_map")
            return connection.execute(
                f"select known_outcome from ({changed}) as deals where deal_id = '{deal_id}'"
            ).fetchall()

    def landing_select(self, name: str, statement: str) -> str:
        """The select of a landing table as the hook of this build wrote it, over the lines of other files."""
        hooks = self.folder / "target" / "compiled" / "winloss" / "dbt_project.yml" / "hooks"
        (written,) = [
            text
            for file in hooks.glob("*on-run-start*")
            if "landing.loads as" in (text := file.read_text(encoding="utf-8"))
        ]
        found = re.search(
            rf"create or replace table landing\.{name} as\s+(select.*?from \(\n).*?(\n *\) as exported)",
            written,
            re.DOTALL,
        )
        assert found is not None, name
        columns = found[1]
        # files read without the dimensions of this build do not hold them
        for own in self.variables.get("extra_dimensions") or {}:
            if own not in statement:
                columns = columns.replace(f"cast({own} as", "cast(null as")
        return f"{columns}{statement}{found[2]} cross join landing.privacy_key"

    def compiled(self, path: str) -> str:
        """The SQL dbt ran for a model."""
        return (self.folder / "target" / "compiled" / "winloss" / path).read_text(encoding="utf-8")

    def base(self, object_name: str, key: str, *columns: str) -> dict[str, tuple[Any, ...]]:
        """The accepted and rejected rows of a base model but for lines without a key: the columns asked for, by the key."""
        selected = ", ".join((key, *columns))
        # of accounts and contacts the base model is part of the query of the next one
        tables = {"accounts": "landing.accounts", "contacts": "landing.contacts"}
        table = tables.get(object_name, f"staging.base_{object_name}")
        rows = self.rows(f"select {selected} from {table} where {key} is not null and line_problem is null")
        found = {row[key]: tuple(row[column] for column in columns) for row in rows}
        assert len(found) == len(rows)
        return found

    def rules(self) -> list[tuple[str, str, int, str]]:
        """Every line that was not accepted: object, file, line and rule."""
        rows = self.rows("select object, source_file, source_line, rule_id from marts.rejected_records order by all")
        return [(row["object"], row["source_file"], row["source_line"], row["rule_id"]) for row in rows]

    def books(self) -> dict[tuple[str, str], tuple[int, int, int, int, int]]:
        """Per object and file: records, accepted, rejected, excluded, unaccounted."""
        counts = ("records", "accepted", "rejected", "excluded", "unaccounted")
        rows = self.rows("select * from marts.input_files")
        return {(row["object"], row["source_file"]): tuple(row[count] for count in counts) for row in rows}

    def texts_everywhere(self) -> str:
        """Every text of every table of the database, in lower case."""
        columns = self.rows(
            "select table_schema, table_name, column_name from information_schema.columns where data_type = 'VARCHAR'"
        )
        found: list[str] = []
        with duckdb.connect(str(self.database), read_only=True) as connection:
            for column in columns:
                # The plan quotes headers and settings, never a cell.
                query = (
                    f'select distinct "{column["column_name"]}" from {column["table_schema"]}."{column["table_name"]}"'
                )
                found += [str(row[0]).lower() for row in connection.execute(query).fetchall()]
        return "\n".join(found)


# Builds that stand already, by CRM: the mutations are judged on builds with one line changed.
READY: dict[str, CrmBuild] = {}


class CompiledModels:
    """Some marts of a CRM and the models they rest on, as dbt compiled them for a build, to run on other files in memory.

    Costs a fraction of a second where a build costs minutes. Python models are no part of it. `lines` is the database of
    another build, whose landed lines are taken.
    """

    def __init__(self, build: CrmBuild, *marts: str, lines: Path | None = None) -> None:
        self.engine = duckdb.connect()
        self.engine.execute("set TimeZone = 'UTC'; set threads = 1; attach ':memory:' as winloss; use winloss")
        self.engine.execute(f"attach '{build.database}' as of_reference (read_only)")
        self.engine.execute(f"attach '{lines or build.database}' as of_landing (read_only)")
        for schema in ("landing", "reference", "staging", "intermediate", "marts"):
            self.engine.execute(f"create schema {schema}")
        # seeds are those of the build, lines may be another's
        for schema in ("reference", "landing"):
            stored = f"select table_name from duckdb_tables() where database_name = 'of_{schema}' and schema_name = '{schema}'"
            for (table,) in self.rows(stored):
                self.engine.execute(f'create table {schema}."{table}" as from of_{schema}.{schema}."{table}"')
            self.engine.execute(f"detach of_{schema}")
        self._build = build
        self.models: dict[str, str] = {}
        for mart in marts:
            self._add(f"model.winloss.{mart}")

    def _add(self, name: str) -> None:
        """Adds a model after all it reads."""
        node = self._build.manifest["nodes"].get(name)
        if node is None or node["resource_type"] != "model" or f"{node['schema']}.{node['name']}" in self.models:
            return
        for parent in node["depends_on"]["nodes"]:
            self._add(parent)
        sql = self._build.compiled(node["original_file_path"])
        self.models[f"{node['schema']}.{node['name']}"] = sql

    def run(self, plan: ReadingPlan) -> None:
        """Builds every model on the lines that a plan stores."""
        for name, statement in land_lines(plan, self.engine).items():
            self.engine.execute(
                f"create or replace table landing.{name} as {self._build.landing_select(name, statement)}"
            )
        self.make()

    def make(self) -> None:
        """Builds every model on the lines that are landed."""
        for name, sql in self.models.items():
            self.engine.execute(f"create or replace table {name} as {sql}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.engine.execute(sql).fetchall()


def pseudonym(owner: str) -> str:
    """The pseudonym of an owner in the builds of the tests."""
    return f"owner-{hashlib.md5(f'{KEY}owner:{owner.lower()}'.encode()).hexdigest()[:8]}"


def land_lines(plan: ReadingPlan, engine: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """Stores the lines of the files of a plan as a build does it; the statements that read them."""
    tables, statements = plan.landed()
    for name, statement in tables.items():
        engine.execute(f"create or replace temporary table {name} as {statement}")
    return statements


def build_lines(folder: Path, crm: str, exports: Path, variables: dict[str, Any] | None = None) -> CrmBuild:
    """Builds staging and the marts about lines, files and columns read, without tests."""
    if crm in READY:
        return READY[crm]
    build = CrmBuild(folder, "", crm, exports, variables or {})
    selected = ["+input_files", "+input_columns", "+rejected_records"]
    arguments = [
        "--exclude-resource-type",
        "test",
        "--exclude-resource-type",
        "unit_test",
        "--vars",
        json.dumps(build.variables),
    ]
    run = build.dbt("build", "-s", *selected, *arguments)
    assert run.returncode == 0, run.stdout + run.stderr
    return CrmBuild(folder, run.stdout, crm, exports, build.variables)


def build_whole(folder: Path, crm: str) -> CrmBuild:
    """Builds everything from the fixture of a CRM, as a user does."""
    if crm in READY:
        return READY[crm]
    exports = FIXTURES / crm
    run = CrmBuild(folder, "", crm, exports).dbt("build")
    assert run.returncode == 0, run.stdout + run.stderr
    return CrmBuild(folder, run.stdout, crm, exports)


def build_fixture(folder: Path, crm: str) -> CrmBuild:
    """The build that the tests of a CRM read: its lines, or everything where nothing else asks for the marts."""
    if crm in ("salesforce", "hubspot"):
        return build_lines(folder, crm, FIXTURES / crm, VARIABLES.get(crm))
    return build_whole(folder, crm)


def plan_of(tmp_path: Path, crm: str, files: dict[str, str], settings: str = "{}") -> ReadingPlan:
    """The plan for files written here, with variables in YAML."""
    folder = tmp_path / "exports"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return make_plan(Request(crm, str(folder), str(tmp_path / "private" / "w.duckdb"), yaml.safe_load(settings)))


def refusal(tmp_path: Path, crm: str, files: dict[str, str], settings: str = "{}") -> str:
    """What the reader says when it cannot read these files."""
    try:
        plan_of(tmp_path, crm, files, settings)
    except ReadingError as error:
        return str(error)
    raise AssertionError("the files were read")


def rows_of(plan: ReadingPlan, object_name: str) -> list[dict[str, Any]]:
    """The rows a statement of a plan reads, each by column name."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        result = connection.execute(land_lines(plan, connection)[object_name])
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
