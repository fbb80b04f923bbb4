"""No person leaves the private file: every byte that a build writes or says is searched for the people of its export."""

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from python_tests.canary_company import (
    CANARIES,
    IGNORED_HEADER,
    KEY,
    MAPPING,
    NAMED,
    NAMES,
    Place,
    built_place,
    company,
    place_with_a_short_build,
    scratch,
    told_place,
    write_company,
)
from winloss.load.plan import plan_load
from winloss.operations.privacy_key import KeyProblem, read_or_make_key

PATTERN = re.compile("|".join(re.escape(word) for word in CANARIES), re.IGNORECASE)


def found(text: str) -> list[str]:
    return sorted({match.group().lower() for match in PATTERN.finditer(text)})


def cells(path: Path) -> Iterator[str]:
    """Every cell and comment of a file that stores its text packed."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as workbook:
            yield from (workbook.read(name).decode("utf-8") for name in workbook.namelist())
        return
    with duckdb.connect() as connection:
        if path.suffix == ".parquet":
            yield from (str(row) for row in connection.execute(f"select * from '{path}'").fetchall())
            return
        # the SQLite copy is read by its own library: DuckDB would want to load an extension
        connection.execute(f"attach '{path}' as file (read_only)")
        tables = connection.execute("select table_name from duckdb_tables() where database_name = 'file'").fetchall()
        assert tables
        for (table,) in tables:
            yield from (str(row) for row in connection.execute(f"select * from file.{table}").fetchall())
        yield from (str(row) for row in connection.execute("select comment from duckdb_columns()").fetchall())


def written(place: Place) -> list[Path]:
    """Every file a build, the docs and the report wrote, but for the private folder."""
    private = {place.exports, place.database.parent}
    sources = {"models", "macros", "seeds", "tests", "analyses", "winloss"}
    return [
        path
        for path in place.folder.rglob("*")
        if path.is_file()
        and not private & set(path.parents)
        and not (path.is_relative_to(place.project) and path.relative_to(place.project).parts[0] in sources)
    ]


@pytest.fixture(scope="module")
def built() -> Place:
    """The company's build, with the docs site and the report in every format."""
    return told_place()


def test_the_search_finds_people_where_they_are(built: Place) -> None:
    exported = " ".join(path.read_text(encoding="utf-8") for path in built.exports.glob("*.csv"))
    assert found(exported) == sorted(word.lower() for word in CANARIES)
    # what sellers wrote is kept in the private file, from staging on only as far as it is classified
    assert found(" ".join(cells_of_private(built, "staging")))


def cells_of_private(place: Place, schema: str) -> Iterator[str]:
    with duckdb.connect(str(place.database), read_only=True) as connection:
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = $schema", {"schema": schema}
        ).fetchall():
            columns = [
                row[0]
                for row in connection.execute(f"describe w.{schema}.{table}").fetchall()
                if (table, row[0]) not in {("rejected_records", "reason")}
            ]
            yield from (
                str(row)
                for row in connection.execute(f"select {', '.join(columns)} from w.{schema}.{table}").fetchall()
            )


def test_no_file_outside_the_private_folder_holds_a_person(built: Place) -> None:
    files = written(built)
    kinds = {path.suffix for path in files}
    assert {".duckdb", ".sqlite", ".parquet", ".csv", ".json", ".log", ".sql", ".html"} <= kinds
    leaks = {
        str(path.relative_to(built.folder)): words
        for path in files
        if (words := found(path.read_bytes().decode("latin-1")))
    }
    assert leaks == {}


def test_no_packed_cell_holds_a_person(built: Place) -> None:
    packed = [path for path in written(built) if path.suffix in (".duckdb", ".parquet", ".xlsx")]
    assert len(packed) > 20 and any(path.suffix == ".xlsx" for path in packed)
    leaks = {str(path): words for path in packed if (words := found(" ".join(cells(path))))}
    assert leaks == {}


def test_the_terminal_shows_no_person(built: Place) -> None:
    run = built_place()[1]
    assert "Completed successfully" in run.stdout
    assert found(run.stdout) == []


def test_the_marts_hold_no_person_either(built: Place) -> None:
    assert found(" ".join(cells_of_private(built, "marts"))) == []


def test_owners_are_pseudonyms_in_the_private_file(built: Place) -> None:
    owners = built.rows("select distinct owner from w.marts.fct_deals", built.database)
    assert len(owners) == len(NAMES)
    assert all(re.fullmatch(r"owner-[0-9a-f]{8}", owner) for (owner,) in owners)


def test_the_key_of_the_hashes_stands_nowhere_outside(built: Place) -> None:
    leaks = [path for path in written(built) if KEY.encode() in path.read_bytes()]
    assert leaks == []
    assert KEY not in built_place()[1].stdout


def test_no_hash_can_be_made_without_the_key(built: Place) -> None:
    hashes = {
        digest(text.encode()).hexdigest()
        for row in company()["deals"]
        for text in (row["Deal"], row["Deal"].lower(), f"deal:{row['Deal']}", row["Owner"], f"owner:{row['Owner']}")
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256)
    }
    keys = built.rows(
        "select deal_key from w.marts.fct_deals union select owner from w.marts.fct_deals", built.database
    )
    assert not hashes & {key for (key,) in keys}
    assert not {value[:8] for value in hashes} & {str(key).removeprefix("owner-") for (key,) in keys}


def test_an_address_inside_a_category_does_not_leave(built: Place) -> None:
    masked = "select distinct segment from {} where segment like '%e-mail%'"
    assert built.rows(masked.format("w.marts.win_rates_by_dimension"), built.database) == [("(e-mail address)",)]
    assert built.rows(masked.format("win_rates_by_dimension")) == [("(e-mail address)",)]


def published(place: Place) -> list[Path]:
    return [path for path in place.published.parent.rglob("*") if path.is_file() and not path.is_symlink()]


def test_names_in_file_names_and_in_headers_that_are_not_read_are_not_published(built: Place) -> None:
    assert any(NAMED in path.name for path in built.exports.iterdir())
    private = built.rows(
        "select source_file, source_header from w.marts.input_columns where status = 'ignored'", built.database
    )
    assert all(NAMED in file for file, _ in private) and IGNORED_HEADER in {header for _, header in private}
    paths = published(built)
    assert {path.suffix for path in paths} >= {".duckdb", ".sqlite", ".parquet", ".csv"}
    packed = {path: cells(path) for path in paths if path.suffix in (".duckdb", ".parquet")}
    assert [path for path in paths if NAMED.encode() in path.read_bytes()] == []
    assert [path for path, texts in packed.items() if any(NAMED in text for text in texts)] == []
    # files go by number, and each table by the same
    assert built.rows("select object, source_file from input_files order by all") == [
        (name, f"{name} 1") for name in ("accounts", "contacts", "deal_contacts", "deals")
    ]
    assert built.rows("select distinct source_file from rejected_records where object = 'deals'") == [("deals 1",)]
    assert built.rows("select count(*) from input_columns where status = 'ignored'") == [(0,)]
    assert built.rows("select count(*) > 5 from input_columns where source_header = 'Rival' or status = 'mapped'") == [
        (True,)
    ]


def test_a_dimension_of_people_is_treated_as_owners_are(built: Place) -> None:
    segments = built.rows(
        "select distinct segment from w.marts.win_rates_by_dimension where dimension = 'manager'", built.database
    )
    assert len(segments) == len(NAMES) and all(re.fullmatch("manager-[0-9a-f]{8}", segment) for (segment,) in segments)
    # not the pseudonyms of the same people as owners: no one may put the two together
    owners = built.rows(
        "select distinct segment from w.marts.win_rates_by_dimension where dimension = 'owner'", built.database
    )
    assert not {segment.partition("-")[2] for (segment,) in segments} & {
        segment.partition("-")[2] for (segment,) in owners
    }
    for path in (built.published, built.database):
        schema = "" if path == built.published else "w.marts."
        assert built.rows(
            f"select dimension, is_person, is_recommendable from {schema}dim_dimensions where dimension in ('manager', 'owner', 'tier') order by 1",
            path,
        ) == [("manager", True, False), ("owner", True, False), ("tier", False, True)]
    assert [path for path in published(built) if b"manager-" in path.read_bytes()] == []
    for table, column in built.rows(
        "select table_name, column_name from duckdb_columns() where column_name in ('dimension', 'second_dimension')"
    ):
        if table != "dim_dimensions":
            assert built.rows(f"select count(*) from {table} where {column} in ('manager', 'owner')") == [(0,)], table


def test_an_address_that_reached_a_mart_all_the_same_is_not_published() -> None:
    """The second line of defence, alone: a mart is spoilt by hand."""
    from winloss.publish.publication import PublishedTable, published_select

    statement = published_select(PublishedTable("spoilt"), {"said": "VARCHAR", "deals": "BIGINT"}, 5)
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; create table marts.spoilt as select 'ask bob.o@mail.example.co.uk now' as said, 7 as deals"
        )
        assert connection.execute(statement).fetchall() == [("ask (e-mail address) now", 7)]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda rows: [row.pop("Result") for row in rows["deals"]], id="a column is missing"),
        pytest.param(
            lambda rows: [row.update(Closed="03/04/2025", Opened="01/02/2025", Changed="") for row in rows["deals"]],
            id="dates are ambiguous",
        ),
        pytest.param(
            lambda rows: [row.update(Value=f"{row['Name']}") for row in rows["deals"]], id="amounts are words"
        ),
        pytest.param(lambda rows: [row.update(Value="1.234") for row in rows["deals"]], id="amounts are ambiguous"),
        pytest.param(
            lambda rows: rows["deals"].extend(dict(row, Value="1", Changed="") for row in list(rows["deals"])),
            id="versions have no order",
        ),
    ],
)
def test_messages_about_bad_exports_name_no_person(spoil: object, request: pytest.FixtureRequest) -> None:
    rows = company()
    spoil(rows)  # type: ignore[operator]
    folder = scratch() / "spoilt" / re.sub(r"\W", "_", request.node.name)
    write_company(folder, rows)
    asked = {
        "crm": "custom",
        "folder": str(folder),
        "database": str(folder / "w.duckdb"),
        "variables": {"mapping": MAPPING["mapping"]},
    }
    answer = json.loads(plan_load(json.dumps(asked)))
    said = " ".join([str(answer["error"]), *answer.get("notices", [])])
    assert found(said) == []


@pytest.mark.thorough
def test_a_failed_build_says_and_logs_no_person() -> None:
    place = place_with_a_short_build("failing")
    (place.project / "models").mkdir(exist_ok=True)
    (place.project / "models" / "broken.sql").write_text(
        "{{ config(materialized='table') }} select cast(industry as integer) as number from w.marts.fct_deals",
        encoding="utf-8",
    )
    run = place.dbt("build")
    assert run.returncode == 1
    assert "Could not convert string" in run.stdout
    assert found(run.stdout) == []
    assert [path for path in written(place) if found(path.read_bytes().decode("latin-1"))] == []


# ---------------------------------------------------------------- the key


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WINLOSS_KEY", raising=False)
    first = read_or_make_key(tmp_path / "private")
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert read_or_make_key(tmp_path / "private") == first
    assert (tmp_path / "private" / "winloss.key").stat().st_mode & 0o777 == 0o600
    assert read_or_make_key(tmp_path / "other") != first


def test_the_key_of_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINLOSS_KEY", " 0123456789abcdef ")
    assert read_or_make_key(tmp_path) == "0123456789abcdef"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stated", ["x", "0123456789abcde", "  0123456789abcde  "])
def test_a_short_key_of_the_environment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: str
) -> None:
    monkeypatch.setenv("WINLOSS_KEY", stated)
    with pytest.raises(KeyProblem, match=r"^WINLOSS_KEY holds no key of 16 letters and digits or more") as raised:
        read_or_make_key(tmp_path)
    assert "0123" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\n", b"0123456789abcde\n", "schlüssel-schlüssel".encode()])
def test_a_key_file_without_a_whole_key_is_refused_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.delenv("WINLOSS_KEY", raising=False)
    (tmp_path / "winloss.key").write_bytes(content)
    with pytest.raises(KeyProblem) as raised:
        read_or_make_key(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path / 'winloss.key'} holds no key of 16 letters and digits or more, so pseudonyms could be undone. Put your backup of it "
        "there; without one delete the file, and the next build makes a new key: owners and deals then get new pseudonyms."
    )
    assert (tmp_path / "winloss.key").read_bytes() == content
    (tmp_path / "winloss.key").write_bytes(b"0123456789abcdef\n")
    assert read_or_make_key(tmp_path) == "0123456789abcdef"


def test_a_build_killed_while_it_makes_the_key_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WINLOSS_KEY", raising=False)
    standing = []

    def killed(descriptor: int) -> None:
        standing.append((tmp_path / "winloss.key").exists())
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        read_or_make_key(tmp_path)
    assert standing == [False]
    assert not (tmp_path / "winloss.key").exists()


def test_builds_that_begin_at_once_take_the_same_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WINLOSS_KEY", raising=False)
    fsync, quicker = os.fsync, []

    def another_is_quicker(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        quicker.append(read_or_make_key(tmp_path))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", another_is_quicker)
    assert [read_or_make_key(tmp_path)] == quicker
    assert [(tmp_path / "winloss.key").read_text(encoding="ascii")] == quicker
    assert [path.name for path in tmp_path.iterdir()] == ["winloss.key"]


def test_a_build_without_a_whole_key_ends_with_one_sentence() -> None:
    place = place_with_a_short_build("short_key")
    key = place.database.with_name("winloss.key")
    key.write_text("", encoding="ascii")
    run = place.dbt("build", environment={"WINLOSS_KEY": ""})
    assert run.returncode == 2
    assert "winloss.key holds no key of 16 letters and digits or more" in run.stdout
    assert "Traceback" not in run.stdout and "Python exception" not in run.stdout
    assert key.read_text(encoding="ascii") == ""
