"""Credit the strongest first: which segments truly win more or less often than other segments.

Each value is compared with other segments inside the same quarter, exactly; the strongest is
claimed if it survives the false-discovery bound; it is set aside and the others are asked
again whether they still stand. Claims are then checked against each other, their effects
shrunk, and what cannot be claimed is said with the number of deals that are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from winloss.advice import additive, statistics
from winloss.advice.counts import (
    Cell,
    DealCounts,
    QuarterCounts,
    Question,
    SegmentCounts,
    StrataCounts,
    StrataSums,
    base_of,
    is_cut,
    sums_of,
)
from winloss.advice.evidence import DEPRIORITISE as DEPRIORITISE
from winloss.advice.evidence import KEEP_TESTING as KEEP_TESTING
from winloss.advice.evidence import NO_DIFFERENCE as NO_DIFFERENCE
from winloss.advice.evidence import NOT_CONFIRMED as NOT_CONFIRMED
from winloss.advice.evidence import NOT_ENOUGH_DATA as NOT_ENOUGH_DATA
from winloss.advice.evidence import OTHER_VALUES as OTHER_VALUES
from winloss.advice.evidence import TARGET_MORE as TARGET_MORE
from winloss.advice.evidence import TOO_YOUNG as TOO_YOUNG
from winloss.advice.evidence import Claim, Leak, Outcome, Selection, Tally, assemble
from winloss.advice.evidence import evidence_rows as evidence_rows
from winloss.advice.evidence import leak_rows as leak_rows
from winloss.advice.evidence import run_row as run_row
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import Floats
from winloss.formatting import lower_label

MIRRORED_Z = 1e-5
"""Pairs of a dimension of two values mirror each other: their z are equal but for what the fit leaves over."""

# ---------------------------------------------------------------- window


def choose_window(
    quarters: Sequence[QuarterCounts],
    review_quarter: str | None = None,
    parameters: Parameters = Parameters(),
) -> tuple[str, ...]:
    """Labels of the trailing quarters up to the review quarter, oldest first.

    Four, or eight when the four hold too few deals. Undated deals (quarter `unknown`) stay
    out, unless no deal at all is dated. Raises ValueError when the window holds no deal.
    """
    dated = sorted(row.quarter for row in quarters if row.quarter != UNKNOWN and row.deals > 0)
    if not dated:
        if any(row.deals > 0 for row in quarters):
            return (UNKNOWN,)
        raise ValueError("there is no closed deal to analyse")
    last = review_quarter or dated[-1]
    deals = {row.quarter: row.deals for row in quarters}

    def trailing(count: int) -> list[str]:
        number = _quarter_number(last)
        return [q for q in dated if number - count < _quarter_number(q) <= number]

    window = trailing(parameters.window_quarters)
    if sum(deals[q] for q in window) < parameters.window_minimum_deals:
        window = trailing(parameters.extended_window_quarters)
    if not window:
        raise ValueError(f"no closed deal in the quarters up to {last}; the data hold {dated[0]} to {dated[-1]}")
    return tuple(window)


def _quarter_number(label: str) -> int:
    match = re.fullmatch(r"(?:FY)?(\d{4})-Q([1-4])", label)
    if match is None:
        raise ValueError(f"{label!r} is not a quarter; write it like 2025-Q4")
    return 4 * int(match[1]) + int(match[2])


# ---------------------------------------------------------------- asking and testing


@dataclass(frozen=True)
class _Tested:
    """One answer with its tests, one entry per cell."""

    sums: StrataSums
    z: Floats
    p: Floats

    def place(self, values: tuple[str, ...]) -> int | None:
        try:
            return self.sums.values.index(values)
        except ValueError:
            return None


class _Tester:
    """Asks the deals, tests the answers, and never asks the same question twice."""

    def __init__(self, source: DealCounts, parameters: Parameters) -> None:
        self.source, self._parameters = source, parameters
        quarters = source.quarters()
        self.deals = sum(row.deals for row in quarters)
        self._base = sum(row.won for row in quarters) / self.deals
        self._is_exact = self.deals <= parameters.exact_up_to_deals
        self._known: dict[Question, _Tested] = {}

    def ask(self, questions: Sequence[Question]) -> list[_Tested]:
        new = [question for question in dict.fromkeys(questions) if question not in self._known]
        answers = self.source.counts(new, self._parameters) if new else []
        exact = _exact_p(answers) if self._is_exact else []
        for place, (question, answer) in enumerate(zip(new, answers)):
            sums = sums_of(answer)
            z = _z(sums)
            p = exact[place] if self._is_exact else statistics.two_sided_p(z)
            design = self.source.design(question.dimensions, self._parameters)
            z, p = statistics.with_design_effect(z, p, design)
            # deals that belong together count for less
            sums = replace(sums, harmonic_deals=sums.harmonic_deals / design.factor)
            self._known[question] = _Tested(sums, z, p)
        return [self._known[question] for question in questions]

    def holds_zero(self, result: Tally) -> bool:
        """Whether the range of the expected lift holds zero: of such a segment nothing may be said."""
        prior, z = self._parameters.lift_shrinkage_deals, self._parameters.interval_z
        _, low, high = statistics.shrunken_lift(result.risk_difference, result.harmonic_deals, self._base, prior, z)
        return low * high <= 0


def _z(sums: StrataSums) -> Floats:
    return statistics.cochran_mantel_haenszel_z(sums.won - sums.expected, sums.variance)


def _exact_p(answers: Sequence[StrataCounts]) -> list[Floats]:
    """Mid-p of all cells of all answers at once, the strata padded with empty ones."""
    height = sum(len(answer.values) for answer in answers)
    width = max((answer.stratum_deals.size for answer in answers), default=0)
    tables = np.zeros((4, height, width), dtype=np.int64)
    start, spans = 0, []
    for answer in answers:
        stop, size = start + len(answer.values), answer.stratum_deals.size
        tables[0, start:stop, :size] = answer.deals
        tables[1, start:stop, :size] = answer.won
        tables[2, start:stop, :size] = answer.stratum_deals
        tables[3, start:stop, :size] = answer.stratum_won
        spans.append((start, stop))
        start = stop
    if height == 0:
        return [np.ones(0) for _ in answers]
    p = statistics.exact_mid_p(*tables)
    return [p[start:stop] for start, stop in spans]


def _dimensions_of(cell: Cell) -> tuple[str, ...]:
    return tuple(dimension for dimension, _ in cell)


def _values_of(cell: Cell) -> tuple[str, ...]:
    return tuple(value for _, value in cell)


def _cell(dimensions: Sequence[str], values: Sequence[str]) -> Cell:
    return tuple(zip(dimensions, values))


def _given(dimensions: tuple[str, ...], claims: Iterable[Cell], focus: Cell | None = None) -> Question:
    """The question about `dimensions` once `claims` are accounted for.

    Claimed cells of other dimensions become strata; those of the same ones are left out.
    """
    others = [cell for cell in claims if cell != focus]
    return Question(
        dimensions=dimensions,
        flags=tuple(cell for cell in others if _dimensions_of(cell) != dimensions),
        left_out=tuple(_values_of(cell) for cell in others if _dimensions_of(cell) == dimensions),
        focus=_values_of(focus) if focus else None,
    )


def _against_all(question: Question) -> Question:
    """The same against all other deals: claimed siblings, and claims on cuts of the dimension, are back in."""
    own = {base_of(dimension) for dimension in question.dimensions}
    flags = tuple(cell for cell in question.flags if {base_of(dimension) for dimension, _ in cell} != own)
    return replace(question, flags=flags, left_out=())


# ---------------------------------------------------------------- the selection itself


def select(
    source: DealCounts,
    dimensions: Sequence[str],
    parameters: Parameters = Parameters(),
    with_pairs: bool = True,
    known_before: Iterable[str] = (),
) -> Selection:
    """Evidence on every segment of `dimensions`, and the claims that stand.

    `source` holds the deals of the window; `dimensions` are the recommendable ones, fewer of them (the
    focus dimensions) giving more power; `known_before` are those that someone said are known before the deal.
    Deterministic, whatever the order of the rows. Raises ValueError when the window holds no deal or a
    dimension is named twice.
    """
    dimensions = tuple(dimensions)
    if len(set(dimensions)) != len(dimensions):
        raise ValueError("a dimension is named twice")
    quarters = source.quarters()
    window = tuple(row.quarter for row in quarters)
    deals, won = sum(row.deals for row in quarters), sum(row.won for row in quarters)
    if deals == 0:
        raise ValueError("the window holds no closed deal")

    segments = source.segments(dimensions, window[-parameters.recent_quarters :], parameters)
    uncut = [row for row in segments if not is_cut(row.dimension)]
    leaks = _leaks(uncut, deals, won, parameters)
    leaking = {leak.dimension for leak in leaks}
    doubted = _doubted(uncut, leaking | set(known_before), parameters)
    judged = [row for row in segments if base_of(row.dimension) not in leaking]
    candidates, twins = _candidates(_telling(judged), parameters)
    asked = tuple(cell for cell in candidates if base_of(cell[0][0]) not in doubted)

    is_fallback = deals < parameters.fallback_deals or min(won, deals - won) < parameters.fallback_outcome_deals
    is_exact = deals <= parameters.exact_up_to_deals
    shown = source.shown()[:2]
    outcome = Outcome(window, deals, won, shown, dimensions, candidates, twins, segments, leaks, is_exact, is_fallback)
    outcome.doubted = doubted
    outcome.is_dated = source.is_dated
    if is_fallback or not candidates:
        return assemble(outcome, parameters)

    tester = _Tester(source, parameters)
    outcome.few_owners = frozenset(
        name for name in dimensions if not is_cut(name) and source.few_owners(name, parameters)
    )
    families = list(dict.fromkeys(_dimensions_of(cell) for cell in candidates))
    trusted = [family for family in families if base_of(family[0]) not in doubted]
    first = _screen(tester, families, ())
    outcome.first_q = _q_values(first, candidates)
    steps, is_cut_short = _step_down(tester, trusted, set(asked), (), parameters.step_down_rate, parameters)
    outcome.reached, outcome.stopped_after = frozenset(steps), len(steps) if is_cut_short else None
    outcome.claims = _standing(tester, steps, (), outcome, parameters)
    standing = [claim.cell for claim in outcome.claims]
    signs = {claim.cell: claim.sign for claim in outcome.claims}
    outcome.told = _told(tester, signs, {claim.cell: claim.step for claim in outcome.claims}, (), parameters)
    outcome.parts = {side: _parts(source, side) for side in outcome.told}

    outcome.final = _screen(tester, families, standing)
    outcome.whole = _screen(tester, families, standing, with_siblings=True)
    for claim in outcome.claims:
        outcome.final[claim.cell] = _single(tester, _given(_dimensions_of(claim.cell), standing, claim.cell))
    told_apart = [d for d in dimensions if not is_cut(d) and d not in leaking and d not in doubted]
    outcome.not_separable = _not_separable(tester, outcome, told_apart, parameters)
    if with_pairs:
        _select_pairs(tester, outcome, leaking | doubted, parameters)
    return assemble(outcome, parameters)


def _standing(
    tester: _Tester,
    steps: Mapping[Cell, int],
    given: Sequence[Cell],
    outcome: Outcome,
    parameters: Parameters,
    may_hold_zero: bool = False,
) -> tuple[Claim, ...]:
    """Claims that stand among each other and, where deals have creation dates, on deals that had time to be won."""
    open_steps = dict(steps)
    decided: _Tester | None = None
    while True:
        claims = _check(tester, open_steps, given, parameters, may_hold_zero)
        if not claims:
            return claims
        if decided is None:
            cohort = tester.source.cohort({name for cell in [*given, *steps] for name in _dimensions_of(cell)})
            if cohort is None:
                return claims
            decided = _Tester(cohort, parameters)
        everything = [*given, *(claim.cell for claim in claims)]
        questions = [_against_all(_given(_dimensions_of(claim.cell), everything, claim.cell)) for claim in claims]
        fallen = {}
        for claim, answer in zip(claims, decided.ask(questions)):
            result = _result(answer, 0)
            if min(result.deals, result.other_closed_deals) < parameters.minimum_deals:
                fallen[claim.cell] = TOO_YOUNG
            elif result.sign != claim.sign or result.p > parameters.all_rest_p:
                fallen[claim.cell] = NOT_CONFIRMED
        if not fallen:
            return claims
        outcome.unconfirmed.update(fallen)
        open_steps = {cell: step for cell, step in open_steps.items() if cell not in fallen}


def _telling(segments: Sequence[SegmentCounts]) -> list[SegmentCounts]:
    """Without cuts that part the deals as a single value does, or as another cut of the same dimension.

    A side is made of whole values: of the same counts are the same deals.
    """

    def counted(row: SegmentCounts) -> tuple[int, ...]:
        return row.deals, row.won, row.recent_deals, row.recent_won

    kept: list[SegmentCounts] = []
    for dimension in dict.fromkeys(row.dimension for row in segments):
        rows = [row for row in segments if row.dimension == dimension]
        if is_cut(dimension):
            sides = {counted(row) for row in rows if row.value != UNKNOWN}
            base = base_of(dimension)
            seen = {counted(row) for row in segments if row.dimension == base and row.value != UNKNOWN}
            seen |= {counted(row) for row in kept if is_cut(row.dimension) and base_of(row.dimension) == base}
            if len(sides) < 2 or seen & sides:
                continue
        kept += rows
    return kept


def _candidates(
    segments: Sequence[SegmentCounts],
    parameters: Parameters,
) -> tuple[tuple[Cell, ...], dict[Cell, Cell]]:
    """Cells to test, and for a two-valued dimension the other value, the mirror of the tested one.

    Of two values the one with fewer deals is tested, of equally many the one with fewer wins; the name
    decides only where both counts are equal, and then there is no gap to speak of.
    """
    candidates: list[Cell] = []
    twins: dict[Cell, Cell] = {}
    for dimension in dict.fromkeys(row.dimension for row in segments):
        known = [row for row in segments if row.dimension == dimension and row.value != UNKNOWN]
        total = sum(row.deals for row in known)
        named = [
            (row.deals, row.won, row.value)
            for row in known
            if row.value is not None
            and row.deals >= parameters.minimum_deals
            and total - row.deals >= parameters.minimum_deals
        ]
        if len(known) == 2 and len(named) == 2:
            (_, _, tested), (_, _, mirror) = sorted(named)
            candidates.append(((dimension, tested),))
            twins[((dimension, mirror),)] = ((dimension, tested),)
        else:
            candidates += [((dimension, value),) for _, _, value in named]
    return tuple(sorted(candidates)), twins


def _screen(
    tester: _Tester,
    families: Sequence[tuple[str, ...]],
    claims: Sequence[Cell],
    with_siblings: bool = False,
) -> dict[Cell, Tally]:
    """All cells of all families, tested once the claims are accounted for.

    Claimed siblings are set aside, or, `with_siblings`, stay in the comparison.
    """
    questions = [_given(family, claims) for family in families]
    if with_siblings:
        questions = [_against_all(question) for question in questions]
    results: dict[Cell, Tally] = {}
    for dimensions, tested in zip(families, tester.ask(questions)):
        for place, values in enumerate(tested.sums.values):
            results[_cell(dimensions, values)] = _result(tested, place)
    return results


def _single(tester: _Tester, question: Question) -> Tally:
    return _result(tester.ask([question])[0], 0)


def _result(tested: _Tested, place: int) -> Tally:
    sums = tested.sums
    return Tally(
        z=round(float(tested.z[place]), 9),
        p=float(tested.p[place]),
        deals=int(sums.deals[place]),
        won=int(sums.won[place]),
        other_closed_deals=int(sums.other_closed_deals[place]),
        other_won_deals=int(sums.other_won_deals[place]),
        harmonic_deals=float(sums.harmonic_deals[place]),
        risk_difference=float(sums.risk_difference[place]),
    )


def _q_values(screen: dict[Cell, Tally], candidates: Sequence[Cell]) -> dict[Cell, float]:
    q = statistics.benjamini_hochberg([screen[cell].p for cell in candidates])
    return dict(zip(candidates, (float(value) for value in q)))


def _step_down(
    tester: _Tester,
    families: Sequence[tuple[str, ...]],
    candidates: set[Cell],
    given: Sequence[Cell],
    rate: float,
    parameters: Parameters,
) -> tuple[dict[Cell, int], bool]:
    """Claimed cells with the step each was claimed at, and whether the limit ended the search.

    A cell may be chosen only if it would pass the check against all other values as well. Once all
    values of a dimension but two are set aside, the two mirror each other: the same p, opposite
    signs. Of those only the one that also differs from the whole dimension is news.
    """
    steps: dict[Cell, int] = {}
    while True:
        screen = _screen(tester, families, [*given, *steps])
        whole = _screen(tester, families, [*given, *steps], with_siblings=True)
        open_cells = [
            cell
            for cell in screen
            if cell in candidates
            and cell not in steps
            and screen[cell].other_closed_deals >= parameters.minimum_deals
            and screen[cell].sign != 0
            and whole[cell].sign == screen[cell].sign
            and whole[cell].p <= parameters.all_rest_p
        ]
        strength = {cell: _strength(screen[cell], whole[cell]) for cell in open_cells}
        open_cells.sort(key=lambda cell: (strength[cell], cell))
        claims = [*given, *steps]
        strongest = next(
            (cell for cell in open_cells if _may_be_told(tester, cell, screen[cell].sign, claims, parameters)), None
        )
        if strongest is None:
            return steps, False
        if screen[strongest].p > statistics.step_down_bound(len(steps) + 1, len(candidates), rate):
            return steps, False
        # values of one dimension that cannot be told apart are claimed together: a name decides nothing
        alike = [
            cell
            for cell in sorted(open_cells)
            if _dimensions_of(cell) == _dimensions_of(strongest) and strength[cell] == strength[strongest]
        ]
        if len(steps) + len(alike) > parameters.maximum_steps:
            return steps, True
        steps.update(dict.fromkeys(alike, len(steps) + 1))


def _sides(source: DealCounts, cell: Cell) -> list[Cell]:
    """Both sides of the cut that the cell is one of."""
    [(name, _)] = cell
    return [((name, side),) for side in sorted(set(source.cuts[name].values()))]


def _parts(source: DealCounts, cell: Cell) -> frozenset[str]:
    """The values that a segment is made of: of a side of a cut its bands, of any other itself."""
    [(name, segment)] = cell
    side_of = source.cuts.get(name, {segment: segment})
    return frozenset(band for band, side in side_of.items() if side == segment)


def _holds(tester: _Tester, side: Cell, sign: int, claims: Sequence[Cell], parameters: Parameters) -> bool:
    """Whether each band of the side, by itself, wins more (or less) often than the other side.

    Claims of other dimensions are accounted for; a band with few deals is not asked (Berger 1982: a union of
    hypotheses is refused where each of them is).
    """
    base, bands = base_of(side[0][0]), sorted(_parts(tester.source, side))
    flags = tuple(cell for cell in claims if {base_of(name) for name, _ in cell} != {base})
    questions = [
        Question((base,), flags, tuple((other,) for other in bands if other != band), (band,)) for band in bands
    ]
    asked = [_result(answer, 0) for answer in tester.ask(questions)]
    return all(
        result.sign == sign and result.p <= parameters.all_rest_p
        for result in asked
        if result.deals >= parameters.minimum_deals
    )


def _may_be_told(tester: _Tester, cell: Cell, sign: int, claims: Sequence[Cell], parameters: Parameters) -> bool:
    """Whether there is something to say once the cell is claimed: of a cut, a side that holds."""
    return not is_cut(cell[0][0]) or any(
        _holds(tester, side, sign if side == cell else -sign, claims, parameters)
        for side in _sides(tester.source, cell)
    )


def _told(
    tester: _Tester,
    signs: Mapping[Cell, int],
    steps: Mapping[Cell, int],
    given: Sequence[Cell],
    parameters: Parameters,
) -> dict[Cell, int]:
    """What is said of claims, with its sign: every value and pair, and of cuts the sides that hold.

    A side with a band of which the contrary is said is not told; of two such sides, the one claimed first is.
    """
    told = {cell: sign for cell, sign in signs.items() if not is_cut(cell[0][0])}
    for cell in sorted(signs.keys() - told.keys(), key=lambda cell: (steps[cell], cell)):
        for side in _sides(tester.source, cell):
            sign, parts = signs[cell] if side == cell else -signs[cell], _parts(tester.source, side)
            is_contradicted = any(
                len(other) == 1
                and base_of(other[0][0]) == base_of(cell[0][0])
                and other_sign != sign
                and parts & _parts(tester.source, other)
                for other, other_sign in told.items()
            )
            if not is_contradicted and _holds(tester, side, sign, [*given, *signs], parameters):
                told[side] = sign
    return told


def _strength(screened: Tally, whole: Tally) -> tuple[float, ...]:
    """What cells are ordered by, the strongest first; of equals the one with fewer deals, which is more specific.

    Mirrored cells have one p but for its last digits, which depend on the order of names.
    """
    return (
        _nine_digits(screened.p),
        -round(abs(screened.z), 6),
        _nine_digits(whole.p),
        -round(abs(whole.z), 6),
        screened.deals,
        screened.won,
    )


def _nine_digits(p: float) -> float:
    return float(f"{p:.8e}")


def _check(
    tester: _Tester,
    steps: Mapping[Cell, int],
    given: Sequence[Cell],
    parameters: Parameters,
    may_hold_zero: bool,
) -> tuple[Claim, ...]:
    """Claims that stand given all others, and against all other values of their dimension.

    The weakest falls first, and with it what cannot be told from it. With `may_hold_zero` the range of how much more often it wins is left to
    what is said of it.
    """

    def is_open(result: Tally) -> bool:
        return not may_hold_zero and tester.holds_zero(result)

    standing = list(steps)
    while standing:
        everything = [*given, *standing]
        backward = tester.ask([_given(_dimensions_of(cell), everything, cell) for cell in standing])
        whole = tester.ask([_against_all(_given(_dimensions_of(cell), everything, cell)) for cell in standing])
        found = {cell: (_result(b, 0), _result(w, 0)) for cell, b, w in zip(standing, backward, whole)}
        weak = {
            cell: (back.p, steps[cell])
            for cell, (back, _) in found.items()
            if back.p > parameters.backward_p or is_open(back)
        }
        if weak:
            standing = [cell for cell in standing if weak.get(cell) != max(weak.values())]
            continue
        weak = {
            cell: (all_rest.p, steps[cell])
            for cell, (back, all_rest) in found.items()
            if all_rest.sign != back.sign or all_rest.p > parameters.all_rest_p or is_open(all_rest)
        }
        if not weak:
            signs = {cell: back.sign for cell, (back, _) in found.items()}
            told = _told(tester, signs, steps, given, parameters)
            untold = [
                cell for cell in standing if is_cut(cell[0][0]) and not told.keys() & set(_sides(tester.source, cell))
            ]
            if untold:
                standing.remove(max(untold, key=lambda cell: (steps[cell], cell)))
                continue
            return tuple(
                Claim(
                    cell=cell,
                    sign=found[cell][0].sign,
                    step=steps[cell],
                    p_value=found[cell][0].p,
                    adjusted_for=tuple(other for other in everything if other != cell),
                )
                for cell in standing
            )
        standing = [cell for cell in standing if weak.get(cell) != max(weak.values())]
    return ()


def _not_separable(
    tester: _Tester,
    outcome: Outcome,
    dimensions: Sequence[str],
    parameters: Parameters,
) -> dict[Cell, tuple[str, ...]]:
    """Per claim the dimensions within whose values it no longer shows."""
    standing = [claim.cell for claim in outcome.claims]
    asked = [
        (claim, dimension)
        for claim in outcome.claims
        for dimension in dimensions
        if dimension not in map(base_of, _dimensions_of(claim.cell))
    ]
    answers = tester.ask(
        [
            replace(_given(_dimensions_of(claim.cell), standing, claim.cell), stratify_by=dimension)
            for claim, dimension in asked
        ]
    )
    lost: dict[Cell, list[str]] = {}
    for (claim, dimension), answer in zip(asked, answers):
        result = _result(answer, 0)
        if result.sign != claim.sign or result.p > parameters.separation_p:
            lost.setdefault(claim.cell, []).append(dimension)
    return {cell: tuple(names) for cell, names in lost.items()}


def _select_pairs(
    tester: _Tester,
    outcome: Outcome,
    refused: set[str],
    parameters: Parameters,
) -> None:
    """Second screen, its own family: pairs of values that win more or less often than their two effects add up to."""
    with_values = sorted({cell[0][0] for cell in [*outcome.candidates, *outcome.twins]} - refused)
    with_values = [dimension for dimension in with_values if not is_cut(dimension)]
    families: list[tuple[str, ...]] = list(combinations(with_values, 2))
    given = [claim.cell for claim in outcome.claims]
    screens = {family: _interactions(tester.source, family, given, (), parameters) for family in families}
    first = {cell: tally for screen in screens.values() for cell, tally in screen.items()}
    outcome.pair_comparisons = len(first)
    if not first:
        return
    outcome.pair_q = _q_values(first, sorted(first))
    rate = parameters.pair_false_discovery_rate
    steps: dict[Cell, int] = {}
    signs: dict[Cell, int] = {}
    while len(steps) < parameters.maximum_steps:
        open_cells = {
            cell: tally
            for screen in screens.values()
            for cell, tally in screen.items()
            if cell not in steps and tally.sign * _raw_gap(tally) > 0
        }
        if not open_cells:
            break
        strongest = min(open_cells, key=lambda cell: (*_strength(open_cells[cell], open_cells[cell]), cell))
        if open_cells[strongest].p > statistics.step_down_bound(len(steps) + 1, len(first), rate):
            break
        family, step = _dimensions_of(strongest), len(steps) + 1
        for cell in _alike(open_cells, strongest):
            steps[cell], signs[cell] = step, open_cells[cell].sign
        left_out = [_values_of(cell) for cell in steps if _dimensions_of(cell) == family]
        screens[family] = _interactions(tester.source, family, given, left_out, parameters)
    # a pair is found by what its two effects do not explain, and told as a test where how often it wins is not clear of the others
    claims = _standing(tester, steps, given, outcome, parameters, may_hold_zero=True)
    # said is how often the pair wins: that must point the same way as the interaction
    outcome.pair_claims = tuple(claim for claim in claims if claim.sign == signs[claim.cell])
    everything = [*given, *(claim.cell for claim in outcome.pair_claims)]
    for claim in outcome.pair_claims:
        question = _given(_dimensions_of(claim.cell), everything, claim.cell)
        outcome.final[claim.cell] = _single(tester, question)
        outcome.whole[claim.cell] = _single(tester, replace(question, left_out=()))
        outcome.shown_pairs[claim.cell] = tester.source.shown(claim.cell)


def _alike(pairs: Mapping[Cell, Tally], strongest: Cell) -> list[Cell]:
    """Of pairs that mirror the strongest one, those that differ most as counted; the fit tells mirrors apart only by its last digits."""
    mirrored = {
        cell: (-round(abs(_raw_gap(tally)), 9), tally.deals, tally.won)
        for cell, tally in sorted(pairs.items())
        if _dimensions_of(cell) == _dimensions_of(strongest)
        and abs(abs(tally.z) - abs(pairs[strongest].z)) <= MIRRORED_Z
    }
    return [cell for cell, counts in mirrored.items() if counts == min(mirrored.values())]


def _raw_gap(tally: Tally) -> float:
    """By how much more often the cell won than all others, as counted."""
    return tally.won / tally.deals - tally.other_won_deals / tally.other_closed_deals


def _interactions(
    source: DealCounts,
    family: tuple[str, ...],
    given: Sequence[Cell],
    left_out: Sequence[tuple[str, ...]],
    parameters: Parameters,
) -> dict[Cell, Tally]:
    """The score test of every pair of values with deals enough, inside and outside, beyond the two effects.

    Effects of quarter and type of deal, of both dimensions and of claims on further ones add up on the log odds.
    """
    first, second = family
    flags = [cell for cell in given if not set(map(base_of, _dimensions_of(cell))) <= {first, second}]
    fold = source.fold((first, second), flags, left_out)
    if fold.deals.size == 0:
        return {}
    width = len(fold.second_values)
    pair = fold.first * width + fold.second
    size = len(fold.first_values) * width
    deals, won = (np.bincount(pair, weights=counted, minlength=size) for counted in (fold.deals, fold.won))
    total, total_won = int(deals.sum()), int(won.sum())
    large = np.nonzero((deals >= parameters.minimum_deals) & (total - deals >= parameters.minimum_deals))[0]
    if large.size == 0:
        return {}
    asked = np.full(size, -1)
    asked[large] = np.arange(large.size)
    model = additive.fit([fold.strata, fold.first, fold.second, *fold.flags], fold.deals, fold.won)
    z = additive.interaction_z(model, asked[pair], large.size, fold.deals, fold.won)
    z, p = statistics.with_design_effect(z, statistics.two_sided_p(z), source.design(family, parameters))
    return {
        _cell(family, (fold.first_values[place // width], fold.second_values[place % width])): Tally(
            z=round(float(z[i]), 9),
            p=float(p[i]),
            deals=int(deals[place]),
            won=int(won[place]),
            other_closed_deals=total - int(deals[place]),
            other_won_deals=total_won - int(won[place]),
            harmonic_deals=0.0,
            risk_difference=0.0,
        )
        for i, place in enumerate(map(int, large))
    }


# ---------------------------------------------------------------- leakage


def _leaks(
    segments: Sequence[SegmentCounts],
    deals: int,
    won: int,
    parameters: Parameters,
) -> tuple[Leak, ...]:
    """Fields that (nearly) decide the outcome, or are filled only after closing."""
    leaks: list[Leak] = []
    for dimension in dict.fromkeys(row.dimension for row in segments):
        rows = [row for row in segments if row.dimension == dimension]
        known = [row for row in rows if row.value != UNKNOWN]
        known_deals, known_won = sum(row.deals for row in known), sum(row.won for row in known)
        lost, known_lost = deals - won, known_deals - known_won
        filled = [known_won / won if won else 0.0, known_lost / lost if lost else 0.0]
        if min(won, lost) >= parameters.minimum_deals and abs(filled[0] - filled[1]) >= parameters.leak_known_gap:
            leaks.append(
                Leak(
                    dimension,
                    "filled_after_closing",
                    f"{lower_label(dimension)} is filled on {_of(known, rows, is_won=True)} won deals but {_of(known, rows, is_won=False)} lost ones: "
                    "it seems to be filled after closing.",
                )
            )
            continue
        margin = parameters.leak_win_rate_margin
        large = [row for row in known if row.value is not None and row.deals >= parameters.minimum_deals]
        losing = [row for row in large if row.won <= margin * row.deals]
        winning = [row for row in large if row.won >= (1 - margin) * row.deals]
        decided = sum(row.deals for row in [*losing, *winning])
        if losing and winning and decided >= parameters.leak_decided_share * known_deals:
            leaks.append(
                Leak(
                    dimension,
                    "decides_outcome",
                    f"{lower_label(dimension)} nearly decides the outcome: {_of([*losing, *winning], known)} deals have values "
                    "that almost always win or almost always lose.",
                )
            )
    return tuple(leaks)


def _of(some: Sequence[SegmentCounts], rows: Sequence[SegmentCounts], is_won: bool | None = None) -> str:
    """Deals as they are shown, won or lost ones of them: '8 of 10'."""

    def shown(row: SegmentCounts) -> int:
        return row.shown_deals if is_won is None else row.shown_won if is_won else row.shown_deals - row.shown_won

    return f"{sum(map(shown, some))} of {sum(map(shown, rows))}"


def _doubted(segments: Sequence[SegmentCounts], answered: set[str], parameters: Parameters) -> frozenset[str]:
    """Fields whose values tell won from lost so well that they may know the outcome, and of which no one said that they do not.

    The area under the ROC curve of the field's own win rates, values of few deals together, beyond what chance makes of them.
    """
    doubted = set()
    for dimension in dict.fromkeys(row.dimension for row in segments):
        known = [row for row in segments if row.dimension == dimension and row.value != UNKNOWN]
        if dimension in answered or not known:
            continue
        large = [
            (row.deals, row.won) for row in known if row.value is not None and row.deals >= parameters.minimum_deals
        ]
        small = [(row.deals, row.won) for row in known if row.value is None or row.deals < parameters.minimum_deals]
        groups = large + ([(sum(deals for deals, _ in small), sum(won for _, won in small))] if small else [])
        if statistics.auc_of_groups(groups) >= parameters.doubt_auc:
            doubted.add(dimension)
    return frozenset(doubted)
