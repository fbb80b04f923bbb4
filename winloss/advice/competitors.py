"""Against whom we win less often than against others, for which reasons we lose there, and whose share of the contested deals moved.

A competitor is recorded on lost deals more often than on won ones. So deals that name someone are never compared with
deals that name none, but with other deals that name someone: uneven recording that is alike for all leaves that comparison alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from winloss.advice import statistics
from winloss.advice.counts import rounded, whole_number
from winloss.advice.parameters import Parameters
from winloss.advice.statistics import INDEPENDENT, DesignEffect, Ints
from winloss.figures import percent, points, thousands
from winloss.rows import Row, Value, number

Counts = Iterable[Mapping[str, Value]]
"""Rows of competitor, quarter, deals and won; a row without competitor holds every deal of its quarter that names someone.

Lines that nothing tells apart are one deal here; `shown_deals` and `shown_won` count them all, where a row has them.
"""

Ask = Callable[[Sequence[str]], Counts]
"""Counts of the deals that name none of these competitors."""


@dataclass(frozen=True)
class _Look:
    """The deals that are left at one step: of each competitor, and of all, by quarter."""

    deals: Mapping[str, Ints]
    won: Mapping[str, Ints]
    all_deals: Ints
    all_won: Ints

    def others(self, name: str) -> tuple[int, int]:
        """Deals that name someone else and not this one, and the won ones of them."""
        return int((self.all_deals - self.deals[name]).sum()), int((self.all_won - self.won[name]).sum())

    def is_large_enough(self, name: str, minimum: int) -> bool:
        return name in self.deals and min(int(self.deals[name].sum()), self.others(name)[0]) >= minimum

    def difference(self, name: str) -> tuple[float, float]:
        """The Mantel-Haenszel difference inside quarters, and its weight."""
        n, x, rest = self.deals[name], self.won[name], self.all_deals - self.deals[name]
        total = np.maximum(1, self.all_deals)
        weight = float((n * rest / total).sum())
        excess = float(((x * rest - (self.all_won - x) * n) / total).sum())
        return (excess / weight if weight else 0.0), weight


def _look(rows: Counts, prefix: str = "") -> _Look:
    counted = list(rows)
    if counted and f"{prefix}deals" not in counted[0]:
        prefix = ""
    quarters = sorted({str(row["quarter"]) for row in counted})
    deals: dict[str, Ints] = {}
    won: dict[str, Ints] = {}
    for row in counted:
        name = str(row["competitor"] or "")
        place = quarters.index(str(row["quarter"]))
        deals.setdefault(name, np.zeros(len(quarters), dtype=np.int64))[place] += whole_number(row, f"{prefix}deals")
        won.setdefault(name, np.zeros(len(quarters), dtype=np.int64))[place] += whole_number(row, f"{prefix}won")
    nothing = np.zeros(len(quarters), dtype=np.int64)
    return _Look(deals, won, deals.pop("", nothing), won.pop("", nothing))


def _p_values(look: _Look, names: Sequence[str], parameters: Parameters, design: DesignEffect) -> dict[str, float]:
    """Exact stratified mid-p of each competitor against the others, inside quarters; z form for many deals."""
    if not names:
        return {}
    n, x = np.array([look.deals[name] for name in names]), np.array([look.won[name] for name in names])
    total = np.maximum(1, look.all_deals)
    expected = n * look.all_won / total
    variance = n * (total - n) * look.all_won * (total - look.all_won) / (total**2 * np.maximum(1, total - 1))
    z = statistics.cochran_mantel_haenszel_z((x - expected).sum(axis=1), variance.sum(axis=1))
    is_small = look.all_deals.sum() <= parameters.exact_up_to_deals
    p = statistics.exact_mid_p(n, x, look.all_deals, look.all_won) if is_small else statistics.two_sided_p(z)
    _, p = statistics.with_design_effect(z, p, design)
    return {name: float(value) for name, value in zip(names, p)}


def _expected(
    look: _Look, name: str, base: float, is_claimed: bool, parameters: Parameters, design: DesignEffect
) -> tuple[float, float, float]:
    """The difference to others after shrinking, and its interval."""
    estimate, harmonic_deals = look.difference(name)
    prior, z = parameters.lift_shrinkage_deals, parameters.interval_z
    return statistics.expected_difference(estimate, harmonic_deals / design.factor, base, prior, z, is_claimed)


def competitor_claims(ask: Ask, parameters: Parameters = Parameters(), design: DesignEffect = INDEPENDENT) -> list[Row]:
    """One row per competitor that a deal of the window names, strongest claim first, then by the number of deals.

    Each competitor with deals enough, and as many without it, is compared with the other deals that name someone, inside quarters. The
    strongest is claimed where its p is at most `step_down_bound`; the deals that name it are then set aside, and the rest is asked again.
    A claim is never against the counts as a reader sees them, nor one whose interval holds zero. Nothing is claimed on fewer named deals
    than `competitor_minimum_deals`. Deals that share an account or an owner count for fewer by `design`.
    """
    rows_of_all = list(ask(()))
    whole, shown = _look(rows_of_all), _look(rows_of_all, "shown_")
    candidates = [name for name in sorted(whole.deals) if whole.is_large_enough(name, parameters.minimum_deals)]
    named, named_won = int(whole.all_deals.sum()), int(whole.all_won.sum())
    has_enough = named >= parameters.competitor_minimum_deals
    has_enough = has_enough and min(named_won, named - named_won) >= parameters.fallback_outcome_deals
    steps: dict[str, int] = {}
    last = dict.fromkeys(candidates, whole)
    p = _p_values(whole, candidates, parameters, design)
    waiting = list(candidates) if has_enough else []
    look = whole
    while waiting:
        strongest = min(waiting, key=lambda name: (p[name], name))
        if p[strongest] > statistics.step_down_bound(len(steps) + 1, len(candidates), parameters.step_down_rate):
            break
        waiting.remove(strongest)
        _, low, high = _expected(look, strongest, named_won / named, False, parameters, design)
        seen = [deals.difference(strongest)[0] for deals in (look, whole, shown)]
        if not (min(seen) > 0 or max(seen) < 0) or low * high <= 0:
            continue
        steps[strongest] = len(steps) + 1
        look = _look(ask(tuple(steps)))
        waiting = [name for name in waiting if look.is_large_enough(name, parameters.minimum_deals)]
        p |= _p_values(look, waiting, parameters, design)
        last |= dict.fromkeys(waiting, look)
    rows = [
        _row(
            name,
            whole,
            shown,
            last.get(name, whole),
            p.get(name),
            steps.get(name),
            len(candidates),
            has_enough,
            parameters,
            design,
        )
        for name in shown.deals
    ]
    rows.sort(key=lambda row: str(row["competitor"]))
    rows.sort(key=lambda row: -number(row["deals"]))
    return sorted(rows, key=lambda row: number(row["claim_step"]) or len(rows) + 1)


def _row(
    name: str,
    whole: _Look,
    shown: _Look,
    last: _Look,
    p: float | None,
    step: int | None,
    comparisons: int,
    has_enough: bool,
    parameters: Parameters,
    design: DesignEffect,
) -> Row:
    deals, decisions = int(shown.deals[name].sum()), int(whole.deals[name].sum())
    won = int(shown.won[name].sum())
    named = max(1, int(whole.all_deals.sum()))
    base = int(whole.all_won.sum()) / named
    row: Row = {"competitor": name, "deals": deals, "p_value": p, "claim_step": step, "is_claimed": step is not None}
    raw = whole.difference(name)[0]
    expected, low, high = _expected(last, name, base, step is not None, parameters, design)
    is_tested = p is not None and has_enough
    needed = None
    if is_tested and step is None:
        needed = statistics.deals_needed(
            round(decisions / design.factor),
            decisions / named,
            base,
            comparisons,
            parameters.step_down_rate,
            parameters.power,
            parameters.target_gap,
        )
        # deals that share an account or an owner tell as much as fewer do
        needed = None if needed is None else math.ceil(needed * design.factor)
    row |= {
        "expected_difference": rounded(expected) if is_tested else None,
        "expected_difference_low": rounded(low) if is_tested else None,
        "expected_difference_high": rounded(high) if is_tested else None,
        "deals_needed": needed,
        "grade": "strong" if step is not None else "directional" if is_tested else "too few deals",
    }
    counted = f"Against {name} we won {thousands(won)} of {thousands(deals)} ({percent(won / deals)})"
    if step is not None:
        side = "less" if raw < 0 else "more"
        row["rationale"] = (
            f"{counted}, {round(abs(raw) * 100)} points {side} than against other named competitors "
            f"(expected {points(expected)}, {points(low)} to {points(high)})."
        )
    elif is_tested:
        more = (
            f" About {thousands(needed)} more deals would tell a {round(100 * parameters.target_gap)}-point gap."
            if needed
            else ""
        )
        row["rationale"] = f"{counted}. The gap to other competitors may be chance.{more}"
    else:
        row["rationale"] = f"{counted}: too few deals to compare."
    return row


def reason_claims(rows: Counts, parameters: Parameters = Parameters(), design: DesignEffect = INDEPENDENT) -> list[Row]:
    """One row per competitor and loss reason that can be compared: is it stated of its lost deals more, or less, often than of others'?

    `rows`: competitor, category, lost_deals of competitor_lost_deals, other_reason_deals of other_lost_deals. Compared are competitors with
    `competitor_reason_losses` lost deals and reasons seen often enough on both sides together, by the exact mid-p of the two shares,
    lost deals of one account or owner counted for fewer by `design`, in one Benjamini-Hochberg family. `is_clear` is the level of a claim.
    """
    tested = [
        row
        for row in rows
        if whole_number(row, "competitor_lost_deals") >= parameters.competitor_reason_losses
        and whole_number(row, "other_lost_deals") >= parameters.minimum_deals
        and whole_number(row, "lost_deals") + whole_number(row, "other_reason_deals")
        >= parameters.minimum_reason_losses
        and row["category"] != "unspecified"
    ]
    if not tested:
        return []
    p_values = []
    for row in tested:
        stated, lost = whole_number(row, "lost_deals"), whole_number(row, "competitor_lost_deals")
        other, other_lost = whole_number(row, "other_reason_deals"), whole_number(row, "other_lost_deals")
        rate = (stated + other) / (lost + other_lost)
        spread = rate * (1 - rate) * (1 / lost + 1 / other_lost)
        z = (stated / lost - other / other_lost) / math.sqrt(spread) if spread > 0 else 0.0
        _, p = statistics.with_design_effect(z, statistics.mid_p_2x2(stated, lost, other, other_lost), design)
        p_values.append(float(p))
    q_values = statistics.benjamini_hochberg(np.array(p_values))
    return [
        {
            "competitor": row["competitor"],
            "category": row["category"],
            "p_value": p,
            "q_value": float(q),
            "is_clear": float(q) <= parameters.reason_claim_rate,
        }
        for row, p, q in zip(tested, p_values, q_values)
    ]


AskQuarter = Callable[[str, Sequence[str]], Counts]
"""Counts of a quarter and of the one before, of the contested deals that name none of these competitors; rows as of `share_changes`."""


def share_changes(rows: Counts, ask: AskQuarter, parameters: Parameters = Parameters()) -> list[Row]:
    """One row per quarter and competitor: whether its share of the contested deals is another than the previous quarter.

    `rows`: competitor, quarter, deals, and a row without competitor with all contested deals of the quarter; quarters in the order
    of their names. Each competitor is tested by the exact mid-p of the two quarters, in one Benjamini-Hochberg family a quarter of
    those named often enough in both together. `is_changed` is the level of a claim, `reason_claim_rate`.

    Shares of one quarter depend on each other: where one competitor leaves, all others stand on more of what is left. So the strongest
    change is credited first, the deals that name it are set aside, and the others are asked again. A change that is none any
    more is no claim, and `explained_by` names those it follows from.
    """
    counts = _by_quarter(rows)
    quarters = sorted(counts)
    names = sorted({name for seen in counts.values() for name in seen if name})
    result: list[Row] = []
    for before, quarter in zip([None, *quarters], quarters):
        now, then = counts[quarter], counts[before] if before else {}
        p = _p_of_shares(now, then, names, parameters)
        q = dict(zip(p, statistics.benjamini_hochberg(list(p.values())))) if p else {}
        changed = sorted(
            (name for name in q if q[name] <= parameters.reason_claim_rate), key=lambda name: (p[name], name)
        )
        credited: list[str] = []
        waiting, left_p = changed, p
        while waiting:
            left_q = dict(zip(waiting, statistics.benjamini_hochberg([left_p[name] for name in waiting])))
            strongest = min(waiting, key=lambda name: (left_p[name], name))
            if left_q[strongest] > parameters.reason_claim_rate:
                break
            credited.append(strongest)
            left = _by_quarter(ask(quarter, credited)) if len(waiting) > 1 else {}
            left_p = _p_of_shares(left.get(quarter, {}), left.get(before or "", {}), waiting, parameters)
            waiting = [name for name in waiting if name not in credited and name in left_p]
        for name in names:
            result.append(
                {
                    "quarter": quarter,
                    "competitor": name,
                    "p_value": p.get(name),
                    "q_value": float(q[name]) if name in q else None,
                    "is_tested": name in q,
                    "is_changed": name in credited,
                    "explained_by": "; ".join(credited) if name in changed and name not in credited else None,
                }
            )
    return result


def _by_quarter(rows: Counts) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(str(row["quarter"]), {})[str(row["competitor"] or "")] = whole_number(row, "deals")
    return counts


def _p_of_shares(
    now: Mapping[str, int], then: Mapping[str, int], names: Sequence[str], parameters: Parameters
) -> dict[str, float]:
    """Mid-p of each competitor's share of two quarters, of those named often enough."""
    total, previous = now.get("", 0), then.get("", 0)
    if min(total, previous) < parameters.minimum_deals:
        return {}
    return {
        name: statistics.mid_p_2x2(now.get(name, 0), total, then.get(name, 0), previous)
        for name in names
        if now.get(name, 0) + then.get(name, 0) >= parameters.minimum_reason_losses
    }
