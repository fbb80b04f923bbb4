"""DuckDB and Spark give the same answers: three companies, built on both, every published table compared."""

import importlib.util
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from python_tests.conftest import ROOT, SampleBuild
from winloss.spark.engine import ADVICE, TYPES

COMPANIES = ("sample", "known", "generated")

# What cannot be the same, each with the reason why.
LEFT_OUT = {
    "rejected_records": "a table has no lines: each engine numbers its rows",
    "run_history": "times, memory and versions of the run itself",
    "alerts": "run time and memory are only measured where dbt and the engine are one process",
}
# How these say where rows come from differs between a file and a table.
OF_FILES = {*LEFT_OUT, "input_files", "input_columns", "dim_settings", "rejected_record_counts"}
# What these rules and alerts find depends on which records share a file: two export files are one table.
RULES_OF_FILES = ("file_superseded", "two_versions_in_one_file")


def what_is_missing() -> str | None:
    """Why Spark cannot run here, in words; None when it can."""
    lacking = [name for name in ("pyspark", "dbt.adapters.spark") if importlib.util.find_spec(name) is None]
    if lacking:
        return f"{' and '.join(lacking)} not installed; run: make .venv/.installed-spark"
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else shutil.which("java")
    said = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False).stderr if java else ""
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < 17:
        return "Java 17 or newer not found; install a JRE, such as openjdk-17-jre-headless"
    return None


MISSING = what_is_missing()
needs_spark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
pytestmark = pytest.mark.spark

# each company costs minutes on Spark: those are built that the tests of a run ask for
SAMPLE, KNOWN, GENERATED = (
    pytest.param(company, marks=[needs_spark, *([pytest.mark.large] if company == "generated" else [])])
    for company in COMPANIES
)
EACH = [SAMPLE, KNOWN, GENERATED]


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The companies built on both engines, in processes of their own: Spark's memory goes with it."""
    place = tmp_path_factory.mktemp("engines")
    calls = [item.callspec for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    asked = {call.params.get("company") for call in calls}
    own = {name: value for name, value in os.environ.items() if not name.startswith(("WINLOSS_", "DBT_", "SPARK_"))}
    command = [
        sys.executable,
        "-m",
        "python_tests.spark_companies",
        str(place),
        *sorted(asked & set(COMPANIES), key=COMPANIES.index),
    ]
    run = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return place


@cache
def published(folder: Path, company: str, engine: str) -> dict[str, list[dict[str, Any]]]:
    """Every table of a published file, its rows in an order of their own."""
    with duckdb.connect(str(folder / company / engine / "marts.duckdb"), read_only=True) as connection:
        names = [
            row[0]
            for row in connection.execute("select table_name from duckdb_tables() order by table_name").fetchall()
        ]
        tables = {}
        for name in names:
            answer = connection.execute(f"from {name}")
            columns = [column[0] for column in answer.description or ()]
            tables[name] = sorted((dict(zip(columns, row, strict=True)) for row in answer.fetchall()), key=in_order)
    return tables


def in_order(row: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Rows by what is no float; floats, whose last digits may differ, decide where all else is the same."""
    exact = [str(value) for value in row.values() if not isinstance(value, float)]
    return exact, [f"{value:.6g}" for value in row.values() if isinstance(value, float)]


def differences(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> Iterator[str]:
    """What is not the same in two tables, floats to nine digits."""
    if len(one) != len(other):
        yield f"{len(one)} rows and {len(other)} rows"
        return
    for left, right in zip(one, other, strict=True):
        if list(left) != list(right):
            yield f"columns {list(left)} and {list(right)}"
            return
        for column in left:
            a, b = left[column], right[column]
            both = isinstance(a, float) and isinstance(b, float)
            if not (math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) if both else a == b and type(a) is type(b)):
                yield f"{column}: {a!r} and {b!r} in {left}"


def compared(
    one: dict[str, list[dict[str, Any]]], other: dict[str, list[dict[str, Any]]], left_out: set[str]
) -> dict[str, list[str]]:
    assert list(one) == list(other)
    found = {name: list(differences(one[name], other[name]))[:3] for name in one if name not in left_out}
    return {name: said for name, said in found.items() if said}


def different_tables(folder: Path, company: str) -> dict[str, list[str]]:
    """The published tables of a company that differ, with what differs in them."""
    on_duckdb, on_spark = published(folder, company, "duckdb"), published(folder, company, "spark")
    assert sum(len(rows) for rows in on_spark.values()) > 1000
    assert on_spark["icp_recommendations"] and on_spark["action_items"]
    # only the loader sees the bytes of a file: Spark reads the sample company's as a table
    files = [{**row, "sha256": None} for row in on_duckdb["input_files"]]
    return compared({**on_duckdb, "input_files": files}, on_spark, set(LEFT_OUT))


@pytest.mark.parametrize("company", EACH)
def test_every_published_table_is_the_same_on_both_engines(folder: Path, company: str) -> None:
    assert different_tables(folder, company) == {}


@pytest.mark.parametrize("company", EACH)
def test_alerts_of_the_data_are_the_same_on_both_engines(folder: Path, company: str) -> None:
    seen = [
        {name: rows["alerts"] for name, rows in (("alerts", published(folder, company, engine)),)}
        for engine in ("duckdb", "spark")
    ]
    of_data = [[row for row in alerts["alerts"] if row["alert"] not in ("run_time", "memory")] for alerts in seen]
    assert of_data[1] and list(differences(*of_data)) == []


@pytest.mark.parametrize("company", [SAMPLE])
def test_published_descriptions_are_the_same_on_both_engines(folder: Path, company: str) -> None:
    said = []
    for engine in ("duckdb", "spark"):
        with duckdb.connect(str(folder / company / engine / "marts.duckdb"), read_only=True) as connection:
            said.append(
                connection.execute(
                    "select table_name, column_name, comment from duckdb_columns() where not internal "
                    "union all select table_name, null, comment from duckdb_tables() order by all"
                ).fetchall()
            )
    assert said[0] == said[1]


@pytest.mark.parametrize("company", [KNOWN])
def test_tables_of_a_warehouse_say_what_the_same_rows_of_files_say(folder: Path, company: str) -> None:
    of_files, of_tables = (
        {
            name: [row for row in rows if not any(rule in str(list(row.values())) for rule in RULES_OF_FILES)]
            for name, rows in published(folder, company, build).items()
        }
        for build in ("files", "duckdb")
    )
    assert compared(of_files, of_tables, OF_FILES) == {}


# ---------------------------------------------------------------- without Spark


def test_tables_of_advice_have_the_columns_their_steps_make(sample_build: SampleBuild) -> None:
    text = sample_build.manifest["macros"]["macro.winloss.advice_columns"]["macro_sql"]
    stated = {
        name: "".join(re.findall(r"'([^']*)'", columns))
        for name, columns in re.findall(r"'(int_\w+)':((?:\s*~?\s*'[^']*')+)", text)
    }
    made = {
        name: ", ".join(f"{column} {TYPES[kind]}" for column, kind in shape.items())
        for name, (_, shape) in ADVICE.items()
    }
    assert stated == made


def test_page_on_scale_lists_every_macro_that_engines_read_differently() -> None:
    dispatched = {
        name
        for file in (ROOT / "macros").rglob("*.sql")
        for name in re.findall(r"macro spark__(\w+)", file.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert len(dispatched) > 10
    assert sorted(name for name in dispatched if f"| `{name}` |" not in page) == []


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (
            "duckdb",
            "Target duckdb is DuckDB, where dbt build makes the recommendations and publishes: leave --target out.",
        ),
        ("nonsense", "does not have a target named 'nonsense'"),
    ],
)
def test_a_target_that_will_not_do_is_answered_in_words(
    sample_build: SampleBuild, tmp_path: Path, target: str, says: str
) -> None:
    own = {
        **sample_build.environment(),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    command = [sys.executable, "-m", "winloss", "recommend", "--target", target]
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert says in done.stderr and "Traceback" not in done.stderr
