"""Which accounts fit: an expected win rate by what an account is, tiers by its distance from the base rate, judged on deals it had not seen.

Effects of the attributes of accounts come from `effects`. Each of the latest quarters is scored from the quarters before it, as the backtest
does; only where those scores rank its deals better than treating all accounts alike may a tier be shown. Nothing about one account is
held here: accounts count by their profile, the values they have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from winloss.advice import effects, selection, statistics
from winloss.advice.changes import leaking_dimensions
from winloss.advice.counts import ATTRIBUTES, QuarterCounts
from winloss.advice.deals import of_decision, segments_design
from winloss.advice.effects import Effects, Segment
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import DesignEffect
from winloss.advice.steps import account_attributes, parameters, window_quarters
from winloss.figures import points
from winloss.rows import Reader, Row

_OTHERS = ""
"""What the values beyond `maximum_segments` are learned as; no account has it."""

TIERS = ("A", "B", "C", "D")
LOWEST, HIGHEST = 0.01, 0.99
Z = statistics.normal_quantile(0.975)

SCORES = {
    "kind": "text",
    "quarter": "text",
    "tier": "text",
    "dimension": "text",
    "segment": "text",
    "profile": "text",
    "closed_deals": "integer",
    "expected_win_rate": "number",
    "expected_win_rate_low": "number",
    "expected_win_rate_high": "number",
    "points": "number",
    "points_low": "number",
    "points_high": "number",
    "because": "text",
    "unseen_attributes": "text",
    "is_allowed": "truth",
    "missing_reason": "text",
    "base_rate": "number",
    "learned_deals": "integer",
    "judged_deals": "integer",
    "judged_quarters": "integer",
    "brier": "number",
    "everyone_brier": "number",
    "skill": "number",
    "auc": "number",
    "p_value": "number",
    "prior_deals": "integer",
    "naive_brier": "number",
    "naive_auc": "number",
    "deals_missing": "integer",
}
"""Columns of the scorecard: a row is its quality, a judged quarter x profile, an attribute's points, or a profile's score."""

Profile = tuple[str, ...]
"""Values of `ATTRIBUTES`, in their order, and behind them those of the attributes that the user added."""

_BETWEEN = "\x1f"
"""What stands between the values of a profile where it is one text, which tables are joined by."""

Counted = Mapping[str, Mapping[Profile, tuple[int, int]]]
"""Closed and won deals by quarter and profile: decisions, of which lines that nothing tells apart are one, or all lines."""


@dataclass(frozen=True)
class Score:
    """What is expected of a profile; `parts` are the points of its known values, `unseen` attributes without any."""

    expected: float
    low: float
    high: float
    parts: Mapping[str, float]
    unseen: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """Effects of one window and what follows from them: the average of each attribute and the tiers' margin."""

    found: Effects
    averages: Mapping[str, np.ndarray]
    margin: float
    names: tuple[str, ...] = ATTRIBUTES

    def score(self, profile: Profile) -> Score:
        """The base rate and the points of each attribute; one that is unknown or was not in the window counts as the average."""
        weights = np.zeros(len(self.found.segments))
        parts: dict[str, float] = {}
        unseen = []
        for attribute, value in zip(self.names, profile):
            if attribute not in self.averages:
                continue
            own = self.weights((attribute, value))
            if value == UNKNOWN or own is None:
                unseen.append(attribute)
                continue
            parts[attribute] = float(own @ self.found.effect)
            weights += own
        expected = self.found.base_rate + sum(parts.values())
        half = Z * self.found.spread(weights)
        bounds = [min(HIGHEST, max(LOWEST, value)) for value in (expected, expected - half, expected + half)]
        return Score(bounds[0], bounds[1], bounds[2], parts, tuple(unseen))

    def weights(self, segment: Segment) -> np.ndarray | None:
        """Of all effects, those that make a value's points over the average of its attribute; None where it has no deal."""
        if segment not in self.found.segments or not self.found.deals[self.found.segments.index(segment)]:
            return None
        weights: np.ndarray = -self.averages[segment[0]]
        weights[self.found.segments.index(segment)] += 1
        return weights

    def tier(self, expected: float) -> str:
        """By the distance from the base rate, never by rank: where nothing is told, A and D are empty."""
        distance = round(expected - self.found.base_rate, 9)
        return "A" if distance >= self.margin else "B" if distance >= 0 else "C" if distance > -self.margin else "D"


def learn(
    counted: Counted,
    window: Sequence[str],
    attributes: Sequence[str] = ATTRIBUTES,
    constants: Parameters = Parameters(),
    design: float = 1.0,
    prior: float | None = None,
    names: Sequence[str] = ATTRIBUTES,
) -> Card | None:
    """The scorecard that the quarters of `window` teach of `attributes`, some of the `names` of a profile; None where their deals all ended alike.

    Values beyond the largest `maximum_segments` of an attribute are learned as one, and have no points of their own.
    """
    seen = [
        (quarter, [(name, value) for name, value in zip(names, profile) if name in attributes], deals, won)
        for quarter in window
        for profile, (deals, won) in counted.get(quarter, {}).items()
    ]
    sizes: dict[Segment, int] = {}
    for _, segments, deals, _ in seen:
        for segment in segments:
            sizes[segment] = sizes.get(segment, 0) + deals
    renamed = effects.folded(list(sizes.items()), constants.maximum_segments, _OTHERS)
    rows = []
    shared: dict[tuple[Segment, Segment], int] = {}
    for quarter, segments, deals, won in seen:
        own = [renamed.get(segment, segment) for segment in segments]
        rows += [(quarter, segment, deals, won) for segment in own]
        for place, first in enumerate(own):
            for second in own[place + 1 :]:
                shared[first, second] = shared.get((first, second), 0) + deals
    if not rows:
        return None
    overlaps = [(first, second, deals) for (first, second), deals in sorted(shared.items())]
    found = effects.fit(effects.counts_by_quarter(rows), overlaps, prior=prior, design=design, constants=constants)
    return (
        None
        if found is None
        else Card(found, {name: found.average(name) for name in attributes}, constants.tier_margin, tuple(names))
    )


# ---------------------------------------------------------------- judged on deals it had not seen


@dataclass(frozen=True)
class Judged:
    """A profile's deals in a quarter, what was expected of them, by whom, and the tier they stood in."""

    quarter: str
    profile: Profile
    deals: int
    won: int
    expected: float
    everyone: float
    naive: float
    tier: str


def judge(
    counted: Counted,
    quarters: Sequence[str],
    attributes: Sequence[str] = ATTRIBUTES,
    constants: Parameters = Parameters(),
    design: float = 1.0,
    names: Sequence[str] = ATTRIBUTES,
) -> list[Judged]:
    """The latest `quarters` (oldest first), each scored from the quarters before it; those after too few deals are left out."""
    sizes = [
        QuarterCounts(q, *(sum(c[place] for c in counted[q].values()) for place in (0, 1)))
        for q in quarters
        if q in counted
    ]
    result: list[Judged] = []
    for place in range(max(1, len(sizes) - constants.scorecard_judged_quarters), len(sizes)):
        window = selection.choose_window(sizes[:place], parameters=constants)
        if sum(row.deals for row in sizes[:place] if row.quarter in window) < constants.scorecard_minimum_deals:
            continue
        card = learn(counted, window, attributes, constants, design, names=names)
        if card is None:
            continue
        best = _fit_score_values(counted, window, constants)
        for profile, (deals, won) in sorted(counted[sizes[place].quarter].items()):
            expected = card.score(profile).expected
            naive = sum(weight for name, weight in FIT_SCORE.items() if (name, profile[ATTRIBUTES.index(name)]) in best)
            result.append(
                Judged(
                    sizes[place].quarter,
                    profile,
                    deals,
                    won,
                    expected,
                    card.found.base_rate,
                    naive,
                    card.tier(expected),
                )
            )
    return result


FIT_SCORE = {"industry": 0.35, "revenue_band": 0.35, "employee_band": 0.15, "region": 0.15}
"""The weights of the usual fit score, to compare with: a value that won often counts in full, any other not at all."""


def _fit_score_values(counted: Counted, window: Sequence[str], constants: Parameters) -> set[Segment]:
    """Values that won often on a few deals, as a dashboard would pick them; of an attribute without any, the best."""
    sums: dict[Segment, tuple[int, int]] = {}
    for quarter in window:
        for profile, (deals, won) in counted.get(quarter, {}).items():
            for name, value in zip(ATTRIBUTES, profile):
                before = sums.get((name, value), (0, 0))
                sums[name, value] = before[0] + deals, before[1] + won
    chosen: set[Segment] = set()
    for name in ATTRIBUTES:
        rates = {
            segment: won / deals
            for segment, (deals, won) in sorted(sums.items())
            if segment[0] == name and segment[1] != UNKNOWN and deals >= constants.naive_minimum_deals
        }
        often = {segment for segment, rate in rates.items() if rate >= _OFTEN}
        chosen |= often or set(sorted(rates, key=lambda segment: -rates[segment])[:1])
    return chosen


_OFTEN = 0.60


def quality(
    judged: Sequence[Judged],
    learned_deals: int,
    prior: float | None,
    constants: Parameters,
    design: DesignEffect,
    lines: tuple[int, int] | None = None,
) -> Row:
    """Whether tiers may be shown, and why not: how scores did on unseen deals, compared with treating all accounts alike.

    `lines` are the deals learned from and judged to show, where several are one decision.
    """
    deals, won = sum(row.deals for row in judged), sum(row.won for row in judged)
    lost, quarters = deals - won, len({row.quarter for row in judged})
    shown_learned, shown_judged = lines or (learned_deals, deals)
    row: Row = {
        "kind": "quality",
        "learned_deals": shown_learned,
        "judged_deals": shown_judged,
        "judged_quarters": quarters,
        "prior_deals": None if prior is None else round(prior),
        "is_allowed": False,
    }
    if judged:
        brier, everyone = _brier(judged, "expected"), _brier(judged, "everyone")
        skill = 1 - brier / everyone if everyone > 0 else None
        auc, p_value = _ranking(judged, "expected", design)
        row |= {"brier": brier, "everyone_brier": everyone, "skill": skill, "auc": auc, "p_value": p_value}
        row |= {"naive_brier": _brier(judged, "naive"), "naive_auc": _ranking(judged, "naive", design)[0]}
    few = min(won, lost) < MINIMUM_OUTCOMES
    missing = max(constants.scorecard_minimum_deals - learned_deals, constants.scorecard_judged_deals - deals, 0)
    if missing:
        row["deals_missing"] = missing
        row["missing_reason"] = f"too few closed deals to learn from and to judge by: {missing} more are needed"
    elif quarters < constants.scorecard_judged_quarters:
        row["missing_reason"] = (
            f"{quarters} of {constants.scorecard_judged_quarters} quarters can be judged by the quarters before them"
        )
    elif few:
        row["missing_reason"] = f"fewer than {MINIMUM_OUTCOMES} won or lost deals to judge by"
    elif row["p_value"] is None or float(row["p_value"]) > constants.gate_p or float(row["skill"] or 0) <= 0:
        row["missing_reason"] = (
            f"on {shown_judged} deals it had not seen, ranking accounts did no better than treating all alike"
        )
    else:
        row["is_allowed"] = True
    return row


MINIMUM_OUTCOMES = 20
"""Won deals, and lost ones, that a judgement needs."""


def _brier(judged: Sequence[Judged], by: str) -> float:
    """Mean squared error of what was expected of a deal (Brier 1950)."""
    total = sum(row.won * (1 - getattr(row, by)) ** 2 + (row.deals - row.won) * getattr(row, by) ** 2 for row in judged)
    return float(total) / sum(row.deals for row in judged)


def _ranking(judged: Sequence[Judged], by: str, design: DesignEffect) -> tuple[float | None, float | None]:
    """AUC and one-sided p of the Mann-Whitney test that won deals were expected to win, deals of an account counted for fewer."""
    by_score: dict[float, tuple[int, int]] = {}
    for row in judged:
        score = round(getattr(row, by), 9)
        before = by_score.get(score, (0, 0))
        by_score[score] = before[0] + row.won, before[1] + row.deals - row.won
    won, lost = (np.array([by_score[score][place] for score in sorted(by_score)], dtype=np.int64) for place in (0, 1))
    if not won.sum() or not lost.sum():
        return None, None
    auc, p = statistics.mann_whitney(won, lost)
    if design.factor > 1 and 0 < p < 1:
        z = -statistics.normal_quantile(p) / design.factor**0.5
        tail = float(statistics.two_sided_p(z)) / 2
        p = tail if z > 0 else 1 - tail
    return auc, p


# ---------------------------------------------------------------- the table of the step


def account_scores(reader: Reader) -> list[Row]:
    """Quality of the scorecard, what it expected of each judged quarter, the points of each value, and the score of each profile."""
    constants = parameters(reader)
    names = account_attributes(reader)
    counted, lines = _profile_quarters(reader, names)
    window = [quarter for quarter in window_quarters(reader) if quarter in counted]
    leaking = leaking_dimensions(reader)
    attributes = [name for name in names if name not in leaking]
    if not window or not attributes:
        return [quality([], 0, None, constants, DesignEffect())]
    design = segments_design(reader, attributes)
    judged = judge(counted, _ended_quarters(reader), attributes, constants, design.factor, names)
    card = learn(counted, window, attributes, constants, design.factor, names=names)
    learned = sum(deals for quarter in window for deals, _ in counted[quarter].values())
    shown = _deals(lines, window), _deals(lines, {row.quarter for row in judged})
    verdict = quality(judged, learned, card.found.prior if card else None, constants, design, shown)
    verdict["base_rate"] = card.found.base_rate if card else None
    rows = [verdict, *judged_rows(judged)]
    if card is not None:
        rows += [*_points(card, lines, window), *_profiles(reader, card)]
    return rows


def judged_rows(judged: Sequence[Judged]) -> list[Row]:
    """One row per judged quarter and profile: its tier, and what was expected of its deals."""
    return [
        {
            "kind": "judged",
            "quarter": row.quarter,
            "tier": row.tier,
            "profile": _BETWEEN.join(row.profile),
            "expected_win_rate": row.expected,
        }
        for row in judged
    ]


def _points(card: Card, lines: Counted, window: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for attribute, value in card.found.segments:
        weights = card.weights((attribute, value))
        if weights is None or value in (UNKNOWN, _OTHERS):
            continue
        number, half = float(weights @ card.found.effect), Z * card.found.spread(weights)
        row: Row = {"kind": "points", "dimension": attribute, "segment": value}
        row |= {"points": number, "points_low": number - half, "points_high": number + half}
        rows.append({**row, "closed_deals": _deals(lines, window, (card.names.index(attribute), value))})
    return rows


def _deals(lines: Counted, quarters: Collection[str], having: tuple[int, str] | None = None) -> int:
    """Closed deals of the quarters, all or those whose profile has a value at its place."""
    return sum(
        deals
        for quarter in quarters
        for profile, (deals, _) in lines[quarter].items()
        if having is None or profile[having[0]] == having[1]
    )


def _profiles(reader: Reader, card: Card) -> list[Row]:
    columns = ", ".join(card.names)
    found = reader.query(
        f"select {columns} from {reader.relation('dim_account_profiles')} group by {columns} order by {columns}"
    )
    rows: list[Row] = []
    for record in found[1]:
        profile = tuple(str(value) for value in record)
        score = card.score(profile)
        row: Row = {"kind": "profile", "profile": _BETWEEN.join(profile), "tier": card.tier(score.expected)}
        row |= {"expected_win_rate": score.expected}
        row |= {"expected_win_rate_low": score.low, "expected_win_rate_high": score.high}
        rows.append(
            {
                **row,
                "because": because(profile, score, card.names),
                "unseen_attributes": "; ".join(score.unseen) or None,
            }
        )
    return rows


def because(profile: Profile, score: Score, names: Sequence[str] = ATTRIBUTES) -> str | None:
    """The two values that move the expected rate most, in words; None where none moves it by half a point."""
    values = dict(zip(names, profile))
    moving = sorted((-abs(part), name) for name, part in score.parts.items() if abs(part) >= 0.005)
    said = [f"{name.replace('_', ' ')} {values[name]} {points(score.parts[name])} points" for _, name in moving[:2]]
    return "; ".join(said) or None


def _profile_quarters(reader: Reader, names: Sequence[str]) -> tuple[Counted, Counted]:
    """Decisions, which a scorecard learns from and is judged by, and all deals."""
    columns = ", ".join(names)
    records = reader.query(
        f"""select
    closed_quarter, count(*) as deals, sum(is_won) as won,
    sum({of_decision()}) as decisions,
    sum({of_decision("is_won")}) as won_decisions, {columns}
from {reader.relation("fct_closed_deals")}
where closed_quarter != '{UNKNOWN}'
group by closed_quarter, {columns}"""
    )[1]
    counted: dict[str, dict[Profile, tuple[int, int]]] = {}
    lines: dict[str, dict[Profile, tuple[int, int]]] = {}
    for quarter, deals, won, decisions, won_decisions, *values in records:
        profile = tuple(str(value) for value in values)
        lines.setdefault(str(quarter), {})[profile] = int(deals), int(won)
        if decisions:
            counted.setdefault(str(quarter), {})[profile] = int(decisions), int(won_decisions)
    return counted, lines


def _ended_quarters(reader: Reader) -> list[str]:
    """Quarters up to the one under review that have ended, oldest first."""
    rows = reader.rows(
        f"""select distinct deals.closed_quarter
from {reader.relation("fct_closed_deals")} as deals
inner join {reader.relation("dim_periods")} as periods
    on periods.period = 'quarter'
    and deals.closed_on < case when periods.is_partial then periods.starts_on else periods.ends_before_on end
order by deals.closed_quarter"""
    )
    return [str(row["closed_quarter"]) for row in rows]
