"""What the report says of competitors and of multithreading, by what their tables hold."""

from __future__ import annotations

from typing import Any

import pytest

from python_tests.report_context import context_of, said
from winloss.report.context import Context
from winloss.report.document import Section, Sentence, Table
from winloss.report.sections.competitors import against_whom
from winloss.report.sections.multithreading import multithreading

KEYS = {
    "multithreading": ("period", "moment"),
    "win_rates_by_contact_count": ("period", "moment", "contact_band"),
    "competition_coverage": ("period",),
    "win_rates_by_competitor": ("period", "competitor"),
    "competitors_by_quarter": ("quarter", "competitor"),
    "competitor_loss_reasons": ("period", "competitor", "category"),
    "dim_periods": ("period",),
}


def context(**tables: list[dict[str, Any]]) -> Context:
    return context_of(KEYS, {"dim_periods": [{"period": "quarter", "last_quarter": "2025-Q4"}], **tables})


# ---------------------------------------------------------------- multithreading

EARLY: dict[str, Any] = {
    "period": "window", "moment": "early", "many_contacts": 3, "landmark_days": 30, "closed_deals": 200, "left_out_deals": 60, "dated_share": 0.9,
    "many_deals": 80, "many_won_deals": 56, "many_win_rate": 0.7, "many_win_rate_low": 0.59, "many_win_rate_high": 0.79,
    "few_deals": 120, "few_won_deals": 66, "few_win_rate": 0.55, "few_win_rate_low": 0.46, "few_win_rate_high": 0.64,
    "difference": 0.12, "difference_low": 0.02, "difference_high": 0.22, "is_usable": True, "is_claimed": True, "grade": "strong",
    "missing_reason": None,
}  # fmt: skip
AT_CLOSE: dict[str, Any] = {
    **EARLY, "moment": "at close", "landmark_days": None, "closed_deals": 260, "left_out_deals": 0, "many_deals": 140, "few_deals": 120,
    "difference": 0.31, "is_usable": False, "is_claimed": False, "grade": "not judged", "missing_reason": "counted at the close",
}  # fmt: skip


def of_contacts(**early: Any) -> list[Sentence]:
    return said(multithreading(context(multithreading=[{**EARLY, **early}, AT_CLOSE])))


def test_a_claim_says_what_goes_with_winning_and_not_what_causes_it() -> None:
    first, at_close = of_contacts()
    assert first.grade == "Strong"
    assert first.text == (
        "Win rate with 3 and more contacts by day 30, against like deals with fewer: +12\N{NO-BREAK SPACE}points (+2 to +22). "
        "Whether it causes winning, a test tells."
    )
    assert at_close.grade is None
    assert at_close.text == (
        "Counted at the close, +31\N{NO-BREAK SPACE}points: mostly because won deals live long enough to meet people."
    )


def test_what_chance_could_do_is_said_to_be_so() -> None:
    first = of_contacts(
        difference=-0.01, difference_low=-0.18, difference_high=0.16, is_claimed=False, grade="directional"
    )[0]
    assert first.grade == "Directional"
    assert first.text == (
        "By day 30, 3 and more contacts went with \N{MINUS SIGN}1\N{NO-BREAK SPACE}point (\N{MINUS SIGN}18 to +16): chance could do this."
    )


@pytest.mark.parametrize(
    ("early", "grade", "words"),
    [
        (
            {"dated_share": 0.4, "grade": "fix the data"},
            "Fix the data",
            "40% of deals have a date on every contact, so nothing can be said: deals that live longer meet more people. Record when a contact joins.",
        ),
        (
            {"closed_deals": 60, "many_deals": 12, "grade": "too few deals"},
            "Too few deals",
            "60 deals were still open on day 30, 12 of them with 3 and more contacts: too few to tell.",
        ),
        (
            {"landmark_days": None, "closed_deals": 0, "difference": None, "grade": "too few deals", "missing_reason": "most deals close at once"},
            "Too few deals",
            "Nothing can be said: most deals close at once.",
        ),
    ],
)  # fmt: skip
def test_where_nothing_may_be_claimed_the_report_says_why(early: dict[str, Any], grade: str, words: str) -> None:
    first = of_contacts(**early, is_usable=False, is_claimed=False)[0]
    assert (first.grade, first.text) == (grade, words)


def test_without_contacts_the_reason_is_told() -> None:
    empty = {**AT_CLOSE, "closed_deals": 0, "difference": None, "missing_reason": "no contacts on closed deals"}
    told = said(multithreading(context(multithreading=[{**EARLY, "closed_deals": 0}, empty])))
    assert told[0].grade == "Fix the data"
    assert told[1].text == "Why: no contacts on closed deals."


def test_hidden_figures_are_neither_told_nor_drawn() -> None:
    told = said(multithreading(context(multithreading=[EARLY, {**AT_CLOSE, "is_suppressed": True}])))
    assert [sentence.sources for sentence in told] == [()]


# ---------------------------------------------------------------- competitors

COVERAGE: dict[str, Any] = {
    "period": "window", "closed_deals": 100, "named_deals": 40, "named_won_deals": 12, "none_deals": 0, "none_won_deals": 0, "unknown_deals": 60,
    "unknown_won_deals": 38, "named_share_of_won": 0.24, "named_share_of_lost": 0.56, "is_comparable": False, "named_win_rate": 0.3,
    "win_rate_at_least": 12 / 62, "win_rate_at_most": 50 / 78, "missing_reason": None,
}  # fmt: skip
ACME: dict[str, Any] = {
    "period": "window", "competitor": "Acme", "kind": "vendor", "closed_deals": 40, "won_deals": 4, "lost_deals": 36, "win_rate": 0.1,
    "win_rate_low": 0.04, "win_rate_high": 0.23, "other_win_rate": 0.5, "difference": -0.4, "difference_low": -0.5, "difference_high": -0.2,
    "p_value": 0.0001, "claim_step": 1, "is_claimed": True, "grade": "strong", "rationale": "Against Acme we won 4 of 40 (10%), and so on.",
    "missing_reason": None,
}  # fmt: skip
GLOBEX: dict[str, Any] = {
    **ACME, "competitor": "Globex", "p_value": 0.5, "claim_step": None, "is_claimed": False, "grade": "directional",
    "rationale": "Against Globex 5 of 10. It may be chance.",
}  # fmt: skip
MOVED: dict[str, Any] = {
    "quarter": "2025-Q4", "competitor": "Acme", "share": 0.4, "previous_share": 0.2, "is_changed": True, "explained_by": None,
}  # fmt: skip


def of_competitors(rows: list[dict[str, Any]], moved: list[dict[str, Any]] | None = None, **coverage: Any) -> Section:
    reasons = [
        {
            "period": "window",
            "competitor": "Acme",
            "category": category,
            "lost_deals": lost,
            "competitor_lost_deals": 36,
            "is_claimed": False,
        }
        for category, lost in (("unspecified", 20), ("price", 10), ("timing", 6))
    ]
    return against_whom(
        context(
            competition_coverage=[{**COVERAGE, **coverage}],
            win_rates_by_competitor=rows,
            competitors_by_quarter=moved or [],
            competitor_loss_reasons=reasons,
        )
    )


def test_a_claim_and_a_moved_share_are_strong_and_uneven_recording_is_told_with_bounds() -> None:
    section = of_competitors([GLOBEX, ACME], [MOVED])
    first, moved, recorded = said(section)
    assert (first.grade, first.text) == ("Strong", ACME["rationale"])
    assert (moved.grade, moved.text) == (
        "Strong",
        "Acme stands on 40% of contested deals, 20% in the previous quarter: more than chance.",
    )
    assert (recorded.grade, recorded.text) == (
        "Fix the data",
        "A competitor is named on 56% of lost and 24% of won deals. The rate against competitors lies between 19% and 64%; ask at every close.",
    )


def test_without_a_claim_the_largest_gap_is_said_to_be_chance() -> None:
    none, first, recorded = said(of_competitors([GLOBEX], is_comparable=True))
    assert none.text == "No competitor stands out from the others by more than chance."
    assert (first.grade, first.text) == ("Directional", GLOBEX["rationale"])
    assert recorded.text == (
        "Of 40 deals that name a competitor 12 were won (30%). Whatever the silent deals hide, the rate lies between 19% and 64%."
    )


def test_few_named_deals_are_not_compared() -> None:
    first = said(of_competitors([{**GLOBEX, "grade": "too few deals"}]))[0]
    assert first.grade == "Too few deals"


def test_the_reason_of_the_losses_is_the_commonest_that_says_something() -> None:
    section = of_competitors([ACME, {**GLOBEX, "lost_deals": 9}])
    table = next(block.table for block in section.blocks if block.kind == "chart")
    assert isinstance(table, Table)
    reasons = {row[0].shown: row[8] for row in table.rows}  # type: ignore[union-attr]
    assert isinstance(reasons["Acme"], Sentence)
    assert reasons["Acme"].text == "Price (10 of 36)"
    assert reasons["Globex"] == "–"


def test_without_a_named_competitor_the_reason_is_told() -> None:
    told = said(
        against_whom(
            context(competition_coverage=[{**COVERAGE, "named_deals": 0, "missing_reason": "no file has a column"}])
        )
    )
    assert told[0].grade == "Fix the data"
    assert told[1].text == "Why: no file has a column."


def test_a_share_that_follows_from_another_s_is_told_as_such_and_is_no_claim() -> None:
    follows = MOVED | {
        "competitor": "Globex",
        "share": 0.3,
        "previous_share": 0.5,
        "is_changed": False,
        "explained_by": "Acme",
    }
    told = [(one.grade, one.text) for one in said(of_competitors([ACME], [MOVED, follows])) if "stands on" in one.text]
    assert told == [
        ("Strong", "Acme stands on 40% of contested deals, 20% in the previous quarter: more than chance."),
        (
            None,
            "Globex stands on 30% of contested deals, 50% in the previous quarter: no more than follows from what became of Acme.",
        ),
    ]


def test_a_reason_that_goes_with_one_competitor_is_a_claim() -> None:
    claimed = {
        "period": "window", "competitor": "Acme", "category": "price", "lost_deals": 20, "competitor_lost_deals": 50, "share": 0.4,
        "difference": 0.2, "difference_low": 0.06, "difference_high": 0.34, "q_value": 0.001, "is_claimed": True,
    }  # fmt: skip
    section = against_whom(
        context(
            competition_coverage=[COVERAGE],
            win_rates_by_competitor=[ACME],
            competitors_by_quarter=[],
            competitor_loss_reasons=[claimed, claimed | {"category": "timing", "is_claimed": False}],
        )
    )
    assert [(one.grade, one.text) for one in said(section) if "losses were for" in one.text] == [
        (
            "Strong",
            "Against Acme 20 of 50 losses were for Price (40%), +20\N{NO-BREAK SPACE}points compared with other vendors (+6 to +34).",
        )
    ]
