"""The scorecard of accounts: examples worked by hand, what it may not do, and that no account leaves but by `winloss accounts`."""

import csv
import io
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner

from python_tests.conftest import SampleBuild
from python_tests.known_company.project import Project, copy_project, csv_text
from python_tests.publisher import finish
from python_tests.speeds import thorough
from winloss.advice.counts import ATTRIBUTES
from winloss.advice.parameters import Parameters
from winloss.advice.scorecard import Card, Counted, Judged, Profile, Score, because, judge, judged_rows, learn, quality
from winloss.advice.statistics import DesignEffect
from winloss.cli import main
from winloss.report.build import build_report
from winloss.report.render import render

FEW = Parameters(scorecard_minimum_deals=1, scorecard_judged_deals=1, window_minimum_deals=0)


def profile(industry: str, **other: str) -> Profile:
    return tuple(
        {"industry": industry, **other}.get(name, "unknown")
        for name in ("industry", "revenue_band", "employee_band", "region")
    )


T, R = profile("T"), profile("R")
HAND: Counted = {"2025-Q1": {T: (4, 3), R: (6, 2)}, "2025-Q2": {T: (7, 5), R: (3, 1)}}


def learned(counted: Counted, attributes: tuple[str, ...] = ("industry",), prior: float | None = 25.0) -> Card:
    card = learn(counted, sorted(counted), attributes, prior=prior)
    assert card is not None
    return card


def drawn(
    rates: dict[str, float], seed: int = 1, quarters: int = 8, deals: int = 60
) -> dict[str, dict[Profile, tuple[int, int]]]:
    """Quarters in which each industry wins at its rate."""
    rng = np.random.default_rng(seed)
    return {
        f"{2023 + number // 4}-Q{number % 4 + 1}": {
            profile(name): (deals, int(rng.binomial(deals, rate))) for name, rate in rates.items()
        }
        for number in range(quarters)
    }


def test_expected_rates_and_tiers_are_those_worked_by_hand() -> None:
    """Base .55; the average of the dimension (11 x .0529412 - 9 x .0529412) / 20 = .0052941: T .5976471, R .4917647."""
    card = learned(HAND)
    scores = [card.score(account) for account in (T, R)]
    assert [score.expected for score in scores] == pytest.approx([0.5976471, 0.4917647], abs=1e-7)
    assert [card.tier(score.expected) for score in scores] == ["B", "C"]


def test_tiers_begin_at_the_margin_and_never_at_a_rank() -> None:
    card = learned(HAND)
    assert [card.tier(0.55 + distance) for distance in (0.1, 0.0999, 0, -0.0001, -0.0999, -0.1)] == list("ABBCCD")


def test_a_value_without_a_deal_counts_as_the_average_and_is_told() -> None:
    score = learned(HAND).score(profile("never seen"))
    assert (score.expected, score.unseen) == (pytest.approx(0.55), ("industry",))
    # deals without the attribute lose: an account is not blamed for a field left empty
    empty: Counted = {"2025-Q1": {T: (40, 30), profile("unknown"): (40, 2)}}
    score = learned(empty).score(profile("unknown"))
    assert (score.expected, score.unseen) == (pytest.approx(0.4), ("industry",))


def test_values_beyond_the_largest_are_learned_as_one_and_have_no_points_of_their_own() -> None:
    """Four industries of 10, 20, 30 and 40 deals, of which the two largest are looked at: the matrix stays small whatever the export holds."""
    counted: Counted = {"2025-Q1": {profile(name): (10 * place, place) for place, name in enumerate("abcd", start=1)}}
    card = learn(counted, ["2025-Q1"], ("industry",), Parameters(maximum_segments=2), prior=25.0)
    assert card is not None
    assert sorted(deals for deals in card.found.deals) == [30, 30, 40]
    assert {name: card.score(profile(name)).unseen for name in "abcd"} == {
        "a": ("industry",),
        "b": ("industry",),
        "c": (),
        "d": (),
    }


def test_where_accounts_do_not_differ_a_and_d_are_empty() -> None:
    counted = drawn(dict.fromkeys("abcdefgh", 0.4))
    card = learned(counted, prior=None)
    assert {card.tier(card.score(account).expected) for account in counted["2023-Q1"]} <= {"B", "C"}
    verdict = quality(judge(counted, sorted(counted), ("industry",)), 9999, 10.0, Parameters(), DesignEffect())
    assert not verdict["is_allowed"]
    assert "did no better than treating all alike" in str(verdict["missing_reason"])


def test_a_scorecard_that_ranks_unseen_deals_is_allowed() -> None:
    counted = drawn({"a": 0.7, "b": 0.5, "c": 0.3})
    judged = judge(counted, sorted(counted), ("industry",))
    verdict = quality(judged, 720, 10.0, Parameters(), DesignEffect())
    assert (verdict["is_allowed"], verdict["judged_quarters"], verdict["judged_deals"]) == (True, 4, 720)
    assert {row.tier for row in judged if row.profile == profile("a")} == {"A"}
    assert {row.tier for row in judged if row.profile == profile("c")} == {"D"}
    # of deals of which four are one, a ranking tells less
    apart = quality(judged[:3], 720, 10.0, FEW, DesignEffect())
    alike = quality(judged[:3], 720, 10.0, FEW, DesignEffect(4.0, 100.0))
    assert float(apart["p_value"] or 0) < float(alike["p_value"] or 0)


def test_what_a_quarter_shows_changes_nothing_that_was_expected_of_it() -> None:
    """The outcomes of the last quarter are turned round: a score that had seen them would move."""
    counted = drawn({"a": 0.7, "b": 0.5, "c": 0.3})
    last = sorted(counted)[-1]
    turned = counted | {last: {account: (deals, deals - won) for account, (deals, won) in counted[last].items()}}

    def expected(of: Counted) -> list[tuple[float, float, float, str]]:
        rows = judge(of, sorted(of), ("industry",))
        return [(row.expected, row.everyone, row.naive, row.tier) for row in rows if row.quarter == last]

    assert len(expected(counted)) == 3
    assert expected(counted) == expected(turned)


def row(expected: float, deals: int, won: int, naive: float = 0.0, tier: str = "B") -> Judged:
    return Judged("2025-Q1", T, deals, won, expected, 0.5, naive, tier)


def test_errors_are_those_worked_by_hand() -> None:
    """4 deals, 3 won, at .75 and 4, 1 won, at .25: brier .1875 against .25, skill .25; AUC 9/16 + (3 + 3)/16 / 2 = .75."""
    verdict = quality([row(0.75, 4, 3, naive=1.0), row(0.25, 4, 1)], 8, 25.0, FEW, DesignEffect())
    assert [verdict[name] for name in ("brier", "everyone_brier", "skill", "auc")] == pytest.approx(
        [0.1875, 0.25, 0.25, 0.75]
    )
    # 1 of 4 missed at a promise of 1, 1 of 4 at a promise of 0
    assert (verdict["naive_brier"], verdict["naive_auc"]) == pytest.approx((0.25, 0.75))


@pytest.mark.parametrize(
    ("learned_deals", "judged", "reason", "missing"),
    [
        (150, [row(0.5, 400, 200)], "50 more are needed", 50),
        (500, [row(0.5, 30, 15)], "70 more are needed", 70),
        (500, [row(0.5, 400, 200)], "1 of 4 quarters", None),
        (500, [], "100 more are needed", 100),
    ],
)
def test_a_refusal_says_what_is_missing(
    learned_deals: int, judged: list[Judged], reason: str, missing: int | None
) -> None:
    verdict = quality(judged, learned_deals, 25.0, Parameters(), DesignEffect())
    assert not verdict["is_allowed"]
    assert reason in str(verdict["missing_reason"])
    assert verdict.get("deals_missing") == missing


def test_the_usual_fit_score_takes_what_won_often_on_few_deals() -> None:
    """A value a won 2 of 3 in the first (66 %), b 2 of 2, too few to look at: a counts .35 and b nothing."""
    counted: Counted = {
        "2024-Q1": {profile("a"): (3, 2), profile("b"): (2, 2)},
        "2024-Q2": {profile("a"): (1, 1), profile("b"): (1, 1)},
    }
    assert [judged.naive for judged in judge(counted, sorted(counted), ("industry",), FEW)] == [0.35, 0.0]


def test_a_judged_profile_keeps_the_tier_and_the_promise_it_had() -> None:
    told = judged_rows([row(0.7, 10, 8, tier="A")])
    assert [(one["kind"], one["tier"], one["profile"], one["expected_win_rate"]) for one in told] == [
        ("judged", "A", "T\x1funknown\x1funknown\x1funknown", 0.7)
    ]


def test_an_attribute_of_the_user_s_own_is_learned_as_any_other() -> None:
    """The company of the hand example, told apart by its grade: T .5976471, R .4917647, and a word for what moves them."""
    names = (*ATTRIBUTES, "grade")
    counted = {
        quarter: {(*profile("unknown"), account[0]): won for account, won in counts.items()}
        for quarter, counts in HAND.items()
    }
    card = learn(counted, sorted(counted), ("grade",), prior=25.0, names=names)
    assert card is not None
    scores = [card.score((*profile("unknown"), grade)) for grade in ("T", "R")]
    assert [score.expected for score in scores] == pytest.approx([0.5976471, 0.4917647], abs=1e-7)
    assert because((*profile("unknown"), "T"), scores[0], names) == "grade T +5 points"
    [judged] = judge(
        {quarter: {account: won for account, won in counts.items() if account[-1] == "T" or quarter < "2025-Q2"} for quarter, counts in counted.items()},
        sorted(counted), ("grade",), FEW, names=names,
    )  # fmt: skip
    assert (judged.profile[-1], judged.deals) == ("T", 7)
    assert judged.expected > judged.everyone


@pytest.fixture(scope="module", params=[thorough("built")])
def graded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """480 deals of two years: accounts graded gold win 4 of 5, iron 1 of 5; team North wins as often as South, and is said of deals.

    The grade stands in the file of the accounts alone. Ten accounts graded gold have no deal.
    """
    project = copy_project(tmp_path_factory.mktemp("graded"))
    deals, accounts = [], []
    for number in range(480):
        turn, grade = number // 2 % 5, ("gold", "iron")[number % 2]
        closed = date(2024 + number // 240, 1 + number // 20 % 12, 1 + number % 20)
        deals.append(
            {
                "deal_id": f"D{number}", "account_id": f"A{number}", "outcome": "Won" if (turn < 4) == (grade == "gold") else "Lost",
                "created_on": closed - timedelta(30), "closed_on": closed, "amount": 100, "team": ("North", "South")[number // 10 % 2],
            }
        )  # fmt: skip
        accounts.append({"account_id": f"A{number}", "industry": "Banks", "grade": grade})
    accounts += [{"account_id": f"W{number}", "industry": "Banks", "grade": "gold"} for number in range(10)]
    project.write("deals.csv", csv_text(list(deals[0]), deals))
    project.write("accounts.csv", csv_text(list(accounts[0]), accounts))
    mapping = {
        "files": {"deals": "deals.csv", "accounts": "accounts.csv"},
        "columns": {
            "deals": {name: name for name in deals[0] if name != "team"},
            "accounts": {name: name for name in ("account_id", "industry")},
        },
        "dimensions": {"grade": {"header": "grade", "is_of_account": True}, "team": "team"},
    }
    done = project.build_for(
        "account_tiers", "account_points", "win_rates_by_dimension",
        variables={"crm": "custom", "mapping": mapping, "as_of_on": "2025-12-31", "known_before_the_deal": ["grade"]},
    )  # fmt: skip
    assert done.exit_code == 0, done.shown
    return project


def test_what_the_user_says_of_an_account_scores_it_and_what_is_said_of_a_deal_does_not(graded: Project) -> None:
    assert graded.rows("select is_allowed, judged_deals from marts.scorecard_quality") == [(True, 240)]
    assert graded.rows("select distinct dimension from marts.account_points order by 1") == [("grade",), ("industry",)]
    accounts = "select segment, accounts, whitespace_accounts, points > 0 from marts.account_points where dimension = 'grade' order by 1"
    assert graded.rows(accounts) == [("gold", 250, 10, True), ("iron", 240, 0, False)]
    # an account that never had a deal is scored by it as well: by hand, eight quarters of 30 gold deals, 24 of them won where 15 are
    # expected, add 8 x (24 - 15) = 72 to c and 2 x 8 x 15 = 240 to G, so that ten imagined deals leave 72 / 250 = .288
    assert graded.rows(
        "select tier, count(*), max(because) from marts.account_scorecard where is_whitespace group by tier"
    ) == [("A", 10, "grade gold +29 points")]
    # the gate was asked of deals whose grade their account says
    assert graded.rows("select tier, sum(closed_deals), sum(won_deals) from marts.account_tier_history group by tier order by tier") == [
        ("A", 120, 96), ("B", 0, 0), ("C", 0, 0), ("D", 120, 24),
    ]  # fmt: skip


def test_the_command_ranks_accounts_without_a_deal_by_it(graded: Project) -> None:
    done = run("--from", str(graded.database), "--tier", "A", "--whitespace")
    assert done.exit_code == 0, done.output
    lines = list(csv.DictReader(io.StringIO(done.stdout)))
    assert sorted(line["account_id"] for line in lines) == sorted(f"W{number}" for number in range(10))
    assert {line["because"] for line in lines} == {"grade gold +29 points"}


def test_a_deal_has_the_attribute_of_its_account(graded: Project) -> None:
    rates = "select dimension, segment, closed_deals, won_deals from marts.win_rates_by_dimension where period = 'all'"
    assert graded.rows(f"{rates} and dimension in ('grade', 'team') order by 1, 2") == [
        ("grade", "gold", 240, 192), ("grade", "iron", 240, 48), ("team", "North", 240, 120), ("team", "South", 240, 120),
    ]  # fmt: skip


def test_the_two_values_that_move_most_are_told() -> None:
    parts = {"industry": 0.12, "revenue_band": -0.2, "region": 0.03, "employee_band": 0.001}
    account = profile("Technology", revenue_band="under $10M", region="EMEA")
    assert (
        because(account, Score(0.5, 0.4, 0.6, parts, ()))
        == "revenue band under $10M -20 points; industry Technology +12 points"
    )
    assert because(account, Score(0.5, 0.4, 0.6, {"industry": 0.001}, ())) is None


# ---------------------------------------------------------------- the sample company and the command


def test_tiers_of_the_judged_quarters_add_up_to_their_deals(sample_build: SampleBuild) -> None:
    """Counted from the facts by quarter alone: every closed deal of a judged quarter stands in one tier, with what it brought."""
    wrong = sample_build.rows(
        """with facts as (
    select closed_quarter as quarter, count(*) as closed_deals, sum(is_won) as won_deals, sum(case when is_won = 1 then amount end) as won_amount
    from marts.fct_closed_deals
    group by closed_quarter
),
history as (
    select quarter, sum(closed_deals) as closed_deals, sum(won_deals) as won_deals, sum(won_amount) as won_amount, count(*) as tiers
    from marts.account_tier_history
    group by quarter
)
select history.*
from history
left join facts on history.quarter = facts.quarter
where (history.closed_deals, history.won_deals, history.tiers) is distinct from (facts.closed_deals, facts.won_deals, 4)
    or abs(history.won_amount - facts.won_amount) > 0.005"""
    )
    assert wrong == []
    [sums] = sample_build.rows(
        """select count(distinct quarter) as quarters, sum(closed_deals) as deals,
    (select judged_deals from marts.scorecard_quality) as judged_deals, (select sum(judged_deals) from marts.account_tiers) as in_tiers
from marts.account_tier_history"""
    )
    assert sums["quarters"] == 4 and sums["deals"] == sums["judged_deals"] == sums["in_tiers"] > 100


def test_every_accepted_account_stands_in_one_tier(sample_build: SampleBuild) -> None:
    [counted] = sample_build.rows(
        """select
    (select count(*) from marts.dim_accounts) as accounts,
    (select count(*) from staging.base_account_lines where rule_id is null) as accepted,
    (select count(*) from marts.account_scorecard) as scored,
    (select sum(accounts) from marts.account_tiers) as in_tiers,
    (select sum(closed_deals) from marts.dim_accounts) as deals,
    (select count(*) from marts.fct_closed_deals where account_key in (select account_key from marts.dim_accounts)) as counted_deals"""
    )
    assert counted["accounts"] == counted["accepted"] == counted["scored"] == counted["in_tiers"]
    assert counted["deals"] == counted["counted_deals"] > 0


def test_an_account_is_in_the_segments_of_its_deals(sample_build: SampleBuild) -> None:
    differing = sample_build.rows(
        """select deals.deal_key
from marts.fct_deals as deals
inner join marts.dim_accounts as accounts on deals.account_key = accounts.account_key
where (accounts.industry != 'unknown' and accounts.industry != deals.industry)
    or (accounts.revenue_band != 'unknown' and accounts.revenue_band != deals.revenue_band)
    or (accounts.employee_band != 'unknown' and accounts.employee_band != deals.employee_band)
    or (accounts.region != 'unknown' and accounts.region != deals.region)"""
    )
    assert differing == []


def accounts_in(folder: Path, accounts: set[str]) -> dict[str, set[str]]:
    """Files under the folder that hold the id or key of an account; packed ones are read cell by cell."""
    leaks = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        text = path.read_bytes().decode("latin-1")
        if path.suffix == ".sqlite":
            with closing(sqlite3.connect(path)) as file:
                tables = [
                    name for (name,) in file.execute("select name from sqlite_master where type = 'table'").fetchall()
                ]
                text = " ".join(str(row) for table in tables for row in file.execute(f'select * from "{table}"'))
        if path.suffix in (".duckdb", ".parquet"):
            with duckdb.connect() as connection:
                sources = [f"'{path}'"]
                if path.suffix == ".duckdb":
                    connection.execute(f"attach '{path}' as file (read_only)")
                    found = connection.execute(
                        "select schema_name, table_name from duckdb_tables() where database_name = 'file'"
                    ).fetchall()
                    sources = [f'file."{schema}"."{table}"' for schema, table in found]
                text = " ".join(
                    str(row) for source in sources for row in connection.execute(f"from {source}").fetchall()
                )
        if held := accounts & set(re.findall(r"[\w+/-]+", text)):
            leaks[path.name] = held
    return leaks


def test_no_account_leaves_the_private_database(sample_build: SampleBuild, tmp_path: Path) -> None:
    """Every published format and every report, of a company whose accounts stand in tiers; the search itself finds accounts where they are."""
    keys = {row["account_key"] for row in sample_build.rows("select account_key from marts.account_scorecard")}
    ids = {row["account_id"] for row in sample_build.rows("select account_id from staging.base_account_lines")}
    assert len(keys) > 500 and len(ids) > 500
    private, published = tmp_path / "private", tmp_path / "published"
    private.mkdir()
    copy = shutil.copy(sample_build.database, private / "winloss.duckdb")
    assert run("--from", str(copy), "--out", str(private / "accounts.csv")).exit_code == 0
    assert accounts_in(private, keys) == {"winloss.duckdb": keys}
    assert accounts_in(private, ids)["accounts.csv"] == ids
    with duckdb.connect(str(copy)) as connection:
        assert finish(connection, str(published / "marts.duckdb"), formats=["parquet", "csv"]) is None
    report = build_report(published / "marts.duckdb")
    for kind in ("html", "md", "json"):
        (published / f"report.{kind}").write_text(render(report, kind), encoding="utf-8")
    with duckdb.connect(str(published / "marts.duckdb"), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert {"account_tiers", "account_points", "account_tier_history"} <= tables
    assert not {"account_scorecard", "dim_accounts"} & tables
    assert {path.suffix for path in published.rglob("*")} >= {
        ".duckdb",
        ".sqlite",
        ".parquet",
        ".csv",
        ".html",
        ".md",
        ".json",
    }
    assert accounts_in(published, keys | ids) == {}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["accounts", *arguments])


def test_the_command_writes_the_accounts_of_a_tier(sample_build: SampleBuild, tmp_path: Path) -> None:
    out = tmp_path / "accounts.csv"
    done = run("--from", str(sample_build.database), "--tier", "A", "--out", str(out))
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    [(expected)] = sample_build.rows("select count(*) as accounts from marts.account_scorecard where tier = 'A'")
    assert len(rows) == expected["accounts"] > 10
    assert {row["tier"] for row in rows} == {"A"}
    known = {row["account_id"] for row in sample_build.rows("select account_id from staging.base_account_lines")}
    assert {row["account_id"] for row in rows} <= known
    rates = [float(row["expected_win_rate"]) for row in rows]
    assert rates == sorted(rates, reverse=True)
    whitespace = list(csv.DictReader(io.StringIO(run("--from", str(sample_build.database), "--whitespace").stdout)))
    assert {row["is_whitespace"] for row in whitespace} == {"True"}


def test_the_command_refuses_a_published_file_and_a_file_that_is_none(
    sample_build: SampleBuild, tmp_path: Path
) -> None:
    published = run("--from", str(sample_build.folder / "published.duckdb"))
    assert (published.exit_code, "is a published file, which holds no account" in published.output) == (1, True)
    assert run("--from", str(tmp_path / "none.duckdb")).exit_code == 1


@pytest.mark.parametrize(
    ("quality", "tiers", "said"),
    [((False, "too few deals"), "too few deals", "too few deals"), ((True, None), "no file of accounts", "no file of accounts")],
)  # fmt: skip
def test_the_command_says_why_there_are_no_accounts_by_tier(
    tmp_path: Path, quality: tuple[bool, str | None], tiers: str, said: str
) -> None:
    place = tmp_path / "build.duckdb"
    with duckdb.connect(str(place)) as connection:
        for schema in ("marts", "staging"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table marts.account_scorecard (account_key varchar)")
        connection.execute("create table marts.account_tiers as select 'A' as tier, $1 as missing_reason", [tiers])
        connection.execute("create table staging.base_account_lines (account_id varchar)")
        connection.execute(
            "create table marts.scorecard_quality as select $1 as is_allowed, $2 as missing_reason", [*quality]
        )
    done = run("--from", str(place))
    assert (done.exit_code, done.stderr, done.stdout) == (3, f"No accounts by tier: {said}.\n", "")
