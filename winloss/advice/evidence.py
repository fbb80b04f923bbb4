"""What is known of each segment: counts, intervals, expected lift, action and caveats.

The selection says which claims stand; this turns its tests into records that a reader can
follow, one per segment, and those into plain rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from scipy import special

from winloss.advice import statistics
from winloss.advice.counts import Cell, SegmentCounts, base_of, is_cut, rounded
from winloss.advice.parameters import METHOD_VERSION, UNKNOWN, Parameters
from winloss.formatting import lower_label
from winloss.rows import Row, Value

OTHER_VALUES = "(other values)"
"""Names the values beyond `maximum_segments`, counted together."""

TARGET_MORE = "target_more"
DEPRIORITISE = "deprioritise"
KEEP_TESTING = "keep_testing"
NO_DIFFERENCE = "no_difference"
NOT_ENOUGH_DATA = "not_enough_data"

COUNTS_DISAGREE = "counts_disagree"
SIBLINGS_CLAIMED = "siblings_claimed"
PART_OF_CLAIM = "part_of_claim"
SEARCH_STOPPED = "search_stopped"
TOO_YOUNG = "too_young"
NOT_CONFIRMED = "not_confirmed"
"""Why a segment with deals enough is not judged; codes of caveats as well."""

_SAME_SIZE = 1e-6
"""Lifts and gains no further apart are the same: the last digits of a fit follow the order of its columns."""


@dataclass(frozen=True)
class Claim:
    """A segment that wins more (`sign` 1) or less (-1) often, all other claims accounted for."""

    cell: Cell
    sign: int
    step: int
    p_value: float
    adjusted_for: tuple[Cell, ...]


@dataclass(frozen=True)
class Leak:
    """A field that knows the outcome: filled or changed after closing, so no recommendation."""

    dimension: str
    rule: str
    detail: str


@dataclass(frozen=True)
class Caveat:
    """A reason to read a finding with care; `code` is stable, `text` one sentence."""

    code: str
    text: str


@dataclass
class Evidence:
    """What is known of one segment, or one pair; rates and lifts are fractions.

    Counts are of deals; `decisions`, of which deals that nothing tells apart are one, are what intervals and tests rest on.
    Filled in step by step while a selection is assembled, and left alone afterwards.
    """

    cell: Cell
    action: str
    closed_deals: int
    won_deals: int
    win_rate: float
    win_rate_low: float
    win_rate_high: float
    shrunken_win_rate: float
    decisions: int
    best_bet: bool = False
    is_candidate: bool = False
    other_closed_deals: int = 0
    other_decisions: int = 0
    other_win_rate: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    adjusted_difference: float | None = None
    expected_lift: float | None = None
    expected_lift_low: float | None = None
    expected_lift_high: float | None = None
    expected_gain: float | None = None
    expected_gain_low: float | None = None
    expected_gain_high: float | None = None
    sign_probability: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    claim_step: int | None = None
    adjusted_for: tuple[Cell, ...] = ()
    explained_by: tuple[Cell, ...] = ()
    value_weighted_win_rate: float | None = None
    value_weighted_low: float | None = None
    value_weighted_high: float | None = None
    effective_deals: float | None = None
    min_detectable_difference: float | None = None
    deals_needed: int | None = None
    not_judged: str | None = None
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The outcome of one run over one window; `decisions` are what it rests on, `deals` what is shown."""

    window: tuple[str, ...]
    deals: int
    won: int
    decisions: int
    won_decisions: int
    comparisons: int
    pair_comparisons: int
    is_exact: bool
    is_fallback: bool
    claims: tuple[Claim, ...]
    pair_claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    leaks: tuple[Leak, ...]
    parameters: Parameters = field(default_factory=Parameters)


@dataclass
class Tally:
    """Counts and test of one cell, taken out of an answer."""

    z: float
    p: float
    deals: int
    won: int
    other_closed_deals: int
    other_won_deals: int
    harmonic_deals: float
    risk_difference: float

    @property
    def sign(self) -> int:
        return 1 if self.z > 0 else -1 if self.z < 0 else 0


@dataclass
class Outcome:
    """What a run has found so far; `deals` and `won` count decisions."""

    window: tuple[str, ...]
    deals: int
    won: int
    shown: tuple[int, int]
    dimensions: tuple[str, ...]
    candidates: tuple[Cell, ...]
    twins: dict[Cell, Cell]
    segments: list[SegmentCounts]
    leaks: tuple[Leak, ...]
    is_exact: bool
    is_fallback: bool
    first_q: dict[Cell, float] = field(default_factory=dict)
    reached: frozenset[Cell] = frozenset()
    stopped_after: int | None = None
    doubted: frozenset[str] = frozenset()
    few_owners: frozenset[str] = frozenset()
    unconfirmed: dict[Cell, str] = field(default_factory=dict)
    is_dated: bool = True
    claims: tuple[Claim, ...] = ()
    told: Mapping[Cell, int] = field(default_factory=dict)
    """Every claimed segment that is said, with its sign: values, and of cuts the sides whose bands all hold."""
    parts: Mapping[Cell, frozenset[str]] = field(default_factory=dict)
    """By side of a cut, the values it is made of."""
    advised_sides: tuple[Cell, ...] = ()
    """Sides of cuts that are to be targeted, or given less."""
    final: dict[Cell, Tally] = field(default_factory=dict)
    whole: dict[Cell, Tally] = field(default_factory=dict)
    not_separable: dict[Cell, tuple[str, ...]] = field(default_factory=dict)
    pair_comparisons: int = 0
    pair_claims: tuple[Claim, ...] = ()
    pair_q: dict[Cell, float] = field(default_factory=dict)
    shown_pairs: dict[Cell, tuple[int, int, int, int]] = field(default_factory=dict)
    """Deals and wins of a pair, and of the others, as they are shown."""

    def named(self, cells: Iterable[Cell]) -> tuple[Cell, ...]:
        """The cells as they are told: a claimed cut by a side that is."""
        return tuple(
            next((side for side in self.told if side[0][0] == cell[0][0]), cell)
            if is_cut(cell[0][0]) and cell not in self.told
            else cell
            for cell in cells
        )

    def holding(self, cell: Cell) -> list[Cell]:
        """Sides of cuts that are advised and hold the value."""
        [(dimension, segment)] = cell
        return [side for side in self.advised_sides if base_of(side[0][0]) == dimension and segment in self.parts[side]]


# ---------------------------------------------------------------- evidence


def assemble(outcome: Outcome, parameters: Parameters) -> Selection:
    base = outcome.won / outcome.deals
    # of a cut only the sides that are claimed are told: its bands have rows of their own
    sides = [
        _segment_evidence(outcome, row, base, parameters)
        for row in outcome.segments
        if is_cut(row.dimension) and ((row.dimension, str(row.value)),) in outcome.told
    ]
    # bands are part of a side that is advised, not of one that differs too little
    outcome.advised_sides = tuple(side.cell for side in sides if side.action in (TARGET_MORE, DEPRIORITISE))
    evidence = [
        _segment_evidence(outcome, row, base, parameters) for row in outcome.segments if not is_cut(row.dimension)
    ]
    evidence += sides
    evidence += [_pair_evidence(outcome, claim, base, parameters) for claim in outcome.pair_claims]
    _place_bets(evidence, outcome.is_fallback, parameters)
    _widen_bets(evidence, len(outcome.candidates), parameters)
    return Selection(
        window=outcome.window,
        deals=outcome.shown[0],
        won=outcome.shown[1],
        decisions=outcome.deals,
        won_decisions=outcome.won,
        comparisons=len(outcome.candidates),
        pair_comparisons=outcome.pair_comparisons,
        is_exact=outcome.is_exact,
        is_fallback=outcome.is_fallback,
        claims=outcome.claims,
        pair_claims=outcome.pair_claims,
        evidence=tuple(evidence),
        leaks=outcome.leaks,
        parameters=parameters,
    )


def _segment_evidence(outcome: Outcome, row: SegmentCounts, base: float, parameters: Parameters) -> Evidence:
    cell: Cell = ((row.dimension, OTHER_VALUES if row.value is None else row.value),)
    evidence = _counted(cell, row.deals, (row.shown_deals, row.shown_won), base, parameters)
    weighted = statistics.value_weighted_rate(row.amount, row.amount_won, row.amount_squares)
    if weighted is not None:
        evidence.value_weighted_win_rate, evidence.value_weighted_low, evidence.value_weighted_high = weighted[:3]
        evidence.effective_deals = weighted[3]
    if row.value == UNKNOWN:
        return evidence

    rest = [r for r in outcome.segments if r.dimension == row.dimension and r.value != UNKNOWN and r is not row]
    _add_rest(evidence, sum(r.deals for r in rest), (sum(r.shown_deals for r in rest), sum(r.shown_won for r in rest)))
    if row.value is None or evidence.other_closed_deals == 0:
        return evidence
    leak = next((leak for leak in outcome.leaks if leak.dimension == row.dimension), None)
    if leak is not None:
        evidence.caveats = (Caveat(f"leak:{leak.rule}", leak.detail),)
        return evidence

    twin = outcome.twins.get(cell)
    tested = twin or cell
    evidence.is_candidate = tested in outcome.candidates
    result = outcome.final.get(tested) if evidence.is_candidate else None
    weight = (
        result.harmonic_deals
        if result
        else row.deals * evidence.other_decisions / (row.deals + evidence.other_decisions)
    )
    _add_power(evidence, weight, base, len(outcome.candidates), parameters.step_down_rate, parameters)
    if result is None:
        return evidence
    claim = next((claim for claim in outcome.claims if claim.cell == tested), None)
    evidence.not_judged = _not_asked(outcome, tested, result, claim is not None, parameters)
    _add_effect(evidence, result, -1 if twin else 1, base, claim is not None, parameters)
    _add_gain(evidence, outcome.whole[tested], -1 if twin else 1, base, claim is not None, parameters)
    evidence.q_value = outcome.first_q[tested]
    if claim is not None:
        evidence.claim_step, evidence.adjusted_for = claim.step, outcome.named(claim.adjusted_for)
    elif evidence.not_judged is None and _is_explained(evidence, parameters):
        evidence.explained_by = outcome.named(claim.cell for claim in outcome.claims)
    _decide(evidence, base, _may_be_claimed(outcome, cell, parameters), parameters)
    evidence.caveats = _caveats(outcome, row, rest, evidence, claim, parameters)
    if is_cut(row.dimension):
        # beside the values of its bands, that of a cut would tell one that is hidden because it rests on few deals
        evidence.value_weighted_win_rate = evidence.value_weighted_low = evidence.value_weighted_high = None
        evidence.effective_deals = None
    return evidence


def _pair_evidence(outcome: Outcome, claim: Claim, base: float, parameters: Parameters) -> Evidence:
    result, whole = outcome.final[claim.cell], outcome.whole[claim.cell]
    deals, won, other_deals, other_won = outcome.shown_pairs[claim.cell]
    evidence = _counted(claim.cell, whole.deals, (deals, won), base, parameters)
    _add_rest(evidence, whole.other_closed_deals, (other_deals, other_won))
    rate = parameters.pair_false_discovery_rate
    _add_power(evidence, result.harmonic_deals, base, outcome.pair_comparisons, rate, parameters)
    _add_effect(evidence, result, 1, base, True, parameters)
    _add_gain(evidence, whole, 1, base, True, parameters)
    evidence.is_candidate = True
    evidence.q_value = outcome.pair_q[claim.cell]
    evidence.claim_step, evidence.adjusted_for = claim.step, outcome.named(claim.adjusted_for)
    _decide(evidence, base, _may_be_claimed(outcome, claim.cell, parameters), parameters)
    evidence.caveats = (*_why_not_judged(outcome, evidence, parameters), *_of_claims(outcome, evidence))
    return evidence


def _counted(cell: Cell, decisions: int, shown: tuple[int, int], base: float, parameters: Parameters) -> Evidence:
    """Counts and win rate of the deals shown, with an interval of so many decisions."""
    deals, won = shown
    effective = won * decisions / deals
    low, high = statistics.wilson_interval(effective, decisions)
    return Evidence(
        cell=cell,
        action=NOT_ENOUGH_DATA,
        closed_deals=deals,
        won_deals=won,
        win_rate=won / deals,
        win_rate_low=low,
        win_rate_high=high,
        shrunken_win_rate=statistics.shrunken_rate(effective, decisions, base, parameters.shrinkage_deals),
        decisions=decisions,
    )


def _add_rest(evidence: Evidence, decisions: int, shown: tuple[int, int]) -> None:
    deals, won = shown
    if deals == 0:
        return
    evidence.other_closed_deals, evidence.other_win_rate = deals, won / deals
    evidence.other_decisions = decisions
    evidence.difference = evidence.win_rate - evidence.other_win_rate
    evidence.difference_low, evidence.difference_high = statistics.newcombe_interval(
        evidence.won_deals * evidence.decisions / evidence.closed_deals,
        evidence.decisions,
        won * decisions / deals,
        decisions,
    )


def _add_power(
    evidence: Evidence,
    weight: float,
    base: float,
    comparisons: int,
    rate: float,
    parameters: Parameters,
) -> None:
    if not 0 < base < 1:
        return
    share = evidence.decisions / (evidence.decisions + evidence.other_decisions)
    evidence.min_detectable_difference = statistics.minimum_detectable_lift(
        weight, share, base, comparisons, rate, parameters.power
    )
    evidence.deals_needed = statistics.deals_needed(
        evidence.decisions, share, base, comparisons, rate, parameters.power, parameters.target_gap
    )


def _add_effect(
    evidence: Evidence,
    result: Tally,
    mirrored: int,
    base: float,
    is_claimed: bool,
    parameters: Parameters,
) -> None:
    evidence.adjusted_difference = mirrored * result.risk_difference
    evidence.expected_lift, evidence.expected_lift_low, evidence.expected_lift_high = _expected(
        evidence.adjusted_difference, result.harmonic_deals, base, is_claimed, parameters
    )
    weight = result.harmonic_deals + parameters.lift_shrinkage_deals
    deviation = math.sqrt(base * (1 - base) / weight) if weight > 0 else 0.0
    if deviation > 0:
        evidence.sign_probability = float(special.ndtr(abs(evidence.expected_lift) / deviation))
    evidence.p_value = result.p


def _add_gain(
    evidence: Evidence,
    whole: Tally,
    mirrored: int,
    base: float,
    is_claimed: bool,
    parameters: Parameters,
) -> None:
    """Expected lift over the average deal, siblings included: what moving deals brings and segments are ranked by.

    A segment that already holds half of the deals has only the other half to win from, and
    one that is better than the leftovers may be worse than what was set aside.
    """
    share = evidence.other_closed_deals / (evidence.closed_deals + evidence.other_closed_deals)
    gain = _expected(mirrored * whole.risk_difference, whole.harmonic_deals, base, is_claimed, parameters)
    evidence.expected_gain, evidence.expected_gain_low, evidence.expected_gain_high = (share * end for end in gain)


def _expected(
    difference: float,
    harmonic_deals: float,
    base: float,
    is_claimed: bool,
    parameters: Parameters,
) -> tuple[float, float, float]:
    return statistics.expected_difference(
        difference, harmonic_deals, base, parameters.lift_shrinkage_deals, parameters.interval_z, is_claimed
    )


def _may_be_claimed(outcome: Outcome, cell: Cell, parameters: Parameters) -> bool:
    """Few owners per segment cannot be told from the segments, the less the more deals there are."""
    is_large = outcome.deals > parameters.exact_up_to_deals
    return not (is_large and any(base_of(dimension) in outcome.few_owners for dimension, _ in cell))


def _not_asked(outcome: Outcome, cell: Cell, result: Tally, is_claimed: bool, parameters: Parameters) -> str | None:
    """Why nothing is said of a cell by itself: bands are advised together, the search ended, or left it nothing to be compared with."""
    if not is_cut(cell[0][0]) and outcome.holding(cell):
        return PART_OF_CLAIM
    if is_claimed:
        return None
    if outcome.stopped_after is not None and cell not in outcome.reached:
        return SEARCH_STOPPED
    if cell in outcome.unconfirmed:
        return outcome.unconfirmed[cell]
    has_claimed_sibling = any(claim.cell[0][0] == cell[0][0] for claim in outcome.claims)
    return SIBLINGS_CLAIMED if has_claimed_sibling and result.other_closed_deals < parameters.minimum_deals else None


def _is_explained(evidence: Evidence, parameters: Parameters) -> bool:
    """Whether the claims leave nothing of what stood out at the first look: chance could do the rest, and the gap is smaller by enough to act on."""
    left = (evidence.adjusted_difference or 0.0) * math.copysign(1.0, evidence.difference or 0.0)
    stood_out = evidence.q_value is not None and evidence.q_value <= parameters.false_discovery_rate
    is_chance = evidence.p_value is not None and evidence.p_value > parameters.backward_p
    return stood_out and is_chance and abs(evidence.difference or 0.0) - left >= parameters.minimum_lift


def points_alike(lift: float | None, expected: float | None) -> bool:
    """Whether the gap as counted and the gap to expect are on the same side of zero."""
    return (lift or 0.0) * (expected or 0.0) > 0


def leaves_out_zero(*intervals: tuple[float | None, float | None]) -> bool:
    """Whether every interval is known and lies wholly on one side of zero."""
    return all(low is not None and high is not None and low * high > 0 for low, high in intervals)


def _decide(evidence: Evidence, base: float, may_be_claimed: bool, parameters: Parameters) -> None:
    """Action of a tested segment, before the watch list is cut to its maximum.

    Nothing is said against the counts a reader sees: they must point to the same side as the effect
    once claims are accounted for, and for a claim neither interval may hold zero.
    """
    expected = evidence.expected_lift or 0.0
    is_large = abs(expected) >= parameters.minimum_lift
    is_likely = (evidence.sign_probability or 0.0) >= parameters.keep_testing_probability
    is_alike = points_alike(evidence.difference, expected)
    # better than the leftovers of its dimension is not enough to be tried: moved deals come from all of it
    is_worth_it = points_alike(evidence.expected_gain, expected) and abs(evidence.expected_gain or 0.0) >= (
        parameters.minimum_lift / 2
    )
    is_claimed = evidence.claim_step is not None and is_large
    low, high = evidence.difference_low, evidence.difference_high
    # where few deals are won, a gap of ten points is a large one
    margin = min(parameters.equivalence_margin, parameters.equivalence_share * base)
    is_narrow = low is not None and high is not None and max(-low, high) <= margin
    ends = (
        (low, high),
        (evidence.expected_lift_low, evidence.expected_lift_high),
        (evidence.expected_gain_low, evidence.expected_gain_high),
    )

    if is_claimed and is_alike and may_be_claimed and leaves_out_zero(*ends):
        evidence.action = TARGET_MORE if expected > 0 else DEPRIORITISE
    elif evidence.not_judged in (PART_OF_CLAIM, SEARCH_STOPPED, TOO_YOUNG, NOT_CONFIRMED):
        evidence.action = NOT_ENOUGH_DATA
    elif is_narrow and (is_alike or not is_claimed):
        evidence.action = NO_DIFFERENCE
    elif is_large and ((is_likely and is_worth_it) or (is_claimed and not is_alike)):
        evidence.action = KEEP_TESTING if is_alike else NOT_ENOUGH_DATA
        evidence.not_judged = None if is_alike else COUNTS_DISAGREE
    else:
        evidence.action = NOT_ENOUGH_DATA
    if evidence.action != NOT_ENOUGH_DATA:
        evidence.not_judged = None
    if evidence.not_judged in (PART_OF_CLAIM, SEARCH_STOPPED, SIBLINGS_CLAIMED):
        evidence.min_detectable_difference = evidence.deals_needed = None


def _place_bets(evidence: Sequence[Evidence], is_fallback: bool, parameters: Parameters) -> None:
    """The watch list cut to the largest few, and the best bet when nothing is claimed for more; what is alike in every number has one fate."""
    watched: list[Evidence] = []
    for alike in _alike([e for e in evidence if e.action == KEEP_TESTING], lambda e: abs(e.expected_lift or 0.0)):
        if len(watched) + len(alike) > parameters.keep_testing_maximum:
            break
        watched += alike
    kept = {e.cell for e in watched}
    for e in evidence:
        if e.action == KEEP_TESTING and e.cell not in kept:
            e.action = NOT_ENOUGH_DATA
    if is_fallback or any(e.action == TARGET_MORE for e in evidence):
        return
    bets = [
        e
        for e in evidence
        if e.action in (KEEP_TESTING, NOT_ENOUGH_DATA)
        and e.is_candidate
        and e.not_judged is None
        and points_alike(e.difference, e.expected_lift)
        and (e.expected_lift or 0.0) >= parameters.minimum_lift
        and (e.expected_gain or 0.0) > 0
    ]
    best = next(_alike(bets, lambda e: e.expected_gain or 0.0), [])
    # many of which none is better than another are no bet
    for e in best if len(best) <= max(1, parameters.keep_testing_maximum) else []:
        e.action, e.best_bet = KEEP_TESTING, True


def _alike(evidence: Sequence[Evidence], size: Callable[[Evidence], float]) -> Iterator[list[Evidence]]:
    """The largest first, those together that no number tells apart: neither a name nor the order of the rows decides between them.

    Sizes within `_SAME_SIZE` are one, for the order of the names moves the fit by as much.
    """
    left = list(evidence)
    while left:
        largest = max(map(size, left))
        of_size = [e for e in left if largest - size(e) < _SAME_SIZE]

        def counted(e: Evidence) -> tuple[float, ...]:
            return (
                e.closed_deals,
                e.won_deals,
                -e.other_closed_deals,
                -round(1.0 if e.p_value is None else e.p_value, 9),
            )

        first = max(map(counted, of_size))
        alike = [e for e in of_size if counted(e) == first]
        yield alike
        told = {e.cell for e in alike}
        left = [e for e in left if e.cell not in told]


def _widen_bets(evidence: Sequence[Evidence], comparisons: int, parameters: Parameters) -> None:
    """Intervals of what is only watched allow for having been picked out of all comparisons."""
    z = statistics.normal_quantile(1 - parameters.false_discovery_rate / (2 * max(1, comparisons)))
    scale = max(1.0, z / parameters.interval_z)
    for e in evidence:
        if e.action == KEEP_TESTING:
            e.expected_lift_low, e.expected_lift_high = _scaled(
                e.expected_lift, e.expected_lift_low, e.expected_lift_high, scale
            )
            e.expected_gain_low, e.expected_gain_high = _scaled(
                e.expected_gain, e.expected_gain_low, e.expected_gain_high, scale
            )


def _scaled(
    expected: float | None,
    low: float | None,
    high: float | None,
    scale: float,
) -> tuple[float | None, float | None]:
    """The interval widened, both ends as far as the one nearer to zero."""
    if expected is None or low is None or high is None:
        return low, high
    half = scale * (expected - low if expected > 0 else high - expected)
    return max(-1.0, expected - half), min(1.0, expected + half)


def _why_not_judged(outcome: Outcome, evidence: Evidence, parameters: Parameters) -> tuple[Caveat, ...]:
    name = cell_label(evidence.cell)
    if evidence.not_judged == SEARCH_STOPPED:
        number = outcome.stopped_after
        text = f"The search stopped after {number} claim{'' if number == 1 else 's'}: {name} was not reached."
    elif evidence.not_judged == PART_OF_CLAIM:
        sides = " and ".join(side[0][1] for side in outcome.holding(evidence.cell))
        text = f"{name} is part of what is claimed: {sides}."
    elif evidence.not_judged == SIBLINGS_CLAIMED:
        text = f"The other values of {lower_label(base_of(evidence.cell[0][0]))} are accounted for: nothing is left to compare {name} with."
    elif evidence.not_judged == TOO_YOUNG:
        text = f"{name} is too young to judge: most of its deals that will be won are still open."
    elif evidence.not_judged == NOT_CONFIRMED:
        text = f"Among deals that had time to be won, {name} does not stand out: it is no claim."
    elif evidence.not_judged == COUNTS_DISAGREE:
        lift, then = evidence.difference or 0.0, "more" if (evidence.expected_lift or 0.0) > 0 else "less"
        counted = "less often than" if lift < 0 else "more often than" if lift > 0 else "as often as"
        claims = [claim.cell for claim in (*outcome.claims, *outcome.pair_claims)]
        others = [cell for cell in outcome.named(claims) if cell != evidence.cell]
        besides = ", ".join(["quarter", *(cell_label(cell) for cell in evidence.adjusted_for or others)])
        wins, it_wins = ("wins", "it wins") if len(evidence.cell) == 1 else ("win", "they win")
        text = f"As counted, {name} {wins} {counted} other segments; {it_wins} {then} once these are accounted for: {besides}."
    elif not _may_be_claimed(outcome, evidence.cell, parameters):
        return ()
    elif evidence.claim_step is not None and evidence.action in (KEEP_TESTING, NOT_ENOUGH_DATA):
        return (Caveat("range_holds_zero", f"The range of the gap of {name} holds zero: it is no claim."),)
    else:
        return ()
    return (Caveat(evidence.not_judged, text),)


def _of_claims(outcome: Outcome, evidence: Evidence) -> list[Caveat]:
    """What stands between a segment that differs and what is claimed of it."""
    caveats = []
    for dimension in (base_of(name) for name, _ in evidence.cell):
        if dimension in outcome.doubted and evidence.action in (KEEP_TESTING, NOT_ENOUGH_DATA):
            caveats.append(
                Caveat(
                    f"may_know_outcome:{dimension}",
                    f"Does {lower_label(dimension)} know the outcome? It tells won from lost almost by itself. If it is known before the "
                    "deal, say so in known_before_the_deal.",
                )
            )
        if dimension in outcome.few_owners and evidence.claim_step is not None:
            caveats.append(
                Caveat(
                    f"few_owners:{dimension}",
                    f"{lower_label(dimension)} cannot be told from who sells there: few owners work each segment.",
                )
            )
    if not outcome.is_dated and evidence.action in (TARGET_MORE, DEPRIORITISE):
        caveats.append(
            Caveat(
                "no_creation_dates",
                f"Deals carry no creation dates: whether {cell_label(evidence.cell)} is young, or slow to win, cannot be seen.",
            )
        )
    return caveats


def _caveats(
    outcome: Outcome,
    row: SegmentCounts,
    rest: Sequence[SegmentCounts],
    evidence: Evidence,
    claim: Claim | None,
    parameters: Parameters,
) -> tuple[Caveat, ...]:
    name = cell_label(evidence.cell)
    caveats = [*_why_not_judged(outcome, evidence, parameters), *_of_claims(outcome, evidence)]
    if claim is not None:
        for other in outcome.not_separable.get(claim.cell, ()):
            caveats.append(Caveat(f"not_separable:{other}", f"{name} cannot be separated from {lower_label(other)}."))
    if evidence.explained_by:
        by = ", ".join(cell_label(cell) for cell in evidence.explained_by)
        caveats.append(Caveat("explained_by", f"{name} is explained by {by}."))
    if evidence.action not in (TARGET_MORE, DEPRIORITISE, KEEP_TESTING):
        return tuple(caveats)

    lift = evidence.expected_lift or 0.0
    rest_amount = sum(r.amount for r in rest)
    by_value = evidence.value_weighted_win_rate
    has_value = by_value is not None and rest_amount > 0
    if lift > 0 and has_value and (by_value or 0.0) < sum(r.amount_won for r in rest) / rest_amount:
        caveats.append(Caveat("small_deals", f"{name} wins in small deals: by value it wins less than other segments."))
    rest_recent = sum(r.recent_deals for r in rest)
    is_longer = len(outcome.window) > parameters.recent_quarters
    if is_longer and row.recent_deals >= parameters.minimum_deals and rest_recent >= parameters.minimum_deals:
        recent = row.recent_won / row.recent_deals - sum(r.recent_won for r in rest) / rest_recent
        if recent * lift < 0:
            caveats.append(
                Caveat("trend", f"In the last {parameters.recent_quarters} quarters {name} points the other way.")
            )
    margin = parameters.leak_win_rate_margin
    if row.deals >= 2 * parameters.minimum_deals and not margin < evidence.win_rate < 1 - margin:
        caveats.append(
            Caveat("nearly_always", f"{name} nearly always has the same outcome: is it recorded before the close?")
        )
    known_won = row.won + sum(r.won for r in rest)
    known_lost = row.deals + sum(r.deals for r in rest) - known_won
    gap = known_won / outcome.won - known_lost / (outcome.deals - outcome.won)
    if abs(gap) >= parameters.known_gap_caveat:
        side = "won" if gap > 0 else "lost"
        caveats.append(
            Caveat(
                "recorded_unevenly", f"{lower_label(base_of(row.dimension))} is recorded more often on {side} deals."
            )
        )
    return tuple(caveats)


# ---------------------------------------------------------------- rows


def cell_label(cell: Cell) -> str:
    """A segment in words: 'lead source Referral', a pair joined by 'and'."""
    return " and ".join(f"{lower_label(base_of(dimension))} {value}" for dimension, value in cell)


def evidence_rows(selection: Selection) -> list[Row]:
    """One row per segment, and per claimed pair; floats rounded to 9 decimals."""
    rows: list[Row] = []
    for evidence in selection.evidence:
        shift = _shift(evidence, selection)
        flat = {
            name: value
            for name, value in vars(evidence).items()
            if name not in ("cell", "caveats", "adjusted_for", "explained_by", "decisions", "other_decisions")
        }
        second = evidence.cell[1] if len(evidence.cell) > 1 else (None, None)
        rows.append(
            {
                "dimension": base_of(evidence.cell[0][0]),
                "segment": evidence.cell[0][1],
                "second_dimension": second[0],
                "second_segment": second[1],
                **{name: _plain(value) for name, value in flat.items()},
                "lost_deals": evidence.closed_deals - evidence.won_deals,
                "adjusted_for": "; ".join(cell_label(cell) for cell in evidence.adjusted_for),
                "explained_by": "; ".join(cell_label(cell) for cell in evidence.explained_by),
                "shift_points": shift,
                "extra_wins_per_100": _times(shift, evidence.expected_gain),
                "extra_wins_low": _times(shift, evidence.expected_gain_low),
                "extra_wins_high": _times(shift, evidence.expected_gain_high),
                "caveat_codes": "; ".join(caveat.code for caveat in evidence.caveats),
                "caveats": " ".join(caveat.text for caveat in evidence.caveats),
                "method_version": METHOD_VERSION,
            }
        )
    return rows


def _shift(evidence: Evidence, selection: Selection) -> float:
    """Deals of every 100 that advice may speak of moving: `shift_points`, or as many as the segment holds today.

    A whole number from 2 on: who has 7 of 100 deals can win 7 more of its kind, not 10.
    """
    held = 100 * evidence.closed_deals / selection.deals
    capped = min(selection.parameters.shift_points, float(math.floor(held)) if held >= 2 else max(0.1, round(held, 1)))
    return round(capped, 6)


def run_row(selection: Selection) -> Row:
    """One row on the run: window, totals and what the method did."""
    return {
        "window_start": selection.window[0],
        "window_end": selection.window[-1],
        "quarters": len(selection.window),
        "deals": selection.deals,
        "won": selection.won,
        "lost": selection.deals - selection.won,
        "win_rate": rounded(selection.won / selection.deals),
        "decisions": selection.decisions,
        "won_decisions": selection.won_decisions,
        "comparisons": selection.comparisons,
        "pair_comparisons": selection.pair_comparisons,
        "claims": len(selection.claims),
        "pair_claims": len(selection.pair_claims),
        "is_exact": selection.is_exact,
        "is_fallback": selection.is_fallback,
        "leaking_dimensions": "; ".join(leak.dimension for leak in selection.leaks),
        "method_version": METHOD_VERSION,
    }


def leak_rows(selection: Selection) -> list[Row]:
    """One row per field that carries no recommendation because it knows the outcome."""
    return [asdict(leak) for leak in selection.leaks]


def _plain(value: object) -> Value:
    if isinstance(value, float):
        return rounded(value)
    if value is None or isinstance(value, (str, int, bool)):
        return value
    raise TypeError(f"{type(value).__name__} does not belong in a row")


def _times(factor: float, value: float | None) -> float | None:
    return None if value is None else rounded(factor * value)
