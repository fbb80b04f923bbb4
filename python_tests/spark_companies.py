"""Builds the same companies on DuckDB and on Spark, and publishes both: small ones in one Spark session, the one of many deals in its own.

    python -m python_tests.spark_companies FOLDER [COMPANY ...]

FOLDER/<company>/duckdb/marts.duckdb and FOLDER/<company>/spark/marts.duckdb are then the same, or a model says something
else on Spark. The sample company is built from its seeds; the known company, from what DuckDB reads of its export files, and
the generated one are canonical tables that both engines read from the same Parquet files.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import yaml

from python_tests.known_company.project import HERE, Project, copy_project, known_variables, standing_in
from winloss.cli import main as winloss
from winloss.load.columns import OBJECTS as CANONICAL
from winloss.spark.engine import Engine

COMPANIES = ("sample", "known", "generated")
MANY_DEALS = "generated"
# the guides say these three, in this order
COMMANDS = ("dbt build --target spark", "winloss recommend --target spark", "winloss publish --target spark")
# and this before them, where Spark does not see the files of the project
OF_SERVERS = "dbt seed --select settings --target spark_thrift"
OBJECTS = ("deals", "accounts", "contacts", "deal_contacts", "stage_history")
GENERATED_DEALS = 100_000
KEY = "spark-parity-key"
STARTED = time.monotonic()

SPARK_DEFAULTS = """
spark.ui.showConsoleProgress false
spark.sql.shuffle.partitions 2
spark.default.parallelism 2
spark.sql.adaptive.enabled false
spark.sql.broadcastTimeout 3600
spark.driver.extraJavaOptions -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m -Dderby.system.durability=test{java}
{codegen}
"""
# Small tables: compiling code for each query costs more than it saves. 100,000 deals take two thirds of their CPU with it.
FOR_FEW_DEALS = {
    "java": " -XX:TieredStopAtLevel=1",
    "codegen": "spark.sql.codegen.wholeStage false\nspark.sql.codegen.factoryMode NO_CODEGEN",
}
FOR_MANY_DEALS = {"java": "", "codegen": ""}
LOGGING = """
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c{1}: %m%n
logger.metastore.name = org.apache.hadoop.hive.metastore.RetryingHMSHandler
logger.metastore.level = off
"""


def spark_environment(folder: Path, has_many_deals: bool = False) -> dict[str, str]:
    """What Spark must find in the environment before the first session of a process."""
    settings = folder / ("spark-conf-many" if has_many_deals else "spark-conf")
    settings.mkdir(parents=True, exist_ok=True)
    own = FOR_MANY_DEALS if has_many_deals else FOR_FEW_DEALS
    (settings / "spark-defaults.conf").write_text(SPARK_DEFAULTS.format(**own), encoding="utf-8")
    (settings / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
    return {"SPARK_CONF_DIR": str(settings), "SPARK_LOCAL_IP": "127.0.0.1", "WINLOSS_KEY": KEY}


def build_both(folder: Path, company: str, target: str = "spark", **own: str) -> None:
    """Builds `company` on DuckDB and on `target`, and publishes both under `folder`; `own` are variables of the environment."""
    place = folder / company
    project = copy_project(place, seeds=HERE / "seeds" if company == "known" else None)
    variables: dict[str, Any] = {}
    if company != "sample":
        variables = _canonical_tables(project, place, company)
        _views_on_duckdb(project, place / "tables")
    _checked(project.dbt("build", variables=variables, **_published(place, "duckdb")))
    _say(company, "built on DuckDB")

    there = Project(place)
    spark = {
        "WINLOSS_SPARK_HOME": str(folder / ("spark-many" if company == MANY_DEALS else "spark")),
        "WINLOSS_SPARK_MASTER": "local[2]",
        "DBT_TARGET_PATH": "target-spark",
    }
    environment = {**spark, "WINLOSS_TARGET": target, **own, **_published(place, "spark")}
    stated = yaml.safe_dump(variables)
    if company != "sample":
        with standing_in(place, there.environment(**environment)):
            _views_on_spark(Engine(target, stated), place / "tables")
    is_here = target == "spark" and not own.get("WINLOSS_SPARK_MASTER")
    for command in COMMANDS if is_here else (OF_SERVERS, *COMMANDS):
        # each ends with its target
        program, *words = [*command.split()[:-1], target]
        if program == "dbt":
            _checked(there.dbt(*words, variables=variables, **environment))
        else:
            with standing_in(place, there.environment(**environment)):
                winloss.main([*words, "--quiet", "--vars", stated], standalone_mode=False)
        _say(company, command)


def _published(place: Path, engine: str) -> dict[str, str]:
    # of tables that stand in the warehouse, or of none, the CRM is named by the settings or is the sample's
    named = {"WINLOSS_CRM": "sample"} if place.name == "sample" else {}
    return {"WINLOSS_KEY": KEY, "WINLOSS_PUBLISHED": str(place / engine / "marts.duckdb"), **named}


def _canonical_tables(project: Project, place: Path, company: str) -> dict[str, Any]:
    """Writes the tables as Parquet; the variables of a build that reads them."""
    tables = place / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    own: dict[str, Any] = {"crm": "warehouse", "warehouse_schema": "crm"}
    if company == "generated":
        from benchmarks.speed.generate import generate

        generate(GENERATED_DEALS, place / "files")
        with duckdb.connect() as connection:
            for name in OBJECTS[:4]:
                connection.execute(f"copy (from read_csv('{place}/files/{name}.csv')) to '{tables}/{name}.parquet'")
        return own
    # the current profile is stated for each CRM: the same for tables as for files
    (profile,) = (place / "seeds").rglob("icp_current.csv")
    header, *stated = profile.read_text(encoding="utf-8").splitlines(keepends=True)
    profile.write_text("".join([header, *stated, *(line.replace("custom", "warehouse") for line in stated)]), "utf-8")
    # the export files of the known company, as DuckDB reads them line by line: what Spark would find in a warehouse
    variables = known_variables()
    project.exports.mkdir(exist_ok=True)
    for file in (HERE / "exports").iterdir():
        (project.exports / file.name).write_bytes(file.read_bytes())
    _checked(project.dbt("build", variables=variables, **_published(place, "files")))
    _say(company, "built from its files")
    extra = list(variables["mapping"].get("dimensions") or {})
    with project.connect() as connection:
        for name in OBJECTS:
            columns = ", ".join([column.name for column in CANONICAL[name]] + (extra if name == "deals" else []))
            connection.execute(
                f"copy (select {columns} from landing.{name} where line_problem is null) to '{tables}/{name}.parquet'"
            )
    rest = {name: value for name, value in variables.items() if name not in ("crm", "mapping")}
    return {**rest, **own, **({"extra_dimensions": extra} if extra else {})}


def _views_on_duckdb(project: Project, tables: Path) -> None:
    with duckdb.connect(str(project.database)) as connection:
        connection.execute("create schema if not exists crm")
        for file in tables.glob("*.parquet"):
            connection.execute(f"create or replace view crm.{file.stem} as from read_parquet('{file}')")


def _views_on_spark(engine: Engine, tables: Path) -> None:
    engine.execute("create schema if not exists crm")
    # one metastore serves all companies: what was recommended to the one before is none of this one's history
    engine.execute("create schema if not exists history")
    engine.execute("drop table if exists history.recommendations")
    for name in OBJECTS:
        engine.execute(f"drop view if exists crm.{name}")
        if (tables / f"{name}.parquet").exists():
            engine.execute(f"create view crm.{name} as select * from parquet.`{tables}/{name}.parquet`")


def _checked(outcome: Any) -> None:
    if outcome.exit_code:
        raise SystemExit(f"{outcome.shown}\n{outcome.failed}\n{[outcome.messages[name] for name in outcome.failed]}")


def _say(company: str, what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.0f} s  {company}: {what}", flush=True)


def main(arguments: list[str]) -> None:
    folder, companies = Path(arguments[0]).resolve(), arguments[1:] or list(COMPANIES)
    # a session keeps the settings with which it began: many deals have a process of their own, beside that of the others
    others = [company for company in companies if company != MANY_DEALS]
    apart = None
    if others and MANY_DEALS in companies:
        command = [sys.executable, "-m", "python_tests.spark_companies", str(folder), MANY_DEALS]
        apart = subprocess.Popen(command)
    os.environ.update(spark_environment(folder, has_many_deals=not others))
    for company in others or companies:
        build_both(folder, company)
    if apart and apart.wait():
        raise SystemExit(f"{MANY_DEALS}: exit code {apart.returncode}")


if __name__ == "__main__":
    main(sys.argv[1:])
