"""The benchmarks B1 to B17, W, P and C: which reports to simulate, and when a figure is good enough.

Two profiles. `full` has the sizes and repetitions the targets were set for: a figure must
reach its target outright. `ci` is small enough for every push: a figure may fall short by
two standard errors of its own, which the table shows.
"""

from __future__ import annotations

import math
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.accuracy import contested, drivers, measures, oracle, parity, real
from benchmarks.accuracy.measures import Measured, standard_error

Reports = list[Measured]
CHUNK = 20


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    identifier: str
    scenario: str
    metric: str
    naive: str
    ours: str
    target: str
    oracle: str
    is_met: bool
    is_stretch: bool = False
    reports: int = 0


@dataclass(frozen=True)
class Cell:
    """Reports of one kind: how they are simulated, and how often."""

    identifier: str
    name: str
    measure: Callable[..., Measured]
    repetitions: int
    settings: Mapping[str, Any] = field(default_factory=dict)


def _chunk(job: tuple[Cell, int, int]) -> Reports:
    """Reports of one cell by number, each from its own seed: the same on any number of processes."""
    cell, start, stop = job
    name = [ord(letter) for letter in f"{cell.identifier} {cell.name}"]
    return [cell.measure(np.random.default_rng([*name, number]), **cell.settings) for number in range(start, stop)]


def simulate(cells: Iterable[Cell], processes: int) -> dict[str, Reports]:
    """All reports of all cells, by identifier and name."""
    jobs = [
        (cell, start, min(start + CHUNK, cell.repetitions))
        for cell in cells
        for start in range(0, cell.repetitions, CHUNK)
    ]
    found: dict[str, Reports] = {}
    for (cell, _, _), reports in zip(jobs, _run(jobs, processes)):
        found.setdefault(f"{cell.identifier} {cell.name}", []).extend(reports)
    return found


def _run(jobs: list[tuple[Cell, int, int]], processes: int) -> Iterator[Reports]:
    if processes <= 1:
        yield from map(_chunk, jobs)
        return
    # Set before the children start, else every child would use every core for small matrices.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_chunk, jobs)


# ---------------------------------------------------------------- judging


@dataclass(frozen=True)
class Judge:
    """Compares a figure with its target; the small profile grants two standard errors."""

    is_lenient: bool

    def at_most(self, value: float, target: float, error: float = 0.0) -> bool:
        return value <= target + (2 * error if self.is_lenient else 0.0) + 1e-12

    def at_least(self, value: float, target: float, error: float = 0.0) -> bool:
        return value >= target - (2 * error if self.is_lenient else 0.0) - 1e-12

    def between(self, value: float, low: float, high: float, error: float = 0.0) -> bool:
        return self.at_least(value, low, error) and self.at_most(value, high, error)


def _all(reports: Reports, name: str) -> list[float]:
    """Every number of this name; lists are joined."""
    values: list[float] = []
    for report in reports:
        value = report[name]
        if isinstance(value, list):
            values += [v for v in value if isinstance(v, float)]
        else:
            values.append(value)
    return values


def _mean(reports: Reports, name: str) -> float:
    values = _all(reports, name)
    return float(np.mean(values)) if values else math.nan


def _error(reports: Reports, name: str) -> float:
    return standard_error(_all(reports, name))


def _figure(value: float, error: float, digits: int = 3) -> str:
    return f"{value:.{digits}f} ±{error:.{digits}f}"


# ---------------------------------------------------------------- the cells


def _add_contested(add: Callable[..., None], full: bool) -> None:
    """D1 to D5: competitors that are recorded unevenly, contacts that do not matter, shares of which one moved, reasons against one."""
    for deals, repetitions in ({127: 300, 500: 100} if full else {127: 150, 500: 40}).items():
        add("D1", f"alike, recorded unevenly n={deals}", contested.competitors_report, repetitions, deals=deals)
        add("D2", f"one OR 1/2.5 n={deals}", contested.competitors_report, repetitions, deals=deals, odds_ratio=2.5)
    for deals, repetitions in ({500: 200} if full else {500: 100}).items():
        for signer in (False, True):
            name = f"no effect{', one logged on winning' if signer else ''} n={deals}"
            add("D3", name, contested.multithreading_report, repetitions, deals=deals, signer=signer)
    for per_account in (1.5, 4.0) if full else (4.0,):
        apart = f"{per_account:g} deals an account"
        for deals, repetitions in ({127: 300, 500: 100} if full else {127: 60}).items():
            settings: dict[str, Any] = {"deals": deals, "per_account": per_account}
            add("D1", f"alike, {apart} n={deals}", contested.competitors_report, repetitions, **settings)
        repetitions = 200 if full else 60
        add(
            "D3",
            f"no effect, {apart} n=500",
            contested.multithreading_report,
            repetitions,
            deals=500,
            per_account=per_account,
        )
        add(
            "D5",
            f"reasons alike, {apart} n=400",
            contested.reasons_report,
            repetitions,
            deals=400,
            per_account=per_account,
        )
    repetitions = 300 if full else 80
    for world, deals in (("alike", 200), ("one leaves", 200), ("one leaves", 1000), ("one takes over", 200)):
        add("D4", f"{world} n={deals}", contested.shares_report, repetitions, deals=deals, world=world)
    add("D5", "reasons alike n=400", contested.reasons_report, repetitions, deals=400)
    add("D5", "one reason 20 points commoner n=400", contested.reasons_report, repetitions, deals=400, true=True)


def _add_other_families(add: Callable[..., None], full: bool) -> None:
    """P1 to P7: people, loss reasons, the score, and the report as a whole."""
    sizes = {127: 600, 500: 400} if full else {127: 60}
    for deals, repetitions in sizes.items():
        add("P1", f"added on winning n={deals}", measures.dated_people_report, repetitions, deals=deals, signer=True)
        add("P1", f"late title n={deals}", measures.dated_people_report, repetitions, deals=deals, late=True)
        add("P1", f"no title matters n={deals}", measures.dated_people_report, repetitions, deals=deals)
        add("P2", f"title OR 2.5 n={deals}", measures.dated_people_report, repetitions, deals=deals, odds_ratio=2.5)
    for losses, repetitions in ({40: 1200, 76: 1200, 300: 600} if full else {76: 150}).items():
        for moved in (False, True):
            name = f"{losses} losses, sellers, {'one reason up' if moved else 'no change'}"
            add("P4" if moved else "P3", name, measures.sellers_report, repetitions, losses=losses, moved=moved)
    for deals, repetitions in ({127: 1200, 500: 600} if full else {127: 200}).items():
        for auc in (0.50, 0.60):
            name = f"score AUC {auc:.2f} n={deals}"
            add("P5" if auc == 0.50 else "P6", name, measures.gated_score_report, repetitions, deals=deals, auc=auc)
    for deals, repetitions in ({256: 800, 508: 400} if full else {256: 40}).items():
        add("P7", f"whole report n={deals}", measures.whole_report, repetitions, deals=deals)


def cells(profile: str) -> list[Cell]:
    """Every simulated cell of a profile, B1 to B15 and B17."""
    full = profile == "full"
    made: list[Cell] = []

    def add(identifier: str, name: str, measure: Callable[..., Measured], repetitions: int, **settings: Any) -> None:
        made.append(Cell(identifier, name, measure, repetitions, settings))

    null_sizes = {60: 1400, 127: 1400, 500: 480, 2000: 140} if full else {127: 200, 500: 200}
    for deals, repetitions in null_sizes.items():
        for base in (0.25, 0.40, 0.62):
            add(
                "B1",
                f"null n={deals} base={base:.2f}",
                measures.null_report,
                repetitions,
                deals=deals,
                base=base,
                with_pairs=base == 0.40,
            )

    sparse_sizes = (
        {60: 5000, 80: 3000, 127: 2000, 500: 1000, 2000: 200, 10000: 140} if full else {127: 200, 500: 200, 2000: 40}
    )
    for deals, repetitions in sparse_sizes.items():
        add(
            "B2",
            f"sparse n={deals}",
            measures.effects_report,
            repetitions,
            deals=deals,
            with_oracle=full and deals in (127, 500, 2000),
        )
    for deals, repetitions in ({127: 700, 500: 480} if full else {127: 60, 500: 40}).items():
        for base in (0.25, 0.62):
            name = f"base {base:.2f} n={deals}"
            add("B2", name, measures.effects_report, repetitions, deals=deals, base=base)
    dense_sizes = {80: 600, 127: 1000, 500: 200} if full else {127: 150, 500: 60}
    for deals, repetitions in dense_sizes.items():
        for spread in (0.3, 0.5) if full else (0.5,):
            name = f"dense {spread} n={deals}"
            add("B7", name, measures.effects_report, repetitions, deals=deals, spread=spread)

    for deals, repetitions in ({500: 500, 2000: 300} if full else {500: 120}).items():
        add("B4", f"confounded n={deals}", measures.confounded_report, repetitions, deals=deals)
    add("B5", "time-confounded n=2000", measures.time_report, 160 if full else 60, deals=2000)

    for deals, repetitions in ({32: 400, 127: 400, 500: 300} if full else {32: 60, 127: 60}).items():
        add("B9", f"backtest stable {deals} a quarter", measures.backtest, repetitions, deals=deals)
    add("B10", "backtest drift 127 a quarter", measures.backtest, 400 if full else 60, deals=127, drift=0.12)

    for deals in (127, 500):
        add("B11", f"extra contacts on won n={deals}", measures.persona_report, 800 if full else 200, deals=deals)
    for auc in (0.60, 0.50):
        add("B12", f"score AUC {auc:.2f} n=127", measures.score_report, 1200 if full else 400, deals=127, auc=auc)
    for moved in (False, True):
        name = "one reason +17 points" if moved else "no change"
        name = f"76 losses a quarter, {name}"
        add("B13", name, measures.reasons_report, 1200 if full else 300, losses=76, moved=moved)
    for sigma in (0.6, 1.0, 1.5):
        for deals in (10, 30, 60, 127, 500) if full else (10, 127):
            name = f"sigma {sigma} n={deals}"
            add("B14", name, measures.value_report, 1600 if full else 600, deals=deals, sigma=sigma)
    for deals, dimension, value, base in DETECTABLE if full else DETECTABLE[:2]:
        repetitions = (350 if deals <= 500 else 200) if full else 80
        name = f"{dimension} {value} n={deals} base={base:.2f}"
        settings = {"deals": deals, "dimension": dimension, "value": value, "base": base}
        add("B15", name, measures.detectable_report, repetitions, **settings)
    for deals in (127, 500):
        add("B17", f"shuffled and repeated n={deals}", measures.repeated_report, 8 if full else 5, deals=deals)
    for spec in _specs():
        if full or spec.settings["deals"] <= 508:
            repetitions = spec.repetitions if full else max(spec.least, spec.repetitions // 20)
            add(spec.identifier, spec.name, spec.measure, repetitions, **spec.settings)
    _add_contested(add, full)
    _add_other_families(add, full)
    return made


DETECTABLE: list[tuple[int, str, int, float]] = [
    (127, "industry", 0, 0.40),
    (500, "industry", 0, 0.40),
    (127, "lead_source", 0, 0.40),
    (127, "region", 1, 0.40),
    (127, "industry", 0, 0.25),
    (127, "industry", 0, 0.62),
    (500, "industry", 5, 0.40),
    (500, "lead_source", 3, 0.40),
    (500, "region", 0, 0.40),
    (500, "industry", 0, 0.25),
    (500, "industry", 0, 0.62),
    (2000, "industry", 0, 0.40),
    (2000, "industry", 5, 0.40),
    (2000, "product", 4, 0.40),
]


# ---------------------------------------------------------------- the lines


def measure(profile: str, processes: int, only: Set[str] = frozenset()) -> list[Line]:
    """The whole table, or the benchmarks named."""
    wanted = [cell for cell in cells(profile) if not only or only & _feeds(cell)]
    made = lines(profile, simulate(wanted, processes))
    if not only or "B16" in only:
        made += _parity_lines()
    return [line for line in in_order(made) if not only or line.identifier in only]


def _specs() -> list[real.Spec]:
    return [*real.specs(), *drivers.specs()]


def _feeds(cell: Cell) -> set[str]:
    """Benchmarks that read a cell: the sparse companies serve several."""
    return {"B2", "B3", "B6", "B7", "B8"} if cell.identifier == "B2" else {cell.identifier}


def lines(profile: str, reports: dict[str, Reports]) -> list[Line]:
    """The lines of every simulated cell."""
    judge = Judge(is_lenient=profile != "full")
    made: list[Line] = []
    for key, found in reports.items():
        identifier, name = key.split(" ", 1)
        if identifier in _LINES:
            made += [replace(line, reports=len(found)) for line in _LINES[identifier](judge, name, found)]
        else:
            made += [replace(line, reports=len(found)) for line in _real_lines(judge, identifier, name, found)]
    return made


def _parity_lines() -> list[Line]:
    return [
        Line("B16", scenario, "largest difference", "-", f"{value:.1e}", "<= 1e-9", "0", value <= 1e-9, value <= 1e-11)
        for scenario, value in parity.differences()
    ]


def in_order(made: list[Line]) -> list[Line]:
    """B1 first; inside a benchmark as simulated."""
    return sorted(made, key=lambda line: (line.identifier[0], int(line.identifier[1:])))


def _null_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    bound = 0.10 + 2 * math.sqrt(0.09 / len(reports))
    value = _mean(reports, "ours")
    made = [
        Line(
            "B1",
            name,
            "P(any claim)",
            f"{_mean(reports, 'naive'):.2f}",
            _figure(value, _error(reports, "ours")),
            f"<= {bound:.3f}",
            "0",
            value <= bound,
            value <= 0.10,
        )
    ]
    if any(_all(reports, "pairs")) or "base=0.40" in name:
        pairs, pair_bound = _mean(reports, "pairs"), 0.05 + 2 * math.sqrt(0.0475 / len(reports))
        shown = _figure(pairs, _error(reports, "pairs"))
        target = f"<= {pair_bound:.3f}"
        made.append(Line("B1", name, "P(any pair claim)", "-", shown, target, "0", pairs <= pair_bound, pairs <= 0.05))
    return made


# at 500 deals .03 under what bands alone find: cuts are tried beside them
_POWER = {127: (0.08, 0.10), 500: (0.63, 0.75), 2000: (0.95, 0.99)}
_TOP = {60: (0.058, 0.065), 127: (0.083, 0.095), 500: (0.140, 0.150)}


def _effect_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    deals = int(name.rsplit("=", 1)[1])
    made: list[Line] = []
    false_share, error = _mean(reports, "false_share"), _error(reports, "false_share")
    if deals in _POWER and name.startswith("sparse"):
        target, stretch = _POWER[deals]
        beliefs = [r["beliefs"] for r in reports if r["beliefs"]]
        best = "-"
        if beliefs:
            best = f"{oracle.power_at(beliefs)[0]:.3f}"  # type: ignore[arg-type]
        power = _mean(reports, "power")
        is_honest = false_share <= 0.10 + 2 * error
        made.append(
            Line(
                "B2",
                name,
                "power at this FDR",
                f"{_mean(reports, 'naive_power'):.2f} at {_mean(reports, 'naive_false_share'):.2f}",
                f"{_figure(power, _error(reports, 'power'))} at {_figure(false_share, error)}",
                f">= {target:.2f} at <= {0.10 + 2 * error:.3f}",
                best,
                is_honest and judge.at_least(power, target, _error(reports, "power")),
                false_share <= 0.10 + 2 * error and power >= stretch,
            )
        )
    if name.startswith("base"):
        bound = 0.10 + 2 * error
        naive, shown = f"{_mean(reports, 'naive_false_share'):.2f}", _figure(false_share, error)
        return [
            Line("B2", name, "FDR", naive, shown, f"<= {bound:.3f}", "-", false_share <= bound, false_share <= 0.10)
        ]
    if deals in (2000, 10000):
        target = 0.13 if deals == 2000 else 0.12
        naive = f"{_mean(reports, 'naive_false_share'):.2f}"
        met = judge.at_most(false_share, target, error)
        shown = _figure(false_share, error)
        made.append(Line("B3", name, "FDR", naive, shown, f"<= {target}", "-", met, false_share <= 0.10))
    if deals == 127 and name.startswith("sparse"):
        gap = (_mean(reports, "reported") - _mean(reports, "true")) * 100
        spread = [a - b for a, b in zip(_all(reports, "reported"), _all(reports, "true"))]
        naive = f"{_mean(reports, 'naive_gap') * 100:+.0f}"
        shown = f"{gap:+.1f} ±{standard_error(spread) * 100:.1f}"
        met = judge.between(gap, -4, 4, standard_error(spread) * 100)
        made.append(Line("B6", name, "reported - true, points", naive, shown, "-4 to +4", "0", met, abs(gap) <= 2))
    if 80 <= deals <= 500:
        covered = _mean(reports, "covered")
        shown = f"{_figure(covered, _error(reports, 'covered'))} of {len(_all(reports, 'covered'))}"
        met = judge.at_least(covered, 0.87, _error(reports, "covered"))
        made.append(Line("B7", name, "coverage", "-", shown, ">= 0.87", "0.90", met, 0.90 <= covered <= 0.955))
    if deals in _TOP and name.startswith("sparse"):
        target, stretch = _TOP[deals]
        top, error = _mean(reports, "top"), _error(reports, "top")
        made.append(
            Line(
                "B8",
                name,
                "true lift of the first",
                f"{_mean(reports, 'naive_top'):.3f}",
                _figure(top, error),
                f">= {target}",
                f"{_mean(reports, 'best_top'):.3f}",
                judge.at_least(top, target, error),
                top >= stretch,
            )
        )
    return made


def _score_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    """The cut is judged where the score tells something, the gate where it tells nothing."""
    if "0.50" in name:
        passed, error = _mean(reports, "is_predictive"), _error(reports, "is_predictive")
        met = judge.at_most(passed, 0.06, error)
        shown = _figure(passed, error)
        return [Line("B12", name, "wrongly predictive", "1.00", shown, "<= 0.06", "0", met, passed <= 0.05)]
    youden, error = _mean(reports, "youden"), _error(reports, "youden")
    cuts, rule = (float(np.std(_all(reports, key), ddof=1)) for key in ("cut", "naive_cut"))
    return [
        Line(
            "B12",
            name,
            "J out of sample",
            f"{_mean(reports, 'naive_youden'):.3f}",
            _figure(youden, error),
            ">= 0.14",
            f"{_mean(reports, 'best_youden'):.3f}",
            judge.at_least(youden, 0.14, error),
            youden >= 0.148,
        ),
        Line("B12", name, "SD of the cut", f"{rule:.3f}", f"{cuts:.3f}", "<= 0.04", "-", cuts <= 0.04, cuts <= 0.025),
    ]


def _simple(
    identifier: str,
    metric: str,
    low: float | None,
    high: float | None,
    stretch: tuple[float, float],
    naive: bool = True,
    best: str = "-",
    digits: int = 3,
) -> Callable[[Judge, str, Reports], list[Line]]:
    """A line on the mean of one figure that must lie between two bounds."""

    def make(judge: Judge, name: str, reports: Reports) -> list[Line]:
        value, error = _mean(reports, "ours"), _error(reports, "ours")
        met = judge.between(value, -math.inf if low is None else low, math.inf if high is None else high, error)
        target = f"<= {high}" if low is None else f">= {low}" if high is None else f"{low} to {high}"
        shown = _figure(value, error, digits)
        rule = f"{_mean(reports, 'naive'):.2f}" if naive else "-"
        is_stretch = stretch[0] <= value <= stretch[1]
        return [Line(identifier, name, metric, rule, shown, target, best, met, is_stretch)]

    return make


def _detectable_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    """At 127 deals only lifts so large can be seen that the field may be asked about in their place."""
    low = 0.65 if "n=127 " in name else 0.73
    stated = _simple("B15", "power at the stated lift", low, 0.85, (0.77, 0.83), naive=False, best="0.80")
    return stated(judge, name, reports)


_EXTRA_WINS = {32: (2.2, 2.6), 127: (2.6, 3.0), 500: (3.2, 3.4)}


def _backtest_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    drifts = "drift" in name
    deals = int(name.split(" ")[-3])
    target, stretch = (2.0, 2.4) if drifts else _EXTRA_WINS[deals]
    identifier = "B10" if drifts else "B9"
    value, error = _mean(reports, "ours"), _error(reports, "ours")
    made = [
        Line(
            identifier,
            name,
            "extra wins per 100",
            f"{_mean(reports, 'naive'):.2f}",
            _figure(value, error, 2),
            f">= {target}",
            f"{_mean(reports, 'oracle'):.2f}",
            judge.at_least(value, target, error),
            value >= stretch,
        )
    ]
    if drifts:
        false_share, error = _mean(reports, "false_share"), _error(reports, "false_share")
        naive = f"{_mean(reports, 'naive_false_share'):.2f}"
        shown = _figure(false_share, error)
        met = judge.at_most(false_share, 0.30, error)
        made.append(Line("B10", name, "false share of claims", naive, shown, "<= 0.30", "-", met, false_share <= 0.20))
    return made


def _reason_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    if "no change" in name:
        value, error = _mean(reports, "flags"), _error(reports, "flags")
        naive, shown = f"{_mean(reports, 'naive'):.2f}", _figure(value, error)
        met = judge.at_most(value, 0.13, error)
        return [Line("B13", name, "false change flags", naive, shown, "<= 0.13", "0", met, value <= 0.10)]
    value, error = _mean(reports, "found"), _error(reports, "found")
    met = judge.at_least(value, 0.50, error)
    return [Line("B13", name, "power", "-", _figure(value, error), ">= 0.50", "-", met, value >= 0.55)]


def _repeat_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    identical = all(value == 1.0 for value in _all(reports, "ours"))
    shown = "identical" if identical else "different"
    return [Line("B17", name, "evidence as JSON", "-", shown, "identical", "-", identical, identical)]


def _real_lines(judge: Judge, identifier: str, name: str, reports: Reports) -> list[Line]:
    """Lines of a company as it is: each figure between its bounds, two standard errors granted in any profile."""
    [spec] = [spec for spec in _specs() if (spec.identifier, spec.name) == (identifier, name)]
    granted = Judge(is_lenient=True)
    made = []
    for metric, key, low, high in spec.targets:
        value, error = _mean(reports, key), _error(reports, key)
        least, most = -math.inf if low is None else low, math.inf if high is None else high
        target = f"<= {high}" if low is None else f">= {low}" if high is None else f"{low} to {high}"
        met = granted.between(value, least, most, error)
        made.append(
            Line(identifier, name, metric, "-", _figure(value, error), target, "-", met, least <= value <= most)
        )
    return made


_PEOPLE_POWER = {127: 0.03, 500: 0.55}
_REASON_POWER = {40: 0.03, 76: 0.10, 300: 0.65}
_SCORE_POWER = {127: 0.20, 500: 0.80}


def _found_lines(
    identifier: str, targets: Mapping[int, float], size: Callable[[str], int]
) -> Callable[[Judge, str, Reports], list[Line]]:
    """Found at the level of a claim; beside it, where the target stands for `naive`, at today's level."""

    def make(judge: Judge, name: str, reports: Reports) -> list[Line]:
        value, error = _mean(reports, "found"), _error(reports, "found")
        target = targets[size(name)]
        made = [
            Line(
                identifier, name, "power of a claim", "-", _figure(value, error), f">= {target}", "-",
                judge.at_least(value, target, error), value >= target + 0.1,
            )
        ]  # fmt: skip
        shown, error = _mean(reports, "found_promising"), _error(reports, "found_promising")
        met = judge.at_least(shown, value, error)
        made.append(Line(identifier, name, "claimed or promising", "-", _figure(shown, error), ">= claimed", "-", met))
        return made

    return make


def _last_number(name: str) -> int:
    return int(name.rsplit("=", 1)[1])


def _seller_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    value, error, naive = _mean(reports, "ours"), _error(reports, "ours"), f"{_mean(reports, 'naive'):.2f}"
    met = judge.at_most(value, 0.05, error)
    made = [Line("P3", name, "P(any claim)", naive, _figure(value, error), "<= 0.05", "0", met, value <= 0.03)]
    value, error = _mean(reports, "flags"), _error(reports, "flags")
    met = judge.at_most(value, 0.12, error)
    made.append(
        Line("P3", name, "P(claimed or promising)", naive, _figure(value, error), "<= 0.12", "0", met, value <= 0.10)
    )
    return made


def _gate_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    value, error = _mean(reports, "ours"), _error(reports, "ours")
    if "0.50" in name:
        met = judge.at_most(value, 0.015, error)
        shown = f"{_mean(reports, 'shown'):.2f}"
        return [Line("P5", name, "wrongly strong", shown, _figure(value, error), "<= 0.015", "0", met, value <= 0.01)]
    target = _SCORE_POWER[_last_number(name)]
    met = judge.at_least(value, target, error)
    strong = Line(
        "P6",
        name,
        "power of a claim",
        f"{_mean(reports, 'shown'):.2f}",
        _figure(value, error),
        f">= {target}",
        "-",
        met,
    )
    value, error = _mean(reports, "gap"), _error(reports, "gap")
    met = judge.between(value, -0.05, 0.02, error)
    gap = Line(
        "P6", name, "shown J - true J", "-", _figure(value, error), "-0.05 to 0.02", "0", met, abs(value) <= 0.01
    )
    return [strong, gap]


def _whole_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    # two standard errors granted in any profile, as for W
    judge = Judge(is_lenient=True)
    value, error = _mean(reports, "ours"), _error(reports, "ours")
    met = judge.at_most(value, 0.12, error)
    made = [Line("P7", name, "P(any claim)", "-", _figure(value, error), "<= 0.12", "0", met, value <= 0.10)]
    for family, most in (("people", 0.03), ("score", 0.015), ("reasons", 0.03), ("change", 0.015)):
        value, error = _mean(reports, family), _error(reports, family)
        met = judge.at_most(value, most, error)
        made.append(Line("P7", name, f"claim of {family}", "-", _figure(value, error), f"<= {most}", "0", met, met))
    return made


# power of a claim at 127 and 500 deals a quarter
_COMPETITOR_POWER = {127: 0.15, 500: 0.90}


def _competitor_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    value, error = _mean(reports, "ours"), _error(reports, "ours")
    met = judge.at_most(value, 0.20, error)
    naive = f"{_mean(reports, 'naive'):.2f}"
    made = [Line("D2", name, "P(any false claim)", naive, _figure(value, error), "<= 0.2", "0", met, value <= 0.12)]
    value, error = _mean(reports, "found"), _error(reports, "found")
    target = _COMPETITOR_POWER[_last_number(name)]
    met = judge.at_least(value, target, error)
    return [
        *made,
        Line(
            "D2", name, "power of a claim", "-", _figure(value, error), f">= {target}", "-", met, value >= target + 0.05
        ),
    ]


def _found_one_lines(
    identifier: str, most: float, least: Mapping[str, float]
) -> Callable[[Judge, str, Reports], list[Line]]:
    """Any false claim, and where the scenario's name begins with one of `least`, how often what is true is claimed."""

    def lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
        value, error = _mean(reports, "ours"), _error(reports, "ours")
        met = judge.at_most(value, most, error)
        naive = f"{_mean(reports, 'naive'):.2f}"
        made = [
            Line(
                identifier,
                name,
                "P(any false claim)",
                naive,
                _figure(value, error),
                f"<= {most}",
                "0",
                met,
                value <= 0.6 * most,
            )
        ]
        target = next((power for start, power in least.items() if name.startswith(start)), None)
        if target is not None:
            value, error = _mean(reports, "found"), _error(reports, "found")
            met = judge.at_least(value, target, error)
            made.append(
                Line(
                    identifier,
                    name,
                    "power of a claim",
                    "-",
                    _figure(value, error),
                    f">= {target}",
                    "-",
                    met,
                    value >= target + 0.05,
                )
            )
        return made

    return lines


def _multithreading_lines(judge: Judge, name: str, reports: Reports) -> list[Line]:
    value, error = _mean(reports, "ours"), _error(reports, "ours")
    naive, met = f"{_mean(reports, 'naive'):.2f}", judge.at_most(value, 0.08, error)
    made = [Line("D3", name, "P(claim)", naive, _figure(value, error), "<= 0.08", "0", met, value <= 0.05)]
    value, error = _mean(reports, "bias"), _error(reports, "bias")
    naive, met = f"{_mean(reports, 'naive_bias'):+.2f}", judge.between(value, -0.03, 0.03, error)
    made.append(
        Line(
            "D3", name, "difference found", naive, _figure(value, error), "-0.03 to 0.03", "0", met, abs(value) <= 0.01
        )
    )
    return made


_LINES: dict[str, Callable[[Judge, str, Reports], list[Line]]] = {
    "B1": _null_lines,
    "B2": _effect_lines,
    "B7": _effect_lines,
    "B4": _simple("B4", "false industry claims", None, 0.20, (0.0, 0.10), best="0"),
    "B5": _simple("B5", "false claims", None, 0.20, (0.0, 0.10), best="0"),
    "B9": _backtest_lines,
    "B10": _backtest_lines,
    "B11": _simple("B11", "false titles", None, 0.15, (0.0, 0.10), best="0"),
    "B12": _score_lines,
    "B13": _reason_lines,
    "B14": _simple("B14", "coverage", 0.925, 0.985, (0.94, 0.97), best="0.95"),
    "B15": _detectable_lines,
    "B17": _repeat_lines,
    "D1": _simple("D1", "P(any claim)", None, 0.12, (0.0, 0.10), best="0"),
    "D2": _competitor_lines,
    "D3": _multithreading_lines,
    "D4": _found_one_lines("D4", 0.06, {"one leaves": 0.90, "one takes over": 0.70}),
    "D5": _found_one_lines("D5", 0.06, {"one": 0.40}),
    "P1": _simple("P1", "P(any false claim)", None, 0.11, (0.0, 0.05), best="0"),
    "P2": _found_lines("P2", _PEOPLE_POWER, _last_number),
    "P3": _seller_lines,
    "P4": _found_lines("P4", _REASON_POWER, lambda name: int(name.split(" ")[0])),
    "P5": _gate_lines,
    "P6": _gate_lines,
    "P7": _whole_lines,
}


def rendered(made: list[Line]) -> str:
    """The lines as aligned text, R the simulated reports; a star marks figures that reach the stretch target too."""
    head = ("id", "scenario", "R", "metric", "naive", "ours", "target", "oracle", "verdict")
    body = [
        (
            line.identifier,
            line.scenario,
            str(line.reports or "-"),
            line.metric,
            line.naive,
            line.ours,
            line.target,
            line.oracle,
            ("met *" if line.is_stretch else "met") if line.is_met else "missed",
        )
        for line in made
    ]
    widths = [max(len(row[i]) for row in [head, *body]) for i in range(len(head))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in [head, *body])
