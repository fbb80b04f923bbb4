"""Who buys, and who only shows up because more contacts are logged on won deals.

A deal with a persona is compared with deals without it that have exactly as many contacts:
otherwise every persona looks like a winner wherever won deals carry more contacts. Counted are the
contacts of a deal's first days, on deals still open then: a deal that lives longer meets more people,
and who signs is added on the day of winning. The day is an age, the same for every deal (a landmark:
Anderson, Cain and Gelber 1983, J. Clin. Oncol. 1), and never chosen by outcome.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from winloss.advice import statistics
from winloss.advice.counts import StrataCounts, rounded, sums_of, whole_number
from winloss.advice.evidence import (
    DEPRIORITISE,
    KEEP_TESTING,
    NO_DIFFERENCE,
    NOT_ENOUGH_DATA,
    TARGET_MORE,
    leaves_out_zero,
    points_alike,
)
from winloss.advice.parameters import METHOD_VERSION, UNKNOWN, Parameters
from winloss.advice.recommendations import MAXIMUM_WORDS
from winloss.advice.statistics import Ints
from winloss.figures import percent, signed
from winloss.rows import Row, Value

DISAGREEING = "The deals as counted do not show what deals with equally many contacts show: no advice."
UNDATED = "Contacts are not dated: some may have been added after the deal was decided."
UNAGED = "Deals have no creation date: who was on board early cannot be told from who came at the close."
SHORT_LIVED = "Most deals close within {days} days: with a smaller landmark_days more could be compared."


def persona_evidence(
    presence: Iterable[Mapping[str, Value]],
    contacts: Iterable[Mapping[str, Value]],
    coverage: Mapping[str, Value],
    are_contacts_dated: bool,
    parameters: Parameters = Parameters(),
    left_out: Mapping[str, Value] | None = None,
) -> list[Row]:
    """One row per persona: does its presence go with winning, contacts logged being equal?

    `presence`: persona_type, persona, contact_count, deals, won, decisions, won_decisions: deals with the
    persona, by the exact number of contacts on the deal: those of its first `landmark_days` where
    `are_contacts_dated`, else those by the close, which carry a test at most.
    `contacts`: contact_count and the same counts: all deals with that many contacts, 1 or more.
    Shown are deals; tests and intervals rest on decisions, of which deals that nothing tells apart are one, and which are
    the deals where a row does not say.
    `left_out`: early_closed_deals, undated_deals, later_deals: deals with contacts that are not
    compared, since they closed before the landmark, lack a date, or met their first contact after it;
    and are_deals_dated, false where it is the deals that lack their dates.
    `coverage`: won_deals, won_deals_with_contacts, lost_deals, lost_deals_with_contacts.
    Stratified exact mid-p, one Benjamini-Hochberg family, Mantel-Haenszel lift, shrunken.
    Refused, with a sentence, when contacts are recorded unevenly on won and lost deals.
    Raises ValueError when a persona has more deals than there are with that many contacts.
    """
    strata: dict[int, Ints] = {}
    for row in contacts:
        count = whole_number(row, "contact_count")
        if count > 0:
            strata[count] = strata.get(count, 0) + _counts(row)
    order = sorted(strata)
    place = {count: i for i, count in enumerate(order)}
    found: dict[tuple[str, str], Ints] = defaultdict(lambda: np.zeros((len(order), 4), dtype=np.int64))
    for row in presence:
        key = str(row["persona_type"]), str(row["persona"])
        count = whole_number(row, "contact_count")
        if count not in place:
            raise ValueError(f"{key[1]}: no deal has {count} contacts, yet the persona is counted on one")
        found[key][place[count]] += _counts(row)

    keys = sorted(found)
    if not keys:
        return []
    counts = np.array([found[key] for key in keys], dtype=np.int64).reshape(len(keys), -1, 4)
    whole = np.array([strata[count] for count in order], dtype=np.int64)
    if ((counts < 0) | (counts > whole)).any() or (counts[..., 1::2] > counts[..., ::2]).any():
        raise ValueError("a persona is counted on more deals than there are with that many contacts")
    answer = StrataCounts(tuple(keys), counts[..., 2], counts[..., 3], whole[:, 2], whole[:, 3])
    sums = sums_of(answer)
    all_deals, all_won, total, all_won_decisions = (int(count) for count in whole.sum(axis=0))
    base = all_won_decisions / total if total else 0.0
    is_candidate = (
        (sums.deals >= parameters.persona_minimum_deals)
        & (sums.other_closed_deals >= parameters.persona_minimum_deals)
        & np.array([key[1] != UNKNOWN for key in keys])
    )
    z = statistics.cochran_mantel_haenszel_z(sums.won - sums.expected, sums.variance)
    p = np.ones(len(keys))
    if is_candidate.any():
        if total <= parameters.exact_up_to_deals:
            p[is_candidate] = statistics.exact_mid_p(
                answer.deals[is_candidate], answer.won[is_candidate], whole[:, 2], whole[:, 3]
            )
        else:
            p[is_candidate] = statistics.two_sided_p(z[is_candidate])
    q = np.ones(len(keys))
    q[is_candidate] = statistics.benjamini_hochberg(p[is_candidate])

    refusal = _refusal(coverage, parameters)
    apart = {name: whole_number(left_out or {name: 0}, name) for name in LEFT_OUT}
    general = _caveats(are_contacts_dated, left_out or {}, all_deals + sum(apart.values()), parameters)
    rows: list[Row] = []
    for i, (persona_type, persona) in enumerate(keys):
        deals, won = (int(count) for count in counts[i, :, :2].sum(axis=0))
        other_closed_deals, other_won_deals = all_deals - deals, all_won - won
        # rates are of deals, their intervals of as many decisions
        decisions, other_decisions = int(sums.deals[i]), int(sums.other_closed_deals[i])
        effective = won * decisions / deals if deals else 0.0
        low, high = statistics.wilson_interval(effective, decisions) if decisions else (0.0, 1.0)
        lift = difference_low = difference_high = None
        if decisions and other_decisions:
            lift = won / deals - other_won_deals / other_closed_deals
            difference_low, difference_high = statistics.newcombe_interval(
                effective, decisions, other_won_deals * other_decisions / other_closed_deals, other_decisions
            )
        expected, expected_low, expected_high = statistics.shrunken_lift(
            float(sums.risk_difference[i]),
            float(sums.harmonic_deals[i]),
            base,
            parameters.shrinkage_deals,
            parameters.interval_z,
        )
        shown = bool(is_candidate[i]) and not refusal
        action = NOT_ENOUGH_DATA
        caveats: list[tuple[str, str]] = []
        if shown:
            action = _action(
                float(q[i]),
                (expected, expected_low, expected_high),
                (lift, difference_low, difference_high),
                parameters,
            )
            if action == NOT_ENOUGH_DATA and float(q[i]) <= parameters.false_discovery_rate:
                caveats.append(("counts_disagree", DISAGREEING))
        caveats += general
        if not are_contacts_dated and action in (TARGET_MORE, DEPRIORITISE):
            action = KEEP_TESTING
        if refusal:
            caveats.append(("uneven_coverage", refusal))
        made: Row = {
            "persona_type": persona_type,
            "persona": persona,
            "action": action,
            "best_bet": False,
            "closed_deals": deals,
            "won_deals": won,
            "lost_deals": deals - won,
            "win_rate": rounded(won / deals) if deals else None,
            "win_rate_low": rounded(low),
            "win_rate_high": rounded(high),
            "other_closed_deals": other_closed_deals,
            "other_win_rate": rounded(other_won_deals / other_closed_deals) if other_closed_deals else None,
            "difference": rounded(lift),
            "difference_low": rounded(difference_low),
            "difference_high": rounded(difference_high),
            "adjusted_difference": rounded(float(sums.risk_difference[i])) if shown else None,
            "expected_lift": rounded(expected) if shown else None,
            "expected_lift_low": rounded(expected_low) if shown else None,
            "expected_lift_high": rounded(expected_high) if shown else None,
            "p_value": float(p[i]) if shown else None,
            "q_value": float(q[i]) if shown else None,
            "is_candidate": bool(is_candidate[i]),
            "landmark_days": parameters.landmark_days if are_contacts_dated else None,
            **apart,
            "is_refused": bool(refusal),
            "missing_reason": refusal,
            "caveat_codes": "; ".join(code for code, _ in caveats),
            "caveats": " ".join(text for _, text in caveats),
            "method_version": METHOD_VERSION,
        }
        made["rationale"] = _rationale(made)
        rows.append(made)
    return rows


def _counts(row: Mapping[str, Value]) -> Ints:
    """Deals, won ones, decisions and won ones of them."""
    named = ("deals", "won", "decisions", "won_decisions")
    shown, decided = named[:2], named[2:] if "decisions" in row else named[:2]
    return np.array([whole_number(row, name) for name in (*shown, *decided)], dtype=np.int64)


LEFT_OUT = ("early_closed_deals", "undated_deals", "later_deals")
"""Deals with contacts that are not compared, by why."""


def _caveats(
    are_contacts_dated: bool, left_out: Mapping[str, Value], deals: int, parameters: Parameters
) -> list[tuple[str, str]]:
    """What holds for every persona of the window, of whose `deals` with contacts some are left out."""
    if are_contacts_dated:
        is_short = 2 * whole_number(left_out, "early_closed_deals") > deals if left_out else False
        return [("closed_early", SHORT_LIVED.format(days=parameters.landmark_days))] if is_short else []
    if left_out.get("are_deals_dated", True):
        return [("contacts_not_dated", UNDATED)]
    return [("deals_not_dated", UNAGED)]


def _refusal(coverage: Mapping[str, Value], parameters: Parameters) -> str:
    """Why personas cannot be compared at all, or nothing."""
    won, lost = whole_number(coverage, "won_deals"), whole_number(coverage, "lost_deals")
    won_with, lost_with = (
        whole_number(coverage, "won_deals_with_contacts"),
        whole_number(coverage, "lost_deals_with_contacts"),
    )
    if won == 0 or lost == 0:
        return "Personas need won and lost deals to compare."
    if abs(won_with / won - lost_with / lost) <= parameters.coverage_gap:
        return ""
    return (
        f"Contacts are recorded on {won_with} of {won} won deals but on {lost_with} of {lost} lost ones: "
        "too uneven to compare personas."
    )


def _action(
    q: float,
    expects: tuple[float, float, float],
    counted: tuple[float | None, float | None, float | None],
    parameters: Parameters,
) -> str:
    """What to do, from the gap to expect and the gap as counted, each with its interval; never against the counts."""
    (expected, expected_low, expected_high), (lift, difference_low, difference_high) = expects, counted
    is_alike = points_alike(lift, expected)
    is_clear = leaves_out_zero((difference_low, difference_high), (expected_low, expected_high))
    is_large = abs(expected) >= parameters.minimum_lift
    if q <= parameters.false_discovery_rate and is_large and is_alike and is_clear:
        if q > parameters.persona_claim_rate:
            return KEEP_TESTING
        return TARGET_MORE if expected > 0 else DEPRIORITISE
    margin = parameters.equivalence_margin
    if difference_low is not None and difference_high is not None and max(-difference_low, difference_high) <= margin:
        return NO_DIFFERENCE
    deviation = (expected_high - expected_low) / 2 / parameters.interval_z
    certain = statistics.normal_quantile(parameters.keep_testing_probability)
    if is_large and is_alike and deviation > 0 and abs(expected) / deviation >= certain:
        return KEEP_TESTING
    return NOT_ENOUGH_DATA


def _rationale(row: Row) -> str:
    """At most 35 words, numbers from the record only."""
    label = str(row["persona"])
    early = "" if row["landmark_days"] is None else f" by day {row['landmark_days']}"
    counts = (
        f"{row['won_deals']} of {row['closed_deals']} deals with {label}{early} were won ({percent(row['win_rate'])})"
    )
    against = f", {percent(row['other_win_rate'])} without" if row["other_win_rate"] is not None else ""
    if row["is_refused"]:
        text = f"{counts}{against}; contacts are recorded too unevenly to compare."
    elif row["expected_lift"] is None:
        text = f"{counts}: too few to compare."
    else:
        lift, low, high = (
            signed(float(row[name] or 0.0) * 100)
            for name in ("expected_lift", "expected_lift_low", "expected_lift_high")
        )
        text = f"{counts}{against}. With equally many contacts, expect {lift} points ({low} to {high})."
    words = text.split()
    return text if len(words) <= MAXIMUM_WORDS else f"{counts.replace(label, label.split()[0] + '…')}{against}."
