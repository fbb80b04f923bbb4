"""Why the win rate moved: examples worked by hand, and sums that must come out on the sample company."""

import pytest

from python_tests.conftest import SampleBuild
from winloss.advice import effects
from winloss.advice.changes import PARTS, Designs, comparison_rows, verdict, year_before
from winloss.advice.effects import Segment
from winloss.advice.parameters import parameters_from
from winloss.advice.statistics import DesignEffect
from winloss.rows import Row

T, R = ("industry", "T"), ("industry", "R")
A, B = ("source", "A"), ("source", "B")
BEFORE = {T: (4, 3), R: (6, 2)}
NOW = {T: (7, 5), R: (3, 1)}
TWINS = [(T, A, 11), (R, B, 9)]


def with_twin(side: dict[Segment, tuple[int, int]]) -> dict[Segment, tuple[int, int]]:
    return side | {A: side[T], B: side[R]}


def fitted(
    quarters: dict[str, dict[Segment, tuple[int, int]]], overlaps: list[tuple[Segment, Segment, int]] | None = None
) -> effects.Effects:
    found = effects.fit(quarters, overlaps or [], prior=25.0)
    assert found is not None
    return found


def by_part(rows: list[Row]) -> dict[str, Row]:
    return {str(row["part"]): row for row in rows if row.get("part")}


def test_effects_of_two_segments_are_those_worked_by_hand() -> None:
    """G = 4.5 [[1, -1], [-1, 1]], c = (1.8, -1.8): the effect of T is 1.8 / (9 + 25) = .0529412."""
    found = fitted({"q1": BEFORE, "q2": NOW})
    assert dict(zip(found.segments, found.effect)) == pytest.approx({T: 0.0529412, R: -0.0529412}, abs=1e-7)
    assert (found.base_rate, found.variance) == pytest.approx((0.55, 0.2475))


def test_a_change_is_told_apart_as_worked_by_hand() -> None:
    """Shares move by .3: mix .3 x 2 x .0529412 of a change of .6 - .5; sqrt(.2475 (1/10 + 1/10) + .036198^2) is the error of the rest."""
    told = effects.account(fitted({"q1": BEFORE, "q2": NOW}), BEFORE, NOW)
    assert (told.total, told.mix.change, told.within.change) == pytest.approx((0.1, 0.0317647, 0.0682353), abs=1e-7)
    assert (told.mix.drawn.error, told.within.drawn.error) == pytest.approx((0.0361980, 0.2254114), abs=1e-7)


def test_two_dimensions_that_say_the_same_share_the_credit() -> None:
    """1.8 / (18 + 25) = .0418605 for each: mix .0502326, half of it for each dimension, and not twice .0317647."""
    twins = {"q1": with_twin(BEFORE), "q2": with_twin(NOW)}
    told = effects.account(fitted(twins, TWINS), twins["q1"], twins["q2"])
    assert told.mix.change == pytest.approx(0.0502326, abs=1e-7)
    assert [told.dimensions[name].change for name in ("industry", "source")] == pytest.approx([0.0251163] * 2, abs=1e-7)


def test_the_data_choose_the_prior() -> None:
    """Of two segments that differ by 20 points on 20 deals the smallest prior is likeliest; of equal ones the largest."""
    found = effects.fit({"q1": BEFORE, "q2": NOW}, [])
    equal = effects.fit({"q1": {T: (40, 20), R: (40, 20)}}, [])
    assert found is not None and equal is not None
    assert (found.prior, equal.prior) == (10.0, 2000.0)


def test_the_priors_are_those_of_the_settings() -> None:
    """Worked by hand: plain with 9, 1.8 / (9 + 9) = .1, mix .6 x .1; an interval as with 11, .6 sqrt(.2475 / (2 (9 + 11)))."""
    stated = [("effect_priors", "40, 400"), ("effect_interval_prior", "11"), ("effect_plain_prior", "9")]
    constants = parameters_from([{"setting": name, "value": value} for name, value in stated])
    found = effects.fit({"q1": BEFORE, "q2": NOW}, [], constants=constants)
    assert found is not None
    assert found.prior == 40.0
    told = effects.account(found, BEFORE, NOW)
    assert told.mix.change == pytest.approx(0.6 * 1.8 / (9 + 40), abs=1e-8)
    assert told.mix.drawn.error == pytest.approx(0.6 * (0.2475 / 40) ** 0.5, abs=1e-9)
    assert told.mix.plain.change == pytest.approx(0.06, abs=1e-9)


def test_the_order_of_rows_changes_nothing() -> None:
    twins = {"q1": with_twin(BEFORE), "q2": with_twin(NOW)}
    backwards = {q: dict(reversed(list(twins[q].items()))) for q in ("q2", "q1")}
    one, other = fitted(twins, TWINS), fitted(backwards, [(second, first, n) for first, second, n in reversed(TWINS)])
    assert one.segments == other.segments
    assert one.effect.tolist() == other.effect.tolist()


def test_deals_that_belong_together_count_for_fewer() -> None:
    """Twice the deals at a design effect of two are the deals once."""
    doubled = {q: {s: (2 * n, 2 * w) for s, (n, w) in side.items()} for q, side in {"q1": BEFORE, "q2": NOW}.items()}
    wide = effects.fit(doubled, [], prior=25.0, design=2.0)
    assert wide is not None
    once = fitted({"q1": BEFORE, "q2": NOW})
    assert wide.effect.tolist() == pytest.approx(once.effect.tolist(), abs=1e-8)
    told = effects.account(wide, doubled["q1"], doubled["q2"], design=2.0)
    assert told.within.drawn.error == pytest.approx(0.2254114, abs=1e-7)


def test_the_interval_of_a_mix_reaches_to_where_the_counts_put_it() -> None:
    """With one deal imagined the effect of T is 1.8 / (9 + 1) = .18, the mix .6 x .18 = .108, its error .6 sqrt(.2475 / (2 x 10)).

    Drawn to zero it is .0317647 with the error .0361980: the interval goes from that one's lower end to the plain one's upper end.
    """
    told = effects.account(fitted({"q1": BEFORE, "q2": NOW}), BEFORE, NOW)
    assert (told.mix.plain.change, told.mix.plain.error) == pytest.approx((0.108, 0.6 * (0.2475 / 20) ** 0.5), abs=1e-7)
    assert told.mix.bounds(2.0) == pytest.approx((0.0317647 - 2 * 0.0361980, 0.108 + 2 * 0.0667458), abs=1e-6)
    assert not told.mix.is_clear(0.8778), "the estimate that is drawn to zero is still within one error of it"
    assert told.mix.is_clear(0.87)
    assert told.within.plain.change == pytest.approx(0.1 - 0.108, abs=1e-9)


def test_a_field_filled_in_more_often_is_no_other_mix() -> None:
    """Worked by hand: known segments keep 2 to 1 among themselves, so that all of the shares' part is recording."""
    unknown = ("industry", "unknown")
    before, now = {T: (20, 12), R: (10, 4), unknown: (30, 9)}, {T: (36, 21), R: (18, 8), unknown: (6, 2)}
    found = fitted({"q1": before, "q2": now})
    told = effects.account(found, before, now)
    of = dict(zip(found.segments, found.effect))
    # 56 and 28 of the window's known deals; the share of the unknown falls from .5 to .1
    known = (56 * of[T] + 28 * of[R]) / 84
    assert told.mix.change == pytest.approx(0, abs=1e-12)
    assert told.recording.change == pytest.approx(-0.4 * (of[unknown] - known), abs=1e-9)
    assert told.recording.change > 0.02


def test_a_segment_is_compared_with_the_others_by_pooled_variances() -> None:
    """20 of 40 to 8 of 40, others 30 of 60 to 33 of 60: -.30 less +.05; z = -.35 / .1403120 = -2.494438, p .0126153."""
    before, now = {T: (40, 20), R: (60, 30)}, {T: (40, 8), R: (60, 33)}
    rows = comparison_rows(fitted({"q1": before, "q2": now}), before, now)
    row = next(row for row in rows if row.get("segment") == "T")
    assert (row["rate_change"], row["other_rate_change"], row["difference"]) == pytest.approx((-0.30, 0.05, -0.35))
    assert row["difference_high"] == pytest.approx(-0.35 + 1.959964 * 0.1403120, abs=1e-6)
    assert row["p_value"] == pytest.approx(0.0126153, abs=1e-6)
    assert (row["is_claimed"], row["is_promising"]) == (True, False)
    wide = comparison_rows(
        fitted({"q1": before, "q2": now}), before, now, Designs(DesignEffect(), DesignEffect(2.0, 400.0))
    )
    widened = next(row for row in wide if row.get("segment") == "T")
    assert widened["difference_high"] == pytest.approx(-0.35 + 1.959964 * 0.1403120 * 2**0.5, abs=1e-6)
    assert not widened["is_claimed"]


def test_few_deals_and_empty_fields_are_not_tested() -> None:
    unknown = ("industry", "unknown")
    before, now = {T: (9, 5), R: (60, 30), unknown: (30, 5)}, {T: (40, 8), R: (60, 33), unknown: (30, 20)}
    rows = comparison_rows(fitted({"q1": before, "q2": now}), before, now)
    said = {row["segment"]: row["missing_reason"] for row in rows if row.get("segment")}
    assert said == {
        "T": "too few deals in one of the two quarters, inside or outside",
        "R": "too few deals in one of the two quarters, inside or outside",
        "unknown": "deals whose field is empty are compared with nothing",
    }


def test_every_segment_that_moves_against_the_total_is_told() -> None:
    """Worked by hand: T falls from 80 to 75 %, R from 20 to 15 %, and the total rises from 32 to 63 %, for T grows."""
    before, now = {T: (20, 16), R: (80, 16)}, {T: (80, 60), R: (20, 3)}
    rows = comparison_rows(fitted({"q1": before, "q2": now}), before, now)
    parts = by_part(rows)
    assert parts["total"]["change"] == pytest.approx(0.31)
    assert {row["is_simpson"] for row in rows if row.get("segment")} == {True}
    assert parts["total"]["verdict"] == "mix"
    agreeing = {T: (80, 68), R: (20, 3)}
    again = comparison_rows(fitted({"q1": before, "q2": agreeing}), before, agreeing)
    assert {row["is_simpson"] for row in again if row.get("segment")} == {False}


@pytest.mark.parametrize(
    ("mix", "within", "recording", "said"),
    [
        (0.0, 0.0, 0.0, "chance"),
        (0.1, 0.0, 0.0, "mix"),
        (0.0, -0.1, 0.1, "within"),
        (0.1, 0.1, 0.0, "both"),
        (0.1, -0.1, 0.0, "masked"),
        (0.0, 0.0, 0.1, "recording"),
    ],
)
def test_the_verdict_names_what_chance_does_not_explain(mix: float, within: float, recording: float, said: str) -> None:
    parts: dict[str, Row] = {
        name: {"change": change, "is_claimed": False, "is_promising": change != 0}
        for name, change in (("total", 0.3), ("mix", mix), ("within", within), ("recording", recording))
    }
    assert verdict(parts) == said


def test_what_cannot_be_told_says_why() -> None:
    found = fitted({"q1": BEFORE, "q2": NOW})
    assert effects.fit({"q1": {T: (10, 10)}}, []) is None
    for args, reason in (
        ((found, {}, NOW), "no closed deal in the quarter it is compared with"),
        ((found, BEFORE, {}), "no closed deal in the quarter"),
        ((None, BEFORE, NOW), "every deal of the window ended alike"),
    ):
        rows = comparison_rows(*args)
        assert [(row["part"], row["missing_reason"]) for row in rows] == [(part, reason) for part in PARTS]
        assert {row.get("change") for row in rows} == {None}


def test_the_year_before_has_the_same_quarter() -> None:
    assert [year_before(quarter) for quarter in ("2025-Q3", "FY2025-Q1")] == ["2024-Q3", "FY2024-Q1"]


def test_small_segments_beyond_the_largest_count_as_one() -> None:
    sizes = [(("product", name), deals) for name, deals in (("a", 5), ("b", 9), ("c", 7), ("unknown", 1))]
    assert effects.folded(sizes, 1, "all others") == {
        ("product", name): ("product", "all others") for name in ("a", "c")
    }


# ---------------------------------------------------------------- the sample company


def test_overlaps_add_up_to_the_deals_of_a_segment(sample_build: SampleBuild) -> None:
    """For each quarter of the window, segment and other dimension, every pair once, from whichever side it is looked at."""
    wrong = sample_build.rows(
        """with both_ways as (
    select quarter, dimension, segment, other_dimension, decisions from intermediate.int_segment_overlaps
    union all
    select quarter, other_dimension, other_segment, dimension, decisions from intermediate.int_segment_overlaps
),
added as (
    select quarter, dimension, segment, other_dimension, sum(decisions) as decisions
    from both_ways
    group by all
)
select segments.*, others.dimension as other_dimension, added.decisions as added_decisions
from intermediate.int_segment_quarters as segments
cross join (select distinct dimension from intermediate.int_segment_quarters) as others
left join added
    on segments.quarter = added.quarter and segments.dimension = added.dimension and segments.segment = added.segment
    and others.dimension = added.other_dimension
where segments.dimension != others.dimension and segments.decisions is distinct from added.decisions
    and segments.quarter in (
        select d.closed_quarter from marts.fct_closed_deals as d
        inner join marts.dim_periods as p on p.period = 'window' and d.closed_on >= p.starts_on and d.closed_on < p.ends_before_on
    )"""
    )
    assert wrong == []
    assert len(sample_build.rows("select distinct quarter from intermediate.int_segment_overlaps")) == 4
    assert len(sample_build.rows("select distinct dimension from intermediate.int_segment_quarters")) == 8


def test_parts_and_contributions_add_up(sample_build: SampleBuild) -> None:
    sums = sample_build.rows(
        """select
    comparison,
    max(case when part = 'total' then change end) as total,
    max(case when part = 'total' then win_rate - compared_win_rate end) as counted,
    sum(case when part != 'total' then change end) as parts,
    sum(case when part in ('mix', 'recording') then change end) as shares,
    (
        select sum(contribution) from marts.win_rate_change_segments as segments
        where segments.comparison = changes.comparison
    ) as contributions
from marts.win_rate_changes as changes
group by comparison
order by comparison"""
    )
    assert [row["comparison"] for row in sums] == ["previous_quarter", "year_before"]
    for row in sums:
        assert row["total"] == pytest.approx(row["counted"], abs=1e-12)
        assert row["parts"] == pytest.approx(row["total"], abs=1e-12)
        assert row["contributions"] == pytest.approx(row["shares"], abs=1e-12)


def test_no_change_is_put_down_to_a_person(sample_build: SampleBuild) -> None:
    listed = {
        row["dimension"] for row in sample_build.rows("select distinct dimension from marts.win_rate_change_segments")
    }
    assert "deal_type" in listed and "owner" not in listed
