"""Deals of one account or owner, types of deals, young segments: what a company's deals share, the claims allow for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_tests.conftest import SampleBuild
from winloss.advice import counts, deals, statistics
from winloss.advice.counts import DealCounts, Question, cluster_sums, encode, grouped_types
from winloss.advice.deals import answers_design, segment_sums, segments_design, window_deals
from winloss.advice.designs import design_effects, segment_designs
from winloss.advice.evidence import Selection, evidence_rows
from winloss.advice.parameters import Parameters
from winloss.advice.selection import select
from winloss.advice.statistics import design_effect
from winloss.rows import Reader

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

WINDOW = ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]
DIMENSIONS = ["industry", "region"]


def company(seed: int, deals: int = 400, accounts: int = 90) -> list[dict[str, Any]]:
    """Deals of accounts of one industry each, three types, eight owners; a tenth of everything is not stated."""
    rng = np.random.default_rng(seed)
    industry = rng.choice(["Retail", "Mining", "Energy"], accounts)
    liking = rng.normal(0, 1.2, accounts)
    rows = []
    for number in range(deals):
        account = int(rng.integers(0, accounts))
        won = int(rng.random() < 1 / (1 + np.exp(0.4 - liking[account])))
        days = int(rng.integers(20, 160))
        closed = date(2025, 1, 1) + timedelta(days=int(rng.integers(0, 365)))
        rows.append(
            {
                "deal_key": f"d{number}",
                "account_key": None if rng.random() < 0.1 else f"a{account}",
                "owner": "unknown" if rng.random() < 0.1 else f"o{account % 8}",
                "deal_type": str(rng.choice(["new", "new", "new", "expansion", "services", "unknown"])),
                "industry": "unknown" if rng.random() < 0.1 else str(industry[account]),
                "region": str(rng.choice(["EMEA", "APAC"])),
                "is_won": won,
                "amount": 100.0,
                "closed_on": closed,
                "created_on": closed - timedelta(days=days),
                "cycle_days": days,
                "closed_quarter": f"2025-Q{(closed.month + 2) // 3}",
            }
        )
    return rows


def reader_over(rows: list[dict[str, Any]], repeated: str | None = None) -> Reader:
    """Marts of the deals; `repeated` is the SQL of base_repeated_deals, without which no deal repeats another."""
    connection = duckdb.connect()
    connection.execute(
        "create table fct_closed_deals (deal_key varchar, account_key varchar, owner varchar, deal_type varchar, industry varchar, "
        "region varchar, is_won integer, amount double, closed_on date, created_on date, cycle_days integer, closed_quarter varchar, "
        "decision_line integer default 1)"
    )
    connection.executemany(
        f"insert into fct_closed_deals values ({', '.join('?' * 12)}, 1)", [list(row.values()) for row in rows]
    )
    if repeated is not None:
        stated = set(re.findall(r"\b(?:accepted|valued)\.(\w+)", repeated)) - set(rows[0])
        nothing = "".join(f", null as {name}" for name in sorted(stated - {"outcome", "deal_id", "account_id"}))
        connection.execute(
            "create table base_deal_lines as select *, deal_key as deal_id, account_key as account_id, null as rule_id, "
            f"case when is_won = 1 then 'won' else 'lost' end as outcome{nothing} from fct_closed_deals"
        )
        connection.execute(
            f"update fct_closed_deals set decision_line = lines.decision_line from ({repeated}) as lines "
            "where fct_closed_deals.deal_key = lines.deal_id"
        )
    keys = "closed_quarter, deal_type, industry, region"
    connection.execute(
        f"create table int_deal_cells as select {keys}, count(*) as deals, sum(is_won) as won, sum(amount::decimal(18, 2)) as amount, "
        "count(*) filter (where decision_line = 1) as decisions, coalesce(sum(is_won) filter (where decision_line = 1), 0) as won_decisions, "
        "sum(amount::decimal(18, 2) * is_won) as won_amount, "
        "cast(sum(amount::decimal(18, 2) * amount::decimal(18, 2) * (2 * decision_line - 1)) as double) as squared_amount "
        f"from fct_closed_deals group by {keys}"
    )

    def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        answer = connection.execute(sql)
        return [column[0] for column in answer.description or ()], answer.fetchall()

    return Reader(query, lambda name: name)


def from_marts(rows: list[dict[str, Any]]) -> DealCounts:
    return window_deals(reader_over(rows), list(DIMENSIONS), WINDOW, Parameters())


def clusters_of(rows: list[dict[str, Any]]) -> list[list[str]]:
    """Account and owner of each deal; a deal without one is one of its own."""
    return [
        [row["deal_key"] if row[name] in (None, "unknown") else row[name] for row in rows]
        for name in ("account_key", "owner")
    ]


def in_memory(rows: list[dict[str, Any]], cohort: DealCounts | None = None) -> DealCounts:
    return DealCounts(
        {name: [row[name] for row in rows] for name in DIMENSIONS},
        [row["is_won"] for row in rows],
        [row["closed_quarter"] for row in rows],
        [row["amount"] for row in rows],
        deal_type=[row["deal_type"] for row in rows],
        clusters=clusters_of(rows),
        cohort=cohort,
    )


def of(selection: Selection, dimension: str, segment: str) -> Any:
    return next(e for e in selection.evidence if e.cell == ((dimension, segment),))


# ---------------------------------------------------------------- the design effect


@pytest.mark.parametrize("at_once", [1, 1 << 15])
def test_the_design_effect_is_that_of_pairs_counted_one_by_one(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_CELLS_AT_ONCE", at_once)
    rng = np.random.default_rng(3)
    segment, cluster = rng.integers(0, 3, 90), rng.integers(0, 14, 90)
    strata, won = rng.integers(0, 3, 90), rng.integers(0, 2, 90)
    rate = [won[strata == s].mean() for s in range(3)]
    rest = [won[i] - rate[strata[i]] for i in range(90)]
    share = [[(segment[strata == s] == v).mean() for s in range(3)] for v in range(3)]

    def belongs(i: int, v: int) -> float:
        return float(segment[i] == v) - float(share[v][strata[i]])

    same, other, crossed = [], [], 0.0
    for i, j in permutations(range(90), 2):
        if segment[i] == segment[j]:
            (same if cluster[i] == cluster[j] else other).append(rest[i] * rest[j])
        if cluster[i] == cluster[j]:
            crossed += sum(belongs(i, v) * belongs(j, v) for v in range(3))
    spread = sum(belongs(i, v) ** 2 for i in range(90) for v in range(3))
    variance = sum(r * r for r in rest) / (90 - 3)
    likeness = max(0.0, (float(np.mean(same)) - float(np.mean(other))) / (variance - float(np.mean(other))))
    factor = 1 + likeness * max(0.0, crossed / spread)
    factor *= (90 - 3) / (90 - 3 * factor)
    cells = len(set(zip(segment.tolist(), cluster.tolist())))

    found = statistics.design_effect(cluster_sums(segment, cluster, strata, won, minimum_deals=10))
    assert likeness > 0.01 and crossed > 0
    assert found.factor == pytest.approx(factor, abs=1e-8)
    assert found.degrees == pytest.approx((cells - 3) * (factor / (factor - 1)) ** 2, rel=1e-6)


def test_deals_that_share_nothing_have_no_design_effect() -> None:
    segment, won = np.arange(60) % 3, np.arange(60) % 2
    alone = cluster_sums(segment, np.arange(60), np.zeros(60, dtype=np.int64), won, 10)
    assert statistics.design_effect(alone) == statistics.DesignEffect()


def test_p_with_a_design_effect_is_that_of_students_t() -> None:
    # z = 3 of deals that count for a quarter is 1.5; of Student's t with 10 degrees: 2 * .0823 (tables: .0823)
    z, p = statistics.with_design_effect([3.0], [2 * 0.0013498980316301], statistics.DesignEffect(4.0, 10.0))
    assert float(z[0]) == pytest.approx(1.5)
    assert float(p[0]) == pytest.approx(0.16451, abs=2e-5)


@pytest.fixture(params=["counted here", "by SQL alone"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clusters as DuckDB hands them over, and as dimensions of many segments and other engines sum them."""
    if request.param == "by SQL alone":
        monkeypatch.setattr(deals, "SEGMENTS_COUNTED_HERE", 0)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("seed", [1, 2])
def test_the_engine_sums_clusters_like_memory(seed: int) -> None:
    rows = company(seed)
    one, other = from_marts(rows), in_memory(rows)
    for dimension in DIMENSIONS:
        for found, expected in zip(
            one._cluster_sums(dimension, Parameters()), other._cluster_sums(dimension, Parameters()), strict=True
        ):
            for name, value in vars(expected).items():
                assert getattr(found, name) == pytest.approx(value, abs=1e-7), (dimension, name)
        assert other.design([dimension], Parameters()).factor > 1 or dimension == "region"


@pytest.mark.parametrize("seed", [1, 2])
def test_in_whatever_order_deals_stand_the_sums_are_the_same_to_the_last_digit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [{**row, "amount": float(rng.integers(1, 10**7)) / 100} for row in company(seed, deals=2000)]
    one, *others = (from_marts([rows[i] for i in rng.permutation(len(rows))]) for _ in range(4))
    for other in others:
        for dimension in DIMENSIONS:
            assert other._cluster_sums(dimension, Parameters()) == one._cluster_sums(dimension, Parameters())
        assert other.segments(DIMENSIONS, WINDOW, Parameters()) == one.segments(DIMENSIONS, WINDOW, Parameters())


@pytest.mark.usefixtures("either_way")
def test_where_nothing_is_known_of_a_quarter_or_of_a_dimension_the_engine_sums_the_rest() -> None:
    rows = company(4)
    for row in rows:
        row["region"] = "unknown"
        if row["closed_quarter"] == "2025-Q1":
            row["industry"] = "unknown"
    asked = ["industry", "region", "deal_type"]
    sums = segment_sums(reader_over(rows), asked, WINDOW, Parameters())
    assert list(sums) == ["industry", "deal_type"]
    assert sums["industry"]["account_key"].strata == 9 and sums["deal_type"]["owner"].strata == 4
    in_python = DealCounts(
        {name: [row[name] for row in rows] for name in asked},
        [row["is_won"] for row in rows],
        [row["closed_quarter"] for row in rows],
        deal_type=[row["deal_type"] for row in rows],
        clusters=clusters_of(rows),
    )
    for dimension, by_cluster in sums.items():
        for found, expected in zip(by_cluster.values(), in_python._cluster_sums(dimension, Parameters()), strict=True):
            assert vars(found) == pytest.approx(vars(expected), abs=1e-7), dimension


def test_a_question_is_answered_by_few_entries_as_deal_by_deal() -> None:
    rows = company(6, deals=600)
    kinds = [row["deal_type"] for row in rows]
    large = sorted(set(kinds), key=lambda kind: -kinds.count(kind))[:2]
    flag, source = (("industry", "Retail"),), in_memory(rows)
    for asked in (Question(("region",), flags=(flag,)), Question(("region",), stratify_by="industry")):
        strata: dict[tuple[Any, ...], list[int]] = {}
        inside: dict[str, list[int]] = {}
        for row in rows:
            group = large.index(row["deal_type"]) if row["deal_type"] in large else 2
            told = row["industry"] if asked.stratify_by else row["industry"] == "Retail"
            for of in (
                strata.setdefault((row["closed_quarter"], group, told), [0, 0]),
                inside.setdefault(row["region"], [0, 0]),
            ):
                of[0] += 1
                of[1] += row["is_won"]
        [found] = source.counts([asked], Parameters())
        found_strata = zip(found.stratum_deals.tolist(), found.stratum_won.tolist())
        assert sorted(found_strata) == sorted((deals, won) for deals, won in strata.values())
        sums = zip(found.values, found.deals.sum(axis=1).tolist(), found.won.sum(axis=1).tolist())
        assert {value: [deals, won] for (value,), deals, won in sums} == inside
    # once cut, the sides are answered as well
    source.counts([Question(("industry",))], Parameters())
    side_of = {"Energy": "low", "Mining": "low", "Retail": "high"}
    source.cut({"industry cut at Retail": side_of})
    [cut] = source.counts([Question(("industry cut at Retail",))], Parameters())
    high = [row["is_won"] for row in rows if row["industry"] == "Retail"]
    place = cut.values.index(("high",))
    assert (cut.deals.sum(axis=1)[place], cut.won.sum(axis=1)[place]) == (len(high), sum(high))


def test_columns_are_the_same_numbers_whether_the_engine_gives_arrays_or_records() -> None:
    connection = duckdb.connect()

    def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        answer = connection.execute(sql)
        return [column[0] for column in answer.description or ()], answer.fetchall()

    sql = (
        "select cast(i as tinyint) as code, cast(i * 1.5 as decimal(18, 2)) as Amount from range(3) as t(i) order by i"
    )
    by_records = Reader(query, str).columns(sql)
    by_arrays = Reader(query, str, arrays=lambda asked: connection.execute(asked).fetchnumpy()).columns(sql)
    for found in (by_records, by_arrays):
        assert {name: values.tolist() for name, values in found.items()} == {
            "code": [0, 1, 2],
            "amount": [0.0, 1.5, 3.0],
        }
    assert {name: values.tolist() for name, values in Reader(query, str).columns(f"{sql} limit 0").items()} == {
        "code": [],
        "amount": [],
    }


@given(st.integers(0, 2**20))
@settings(max_examples=10)
def test_more_deals_of_the_same_accounts_never_strengthen_a_claim(seed: int) -> None:
    rng = np.random.default_rng(seed)
    industry = rng.choice(["Retail", "Mining", "Energy"], 150)
    won = (rng.random(150) < np.where(industry == "Retail", 0.7, 0.3)).astype(int)
    quarter = [WINDOW[i] for i in rng.integers(0, 4, 150)]

    def p_of(times: int, account: list[str]) -> float:
        deals = DealCounts(
            {"industry": industry.tolist() * times}, won.tolist() * times, quarter * times, clusters=[account]
        )
        p = of(select(deals, ["industry"]), "industry", "Retail").p_value
        assert p is not None
        return float(p)

    names = [f"a{i}" for i in range(150)]
    once = p_of(1, names)
    # an exact tail is not that of a normal, the less the fewer the deals: that makes up to 3 % of z
    z_once, z_thrice = (-statistics.normal_quantile(p / 2) for p in (once, p_of(3, names * 3)))
    assert z_thrice <= 1.03 * z_once, "three times the same deal of an account tells no more than one"
    assert p_of(3, [f"a{i}" for i in range(450)]) <= once, "of three accounts it does"


@given(st.integers(0, 2**20))
@settings(max_examples=10)
def test_the_same_deals_again_under_other_accounts_and_owners_weaken_no_claim_by_themselves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = company(seed, 300)
    for row in rows:
        if row["region"] == "EMEA" and rng.random() < 0.5:
            row["is_won"] = 1
    again = [
        {
            **row,
            **{
                name: f"{row[name]} again"
                for name in ("deal_key", "account_key", "owner")
                if row[name] not in (None, "unknown")
            },
        }
        for row in rows
    ]
    one, other = (select(in_memory(deals), DIMENSIONS, with_pairs=False) for deals in (rows, [*rows, *again]))
    before, claimed = ({claim.cell: claim for claim in found.claims} for found in (one, other))
    assert before
    for cell, claim in before.items():
        # more deals find more: what a further claim accounts for may fall, and nothing else
        assert cell in claimed or claimed.keys() - before.keys(), cell
        if cell in claimed:
            assert claimed[cell].sign == claim.sign
            if set(claimed[cell].adjusted_for) == set(claim.adjusted_for):
                assert claimed[cell].p_value <= claim.p_value


@pytest.fixture(scope="module")
def repeated(sample_build: SampleBuild) -> str:
    """The SQL of base_repeated_deals over a table base_deal_lines."""
    model = sample_build.models()["base_repeated_deals"]
    return re.sub(r'("\w+"\.)+"base_deal_lines"', "base_deal_lines", str(model["compiled_code"]))


@pytest.mark.parametrize("deals_per_account", [1, 3])
@pytest.mark.parametrize("seed", range(6))
def test_every_deal_again_under_its_account_is_the_same_evidence(
    repeated: str, seed: int, deals_per_account: int
) -> None:
    times = 2 + seed % 2
    rng = np.random.default_rng(seed)
    deals = int(rng.choice([45, 90, 300]))
    rows = company(seed, deals, deals // deals_per_account)
    for row in rows:
        # without an account a deal is told from none
        row["account_key"] = row["account_key"] or f"account of {row['deal_key']}"
        row["amount"] = 500.0 * int(rng.integers(1, 60))
        if row["region"] == "EMEA" and rng.random() < 0.3:
            row["is_won"] = 1
    copies = [{**row, "deal_key": f"{row['deal_key']} again {time}"} for time in range(1, times) for row in rows]
    one, many = (
        select(window_deals(reader_over(marts, repeated), DIMENSIONS, WINDOW, Parameters()), DIMENSIONS)
        for marts in (rows, [*rows, *copies])
    )
    assert (many.decisions, many.deals) == (one.decisions, times * one.deals)
    assert many.claims == one.claims and many.pair_claims == one.pair_claims
    shown = ("closed_deals", "won_deals", "lost_deals", "other_closed_deals")
    for before, after in zip(evidence_rows(one), evidence_rows(many), strict=True):
        assert after == {**before, **{name: times * int(before[name] or 0) for name in shown}}


# ---------------------------------------------------------------- types of deals


def test_deals_are_compared_with_deals_of_their_type() -> None:
    # renewals win 9 of 10 everywhere and are half of Retail, a tenth of Mining; new business wins 3 of 10 in both
    cells = [
        ("Retail", "renewal", 100, 90),
        ("Retail", "new", 100, 30),
        ("Mining", "renewal", 20, 18),
        ("Mining", "new", 180, 54),
    ]
    industry = [name for name, _, deals, _ in cells for _ in range(deals)]
    kind = [kind for _, kind, deals, _ in cells for _ in range(deals)]
    won = [int(i < wins) for _, _, deals, wins in cells for i in range(deals)]
    quarter = ["2025-Q4"] * 400
    naive = select(DealCounts({"industry": industry}, won, quarter), ["industry"])
    assert [claim.sign for claim in naive.claims] and of(naive, "industry", "Retail").action == "target_more"
    stratified = select(DealCounts({"industry": industry}, won, quarter, deal_type=kind), ["industry"])
    assert stratified.claims == ()
    assert of(stratified, "industry", "Retail").adjusted_difference == pytest.approx(0.0)
    # asked about itself the type is no stratum
    by_type = select(DealCounts({"deal_type": kind}, won, quarter, deal_type=kind), ["deal_type"])
    assert of(by_type, "deal_type", "renewal").adjusted_difference == pytest.approx(108 / 120 - 84 / 280)


def test_the_two_largest_types_are_strata_and_all_others_one() -> None:
    codes = np.repeat([0, 1, 2, 3], [40, 30, 20, 5])
    grouped = grouped_types(codes, np.ones(95, dtype=np.int64), 4)
    assert [int(grouped[codes == code][0]) for code in range(4)] == [0, 1, 2, 2]
    # two types of one size are not told apart by name
    codes = np.repeat([0, 1, 2], [40, 30, 30])
    assert [int(grouped_types(codes, np.ones(100, dtype=np.int64), 3)[codes == c][0]) for c in range(3)] == [0, 2, 2]


# ---------------------------------------------------------------- deals that had time to be won


def test_the_engine_finds_the_cohort_by_hand() -> None:
    rows = company(5)
    days = sorted(row["cycle_days"] for row in rows if row["is_won"])
    slow = days[int(np.ceil(0.9 * len(days))) - 1]
    as_of = max(row["closed_on"] for row in rows)
    end = as_of - timedelta(days=slow)
    starts = [end - timedelta(days=days_back) for days_back in (365, 274, 182, 91)]
    cohort = [row for row in rows if starts[0] < row["created_on"] <= end and row["closed_on"] <= as_of]
    quarters = [str(sum(row["created_on"] > later for later in starts[1:])) for row in cohort]
    assert 100 < len(cohort) < len(rows)
    expected = DealCounts(
        {name: [row[name] for row in cohort] for name in DIMENSIONS}, [row["is_won"] for row in cohort], quarters
    )
    found = from_marts(rows).cohort()
    assert found is not None
    assert found.quarters() == expected.quarters()
    recent: list[str] = []
    counted = [(row.value, row.deals, row.won) for row in found.segments(DIMENSIONS, recent, Parameters())]
    assert counted == [(row.value, row.deals, row.won) for row in expected.segments(DIMENSIONS, recent, Parameters())]


def test_without_creation_dates_there_is_no_cohort_and_claims_say_so() -> None:
    rows = [row | {"created_on": row["created_on"] if i % 5 else None} for i, row in enumerate(company(5))]
    assert from_marts(rows).cohort() is not None, "four in five are enough"
    rows[1]["created_on"] = None
    assert from_marts(rows).cohort() is None
    strong = DealCounts(
        {"industry": ["A"] * 100 + ["B"] * 100 + ["C"] * 100},
        [1] * 70 + [0] * 30 + ([1] * 40 + [0] * 60) * 2,
        ["2025-Q1"] * 300,
    )
    found = of(select(strong, ["industry"]), "industry", "A")
    assert (found.action, [caveat.code for caveat in found.caveats]) == ("target_more", ["no_creation_dates"])


def product_company(cohort_new: tuple[int, int], cohort_old: tuple[int, int]) -> Selection:
    """A product that won 20 of 100 closed deals, the others 200 of 400; its cohort as given, deals and wins."""

    def counts(new: tuple[int, int], old: tuple[int, int], cohort: DealCounts | None = None) -> DealCounts:
        product = ["new"] * new[0] + ["old"] * (old[0] // 2) + ["older"] * (old[0] - old[0] // 2)
        won = [int(i < new[1]) for i in range(new[0])]
        for size in (old[0] // 2, old[0] - old[0] // 2):
            won += [int(i < round(old[1] * size / old[0])) for i in range(size)]
        return DealCounts({"product": product}, won, ["2025-Q4"] * len(won), cohort=cohort)

    return select(counts((100, 20), (400, 200), counts(cohort_new, cohort_old)), ["product"])


def test_a_young_product_is_not_condemned_for_wins_that_are_still_open() -> None:
    assert of(product_company((60, 12), (300, 150)), "product", "new").action == "deprioritise"
    # of its deals that had time to be won there are nine
    young = of(product_company((9, 1), (300, 150)), "product", "new")
    assert (young.action, young.not_judged) == ("not_enough_data", "too_young")
    assert [caveat.text for caveat in young.caveats] == [
        "product new is too young to judge: most of its deals that will be won are still open."
    ]
    # they win like all others
    like = of(product_company((60, 29), (300, 150)), "product", "new")
    assert (like.action, like.not_judged) == ("not_enough_data", "not_confirmed")


# ---------------------------------------------------------------- who works a segment


def test_few_owners_cannot_be_told_from_their_segments() -> None:
    region, owner, won = [], [], []
    for place, (name, wins) in enumerate((("EMEA", 60), ("APAC", 40), ("AMER", 40))):
        region += [name] * 1000
        owner += [f"{name}{i % 3}" for i in range(1000)]
        won += [int(i % 100 < wins) for i in range(1000)]
        assert place < 3
    deals = DealCounts({"region": region}, won, ["2025-Q4"] * 3000, clusters=[owner])
    found = of(select(deals, ["region"]), "region", "EMEA")
    assert (found.action, [caveat.code.partition(":")[0] for caveat in found.caveats]) == (
        "keep_testing", ["few_owners"],
    )  # fmt: skip
    # two who work every region are no habit of one
    two = DealCounts({"region": region}, won, ["2025-Q4"] * 3000, clusters=[[f"o{i % 2}" for i in range(3000)]])
    assert of(select(two, ["region"]), "region", "EMEA").action == "target_more"
    many = DealCounts({"region": region}, won, ["2025-Q4"] * 3000, clusters=[[f"o{i % 40}" for i in range(3000)]])
    assert of(select(many, ["region"]), "region", "EMEA").action == "target_more"


# ---------------------------------------------------------------- engines


@pytest.mark.parametrize("seed", [5, 6])
def test_advice_from_the_marts_is_that_of_the_deals_themselves(seed: int) -> None:
    rows = company(seed)
    marts = from_marts(rows)
    memory = in_memory(rows, marts.cohort())
    one, other = evidence_rows(select(marts, DIMENSIONS)), evidence_rows(select(memory, DIMENSIONS))
    assert len(one) == len(other)
    for found, expected in zip(one, other):
        for name, value in expected.items():
            assert found[name] == (pytest.approx(value, abs=1e-7) if isinstance(value, float) else value), name


def test_codes_are_places_among_the_sorted_texts() -> None:
    assert encode(["b", "a", "b"])[0] == ["a", "b"] and encode(["b", "a", "b"])[1].tolist() == [1, 0, 1]


@pytest.mark.parametrize("seed", range(3))
def test_reasons_counted_once_are_as_alike_as_deals_told_once_for_each_reason(seed: int) -> None:
    rng = np.random.default_rng(seed)
    liked = rng.choice(["price", "product", "timing"], 60)
    met = rng.choice(["Bluefin", "Northgate", "unknown"], 60)
    rows = []
    for place in range(240):
        account = int(rng.integers(0, 60))
        rival = str(met[account] if rng.random() < 0.8 else rng.choice(["Bluefin", "Northgate", "Palewood", "unknown"]))
        others = ["price", "product", "timing", *(["legal"] if rival == "unknown" else [])]
        rows.append(
            {
                "deal_key": f"d{place}",
                "account_key": None if rng.random() < 0.1 else f"a{account}",
                "owner": "unknown" if rng.random() < 0.1 else f"o{account % 7}",
                "answer": str(liked[account] if rng.random() < 0.6 else rng.choice(others)),
                "competitor": rival,
            }
        )
    with duckdb.connect() as connection:
        connection.execute(
            "create table lost (deal_key text, account_key text, owner text, answer text, competitor text)"
        )
        connection.executemany("insert into lost values (?, ?, ?, ?, ?)", [list(row.values()) for row in rows])

        def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        found = answers_design(Reader(query, lambda name: name), "lost", "competitor", Parameters())
    answers = sorted({str(row["answer"]) for row in rows})
    assert len(answers) == 4
    # no deal that names a vendor is lost for legal reasons: a stratum without a win
    known = [(row, answer) for row in rows if row["competitor"] != "unknown" for answer in answers]
    expected = []
    for name in ("account_key", "owner"):
        keys = [str(row["deal_key"] if row[name] in (None, "unknown") else row[name]) for row, _ in known]
        codes = [
            encode(values)[1]
            for values in (
                [str(row["competitor"]) for row, _ in known],
                [f"{key} {answer}" for key, (_, answer) in zip(keys, known, strict=True)],
                [answer for _, answer in known],
            )
        ]
        won = np.array([row["answer"] == answer for row, answer in known], dtype=np.int64)
        expected.append(design_effect(cluster_sums(codes[0], codes[1], codes[2], won, Parameters().minimum_deals)))
    largest = max(expected, key=lambda design: design.factor)
    assert largest.factor > 1.2
    assert vars(found) == pytest.approx(vars(largest), rel=1e-8)


def test_other_comparisons_count_what_their_deals_share(sample_build: SampleBuild) -> None:
    """Competitors, loss reasons and contacts of the sample company, read deal by deal and counted in memory, against what the step asked for."""
    told = {row["comparison"]: row for row in sample_build.rows("select * from intermediate.int_design_effects")}
    window = "inner join marts.dim_periods as p on p.period = 'window' and d.closed_on >= p.starts_on and d.closed_on < p.ends_before_on"
    named = sample_build.rows(
        f"""select d.deal_key, d.account_key, d.owner, d.is_won, d.closed_quarter, d.loss_reason_category as reason,
    case when count(*) > 1 then 'several' else max(b.competitor) end as segment
from marts.fct_closed_deals as d
inner join marts.bridge_deal_competitors as b on d.deal_key = b.deal_key and b.kind = 'vendor'
{window}
group by all"""
    )
    [early] = sample_build.rows(
        "select landmark_days as day from marts.multithreading where period = 'window' and moment = 'early'"
    )
    contacts = sample_build.rows(
        f"""select d.deal_key, d.account_key, d.owner, d.is_won, d.closed_quarter || d.deal_size_band || d.deal_type as closed_quarter,
    count(case when c.added_on - d.created_on <= {early["day"]} then 1 end) >= 3 as segment
from marts.fct_closed_deals as d
inner join marts.bridge_deal_contacts as c on d.deal_key = c.deal_key
{window}
where d.created_on is not null and d.cycle_days > {early["day"]}
group by all
having bool_and(c.is_dated) and bool_or(c.is_counted)"""
    )
    lost = [row for row in named if not row["is_won"]]
    reasons = [
        {
            **row,
            **{name: row[name] and f"{row[name]} {reason}" for name in ("deal_key", "account_key")},
            "owner": row["owner"] if row["owner"] == "unknown" else f"{row['owner']} {reason}",
            "closed_quarter": reason,
            "is_won": int(row["reason"] == reason),
        }
        for row in lost
        for reason in sorted({row["reason"] for row in lost})
    ]
    for comparison, rows in (
        ("competitors", named),
        ("competitor loss reasons", reasons),
        ("contacts early", contacts),
    ):
        found = [1.0]
        for cluster in ("account_key", "owner"):
            codes = [
                encode([str(value) for value in values])[1]
                for values in (
                    [row["segment"] for row in rows],
                    [row["deal_key"] if row[cluster] in (None, "unknown") else row[cluster] for row in rows],
                    [row["closed_quarter"] for row in rows],
                )
            ]
            won = np.array([row["is_won"] for row in rows], dtype=np.int64)
            found.append(design_effect(cluster_sums(codes[0], codes[1], codes[2], won, 10)).factor)
        assert told[comparison]["design_effect"] == pytest.approx(max(found), abs=1e-8), comparison
    assert told["competitors"]["design_effect"] > 1


def test_segments_hang_together_as_the_build_says(sample_build: SampleBuild) -> None:
    """Deals of the sample company read one by one and counted in memory, against the table and what the steps read of it."""

    def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        rows = sample_build.rows(sql)
        return (list(rows[0]) if rows else []), [tuple(row.values()) for row in rows]

    reader = Reader(query, lambda name: f"{'intermediate' if name.startswith('int_') else 'marts'}.{name}")
    told = {
        (row["dimension"], row["cluster"]): row
        for row in sample_build.rows("select * from intermediate.int_segment_designs")
    }
    assert {"industry", "deal_type", "pipeline"} <= {dimension for dimension, _ in told}
    rows = sample_build.rows(
        "select d.* from marts.fct_closed_deals as d inner join marts.dim_periods as p "
        "on p.period = 'window' and d.closed_on >= p.starts_on and d.closed_on < p.ends_before_on"
    )
    labels, types = encode([row["deal_type"] for row in rows])
    group = grouped_types(types, np.ones(len(rows), dtype=np.int64), len(labels))
    for dimension in ("industry", "revenue_band", "deal_type"):
        known = [place for place, row in enumerate(rows) if row[dimension] != "unknown"]
        kept = [rows[place] for place in known]
        strata = [
            f"{rows[place]['closed_quarter']} {0 if dimension == 'deal_type' else group[place]}" for place in known
        ]
        factors = []
        for cluster in ("account_key", "owner"):
            keys = [row["deal_key"] if row[cluster] in (None, "unknown") else row[cluster] for row in kept]
            segment, clusters, stratum = (
                encode(values)[1] for values in ([row[dimension] for row in kept], keys, strata)
            )
            won = np.array([row["is_won"] for row in kept], dtype=np.int64)
            expected = cluster_sums(segment, clusters, stratum, won, 10)
            row = told[dimension, cluster]
            assert {name: row[name] for name in vars(expected)} == pytest.approx(vars(expected), abs=1e-7), dimension
            factors.append(design_effect(expected).factor)
            assert row["design_effect"] == pytest.approx(factors[-1], abs=1e-8)
        assert segments_design(reader, [dimension]).factor == pytest.approx(max(factors), abs=1e-8)
    assert segments_design(reader, [dimension for dimension, _ in told]).factor == max(
        row["design_effect"] for row in told.values()
    )


def test_the_design_effect_of_two_industries_by_hand() -> None:
    """Two accounts of each industry with two deals each, both won or both lost.

    r is 1/2 or -1/2: its squares add up to 2, those of sums of accounts to 4 over 8 pairs, those of industries to 0 over 24. Deals of an
    account are alike by (4 - 2) / 8 = 1/4, others of the industry by -4 / 16 = -1/4, and vary by 2 / 7 + 1/4: likeness 14/15. x is 1/2 or
    -1/2: 8 against 4, one further deal. 1 + 14/15, by 7 / (8 - 29/15): 203/91. No deal states its owner.
    """
    with duckdb.connect() as connection:
        connection.execute(
            "create table fct_closed_deals (deal_key varchar, account_key varchar, industry varchar, is_won integer);"
            "alter table fct_closed_deals add column owner varchar default 'unknown';"
            "alter table fct_closed_deals add column revenue_band varchar default 'unknown';"
            "alter table fct_closed_deals add column employee_band varchar default 'unknown';"
            "alter table fct_closed_deals add column region varchar default 'unknown';"
            "alter table fct_closed_deals add column deal_type varchar default 'new';"
            "alter table fct_closed_deals add column closed_quarter varchar default '2025-Q1';"
            "alter table fct_closed_deals add column closed_on date;"
            "alter table fct_closed_deals add column decision_line integer default 1;"
            "create table dim_periods (period varchar, has_undated_deals boolean, starts_on date, ends_before_on date);"
            "insert into dim_periods values ('window', true, null, null);"
            "create table dim_settings (setting varchar, value varchar);"
            "insert into dim_settings values ('minimum_deals', '4');"
            "create table dim_dimensions (dimension varchar, is_recommendable boolean, is_known_before_the_deal boolean, "
            "dimension_order integer, is_account_attribute boolean);"
            "insert into dim_dimensions values ('industry', true, false, 1, true);"
            "create table dim_segment_cuts (dimension varchar, cut varchar, segment varchar, segment_part varchar);"
            "create table int_segment_quarters (dimension varchar);"
            "insert into int_segment_quarters values ('industry')"
        )
        for deal in range(8):
            account = deal // 2
            connection.execute(
                "insert into fct_closed_deals (deal_key, account_key, industry, is_won) values (?, ?, ?, ?)",
                [f"d{deal}", f"a{account}", ("Media", "Retail")[account // 2], 1 - account % 2],
            )

        def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        reader = Reader(query, lambda name: name)
        told = {row["cluster"]: row for row in segment_designs(reader)}
        # a further line of each decision: as many decisions
        connection.execute(
            "insert into fct_closed_deals by name (select * replace (deal_key || 'x' as deal_key, 2 as decision_line) from fct_closed_deals)"
        )
        copied = {row["cluster"]: row for row in segment_designs(reader)}
    by_hand = {
        "dimension": "industry",
        "cluster": "account_key",
        "deals": 8,
        "strata": 1,
        "squares": 2.0,
        "cell_squares": 4.0,
        "cell_pairs": 8.0,
        "segment_squares": 0.0,
        "segment_pairs": 24.0,
        "cells": 4,
        "segments": 2,
        "clustered_spread": 8.0,
        "spread": 4.0,
        "few_clusters": 2,
        "wide_segments": 2,
        "design_effect": pytest.approx(203 / 91, abs=1e-9),
        "degrees": pytest.approx(2 * (203 / 112) ** 2, rel=1e-7),
    }
    assert told["account_key"] == copied["account_key"] == by_hand
    owners = told["owner"]
    assert (owners["cells"], owners["design_effect"], owners["degrees"]) == (8, 1.0, None)


def reasons_design(account_of: Callable[[int], str | None]) -> float:
    """The design effect of loss reasons against competitors among 240 lost deals; the first eight of sixteen are lost alike to one."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table fct_closed_deals (deal_key varchar, account_key varchar, owner varchar, loss_reason_category varchar, "
            "closed_quarter varchar, is_won integer, closed_on date, decision_line integer);"
            "create table bridge_deal_competitors (deal_key varchar, competitor varchar, kind varchar, vendors_on_deal integer, is_first_vendor boolean);"
            "create table dim_periods (period varchar, has_undated_deals boolean, starts_on date, ends_before_on date);"
            "create table int_contact_strata (period varchar, moment varchar, landmark_days integer);"
            "create table int_contacts_by_deal (account varchar, seller varchar, is_won integer, closed_quarter varchar, deal_size_band varchar, "
            "deal_type varchar, contacts_at_close integer, decision_line integer);"
            "create table dim_settings (setting varchar, value varchar);"
            "insert into dim_periods values ('window', true, null, null)"
        )
        for deal in range(240):
            reason = "price" if (deal % 16 < 8) != (deal % 5 == 0) else "product"
            values = [f"d{deal}", account_of(deal), "unknown", reason, "2025-Q1", 0, None]
            connection.execute("insert into fct_closed_deals values (?, ?, ?, ?, ?, ?, ?, 1)", values)
            rival = "Bluefin" if deal % 16 < 8 or deal % 3 == 0 else "Northgate"
            connection.execute(
                "insert into bridge_deal_competitors values (?, ?, 'vendor', 1, true)", [f"d{deal}", rival]
            )

        def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        told = {row["comparison"]: row for row in design_effects(Reader(query, lambda name: name))}
    return float(told["competitor loss reasons"]["design_effect"] or 0)


def test_lost_deals_that_name_no_account_share_none() -> None:
    assert reasons_design(lambda deal: f"a{deal}") == 1.0
    assert reasons_design(lambda deal: None if deal % 16 < 8 else f"a{deal}") == 1.0
    # as deals of one account they would tell much less
    assert reasons_design(lambda deal: "one" if deal % 16 < 8 else f"a{deal}") > 2
