"""Every question that the published tables answer is plain SQL beside them, and is found by its words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from python_tests.conftest import SampleBuild
from winloss.cli import main
from winloss.publish.publication import read_allow_list
from winloss.questions import Question, askable, nearest, read_questions

PUBLISHED = {name: table.columns_left_out for name, table in read_allow_list()[0].items()}
QUESTIONS = askable(read_questions(), PUBLISHED)


@pytest.fixture(scope="module")
def published(sample_build: SampleBuild) -> Path:
    return sample_build.folder / "published.duckdb"


def test_every_published_question_runs_alike_on_duckdb_and_on_sqlite(published: Path) -> None:
    """A column may be text in SQLite, such as a date; how many rows and columns there are is the same."""
    script = published.with_name("published_questions.sql").read_text(encoding="utf-8")
    statements = [text.strip() for text in script.split(";\n") if text.strip()]
    assert len(statements) == len(QUESTIONS) > 100
    shapes = {}
    with (
        duckdb.connect(str(published), read_only=True) as engine,
        sqlite3.connect(f"file:{published.with_suffix('.sqlite')}?mode=ro", uri=True) as lite,
    ):
        for statement in statements:
            of_duckdb, of_sqlite = engine.execute(statement), lite.execute(statement)
            rows = of_sqlite.fetchall()
            shapes[statement.splitlines()[0]] = (
                (len(of_duckdb.fetchall()), [column[0] for column in of_duckdb.description or ()]),
                (len(rows), [column[0] for column in of_sqlite.description]),
            )
    assert {question: both for question, both in shapes.items() if both[0] != both[1]} == {}


def test_ref_is_all_the_jinja_of_a_question() -> None:
    assert [question.name for question in read_questions() if not question.is_plain] == []


def test_questions_that_need_private_tables_or_columns_are_not_published() -> None:
    unpublished = {question.name for question in read_questions()} - {question.name for question in QUESTIONS}
    private = {
        # a row is an account, or an owner
        "in_which_industries_do_fitting_accounts_lie_idle",
        "why_does_an_account_fit",
        "who_always_gives_the_same_reason",
        "who_states_loss_reasons",
        # the value of few deals would follow
        "what_is_a_deal_with_each_tier_worth",
    }
    new = sorted(unpublished - private)
    assert not new, (
        f"analyses/{new[0]}.sql reads a table or column that seeds/published_tables.csv keeps private, so `winloss ask` does not "
        "know it: ask of what is published, or add it to the questions above with the reason"
    )
    assert sorted(private - unpublished) == []


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("what is our win rate", "what_is_our_win_rate"),
        ("WHY DO WE LOSE?", "why_do_we_lose"),
        ("why do we lose against whom", "why_do_we_lose_against_whom"),
        ("did the win rate change", "did_the_win_rate_change_by_more_than_chance"),
        ("win rate by industry over time", "how_does_each_industry_do_by_quarter"),
        ("how big is a typical deal", "how_large_is_a_typical_deal"),
        ("who decides", "who_decides"),
        ("what to do next", "what_should_we_do_next_quarter"),
        # the words of whoever was not told how the questions are put
        ("is there a trend?", "is_there_a_trend_in_the_win_rate"),
        ("win rate by country", "how_does_each_segment_do"),
        ("do renewals win more than new business", "how_does_each_segment_do"),
        ("which lead source brings most revenue", "how_does_each_segment_do"),
        ("how many deals did we close in Q3 2025", "how_did_each_quarter_do"),
        ("how long is our sales cycle", "how_long_does_a_deal_take"),
        ("what is our average deal size", "how_large_is_a_typical_deal"),
        ("what share of lost value is price", "why_do_we_lose"),
        ("which competitor beats us most", "against_whom_do_we_win"),
        ("where do deals get stuck", "which_stage_holds_deals_up"),
        ("how does pipeline coverage look", "how_much_pipeline_does_a_win_take"),
        ("how many contacts per won deal", "how_many_contacts_does_a_won_deal_have"),
        ("why did we lose in the last quarter", "why_do_we_lose"),
        ("why did we lose last quarter", "why_do_we_lose"),
        ("how much will we win next quarter", "how_many_open_deals_will_be_won"),
        ("did anything change since last quarter", "did_the_win_rate_change_by_more_than_chance"),
        ("which competitor hurts us most", "against_whom_do_we_win"),
        ("how many people are on won deals", "how_many_contacts_does_a_won_deal_have"),
    ],
)
def test_a_question_is_found_by_its_words(asked: str, name: str) -> None:
    ranked, is_found = nearest(asked, QUESTIONS)
    assert (is_found, ranked[0].name) == (True, name)


def test_every_question_finds_itself() -> None:
    found = {question.name: nearest(question.text, QUESTIONS)[0][0].name for question in QUESTIONS}
    assert {name: other for name, other in found.items() if name != other} == {}


def test_a_rare_word_decides_and_the_order_of_the_list_does_not() -> None:
    """By hand: of three questions one has `price`; `deals` stands in all."""
    asked = [
        Question(name, text, frozenset(), "")
        for name, text in (("a", "How do deals close?"), ("b", "Does price cost deals?"), ("c", "Who owns deals?"))
    ]
    for order in (asked, asked[::-1]):
        assert nearest("deals and price", order)[0][0].name == "b"
        assert nearest("deals and weather tomorrow", order)[1] is False


def test_ask_prints_the_whole_answer(published: Path) -> None:
    """The figures are those of the table, and no cell is cut."""
    result = CliRunner().invoke(main, ["ask", "where should we aim", "--db", str(published)])
    assert result.exit_code == 0
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute(
            "select title, rationale from icp_recommendations where grade in ('strong', 'directional')"
        ).fetchall()
    assert rows
    for title, rationale in rows:
        assert title in result.stdout and rationale in result.stdout
    rate = CliRunner().invoke(main, ["ask", "what is our win rate", "--format", "csv", "--db", str(published)])
    assert "\nquarter,2025-Q4,2025-Q4,127,79,0.62204" in rate.stdout.replace("\r", "")


def test_ask_names_the_nearest_questions_where_none_fits(published: Path) -> None:
    result = CliRunner().invoke(main, ["ask", "do discounts help", "--db", str(published)])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: No question has these words. The nearest are:\n  ")
    assert result.stderr.count("?") == 5


def test_ask_without_words_lists_what_can_be_asked(published: Path) -> None:
    result = CliRunner().invoke(main, ["ask", "--db", str(published)])
    assert result.stdout.splitlines() == [question.text for question in QUESTIONS]
