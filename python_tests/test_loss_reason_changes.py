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


def by_owner(*cells: tuple[str, str, int, int]) -> list[dict[str, object]]:
    return [{"owner": o, "reason": r, "losses": now, "previous_losses": before} for o, r, now, before in cells]


# Ann says price on 9 of 10 losses, Bob on 1 of 10, in both quarters; Ann had 20 of 80 losses, and now 60.
HABITS = by_owner(("Ann", "price", 54, 18), ("Ann", "timing", 6, 2), ("Bob", "price", 2, 6), ("Bob", "timing", 18, 54))


def test_who_loses_the_deals_is_no_change_of_reasons() -> None:
    for row in reason_changes(HABITS):
        assert abs(float(str(row["change"]))) == pytest.approx(0.40)
        assert row["adjusted_change"] == pytest.approx(0)
        assert (row["is_tested"], row["is_changed"], row["is_promising"], row["direction"]) == (
            True,
            False,
            False,
            "none",
        )
        assert "no clear change once each seller is compared with themselves" in str(row["rationale"])
        assert len(str(row["rationale"]).split()) <= 35
    without = rows_of([56, 24], [24, 56])
    assert all(row["is_changed"] for row in reason_changes(without))


def test_a_change_inside_sellers_is_the_exact_stratified_mid_p() -> None:
    # Ann 14 of 20 after 6 of 20, Bob 10 of 30 after 3 of 30; Cid lost deals in this quarter alone and tells nothing.
    rows = by_owner(
        ("Ann", "price", 14, 6), ("Ann", "timing", 6, 14), ("Bob", "price", 10, 3), ("Bob", "timing", 20, 27),
        ("Cid", "timing", 8, 0),
    )  # fmt: skip
    row = next(row for row in reason_changes(rows) if row["reason"] == "price")
    ann, bob = stats.hypergeom(40, 20, 20), stats.hypergeom(60, 13, 30)
    total = np.convolve(ann.pmf(np.arange(21)), bob.pmf(np.arange(14)))
    half = total[24] / 2
    assert row["p_value"] == pytest.approx(2 * min(total[:24].sum() + half, total[25:].sum() + half), abs=1e-11)
    # weights 20 x 20 / 40 and 30 x 30 / 60, changes 8 / 20 and 7 / 30
    assert row["adjusted_change"] == pytest.approx((10 * 8 / 20 + 15 * 7 / 30) / 25)
    assert (row["losses"], row["compared_owners"], row["is_changed"], row["direction"]) == (24, 2, True, "up")
    assert reason_changes(rows[::-1]) == reason_changes(rows)


def test_other_sellers_in_each_quarter_tell_nothing_of_a_change() -> None:
    rows = by_owner(("Ann", "price", 30, 0), ("Ann", "timing", 2, 0), ("Bob", "price", 0, 2), ("Bob", "timing", 0, 30))
    for row in reason_changes(rows):
        assert (row["is_tested"], row["is_changed"], row["adjusted_change"]) == (False, False, None)
        assert "no seller lost deals in both" in str(row["rationale"])


def test_what_only_the_false_discovery_rate_lets_pass_is_promising() -> None:
    # 30 of 73 after 17 of 73: mid-p .0231 in a family of two equal ones; after 16 it is .0133.
    found = {}
    for before in (17, 16):
        row = reason_changes(rows_of([30, 43], [before, 73 - before]))[1]
        distribution = stats.hypergeom(146, 30 + before, 73)
        assert row["q_value"] == pytest.approx(2 * (distribution.sf(30) + distribution.pmf(30) / 2), abs=1e-11)
        found[before] = row["is_changed"], row["is_promising"], row["direction"]
    assert found == {17: (False, True, "up"), 16: (True, False, "up")}
    row = reason_changes(rows_of([30, 43], [17, 56]))[1]
    assert "up but not proven" in str(row["rationale"])


def test_many_losses_of_several_sellers_use_the_z_form_and_agree() -> None:
    rows = by_owner(
        ("Ann", "price", 300, 260), ("Ann", "timing", 200, 260), ("Bob", "price", 120, 90), ("Bob", "timing", 300, 310)
    )
    exact, approximate = (
        reason_changes(rows, Parameters(exact_up_to_deals=5000)),
        reason_changes(rows, Parameters(exact_up_to_deals=100)),
    )
    for one, other in zip(exact, approximate):
        assert other["p_value"] == pytest.approx(one["p_value"], abs=0.01)
        assert other["p_value"] != one["p_value"]
