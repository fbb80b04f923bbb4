"""One long story (survival.py): a build again and again, shuffled, killed, repeated, while readers poll what is published.

The same export gives the same published tables, whatever the order of its rows, the names of its files and the threads; and no reader
sees half a build.
"""

import signal
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from python_tests import survival
from python_tests.canary_company import built_place
from python_tests.reader_process import look_at_sqlite

pytestmark = pytest.mark.slow

# what must differ from build to build, and why
OF_THE_RUN = {"run_history": "a row per build"}
RUN_TIME_ALERTS = "alert in ('run_time', 'memory')"
OF_THE_FILES = {
    "input_files": ("source_file", "sha256"),
    "input_columns": ("source_file",),
    "rejected_records": ("source_file", "source_line"),
}
"""Columns that name files and lines: they differ when files are renamed and rows shuffled."""

Table = tuple[list[tuple[str, str]], list[tuple[Any, ...]]]


def tables(path: Path, without_files: bool) -> dict[str, Table]:
    """Columns with types, and sorted rows, of every table that must not differ."""
    found: dict[str, Table] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables() order by table_name").fetchall():
            if name in OF_THE_RUN:
                continue
            left_out = OF_THE_FILES.get(name, ()) if without_files else ()
            columns = [
                (row[0], row[1]) for row in connection.execute(f"describe {name}").fetchall() if row[0] not in left_out
            ]
            where = f"where not ({RUN_TIME_ALERTS})" if name == "alerts" else ""
            listed = ", ".join(column for column, _ in columns)
            rows = connection.execute(f"select {listed} from {name} {where}").fetchall()
            found[name] = (columns, sorted(rows, key=repr))
    return found


def differences(one: dict[str, Table], other: dict[str, Table]) -> dict[str, Any]:
    return {
        name: [(a, b) for a, b in zip(one[name][1], other[name][1], strict=False) if a != b][:2]
        or "columns or number of rows"
        for name in one
        if one[name] != other.get(name)
    } | dict.fromkeys(set(other) - set(one), "missing")


@pytest.mark.parametrize("without_files", [False, True])
def test_the_same_files_built_twice_give_the_same_tables(without_files: bool) -> None:
    first, last = built_place()[0].published, survival.story().place.published
    assert differences(tables(first, without_files), tables(last, without_files)) == {}


def test_shuffled_rows_renamed_files_and_one_thread_give_the_same_tables() -> None:
    first = built_place()[0].published
    shuffled = survival.story().place.folder / "published_shuffled" / "marts.duckdb"
    assert len(tables(first, True)) > 25
    assert differences(tables(first, True), tables(shuffled, True)) == {}
    assert tables(first, False)["input_files"] != tables(shuffled, False)["input_files"]


def test_rows_stand_in_the_same_order_in_both_files() -> None:
    """Copies in CSV can be compared line by line."""
    first, last = built_place()[0].published.parent, survival.story().place.published.parent
    for path in sorted((first / "csv").glob("*.csv")):
        if path.stem not in {*OF_THE_RUN, "alerts"}:
            assert path.read_bytes() == (last / "csv" / path.name).read_bytes(), path.name


def test_a_difference_would_be_seen() -> None:
    one = tables(built_place()[0].published, True)
    columns, rows = one["win_rate_baseline"]
    changed = one | {"win_rate_baseline": (columns, [*rows[:-1], (*rows[-1][:-1], "x")])}
    assert list(differences(one, changed)) == ["win_rate_baseline"]


# ---------------------------------------------------------------- readers


def test_readers_are_never_blocked_and_never_see_half_a_build() -> None:
    told = survival.story()
    for name, polls in told.polls.items():
        assert Counter(poll.get("error") for poll in polls) == {None: len(polls)}, name
        assert len(polls) > 20
        seen = list(dict.fromkeys(poll["build"] for poll in polls))
        assert seen[0] == told.first
        assert told.shuffled in seen
        assert seen[-1] == told.last


# ---------------------------------------------------------------- kill -9


def test_a_build_killed_at_any_of_ten_moments_leaves_the_old_or_the_new_files_whole() -> None:
    told = survival.story()
    assert len(told.killed) == 10
    for killed in told.killed:
        assert killed.signal == signal.SIGKILL
        # while the steps run nothing is published yet
        if "publishing" not in killed.moment:
            assert (killed.after, killed.sqlite_after) == (killed.before, killed.before), killed.moment
        # all files are of one build, also where the kill fell between them
        assert killed.sqlite_after == killed.after, killed.moment


def test_the_next_build_needs_no_hand() -> None:
    told = survival.story()
    assert "Published" in told.shown, told.shown[-3000:]
    assert told.last not in {told.first, told.shuffled}
    assert look_at_sqlite(told.place.published.with_suffix(".sqlite")) == told.last
    left = sorted(path.name for path in told.place.published.parent.iterdir())
    assert [name for name in left if name.endswith((".tmp", ".wal"))] == []


def test_a_killed_publication_is_never_called_published() -> None:
    told = survival.story()
    rows = told.place.rows("select invocation_id, is_published from w.history.run_history", told.place.database)
    published = {told.first, told.shuffled, told.last, *[killed.after for killed in told.killed]}
    assert {build for build, is_published in rows if is_published} <= published
    assert any(is_published is None for _, is_published in rows)
