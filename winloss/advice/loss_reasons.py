"""Why deals are lost, and whether that changed since the previous quarter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from winloss.advice import statistics
from winloss.advice.counts import rounded, whole_number
from winloss.advice.evidence import leaves_out_zero
from winloss.advice.parameters import Parameters
from winloss.figures import percent, points
from winloss.rows import Row, Value


def reason_changes(
    rows: Iterable[Mapping[str, Value]],
    parameters: Parameters = Parameters(),
    has_ended: bool = True,
) -> list[Row]:
    """One row per loss reason: its share of losses, and the change since the last quarter.

    `rows`: reason, losses, previous_losses. Each reason is tested against all others by
    mid-p, in one Benjamini-Hochberg family of the reasons seen often enough in the two
    quarters together; the change has Newcombe's 95% interval. Largest share first.
    Nothing is tested where either quarter has fewer losses than a segment needs deals, or where
    the later one has not ended (`has_ended`): what closes late may be lost for other reasons.
    Raises ValueError for a repeated reason or a negative count.
    """
    counts: dict[str, tuple[int, int]] = {}
    for row in rows:
        reason, losses, previous = str(row["reason"]), whole_number(row, "losses"), whole_number(row, "previous_losses")
        if reason in counts:
            raise ValueError(f"loss reason {reason!r} is counted twice")
        counts[reason] = losses, previous
    total = sum(losses for losses, _ in counts.values())
    previous_total = sum(previous for _, previous in counts.values())
    can_compare = total > 0 and previous_total > 0
    has_enough = min(total, previous_total) >= max(1, parameters.minimum_deals)

    tested = sorted(
        reason
        for reason, seen in counts.items()
        if has_ended and has_enough and sum(seen) >= parameters.minimum_reason_losses
    )
    p = dict(zip(tested, (_p(counts[reason], total, previous_total, parameters) for reason in tested)))
    q = dict(zip(tested, statistics.benjamini_hochberg(np.array([p[reason] for reason in tested]))))

    result: list[Row] = []
    for reason, (losses, previous) in sorted(counts.items(), key=lambda item: (-item[1][0], item[0])):
        change = change_low = change_high = None
        if can_compare:
            change = losses / total - previous / previous_total
            change_low, change_high = statistics.newcombe_interval(losses, total, previous, previous_total, 0.95)
        low, high = statistics.wilson_interval(losses, total) if total else (None, None)
        is_changed = (
            reason in q
            and float(q[reason]) <= parameters.false_discovery_rate
            and leaves_out_zero((change_low, change_high))
        )
        out: Row = {
            "reason": reason,
            "losses": losses,
            "previous_losses": previous,
            "share": rounded(losses / total) if total else None,
            "share_low": rounded(low),
            "share_high": rounded(high),
            "previous_share": rounded(previous / previous_total) if previous_total else None,
            "change": rounded(change),
            "change_low": rounded(change_low),
            "change_high": rounded(change_high),
            "p_value": p.get(reason),
            "q_value": float(q[reason]) if reason in q else None,
            "is_tested": reason in q,
            "is_changed": is_changed,
            "direction": ("up" if change and change > 0 else "down") if is_changed else "none",
        }
        out["rationale"] = _rationale(out, total, previous_total, has_ended)
        result.append(out)
    return result


def _p(seen: tuple[int, int], total: int, previous_total: int, parameters: Parameters) -> float:
    """Mid-p of the reason's share in one quarter against the other; z form for many losses."""
    losses, previous = seen
    if total + previous_total <= parameters.exact_up_to_deals:
        return statistics.mid_p_2x2(losses, total, previous, previous_total)
    everything, reason = total + previous_total, losses + previous
    variance = total * previous_total * reason * (everything - reason) / (everything**2 * (everything - 1))
    z = statistics.cochran_mantel_haenszel_z([losses - total * reason / everything], [variance])
    return float(statistics.two_sided_p(z)[0])


def _rationale(row: Row, total: int, previous_total: int, has_ended: bool) -> str:
    text = f"{row['losses']} of {total} losses ({percent(row['share'])})" if total else "No losses this quarter"
    if row["change"] is None:
        return f"{text}; no losses to compare with."
    before = f"{row['previous_losses']} of {previous_total} ({percent(row['previous_share'])})"
    between = f"{points(row['change_low'])} to {points(row['change_high'])} points"
    if row["is_changed"]:
        return f"{text} after {before} the previous quarter: {row['direction']}, {between}."
    doubt = (
        "no clear change"
        if row["is_tested"]
        else "too few losses to judge"
        if has_ended
        else "the quarter has not ended"
    )
    return f"{text} after {before} the previous quarter: {doubt}, {between}."
