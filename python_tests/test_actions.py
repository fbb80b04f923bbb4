"""What a company is told to do: nothing from a handful, nothing twice, nothing about no one; and the playbook that words it."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from python_tests.known_company.project import (
    CONTACT_COLUMNS,
    DEAL_COLUMNS,
    LINK_COLUMNS,
    Project,
    copy_project,
    csv_text,
    plain_mapping,
)
from winloss.advice.counts import DealCounts
from winloss.advice.evidence import evidence_rows
from winloss.advice.selection import select


def sold(number: int) -> tuple[str, int, bool]:
    """Industry of a deal, its turn in it, and whether it was won."""
    industry, turn = ("Other", "Bank", "Farm")[number % 3], number // 3
    return industry, turn, turn % 10 != 0 if industry == "Other" else turn % 4 == 0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """120 deals of 2025, 30 a quarter, no score, no revenue; each has a CFO without a role; one loss of 64 states a reason.

    The industry called Other wins 36 of 40, Bank and Farm 10 of 40 each. The deals are exported in two files, in no order.
    """
    project = copy_project(tmp_path_factory.mktemp("actions"))
    deals, links = [], []
    for number in range(120):
        industry, turn, is_won = sold(number)
        closed = date(2025, 3 * (turn // 10) + 2, 1 + turn % 10 * 2)
        deals.append(
            {
                "deal_id": f"D{number}", "outcome": "Won" if is_won else "Lost", "created_on": "2024-12-01",
                "closed_on": closed, "amount": 1000 + number, "industry": industry, "lead_source": "Event",
                "loss_reason": "Price" if number == 112 else "",
            }
        )  # fmt: skip
        links.append({"deal_id": f"D{number}", "contact_id": f"C{number}", "added_on": "2024-12-02"})
    contacts = [{"contact_id": link["contact_id"], "title": "CFO"} for link in links]
    project.write("deals until summer.csv", csv_text(DEAL_COLUMNS, deals[70::-1]))
    project.write("deals since then.csv", csv_text(DEAL_COLUMNS, deals[:70:-1]))
    project.write("contacts.csv", csv_text(CONTACT_COLUMNS, contacts))
    project.write("deal_contacts.csv", csv_text(LINK_COLUMNS, links))
    files = {"deals": "deals *.csv", "contacts": "contacts.csv", "deal_contacts": "deal_contacts.csv"}
    variables = plain_mapping(
        also=["contacts", "deal_contacts"],
        mapping={"files": files},
        as_of_on="2025-12-31",
        known_before_the_deal=["industry"],
    )
    outcome = project.dbt("build", variables=variables)
    assert outcome.exit_code == 0, outcome.shown
    yield project


def titles(project: Project, kind: str) -> list[str]:
    return [row[0] for row in project.rows(f"select title from marts.action_items where kind = '{kind}' order by item")]


def test_what_is_left_over_is_counted_and_never_aimed_at(built: Project) -> None:
    assert built.rows("select grade, is_remainder from marts.icp_recommendations where segment = 'Other'") == [
        ("strong", True)
    ]
    assert all("Other" not in title for title in titles(built, "targeting"))
    assert built.rows("select count(*) from marts.report_findings where subject = 'Other'") == [(0,)]
    assert built.rows("select segment_label from marts.return_on_investment") == [(None,)]


def test_one_loss_on_price_is_no_action_about_price(built: Project) -> None:
    assert titles(built, "loss_reason") == ["Record why we lose", "Act on no loss reason yet"]


def test_what_one_action_asks_for_no_second_one_does(built: Project) -> None:
    # the score is as empty as the revenue band and would be named before it; one loss of 64 states a reason
    assert titles(built, "score_threshold") == ["Score every deal"]
    assert titles(built, "process") == ["Fill in the revenue band"]


def test_contacts_that_are_recorded_are_not_asked_for(built: Project) -> None:
    assert titles(built, "personas") == ["Record buying roles"]


def test_an_export_split_into_files_gives_the_claims_of_its_deals_one_by_one(built: Project) -> None:
    deals = [sold(number) for number in range(120)]
    columns = {"industry": [industry for industry, *_ in deals]}
    won = [int(is_won) for *_, is_won in deals]
    # all were created on one day, long enough ago: the cohort is all of them
    cohort = DealCounts(columns, won, ["created"] * 120)
    quarters = [f"2025-Q{turn // 10 + 1}" for _, turn, _ in deals]
    found = select(DealCounts(columns, won, quarters, cohort=cohort), ["industry"], known_before=["industry"])
    figures = ("segment", "action", "closed_deals", "won_deals", "p_value", "expected_lift", "claim_step")
    expected = sorted(tuple(row[name] for name in figures) for row in evidence_rows(found))
    assert {row[1] for row in expected} == {"target_more", "not_enough_data"}
    counted = f"select {', '.join(figures)} from marts.icp_segment_evidence where dimension = 'industry' order by 1"
    for one, other in zip(built.rows(counted), expected, strict=True):
        assert one == pytest.approx(other)


# ---------------------------------------------------------------- the playbook


def playbook(project: Project, change: str) -> list[tuple[str, ...]]:
    """The playbook that a build shows where the seed was changed so."""
    sql = (project.folder / "target/compiled/winloss/models/marts/core/dim_playbook.sql").read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{project.database}' as w (read_only)")
        connection.execute("create table playbook as from w.reference.playbook")
        connection.execute(change)
        return connection.execute(sql.replace('"w"."reference"."playbook"', "playbook")).fetchall()


def test_a_reworded_playbook_is_taken_as_it_stands(built: Project) -> None:
    rows = playbook(
        built, "update playbook set title = 'Go for {segment} ({rest_rate}) {' where situation = 'best_bet'"
    )
    assert "Go for {segment} ({rest_rate}) {" in {row[3] for row in rows}
    # what has no play of its own is served by the general one
    assert playbook(built, "delete from playbook where situation = 'price'")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            "update playbook set title = 'Go {nowhere}' where situation = 'target_more' and kind = 'targeting'",
            "seeds/playbook.csv, targeting target_more, title: {nowhere} is not known here; known: segment rest_rate shift_points due.",
        ),
        (
            "update playbook set action = 'Ask {segment}' where situation = 'price'",
            "seeds/playbook.csv, loss_reason price, action: {segment} is not known here; known: reason losses all_losses share_low due.",
        ),
        (
            "delete from playbook where situation = 'no_titles'",
            "seeds/playbook.csv has no play of kind personas and situation no_titles, which is met where the titles of champions or "
            "decision makers are not recorded: add it.",
        ),
        (
            "delete from playbook where situation = '*'",
            "seeds/playbook.csv has no play of kind loss_reason and situation *, which is met where",
        ),
        (
            "update playbook set grade = 'strong' where situation = 'best_bet'",
            "seeds/playbook.csv, targeting best_bet: the grade is strong, and its evidence allows directional. Write that.",
        ),
        ("delete from playbook", "seeds/playbook.csv has no play of kind"),
    ],
)
def test_a_playbook_that_cannot_be_filled_in_is_refused_with_a_sentence(built: Project, change: str, says: str) -> None:
    with pytest.raises(duckdb.Error) as refused:
        playbook(built, change)
    assert says in str(refused.value)
