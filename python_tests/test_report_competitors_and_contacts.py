"""What the report says of competitors and of multithreading, by what their tables hold."""

from __future__ import annotations

from typing import Any

import pytest

from python_tests.report_context import context_of, finding, labels, marks, said, tables
from winloss.report.charts import Mark
from winloss.report.context import Context
from winloss.report.document import Section, Sentence, shown
from winloss.report.sections.competitors import against_whom
from winloss.report.sections.people import who_buys

KEYS = {
    "multithreading": ("period", "moment"),
    "contact_coverage": ("period",),
    "persona_evidence": ("persona_type", "persona"),
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


CONTACTS: dict[str, Any] = {
    "period": "window", "won_deals": 200, "won_deals_with_contacts": 150, "won_share": 0.75, "lost_deals": 100, "lost_deals_with_contacts": 60,
    "lost_share": 0.6, "missing_reason": None,
}  # fmt: skip
CFO: dict[str, Any] = {
    "persona_type": "persona", "persona": "CFO", "action": "not_enough_data", "rationale": "7 of 12.", "closed_deals": 12, "won_deals": 7,
    "win_rate": 7 / 12, "win_rate_low": 0.32, "win_rate_high": 0.81, "expected_lift": 0.01, "landmark_days": None, "early_closed_deals": None,
    "is_refused": False, "missing_reason": "",
}  # fmt: skip


def buying(*personas: dict[str, Any], coverage: dict[str, Any] | None = None, **early: Any) -> Section:
    rows = {"multithreading": [{**EARLY, **early}, AT_CLOSE], "contact_coverage": [{**CONTACTS, **(coverage or {})}]}
    return who_buys(context(**rows, persona_evidence=list(personas)))


def of_contacts(**early: Any) -> Sentence:
    """What is said of multithreading: after what is said of titles."""
    return said(buying(**early))[1]


def test_a_claim_says_what_goes_with_winning_and_not_what_causes_it() -> None:
    told = of_contacts()
    assert told.grade == "Strong"
    assert told.text == (
        "Win rate with 3 and more contacts by day 30, against like deals with fewer: +12\N{NO-BREAK SPACE}points (+2.0 to +22). "
        "Whether it causes winning, a test tells."
    )


def test_what_chance_could_do_is_said_to_be_so_and_nothing_of_the_count_at_the_close() -> None:
    section = buying(
        difference=-0.012, difference_low=-0.18, difference_high=0.16, is_claimed=False, grade="directional"
    )
    told = said(section)
    assert (told[1].grade, told[1].text) == (
        "Directional",
        "By day 30, 3 and more contacts went with \N{MINUS SIGN}1.2\N{NO-BREAK SPACE}points (\N{MINUS SIGN}18 to +16): inconclusive.",
    )
    assert not [sentence for sentence in told if "31" in sentence.text]
    (drawn,) = tables(section)
    few, many = (0.55, 0.46, 0.64), (0.7, 0.59, 0.79)
    assert marks(drawn) == tuple(
        (Mark(shape, *few, level=-1), Mark(shape, *many, level=1))  # type: ignore[arg-type]
        for shape in ("main", "hollow")
    )
    assert labels(drawn) == [
        "By day 30 (80 of 200 deals had 3 or more)",
        "At the close (140 of 260 deals had 3 or more)",
    ]
    assert [shown(row[1]) for row in drawn.rows] == ["55% (46 to 64), 70% (59 to 79)"] * 2


@pytest.mark.parametrize(
    ("early", "grade", "words"),
    [
        (
            {"dated_share": 0.4, "grade": "fix the data"},
            "Fix the data",
            "40% of deals have a date on every contact, so nothing can be said of multithreading: deals that live longer meet more people. "
            "Record when a contact joins.",
        ),
        (
            {"closed_deals": 60, "many_deals": 12, "grade": "too few deals"},
            "Too few deals",
            "60 deals were still open on day 30, 12 of them with 3 and more contacts: too few to tell.",
        ),
        (
            {"landmark_days": None, "closed_deals": 0, "difference": None, "grade": "too few deals", "missing_reason": "most deals close at once"},
            "Too few deals",
            "Nothing can be said of multithreading: most deals close at once.",
        ),
    ],
)  # fmt: skip
def test_where_nothing_may_be_claimed_the_report_says_why(early: dict[str, Any], grade: str, words: str) -> None:
    told = of_contacts(**early, is_usable=False, is_claimed=False)
    assert (told.grade, told.text) == (grade, words)


def test_contacts_on_won_deals_alone_are_told_once_and_nothing_is_drawn_from_them() -> None:
    uneven = "contacts are recorded on won and lost deals too differently to compare personas"
    refusal = "Contacts are recorded on 150 of 200 won deals but on 0 of 100 lost ones: too uneven to compare personas."
    section = buying(
        CFO | {"is_refused": True, "missing_reason": refusal},
        coverage={"lost_deals_with_contacts": 0, "lost_share": 0.0, "missing_reason": uneven},
        difference=0.0, difference_low=0.0, difference_high=0.0, is_usable=False, is_claimed=False, grade="not judged", missing_reason=uneven,
    )  # fmt: skip
    told = [sentence.text for sentence in said(section)]
    assert told[0] == refusal
    assert uneven not in told
    assert "more contacts" not in " ".join(told)
    assert "points of win rate" not in str(section)


def test_without_contacts_there_is_one_sentence_with_the_reason() -> None:
    none = {"won_deals_with_contacts": 0, "lost_deals_with_contacts": 0, "missing_reason": "no file has contacts"}
    (told,) = said(buying(coverage=none))
    assert (told.grade, told.text) == (
        "Fix the data",
        "No closed deal of the trailing quarters has a contact, so nothing can be said about who buys. Why: no file has contacts.",
    )


def test_hidden_figures_are_neither_told_nor_drawn() -> None:
    (told,) = said(buying(coverage={"is_suppressed": True}))
    assert told.sources == ()
    hidden = buying(CFO | {"closed_deals": None, "win_rate": None}, is_suppressed=True)
    assert "CFO" not in str(hidden)


def test_titles_that_make_no_difference_are_drawn_and_not_claimed() -> None:
    section = buying(
        CFO,
        CFO | {"persona": "VP Sales", "closed_deals": 20},
        CFO | {"persona_type": "buying_role", "persona": "champion"},
    )
    assert finding(section) == "No job title and no buying role goes with winning"
    assert labels(tables(section)[0]) == ["VP Sales", "CFO"]
    claimed = buying(CFO, CFO | {"persona": "COO", "action": "target_more", "rationale": "9 of 10."})
    assert finding(claimed) == "Deals with a COO win more often"
    assert said(claimed)[0].grade == "Strong"
    assert [row[0].shape for row in marks(tables(claimed)[0])] == ["up", "hollow"]


# ---------------------------------------------------------------- competitors

COVERAGE: dict[str, Any] = {
    "period": "window", "closed_deals": 100, "won_deals": 50, "lost_deals": 50, "named_deals": 40, "named_won_deals": 12,
    "none_deals": 0, "none_won_deals": 0, "unknown_deals": 60,
    "unknown_won_deals": 38, "named_lost_deals": 28, "none_lost_deals": 0, "unknown_lost_deals": 22,
    "named_share": 0.4, "named_share_of_won": 0.24, "named_share_of_lost": 0.56, "is_comparable": False,
    "named_win_rate": 0.3, "named_win_rate_low": 0.18, "named_win_rate_high": 0.45,
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
        "A competitor is named on 56% of lost and 24% of won deals: the rate against competitors lies between 19% and 64%. Ask at every close.",
    )


def test_without_a_claim_the_largest_gap_is_said_to_be_chance() -> None:
    section = of_competitors([GLOBEX], is_comparable=True)
    first, recorded = said(section)
    assert finding(section) == "No competitor stands out; 30% won where one is named"
    assert (first.grade, first.text) == ("Directional", GLOBEX["rationale"])
    assert recorded.text == (
        "A competitor is named on 40% of closed deals (40 of 100): the rate against competitors lies between 19% and 64%."
    )


def test_bounds_are_hatched_and_a_claim_is_a_diamond() -> None:
    recorded, drawn = tables(of_competitors([GLOBEX, ACME]))
    assert marks(recorded)[0] == (Mark("bar", 0.24, start=0.0), Mark("open", 1.0, start=0.24))
    assert labels(drawn)[1:] == ["Acme", "Globex"]
    assert marks(drawn)[0] == (Mark("open", 50 / 78, start=12 / 62), Mark("main", 0.3, 0.18, 0.45))
    assert [row[0].shape for row in marks(drawn)[1:]] == ["down", "hollow"]


def test_a_bar_for_won_and_one_for_lost_say_what_is_named_what_was_not_there_and_what_is_not_filled_in() -> None:
    """20 won deals: 8 name one, 2 say there was none, 10 are silent. 40 lost: 30, 0 and 10; what is none draws nothing."""
    counts = {
        "won_deals": 20, "named_won_deals": 8, "none_won_deals": 2, "unknown_won_deals": 10,
        "lost_deals": 40, "named_lost_deals": 30, "none_lost_deals": 0, "unknown_lost_deals": 10,
    }  # fmt: skip
    recorded = tables(of_competitors([ACME], **counts))[0]
    won, lost = marks(recorded)
    assert [(mark.shape, mark.start, mark.at) for mark in won] == [
        ("bar", 0, pytest.approx(0.4)),
        ("pale", pytest.approx(0.4), pytest.approx(0.5)),
        ("open", pytest.approx(0.5), pytest.approx(1)),
    ]
    assert [(mark.shape, mark.at) for mark in lost] == [("bar", 0.75), ("open", 1.0)]
    assert [[shown(cell) for cell in row] for row in recorded.rows] == [
        ["Won deals (20)", "8", "2", "10"],
        ["Lost deals (40)", "30", "0", "10"],
    ]
    none_won = tables(of_competitors([ACME], **{name: 0 for name in counts if "won" in name}))[0]
    assert marks(none_won)[0] == ()


def test_few_named_deals_are_not_compared() -> None:
    first = said(of_competitors([{**GLOBEX, "grade": "too few deals"}]))[0]
    assert first.grade == "Too few deals"


def test_the_reason_of_the_losses_is_the_commonest_that_says_something() -> None:
    section = of_competitors([ACME, {**GLOBEX, "lost_deals": 9}])
    reasons = dict(zip(labels(tables(section)[1]), (row[-1] for row in tables(section)[1].rows)))
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
    assert told[0].text.endswith("whom we win against. Why: no file has a column.")


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
            "Against Acme 20 of 50 losses were for Price (40%), +20\N{NO-BREAK SPACE}points compared with other vendors (+6.0 to +34).",
        )
    ]
