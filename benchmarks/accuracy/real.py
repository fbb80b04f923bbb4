"""One simulated report of a company as it is: what was claimed, against the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
from scipy import special

from benchmarks.accuracy import paces, worlds
from benchmarks.accuracy import scenarios as sc
from benchmarks.accuracy.measures import Measured, Value
from benchmarks.accuracy.scenarios import DIMENSIONS, SEARCHED, SHARES, Company
from benchmarks.accuracy.words import contradictions, texts_of
from benchmarks.accuracy.worlds import World
from winloss.advice.counts import DealCounts, base_of, is_cut
from winloss.advice.evidence import DEPRIORITISE, NO_DIFFERENCE, TARGET_MORE, Evidence, Selection
from winloss.advice.parameters import Parameters
from winloss.advice.selection import select

WORLDS: dict[str, World] = {
    "independent": World(),
    "1.5 deals per account": World(deals_per_account=1.5, account_likeness=0.30),
    "4 deals per account": World(deals_per_account=4.0, account_likeness=0.30),
    "12 sellers": World(sellers=12, seller_deviation=0.5),
    "renewals": World(renewals=0.25),
    "combined": World(deals_per_account=1.5, account_likeness=0.30, sellers=12, seller_deviation=0.3, renewals=0.25),
    "launched product": World(win_days=120, loss_days=45, launched={2: worlds.AS_OF - 2 * worlds.QUARTER}),
    "growing product": World(win_days=120, loss_days=45, share_of_product={2: (0.1, 1.0)}),
    "shrinking product": World(win_days=120, loss_days=45, share_of_product={2: (1.0, 0.1)}),
    "slow product": World(slow={2: 2.5}),
}


def claims(selection: Selection) -> list[Evidence]:
    """Everything a report says to do more, or less, of."""
    return [e for e in selection.evidence if e.action in (TARGET_MORE, DEPRIORITISE)]


def _sign(evidence: Evidence) -> int:
    return 1 if evidence.action == TARGET_MORE else -1


def _value(evidence: Evidence) -> Value:
    dimension, label = evidence.cell[0]
    return dimension, int(label.rsplit(" ", 1)[1])


def null_report(
    rng: np.random.Generator, deals: int, world: str, base: float = 0.40, with_cuts: bool = False
) -> Measured:
    """Nothing matters: every claim is false."""
    drawn = worlds.draw(rng, sc.null(base), deals, WORLDS[world])
    found = claims(select(drawn.source, SEARCHED if with_cuts else DIMENSIONS))
    return {
        "false": float(len(found) > 0),
        "false pairs": float(any(len(e.cell) == 2 for e in found)),
        "on the product": float(any(e.cell == (("product", "product 2"),) for e in found)),
    }


def effects_report(
    rng: np.random.Generator,
    deals: int,
    world: str,
    kind: str = "sparse",
    base: float = 0.40,
    with_cuts: bool = False,
) -> Measured:
    """Some values matter: how many claims are false, how many effects are found, what the claims promise."""
    company = _company(rng, kind, base)
    drawn = worlds.draw(rng, company, deals, WORLDS[world])
    selection = select(drawn.source, SEARCHED if with_cuts else DIMENSIONS, with_pairs=False)
    found, truth = claims(selection), company.true_values
    rates = worlds.true_rates(company, WORLDS[world])
    # renewals are won as they are, whatever their segment
    open_share = 1 - WORLDS[world].renewals
    covered, gain_error, gain_covered = [], [], []
    for e in found:
        lift = open_share * _lift(rates, e, found)
        low, high = e.expected_lift_low or 0.0, e.expected_lift_high or 0.0
        covered.append(float(low <= lift <= high))
        gain = open_share * _gain(rates, e)
        gain_error.append(10 * ((e.expected_gain or 0.0) - gain) * _sign(e))
        gain_covered.append(float((e.expected_gain_low or 0.0) <= gain <= (e.expected_gain_high or 0.0)))
    right = [e for e in found if _is_right(e, company, rates)]
    return {
        "false share": (len(found) - len(right)) / max(1, len(found)),
        "power": len(_spoken_of(right) & set(truth)) / max(1, len(truth)),
        "covered": covered,
        "gain error": gain_error,
        "gain covered": gain_covered,
    }


def _company(rng: np.random.Generator, kind: str, base: float) -> Company:
    if kind == "sparse":
        return sc.sparse(rng, base)
    if kind == "graded":
        return worlds.ordered([2.5, 1.5, 1.0, 0.67, 0.4], base)
    if kind == "ends":
        return worlds.ordered([2.5, 1.0, 1.0, 1.0, 0.4], base)
    return sc.dense(rng, float(kind.removeprefix("dense ")), base)


def _values(evidence: Evidence) -> frozenset[Value]:
    """The values that a claim speaks of: one, or those on one side of a cut."""
    dimension, label = evidence.cell[0]
    if not is_cut(dimension):
        return frozenset({_value(evidence)})
    base = base_of(dimension)
    return frozenset((base, code) for code in range(SHARES[base].size) if sc.CUTS[dimension][f"{base} {code}"] == label)


def _spoken_of(found: list[Evidence]) -> set[Value]:
    return {value for e in found for value in _values(e)}


def _is_right(evidence: Evidence, company: Company, rates: dict[Value, float]) -> bool:
    """A value has an effect of that sign; on a side of a cut every value differs from the other side together."""
    sign = _sign(evidence)
    if not is_cut(evidence.cell[0][0]):
        return company.true_values.get(_value(evidence)) == sign
    return _differs(evidence, rates)


def _differs(evidence: Evidence, rates: dict[Value, float]) -> bool:
    """Whether each value that the claim speaks of wins more, or less, than all others together."""
    inside, outside = _sides(evidence)
    return all(_sign(evidence) * (rates[value] - _mean(rates, outside)) > 1e-9 for value in inside)


def _sides(evidence: Evidence) -> tuple[set[Value], set[Value]]:
    inside = set(_values(evidence))
    base = next(iter(inside))[0]
    return inside, {(base, code) for code in range(SHARES[base].size)} - inside


def _mean(rates: dict[Value, float], values: set[Value]) -> float:
    listed = sorted(values)
    return float(np.average([rates[value] for value in listed], weights=[SHARES[d][code] for d, code in listed]))


def _lift(rates: dict[Value, float], evidence: Evidence, found: list[Evidence]) -> float:
    """True gap to the others of the dimension, claimed siblings aside, inside the sides of claimed cuts."""
    inside, outside = _sides(evidence)
    dimension = evidence.cell[0][0]
    siblings = [e for e in found if base_of(e.cell[0][0]) == base_of(dimension) and e is not evidence]
    aside = {value for e in siblings if not is_cut(e.cell[0][0]) for value in _values(e)}
    cuts = [_values(e) for e in siblings if is_cut(e.cell[0][0]) and e.cell[0][0] != dimension]
    total = weights = 0.0
    strata = {value: tuple(value in cut for cut in cuts) for value in inside | outside}
    for stratum in set(strata.values()):
        one = {value for value in inside - aside if strata[value] == stratum}
        other = {value for value in outside - aside if strata[value] == stratum}
        if one and other:
            a, b = (sum(SHARES[d][code] for d, code in side) for side in (one, other))
            total += a * b / (a + b) * (_mean(rates, one) - _mean(rates, other))
            weights += a * b / (a + b)
    return total / weights if weights else 0.0


def _gain(rates: dict[Value, float], evidence: Evidence) -> float:
    """What a deal moved from the average of the dimension brings."""
    inside, outside = _sides(evidence)
    return _mean(rates, inside) - _mean(rates, inside | outside)


def cuts_report(rng: np.random.Generator, deals: int, world: str, odds: list[float]) -> Measured:
    """Revenue matters in order: is that found, with the right sign, by bands alone, and with their cuts?"""
    company = worlds.ordered(odds)
    drawn, rates = worlds.draw(rng, company, deals, WORLDS[world]), worlds.true_rates(company, WORLDS[world])
    found = {}
    for name, dimensions in (("bands", DIMENSIONS), ("cuts", SEARCHED)):
        said = claims(select(drawn.source, dimensions, with_pairs=False))
        # with a step between bands each of them differs from the others: a band that is told so is right
        right = [e for e in said if _differs(e, rates)]
        found[name] = float(any(base_of(e.cell[0][0]) == "revenue_band" for e in right))
        found[f"false with {name}"] = (len(said) - len(right)) / max(1, len(said))
        found[f"contrary with {name}"] = float(
            any(_sign(a) != _sign(b) and _values(a) & _values(b) for a, b in combinations(said, 2))
        )
    return {**found, "gain": found["cuts"] - found["bands"]}


def three_report(rng: np.random.Generator, deals: int) -> Measured:
    """Three sources, 600, 150 and 150 of 900, that win 30, 51 and 76 %: are both ends claimed, the right way round?"""
    codes = sc.draw_codes(rng, sc.null(), deals)
    codes["source"] = rng.choice(3, deals, p=[2 / 3, 1 / 6, 1 / 6])
    won = (rng.random(deals) < np.array([0.30, 0.51, 0.76])[codes["source"]]).astype(np.int64)
    labels = dict(sc.LABELS) | {"source": ["source 0", "source 1", "source 2"]}
    quarters = [f"2025-Q{number}" for number in range(1, 5)]
    source = DealCounts.from_codes(codes, labels, won, rng.integers(0, 4, deals), quarters)
    found = {_value(e): _sign(e) for e in claims(select(source, ["region", "source"], with_pairs=False))}
    return {"both ends": float(found.get(("source", 0)) == -1 and found.get(("source", 2)) == 1)}


def leak_report(rng: np.random.Generator, deals: int, leak: str) -> Measured:
    """A field that knows the outcome beside three honest effects: is it recommended, are they found?"""
    company = sc.sparse(rng)
    drawn = worlds.draw(rng, company, deals, further={leak: worlds.LEAKS[leak]})
    found = claims(select(drawn.source, [*DIMENSIONS, leak], with_pairs=False))
    truth = company.true_values
    honest = [e for e in found if e.cell[0][0] != leak]
    return {
        "leaks": float(len(honest) < len(found)),
        "power": sum(truth.get(_value(e)) == _sign(e) for e in honest) / max(1, len(truth)),
    }


def pair_report(rng: np.random.Generator, deals: int, kind: str, base: float = 0.40) -> Measured:
    """Effects that merely add up: a claimed pair is false. Or two halves of the company that win where they match."""
    if kind != "halves that match":
        drawn = worlds.draw(rng, _company(rng, kind, base), deals)
        return {"pairs": float(any(len(e.cell) == 2 for e in claims(select(drawn.source, DIMENSIONS))))}
    codes = sc.draw_codes(rng, sc.null(base), deals)
    halves = {name: rng.integers(0, 2, deals) for name in ("first_half", "second_half")}
    matches = np.where(halves["first_half"] == halves["second_half"], 0.6, -0.6)
    won = (rng.random(deals) < special.expit(special.logit(base) + matches)).astype(np.int64)
    labels = dict(sc.LABELS) | {name: [f"{name} 0", f"{name} 1"] for name in halves}
    quarters = [f"2025-Q{number}" for number in range(1, 5)]
    source = DealCounts.from_codes(codes | halves, labels, won, rng.integers(0, 4, deals), quarters)
    found = {}
    for name, rate in (("claimed", 0.01), ("promising", 0.05)):
        selection = select(source, [*DIMENSIONS, *halves], Parameters(pair_false_discovery_rate=rate))
        found[name] = float(any({d for d, _ in claim.cell} == set(halves) for claim in selection.pair_claims))
    return dict(found)


def many_report(rng: np.random.Generator, deals: int, odds_ratio: float) -> Measured:
    """Thirty values of sixty matter: does the search go on until it has them?"""
    names = [f"dimension_{number}" for number in range(6)]
    codes = {name: rng.integers(0, 10, deals) for name in names}
    effects = np.zeros(60)
    chosen = rng.choice(60, 30, replace=False)
    effects[chosen] = np.log(odds_ratio) * rng.choice([-1, 1], 30)
    score = np.full(deals, special.logit(0.40))
    for place, name in enumerate(names):
        score += effects[10 * place + codes[name]]
    won = (rng.random(deals) < special.expit(score)).astype(np.int64)
    labels = {name: [f"{name} {value}" for value in range(10)] for name in names}
    quarters = [f"2025-Q{number}" for number in range(1, 5)]
    source = DealCounts.from_codes(codes, labels, won, rng.integers(0, 4, deals), quarters)
    truth = {(names[i // 10], i % 10): int(np.sign(effects[i])) for i in range(60)}
    found = claims(select(source, names, with_pairs=False))
    # against the rest of a dimension in which half of the values move, one without effect may differ as well
    right = sum(truth[_value(e)] == _sign(e) for e in found)
    wrong = sum(truth[_value(e)] == -_sign(e) for e in found)
    return {"power": right / 30, "wrong sign": wrong / max(1, len(found))}


def equivalence_report(rng: np.random.Generator, deals: int, base: float) -> Measured:
    """Three values win two and a half times the odds, or a fraction of them: is any called no difference?"""
    company = sc.sparse(rng, base)
    drawn = worlds.draw(rng, company, deals)
    actions = {_value(e): e.action for e in select(drawn.source, DIMENSIONS, with_pairs=False).evidence}
    return {"called alike": [float(actions[value] == NO_DIFFERENCE) for value in company.true_values]}


def bet_report(rng: np.random.Generator, deals: int) -> Measured:
    """Nothing matters: does the range of a best bet, or of a test, leave out zero?"""
    drawn = worlds.draw(rng, sc.null(), deals)
    watched = [e for e in select(drawn.source, DIMENSIONS).evidence if e.action == "keep_testing"]
    return {"above zero": float(any((e.expected_gain_low or 0) * (e.expected_gain_high or 0) > 0 for e in watched))}


def words_report(rng: np.random.Generator, deals: int, world: str, kind: str) -> Measured:
    """All that a report says of segments, pairs and cuts: does any of it contradict the counts it prints?"""
    company = sc.null() if kind == "null" else _company(rng, kind, 0.40)
    selection = select(worlds.draw(rng, company, deals, WORLDS[world]).source, SEARCHED)
    return {"texts": float(len(texts_of(selection))), "contradictions": float(len(contradictions(selection)))}


# ---------------------------------------------------------------- what must come out


@dataclass(frozen=True)
class Spec:
    """Reports of one kind, and the figures that must lie between bounds: metric, key, lowest and highest."""

    identifier: str
    name: str
    measure: Callable[..., Measured]
    repetitions: int
    targets: tuple[tuple[str, str, float | None, float | None], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    least: int = 10
    """Repetitions of the small profile at least."""


ORDERED: dict[str, tuple[int, list[float]]] = {
    "steps of OR 1.3": (500, [1.3**band for band in range(5)]),
    "steps of OR 1.6": (127, [1.6**band for band in range(5)]),
    "OR 2.0 from the fourth band": (500, [1.0, 1.0, 1.0, 2.0, 2.0]),
    "OR 2.5 from the third band": (127, [1.0, 1.0, 2.5, 2.5, 2.5]),
}


UNEVEN: dict[str, list[float]] = {
    "two bands in the middle": [1.0, 1.0, 2.5, 2.5, 1.0],
    "one band in the middle": [1.0, 1.0, 2.5, 1.0, 1.0],
    "both ends": [2.5, 1.0, 1.0, 1.0, 2.5],
    "the last band": [1.3, 1.3, 1.3, 1.3, 0.4],
}
"""Orders that are none: what a side that holds a band of the other kind would make false."""


def specs() -> list[Spec]:
    """W1 to W13, with the repetitions of the full profile."""
    made: list[Spec] = []

    def add(
        identifier: str,
        name: str,
        measure: Callable[..., Measured],
        repetitions: int,
        targets: list[tuple[str, str, float | None, float | None]],
        **settings: Any,
    ) -> None:
        made.append(Spec(identifier, name, measure, repetitions, tuple(targets), settings))

    sizes = {127: 600, 500: 400, 2000: 200}
    highest = {
        "independent": (0.10, 0.10, 0.10),
        "1.5 deals per account": (0.11, 0.11, 0.11),
        "4 deals per account": (0.11, 0.11, 0.11),
        "12 sellers": (0.10, 0.10, 0.16),
        "renewals": (0.11, 0.11, 0.11),
        "combined": (0.10, 0.10, 0.10),
    }
    for world, bounds in highest.items():
        for (deals, repetitions), bound in zip(sizes.items(), bounds):
            target = [("P(any false claim)", "false", None, bound)]
            add("W1", f"{world} n={deals}", null_report, repetitions, target, deals=deals, world=world)
    for world in ("independent", "1.5 deals per account", "4 deals per account", "combined"):
        for deals, repetitions in sizes.items():
            wrong = 0.10 if world == "combined" else 0.12
            targets: list[tuple[str, str, float | None, float | None]] = [("FDR", "false share", None, wrong)]
            if deals > 127:
                targets.append(("coverage", "covered", 0.88, None))
            if world == "independent":
                targets.append(("power", "power", {127: 0.08, 500: 0.65, 2000: 0.93}[deals], None))
            add("W2", f"{world} n={deals}", effects_report, repetitions, targets, deals=deals, world=world)
    for world in ("launched product", "growing product", "shrinking product", "slow product"):
        for deals, repetitions in ((508, 400), (2000, 200)):
            target = [("wrongly claimed", "on the product", None, 0.08)]
            add("W3", f"{world} n={deals}", null_report, repetitions, target, deals=deals, world=world)
    for kind in ("graded", "dense 0.5", "sparse"):
        for deals, repetitions in ((500, 300), (2000, 150), (5000, 60)):
            target = [("P(any false pair)", "pairs", None, 0.06)]
            add("W4", f"{kind} n={deals}", pair_report, repetitions, target, deals=deals, kind=kind)
    for deals, least in ((127, 0.40), (500, 0.95)):
        target = [("found at .05", "promising", least, None)]
        add("W4", f"halves that match n={deals}", pair_report, 200, target, deals=deals, kind="halves that match")
    for leak in worlds.LEAKS:
        for deals in (127, 500):
            targets = [("recommended", "leaks", None, 0.05)]
            if deals == 500:
                targets.append(("power beside it", "power", 0.65, None))
            add("W5", f"{leak} n={deals}", leak_report, 300, targets, deals=deals, leak=leak)
    add(
        "W6",
        "graded n=2000",
        effects_report,
        200,
        [("power", "power", 0.68, None)],
        deals=2000,
        world="independent",
        kind="graded",
    )
    for deals, least in ((500, 0.53), (2000, 0.98)):
        target = [("both ends claimed", "both ends", least, None)]
        add("W6", f"30, 51 and 76 % n={deals}", three_report, 300, target, deals=deals)
    for kind in ("sparse", "graded"):
        for deals, repetitions in ((500, 400), (2000, 200), (20_000, 40)):
            targets = [
                ("stated - true extra wins", "gain error", -0.15, 0.15),
                ("its range covers", "gain covered", 0.88, None),
            ]
            add(
                "W7",
                f"{kind} n={deals}",
                effects_report,
                repetitions,
                targets,
                deals=deals,
                world="independent",
                kind=kind,
            )
    targets = [("power", "power", 0.75, None), ("claims of the wrong sign", "wrong sign", None, 0.10)]
    add("W8", "30 of 60 values n=20000", many_report, 40, targets, deals=20_000, odds_ratio=1.5)
    for base in (0.05, 0.10):
        for deals, repetitions in ((2000, 200), (10_000, 60)):
            target = [("true effects called no difference", "called alike", None, 0.005)]
            add("W9", f"base {base:.2f} n={deals}", equivalence_report, repetitions, target, deals=deals, base=base)
    for deals, repetitions in sizes.items():
        add(
            "W10",
            f"nothing matters n={deals}",
            bet_report,
            repetitions,
            [("a bet above zero", "above zero", None, 0.0)],
            deals=deals,
        )
    for world in paces.PACE_WORLDS:
        flatters = [("closed rate said to flatter", "flatters", None, 0.05)] if world == "as fast" else []
        targets = [
            ("pace - truth, points", "pace error", -1.0, 1.0),
            ("its interval covers", "pace covered", 0.93, None),
            ("range of open deals covers", "wins covered", 0.85, None),
        ]
        add("W13", f"{world} n=400", paces.pace_report, 47, [*targets, *flatters], deals=400, world=world)
        targets = [
            ("pace - truth, points", "pace error", -1.0, 1.0),
            ("its interval covers", "pace covered", 0.93, 0.97),
            ("expected - won, share", "wins error", -0.05, 0.05),
            ("range of open deals covers", "wins covered", 0.92, 0.98),
        ]
        add("W13", f"{world} n=3000", paces.pace_report, 77, [*targets, *flatters], deals=3000, world=world)
    smaller = {127: 300, 500: 300, 2000: 100}
    for world in ("independent", "1.5 deals per account", "combined"):
        for (deals, repetitions), bound in zip(smaller.items(), highest[world]):
            target = [("P(any false claim)", "false", None, bound)]
            settings = {"deals": deals, "world": world, "with_cuts": True}
            add("W11", f"cuts, {world} n={deals}", null_report, repetitions, target, **settings)
    power = {"sparse": {500: 0.65, 2000: 0.93}, "graded": {500: 0.40, 2000: 0.68}}
    for kind in ("sparse", "graded"):
        for deals, repetitions in smaller.items():
            targets = [("FDR", "false share", None, 0.12)]
            if deals > 127:
                targets += [
                    ("power", "power", power[kind][deals], None),
                    ("coverage", "covered", 0.88, None),
                    ("stated - true extra wins", "gain error", -0.15, 0.15),
                    ("its range covers", "gain covered", 0.88, None),
                ]
            settings = {"deals": deals, "world": "independent", "kind": kind, "with_cuts": True}
            add("W11", f"cuts, {kind} n={deals}", effects_report, repetitions, targets, **settings)
    for name, (deals, odds) in ORDERED.items():
        for world in ("independent", "1.5 deals per account"):
            targets = [("found with cuts - without", "gain", 0.05, None), ("FDR", "false with cuts", None, 0.12)]
            settings = {"deals": deals, "world": world, "odds": odds}
            add("W11", f"{name}, {world} n={deals}", cuts_report, 200, targets, **settings)
            # a difference of two rates: of ten reports both may say the same
            made[-1] = replace(made[-1], least=60)
    for name, odds in UNEVEN.items():
        for deals, repetitions in ((500, 200), (2000, 60)):
            targets = [
                ("FDR", "false with cuts", None, 0.10),
                ("claims to the contrary", "contrary with cuts", None, 0.0),
            ]
            settings = {"deals": deals, "world": "independent", "odds": odds}
            add("W11", f"{name} n={deals}", cuts_report, repetitions, targets, **settings)
    for kind in ("null", "sparse", "graded", "dense 0.5"):
        for deals in (127, 500):
            targets = [("texts that contradict", "contradictions", None, 0.0)]
            settings = {"deals": deals, "world": "combined" if kind == "null" else "independent", "kind": kind}
            add("W12", f"said, {kind} n={deals}", words_report, 100, targets, **settings)
    return made
