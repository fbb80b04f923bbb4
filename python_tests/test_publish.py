"""What a build publishes: which tables, in which files, readable by whom, and when not at all."""

import csv
import errno
import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from python_tests.canary_company import Place, built_place, scratch
from python_tests.known_company.project import ROOT
from python_tests.speeds import thorough
from winloss.dbt.end_of_run import undeclared
from winloss.operations.run_history import published_rows
from winloss.publish import publication
from winloss.publish.publication import ALLOW_LIST, Publication, PublishError, publish, read_allow_list
from winloss.settings import PRIVATE, declared

PRIVATE_COLUMNS = {"deal_key", "account_key", "contact_key", "deal_id", "account_id", "contact_id", "owner_name"}


@pytest.fixture(scope="module")
def built() -> Place:
    return built_place()[0]


@pytest.fixture(scope="module")
def manifest(built: Place) -> dict[str, Any]:
    return json.loads((built.project / "target" / "manifest.json").read_text(encoding="utf-8"))


def marts_of(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["path"].startswith("marts/")
    }


def published_tables(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal order by table_name, column_index"
        ).fetchall():
            found.setdefault(table, []).append(column)
    return found


def copy_of(database: Path, name: str) -> Path:
    """A private database to do something to."""
    copy = scratch() / name / "w.duckdb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(database.read_bytes())
    return copy


def finish(database: Path, published: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "python_tests.publisher", str(database), str(published), json.dumps(more)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


# ---------------------------------------------------------------- what is published


def test_the_published_file_holds_the_allow_list_and_nothing_else(built: Place) -> None:
    assert sorted(published_tables(built.published)) == sorted(
        [*read_allow_list()[0], "run_history", "data_dictionary"]
    )


def test_no_row_about_a_deal_a_contact_or_an_owner_is_published(built: Place, manifest: dict[str, Any]) -> None:
    tables = published_tables(built.published)
    assert [
        f"{table}.{column}" for table, columns in tables.items() for column in columns if column in PRIVATE_COLUMNS
    ] == []
    assert not {table for table in tables if table.startswith(("fct_", "bridge_", "stg_", "base_", "int_"))}
    for table, columns in tables.items():
        for column in {"dimension", "second_dimension"} & set(columns):
            if table != "dim_dimensions":
                assert built.rows(f"select count(*) from {table} where {column} = 'owner'") == [(0,)], (
                    f"{table}.{column}"
                )
    assert built.rows(
        "select count(*) > 0 from w.marts.win_rates_by_dimension where dimension = 'owner'", built.database
    ) == [(True,)]


def test_deals_are_published_where_asked_for_without_persons_accounts_and_days(built: Place) -> None:
    database = copy_of(built.database, "with_deals")
    published = database.parent / "published" / "marts.duckdb"
    published.parent.mkdir()
    assert finish(database, published, publish_deals=True, formats=["csv"]).returncode == 0
    columns = published_tables(published)["closed_deals"]
    assert set(columns) > {"deal", "closed_month", "closed_quarter", "outcome", "amount", "cycle_days", "industry"}
    assert not set(columns) & {*PRIVATE_COLUMNS, "owner", "created_on", "closed_on", "stage"}
    counted = (
        "select outcome, count(*), count(distinct {key}), sum(amount) from {table} group by outcome order by outcome"
    )
    with duckdb.connect(str(published), read_only=True) as connection:
        of_deals = connection.execute(counted.format(key="deal", table="closed_deals")).fetchall()
        undescribed = "select column_name from data_dictionary where table_name = 'closed_deals' and meaning is null"
        assert connection.execute(undescribed).fetchall() == []
    facts = "w.marts.fct_deals where is_in_population and outcome != 'open'"
    assert of_deals == built.rows(counted.format(key="deal_key", table=facts), built.database)
    # with the next build that does not ask for them they are gone, from every copy
    assert finish(database, published, formats=["csv"], allow_few_changes=True).returncode == 0
    assert "closed_deals" not in published_tables(published)
    assert not list(published.parent.glob("csv/closed_deals*"))


def test_published_rejects_have_rule_file_and_line_but_no_reason(built: Place) -> None:
    assert "reason" not in published_tables(built.published)["rejected_records"]
    assert built.rows(
        "select rule_id, source_line from rejected_records where object = 'deals' order by source_line"
    ) == [
        ("unknown_outcome", 122),
        ("unreadable_closed_on", 123),
        ("missing_id", 124),
        ("malformed_line", 125),
    ]


def test_tables_and_columns_carry_their_descriptions(built: Place, manifest: dict[str, Any]) -> None:
    described = {
        (table, column): text
        for table, column, text in built.rows("select table_name, column_name, comment from duckdb_columns()")
    }
    tables = dict(built.rows("select table_name, comment from duckdb_tables()"))
    marts = marts_of(manifest)
    for table, columns in published_tables(built.published).items():
        assert tables[table]
        for column in columns:
            assert described[table, column], f"{table}.{column}"
    assert (
        described["win_rate_baseline", "win_rate"] == marts["win_rate_baseline"]["columns"]["win_rate"]["description"]
    )
    source = manifest["sources"]["source.winloss.history.run_history"]
    assert described["run_history", "why_not"] == source["columns"]["why_not"]["description"]


def test_old_clients_can_open_the_file(built: Path | Place) -> None:
    assert isinstance(built, Place)
    # bytes 12 to 19 of a DuckDB file: its storage version; 64 is what DuckDB 1.0 to 2.0 read
    assert int.from_bytes(built.published.read_bytes()[12:20], "little") == 64


def test_the_same_query_runs_on_the_duckdb_and_the_sqlite_file(built: Place) -> None:
    sql = "select period, closed_deals, win_rate, is_partial from win_rate_baseline join dim_periods using (period, closed_deals) order by period"
    with sqlite3.connect(f"file:{built.published.with_suffix('.sqlite')}?mode=ro", uri=True) as copy:
        assert copy.execute(sql).fetchall() == built.rows(sql)


def test_every_copy_holds_the_same_rows(built: Place) -> None:
    tables = published_tables(built.published)
    folder = built.published.parent
    with (
        duckdb.connect(str(built.published), read_only=True) as connection,
        sqlite3.connect(folder / "marts.sqlite") as lite,
    ):
        for table in tables:
            rows = connection.execute(f"select * from {table}").fetchall()
            parquet = connection.execute(f"select * from '{folder}/parquet/{table}.parquet'").fetchall()
            assert parquet == rows, table
            count = len(rows)
            assert lite.execute(f"select count(*) from {table}").fetchone() == (count,)
            path = folder / "csv" / f"{table}.csv"
            # the mark by which Excel knows UTF-8
            assert path.read_bytes().startswith(b"\xef\xbb\xbf"), table
            with path.open(encoding="utf-8-sig", newline="") as file:
                assert len(list(csv.reader(file))) == count + 1
    (quarter,) = [path.name for path in folder.glob("20*") if (path / "marts.duckdb").exists()]
    assert quarter == "2025-Q1"
    assert (folder / quarter / "marts.duckdb").read_bytes() == built.published.read_bytes()


def test_every_copy_says_what_its_tables_and_columns_mean(built: Place) -> None:
    described = built.rows(
        "select table_name, null, null, comment from duckdb_tables() union all "
        "select table_name, column_name, data_type, comment from duckdb_columns() where not internal order by all"
    )
    sql = "select table_name, column_name, data_type, meaning from data_dictionary"
    with sqlite3.connect(built.published.with_suffix(".sqlite")) as copy:
        assert sorted(copy.execute(sql).fetchall(), key=str) == sorted(described, key=str)
    text = (built.published.parent / "csv" / "data_dictionary.csv").read_text(encoding="utf-8-sig")
    assert 'alerts,3,value,DOUBLE,"What was found; ' in text


def test_sqlite_tables_have_the_keys_of_the_marts(built: Place, manifest: dict[str, Any]) -> None:
    expected = {
        name: next((each["columns"] for each in mart["constraints"] if each["type"] == "primary_key"), [])
        for name, mart in marts_of(manifest).items()
        if name in read_allow_list()[0]
    }
    with sqlite3.connect(built.published.with_suffix(".sqlite")) as copy:
        found = {
            name: [
                column
                for column, place in copy.execute(
                    "select name, pk from pragma_table_info(?) where pk > 0 order by pk", [name]
                )
            ]
            for name in expected
        }
    assert found == expected
    assert found["win_rates_by_dimension"] == ["period", "dimension", "segment"]


def test_everybody_may_read_what_is_published_and_nobody_write_it(built: Place) -> None:
    for path in built.published.parent.rglob("*"):
        if not path.name.startswith("."):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o755 if path.is_dir() else 0o444), path


def test_only_their_owner_may_read_the_files_that_hold_people(built: Place) -> None:
    for path in (built.database.parent, *built.database.parent.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_nothing_half_written_stays_behind(built: Place) -> None:
    assert [path.name for path in built.published.parent.iterdir() if path.name.endswith(".tmp")] == []
    assert not built.published.with_name("marts.duckdb.wal").exists()


# ---------------------------------------------------------------- when nothing is published


def test_a_part_of_the_project_publishes_nothing_and_says_so(built: Place) -> None:
    before = built.published.read_bytes()
    run = built.dbt("build", "--select", "reject_rules")
    assert run.returncode == 0, run.stdout
    assert "Not published: only a part of the project was selected; readers keep the previous build." in run.stdout
    run = built.dbt("run", "--select", "dim_dimensions")
    assert "Not published: this was dbt run, not dbt build" in run.stdout
    assert built.published.read_bytes() == before
    assert built.rows("select count(*) from w.history.run_history", built.database) == [(1,)]


def test_empty_publishes_nothing_and_says_so(built: Place) -> None:
    other = Place(scratch() / "empty")
    other.folder.mkdir()
    (other.folder / "project").symlink_to(built.project)
    other.exports.symlink_to(built.exports)
    # a relative path would follow the link to the project into the place all tests share
    own = {"WINLOSS_DB": str(other.database), "WINLOSS_PUBLISHED": str(other.published)}
    run = other.dbt(
        "build",
        "--empty",
        "--target-path",
        str(other.folder / "target"),
        "--log-path",
        str(other.folder / "logs"),
        environment=own,
    )
    assert "Not published: --empty builds tables without rows" in run.stdout, run.stdout[-2000:]
    assert not other.published.exists()
    assert other.rows("select count(*) from w.marts.fct_deals", other.database) == [(0,)]
    assert built.rows("select count(*) > 0 from w.marts.fct_deals", built.database) == [(True,)]


def test_a_build_with_a_failed_step_publishes_nothing_and_leaves_no_older_answer_beside_its_own(built: Place) -> None:
    database, published = copy_of(built.database, "red"), scratch() / "red" / "out" / "marts.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table marts.notes as select 'written by hand' as note")
    own = {"WINLOSS_DB": str(database), "WINLOSS_PUBLISHED": str(published)}
    paths = ["--target-path", str(scratch() / "red" / "target"), "--log-path", str(scratch() / "red" / "logs")]
    run = built.dbt("build", *paths, environment=own, review_quarter="2031-Q3")
    assert run.returncode == 1
    assert not published.exists()
    (row,) = built.rows(
        "select is_published, why_not from w.history.run_history order by started_at desc limit 1", database
    )
    assert row == (False, "1 step failed: dim_periods")
    tables = {
        name for (name,) in built.rows("select table_name from duckdb_tables() where database_name = 'w'", database)
    }
    # made before the step that failed, and not by dbt
    assert {"fct_deals", "notes", "loads", "run_history"} <= tables
    # made after it, by the build before
    assert not tables & {"win_rate_baseline", "icp_recommendations", "account_scorecard"}
    again = [sys.executable, "-m", "winloss", "publish", "--from", str(database), "--db", str(published)]
    refused = subprocess.run(again, cwd=ROOT, capture_output=True, text=True, check=False)
    said = f"Not published: {database} holds no finished build (1 step failed: dim_periods). Build first (winloss run, or dbt build)."
    assert (refused.returncode, said in refused.stderr) == (1, True), refused.stderr
    for command in ("summary", "worklist"):
        asked = subprocess.run(
            [sys.executable, "-m", "winloss", command],
            cwd=ROOT, env=os.environ | {"WINLOSS_DB": str(database)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (asked.returncode, asked.stdout) == (1, "")
        assert asked.stderr == f"Error: {said.removeprefix('Not published: ')}\n"


def test_a_failed_build_is_remembered_with_its_reason_and_publishes_nothing(built: Place) -> None:
    database, published = copy_of(built.database, "failed"), scratch() / "failed" / "out" / "marts.duckdb"
    assert finish(database, published, run={"why_not": "2 steps failed: a, b"}).returncode == 0
    assert not published.parent.exists()
    (row,) = built.rows(
        "select is_published, why_not, deals, input_files, python_version is not null from w.history.run_history order by started_at desc limit 1",
        database,
    )
    assert row == (False, "2 steps failed: a, b", None, None, True)
    # a check that fails last leaves every table
    refused = publish_again(database, published)
    assert (refused.returncode, "holds no finished build (2 steps failed: a, b)" in refused.stderr) == (1, True)
    assert not published.exists()


@pytest.mark.thorough
def test_a_table_that_leaves_the_allow_list_leaves_every_copy(built: Place) -> None:
    database, published = copy_of(built.database, "shorter"), scratch() / "shorter" / "out" / "marts.duckdb"
    shorter = scratch() / "shorter" / "published_tables.csv"
    lines = ALLOW_LIST.read_text(encoding="utf-8").splitlines()
    with duckdb.connect(str(database)) as connection:
        publish(connection, Publication(published, "one", None, ("csv",)))
        assert (published.parent / "csv" / "win_reasons.csv").exists()
        shorter.write_text("\n".join(line for line in lines if not line.startswith("win_reasons,")), encoding="utf-8")
        publish(connection, Publication(published, "two", None, ("csv",)), shorter)
    assert not (published.parent / "csv" / "win_reasons.csv").exists()
    assert "win_reasons" not in published_tables(published)


def test_a_mart_that_no_line_declares_is_named_at_the_end_of_a_build() -> None:
    named = undeclared(["alerts", "dim_days", "my_mart", "another_mart"])
    assert named is not None and named.startswith(
        "Not among them: another_mart, my_mart. A line of seeds/published_tables.csv"
    )
    assert undeclared(["alerts", "dim_days"]) is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("win_rate_baselin,true,,,", "win_rate_baselin, which is no mart. Did you mean win_rate_baseline?"),
        ("alerts,true,meening,,", "column meening, which alerts does not have. Did you mean meaning?"),
        ('"alerts; drop table x",true,,,', "line 2 cannot be used"),
        ("alerts,yes,,,", "line 2 cannot be used"),
    ],
)
def test_a_wrong_line_of_the_allow_list_is_one_sentence(built: Place, line: str, sentence: str) -> None:
    listed = scratch() / "wrong.csv"
    listed.write_text(f"table_name,is_published,columns_left_out,owner_columns,reason\n{line}\n", encoding="utf-8")
    with duckdb.connect(str(copy_of(built.database, "wrong"))) as connection, pytest.raises(PublishError) as raised:
        publish(connection, Publication(scratch() / "wrong" / "out" / "marts.duckdb", "one"), listed)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_private_database_is_never_the_published_file(built: Place) -> None:
    database = copy_of(built.database, "same")
    run = finish(database, database)
    assert run.returncode == 1
    assert "is the private database itself. Name another file in WINLOSS_PUBLISHED." in run.stderr
    assert built.rows("select count(*) > 0 from w.marts.fct_deals", database) == [(True,)]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "the disk of {} is full; readers keep the previous build. Make room there and build again."),
        (
            errno.EIO,
            "DuckDB could not finish the new file in {}, though there is room (IO Error: CHECKPOINT during DETACH failed); readers keep the "
            "previous build. Build again; if it fails again, winloss doctor looks at that disk.",
        ),
    ],
)
def test_a_file_that_cannot_be_closed_is_a_full_disk_only_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def unfinished(*_: object) -> None:
        raise duckdb.IOException("IO Error: CHECKPOINT during DETACH failed.")

    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(publication, "_write", unfinished)
    monkeypatch.setattr(os, "fsync", fails)
    with duckdb.connect() as connection, pytest.raises(PublishError) as found:
        publish(connection, Publication(tmp_path / "marts.duckdb", "one"))
    assert str(found.value) == f"Not published: {sentence.format(tmp_path)}"
    assert [path.name for path in tmp_path.iterdir()] == [".marts.duckdb.lock"]


def in_a_circle(folder: Path) -> None:
    (folder / "marts.duckdb").symlink_to("other.duckdb")
    (folder / "other.duckdb").symlink_to("marts.duckdb")


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (in_a_circle, "{}/marts.duckdb cannot be used (Too many levels of symbolic links)"),
        (
            lambda folder: (folder / ".marts.duckdb.lock").mkdir(),
            "{}/.marts.duckdb.lock cannot be used (Is a directory)",
        ),
        (lambda folder: (folder / "2025-Q1").write_text("a file"), "{}/2025-Q1 is not a folder"),
        (
            lambda folder: (folder / ".marts.duckdb.current").mkdir(),
            "{}/.marts.duckdb.current is no file that a build published, or it was damaged or changed since, and it is left as it is",
        ),
    ],
)
def test_what_stands_in_the_way_is_named_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[Path], object], sentence: str
) -> None:
    def written(connection: object, publication: object, allowed: object, folder: Path) -> list[Path]:
        files = [folder / "2025-Q1" / "marts.duckdb", folder / "marts.duckdb"]
        for path in files:
            path.parent.mkdir(exist_ok=True)
            path.touch()
        return files

    monkeypatch.setattr(publication, "_write", written)
    made(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    with duckdb.connect() as connection, pytest.raises(PublishError) as found:
        publish(connection, Publication(tmp_path / "marts.duckdb", "one"))
    assert str(found.value).startswith(f"Not published: {sentence.format(tmp_path)}")
    assert "Move it away, or name another file in WINLOSS_PUBLISHED." in str(found.value)
    assert {path.name for path in tmp_path.iterdir()} - {".marts.duckdb.lock"} == before - {".marts.duckdb.lock"}


@pytest.mark.parametrize(
    ("error", "is_quoted"),
    [
        (duckdb.ConversionException("could not convert 'Jane Doe'"), False),
        (duckdb.IOException("cannot read a.bin"), True),
    ],
)
def test_what_an_engine_says_of_a_value_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: duckdb.Error, is_quoted: bool
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(publication, "_write", fails)
    with duckdb.connect() as connection, pytest.raises(PublishError) as found:
        publish(connection, Publication(tmp_path / "marts.duckdb", "one"))
    assert (str(error) in str(found.value)) == is_quoted
    assert is_quoted or "DuckDB met a fault that was not foreseen (ConversionException)" in str(found.value)


def test_why_an_earlier_build_was_not_published_stays_private(built: Place, tmp_path: Path) -> None:
    """It may name the folders of a person, or say how many deals changed."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built.database}' as built (read_only); create schema history")
        connection.execute("create table history.run_history as from built.history.run_history")
        connection.execute(
            "update history.run_history set why_not = 'the disk of /home/jane.doe is full', is_published = false"
        )
        reasons = connection.execute(f"select distinct why_not from ({published_rows('another', 'custom')})").fetchall()
    assert reasons == [("the run history of the private database says why",)]


def test_a_format_nobody_knows_is_one_sentence(built: Place) -> None:
    run = finish(copy_of(built.database, "format"), scratch() / "format" / "out" / "marts.duckdb", formats=["xls"])
    assert run.returncode == 1
    assert run.stderr.strip() == "Not published: publish_formats knows parquet and csv, not xls."


# ---------------------------------------------------------------- nothing does not replace something


def with_deals(built: Place, number: int, name: str) -> Path:
    """The private database of the built company, 120 deals, after a build that found so many of them."""
    database = copy_of(built.database, name)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "delete from marts.fct_deals where deal_key not in (select deal_key from marts.fct_deals order by deal_key limit $n)",
            {"n": number},
        )
        assert connection.execute("select count(*) from marts.fct_deals").fetchall() == [(number,)]
    return database


def publish_again(database: Path, published: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "winloss", "publish", "--quiet", "--from", str(database), "--db", str(published)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_an_alert_blocks_is_not_published_by_hand_either(built: Place, tmp_path: Path) -> None:
    database = copy_of(built.database, "blocked")
    with duckdb.connect(str(database)) as connection:
        connection.execute("update marts.dim_settings set value = 'block' where setting = 'alert_policy'")
        connection.execute("update marts.alerts set is_raised = true where alert = 'rejected_share'")
    refused = publish_again(database, tmp_path / "marts.duckdb")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Not published: alert_policy is block and there are alerts: " in refused.stderr
    assert not (tmp_path / "marts.duckdb").exists()


def standing_files(published: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in published.parent.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


NO_DEAL = "Not published: the export holds no deal{}. Put the whole export in place, or set allow_fewer_deals: true where it is whole."
KEEP = "; readers keep the previous build"
FEWER = (
    f"Not published: the export holds 59 deals, less than 50% of the 120 that stand published{KEEP}. "
    + NO_DEAL.partition(". ")[2]
)


@pytest.mark.parametrize(("deals", "sentence"), [thorough(0, NO_DEAL.format(KEEP)), (59, FEWER), thorough(60, "")])
def test_a_build_with_less_than_half_of_the_deals_that_stand_published_does_not_replace_them(
    built: Place, tmp_path: Path, deals: int, sentence: str
) -> None:
    published = tmp_path / "marts.duckdb"
    assert finish(with_deals(built, 120, "whole"), published).returncode == 0
    before = standing_files(published)
    database = with_deals(built, deals, "fewer")
    for run in (finish(database, published), publish_again(database, published)):
        if sentence:
            assert (run.returncode, run.stderr.strip().removeprefix("Error: ")) == (1, sentence)
            assert standing_files(published) == before
        else:
            assert run.returncode == 0, run.stderr
            assert standing_files(published) != before
    (row,) = built.rows(
        "select is_published, why_not from w.history.run_history order by started_at desc limit 1", database
    )
    assert row == (not sentence, sentence or None)
    allowed = finish(database, published, fewer_deals={"minimum_share": 0.5, "allow_fewer_deals": True})
    assert allowed.returncode == 0, allowed.stderr
    assert built.rows("select deals from run_history order by started_at desc limit 1", published) == [(deals,)]


def test_a_build_without_deals_is_not_published_where_nothing_stands_either(built: Place, tmp_path: Path) -> None:
    run = finish(with_deals(built, 0, "none"), tmp_path / "marts.duckdb")
    assert (run.returncode, run.stderr.strip()) == (1, NO_DEAL.format(""))
    assert not (tmp_path / "marts.duckdb").exists()


@pytest.mark.thorough
def test_the_share_is_what_the_setting_says_and_of_whatever_source_stands(built: Place, tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    assert finish(with_deals(built, 120, "whole"), published).returncode == 0
    fewer = {"minimum_share": 0.9, "allow_fewer_deals": False}
    run = finish(with_deals(built, 107, "fewer"), published, fewer_deals=fewer)
    assert "holds 107 deals, less than 90% of the 120" in run.stderr
    # of another source too: a mapping may have been forgotten
    other = with_deals(built, 5, "other")
    assert "holds 5 deals, less than 50% of the 120" in finish(other, published, run={"crm": "hubspot"}).stderr
    told = {"minimum_share": 0.5, "allow_fewer_deals": True}
    assert finish(other, published, run={"crm": "hubspot"}, fewer_deals=told).returncode == 0
    # only builds of the source that stands there are told of: the one that was refused, and the one that was told to
    assert built.rows("select crm, deals from run_history", published) == [("hubspot", 5), ("hubspot", 5)]


def test_the_sample_company_does_not_replace_the_figures_of_another_source(built: Place, tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    assert finish(with_deals(built, 120, "whole"), published).returncode == 0
    before = standing_files(published)
    run = finish(with_deals(built, 120, "invented"), published, run={"crm": "sample"})
    assert (run.returncode, run.stderr.strip()) == (
        1,
        f"Not published: {published} holds the answers of custom, and a build of the invented sample company does not replace them. "
        "Name another file as published in winloss.yml, or remove that one; for your own deals state crm there.",
    )
    assert standing_files(published) == before
    published.unlink()
    assert finish(with_deals(built, 120, "invented"), published, run={"crm": "sample"}).returncode == 0
    assert finish(with_deals(built, 120, "invented"), published, run={"crm": "sample"}).returncode == 0
    # the other way round anything may, however small
    assert finish(with_deals(built, 3, "own"), published).returncode == 0
    assert built.rows("select distinct crm from run_history", published) == [("custom",)]


# ---------------------------------------------------------------- one quarter published twice


def changed(database: Path, statement: str, deals: Sequence[str]) -> None:
    """Changes these deals of a private database, as a build on corrected exports would."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"{statement} where deal_key in (select unnest($deals))", {"deals": list(deals)})


ONLY = (
    "Not published: since {quarter} was published only the {what} changed, which a reader of both files could work out; readers keep the "
    "previous build. Build again when 5 or more changed, or set allow_few_changes: true for this run."
)
AMOUNTS = "update marts.fct_deals set amount = amount + 1"
GONE = "delete from marts.fct_deals"


@pytest.mark.parametrize(
    ("statement", "outcome", "what"),
    [
        (AMOUNTS, "won", "outcome, amount or dates of {} won deal{}"),
        thorough(
            GONE,
            "lost",
            "outcome, amount or dates of {0} lost deal{1} and the segments, stages or reasons of {0} lost deal{1} and the contacts of {0} "
            "lost deal{1}",
        ),
    ],
)
def test_a_quarter_is_not_published_again_for_a_few_changed_deals(
    built: Place, tmp_path: Path, statement: str, outcome: str, what: str
) -> None:
    """One deal more tells its amount as the difference of two totals; five deals tell a sum of five."""
    published = tmp_path / "marts.duckdb"
    database = copy_of(built.database, "few")
    assert finish(database, published).returncode == 0
    before = standing_files(published)
    quarter = built.rows("select max(last_quarter) from dim_periods where period = 'quarter'", published)[0][0]
    # each has a contact and, if lost, a reason
    keys = [
        row[0]
        for row in built.rows(
            "select deal_key from w.marts.fct_closed_deals where outcome = $outcome "
            "and deal_key in (select deal_key from w.marts.bridge_deal_contacts where is_counted) "
            "and (outcome = 'won' or loss_reason_category != 'other') order by deal_key".replace(
                "$outcome", f"'{outcome}'"
            ),
            built.database,
        )
    ]
    for before_these, deals in ((0, 1), (1, 4)):
        changed(database, statement, keys[before_these:deals])
        sentence = ONLY.format(quarter=quarter, what=what.format(deals, "s" * (deals > 1)))
        for publishes in (finish, publish_again) if deals == 1 else (finish,):
            run = publishes(database, published)
            assert (run.returncode, run.stderr.strip().removeprefix("Error: ")) == (1, sentence)
        assert standing_files(published) == before
    changed(database, statement, keys[4:5])
    run = finish(database, published)
    assert (run.returncode, run.stderr) == (0, "")


def test_a_quarter_is_published_again_where_no_deal_changed_or_it_was_told_to(built: Place, tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    database = copy_of(built.database, "again")
    assert finish(database, published).returncode == 0
    assert finish(database, published).returncode == 0
    won = [
        row[0] for row in built.rows("select deal_key from w.marts.fct_closed_deals where outcome = 'won'", database)
    ]
    changed(database, AMOUNTS, won[:1])
    assert finish(database, published).returncode == 1
    assert finish(database, published, allow_few_changes=True).returncode == 0
    # with no file in its place readers would have none
    changed(database, AMOUNTS, won[:2])
    assert finish(database, tmp_path / "other" / "marts.duckdb").returncode == 0


def test_an_export_without_quarters_waits_for_enough_changes_too(built: Place, tmp_path: Path) -> None:
    published, database = tmp_path / "marts.duckdb", copy_of(built.database, "undated")
    with duckdb.connect(str(database)) as connection:
        connection.execute("update marts.dim_periods set last_quarter = null")
        won = connection.execute("select min(deal_key) from marts.fct_closed_deals where outcome = 'won'").fetchall()[0]
    assert finish(database, published).returncode == 0
    changed(database, AMOUNTS, won)
    run = finish(database, published)
    what = "outcome, amount or dates of 1 won deal"
    assert (run.returncode, run.stderr.strip()) == (1, ONLY.format(quarter="an export without quarters", what=what))


# ---------------------------------------------------------------- the audit trail


def test_the_run_history_says_what_the_build_read_and_found(built: Place) -> None:
    (row,) = built.rows("select * from run_history where is_published")
    names = built.rows(
        "select column_name from duckdb_columns() where table_name = 'run_history' order by column_index"
    )
    run = dict(zip((name for (name,) in names), row, strict=True))
    log = (built.project / "logs" / "dbt.log").read_text(encoding="utf-8")
    assert run["invocation_id"] in log
    files = json.loads(run["input_files"])
    assert [(file["object"], file["records"]) for file in files] == [
        ("accounts", 120),
        ("contacts", 180),
        ("deal_contacts", 180),
        ("deals", 124),
    ]
    import hashlib

    # the files by object and number: their names may say whose they are
    assert [file["source_file"] for file in files] == ["accounts 1", "contacts 1", "deal_contacts 1", "deals 1"]
    hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in built.exports.iterdir()}
    assert {file["sha256"] for file in files} == hashes
    assert (run["records_read"], run["records_rejected"], run["deals"], run["closed_deals"]) == (604, 4, 120, 120)
    assert run["reviewed_quarter"] == "2025-Q1"
    assert run["duration_seconds"] > 0
    assert run["peak_memory_mb"] > 50
    assert run["tests_passed"] > 10
    assert run["dbt_version"].startswith("1.11")
    assert run["duckdb_version"] == duckdb.__version__


def test_json_log_lines_carry_the_id_of_the_run(built: Place) -> None:
    run = built.dbt("--log-format", "json", "build", "--select", "reject_rules")
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    said = [line for line in lines if "Not published" in line["info"]["msg"]]
    assert said
    assert {line["info"]["invocation_id"] for line in lines} == {said[0]["info"]["invocation_id"]}


def test_the_run_history_survives_dbt_clean_and_a_new_version_of_its_columns(built: Place) -> None:
    database = copy_of(built.database, "history")
    with duckdb.connect(str(database)) as connection:
        connection.execute("alter table history.run_history drop column why_not")
    assert built.dbt("build", "--select", "reject_rules", environment={"WINLOSS_DB": str(database)}).returncode == 0
    assert finish(database, scratch() / "history" / "out" / "marts.duckdb").returncode == 0
    rows = built.rows("select is_published, why_not from w.history.run_history order by started_at", database)
    assert rows == [(True, None), (True, None)]
    cleaned = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["clean-targets"]
    kept = {
        Path(place).parts[0] for place in (PRIVATE, *(declared()[name].default for name in ("published", "reports")))
    }
    assert kept == {"warehouse", "published", "reports"} and not kept & set(cleaned)
