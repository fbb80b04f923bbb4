"""Files of the user's that stand where the product works: no command removes one, or writes over it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from python_tests.canary_company import (
    MAPPING,
    Place,
    built_place,
    place_after_a_build,
    place_with_a_short_build,
    scratch,
)
from python_tests.crm_build import plan_of
from python_tests.speeds import thorough
from winloss.cli import main
from winloss.own_files import MARK, new_folder, others_database, remove_folders
from winloss.publish.publication import Publication, PublishError, publish
from winloss.report.marts import ReportError
from winloss.report.render import write_report, write_text

EXPORT = b"Deal,Result\n1,Won\n\n2,Lost\n"
COMMANDS = (
    ("quarterly", "--mapping", "../mapping.yml", "--format", "html", "--format", "md"),
    ("publish",),
    ("report",),
    ("report", "--format", "json"),
    ("report", "--format", "xlsx"),
    ("ask", "what is our win rate"),
    ("recommend",),
    ("what-if", "--drop", "tier=Gold"),
    ("check", "--mapping", "../mapping.yml"),
    ("check", "--write-mapping", "../mapping.yml"),
    ("doctor",),
    ("summary",),
    ("worklist",),
    ("worklist", "--format", "csv"),
    ("accounts", "--out", "../published/deals.csv"),
    ("accounts", "--out", "../reports/accounts.csv"),
)


def test_every_command_is_tried_on_the_files_of_the_user() -> None:
    """A new command is tried here, too; `winloss run` is in test_run, with files beside all that it writes."""
    assert {command for command, *_ in COMMANDS} | {"run"} == set(main.commands)


def put(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(EXPORT)


def files(*folders: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def winloss(place: Place, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = place.environment(WINLOSS_REPORTS="../reports", PYTHONPATH=str(place.project), **more)
    return subprocess.run(
        [sys.executable, "-m", "winloss", *arguments],
        cwd=place.project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.thorough
def test_no_command_removes_or_changes_a_file_of_the_user(tmp_path: Path) -> None:
    place = place_after_a_build("users_files")
    # where copies of odd exports once stood while a build ran
    exports = place.database.parent / "landing" / place.database.stem
    exports.parent.mkdir()
    place.exports.rename(exports)
    published, reports = place.published.parent, place.folder / "reports"
    put(
        place.database.parent / "deals.csv",
        place.database.parent / "landing" / "deals.csv",
        place.database.parent / f".{place.database.name}.copies.old.tmp" / "deals.csv",
        published / "deals.csv",
        published / "csv" / "deals.csv",
        published / "csv" / "csv" / "deals.csv",
        published / "parquet" / "deals.parquet",
        published / "2025-Q1" / "deals.csv",
        published / ".marts.duckdb.old.tmp" / "deals.csv",
        reports / "deals.csv",
        reports / "2025-Q1" / "deals.csv",
        reports / "2025-Q1" / ".report.html.part",
    )
    (place.folder / "mapping.yml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    before = {
        path: content for path, content in files(place.folder).items() if content == EXPORT or exports in path.parents
    }
    assert len(before) == 12 + 4
    before[place.folder / "mapping.yml"] = (place.folder / "mapping.yml").read_bytes()
    said = {}
    for command in COMMANDS:
        run = winloss(place, *command, WINLOSS_EXPORTS=os.path.relpath(exports, place.project), WINLOSS_CRM="custom")
        said[command] = run.stdout + run.stderr
        lost = [str(path) for path, content in before.items() if not path.is_file() or path.read_bytes() != content]
        assert lost == [], f"winloss {' '.join(command)}: {said[command]}"
    # they all did their work
    assert place.rows("select count(*) > 1 from run_history where is_published") == [(True,)], said[COMMANDS[0]]
    assert sorted(path.name for path in (reports / "2025-Q1").glob("report.*")) == [
        "report.html",
        "report.json",
        "report.md",
        "report.xlsx",
    ]
    assert "mapping.yml is there already" in said["check", "--write-mapping", "../mapping.yml"]
    assert (
        "deals.csv is no report that Winloss wrote" in said[COMMANDS[-2]] or "No accounts by tier" in said[COMMANDS[-2]]
    )
    # and left nothing of their own
    assert [path for path in place.database.parent.glob(".*.copies.*") if not path.match("*old*")] == []


# ---------------------------------------------------------------- the published files


@pytest.fixture(scope="module")
def database() -> Path:
    """A private database to publish from."""
    copy = scratch() / "users_files_private" / "w.duckdb"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(built_place()[0].database.read_bytes())
    return copy


def publish_to(path: Path, database: Path, *formats: str) -> None:
    with duckdb.connect(str(database)) as connection:
        publish(connection, Publication(path, "one", "2025-Q1", formats))


@pytest.mark.parametrize(
    "name",
    [
        "marts.duckdb",
        *(
            thorough(name)
            for name in (
                "marts.sqlite",
                "marts_questions.sql",
                "2025-Q1/marts.duckdb",
                "csv/alerts.csv",
                "parquet/alerts.parquet",
            )
        ),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_file_that_no_build_published_is_not_replaced(
    database: Path, tmp_path: Path, name: str, is_first: bool
) -> None:
    published = tmp_path / "marts.duckdb"
    if not is_first:
        publish_to(published, database, "csv", "parquet")
        (tmp_path / name).unlink()
    put(tmp_path / name)
    before = files(tmp_path)
    with pytest.raises(PublishError) as raised:
        publish_to(published, database, "csv", "parquet")
    assert str(raised.value) == (
        f"Not published: {tmp_path / name} is no file that a build published, or it was damaged or changed since, and it is left as it is. "
        "Move it away, or name another file in WINLOSS_PUBLISHED."
    )
    assert {path: content for path, content in files(tmp_path).items() if not path.name.startswith(".")} == {
        path: content for path, content in before.items() if not path.name.startswith(".")
    }


def test_a_database_of_the_users_own_is_not_replaced(database: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as own:
        own.execute("create table dim_periods as select 1 as one")
    before = (tmp_path / "marts.duckdb").read_bytes()
    with pytest.raises(PublishError, match="is no file that a build published"):
        publish_to(tmp_path / "marts.duckdb", database)
    assert (tmp_path / "marts.duckdb").read_bytes() == before
    (tmp_path / "marts.duckdb").unlink()
    with sqlite3.connect(tmp_path / "marts.sqlite") as own:
        own.execute("create table deals (id integer)")
    with pytest.raises(PublishError, match=r"marts\.sqlite is no file that a build published"):
        publish_to(tmp_path / "marts.duckdb", database)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "left"), [("marts.duckdb", 0.5), ("marts.duckdb", 0), ("marts.sqlite", 0), ("csv/alerts.csv", 0.5)]
)
def test_a_damaged_published_file_is_one_sentence_with_the_remedy_and_nothing_is_lost(
    database: Path, tmp_path: Path, name: str, left: float
) -> None:
    publish_to(tmp_path / "made" / "marts.duckdb", database, "csv")
    # as a backup, or a copy onto another disk, leaves it: files in the place of links
    shutil.copytree(tmp_path / "made", tmp_path / "published")
    published, damaged = tmp_path / "published" / "marts.duckdb", tmp_path / "published" / name
    raw = damaged.read_bytes()
    damaged.chmod(0o644)
    damaged.write_bytes(raw[: int(left * len(raw))].ljust(len(raw), b"\0"))

    def seen() -> dict[Path, bytes]:
        return {
            path: content
            for path, content in files(published.parent).items()
            if not path.relative_to(published.parent).parts[0].startswith(".")
        }

    before = seen()
    command = ["publish", "--quiet", "--from", str(database), "--db", str(published)]
    run = CliRunner().invoke(main, command)
    assert run.exit_code == 1
    assert run.stderr == (
        f"Error: Not published: {damaged} is no file that a build published, or it was damaged or changed since, and it is left as it is. "
        "Move it away, or name another file in WINLOSS_PUBLISHED.\n"
    )
    assert seen() == before
    # the remedy works
    damaged.rename(tmp_path / "moved away")
    assert CliRunner().invoke(main, command).exit_code == 0
    assert (tmp_path / "moved away").read_bytes() == before[damaged]


def test_a_file_damaged_in_the_folder_of_its_build_is_made_anew(database: Path, tmp_path: Path) -> None:
    published = tmp_path / "marts.duckdb"
    publish_to(published, database)
    published.resolve().chmod(0o644)
    published.resolve().write_bytes(b"damaged")
    publish_to(published, database)
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute("select count(*) from dim_periods").fetchall() == [(4,)]


@pytest.mark.thorough
def test_files_that_a_build_published_are_replaced_also_where_they_were_moved(database: Path, tmp_path: Path) -> None:
    publish_to(tmp_path / "here" / "marts.duckdb", database, "csv")
    (tmp_path / "here").rename(tmp_path / "there")
    published = tmp_path / "there" / "marts.duckdb"
    publish_to(published, database, "csv")
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute("select count(*) from dim_periods").fetchall() == [(4,)]
    # and where last quarter's copy was put back in its place
    (tmp_path / "there" / "back").write_bytes((tmp_path / "there" / "2025-Q1" / "marts.duckdb").read_bytes())
    (tmp_path / "there" / "back").rename(published)
    publish_to(published, database, "csv")
    assert published.is_symlink()
    assert [path for path in published.parent.iterdir() if path.name.endswith(".tmp")] == []


# ---------------------------------------------------------------- reports


REPORT = "<!doctype html><title>Win/loss report, by hand</title>"


@pytest.mark.parametrize("text", [EXPORT.decode(), REPORT, '{\n "schema_version": 1}', "# Win/loss report\n"])
def test_a_report_is_not_written_over_a_file_that_the_product_did_not_write(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError) as raised:
        write_text("a report", tmp_path / "report.html")
    assert str(raised.value) == (
        f"{tmp_path / 'report.html'} is no report that Winloss wrote, or it was changed since, and it is left as it is. "
        "Move it away, or name another place with --out."
    )
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_report_that_someone_wrote_notes_into_is_kept(tmp_path: Path) -> None:
    path = write_text("a report", tmp_path / "report.md")
    path.write_text("a report, with my notes", encoding="utf-8")
    with pytest.raises(ReportError, match="or it was changed since"):
        write_text("another", path)
    assert path.read_text(encoding="utf-8") == "a report, with my notes"


def test_a_link_in_the_place_of_a_report_stays_with_what_it_names(tmp_path: Path) -> None:
    write_text("a report", tmp_path / "report.md").rename(tmp_path / "mine.md")
    (tmp_path / "report.md").symlink_to("mine.md")
    with pytest.raises(ReportError, match="is no report that Winloss wrote"):
        write_text("another", tmp_path / "report.md")
    assert (tmp_path / "mine.md").read_text(encoding="utf-8") == "a report"


@pytest.mark.parametrize("kind", ["html", "md", "json"])
def test_a_report_is_written_over_an_earlier_one(tmp_path: Path, kind: str) -> None:
    published = built_place()[0].published
    first = write_report(published, tmp_path / "x", kind).read_bytes()
    assert write_report(published, tmp_path / "x", kind).read_bytes() == first
    # also where the write before was killed between the list and the file
    listed = json.loads((tmp_path / ".x.manifest").read_text(encoding="utf-8"))
    listed["files"]["x"].append("the digest of what was never put there")
    (tmp_path / ".x.manifest").write_text(json.dumps(listed), encoding="utf-8")
    assert write_report(published, tmp_path / "x", kind).read_bytes() == first


# ---------------------------------------------------------------- the private database


def own_database(path: Path, table: str) -> None:
    with duckdb.connect(str(path)) as own:
        schema = table.split(".")[0]
        own.execute(f"create schema if not exists {schema}; create table {table} as select 1 as mine")


@pytest.mark.parametrize(
    "table", ["marts.fct_deals", "staging.stg_deals", "landing.deals", "history.run_history", "reference.bands"]
)
def test_a_database_of_the_users_own_with_tables_of_our_names_is_not_built_in(tmp_path: Path, table: str) -> None:
    own_database(tmp_path / "own.duckdb", table)
    assert others_database(tmp_path / "own.duckdb") == (
        f"{tmp_path / 'own.duckdb'} is a database of yours: it has the schema {table.split('.')[0]}, in which no build of Winloss worked. "
        "Name another file in WINLOSS_DB, and the build makes it."
    )


def test_a_database_of_the_users_own_with_other_tables_may_be_built_in(tmp_path: Path) -> None:
    own_database(tmp_path / "own.duckdb", "main.deals")
    assert others_database(tmp_path / "own.duckdb") is None
    assert others_database(tmp_path / "none.duckdb") is None
    assert others_database(built_place()[0].database) is None


def test_a_published_file_is_not_built_in() -> None:
    published = built_place()[0].published
    assert others_database(published) == (
        f"{published} is a published file. Name another file in WINLOSS_DB, and the build makes it."
    )


def test_a_csv_file_as_the_database_is_one_sentence_and_stays(tmp_path: Path) -> None:
    put(tmp_path / "some.csv")
    assert others_database(tmp_path / "some.csv") == (
        f"{tmp_path / 'some.csv'} is no DuckDB database. Name another file in WINLOSS_DB, and the build makes it. If it was one, it is damaged: "
        "move it away and build; only the memory of earlier advice starts anew, or comes from your backup."
    )
    assert (tmp_path / "some.csv").read_bytes() == EXPORT


def test_a_build_refuses_a_database_of_the_users_own_before_it_writes(tmp_path: Path) -> None:
    place = place_with_a_short_build("own_database")
    own_database(place.folder / "own.duckdb", "marts.fct_deals")
    before = (place.folder / "own.duckdb").read_bytes()
    run = place.dbt("build", environment={"WINLOSS_DB": "../own.duckdb"})
    assert run.returncode != 0 and "Traceback" not in run.stdout
    assert "../own.duckdb is a database of yours: it has the schema marts" in run.stdout
    assert (place.folder / "own.duckdb").read_bytes() == before
    assert sorted(path.name for path in place.folder.glob("own*")) == ["own.duckdb"]


# ---------------------------------------------------------------- folders that a run works in


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    left = new_folder(tmp_path, "w.duckdb.copies")
    put(left / "copy.csv")
    unmarked = tmp_path / ".w.duckdb.copies.empty.tmp"
    unmarked.mkdir()
    others = [
        new_folder(tmp_path, "x.duckdb.copies"),
        tmp_path / ".w.duckdb.copies.mine.tmp",
        tmp_path / ".w.duckdb.copies.marked.tmp",
    ]
    put(*(other / "deals.csv" for other in others))
    (others[2] / MARK).write_text("a note of my own", encoding="utf-8")
    remove_folders(tmp_path, "w.duckdb.copies")
    assert not left.exists() and not unmarked.exists()
    assert [(other / "deals.csv").read_bytes() for other in others] == [EXPORT] * 3


def test_private_copies_stand_in_a_folder_that_the_build_made(tmp_path: Path) -> None:
    put(tmp_path / "private" / "landing" / "w" / "deals.csv")
    plan = plan_of(
        tmp_path,
        "hubspot",
        {
            "deals.csv": "Record ID,Deal Name,Deal Stage,Amount,Close Date\n1,A,Closed Won,5,2025-01-01\n\n2,B,Closed Lost,6,2025-01-02\n"
        },
    )
    (copy,) = [reading.file.copy for reading in plan.layout.readings if reading.object == "deals"]
    assert copy is not None
    assert copy.parent.parent == tmp_path / "private" and (copy.parent / MARK).is_file()
    assert files(tmp_path / "private" / "landing") == {tmp_path / "private" / "landing" / "w" / "deals.csv": EXPORT}
