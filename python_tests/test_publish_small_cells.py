"""Small cells about people stay hidden, also from whoever subtracts."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from python_tests.canary_company import Place, built_place
from python_tests.people_marts import Cell, Contact, cells, given_away, marts, published, random_company
from winloss.publish import small_cells

IN_QUARTER, IN_WINDOW = date(2025, 11, 15), date(2025, 5, 1)
SUPPRESSED = {
    "win_rates_by_persona",
    "decision_makers",
    "buying_groups",
    "persona_evidence",
    "contact_coverage",
    "win_rates_by_contact_count",
    "multithreading",
    "action_items",
    "report_findings",
}


@pytest.fixture(scope="module")
def compiled() -> Path:
    return built_place()[0].project / "target" / "compiled" / "winloss" / "models" / "marts" / "personas"


def people(**numbers: int) -> list[Contact]:
    """One contact on a deal of its own for each; a third of the deals is lost. `cfo=3` is three CFOs in finance."""
    known = {
        "cfo": "CFO|c_level|finance",
        "vp_finance": "VP Finance|vp|finance",
        "vp_sales": "VP Sales|vp|sales",
        "counsel": "General Counsel|director|legal",
        "head_of_legal": "Head of Legal|director|legal",
        "cro": "Chief Revenue Officer|c_level|sales",
        "it_manager": "IT Manager|manager|it",
    }
    return [
        (f"{name}{number}", "lost" if number % 3 == 0 else "won", known[name], "", IN_QUARTER)
        for name, count in numbers.items()
        for number in range(count)
    ]


def shown_of(compiled: Path, rows: list[Contact], kind: str, period: str = "quarter") -> dict[str, int | None]:
    shown = cells(published(marts(compiled, rows)))
    return {cell.value: count for cell, count in shown.items() if cell.kind == kind and cell.period == period}


def test_a_small_cell_takes_the_next_smallest_with_it(compiled: Path) -> None:
    """Worked by hand: 39 contacts; 3 CFOs are too few, and 39 - 20 - 9 - 7 would give them away, so the 7 go as well."""
    shown = shown_of(compiled, people(cfo=3, vp_sales=20, counsel=9, it_manager=7), "persona")
    assert shown == {"CFO": None, "VP Sales": 20, "General Counsel": 9, "IT Manager": None}


def test_two_small_cells_that_hold_too_few_together_take_a_third(compiled: Path) -> None:
    """Worked by hand: 1 + 2 is a small cell itself, and tells that each is 1 or 2; with 9 more nothing follows."""
    shown = shown_of(compiled, people(cfo=1, counsel=2, vp_sales=20, it_manager=9), "persona")
    assert shown == {"CFO": None, "General Counsel": None, "VP Sales": 20, "IT Manager": None}


def test_two_small_cells_that_hold_enough_together_need_no_third(compiled: Path) -> None:
    """Worked by hand: 3 + 4 = 7 is no small cell, and 0 to 7 can be either."""
    shown = shown_of(compiled, people(cfo=3, counsel=4, vp_sales=20, it_manager=9), "persona")
    assert shown == {"CFO": None, "General Counsel": None, "VP Sales": 20, "IT Manager": 9}


def test_a_department_does_not_give_its_one_small_persona_away(compiled: Path) -> None:
    """Worked by hand: 4 CFOs and 3 counsels hide each other among all personas, but finance, 14 contacts, has 10 VPs:
    14 - 10 = 4. So the VPs of finance are hidden as well; finance itself is not small."""
    rows = people(cfo=4, vp_finance=10, counsel=3, head_of_legal=9, vp_sales=30, cro=12)
    assert shown_of(compiled, rows, "department")["finance"] == 14
    shown = shown_of(compiled, rows, "persona")
    assert shown["CFO"] is None
    assert shown["VP Finance"] is None


def test_a_small_difference_of_two_periods_is_not_left_standing(compiled: Path) -> None:
    """Worked by hand: 12 CFOs in the window, 10 of them in the quarter: 2 stand before it, which is too few. The quarter is hidden,
    the window not."""
    early = [(f"early{number}", "won", "CFO|c_level|finance", "", IN_WINDOW) for number in range(2)]
    other = [(f"other{number}", "won", "VP Sales|vp|sales", "", IN_WINDOW) for number in range(30)]
    rows = people(cfo=10, vp_sales=20, counsel=8) + early + other
    assert shown_of(compiled, rows, "persona", "window")["CFO"] == 12
    assert shown_of(compiled, rows, "persona", "quarter")["CFO"] is None


def test_deals_with_many_contacts_do_not_give_a_small_band_away(compiled: Path) -> None:
    """Worked by hand: 3 deals with three contacts and 4 with two are too few. 23 deals have three and more, so the 20 with five would tell the 3;
    14 have fewer, so the 10 with one would tell the 4. All bands go, at the close and in the groups by size; 23 and 14 stay."""
    numbers = {1: 10, 2: 4, 3: 3, 5: 20}
    rows = [
        (f"of {contacts}: {number}", "won" if number % 2 else "lost", "CFO|c_level|finance", "", IN_QUARTER)
        for contacts, deals in numbers.items()
        for number in range(deals)
        for _ in range(contacts)
    ]
    tables = published(marts(compiled, rows))
    bands = {
        row["contact_band"]: row["closed_deals"]
        for row in tables["win_rates_by_contact_count"]
        if (row["period"], row["moment"]) == ("quarter", "at close")
    }
    assert bands == dict.fromkeys(["1 contact", "2 contacts", "3 to 4 contacts", "5 and more contacts"])
    groups = [row for row in tables["buying_groups"] if (row["period"], row["group_type"]) == ("quarter", "size")]
    assert {row["buying_group"]: row["closed_deals"] for row in groups} == bands
    assert [
        (row["many_deals"], row["few_deals"])
        for row in tables["multithreading"]
        if (row["period"], row["moment"]) == ("quarter", "at close")
    ] == [(23, 14)]


def test_few_deals_with_many_contacts_are_not_compared_in_public(compiled: Path) -> None:
    rows = [("many", "won", "CFO|c_level|finance", "", IN_QUARTER)] * 3 + people(vp_sales=20, cro=8)
    (row,) = [
        row
        for row in published(marts(compiled, rows))["multithreading"]
        if (row["period"], row["moment"]) == ("quarter", "at close")
    ]
    assert row["is_suppressed"]
    assert {row[name] for name in ("closed_deals", "many_deals", "few_deals", "many_win_rate", "difference")} == {None}
    assert str(row["missing_reason"]).startswith("figures of fewer than 5 deals")


def test_the_figures_of_a_hidden_row_are_null_and_say_why(compiled: Path) -> None:
    tables = published(marts(compiled, people(cfo=3, vp_sales=20, counsel=9, it_manager=7)))
    (row,) = [row for row in tables["win_rates_by_persona"] if row["persona"] == "CFO" and row["period"] == "quarter"]
    kept = {name: value for name, value in row.items() if value is not None}
    assert kept == {
        "period": "quarter",
        "persona_type": "persona",
        "persona": "CFO",
        "population": "all deals",
        "is_comparable": True,
        "missing_reason": "figures of fewer than 5 deals, and those that would give one away, are not shown",
        "is_suppressed": True,
    }


def test_few_deals_with_contacts_are_not_counted_in_public(compiled: Path) -> None:
    few = published(marts(compiled, people(cfo=3), empty_deals=40))["contact_coverage"]
    assert sorted((row["period"], row["won_deals_with_contacts"], row["is_suppressed"]) for row in few) == [
        ("quarter", None, True),
        ("window", None, True),
    ]


@pytest.mark.parametrize("minimum", [1, 5, 12])
def test_no_row_under_the_minimum_is_shown(compiled: Path, minimum: int) -> None:
    tables = published(marts(compiled, random_company(3)), minimum)
    for table, deals in {
        "win_rates_by_persona": "closed_deals_with",
        "buying_groups": "closed_deals",
    }.items():
        assert all(row["is_suppressed"] or row[deals] >= minimum for row in tables[table]), table  # type: ignore[operator]
    assert all(
        row["is_suppressed"] or row["won_deals"] + row["lost_deals"] >= minimum for row in tables["decision_makers"]
    )  # type: ignore[operator]


COMPANIES = [(2, 1, 1), (3, 2, 8), (13, 1, 4), (13, 2, 2), (20, 1, 4)]
"""Random seed, contacts per deal, quarters of the window. Cells are given away in the first two where only small cells are
hidden, and in the next two where only single sums are looked at."""


@pytest.mark.parametrize(("seed", "contacts_per_deal", "window_quarters"), COMPANIES)
def test_no_attack_by_subtraction_finds_a_hidden_count(
    compiled: Path, seed: int, contacts_per_deal: int, window_quarters: int
) -> None:
    rows = random_company(seed, contacts_per_deal)
    tables = published(marts(compiled, rows, window_quarters))
    assert any(count is not None for count in cells(tables).values())
    assert given_away(tables, rows, window_quarters) == []


@pytest.mark.parametrize(("seed", "contacts_per_deal", "window_quarters"), COMPANIES[:2])
def test_the_attack_works_where_only_the_small_cells_are_hidden(
    compiled: Path, seed: int, contacts_per_deal: int, window_quarters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_cells, "_ROUND", small_cells._ROUND.replace("where needs_cover", "where false"))
    monkeypatch.setattr(small_cells._Company, "telling_cells", lambda *_: set())
    rows = random_company(seed, contacts_per_deal)
    assert given_away(published(marts(compiled, rows, window_quarters)), rows, window_quarters)


@pytest.mark.parametrize(("seed", "contacts_per_deal", "window_quarters"), COMPANIES[2:4])
def test_the_attack_works_where_only_single_sums_are_looked_at(
    compiled: Path, seed: int, contacts_per_deal: int, window_quarters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_cells._Company, "telling_cells", lambda *_: set())
    rows = random_company(seed, contacts_per_deal)
    assert given_away(published(marts(compiled, rows, window_quarters)), rows, window_quarters)


@pytest.mark.parametrize(("seed", "contacts_per_deal"), [(6, 2), (11, 2), (13, 2), (15, 2)])
def test_a_copy_kept_from_the_quarter_before_gives_no_hidden_count_away(
    compiled: Path, seed: int, contacts_per_deal: int
) -> None:
    """Of neither file: all deals of this quarter less all deals of the last were the hidden counts of the quarter."""
    rows = random_company(seed, contacts_per_deal)
    now = published(marts(compiled, rows))
    ends = date(2025, 10, 1)
    copy = published(marts(compiled, [row for row in rows if row[-1] < ends], ends=ends))
    assert sum(count is not None for count in cells(now).values()) > 10
    assert given_away(now, rows, copy=copy) == []
    assert given_away(now, rows, copy=copy, of_copy=True) == []


# ---------------------------------------------------------------- the published file


@pytest.fixture(scope="module")
def built() -> Place:
    return built_place()[0]


def rows_of(built: Place, table: str) -> list[dict[str, Any]]:
    names = [row[0] for row in built.rows(f"describe {table}")]
    return [dict(zip(names, row, strict=True)) for row in built.rows(f"select * from {table}")]


def test_every_table_that_speaks_of_people_is_suppressed(built: Place) -> None:
    tables = built.rows(
        "select table_name, list(column_name) from duckdb_columns() where not internal group by table_name"
    )
    with_people = {
        table
        for table, columns in tables
        if {"persona", "buying_group", "seniority", "won_deals_with_contacts", "contact_band", "source_row"}
        & set(columns)
        or table in ("persona_evidence", "multithreading")
    }
    assert with_people == SUPPRESSED
    assert {table for table, columns in tables if "is_suppressed" in columns} == SUPPRESSED


def test_persona_evidence_hides_what_win_rates_by_persona_hides_and_what_their_difference_tells(built: Place) -> None:
    hidden = {
        (row["persona_type"], row["persona"])
        for row in rows_of(built, "win_rates_by_persona")
        if row["is_suppressed"] and row["period"] == "window"
    }
    # deals with the persona in their first days, and all deals with it by the close
    counts = {
        (kind, persona): (early, by_the_close)
        for kind, persona, early, by_the_close in built.rows(
            "select evidence.persona_type, evidence.persona, evidence.closed_deals, everyone.closed_deals_with "
            "from w.marts.persona_evidence as evidence inner join w.marts.win_rates_by_persona as everyone "
            "on everyone.period = 'window' and evidence.persona_type = everyone.persona_type and evidence.persona = everyone.persona",
            built.database,
        )
    }
    evidence = rows_of(built, "persona_evidence")
    assert hidden
    assert any(row["is_suppressed"] for row in evidence)
    for row in evidence:
        key = row["persona_type"], row["persona"]
        early, by_the_close = counts[key]
        assert row["is_suppressed"] == (key in hidden or early < 5 or 0 < by_the_close - early < 5)
        if row["is_suppressed"]:
            assert row["closed_deals"] is None
            assert row["rationale"].startswith("figures of fewer than 5 deals")


def test_figures_about_people_leave_for_the_quarter_and_the_window_only(built: Place) -> None:
    for table in ("win_rates_by_persona", "decision_makers", "buying_groups", "contact_coverage"):
        private = {row[0] for row in built.rows(f"select distinct period from w.marts.{table}", built.database)}
        assert (private, {row["period"] for row in rows_of(built, table)}) == (
            {"quarter", "previous_quarter", "window", "all"},
            {"quarter", "window"},
        ), table


def test_a_sentence_about_a_hidden_cell_is_not_shown(built: Place) -> None:
    import duckdb

    from winloss.publish.publication import PublishedTable, published_select

    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.action_items as select * from (values "
            "(1, '3 of 4 deals with CFO', 'persona_evidence', 'CFO'), (2, '30 of 35 deals with VP Sales', 'persona_evidence', 'VP Sales'), "
            "(3, 'General Counsel champions 2 won deals; VP Sales is 9', 'decision_makers', 'VP Sales'), "
            "(4, 'VP Sales champions 9 won deals; Controller is 4', 'decision_makers', 'Controller'), "
            "(5, 'VP Sales champions 9 won deals; VP Sales is 6', 'decision_makers', 'VP Sales'), "
            "(6, 'Price: 3 of 40 losses', 'loss_reasons', 'price'), "
            "(7, '4 of 7 deals with Buyer by the close', 'win_rates_by_persona', 'Buyer')) as items (item, evidence, source_table, source_row), "
            "(values ('Do it')) as titles (title)"
        )
        connection.execute(
            "create temp table hidden_cells as select * from (values ('persona', 'CFO', 'first days'), ('persona', 'Buyer', 'window'), "
            "('persona_in_role', 'General Counsel as champion', 'window'), "
            "('decision_maker', 'Controller | manager | finance', 'window'), ('persona_in_role', 'VP Sales as end user', 'window'), "
            "('decision_maker', 'VP Sales | vp | sales', 'quarter'), ('persona', 'Intern', 'all')) as cells (kind, value, period)"
        )
        columns = {
            "item": "INTEGER",
            "evidence": "VARCHAR",
            "source_table": "VARCHAR",
            "source_row": "VARCHAR",
            "title": "VARCHAR",
        }
        rows = connection.execute(
            published_select(PublishedTable("action_items"), columns, 5) + " order by item"
        ).fetchall()
    # what is to be done says nothing without what it rests on
    assert [(row[4] is None, row[3] is None) for row in rows] == [(row[-1], row[-1]) for row in rows]
    assert [(row[1], row[-1]) for row in rows] == [
        ("Not shown: it rests on too few deals.", True),
        ("30 of 35 deals with VP Sales", False),
        ("Not shown: it rests on too few deals.", True),
        ("Not shown: it rests on too few deals.", True),
        ("VP Sales champions 9 won deals; VP Sales is 6", False),
        ("Price: 3 of 40 losses", False),
        ("Not shown: it rests on too few deals.", True),
    ]


def test_the_attack_fails_on_the_company_of_the_other_tests(built: Place) -> None:
    contacts = built.rows(
        "select deal_key, outcome, persona || '|' || seniority || '|' || department, "
        "case when role_source = 'stated' then buying_role else '' end, closed_on from w.marts.bridge_deal_contacts where is_counted",
        built.database,
    )
    moved = [
        (deal, outcome, person, role, _as_if_reviewed_2025_q4(closed))
        for deal, outcome, person, role, closed in contacts
    ]
    tables = {
        name: rows_of(built, name)
        for name in ("contact_coverage", "win_rates_by_persona", "decision_makers", "buying_groups")
    }
    assert given_away(tables, moved) == []
    assert Cell("persona", "General Counsel", "window") in cells(tables)


def _as_if_reviewed_2025_q4(day: date) -> date:
    months = day.year * 12 + day.month - 1 + 9
    return date(months // 12, months % 12 + 1, min(day.day, 28))
