"""Several competitors in a cell are several, whichever way the CRM writes a field of several choices."""

from __future__ import annotations

import pytest

from python_tests.known_company.project import Project, Row, copy_project

COLUMNS = "deal_id outcome created_on closed_on competitor loss_reason amount".split()

# outcome, competitors as exported, loss reason
DEALS = [
    ("lost", "Acme; Globex", "price"),
    ("won", "Acme", ""),
    ("lost", "globex", "price"),
    ("lost", "Globex|ACME ;Acme", "timing"),
    ("won", "Initech, Inc.", ""),
    ("won", "", ""),
    ("lost", " ; ", "price"),
    ("won", "Globex", ""),
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
    outcome = project.dbt("build", variables={"crm": "custom", "mapping": mapping})
    assert outcome.exit_code == 0, outcome.shown
    return project


def rows(project: Project, table: str, *columns: str) -> list[Row]:
    listed = ", ".join(columns)
    return project.rows(
        f"select {listed} from marts.{table} where period = 'quarter' and dimension = 'competitor' order by all"
    )


def test_a_deal_counts_under_each_competitor_it_names(project: Project) -> None:
    """By hand: six deals name someone, two of them both Acme and Globex; Acme's rest is the four others less the two of no one."""
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
        ("Acme", 3, 1, 3, 2, 200.0),
        ("Globex", 4, 1, 2, 2, 300.0),
        ("Initech, Inc.", 1, 1, 5, 2, None),
        ("unknown", 2, 1, 6, 3, 100.0),
    ]


def test_loss_reasons_stand_under_each_competitor(project: Project) -> None:
    """By hand: three losses name someone, two of them for the price: one of both, one of Globex alone."""
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
        ("Acme", "price", 1, 2, 1, 1.0),
        ("Acme", "timing", 1, 2, 1, 0.0),
        ("Globex", "price", 2, 3, 0, None),
        ("Globex", "timing", 1, 3, 0, None),
        ("unknown", "price", 1, 1, 3, 2 / 3),
    ]


def test_a_deal_stays_one_deal(project: Project) -> None:
    assert project.rows("select closed_deals, won_deals from marts.win_rate_baseline where period = 'quarter'") == [
        (8, 4)
    ]
    assert project.rows("select competitor, count(*) from marts.fct_deals group by competitor order by competitor") == [
        ("Acme", 1), ("Acme; Globex", 2), ("Globex", 2), ("Initech, Inc.", 1), ("unknown", 2),
    ]  # fmt: skip
    assert project.rows(
        "select count(*), count(distinct deal_key), sum(cast(is_first as integer)) from marts.bridge_deal_competitors"
    ) == [(8, 6, 6)]
