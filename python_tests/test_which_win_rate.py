"""Which win rate is meant, end to end: on companies whose curve can be drawn with a pencil, and on exports that lack open deals or dates."""

from datetime import date, timedelta

import pytest

from python_tests.known_company.project import DEAL_COLUMNS, Project, Row, copy_project, csv_text, plain_mapping

ANSWERS = ["+win_rate_definitions", "+win_rate_curves", "+win_rates_by_cohort", "+open_pipeline"]
Deal = dict[str, object]


def deal(number: int, outcome: str, created_on: date, days: int | None) -> Deal:
    closed_on = "" if days is None else str(created_on + timedelta(days))
    return {"deal_id": f"D{number}", "outcome": outcome, "created_on": str(created_on), "closed_on": closed_on}


def company(*, with_ghosts: bool) -> list[Deal]:
    """Ten deals every fourth day of two years: four are won after 30 days, three lost after 60, three after 60 or, as ghosts, never."""
    deals: list[Deal] = []
    for day in range(0, 731, 4):
        created_on = date(2024, 1, 1) + timedelta(day)
        for place in range(10):
            outcome = "won" if place < 4 else "lost"
            days = 30 if outcome == "won" else 60
            ghost = with_ghosts and place >= 7
            ended = not ghost and created_on + timedelta(days) <= date(2025, 12, 31)
            if ended or with_ghosts:
                deals.append(deal(len(deals), outcome if ended else "open", created_on, days if ended else None))
    return deals


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("which_win_rate"))


def build(project: Project, deals: list[Deal]) -> None:
    project.write("deals.csv", csv_text(DEAL_COLUMNS, deals))
    project.database.unlink(missing_ok=True)
    outcome = project.dbt(
        "build", "--select", *ANSWERS, "--exclude-resource-type", "test", variables=plain_mapping(minimum_deals=1)
    )
    assert outcome.exit_code == 0, outcome.shown


def rates(project: Project, period: str) -> dict[str, Row]:
    rows = project.rows(
        "select definition, win_rate, win_rate_low, win_rate_high, counted_deals, missing_reason "
        f"from marts.win_rate_definitions where period = '{period}'"
    )
    return {row[0]: row[1:] for row in rows}


@pytest.fixture(scope="class")
def ghosts(project: Project) -> Project:
    build(project, company(with_ghosts=True))
    return project


@pytest.fixture(scope="class")
def closed_only(project: Project) -> Project:
    build(project, company(with_ghosts=False))
    return project


class TestGhosts:
    """By hand: of every ten deals four are won after 30 days, three lost after 60, three stay open for ever."""

    def test_the_closed_win_rate_flatters_and_the_pace_does_not(self, ghosts: Project) -> None:
        for period in ("quarter", "window"):
            found = rates(ghosts, period)
            # 4 of 7 that closed, a few more or less where the period cuts through a month
            assert found["closed"][0] == pytest.approx(4 / 7, abs=0.02)
            assert found["pace"][0] == pytest.approx(0.4, abs=1e-9)
            assert found["closed"][0] > found["pace"][2]

    def test_a_quarter_ends_with_four_of_ten_won_however_young_it_is(self, ghosts: Project) -> None:
        rows = ghosts.rows(
            "select created_quarter, final_win_rate, won_deals + expected_wins - 0.4 * created_deals, stale_deals, created_deals, maturity "
            "from marts.win_rates_by_cohort order by starts_on"
        )
        assert [row[0] for row in rows] == [f"{year}-Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)]
        assert [row[1] for row in rows] == pytest.approx([0.4] * 8)
        # all ghosts of the first quarter are stale, as old as all wins
        assert rows[0][3] / rows[0][4] == pytest.approx(0.3)
        assert rows[0][5] == "mature" and rows[-1][5] == "young"

    def test_open_deals_bring_the_wins_of_their_age_and_ghosts_none(self, ghosts: Project) -> None:
        ((open_deals, stale_deals, expected_wins, low, high),) = ghosts.rows(
            "select open_deals, stale_deals, expected_wins, expected_wins_low, expected_wins_high from marts.open_pipeline where dimension = 'all'"
        )
        young = [day for day in range(0, 731, 4) if 730 - day < 30]
        assert expected_wins == pytest.approx(0.4 * 10 * len(young))
        assert low < expected_wins < high < open_deals
        # older than 30 days: those that wait for their loss, and all ghosts
        assert stale_deals == open_deals - 10 * len(young)


class TestClosedDealsOnly:
    """The same company without ghosts, exported as a filter on closed deals would: no open deal is in it."""

    def test_all_closed_deals_that_were_watched_from_their_creation_are_a_simple_share(
        self, closed_only: Project
    ) -> None:
        found = rates(closed_only, "all")
        assert found["closed"][0] == pytest.approx(0.4, abs=0.03)
        assert found["all_closed_and_stale"][3] == found["closed"][3]
        assert found["created"][3] == found["closed"][3]
        assert found["pace"][0] is not None

    def test_the_pipeline_is_empty_and_says_why(self, closed_only: Project) -> None:
        rows = closed_only.rows(
            "select dimension, open_deals, missing_reason from marts.open_pipeline where dimension = 'all'"
        )
        assert rows == [("all", 0, "no open deal that states when it was created")]
        assert closed_only.rows("select sum(open_deals), sum(expected_wins) from marts.win_rates_by_cohort") == [(0, 0)]


@pytest.mark.thorough
def test_without_days_of_creation_every_table_says_so_and_the_closed_rate_stays(project: Project) -> None:
    build(project, [{**each, "created_on": ""} for each in company(with_ghosts=True)])
    found = rates(project, "window")
    assert found["closed"][0] == pytest.approx(4 / 7, abs=0.02) and found["closed"][4] is None
    assert found["pace"][0] is None
    assert found["pace"][4] == "too few deals of known age were watched and decided in this period"
    assert found["created"][4] == "no such deals in this period"
    assert project.rows("select created_quarter, missing_reason from marts.win_rates_by_cohort") == [
        ("unknown", "no deal states when it was created")
    ]
    assert project.rows("select dimension, missing_reason from marts.open_pipeline") == [
        ("all", "no open deal that states when it was created")
    ]
    assert project.rows("select distinct age_weeks, missing_reason is not null from marts.win_rate_curves") == [
        (0, True)
    ]
