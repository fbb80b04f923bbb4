"""Loss reasons: a change is claimed only when it is more than chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from winloss.advice.loss_reasons import reason_changes
from winloss.advice.parameters import Parameters

SHARES = [0.30, 0.20, 0.15, 0.12, 0.10, 0.06, 0.04, 0.03]


def rows_of(now: list[int], before: list[int]) -> list[dict[str, object]]:
    return [{"reason": f"reason {i}", "losses": a, "previous_losses": b} for i, (a, b) in enumerate(zip(now, before))]


def test_change_is_the_two_by_two_mid_p_in_one_family() -> None:
    rows = {row["reason"]: row for row in reason_changes(rows_of([30, 40, 3], [10, 62, 1]))}
    assert [rows[f"reason {i}"]["is_tested"] for i in range(3)] == [True, True, False]
    p = []
    for now, before in ((30, 10), (40, 62)):
        distribution = stats.hypergeom(146, now + before, 73)
        half = distribution.pmf(now) / 2
        p.append(2 * min(distribution.cdf(now - 1) + half, distribution.sf(now) + half))
    q = multipletests(p, method="fdr_bh")[1]
    for i in range(2):
        assert rows[f"reason {i}"]["p_value"] == pytest.approx(p[i], abs=1e-11)
        assert rows[f"reason {i}"]["q_value"] == pytest.approx(q[i], abs=1e-11)
    assert (rows["reason 0"]["is_changed"], rows["reason 0"]["direction"]) == (True, "up")
    assert rows["reason 1"]["direction"] == "down"
    assert (rows["reason 2"]["q_value"], rows["reason 2"]["direction"]) == (None, "none")


def test_intervals_equal_statsmodels() -> None:
    row = reason_changes(rows_of([30, 43], [10, 63]))[1]
    low, high = confint_proportions_2indep(30, 73, 10, 73, compare="diff", method="newcomb", alpha=0.05)
    assert row["change"] == pytest.approx(20 / 73)
    assert (row["change_low"], row["change_high"]) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


def test_five_points_are_not_a_change_by_themselves() -> None:
    row = reason_changes(rows_of([14, 26], [8, 32]))[1]
    assert row["change"] == pytest.approx(0.15)
    assert row["is_changed"] is False
    assert row["rationale"] == (
        "14 of 40 losses (35%) after 8 of 40 (20%) the previous quarter: no clear change, -5 to +33 points."
    )


def test_no_change_is_hardly_ever_called_one() -> None:
    rng = np.random.default_rng(4)
    flags = 0
    for _ in range(200):
        rows = rows_of(rng.multinomial(76, SHARES).tolist(), rng.multinomial(76, SHARES).tolist())
        flags += sum(bool(row["is_changed"]) for row in reason_changes(rows))
    assert flags / 200 <= 0.18


def test_first_quarter_has_nothing_to_compare_with() -> None:
    row = reason_changes(rows_of([5, 3], [0, 0]))[0]
    assert (row["change"], row["p_value"], row["previous_share"]) == (None, None, None)
    assert row["rationale"] == "5 of 8 losses (62%); no losses to compare with."
    assert reason_changes(rows_of([0], [4]))[0]["share"] is None
    assert reason_changes([]) == []


def test_many_losses_use_the_z_form_and_agree() -> None:
    rows = rows_of([300, 200, 500], [260, 230, 510])
    exact = reason_changes(rows)
    approximate = reason_changes(rows, Parameters(exact_up_to_deals=100))
    for one, other in zip(exact, approximate):
        assert other["p_value"] == pytest.approx(one["p_value"], abs=0.01)
        assert other["p_value"] != one["p_value"]


def test_largest_share_comes_first_and_order_does_not_matter() -> None:
    rows = rows_of([3, 9, 9, 1], [2, 2, 2, 2])
    assert [row["reason"] for row in reason_changes(rows)] == ["reason 1", "reason 2", "reason 0", "reason 3"]
    assert reason_changes(rows[::-1]) == reason_changes(rows)


def test_impossible_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="counted twice"):
        reason_changes([*rows_of([1], [1]), *rows_of([1], [1])])
    with pytest.raises(ValueError, match="losses must be a count"):
        reason_changes([{"reason": "price", "losses": -1, "previous_losses": 0}])


def test_a_handful_of_losses_is_no_change() -> None:
    # 5 of 5 after 0 of 5: mid-p = 2 / 252 / 2 = .004, and five losses.
    rows = reason_changes(rows_of([5, 0], [0, 5]))
    assert {(row["is_tested"], row["is_changed"], row["direction"]) for row in rows} == {(False, False, "none")}
    assert "too few losses to judge" in str(rows[0]["rationale"])
    assert reason_changes(rows_of([10, 0], [0, 10]))[0]["is_changed"]


def test_a_quarter_that_has_not_ended_is_no_change() -> None:
    rows = reason_changes(rows_of([30, 43], [10, 63]), has_ended=False)
    assert not any(row["is_tested"] or row["is_changed"] for row in rows)
    assert "the quarter has not ended" in str(rows[0]["rationale"])
