"""From evidence to recommendations: an order, a title, and a rationale anyone can read.

A rationale has at most 35 words: counts, one comparison, one range, and no number that is
not in its record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from winloss.advice.evidence import (
    COUNTS_DISAGREE,
    DEPRIORITISE,
    KEEP_TESTING,
    NO_DIFFERENCE,
    NOT_CONFIRMED,
    NOT_ENOUGH_DATA,
    OTHER_VALUES,
    PART_OF_CLAIM,
    SEARCH_STOPPED,
    SIBLINGS_CLAIMED,
    TARGET_MORE,
    TOO_YOUNG,
)
from winloss.advice.parameters import METHOD_VERSION, UNKNOWN, Parameters
from winloss.advice.statistics import step_down_bound
from winloss.figures import percent, plain, points, signed, thousands
from winloss.formatting import lower_label, segment_name
from winloss.rows import Row, Value

MAXIMUM_WORDS = 35

_ORDER = (TARGET_MORE, DEPRIORITISE, KEEP_TESTING, NO_DIFFERENCE, NOT_ENOUGH_DATA)

_TITLES = {
    TARGET_MORE: "Target more: {segment}",
    DEPRIORITISE: "Deprioritise: {segment}",
    KEEP_TESTING: "Keep testing: {segment}",
    NO_DIFFERENCE: "No difference: {segment}",
    NOT_ENOUGH_DATA: "Not enough data: {segment}",
}

_NOT_JUDGED = {
    COUNTS_DISAGREE: " Once stronger patterns are accounted for, the gap turns round: no advice.",
    SIBLINGS_CLAIMED: " The other values are accounted for: nothing is left to compare it with.",
    PART_OF_CLAIM: " Part of a larger segment that is claimed.",
    SEARCH_STOPPED: " The search ended before it was reached.",
    TOO_YOUNG: " Too young to judge: most deals that will be won are still open.",
    NOT_CONFIRMED: " Among deals that had time to be won the gap does not show.",
}
"""Why nothing is said of a segment that has deals enough."""

_KEPT = (
    "dimension",
    "segment",
    "second_dimension",
    "second_segment",
    "action",
    "best_bet",
    "closed_deals",
    "won_deals",
    "lost_deals",
    "win_rate",
    "win_rate_low",
    "win_rate_high",
    "other_closed_deals",
    "other_win_rate",
    "difference",
    "difference_low",
    "difference_high",
    "adjusted_difference",
    "expected_lift",
    "expected_lift_low",
    "expected_lift_high",
    "expected_gain",
    "p_value",
    "q_value",
    "claim_step",
    "adjusted_for",
    "explained_by",
    "shift_points",
    "extra_wins_per_100",
    "extra_wins_low",
    "extra_wins_high",
    "value_weighted_win_rate",
    "effective_deals",
    "min_detectable_difference",
    "deals_needed",
    "not_judged",
    "caveat_codes",
    "caveats",
)


def recommendation_rows(
    evidence: Iterable[Mapping[str, Value]],
    run: Mapping[str, Value],
    parameters: Parameters = Parameters(),
) -> list[Row]:
    """One row per segment that may carry a recommendation, the most useful first.

    `evidence` as of `selection.evidence_rows`, `run` as of `selection.run_row`. Left out are
    `unknown`, the values counted together, and fields that know the outcome.
    """
    rows = [dict(row) for row in evidence if _may_be_recommended(row)]
    rows.sort(key=_rank_key)
    result: list[Row] = []
    for rank, row in enumerate(rows, start=1):
        segment = segment_label(row)
        title = _TITLES[str(row["action"])]
        if row["best_bet"] or row.get("not_judged"):
            title = "Best bet: {segment}" if row["best_bet"] else "Not judged: {segment}"
        result.append(
            {
                "rank": rank,
                "segment_label": segment,
                "title": title.format(segment=segment),
                "rationale": rationale({**row, "window_start": run["window_start"]}, parameters),
                **{name: row.get(name) for name in _KEPT},
                "window_start": run["window_start"],
                "window_end": run["window_end"],
                "comparisons": run["comparisons"],
                "method_version": METHOD_VERSION,
            }
        )
    return result


def _may_be_recommended(row: Mapping[str, Value]) -> bool:
    is_leak = any(code.startswith("leak:") for code in str(row.get("caveat_codes") or "").split("; "))
    return row["segment"] not in (UNKNOWN, OTHER_VALUES) and not is_leak


def _rank_key(row: Mapping[str, Value]) -> tuple[object, ...]:
    """Action first, then what following it brings: the gain over the average deal on as many deals as can be moved."""
    size = abs(_number(row, "expected_lift" if row.get("extra_wins_per_100") is None else "extra_wins_per_100"))
    return (
        _ORDER.index(str(row["action"])),
        not row["best_bet"],
        -round(size, 6),
        -_number(row, "closed_deals"),
        -_number(row, "won_deals"),
        _number(row, "other_closed_deals"),
        str(row["dimension"]),
        str(row["segment"]),
        str(row.get("second_dimension") or ""),
        str(row.get("second_segment") or ""),
    )


def segment_label(row: Mapping[str, Value]) -> str:
    """A segment in words, a pair joined by a multiplication sign: "Technology × Revenue band $10M to $50M"."""
    cells = [(row["dimension"], row["segment"]), (row.get("second_dimension"), row.get("second_segment"))]
    return " × ".join(segment_name(str(dimension), str(segment)) for dimension, segment in cells if segment)


def rationale(row: Mapping[str, Value], parameters: Parameters = Parameters()) -> str:
    """Why this action, in at most 35 words; every number is one of the record's, rounded."""
    for template in _templates(row, parameters):
        text = template.format(segment=segment_label(row))
        if len(text.split()) <= MAXIMUM_WORDS:
            return text
    words = segment_label(row).split()
    shortest = _templates(row, parameters)[-1]
    spare = MAXIMUM_WORDS - len(shortest.format(segment="").split())
    return shortest.format(segment=" ".join(words[: max(1, spare)]) + "…")


def _templates(row: Mapping[str, Value], parameters: Parameters) -> list[str]:
    """Texts for the action, longest first; `{segment}` still to be filled in."""
    counts = f"{{segment}} won {row['won_deals']} of {row['closed_deals']} closed deals ({percent(row['win_rate'])})"
    against = (
        f" against {percent(row['other_win_rate'])} in other segments" if row.get("other_win_rate") is not None else ""
    )
    action = str(row["action"])
    if action in (TARGET_MORE, DEPRIORITISE, KEEP_TESTING):
        change = (
            f"{signed(row['extra_wins_per_100'])} ({signed(row['extra_wins_low'])} to {signed(row['extra_wins_high'])})"
        )
        shift = plain(row["shift_points"])
        # deals without a closed date are compared across all time
        allowed = "chance" if row.get("window_start") == UNKNOWN else "quarter and chance"
        if action == TARGET_MORE:
            tails = [
                f" Allowing for {allowed}, moving {shift} of every 100 deals here should change wins by {change}.",
                f" Moving {shift} of every 100 deals here should change wins by {change}.",
            ]
        elif action == DEPRIORITISE:
            tails = [
                f" Allowing for {allowed}, each {shift} of 100 deals spent here change wins by {change}.",
                f" Each {shift} of 100 deals spent here change wins by {change}.",
            ]
        else:
            word = "A bet, not a finding" if row["best_bet"] else "Promising, not proven"
            if _number(row, "expected_lift") < 0:
                word = "Weak, not proven"
            tails = [
                f" {word}: moving {shift} of every 100 deals here may change wins by {change}.",
                f" {word}: {shift} of 100 deals here, {change} wins.",
            ]
        return [counts + against + "." + tail for tail in tails]
    if action == NO_DIFFERENCE:
        low, high = points(row["difference_low"]), points(row["difference_high"])
        return [
            f"{counts}{against}. The true gap lies between {low} and {high} points: too small to act on.",
            f"{counts}{against}: a gap of {low} to {high} points.",
        ]
    low, high = percent(row["win_rate_low"]), percent(row["win_rate_high"])
    missing = _NOT_JUDGED.get(str(row.get("not_judged")), "")
    if missing:
        return [f"{counts}{against}.{missing}", f"{counts}.{missing}"]
    if row.get("explained_by"):
        missing = " Stronger patterns explain the gap."
    elif row.get("deals_needed"):
        gap = plain(parameters.target_gap * 100)
        missing = f" About {thousands(row['deals_needed'])} more deals would reveal a {gap}-point gap."
    return [
        f"{counts}{against}; the true rate may be {low} to {high}.{missing}",
        f"{counts}; the true rate may be {low} to {high}.{missing}",
        f"{counts}: {low} to {high}.",
    ]


def no_claim_sentence(
    run: Mapping[str, Value],
    evidence: Sequence[Mapping[str, Value]],
    parameters: Parameters = Parameters(),
) -> str | None:
    """What to say when nothing can be claimed; None when something is."""
    if any(row["action"] in (TARGET_MORE, DEPRIORITISE) for row in evidence):
        return None
    # a decision that stands in several lines is one closed deal here
    is_repeated = run["decisions"] != run["deals"]
    deals, closed = thousands(run["decisions"]), "distinct closed deals" if is_repeated else "closed deals"
    comparisons = "1 comparison" if run["comparisons"] == 1 else f"{run['comparisons']} comparisons"
    if run["is_fallback"] and _number(run, "decisions") >= parameters.fallback_deals:
        return (
            f"{thousands(run['won_decisions'])} of {deals} {closed} are won, too few of one outcome to claim anything of segments: at least "
            f"{parameters.fallback_outcome_deals} won and {parameters.fallback_outcome_deals} lost are needed."
        )
    if run["is_fallback"]:
        return (
            f"{deals} {closed} are too few to claim anything of segments: at least {parameters.fallback_deals} are needed, "
            f"{parameters.fallback_outcome_deals} of them won and {parameters.fallback_outcome_deals} lost."
        )
    candidates = [row for row in evidence if row.get("is_candidate")]
    leaks = dict.fromkeys(str(row["dimension"]) for row in evidence if "leak:" in str(row.get("caveat_codes")))
    if not candidates and leaks:
        return (
            f"What nearly decides the outcome is not judged ({', '.join(map(lower_label, leaks))}); no other segment holds the "
            f"{parameters.minimum_deals} deals needed to compare it with other segments."
        )
    if not candidates:
        return f"No segment holds the {parameters.minimum_deals} deals needed to compare it with other segments."
    bound = step_down_bound(1, max(1, int(_number(run, "comparisons"))), parameters.step_down_rate)
    apart = [row for row in candidates if _is_apart(row, bound)]
    if apart:
        first = min(
            apart, key=lambda row: (_number(row, "p_value"), -_number(row, "expected_lift"), segment_label(row))
        )
        return (
            f"No segment is worth acting on. With {deals} {closed} and {comparisons}, what stands out beyond chance "
            f"({segment_label(first)} first) does so by too little, or for a reason that its caveat names."
        )
    tested = [row for row in candidates if row.get("min_detectable_difference") is not None]
    if not tested:
        return f"No segment stands out beyond chance; with {deals} {closed} and {comparisons} none could."
    best = min(
        tested, key=lambda row: (_number(row, "min_detectable_difference"), str(row["dimension"]), str(row["segment"]))
    )
    gap = points(best["min_detectable_difference"]).lstrip("+")
    return (
        f"No segment stands out beyond chance. With {deals} {closed} and {comparisons}, even the "
        f"best-covered segment ({segment_label(best)}) would need a true gap of {gap} points to be seen."
    )


def _is_apart(row: Mapping[str, Value], bound: float) -> bool:
    """Whether a segment that is not advised is told from chance all the same, by the search or in a field that it only asks about."""
    is_asked = "may_know_outcome" in str(row.get("caveat_codes")) and _number(row, "p_value") <= bound
    return row.get("claim_step") is not None or row.get("not_judged") in (TOO_YOUNG, NOT_CONFIRMED) or is_asked


# ---------------------------------------------------------------- numbers in words


def _number(row: Mapping[str, Value], name: str) -> float:
    value = row.get(name)
    return 0.0 if value is None or isinstance(value, str) else float(value)
