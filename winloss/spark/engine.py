"""Another engine than the embedded one, such as Spark: advice and publishing through dbt's own connection to it.

Credentials come from profiles.yml and nowhere else. The engine keeps the deals and counts; what comes here are counts and
finished marts. dbt is run inside this process, because a Spark session lives as long as the process that opened it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from decimal import Decimal
from typing import Any

import duckdb

from winloss.advice import competitor_steps, steps
from winloss.advice.backtest import BACKTEST, backtest
from winloss.advice.changes import CHANGES, win_rate_changes
from winloss.advice.designs import DESIGNS, SEGMENT_DESIGNS, design_effects, segment_designs
from winloss.advice.scorecard import SCORES, account_scores
from winloss.operations import run_history
from winloss.operations.quarterly import WITHOUT_UNIT_TESTS
from winloss.publish.publication import read_allow_list
from winloss.publish.small_cells import CONTACT_COUNTS
from winloss.quoting import text_literal
from winloss.rows import Reader, Row, Value, plain, to_json

Step = tuple[Callable[[Reader], Sequence[Row]], Mapping[str, str]]

ADVICE: dict[str, Step] = {
    "int_segment_designs": (segment_designs, SEGMENT_DESIGNS),
    "int_segment_evidence": (steps.segment_evidence, steps.EVIDENCE),
    "int_icp_backtest": (backtest, BACKTEST),
    "int_recommended_score_threshold": (steps.recommended_score_threshold, steps.THRESHOLD),
    "int_persona_evidence": (steps.persona_evidence, steps.PERSONAS),
    "int_account_scores": (account_scores, SCORES),
    "int_win_rate_changes": (win_rate_changes, CHANGES),
    "int_design_effects": (design_effects, DESIGNS),
    "int_competitor_claims": (competitor_steps.competitor_claims, competitor_steps.CLAIMS),
    "int_competitor_changes": (competitor_steps.competitor_changes, competitor_steps.CHANGES),
    "int_competitor_reason_claims": (competitor_steps.competitor_reason_claims, competitor_steps.REASON_CLAIMS),
    "int_loss_reason_changes": (steps.loss_reason_changes, steps.REASON_CHANGES),
}
"""Tables of advice that are drawn from the marts `dbt build` makes, with their steps and columns."""

TYPES = {"text": "string", "integer": "bigint", "number": "double", "truth": "boolean"}

_ROWS_AT_ONCE = 200
_ROWS_TO_DUCKDB = 5_000


class EngineError(Exception):
    """It could not be done; the message says why and what to do."""


class Engine:
    """The engine of a target of profiles.yml.

    `variables` is the YAML that `dbt build` was given as --vars: models are built with the same here.
    """

    def __init__(self, target: str, variables: str = "") -> None:
        self.target = target
        self._options = ["--target", target, *(["--vars", variables] if variables else [])]
        self._manifest: Any = None
        self._manifest = self._dbt("parse")
        self.kind = str(self._manifest.metadata.adapter_type)
        if self.kind == "duckdb":
            raise EngineError(
                f"Target {target} is DuckDB, where dbt build makes the recommendations and publishes: leave --target out."
            )

    def _dbt(self, *command: str) -> Any:
        """Runs dbt here; what it has to say goes to standard error. Returns its result."""
        from dbt.cli.main import dbtRunner

        with redirect_stdout(sys.stderr):
            done = dbtRunner(manifest=self._manifest).invoke(["--quiet", *command, *self._options])
        if not done.success:
            is_missing = "Could not find adapter type" in str(done.exception)
            remedy = (
                "its adapter is not installed. For Spark: make .venv/.installed-spark" if is_missing else "see above."
            )
            raise EngineError(f"dbt {command[0]} --target {self.target} did not succeed: {remedy}")
        return done.result

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        from dbt.adapters.factory import get_adapter_by_type
        from dbt_common.exceptions import DbtBaseException

        adapter = get_adapter_by_type(self.kind)
        try:
            with adapter.connection_named("winloss"):
                yield adapter
        except DbtBaseException as error:
            raise EngineError(f"Target {self.target}: {str(error).strip().splitlines()[0]}") from error

    # ------------------------------------------------------------ reading and writing

    def reader(self) -> Reader:
        """What the steps of `winloss.advice.steps` read the marts through."""
        return Reader(self.query, self.relation, self.kind)

    def relation(self, name: str) -> str:
        """A model or table of advice, spelled as the engine does."""
        return str(self._node(name).relation_name)

    def _node(self, name: str) -> Any:
        for key, nodes in (
            (f"model.winloss.{name}", self._manifest.nodes),
            (f"source.winloss.advice.{name}", self._manifest.sources),
            (f"source.winloss.history.{name}", self._manifest.sources),
        ):
            if key in nodes:
                return nodes[key]
        raise EngineError(f"{name} is no model of this project")

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Runs one select statement; column names and records."""
        with self._connection() as adapter:
            cursor = adapter.connections.add_query(sql, auto_begin=False)[1]
            names = [str(column[0]) for column in cursor.description]
            return names, [tuple(record) for record in cursor.fetchall() or ()]

    def execute(self, sql: str) -> None:
        """Runs one statement that returns nothing."""
        with self._connection() as adapter:
            adapter.execute(sql)

    def has(self, schema: str, name: str) -> bool:
        with self._connection() as adapter:
            return adapter.get_relation(None, schema, name) is not None

    def write(self, name: str, rows: Sequence[Row], shape: Mapping[str, str]) -> None:
        """Puts a table of advice of `shape` with `rows` in the place of what stood there."""
        from dbt.adapters.base import BaseRelation

        node = self._node(name)
        columns = ", ".join(f"{column} {TYPES[kind]}" for column, kind in shape.items())
        with self._connection() as adapter:
            kept: BaseRelation | None = adapter.get_relation(None, node.schema, node.identifier)
            if kept is not None:
                adapter.drop_relation(kept)
            adapter.execute(f"create table {node.relation_name} ({columns}) using {self._file_format()}")
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                lines = ",\n".join(_line(row, shape) for row in rows[start : start + _ROWS_AT_ONCE])
                adapter.execute(f"insert into {node.relation_name} values\n{lines}")

    def _file_format(self) -> str:
        return str(self._node("icp_recommendations").config.get("file_format") or "parquet")

    # ------------------------------------------------------------ advice

    def recommend(self, tell: Callable[[str], None]) -> None:
        """Makes the tables of advice and builds the marts upon them. `tell` hears of each step."""
        if not self.has("landing", "sound_build"):
            raise EngineError(
                f"There is no whole and green build to draw advice from: run dbt build --target {self.target} first."
            )
        for name, (step, shape) in ADVICE.items():
            rows = step(self.reader())
            self.write(name, rows, shape)
            tell(f"wrote {name}, {len(rows)} rows")
        self._dbt("build", *WITHOUT_UNIT_TESTS, "--select", *(f"source:advice.{name}+" for name in ADVICE))
        tell(f"built the marts upon {', '.join(ADVICE)}")

    # ------------------------------------------------------------ publishing

    def fetch(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Copies what may be published into the schema `marts` of `connection`, with comments; the id of the build.

        Besides the marts there are the contacts by group, which tell the small cells to hide, and the record of the build.
        """
        if not self.has("landing", "sound_advice"):
            raise EngineError(
                f"There is no advice of a sound build to publish: run winloss recommend --target {self.target} first."
            )
        connection.execute("create schema marts")
        for name in read_allow_list()[0]:
            node = self._node(name)
            types = {column.name: str(column.data_type) for column in node.columns.values()}
            self._copy(connection, name, types, f"select {', '.join(types)} from {node.relation_name}")
            _comment(connection, f"marts.{name}", node)
        counts = CONTACT_COUNTS.format(
            bridge_deal_contacts=self.relation("bridge_deal_contacts"), dim_periods=self.relation("dim_periods")
        )
        types = dict.fromkeys(("period", "persona", "seniority", "department", "stated_role"), "string")
        self._copy(connection, "contact_counts", {**types, "contacts": "bigint"}, counts)
        return self._remember(connection)

    def _copy(self, connection: duckdb.DuckDBPyConnection, name: str, types: Mapping[str, str], sql: str) -> None:
        listed = ", ".join(f"{column} {kind}" for column, kind in types.items())
        connection.execute(f"create table marts.{name} ({listed})")
        names, records = self.query(sql)
        shape = duckdb_shape(types)
        for start in range(0, len(records), _ROWS_TO_DUCKDB):
            rows = [dict(zip(names, map(_exact, record))) for record in records[start : start + _ROWS_TO_DUCKDB]]
            connection.execute(
                f"insert into marts.{name} select unnest(from_json($rows::json, $shape), recursive := true)",
                {"rows": to_json(rows, types), "shape": shape},
            )

    def _remember(self, connection: duckdb.DuckDBPyConnection) -> str:
        build = self.reader().rows("select * from landing.sound_build")[0]
        for name in ("fct_deals", "fct_closed_deals"):
            deals = self.query(f"select count(*) from {self.relation(name)}")[1][0][0]
            # the record counts the rows of these two marts, which themselves stay where they are
            connection.execute(f"create view marts.{name} as select 1 as deal from range({int(deals)})")
        history = self._node("run_history")
        columns = ", ".join(f"{column.name} {column.data_type}" for column in history.columns.values())
        connection.execute(f"create schema history; create table history.run_history ({columns})")
        _comment(connection, "history.run_history", history)
        found = run_history.figures(connection)
        run_history.record(connection, {**build, **run_history.versions(), **found, "is_published": True})
        return str(build["invocation_id"])


def _line(row: Mapping[str, Value], shape: Mapping[str, str]) -> str:
    return f"({', '.join(_literal(row.get(column), kind) for column, kind in shape.items())})"


def _literal(value: Value, kind: str) -> str:
    if value is None:
        return f"cast(null as {TYPES[kind]})"
    if kind == "text":
        return text_literal(str(value), "spark")
    if kind == "truth":
        return "true" if value else "false"
    return f"cast({value!r} as {TYPES[kind]})" if kind == "integer" else f"cast('{float(value)!r}' as double)"


def _exact(value: Any) -> Value:
    """As `plain`, but decimals keep all their digits."""
    return str(value) if isinstance(value, Decimal) else plain(value)


def duckdb_shape(types: Mapping[str, str]) -> str:
    """Columns with the types of a contract as DuckDB's from_json takes them."""
    return (
        "[{"
        + ", ".join(f'"{name}": "{kind.upper().replace("STRING", "VARCHAR")}"' for name, kind in types.items())
        + "}]"
    )


def _comment(connection: duckdb.DuckDBPyConnection, name: str, node: Any) -> None:
    """What dbt describes, for the published file to show."""
    texts = {f"table {name}": node.description}
    texts |= {f"column {name}.{column.name}": column.description for column in node.columns.values()}
    for place, text in texts.items():
        if text:
            connection.execute(f"comment on {place} is {text_literal(text)}")
