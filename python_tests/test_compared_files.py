"""Two publications of a quarter where no one remembers the deals of the first: the figures of the file that stands tell how many changed."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from python_tests.canary_company import built_place, scratch
from python_tests.known_company.project import ROOT
from python_tests.publisher import finish
from winloss.publish.compared_files import doubted
from winloss.publish.published_build import standing


def all_of(outcome: str, deals: int, amount: int) -> str:
    """So many deals more, worth so much together, in the row of all deals of every period."""
    more = f"closed_deals = closed_deals + {deals}, {outcome}_amount = {outcome}_amount + {amount}"
    return f"update marts.win_rate_baseline set {outcome}_deals = {outcome}_deals + {deals}, {more}"


WON, LOST = all_of("won", 1, 777), all_of("lost", 4, 50)
MOVED = (
    "update marts.win_rates_by_dimension set {0}_deals = {0}_deals + case segment when 'Gold' then -1 else 1 end * {1} "
    "where dimension = 'tier' and segment in ('Gold', 'Silver') and period = 'all'"
)


READ = (
    *(
        "win_rate_baseline",
        "win_rates_by_quarter",
        "win_rates_by_dimension",
        "loss_reasons",
        "win_reasons",
        "value_by_currency",
    ),
    *("stage_funnel", "open_pipeline", "win_rates_by_persona", "dim_periods"),
)


@pytest.fixture(scope="module")
def published() -> tuple[Path, Path]:
    """A private database and what was published of it."""
    database = scratch() / "compared_files" / "w.duckdb"
    database.parent.mkdir(parents=True, exist_ok=True)
    database.write_bytes(built_place()[0].database.read_bytes())
    path = database.parent / "published" / "marts.duckdb"
    with duckdb.connect(str(database)) as connection:
        # the canary company's open deals are few: these amounts are made up
        connection.execute(
            "update marts.open_pipeline set open_deals = 20, open_amount = 5000, value_missing_reason = null where dimension = 'all'"
        )
        assert finish(connection, str(path)) is None
    return database, path


@pytest.mark.parametrize(
    ("changes", "told_of"),
    [
        ([], []),
        ([WON], ["won deals"]),
        ([LOST], ["lost deals"]),
        ([LOST, WON], ["won deals", "lost deals"]),
        ([all_of("won", 5, 900)], []),
        # no count differs: it may be the amount of one deal
        ([all_of("won", 0, 1)], ["won deals"]),
        ([MOVED.format("won", 1)], ["won deals"]),
        ([MOVED.format("lost", 5)], []),
        (["update marts.open_pipeline set open_amount = 5777 where dimension = 'all'"], ["open deals"]),
        (["update marts.open_pipeline set open_amount = 5777, open_deals = 25 where dimension = 'all'"], []),
        # what is expected of open deals changes with their age
        (["update marts.open_pipeline set expected_amount = 1, expected_wins = 1, stale_deals = 1"], []),
        # a dimension that is no longer published, or has become one of people, is no deal that changed
        (["delete from marts.win_rates_by_dimension where dimension = 'tier'", WON], ["won deals"]),
        (["update marts.win_rates_by_persona set contacts = contacts + 1"], ["contacts"]),
    ],
)
def test_what_differs_by_less_than_five_deals_may_be_one(
    published: tuple[Path, Path], changes: list[str], told_of: list[str]
) -> None:
    database, path = published
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as built (read_only); create schema marts")
        for name in READ:
            connection.execute(f"create table marts.{name} as from built.marts.{name}")
        for change in changes:
            connection.execute(change)
        assert doubted(connection, path, 5) == told_of
        assert doubted(connection, path, 1) == []


def publish_anew(database: Path, path: Path, *statements: str) -> str | None:
    """Publishes from a copy of the database that remembers no deal; the sentence where it does not."""
    copy = database.with_name("anew.duckdb")
    copy.write_bytes(database.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("delete from history.published_deals")
        for statement in statements:
            connection.execute(statement)
        return finish(connection, str(path))


def test_a_private_database_made_anew_does_not_publish_one_deal_more(
    published: tuple[Path, Path], tmp_path: Path
) -> None:
    database, path = published
    before = path.resolve()
    assert "does not remember, and differs in won deals by what may be fewer than 5 deals" in str(
        publish_anew(database, path, WON)
    )
    assert path.resolve() == before
    # nor beside the copy of the quarter, where the file itself was moved away
    quarter = next(path.parent.glob("*-Q[1-4]"))
    shutil.copytree(quarter, tmp_path / quarter.name)
    assert f"{quarter.name}/marts.duckdb holds {quarter.name} of a build" in str(
        publish_anew(database, tmp_path / "marts.duckdb", WON)
    )
    # the same figures are no other
    assert publish_anew(database, path) is None


# ---------------------------------------------------------------- kills at the end of a run

ENDED = """
import os, sys
from winloss.operations import run_history
from winloss.publish import few_changes, publication
from python_tests.publisher import main
steps = {
    "before the switch": (publication, "_put_in_place"),
    "after the switch": (few_changes, "remember"),
    "at the end": (run_history, "update"),
}
module, name = steps[sys.argv.pop(1)]
before = getattr(module, name)
def ended(*given, **more):
    if name != "update" or more.get("is_published"):
        os._exit(9)
    return before(*given, **more)
setattr(module, name, ended)
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("moment", "is_switched", "is_remembered"),
    [("before the switch", False, False), ("after the switch", True, False), ("at the end", True, True)],
)
def test_a_run_that_is_killed_at_its_end_leaves_one_build_and_the_next_run_knows_which(
    published: tuple[Path, Path], tmp_path: Path, moment: str, is_switched: bool, is_remembered: bool
) -> None:
    database, path = tmp_path / "w.duckdb", tmp_path / "published" / "marts.duckdb"
    database.write_bytes(published[0].read_bytes())
    shutil.copytree(published[1].parent, path.parent, symlinks=True)
    five = all_of("won", 5, 900)

    def run_again(*statements: str) -> str | None:
        with duckdb.connect(str(database)) as connection:
            for statement in statements:
                connection.execute(statement)
            return finish(connection, str(path))

    def known() -> list[tuple[str, bool]]:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(
                "select invocation_id, is_published from history.run_history order by started_at desc limit 2"
            ).fetchall()

    with duckdb.connect(str(database)) as connection:
        # five deals changed as the database knows deals, and as the figures tell
        connection.execute(f"update marts.fct_deals set amount = amount + 1 where outcome = 'won'; {five}")
    before = standing(path)
    run = subprocess.run([sys.executable, "-c", ENDED, moment, str(database), str(path)], cwd=ROOT, check=False)
    assert run.returncode == 9
    stands = standing(path)
    assert (stands != before) == is_switched
    assert stands is not None
    assert {standing(copy) for copy in path.parent.glob("*-Q[1-4]/marts.duckdb")} == {stands}
    ended, is_published = known()[0]
    assert (is_published, ended == stands.build) == (None, is_switched)
    # one deal more than what stands: remembered or not, it is not told
    with duckdb.connect(str(database)) as connection:
        remembered = connection.execute("select distinct publication from history.published_deals").fetchall()
        assert ((ended,) in remembered) == is_remembered
        connection.execute(
            "update marts.fct_deals set amount = amount + 1 where deal_key in (select min(deal_key) from marts.fct_deals where outcome = 'won')"
        )
    refused = run_again(all_of("won", 0, 1))
    if is_switched:
        assert ("1 won deal" if is_remembered else "does not remember, and differs in won deals") in str(refused)
        assert standing(path) == stands
        # what was published is told apart from what was not
        assert known()[1] == (ended, True)
    else:
        assert (refused, known()[1]) == (None, (ended, None))
