"""One simulated report each: what the shipped code and the naive rules said, against the truth.

Every function takes a random generator and the settings of a cell and returns plain
numbers; lists where a report yields several. Nothing is averaged here.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import lru_cache

import duckdb
import numpy as np

from benchmarks.accuracy import naive, oracle
from benchmarks.accuracy import scenarios as sc
from benchmarks.accuracy.scenarios import DIMENSIONS, SHARES, Company, Sample
from winloss.advice import statistics, steps
from winloss.advice.counts import QuarterCounts
from winloss.advice.evidence import DEPRIORITISE, KEEP_TESTING, TARGET_MORE, Selection, evidence_rows
from winloss.advice.loss_reasons import reason_changes
from winloss.advice.parameters import Parameters
from winloss.advice.personas import persona_evidence
from winloss.advice.qualification import FOLDS, score_threshold, threshold
from winloss.advice.selection import choose_window, select
from winloss.rows import Reader, Row

Measured = dict[str, float | list[float] | list[tuple[float, bool]]]
Value = tuple[str, int]


def _value(cell: tuple[tuple[str, str], ...]) -> Value:
    return cell[0][0], int(cell[0][1].rsplit(" ", 1)[1])


def _claims(selection: Selection) -> dict[Value, int]:
    return {_value(claim.cell): claim.sign for claim in selection.claims}


def _false_share(claims: dict[Value, int], truth: dict[Value, int]) -> float:
    wrong = sum(truth.get(value) != sign for value, sign in claims.items())
    return wrong / max(1, len(claims))


def _power(claims: dict[Value, int], truth: dict[Value, int]) -> float:
    return sum(claims.get(value) == sign for value, sign in truth.items()) / max(1, len(truth))


def null_report(rng: np.random.Generator, deals: int, base: float, with_pairs: bool = False) -> Measured:
    """Nothing matters: every claim is false."""
    sample = sc.draw(rng, _null(base), deals)
    selection = select(sample.source(), DIMENSIONS, with_pairs=with_pairs)
    return {
        "ours": float(len(selection.claims) > 0),
        "pairs": float(len(selection.pair_claims) > 0),
        "naive": float(len(naive.claims(sample)) > 0),
    }


@lru_cache(maxsize=8)
def _null(base: float) -> Company:
    return sc.null(base)


def effects_report(
    rng: np.random.Generator,
    deals: int,
    base: float = 0.40,
    spread: float | None = None,
    with_oracle: bool = False,
) -> Measured:
    """Three values matter (or, with a spread, all of them a little)."""
    company = sc.sparse(rng, base) if spread is None else sc.dense(rng, spread, base)
    sample = sc.draw(rng, company, deals)
    selection = select(sample.source(), DIMENSIONS, with_pairs=False)
    claims, rules, truth = _claims(selection), naive.claims(sample), company.true_values
    by_value = {_value(e.cell): e for e in selection.evidence}
    reported, true, covered, naive_gap = [], [], [], []
    for value, sign in claims.items():
        evidence = by_value[value]
        lift = sc.true_lift(company, value, frozenset(claims) - {value})
        expected, low, high = evidence.expected_lift, evidence.expected_lift_low, evidence.expected_lift_high
        if expected is None or low is None or high is None:
            raise AssertionError(f"a claim without an effect: {value}")
        reported.append(sign * expected)
        true.append(sign * lift)
        covered.append(float(low <= lift <= high))
    rates = company.true_rates
    for value, (count, won) in naive.rates(sample).items():
        if rules.get(value) == 1:
            naive_gap.append(won / count - rates[value])
    best = _top(selection)
    return {
        "false_share": _false_share(claims, truth),
        "power": _power(claims, truth),
        "naive_false_share": _false_share(rules, truth),
        "naive_power": _power(rules, truth),
        "reported": reported,
        "true": true,
        "covered": covered,
        "naive_gap": naive_gap,
        "top": rates[best] - base,
        "naive_top": rates[naive.best_raw_rate(sample)] - base,
        "best_top": max(rates.values()) - base,
        "beliefs": oracle.beliefs(sample, base, truth) if with_oracle else [],
    }


def _top(selection: Selection) -> Value:
    """The value ranked first: the highest win rate after 25 imaginary average deals."""
    return _value(max(selection.evidence, key=lambda e: (e.shrunken_win_rate, e.cell)).cell)


def confounded_report(rng: np.random.Generator, deals: int) -> Measured:
    """Revenue matters, industry does not, but industries differ in revenue."""
    company = _confounded()
    sample = sc.draw(rng, company, deals)
    claims = _claims(select(sample.source(), DIMENSIONS, with_pairs=False))
    return {
        "ours": float(sum(dimension == "industry" for dimension, _ in claims)),
        "naive": float(sum(dimension == "industry" for dimension, _ in naive.claims(sample))),
    }


@lru_cache(maxsize=1)
def _confounded() -> Company:
    return sc.confounded()


def time_report(rng: np.random.Generator, deals: int) -> Measured:
    """Nothing matters, but the win rate falls while one lead source is new."""
    sample = sc.draw(rng, sc.time_confounded(), deals, quarters=8)
    return {
        "ours": float(len(select(sample.source(), DIMENSIONS, with_pairs=False).claims)),
        "naive": float(len(naive.claims(sample))),
    }


def backtest(rng: np.random.Generator, deals: int, drift: float = 0.0, looks: int = 4) -> Measured:
    """Twelve quarters; after each of the last four recommend, and see what the next would give."""
    quarters = 8 + looks
    companies = [sc.sparse(rng)]
    for _ in range(quarters - 1):
        companies.append(_drifted(rng, companies[-1], drift) if drift else companies[-1])
    parts = [sc.draw(rng, company, deals, quarters=1) for company in companies]
    history = Sample(
        {d: np.concatenate([part.codes[d] for part in parts]) for d in DIMENSIONS},
        np.repeat(np.arange(quarters), deals),
        np.concatenate([part.won for part in parts]),
        np.concatenate([part.odds for part in parts]),
    )
    ours, rules, false_shares, naive_false = [], [], [], []
    best_possible = []
    for now in range(7, 7 + looks):
        truth = companies[now + 1]
        base = sc.overall_rate(truth)
        lifts = {value: rate - base for value, rate in truth.true_rates.items()}
        so_far = [QuarterCounts(_label(q), deals, deals // 2) for q in range(now + 1)]
        window = [_number(label) for label in choose_window(so_far, _label(now))]
        selection = select(history.source(window), DIMENSIONS, with_pairs=False)
        chosen = _recommended(selection)
        ours.append(20 * lifts[chosen] if chosen else 0.0)
        profile = naive.ideal_profile(parts[now])
        rules.append(20 * float(np.mean([lifts[value] for value in profile])) if profile else 0.0)
        best_possible.append(20 * max(lifts.values()))
        claims = _claims(selection)
        if claims:
            false_shares.append(_false_share(claims, companies[now].true_values))
        strong = naive.claims(parts[now])
        if strong:
            naive_false.append(_false_share(strong, companies[now].true_values))
    return {
        "ours": float(np.mean(ours)),
        "naive": float(np.mean(rules)),
        "oracle": float(np.mean(best_possible)),
        "false_share": false_shares,
        "naive_false_share": naive_false,
    }


def _label(quarter: int) -> str:
    return f"{2020 + quarter // 4}-Q{quarter % 4 + 1}"


def _number(label: str) -> int:
    return 4 * (int(label[:4]) - 2020) + int(label[-1]) - 1


def _drifted(rng: np.random.Generator, company: Company, turnover: float) -> Company:
    """A quarter later: each effect may move to another value, and the base wanders."""
    effects = {d: e.copy() for d, e in company.effects.items()}
    for dimension, value in company.true_values:
        if rng.random() < turnover:
            effects[dimension][value] = 0.0
            free = [v for v in sc.VALUES if effects[v[0]][v[1]] == 0]
            new_dimension, new_value = free[rng.integers(len(free))]
            effects[new_dimension][new_value] = sc.LOG_ODDS * rng.choice([-1, 1])
    return replace(company, effects=effects, intercept=company.intercept + rng.normal(0, 0.10))


def _recommended(selection: Selection) -> Value | None:
    """The first recommendation to sell more to: a claim, or else the best bet."""
    wanted = [e for e in selection.evidence if e.action == TARGET_MORE or e.best_bet]
    if not wanted:
        return None

    return _value(max(wanted, key=lambda e: (e.expected_gain or 0.0, e.cell)).cell)


def persona_report(rng: np.random.Generator, deals: int) -> Measured:
    """No title matters, won deals carry more contacts."""
    counts = sc.contacts(rng, deals, extra_on_won=1.0)
    rows = persona_evidence(counts.presence, counts.contacts, counts.coverage, are_contacts_dated=True)
    q = Parameters().false_discovery_rate
    return {
        "ours": float(sum(row["q_value"] is not None and float(row["q_value"]) <= q for row in rows)),
        "naive": float(len(naive.personas(counts.presence))),
    }


@lru_cache(maxsize=8)
def _model(auc: float) -> sc.ScoreModel:
    return sc.score_model(auc)


def score_report(rng: np.random.Generator, deals: int, auc: float, base: float = 0.40) -> Measured:
    """A score with this area under the curve: the cut it gives, judged on all future deals."""
    model = _model(auc)
    won = rng.random(deals) < base
    place = np.where(
        won,
        rng.choice(model.scores.size, deals, p=model.given_won),
        rng.choice(model.scores.size, deals, p=model.given_lost),
    )
    fold = rng.integers(0, FOLDS, deals)
    table: dict[tuple[int, int], list[int]] = {}
    for f, p, w in zip(fold.tolist(), place.tolist(), won.tolist()):
        cell = table.setdefault((f, p), [0, 0])
        cell[0] += 1
        cell[1] += int(w)
    result = threshold(
        [
            {"score": float(model.scores[p]), "fold": f, "deals": cell[0], "won": cell[1]}
            for (f, p), cell in table.items()
        ],
        deals,
    )
    all_deals = np.bincount(place, minlength=model.scores.size)
    all_won = np.bincount(place[won], minlength=model.scores.size)
    cut = score_threshold(model.scores, all_deals, all_won)
    rule = naive.threshold(model.scores, all_deals, all_won)
    return {
        "youden": model.youden(cut) if cut is not None else 0.0,
        "cut": [] if cut is None else [cut],
        "is_predictive": float(bool(result["is_predictive"])),
        "naive_youden": model.youden(rule),
        "naive_cut": rule,
        "best_youden": max(model.youden(float(score)) for score in model.scores),
    }


def reasons_report(rng: np.random.Generator, losses: int, moved: bool) -> Measured:
    """Losses of two quarters; with `moved` the third reason rises from 15% to 32%."""
    now = sc.REASON_SHARES.copy()
    if moved:
        now *= (1 - 0.32) / (1 - now[2])
        now[2] = 0.32
    counts, previous = rng.multinomial(losses, now), rng.multinomial(losses, sc.REASON_SHARES)
    rows = reason_changes(
        [
            {"reason": f"reason {i}", "losses": int(a), "previous_losses": int(b)}
            for i, (a, b) in enumerate(zip(counts, previous))
        ]
    )
    return {
        "flags": float(sum(bool(row["is_changed"] or row["is_promising"]) for row in rows)),
        "found": float(any(row["reason"] == "reason 2" and row["direction"] == "up" for row in rows)),
        "naive": float(naive.reason_changes(counts, previous)),
    }


def value_report(rng: np.random.Generator, deals: int, sigma: float, base: float = 0.40) -> Measured:
    """Log-normal deal sizes that do not depend on winning: does the interval hold the truth?"""
    amount = rng.lognormal(10, sigma, deals)
    won = rng.random(deals) < base
    weighted = statistics.value_weighted_rate(float(amount.sum()), float(amount[won].sum()), float((amount**2).sum()))
    low, high = statistics.wilson_interval(int(won.sum()), deals)
    rate = float(amount[won].sum() / amount.sum())
    shift = rate - won.mean()
    return {
        "ours": float(weighted is not None and weighted[1] <= base <= weighted[2]),
        "naive": float(low + shift <= base <= high + shift),
    }


def detectable_report(rng: np.random.Generator, deals: int, dimension: str, value: int, base: float) -> Measured:
    """A report on nothing states the smallest lift it could see; once its deals truly have it, is it claimed?"""
    sample = sc.draw(rng, _null(base), deals)
    by_value = {_value(e.cell): e for e in select(sample.source(), DIMENSIONS, with_pairs=False).evidence}
    stated = by_value[dimension, value].min_detectable_difference
    if stated is None:
        return {"ours": [], "stated": []}
    inside = sample.codes[dimension] == value
    rest = base - float(SHARES[dimension][value]) * stated
    won = (rng.random(deals) < np.where(inside, rest + stated, rest)).astype(np.int64)
    claims = _claims(select(replace(sample, won=won).source(), DIMENSIONS, with_pairs=False))
    return {"ours": float(claims.get((dimension, value)) == 1), "stated": stated}


def repeated_report(rng: np.random.Generator, deals: int) -> Measured:
    """The same deals shuffled, twice: 1 when every byte of the evidence is the same."""
    sample = sc.draw(rng, sc.sparse(rng), deals)
    order = rng.permutation(deals)
    shuffled = Sample(
        {d: codes[order] for d, codes in sample.codes.items()},
        sample.quarter[order],
        sample.won[order],
        sample.odds[order],
    )
    texts = {json.dumps(evidence_rows(select(part.source(), DIMENSIONS))) for part in (sample, shuffled, sample)}
    return {"ours": float(len(texts) == 1)}


def standard_error(values: list[float]) -> float:
    """Standard error of a mean."""
    return float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.inf


# ---------------------------------------------------------------- the other families of findings


@lru_cache(maxsize=1)
def _marts() -> duckdb.DuckDBPyConnection:
    """Empty marts about people, to count them by the SQL that every build runs."""
    connection = duckdb.connect()
    connection.execute(
        "create table dim_settings (setting varchar, value varchar);"
        "create table dim_periods as select 'window' as period, false as has_undated_deals, "
        "date '2025-01-01' as starts_on, date '2026-01-01' as ends_before_on;"
        "create table contact_coverage (period varchar, won_deals bigint, lost_deals bigint, won_deals_with_contacts bigint, "
        "lost_deals_with_contacts bigint, dated_share double);"
        "create table fct_closed_deals (deal_key varchar, is_won integer, created_on date, closed_on date, cycle_days integer, decision_line integer);"
        "create table bridge_deal_contacts (deal_key varchar, persona varchar, buying_role varchar, role_source varchar, "
        "added_on date, is_counted boolean)"
    )
    return connection


def _people(drawn: sc.DatedContacts) -> list[Row]:
    """What the advice says of the people on these deals, all closed on one day."""
    connection = _marts()
    connection.execute("delete from contact_coverage; delete from fct_closed_deals; delete from bridge_deal_contacts")
    wins, deals = int(drawn.won.sum()), drawn.won.size
    connection.execute("insert into contact_coverage values ('window', ?, ?, ?, ?, 1)", [wins, deals - wins] * 2)
    connection.execute(
        "insert into fct_closed_deals select deal, won, date '2025-06-30' - cycle, date '2025-06-30', cycle, 1 "
        "from (select unnest(?) as deal, unnest(?) as won, unnest(?) as cycle)",
        [[str(deal) for deal in range(deals)], drawn.won.tolist(), drawn.cycle_days.tolist()],
    )
    connection.execute(
        "insert into bridge_deal_contacts select deal, 'title ' || title, 'unknown', 'none', date '2025-06-30' - cycle + day, true "
        "from (select unnest(?) as deal, unnest(?) as title, unnest(?) as cycle, unnest(?) as day)",
        [
            [str(deal) for deal in drawn.deal.tolist()],
            drawn.title.tolist(),
            drawn.cycle_days[drawn.deal].tolist(),
            drawn.day.tolist(),
        ],
    )

    def query(sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
        answer = connection.execute(sql)
        return [column[0] for column in answer.description or ()], answer.fetchall()

    return steps.persona_evidence(Reader(query, lambda name: name))


def _at_the_close(drawn: sc.DatedContacts) -> list[Row]:
    """The same test on everyone on record at the close."""
    deals, titles = drawn.won.size, int(drawn.title.max()) + 1
    count = np.bincount(drawn.deal, minlength=deals)
    present = np.zeros((deals, titles), dtype=bool)
    present[drawn.deal, drawn.title] = True
    presence: list[Row] = []
    totals: list[Row] = []
    for size in np.unique(count[count > 0]).tolist():
        inside = count == size
        totals.append({"contact_count": size, "deals": int(inside.sum()), "won": int(drawn.won[inside].sum())})
        for title in range(titles):
            has = inside & present[:, title]
            counts = {"deals": int(has.sum()), "won": int(drawn.won[has].sum())}
            presence.append({"persona_type": "persona", "persona": f"title {title}", "contact_count": size, **counts})
    wins = int(drawn.won.sum())
    coverage: Row = {
        "won_deals": wins, "won_deals_with_contacts": wins, "lost_deals": deals - wins, "lost_deals_with_contacts": deals - wins
    }  # fmt: skip
    return persona_evidence(presence, totals, coverage, are_contacts_dated=True)


_CLAIMS = (TARGET_MORE, DEPRIORITISE)


def dated_people_report(
    rng: np.random.Generator, deals: int, late: bool = False, signer: bool = False, odds_ratio: float = 1.0
) -> Measured:
    """Titles that come late, or on winning, or that matter from the start: claimed, and claimed or promising."""
    drawn = sc.dated_contacts(rng, deals, late, signer, odds_ratio)
    rows, naive_rows = _people(drawn), _at_the_close(drawn)
    rate = Parameters().false_discovery_rate
    true = "title 0" if odds_ratio > 1 else ""
    return {
        "ours": float(any(row["action"] in _CLAIMS and row["persona"] != true for row in rows)),
        "found": float(any(row["action"] == TARGET_MORE and row["persona"] == true for row in rows)),
        "found_promising": float(
            any(
                row["persona"] == true and row["q_value"] is not None and float(row["q_value"]) <= rate
                and row["action"] in (TARGET_MORE, KEEP_TESTING)
                for row in rows
            )
        ),
        "naive": float(any(row["action"] in _CLAIMS and row["persona"] != true for row in naive_rows)),
    }  # fmt: skip


def sellers_report(rng: np.random.Generator, losses: int, moved: bool) -> Measured:
    """Loss reasons of sellers with habits whose mix moves: claimed and promising changes; naive takes all sellers as one."""
    drawn = sc.reasons_of_sellers(rng, losses, moved)
    rows = reason_changes(drawn)
    together: dict[str, list[int]] = {}
    for row in drawn:
        seen = together.setdefault(str(row["reason"]), [0, 0])
        seen[0] += int(row["losses"] or 0)
        seen[1] += int(row["previous_losses"] or 0)
    pooled = reason_changes([{"reason": r, "losses": a, "previous_losses": b} for r, (a, b) in together.items()])

    def passes(row: Row) -> bool:
        return bool(row["is_changed"] or row["is_promising"])

    return {
        "ours": float(any(row["is_changed"] for row in rows)),
        "flags": float(any(passes(row) for row in rows)),
        "naive": float(any(passes(row) for row in pooled)),
        "found": float(any(row["reason"] == "reason 2" and row["is_changed"] for row in rows)),
        "found_promising": float(any(row["reason"] == "reason 2" and passes(row) for row in rows)),
    }


def _scored(rng: np.random.Generator, deals: int, auc: float, base: float = 0.40) -> tuple[Row, sc.ScoreModel]:
    model = _model(auc)
    won = rng.random(deals) < base
    size = model.scores.size
    place = np.where(won, rng.choice(size, deals, p=model.given_won), rng.choice(size, deals, p=model.given_lost))
    fold = rng.integers(0, FOLDS, deals)
    cells, where = np.unique(np.stack([fold, place]), axis=1, return_inverse=True)
    counts, wins = np.bincount(where.ravel()), np.bincount(where.ravel(), weights=won)
    rows: list[Row] = [
        {"score": float(model.scores[p]), "fold": int(f), "deals": int(n), "won": int(w)}
        for (f, p), n, w in zip(cells.T.tolist(), counts, wins)
    ]
    return threshold(rows, deals), model


def gated_score_report(rng: np.random.Generator, deals: int, auc: float) -> Measured:
    """Graded strong, shown at all, and what is shown of unseen deals less the truth of the threshold shown."""
    result, model = _scored(rng, deals, auc)
    cut, shown = result["score_threshold"], result["cross_validated_youden"]
    is_shown = isinstance(cut, float) and isinstance(shown, float)
    return {
        "ours": float(result["grade"] == "strong"),
        "shown": float(bool(result["is_predictive"])),
        "gap": [float(shown) - model.youden(float(cut))] if is_shown else [],  # type: ignore[arg-type]
    }


def whole_report(rng: np.random.Generator, deals: int, base: float = 0.40) -> Measured:
    """Eight quarters in which nothing matters: is any finding, of any family, graded as a claim, and any shown as promising?"""
    sample = sc.draw(rng, _null(base), deals, quarters=8)
    selection = select(sample.source(), DIMENSIONS, with_pairs=True)
    people = _people(sc.dated_contacts(rng, deals, base=base))
    score, _ = _scored(rng, deals, 0.50, base)
    quarters = [(int(sample.won[sample.quarter == q].sum()), int((sample.quarter == q).sum())) for q in (7, 6)]
    losses = [closed - won for won, closed in quarters]
    told = [rng.multinomial(number, sc.REASON_SHARES) for number in losses]
    reasons = reason_changes(
        [{"reason": str(i), "losses": int(a), "previous_losses": int(b)} for i, (a, b) in enumerate(zip(*told))]
    )
    constants = Parameters()
    changed = [False, False]
    if min(closed for _, closed in quarters) >= constants.minimum_deals:
        for place, confidence in enumerate((0.99, 0.95)):
            low, high = statistics.newcombe_interval(*quarters[0], *quarters[1], confidence)
            changed[place] = low > 0 or high < 0
    families = {
        "segments": len(selection.claims) > 0,
        "pairs": len(selection.pair_claims) > 0,
        "people": any(row["action"] in _CLAIMS for row in people),
        "score": score["grade"] == "strong",
        "reasons": any(row["is_changed"] for row in reasons),
        "change": changed[0],
    }
    return {"ours": float(any(families.values())), **{name: float(said) for name, said in families.items()}}
