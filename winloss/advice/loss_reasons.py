"""Why deals are lost, and whether that changed since the previous quarter.

Sellers have habits: one says price where another says timing. Where a seller loses more of the deals than in
the previous quarter, shares move although everyone says what they always say. So the losses of each seller are
compared with those of the same seller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from winloss.advice import statistics
from winloss.advice.counts import rounded, whole_number
from winloss.advice.evidence import leaves_out_zero, points_alike
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import Ints
from winloss.figures import percent, points
from winloss.rows import Row, Value, number


def reason_changes(
    rows: Iterable[Mapping[str, Value]],
    parameters: Parameters = Parameters(),
    has_ended: bool = True,
) -> list[Row]:
    """One row per loss reason: its share of losses, and the change since the last quarter.

    `rows`: reason, losses, previous_losses, and owner where it is known who lost them: then one row per reason
    and owner. Shown are losses; tests and intervals rest on `decisions` and `previous_decisions`, where a row has them, of which lines
    that nothing tells apart are one. Each reason is tested against all others by the exact Cochran-Mantel-Haenszel test with mid-p
    inside owners (Mantel and Haenszel 1959), in one Benjamini-Hochberg family of the reasons seen often enough
    in the two quarters together; an owner with losses in one quarter alone tells nothing of a change. The change
    as counted has Newcombe's 95% interval. Largest share first. `is_changed` is the level of a claim
    (`reason_claim_rate`), `is_promising` what only `false_discovery_rate` lets pass; neither is said against the counts.
    Nothing is tested where either quarter has fewer losses than a segment needs deals, or where
    the later one has not ended (`has_ended`): what closes late may be lost for other reasons.
    Raises ValueError for a repeated reason of an owner or a negative count.
    """
    shown: dict[tuple[str, str], tuple[int, int]] = {}
    cells: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        key = str(row["reason"]), str(row.get("owner") or UNKNOWN)
        if key in cells:
            raise ValueError(f"loss reason {key[0]!r} is counted twice")
        shown[key] = whole_number(row, "losses"), whole_number(row, "previous_losses")
        told = "decisions" in row
        cells[key] = (whole_number(row, "decisions"), whole_number(row, "previous_decisions")) if told else shown[key]
    counts, decisions = _sums(shown, place=0), _sums(cells, place=0)
    owners = {owner: seen for owner, seen in _sums(cells, place=1).items() if min(seen) > 0}
    total, previous_total = (sum(seen[quarter] for seen in counts.values()) for quarter in (0, 1))
    effective, previous_effective = (sum(seen[quarter] for seen in decisions.values()) for quarter in (0, 1))
    can_compare = effective > 0 and previous_effective > 0
    has_enough = min(effective, previous_effective) >= max(1, parameters.minimum_deals)

    tested = [
        reason
        for reason, seen in decisions.items()
        if has_ended and has_enough and owners and sum(seen) >= parameters.minimum_reason_losses
    ]
    inside = np.array(
        [[cells.get((reason, owner), (0, 0)) for owner in owners] for reason in counts], dtype=np.int64
    ).reshape(len(counts), len(owners), 2)
    whole = np.array(list(owners.values()), dtype=np.int64).reshape(len(owners), 2)
    adjusted = dict(zip(counts, _adjusted_changes(inside, whole)))
    places = [place for place, reason in enumerate(counts) if reason in tested]
    p = dict(zip(tested, _p(inside[places], whole, effective + previous_effective, parameters)))
    q = dict(zip(tested, statistics.benjamini_hochberg(np.array([p[reason] for reason in tested]))))

    result: list[Row] = []
    for reason, (losses, previous) in sorted(counts.items(), key=lambda item: (-item[1][0], item[0])):
        change = change_low = change_high = None
        if can_compare:
            change = losses / total - previous / previous_total
            # shares are of losses, their intervals of as many decisions
            change_low, change_high = statistics.newcombe_interval(
                losses * effective / total,
                effective,
                previous * previous_effective / previous_total,
                previous_effective,
                0.95,
            )
        low = high = None
        if effective:
            low, high = statistics.wilson_interval(losses * effective / total, effective)
        is_clear = leaves_out_zero((change_low, change_high)) and points_alike(change, adjusted[reason])
        passed = float(q[reason]) if reason in q and is_clear else 1.0
        is_changed = passed <= parameters.reason_claim_rate
        is_promising = not is_changed and passed <= parameters.false_discovery_rate
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
            "adjusted_change": rounded(adjusted[reason]),
            "compared_owners": len(owners),
            "p_value": p.get(reason),
            "q_value": float(q[reason]) if reason in q else None,
            "is_tested": reason in q,
            "is_changed": is_changed,
            "is_promising": is_promising,
            "direction": ("up" if change and change > 0 else "down") if is_changed or is_promising else "none",
        }
        out["rationale"] = _rationale(out, total, previous_total, has_ended, bool(owners))
        result.append(out)
    return result


def _sums(cells: Mapping[tuple[str, str], tuple[int, int]], place: int) -> dict[str, tuple[int, int]]:
    """Losses and previous losses of each reason (place 0) or owner (place 1), in the order of their names."""
    sums: dict[str, tuple[int, int]] = {}
    for key in sorted(cells):
        losses, previous = sums.get(key[place], (0, 0))
        sums[key[place]] = losses + cells[key][0], previous + cells[key][1]
    return {name: sums[name] for name in sorted(sums)}


def _adjusted_changes(inside: Ints, whole: Ints) -> list[float | None]:
    """Change of each reason's share inside owners (the Mantel-Haenszel difference); None without an owner in both quarters.

    `inside` holds losses of shape (reasons, owners, 2): this quarter, the one before; `whole` all losses of the owners.
    """
    if not whole.size:
        return [None] * len(inside)
    weight = whole.prod(axis=1) / whole.sum(axis=1)
    shares = inside / whole
    changes = ((shares[..., 0] - shares[..., 1]) * weight).sum(axis=1) / weight.sum()
    return [float(change) for change in changes]


def _p(inside: Ints, whole: Ints, losses: int, parameters: Parameters) -> list[float]:
    """Mid-p of each reason's share in one quarter against the other, inside owners; z form for many losses."""
    if not inside.size:
        return []
    everything, reason = whole.sum(axis=1), inside.sum(axis=2)
    if losses <= parameters.exact_up_to_deals:
        return [float(p) for p in statistics.exact_mid_p(whole[:, 0], inside[..., 0], everything, reason)]
    expected = whole[:, 0] * reason / everything
    variance = whole.prod(axis=1) * reason * (everything - reason) / (everything**2 * np.maximum(1, everything - 1))
    z = statistics.cochran_mantel_haenszel_z((inside[..., 0] - expected).sum(axis=1), variance.sum(axis=1))
    return [float(p) for p in statistics.two_sided_p(z)]


def _rationale(row: Row, total: int, previous_total: int, has_ended: bool, is_comparable: bool) -> str:
    text = f"{row['losses']} of {total} losses ({percent(row['share'])})" if total else "No losses this quarter"
    if row["change"] is None:
        return f"{text}; no losses to compare with."
    before = f"{row['previous_losses']} of {previous_total} ({percent(row['previous_share'])})"
    between = f"{points(row['change_low'])} to {points(row['change_high'])} points"
    if row["is_changed"] or row["is_promising"]:
        proof = "" if row["is_changed"] else " but not proven"
        return f"{text} after {before} the previous quarter: {row['direction']}{proof}, {between}."
    doubt = "no clear change"
    if not has_ended:
        doubt = "the quarter has not ended"
    elif not row["is_tested"]:
        doubt = "too few losses to judge" if is_comparable else "no seller lost deals in both"
    elif number(row["compared_owners"]) > 1 and leaves_out_zero(
        (number(row["change_low"]), number(row["change_high"]))
    ):
        # the shares moved with who lost the deals
        doubt = "no clear change once each seller is compared with themselves"
    return f"{text} after {before} the previous quarter: {doubt}, {between}."
