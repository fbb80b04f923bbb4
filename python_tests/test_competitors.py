"""Several competitors in a cell are several, whichever way the CRM, or a person, writes several choices."""

from __future__ import annotations

import pytest

from python_tests.known_company.project import Project, Row, copy_project

COLUMNS = "deal_id outcome created_on closed_on competitor loss_reason amount".split()

# outcome, competitors as exported, loss reason
DEALS = [
    # by a comma, as in a list kept by hand: each is named by itself below
    ("lost", "Acme, Globex", "price"),
    ("won", "Acme", ""),
    ("lost", "globex", "price"),
    ("lost", "Globex|ACME ;Acme", "timing"),
    ("won", "Initech, Inc.", ""),
    ("won", "", ""),
    ("lost", " ; ", "price"),
    ("won", "Globex", ""),
    ("won", "No Competition", ""),
    ("lost", "In-House", "timing"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("competitors"))
    lines = [
        f'D{place},{outcome},2025-10-01,2025-12-{20 + place},"{competitor}",{reason},100'
        for place, (outcome, competitor, reason) in enumerate(DEALS)
    ]
    project.write("deals.csv", "\n".join([",".join(COLUMNS), *lines]) + "\n")
    mapping = {"files": {"deals": "deals.csv"}, "columns": {"deals": {column: column for column in COLUMNS}}}
    outcome = project.build_for(
        "win_rates_by_dimension",
        "win_rate_baseline",
        "loss_reasons_by_dimension",
        "bridge_deal_competitors",
        "competition_coverage",
        "win_rates_by_competitor",
        variables={"crm": "custom", "mapping": mapping},
    )
    assert outcome.exit_code == 0, outcome.shown
    return project


def rows(project: Project, table: str, *columns: str) -> list[Row]:
    listed = ", ".join(columns)
    return project.rows(
        f"select {listed} from marts.{table} where period = 'quarter' and dimension = 'competitor' order by all"
    )


def test_a_deal_counts_under_each_competitor_it_names(project: Project) -> None:
    """By hand: eight deals say something, two of them both Acme and Globex; Acme's others are those five that do not name it."""
    assert rows(
        project,
        "win_rates_by_dimension",
        "segment",
        "closed_deals",
        "won_deals",
        "other_closed_deals",
        "other_won_deals",
        "lost_amount",
    ) == [
        ("Acme", 3, 1, 5, 3, 200.0),
        ("Globex", 4, 1, 4, 3, 300.0),
        ("In-House", 1, 0, 7, 4, 100.0),
        ("Initech, Inc.", 1, 1, 7, 3, None),
        ("none", 1, 1, 7, 3, None),
        ("unknown", 2, 1, 8, 4, 100.0),
    ]


def test_loss_reasons_stand_under_each_competitor(project: Project) -> None:
    """By hand: four losses name someone, two of them for the price: one of both, one of Globex alone; two for the timing."""
    assert rows(
        project,
        "loss_reasons_by_dimension",
        "segment",
        "category",
        "lost_deals",
        "segment_lost_deals",
        "other_lost_deals",
        "other_share",
    ) == [
        ("Acme", "price", 1, 2, 2, 0.5),
        ("Acme", "timing", 1, 2, 2, 0.5),
        ("Globex", "price", 2, 3, 1, 0.0),
        ("Globex", "timing", 1, 3, 1, 1.0),
        ("In-House", "timing", 1, 1, 3, 1 / 3),
        ("unknown", "price", 1, 1, 4, 0.5),
    ]


def test_a_deal_stays_one_deal(project: Project) -> None:
    assert project.rows("select closed_deals, won_deals from marts.win_rate_baseline where period = 'quarter'") == [
        (10, 5)
    ]
    assert project.rows("select competitor, count(*) from marts.fct_deals group by competitor order by competitor") == [
        ("Acme", 1), ("Globex", 2), ("In-House", 1), ("Initech, Inc.", 1), ("none", 1), ("several competitors", 2), ("unknown", 2),
    ]  # fmt: skip
    assert project.rows(
        "select count(*), count(distinct deal_key), sum(cast(is_first as integer)) from marts.bridge_deal_competitors"
    ) == [(9, 7, 7)]


def test_deals_are_told_apart_by_whether_they_were_contested(project: Project) -> None:
    """By hand: of seven deals that name someone three are won; one says that there was none; two say nothing, one of them won."""
    [row] = project.rows(
        "select closed_deals, won_deals, named_deals, named_won_deals, none_deals, none_won_deals, unknown_deals, unknown_won_deals "
        "from marts.competition_coverage where period = 'quarter'"
    )
    assert row == (10, 5, 7, 3, 1, 1, 2, 1)
    # every silent lost deal had a competitor: 3 of 8; every silent won one: 4 of 8
    [bounds] = project.rows(
        "select win_rate_at_least, win_rate_at_most from marts.competition_coverage where period = 'quarter'"
    )
    assert bounds == (3 / 8, 4 / 8)


def test_vendors_are_compared_with_vendors(project: Project) -> None:
    """By hand: six deals name a vendor, three of them won. Acme is alone on one of its three; the buyer who builds it is compared with no one."""
    assert project.rows(
        "select competitor, kind, closed_deals, won_deals, sole_closed_deals, other_closed_deals, other_won_deals, grade "
        "from marts.win_rates_by_competitor where period = 'quarter' order by competitor"
    ) == [
        ("Acme", "vendor", 3, 1, 1, 3, 2, "not judged"),
        ("Globex", "vendor", 4, 1, 2, 2, 2, "not judged"),
        ("In-House", "in_house", 1, 0, 1, None, None, "not judged"),
        ("Initech, Inc.", "vendor", 1, 1, 1, 5, 2, "not judged"),
    ]
