"""C1 to C7: why the win rate moved, which accounts fit, and what advice is worth, on companies whose truth is known.

The truth of a change is what the deals that closed would have won on average: mix is the difference of those chances as the deals of the two
quarters were drawn, within what is added to every deal's chance of the later quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import duckdb
import jinja2
import numpy as np
from scipy import special

from benchmarks.accuracy import scenarios as sc
from benchmarks.accuracy.measures import Measured
from benchmarks.accuracy.real import Spec
from benchmarks.accuracy.scenarios import DIMENSIONS, LABELS, Company, Floats, Ints
from winloss.advice import effects, scorecard
from winloss.advice.changes import Designs, comparison_rows
from winloss.advice.counts import ATTRIBUTES, cluster_sums
from winloss.advice.effects import Effects, Segment
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import DesignEffect, design_effect
from winloss.rows import Row
from winloss.settings import PROJECT, declared

QUARTERS = 8
NOW = QUARTERS - 1
OF_ACCOUNT = ATTRIBUTES
LIKENESS = 0.15
PARAMETERS = Parameters()


def _company(rng: np.random.Generator, kind: str) -> Company:
    return {
        "null": lambda: sc.null(),
        "sparse": lambda: sc.sparse(rng),
        "dense": lambda: sc.dense(rng, 0.4),
        "overlap": lambda: sc.confounded(),
    }[kind]()


class _Deals:
    """Closed deals over eight quarters; `accounts` of them share what an account is, and a habit of buying."""

    def __init__(
        self,
        rng: np.random.Generator,
        company: Company,
        deals: int,
        per_account: int = 1,
        together: bool = False,
        shift: str = "",
        within: float = 0.0,
    ) -> None:
        total = deals * QUARTERS
        self.quarter = np.repeat(np.arange(QUARTERS), deals)
        self.codes = sc.draw_codes(rng, company, total * (3 if shift else 1))
        if shift:
            self._tilt(rng, company, total, shift)
        self.account = np.arange(total)
        habit = np.zeros(total)
        if per_account > 1:
            number = total // per_account
            # an account that buys in one quarter alone moves that quarter's win rate
            self.account = np.arange(total) // per_account if together else rng.integers(0, number, total)
            of_account = sc.draw_codes(rng, company, int(self.account.max()) + 1)
            self.codes |= {name: of_account[name][self.account] for name in OF_ACCOUNT}
            spread = np.sqrt(np.pi**2 / 3 * LIKENESS / (1 - LIKENESS))
            habit = rng.normal(0, spread, int(self.account.max()) + 1)[self.account]
        score = company.intercept + sum(company.effects[name][self.codes[name]] for name in DIMENSIONS)
        # what an account is used to is chance to who counts segments: the chance of a deal is that of its like
        self.chance: Floats = np.asarray(special.expit(score), dtype=np.float64)
        drawn = np.clip(special.expit(score + habit) + np.where(self.quarter == NOW, within, 0.0), 0.0, 1.0)
        self.won: Ints = (rng.random(total) < drawn).astype(np.int64)
        self.labels: dict[str, list[str]] = dict(LABELS)

    def _tilt(self, rng: np.random.Generator, company: Company, total: int, shift: str) -> None:
        """Other shares in the last quarter, of segments picked at random or of those likelier to be won."""
        if shift == "towards winners":
            weights = {name: 0.5 * company.effects[name] for name in DIMENSIONS}
        else:
            weights = {name: rng.normal(0, 0.4, company.effects[name].size) for name in DIMENSIONS}
        score = sum(weights[name][self.codes[name]] for name in DIMENSIONS)
        weight = np.exp(score - np.mean(score))
        size = total // QUARTERS
        chosen = rng.choice(total * 3, size, replace=False, p=weight / weight.sum())
        places = np.concatenate([np.arange(total - size), chosen])
        self.codes = {name: codes[places] for name, codes in self.codes.items()}

    def blank(self, rng: np.random.Generator, name: str, before: float, now: float) -> None:
        """Leave a field empty on a share of the deals, by chance; on fewer of the last quarter."""
        empty = rng.random(self.won.size) < np.where(self.quarter == NOW, now, before)
        self.labels[name] = [*self.labels[name], UNKNOWN]
        self.codes[name] = np.where(empty, len(self.labels[name]) - 1, self.codes[name])

    def sides(self) -> list[dict[Segment, tuple[int, int]]]:
        """Deals of each segment by quarter."""
        result: list[dict[Segment, tuple[int, int]]] = []
        for quarter in range(QUARTERS):
            inside = self.quarter == quarter
            counts: dict[Segment, tuple[int, int]] = {}
            for name in DIMENSIONS:
                size = len(self.labels[name])
                number = np.bincount(self.codes[name][inside], minlength=size)
                won = np.bincount(self.codes[name][inside], weights=self.won[inside], minlength=size)
                counts |= {
                    (name, self.labels[name][code]): (int(number[code]), int(won[code]))
                    for code in range(size)
                    if number[code]
                }
            result.append(counts)
        return result

    def overlaps(self, window: list[int]) -> list[tuple[Segment, Segment, int]]:
        inside = np.isin(self.quarter, window)
        found: list[tuple[Segment, Segment, int]] = []
        for place, one in enumerate(DIMENSIONS):
            for two in DIMENSIONS[place + 1 :]:
                width = len(self.labels[two])
                key = self.codes[one][inside] * width + self.codes[two][inside]
                for pair, number in zip(*np.unique(key, return_counts=True)):
                    first, second = divmod(int(pair), width)
                    found.append(((one, self.labels[one][first]), (two, self.labels[two][second]), int(number)))
        return found

    def designs(self, window: list[int]) -> Designs:
        """The design effects as the step takes them from the marts."""
        inside = np.isin(self.quarter, window)
        by_segment = [
            design_effect(
                cluster_sums(
                    self.codes[name][inside],
                    self.account[inside],
                    self.quarter[inside],
                    self.won[inside],
                    PARAMETERS.minimum_deals,
                )
            )
            for name in DIMENSIONS
        ]
        by_quarter = cluster_sums(
            self.quarter, self.account, np.zeros_like(self.quarter), self.won, PARAMETERS.minimum_deals
        )
        return Designs(max(by_segment, key=lambda design: design.factor), design_effect(by_quarter))


def _told(deals: _Deals, compared: int, is_clustered: bool) -> tuple[list[Row], list[dict[Segment, tuple[int, int]]]]:
    sides = deals.sides()
    small = sum(number for (name, _), (number, _) in sides[NOW].items() if name == DIMENSIONS[0]) * 4 < 400
    window = list(range(0 if small else QUARTERS - 4, QUARTERS))
    designs = deals.designs(window) if is_clustered else Designs(DesignEffect(), DesignEffect())
    found: Effects | None = effects.fit(
        {f"q{quarter}": sides[quarter] for quarter in window},
        deals.overlaps(window),
        also={segment for side in sides for segment in side},
        design=designs.of_segments.factor,
    )
    return comparison_rows(found, sides[compared], sides[NOW], designs, PARAMETERS), sides


def change_report(
    rng: np.random.Generator,
    deals: int,
    kind: str = "null",
    shift: str = "",
    within: float = 0.0,
    compared: int = NOW - 1,
    blanks: tuple[float, float] | None = None,
    per_account: int = 1,
    together: bool = False,
) -> Measured:
    """One account of a change, `deals` closed deals a quarter, and whether what it says holds."""
    drawn = _Deals(rng, _company(rng, kind), deals, per_account, together, shift, within)
    if blanks:
        drawn.blank(rng, "region", *blanks)
        drawn.blank(rng, "industry", *blanks)
    rows, _ = _told(drawn, compared, per_account > 1)
    parts = {str(row["part"]): row for row in rows if row.get("part")}
    mix = float(drawn.chance[drawn.quarter == NOW].mean() - drawn.chance[drawn.quarter == compared].mean())
    truth = {"mix": mix, "recording": 0.0, "within": within}
    result: Measured = {}
    for name, true in truth.items():
        row = parts[name]
        change, low, high = (float(row[f"change{end}"] or 0) for end in ("", "_low", "_high"))
        result[f"{name} said"] = float(bool(row["is_claimed"]) or bool(row["is_promising"]))
        result[f"{name} claimed"] = float(bool(row["is_claimed"]))
        result[f"{name} covered"] = float(low - 1e-9 <= true <= high + 1e-9)
        result[f"{name} error"] = change - true
    result["masked"] = float(parts["total"]["verdict"] == "masked")
    segments = [row for row in rows if row.get("dimension")]
    result["segment said"] = float(any(row["is_claimed"] or row["is_promising"] for row in segments))
    result["segment claimed"] = float(any(row["is_claimed"] for row in segments))
    return result


# ---------------------------------------------------------------- accounts


def scorecard_report(rng: np.random.Generator, deals: int, kind: str, per_account: int = 1) -> Measured:
    """One scorecard after eight quarters, judged on the ninth, which it has not seen."""
    company = _company(rng, kind)
    drawn = _Deals(rng, company, deals, per_account)
    size = len(OF_ACCOUNT)
    key = np.stack([drawn.codes[name] for name in OF_ACCOUNT], axis=1)
    counted: dict[str, dict[scorecard.Profile, tuple[int, int]]] = {}
    for quarter in range(QUARTERS):
        inside = drawn.quarter == quarter
        profiles, place = np.unique(key[inside], axis=0, return_inverse=True)
        number = np.bincount(place.ravel(), minlength=len(profiles))
        won = np.bincount(place.ravel(), weights=drawn.won[inside], minlength=len(profiles))
        counted[f"{2023 + quarter // 4}-Q{quarter % 4 + 1}"] = {
            tuple(LABELS[OF_ACCOUNT[i]][codes[i]] for i in range(size)): (int(n), int(w))
            for codes, n, w in zip(profiles, number, won)
        }
    quarters = sorted(counted)
    window = quarters[-4:] if deals * 4 >= PARAMETERS.window_minimum_deals else quarters
    design = DesignEffect()
    if per_account > 1:
        inside = drawn.quarter >= QUARTERS - len(window)
        found = [
            design_effect(
                cluster_sums(
                    drawn.codes[name][inside], drawn.account[inside], drawn.quarter[inside], drawn.won[inside], 10
                )
            )
            for name in OF_ACCOUNT
        ]
        design = max(found, key=lambda one: one.factor)
    judged = scorecard.judge(counted, quarters, OF_ACCOUNT, PARAMETERS, design.factor)
    card = scorecard.learn(counted, window, OF_ACCOUNT, PARAMETERS, design.factor)
    learned = sum(number for quarter in window for number, _ in counted[quarter].values())
    verdict = scorecard.quality(judged, learned, card.found.prior if card else None, PARAMETERS, design)
    # a report without a scorecard, or without an account of tier A, has nothing to average
    result: Measured = {"opens": float(bool(verdict["is_allowed"])), "in A or D": [], "A promised - true": []}
    if card is None:
        return result
    fresh = sc.draw_codes(rng, company, 500)
    score = company.intercept + sum(company.effects[name][fresh[name]] for name in DIMENSIONS)
    true = special.expit(score)
    scores = [card.score(tuple(LABELS[name][fresh[name][i]] for name in OF_ACCOUNT)) for i in range(len(true))]
    tiers = np.array([card.tier(one.expected) for one in scores])
    result["in A or D"] = [float(np.isin(tiers, ["A", "D"]).mean())]
    if (tiers == "A").any():
        promised = np.array([one.expected for one in scores])
        result["A promised - true"] = [float((promised - true)[tiers == "A"].mean())]
    return result


# ---------------------------------------------------------------- value


@lru_cache(maxsize=1)
def segment_value_statements() -> dict[str, str]:
    """The statements of segment_values and of its steps as they stand, over tables of the names they read, in order."""

    def setting(name: str) -> Any:
        return declared()[name].default

    def all_but(table: str, columns: list[str]) -> str:
        return f"{table}.* exclude ({', '.join(columns)})"

    shares = PROJECT.joinpath("macros", "rate.sql").read_text(encoding="utf-8")
    macros = jinja2.Environment().from_string(shares, globals={"setting": setting}).module

    def rendered(*path: str) -> str:
        text = PROJECT.joinpath("models", *path).read_text(encoding="utf-8")
        return jinja2.Template(text).render(
            ref=lambda name: name,
            setting=setting,
            rate=macros.rate,  # type: ignore[attr-defined]
            shrunken=macros.shrunken,  # type: ignore[attr-defined]
            all_but=all_but,
            config=lambda **_: "",
        )

    steps = ("int_valued_sides", "int_selling_day_errors", "int_segment_value_errors")
    return {name: rendered("intermediate", "advice", f"{name}.sql") for name in steps} | {
        "segment_values": rendered("marts", "icp", "segment_values.sql")
    }


VALUE_SUMS = (
    "closed_deals", "won_deals", "unvalued_won_deals", "won_amount", "squared_amount", "timed_won_deals", "days", "squared_days",
    "timed_amount", "squared_timed_amount", "amount_days", "squared_account_amount", "account_amount_deals", "squared_account_deals",
)  # fmt: skip
"""What int_segment_values adds up for a segment, of deals of which none repeats another: their decisions are the deals."""


def value_segments(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]], missing_reason: str | None = None
) -> None:
    """Views up to segment_values over rows of a dimension, a segment and `VALUE_SUMS`."""
    decided = {
        "decisions": "closed_deals", "won_decisions": "won_deals", "timed_won_decisions": "timed_won_deals", "decision_days": "days",
    }  # fmt: skip
    columns = ", ".join(f"{name} double" for name in VALUE_SUMS)
    connection.execute(f"create table sums (dimension varchar, segment varchar, {columns})")
    connection.executemany(f"insert into sums values ({', '.join('?' * (2 + len(VALUE_SUMS)))})", rows)
    alls = ", ".join(f"sum({name}) over (partition by dimension) as all_{name}" for name in (*VALUE_SUMS, *decided))
    named = ", ".join(f"{name} as {decisions}" for decisions, name in decided.items())
    connection.execute(
        f"create table int_segment_values as select *, {alls} from (select *, {named} from sums) as told"
    )
    connection.execute(
        "create table win_rate_baseline as select 'window' as period, $1::varchar as value_missing_reason, 'all' as population",
        [missing_reason],
    )
    for name, statement in segment_value_statements().items():
        connection.execute(f"create view {name} as {statement}")


def value_ratio_report(
    rng: np.random.Generator, deals: int, shape: str, rest: int = 4, repeated: int = 100, per_account: float = 1.0
) -> Measured:
    """Does the interval of the value ratio hold the truth, 1? Many companies at once, each a dimension of two segments.

    Deals of an account are of a size, and are won alike (latent likeness .30).
    """
    rows = []
    for company in range(repeated):
        for segment, number in (("own", deals), ("rest", rest * deals)):
            account, habit, size = np.arange(number), np.zeros(number), np.ones(number)
            if per_account > 1:
                account = rng.integers(0, round(number / per_account), number)
                accounts = int(account.max()) + 1
                habit = rng.normal(0, np.sqrt(np.pi**2 / 3 * 0.30 / 0.70), accounts)[account]
                size = np.exp(rng.normal(0, 0.8, accounts))[account]
            won = rng.random(number) < special.expit(special.logit(0.40) + habit)
            value = np.where(won, size * _amounts(rng, shape, number), 0.0)
            of_account, its_deals = np.bincount(account, weights=value), np.bincount(account)
            days = rng.gamma(4.0, 20.0, number)
            sums = (value.sum(), (value**2).sum())
            times = (days.sum(), (days**2).sum())
            rows.append(
                (
                    str(company),
                    segment,
                    number,
                    int(won.sum()),
                    0,
                    *sums,
                    int(won.sum()),
                    *times,
                    *sums,
                    (value * days).sum(),
                    (of_account**2).sum(),
                    (of_account * its_deals).sum(),
                    float((its_deals**2).sum()),
                )
            )
    with duckdb.connect() as connection:
        value_segments(connection, rows)
        found = connection.execute(
            """select value_ratio_low, value_ratio_high, day_ratio_low, day_ratio_high, value_verdict
from segment_values
where segment = 'own' and value_ratio is not null"""
        ).fetchall()
    return {
        "covered": [float(low <= 1 <= high) for low, high, *_ in found],
        "day covered": [float(low <= 1 <= high) for _, _, low, high, _ in found],
        "worth less": [float(verdict == "worth less") for *_, verdict in found],
    }


def _amounts(rng: np.random.Generator, shape: str, number: int) -> Floats:
    if shape == "log-normal":
        return np.exp(rng.normal(0, 1.0, number))
    if shape == "even":
        return np.exp(rng.normal(0, 0.6, number))
    if shape == "gamma":
        return rng.gamma(0.7, 1.0, number)
    return np.exp(rng.normal(0, 0.5, number)) * np.where(rng.random(number) < 0.10, 8.0, 1.0)


# ---------------------------------------------------------------- what is asked


def specs() -> list[Spec]:
    """C1 to C7, with the repetitions of the full profile."""
    made: list[Spec] = []

    def add(identifier: str, name: str, measure: Any, repetitions: int, targets: Any, **settings: Any) -> None:
        made.append(Spec(identifier, name, measure, repetitions, tuple(targets), settings))

    quiet = [
        ("mix or better said", "mix said", None, 0.10),
        ("within said", "within said", None, 0.10),
        ("within claimed", "within claimed", None, 0.03),
        ("any segment said", "segment said", None, 0.12),
        ("any segment claimed", "segment claimed", None, 0.04),
    ]
    holding = [
        ("mix interval covers", "mix covered", 0.93, None),
        ("within interval covers", "within covered", 0.93, None),
    ]
    for deals in (32, 127, 500):
        add("C1", f"nothing moved n={deals}", change_report, 400, quiet, deals=deals)
    for kind in ("sparse", "dense", "overlap"):
        add(
            "C2", f"{kind}, other shares n=127", change_report, 300, holding, deals=127, kind=kind, shift="other shares"
        )
        better = [*holding, ("mix - true", "mix error", -0.06, 0.01), ("within claimed", "within claimed", None, 0.06)]
        for deals in (127, 500):
            name = f"{kind}, shares of winners n={deals}"
            add("C2", name, change_report, 300, better, deals=deals, kind=kind, shift="towards winners")
        name = f"{kind}, won 9 points less n=127"
        add("C2", name, change_report, 300, holding, deals=127, kind=kind, within=-0.09)
    masked = [
        ("called masked", "masked", 0.60, None),
        ("mix - true", "mix error", -0.06, 0.01),
        *holding,
    ]
    add(
        "C3",
        "dense, mix up, within 9 points down n=2000",
        change_report,
        150,
        masked,
        deals=2000,
        kind="dense",
        shift="towards winners",
        within=-0.09,
    )
    for deals in (127, 500):
        for kind in ("null", "dense"):
            year = [*holding, ("within said", "within said", None, 0.10)]
            add(
                "C4",
                f"{kind}, year before n={deals}",
                change_report,
                300,
                year,
                deals=deals,
                kind=kind,
                compared=NOW - 4,
            )
    recorded = [
        ("recording interval covers", "recording covered", 0.93, None),
        ("mix interval covers", "mix covered", 0.93, None),
        ("within interval covers", "within covered", 0.93, None),
        ("recording said", "recording said", None, 0.10),
    ]
    for kind in ("null", "sparse"):
        for deals in (127, 500):
            add(
                "C4",
                f"{kind}, 40 % empty before, 5 % now n={deals}",
                change_report,
                300,
                recorded,
                deals=deals,
                kind=kind,
                blanks=(0.40, 0.05),
            )
    for together in (False, True):
        for deals in (128, 500):
            name = f"4 deals an account{', in one quarter' if together else ''} n={deals}"
            add("C5", name, change_report, 300, [*quiet[:2], quiet[3]], deals=deals, per_account=4, together=together)
    for deals in (32, 127):
        shut = [("gate opens", "opens", None, 0.06), ("accounts in A or D", "in A or D", None, 0.03)]
        add("C6", f"accounts alike n={deals}", scorecard_report, 200, shut, deals=deals, kind="null")
    shut = [("gate opens", "opens", None, 0.06)]
    add("C6", "accounts alike, 4 deals each n=128", scorecard_report, 200, shut, deals=128, kind="null", per_account=4)
    told = [("A promised - true", "A promised - true", -0.03, 0.03)]
    for kind, least in (("sparse", 0.60), ("dense", 0.90)):
        targets = [*told, ("gate opens", "opens", least, None)]
        add("C6", f"{kind} n=127", scorecard_report, 150, targets, deals=127, kind=kind)
    for shape in ("log-normal", "gamma", "a tenth of deals x 8"):
        for deals in (40, 100):
            targets = [
                ("ratio interval covers", "covered", 0.92, None),
                ("a day's covers", "day covered", 0.92, None),
                ("wrongly worth less", "worth less", None, 0.05),
            ]
            add("C7", f"{shape} n={deals}", value_ratio_report, 15, targets, deals=deals, shape=shape)
    for per_account in (1.5, 4.0):
        for deals in (40, 100):
            name = f"even sizes, {per_account:g} deals an account n={deals}"
            settings = {"deals": deals, "shape": "even", "per_account": per_account}
            add("C7", name, value_ratio_report, 15, targets, **settings)
    return made
