"""Does the qualification score separate won from lost deals, and where to set the score threshold?

Everything is computed from counts by score and fold. Figures a reader may rely on are
cross-validated; in-sample ones are labelled as such, because they flatter.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy import special

from winloss.advice import statistics
from winloss.advice.counts import rounded, whole_number
from winloss.advice.parameters import METHOD_VERSION, Parameters
from winloss.advice.statistics import Bools, Floats, Ints
from winloss.figures import percent, points
from winloss.rows import Row, Value

FOLDS = 5


def fold_sql(column: str) -> str:
    """SQL for the fold, 0 to 4, of a text key: its md5, of which the first two hex digits count.

    Written without engine-specific hexadecimal conversion; 16 leaves 1 when divided by 5, so
    the two digits may simply be added.
    """
    digits = [f"position(substring(md5({column}), {place}, 1) in '0123456789abcdef') - 1" for place in (1, 2)]
    return f"({' + '.join(digits)}) % {FOLDS}"


def fold_of(key: str) -> int:
    """The same fold in Python."""
    digest = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
    return (int(digest[0], 16) + int(digest[1], 16)) % FOLDS


def threshold(
    rows: Iterable[Mapping[str, Value]],
    closed_deals: int,
    parameters: Parameters = Parameters(),
    cost_to_value: float | None = None,
    is_known_before: bool = False,
) -> Row:
    """The score threshold to use, or why there is none, with out-of-sample figures.

    `rows`: score (0 to 1), fold (0 to 4), deals, won; deals without a score left out. Lines that nothing tells apart are one deal here;
    `shown_deals` and `shown_won`, where a row has them, and `closed_deals` count them all, and are what is shown.
    A one-sided Mann-Whitney test is the gate. Behind it, the cut is where a ridge logistic
    fit crosses the base rate (the Youden point of a calibrated score), or `cost_to_value`,
    the cost of pursuing a deal divided by the value of winning it; rounded to 0.05. The gate at
    `score_claim_p` makes it a claim (grade strong), at `gate_p` alone a promising one (directional).
    A score that separates nearly all deals (`score_leak_auc`) may have been changed when they ended: unless it
    `is_known_before`, it is asked about and sets no threshold.
    Raises ValueError for impossible counts, scores or folds.
    """
    counted = list(rows)
    scores, deals, won = _table(counted)
    total, total_won = int(deals.sum()), int(won.sum())
    shown_deals, shown_won = _shown(counted, deals, won)
    scored = int(shown_deals.sum())
    if closed_deals < scored:
        raise ValueError(f"{scored} deals have a score, more than the {closed_deals} closed deals")
    result = _empty(scored, closed_deals)
    if total == 0:
        return {**result, "missing_reason": "No closed deal has a qualification score."}
    base = int(shown_won.sum()) / scored
    result["base_rate"] = rounded(base)
    result["majority_accuracy"] = rounded(max(base, 1 - base))
    if min(total_won, total - total_won) < parameters.fallback_outcome_deals:
        least = parameters.fallback_outcome_deals
        reason = f"A score threshold needs at least {least} won and {least} lost deals with a score."
        return {**result, "missing_reason": reason, "rationale": reason}

    counts, wins = deals.sum(axis=0), won.sum(axis=0)
    auc, p = statistics.mann_whitney(wins, counts - wins)
    result["auc"], result["gate_p_value"] = rounded(auc), p
    if auc > parameters.score_leak_auc and p <= parameters.gate_p and not is_known_before:
        reason = (
            f"Won deals score higher than lost ones in {percent(auc)} of pairs: does the score know the outcome? If it is set "
            "before the deal is decided and never changed after, set score_known_before_the_deal."
        )
        return {
            **result, "may_know_outcome": True, "grade": "fix the data", "missing_reason": reason, "rationale": reason
        }  # fmt: skip
    cut, reason = _gated_threshold(scores, counts, wins, parameters, cost_to_value)
    if cut is None:
        return {**result, "missing_reason": reason, "rationale": reason}

    split = _split(scores, shown_deals, shown_won, cut, counts)
    low, high = _gap(split, scores, counts, cut)
    if low <= 0:
        reason = _CLOSE.format(cut=cut)
        return {**result, "missing_reason": reason, "rationale": reason}
    result |= {"is_predictive": True, "score_threshold": cut} | split
    result["grade"] = "strong" if p <= parameters.score_claim_p else "directional"
    above, below = (
        whole_number(split, f"won_deals_{side}") / whole_number(split, f"closed_deals_{side}")
        for side in ("above", "below")
    )
    result |= {"gap": rounded(above - below), "gap_low": rounded(low), "gap_high": rounded(high)}
    result |= _cross_validated(scores, deals, won, parameters, cost_to_value)
    proof = "" if result["grade"] == "strong" else " Promising, not proven."
    result["rationale"] = (
        f"At {cut:g} and above {result['won_deals_above']} of {result['closed_deals_above']} deals were won ({percent(above)}), "
        f"below {percent(below)}: a gap of {points(low)} to {points(high)} points.{proof}"
    )
    return result


def _gated_threshold(
    scores: Floats, deals: Ints, won: Ints, parameters: Parameters, cost_to_value: float | None
) -> tuple[float | None, str]:
    """The score threshold of these deals, or None and why there is none."""
    _, p = statistics.mann_whitney(won, deals - won)
    if p > parameters.gate_p:
        return None, "The score does not separate won from lost deals yet."
    cut = score_threshold(scores, deals, won, parameters, cost_to_value)
    if cut is None:
        return None, "The score separates won from lost deals too little for a score threshold inside its range."
    split = _split(scores, deals, won, cut)
    least = min(whole_number(split, f"closed_deals_{side}") for side in ("above", "below"))
    if least < parameters.minimum_deals or _gap(split, scores, deals, cut)[0] <= 0:
        return None, _CLOSE.format(cut=cut)
    return cut, ""


_CLOSE = "The deals on both sides of {cut:g}, where the score would be cut, cannot be told apart yet."


def _gap(split: Row, scores: Floats, decisions: Ints, cut: float) -> tuple[float, float]:
    """95% interval of the win rate above less the one below, of as many decisions."""
    sides = []
    for side, mask in zip(("above", "below"), _sides(scores, cut)):
        told, closed = int(decisions[mask].sum()), whole_number(split, f"closed_deals_{side}")
        sides += [whole_number(split, f"won_deals_{side}") * told / closed, told]
    return statistics.newcombe_interval(sides[0], sides[1], sides[2], sides[3], 0.95)


def _sides(scores: Floats, cut: float) -> tuple[Bools, Bools]:
    is_above = scores >= cut - 1e-9
    return is_above, ~is_above


def tested_cut_offs(
    rows: Iterable[Mapping[str, Value]],
    parameters: Parameters = Parameters(),
    chosen: float | None = None,
) -> list[Row]:
    """One row per score threshold on the grid that leaves deals on both sides; in-sample figures."""
    scores, deals, won = _table(rows)
    counts, wins = deals.sum(axis=0), won.sum(axis=0)
    result: list[Row] = []
    for step in range(1, round(1 / parameters.score_threshold_step) + 1):
        cut = round(step * parameters.score_threshold_step, 6)
        split = _split(scores, counts, wins, cut)
        if not split["closed_deals_above"] or not split["closed_deals_below"]:
            continue
        all_won = int(wins.sum())
        kept = int(split["won_deals_above"] or 0) / all_won if all_won else None
        result.append({"score_threshold": cut, **split, "wins_kept_share": rounded(kept), "is_chosen": cut == chosen})
    return result


def score_threshold(
    scores: Floats,
    deals: Ints,
    won: Ints,
    parameters: Parameters = Parameters(),
    cost_to_value: float | None = None,
) -> float | None:
    """Score at which the fitted win probability crosses the aim, on the grid of score thresholds.

    None when higher scores do not win more often, or the crossing lies outside the scores.
    """
    total, total_won = int(deals.sum()), int(won.sum())
    if not 0 < total_won < total:
        return None
    aim = total_won / total if cost_to_value is None else cost_to_value
    if not 0 < aim < 1:
        raise ValueError(f"cost_to_value must lie between 0 and 1, not {cost_to_value}")
    intercept, slope = statistics.logistic_fit(scores, won, deals, parameters.logistic_penalty)
    if slope <= 0:
        return None
    exact = (float(special.logit(aim)) - intercept) / slope
    used = scores[deals > 0]
    if not used.min() <= exact <= used.max():
        return None
    return round(round(exact / parameters.score_threshold_step) * parameters.score_threshold_step, 6)


def _table(rows: Iterable[Mapping[str, Value]]) -> tuple[Floats, Ints, Ints]:
    """Scores ascending, and deals and won of shape (folds, scores)."""
    cells: dict[tuple[int, float], list[int]] = {}
    for row in rows:
        score = row["score"]
        fold, deals, won = (whole_number(row, name) for name in ("fold", "deals", "won"))
        if not isinstance(score, (int, float)) or not 0 <= score <= 1 or fold >= FOLDS or won > deals:
            raise ValueError(f"impossible score, fold or counts: {dict(row)}")
        cell = cells.setdefault((fold, round(float(score), 6)), [0, 0])
        cell[0] += deals
        cell[1] += won
    scores = sorted({score for _, score in cells})
    place = {score: i for i, score in enumerate(scores)}
    table = np.zeros((2, FOLDS, len(scores)), dtype=np.int64)
    for (fold, score), (deals, won) in cells.items():
        table[:, fold, place[score]] = deals, won
    return np.array(scores, dtype=np.float64), table[0], table[1]


def _shown(rows: Sequence[Mapping[str, Value]], deals: Ints, won: Ints) -> tuple[Ints, Ints]:
    """Deals and won deals to show of each score, lines of one decision among them."""
    if not rows or "shown_deals" not in rows[0]:
        return deals.sum(axis=0), won.sum(axis=0)
    _, counts, wins = _table({**row, "deals": row["shown_deals"], "won": row["shown_won"]} for row in rows)
    return counts.sum(axis=0), wins.sum(axis=0)


def _split(scores: Floats, deals: Ints, won: Ints, cut: float, decisions: Ints | None = None) -> Row:
    """Both sides of a score threshold; intervals are those of as many decisions, where these are fewer than the deals."""
    is_above, is_below = _sides(scores, cut)
    result: Row = {}
    for side, mask in (("above", is_above), ("below", is_below)):
        count, wins = int(deals[mask].sum()), int(won[mask].sum())
        told = count if decisions is None else int(decisions[mask].sum())
        low, high = statistics.wilson_interval(wins * told / count, told) if told else (None, None)
        result |= {
            f"closed_deals_{side}": count,
            f"won_deals_{side}": wins,
            f"win_rate_{side}": rounded(wins / count) if count else None,
            f"win_rate_{side}_low": rounded(low),
            f"win_rate_{side}_high": rounded(high),
        }
    total, total_won = int(deals.sum()), int(won.sum())
    above, won_deals_above = int(deals[is_above].sum()), int(won[is_above].sum())
    youden, accuracy = _quality(won_deals_above, above - won_deals_above, total_won, total - total_won)
    return result | {
        "in_sample_false_positives": above - won_deals_above,
        "in_sample_false_negatives": total_won - won_deals_above,
        "in_sample_accuracy": rounded(accuracy),
        "in_sample_youden": rounded(youden),
    }


def _quality(true_positives: int, false_positives: int, won: int, lost: int) -> tuple[float | None, float | None]:
    """Youden's J (share of won kept minus share of lost kept) and accuracy."""
    if won == 0 or lost == 0:
        return None, None
    youden = true_positives / won - false_positives / lost
    return youden, (true_positives + lost - false_positives) / (won + lost)


def _cross_validated(
    scores: Floats,
    deals: Ints,
    won: Ints,
    parameters: Parameters,
    cost_to_value: float | None,
) -> Row:
    """Each fold judged by the cut the other folds give, gate and all; without a cut nothing is pursued.

    A gate passed on all deals has seen the fold it is judged on, and flatters what is shown behind it.
    """
    positives = false_positives = 0
    for fold in range(FOLDS):
        others = np.arange(FOLDS) != fold
        counts, wins = deals[others].sum(axis=0), won[others].sum(axis=0)
        cut, _ = _gated_threshold(scores, counts, wins, parameters, cost_to_value)
        is_above = scores >= (math.inf if cut is None else cut - 1e-9)
        positives += int(won[fold][is_above].sum())
        false_positives += int((deals - won)[fold][is_above].sum())
    youden, accuracy = _quality(positives, false_positives, int(won.sum()), int((deals - won).sum()))
    return {"cross_validated_youden": rounded(youden), "cross_validated_accuracy": rounded(accuracy)}


_NUMBERS = (
    "auc",
    "gate_p_value",
    "score_threshold",
    "base_rate",
    "closed_deals_above",
    "won_deals_above",
    "win_rate_above",
    "win_rate_above_low",
    "win_rate_above_high",
    "closed_deals_below",
    "won_deals_below",
    "win_rate_below",
    "win_rate_below_low",
    "win_rate_below_high",
    "gap",
    "gap_low",
    "gap_high",
    "cross_validated_youden",
    "cross_validated_accuracy",
    "majority_accuracy",
    "in_sample_accuracy",
    "in_sample_youden",
    "in_sample_false_positives",
    "in_sample_false_negatives",
)


def _empty(scored: int, closed: int) -> Row:
    return {
        "is_predictive": False,
        "grade": "too few deals",
        "may_know_outcome": False,
        "missing_reason": "",
        "scored_deals": scored,
        "closed_deals": closed,
        **dict.fromkeys(_NUMBERS),
        "rationale": "No closed deal has a qualification score.",
        "method_version": METHOD_VERSION,
    }
