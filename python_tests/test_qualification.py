"""The score threshold: gated, calibrated, and judged out of sample."""

from __future__ import annotations

import hashlib
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import special

from winloss.advice import qualification, steps
from winloss.advice.parameters import Parameters
from winloss.advice.qualification import fold_of, fold_sql, score_threshold, threshold
from winloss.rows import Reader

Rows = list[dict[str, Any]]


def rows_of(scores: np.ndarray, won: np.ndarray, folds: np.ndarray | None = None) -> Rows:
    folds = np.arange(len(scores)) % 5 if folds is None else folds
    cells: dict[tuple[float, int], list[int]] = {}
    for score, fold, win in zip(np.round(scores, 2).tolist(), folds.tolist(), won.tolist()):
        cell = cells.setdefault((score, fold), [0, 0])
        cell[0] += 1
        cell[1] += win
    return [{"score": s, "fold": f, "deals": n, "won": w} for (s, f), (n, w) in cells.items()]


def simulate(seed: int, deals: int, slope: float) -> Rows:
    rng = np.random.default_rng(seed)
    scores = rng.beta(3, 3, deals)
    return rows_of(scores, (rng.random(deals) < special.expit(-0.4 + slope * (scores - 0.5))).astype(int))


def test_a_score_that_separates_gets_a_cut_off() -> None:
    # Logit -0.4 + 8 (score - 0.5): win rate 0.43; logit(0.43) = -0.28 is reached at 0.515.
    result = threshold(simulate(1, 3_000, 8.0), 3_100)
    assert result["is_predictive"] and result["missing_reason"] == ""
    assert result["score_threshold"] == 0.5
    assert result["closed_deals_above"] + result["closed_deals_below"] == result["scored_deals"] == 3_000
    assert result["gap_low"] > 0.3
    assert result["cross_validated_youden"] == pytest.approx(result["in_sample_youden"], abs=0.05)
    assert result["cross_validated_accuracy"] > result["majority_accuracy"]


def test_a_score_without_information_gets_none() -> None:
    passed = sum(threshold(simulate(seed, 130, 0.0), 130)["is_predictive"] for seed in range(60))
    assert passed <= 6
    result = threshold(simulate(2, 130, 0.0), 130)
    assert result["score_threshold"] is None
    assert result["missing_reason"] == "The score does not separate won from lost deals yet."
    assert result["auc"] is not None and result["in_sample_accuracy"] is None


def test_a_score_that_points_the_wrong_way_gets_none() -> None:
    assert threshold(simulate(3, 400, -6.0), 400)["is_predictive"] is False


def test_no_scores_or_too_few_outcomes_say_why() -> None:
    assert threshold([], 120)["missing_reason"] == "No closed deal has a qualification score."
    few = [{"score": 0.9, "fold": 0, "deals": 9, "won": 9}, {"score": 0.1, "fold": 1, "deals": 60, "won": 0}]
    assert "at least 10 won and 10 lost" in str(threshold(few, 69)["missing_reason"])


def test_in_sample_figures_worked_by_hand() -> None:
    # At 0.5: 30 above with 24 won, 40 below with 10 won.
    rows = [
        {"score": 0.8, "fold": 0, "deals": 20, "won": 18},
        {"score": 0.5, "fold": 1, "deals": 10, "won": 6},
        {"score": 0.3, "fold": 2, "deals": 40, "won": 10},
    ]
    row = next(row for row in qualification.tested_cut_offs(rows) if row["score_threshold"] == 0.5)
    assert (row["closed_deals_above"], row["won_deals_above"], row["closed_deals_below"], row["won_deals_below"]) == (
        30,
        24,
        40,
        10,
    )
    assert (row["in_sample_false_positives"], row["in_sample_false_negatives"]) == (6, 10)
    assert row["in_sample_accuracy"] == pytest.approx((24 + 30) / 70)
    assert row["in_sample_youden"] == pytest.approx(24 / 34 - 6 / 36)
    assert row["wins_kept_share"] == pytest.approx(24 / 34)


def test_grid_leaves_deals_on_both_sides_and_marks_the_chosen_cut() -> None:
    rows = simulate(1, 500, 6.0)
    chosen = threshold(rows, 500)["score_threshold"]
    grid = qualification.tested_cut_offs(rows, chosen=chosen)  # type: ignore[arg-type]
    assert all(row["closed_deals_above"] and row["closed_deals_below"] for row in grid)
    assert [row["score_threshold"] for row in grid if row["is_chosen"]] == [chosen]


def test_cross_validation_is_each_fold_judged_by_the_others() -> None:
    rows = simulate(5, 300, 4.0)
    scores = sorted({row["score"] for row in rows})

    def table(folds: set[int]) -> tuple[np.ndarray, np.ndarray]:
        deals, won = np.zeros(len(scores), dtype=int), np.zeros(len(scores), dtype=int)
        for row in rows:
            if row["fold"] in folds:
                deals[scores.index(row["score"])] += row["deals"]
                won[scores.index(row["score"])] += row["won"]
        return deals, won

    kept = wrong = 0
    for fold in range(5):
        cut = score_threshold(np.array(scores), *table({0, 1, 2, 3, 4} - {fold}))
        deals, won = table({fold})
        above = np.array(scores) >= (cut or 2.0)
        kept, wrong = kept + won[above].sum(), wrong + (deals - won)[above].sum()
    all_deals, all_won = table({0, 1, 2, 3, 4})
    expected = kept / all_won.sum() - wrong / (all_deals - all_won).sum()
    assert threshold(rows, 300)["cross_validated_youden"] == pytest.approx(expected)


def test_a_cost_moves_the_cut_off() -> None:
    rows = simulate(1, 3_000, 8.0)
    cuts = [threshold(rows, 3_000, cost_to_value=cost)["score_threshold"] for cost in (0.25, 0.6)]
    assert cuts == [0.4, 0.6]
    with pytest.raises(ValueError, match="cost_to_value"):
        threshold(rows, 3_000, cost_to_value=1.5)


def test_row_order_and_splitting_of_counts_do_not_matter() -> None:
    rows = simulate(9, 400, 4.0)
    halves = [{**row, "deals": row["won"]} for row in rows] + [
        {**row, "deals": row["deals"] - row["won"], "won": 0} for row in rows
    ]
    assert threshold(rows[::-1], 400) == threshold(rows, 400) == threshold(halves, 400)


@pytest.mark.parametrize(
    "bad",
    [
        {"score": 1.2, "fold": 0, "deals": 3, "won": 1},
        {"score": 0.2, "fold": 5, "deals": 3, "won": 1},
        {"score": 0.2, "fold": 0, "deals": 3, "won": 4},
        {"score": None, "fold": 0, "deals": 3, "won": 1},
    ],
)
def test_impossible_rows_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="score, fold"):
        threshold([bad], 10)


def test_more_scored_than_closed_deals_are_refused() -> None:
    with pytest.raises(ValueError, match="more than the 5 closed deals"):
        threshold([{"score": 0.5, "fold": 0, "deals": 6, "won": 3}], 5)


def test_fold_is_the_same_in_sql_and_python_and_even() -> None:
    keys = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(5_000)]
    connection = duckdb.connect()
    connection.execute("create table deals (deal_key text)")
    connection.execute("insert into deals select unnest(?)", [keys])
    found = dict(connection.execute(f"select deal_key, {fold_sql('deal_key')} from deals").fetchall())
    assert found == {key: fold_of(key) for key in keys}
    sizes = np.bincount(list(found.values()), minlength=5)
    assert sizes.min() > 900 and sizes.max() < 1_100


def test_parameters_reach_the_gate() -> None:
    rows = simulate(12, 200, 1.0)
    p = threshold(rows, 200)["gate_p_value"]
    assert threshold(rows, 200, Parameters(gate_p=min(0.5, float(p) + 0.001)))["missing_reason"] != (
        "The score does not separate won from lost deals yet."
    )


def test_a_cut_off_needs_deals_on_both_sides() -> None:
    # All of six deals at 0.9 won, 6 of 36 at 0.3: the gap is clear, and rests on six deals.
    scores, won = np.array([0.9] * 6 + [0.3] * 36), np.array([1] * 6 + [1] * 6 + [0] * 30)
    result = threshold(rows_of(scores, won), 42)
    assert result["gate_p_value"] < 0.001
    assert (result["is_predictive"], result["score_threshold"]) == (False, None)
    assert "cannot be told apart yet" in result["missing_reason"]
    assert threshold(rows_of(np.repeat(scores, 2), np.repeat(won, 2)), 84)["is_predictive"]


def test_a_score_that_separates_nearly_all_deals_is_asked_whether_it_knows_the_outcome() -> None:
    # Of 40 x 40 pairs the won deal scores higher in all but the 5 x 3 in which it scores .4 against .6: AUC .990625.
    scores = np.array([0.8] * 35 + [0.4] * 5 + [0.2] * 37 + [0.6] * 3)
    rows = rows_of(scores, np.array([1] * 40 + [0] * 40))
    asked = threshold(rows, 80)
    assert asked["auc"] == pytest.approx(1 - 15 / 1600)
    assert (asked["is_predictive"], asked["may_know_outcome"], asked["score_threshold"]) == (False, True, None)
    assert asked["grade"] == "fix the data"
    assert "99% of pairs: does the score know the outcome?" in str(asked["missing_reason"])
    assert len(str(asked["rationale"]).split()) <= 35
    answered = threshold(rows, 80, is_known_before=True)
    assert (answered["is_predictive"], answered["may_know_outcome"], answered["grade"]) == (True, False, "strong")
    # not more than the share asked about: half of the wins score as the losses do
    honest = rows_of(np.array([0.8] * 20 + [0.2] * 20 + [0.2] * 40), np.array([1] * 40 + [0] * 40))
    assert threshold(honest, 80)["auc"] == pytest.approx(0.75)
    assert threshold(honest, 80)["grade"] == "strong"


def test_a_score_that_passes_the_gate_alone_is_promising() -> None:
    # 26 of 50 won above and 16 of 50 below; the gate is passed at .0228, and no claim at .01.
    scores, won = np.array([0.8] * 50 + [0.2] * 50), np.array([1] * 26 + [0] * 24 + [1] * 16 + [0] * 34)
    result = threshold(rows_of(scores, won), 100)
    assert 0.01 < float(str(result["gate_p_value"])) < 0.05
    assert (result["is_predictive"], result["grade"]) == (True, "directional")
    assert str(result["rationale"]).endswith("Promising, not proven.")
    assert threshold(rows_of(scores, won), 100, Parameters(score_claim_p=0.05))["grade"] == "strong"


def test_a_fold_whose_others_do_not_pass_the_gate_is_judged_without_a_threshold() -> None:
    # Fold 0 holds what the score tells: 18 of 20 won above, 2 of 20 below. In the others 21 of 40 and 20 of 40 are won.
    rows = [{"score": 0.8, "fold": 0, "deals": 20, "won": 18}, {"score": 0.2, "fold": 0, "deals": 20, "won": 2}]
    for fold in range(1, 5):
        rows.append({"score": 0.8, "fold": fold, "deals": 10, "won": 6 if fold == 1 else 5})
        rows.append({"score": 0.2, "fold": fold, "deals": 10, "won": 5})
    result = threshold(rows, 120)
    assert result["is_predictive"]
    # folds 1 to 4 are judged by the threshold that fold 0 brings: 21 won and 19 lost above, of all 61 and 59; fold 0 by none
    assert result["cross_validated_youden"] == pytest.approx(21 / 61 - 19 / 59)
    assert result["cross_validated_accuracy"] == pytest.approx((21 + 40) / 120)


@pytest.mark.parametrize(
    ("setting", "crm", "asks"), [("False", "custom", True), ("True", "custom", False), ("False", "sample", False)]
)
def test_an_account_stands_in_one_fold_and_a_setting_says_that_the_score_is_known_before(
    setting: str, crm: str, asks: bool
) -> None:
    answers: list[list[tuple[Any, ...]]] = []
    with duckdb.connect() as connection:
        connection.execute(
            "create table dim_settings as select * from (values "
            f"('score_known_before_the_deal', '{setting}'), ('crm', '{crm}'), ('cost_to_value', null)) as rows (setting, value);"
            "create table dim_periods as select 'window' as period, date '2025-01-01' as starts_on, date '2026-01-01' as ends_before_on, "
            "false as has_undated_deals;"
            # forty deals of one account and forty of none
            "create table fct_closed_deals as select 'd' || range as deal_key, case when range < 40 then 'a' end as account_key, "
            "range % 2 as is_won, round(0.1 + 0.8 * (range % 2), 2) as qualification_score, date '2025-02-02' as closed_on, "
            "'2025-Q1' as closed_quarter, 1 as decision_line from range(80)"
        )

        def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            answer = connection.execute(sql)
            names = [column[0] for column in answer.description or ()]
            answers.append(answer.fetchall())
            return names, answers[-1]

        [result] = steps.recommended_score_threshold(Reader(query, lambda name: name))
    [counts] = [rows for rows in answers if rows and len(rows[0]) == 6]
    # the deals of the account all lie in the fold of its key; those of none spread over the five
    assert max(row[2] for row in counts) >= 20
    assert sum(row[2] for row in counts if row[1] == fold_of("a")) >= 40
    assert result["may_know_outcome"] is asks
