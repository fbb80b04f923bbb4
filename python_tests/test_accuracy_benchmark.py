"""The accuracy benchmark: its small profile meets every target, and a worse method would not."""

from __future__ import annotations

import re

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import special

from benchmarks.accuracy import naive, oracle, paces, parity, table
from benchmarks.accuracy import scenarios as sc
from benchmarks.accuracy.__main__ import main
from python_tests.conftest import ROOT
from winloss.advice.parameters import METHOD_VERSION

PAGE = ROOT / "docs" / "accuracy.md"
# hundreds of companies are simulated
pytestmark = pytest.mark.slow
IDENTIFIERS = {
    f"{kind}{number}"
    for kind, last in (("B", 17), ("C", 7), ("D", 5), ("P", 7), ("W", 13))
    for number in range(1, last + 1)
}
# at sizes that take minutes only
OF_THE_FULL_PROFILE = {"C3", "W8", "W9"}


@pytest.fixture(scope="session")
def ci_table() -> list[table.Line]:
    return table.measure("ci", processes=2)


def test_every_target_of_the_small_profile_is_met(ci_table: list[table.Line]) -> None:
    missed = [line for line in ci_table if not line.is_met]
    assert not missed, "\n" + table.rendered(missed)


def test_every_benchmark_is_in_the_table(ci_table: list[table.Line]) -> None:
    assert {line.identifier for line in ci_table} == IDENTIFIERS - OF_THE_FULL_PROFILE
    assert {cell.identifier for cell in table.cells("full")} >= {cell.identifier for cell in table.cells("ci")}


def test_command_prints_the_table_and_fails_when_a_target_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    met = table.Line("B1", "null", "P(any claim)", "1.00", "0.08", "<= 0.14", "0", True, True)
    missed = table.Line("B2", "sparse", "power", "-", "0.01", ">= 0.65", "-", False)
    monkeypatch.setattr(table, "measure", lambda *_: [met, missed])
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 1
    assert re.search(r"^B1 .* met \*$", result.output, re.MULTILINE)
    assert re.search(r"^B2 .* missed$", result.output, re.MULTILINE)
    assert "1 of 2 targets met" in result.output
    monkeypatch.setattr(table, "measure", lambda *_: [met])
    assert CliRunner().invoke(main, []).exit_code == 0


def test_an_unknown_benchmark_is_named_in_the_error() -> None:
    result = CliRunner().invoke(main, ["--only", "B99"])
    assert result.exit_code == 1
    assert "no benchmark is called B99" in result.output


def test_reports_do_not_depend_on_the_number_of_processes() -> None:
    cell = table.Cell("B14", "sigma", table.measures.value_report, 45, {"deals": 20, "sigma": 1.0})
    assert table.simulate([cell], 1) == table.simulate([cell], 2)


def test_lenient_judge_grants_two_standard_errors_and_no_more() -> None:
    strict, lenient = table.Judge(False), table.Judge(True)
    assert not strict.at_least(0.64, 0.65, 0.01) and lenient.at_least(0.64, 0.65, 0.01)
    assert not lenient.at_least(0.62, 0.65, 0.01)
    assert not strict.at_most(0.21, 0.20, 0.01) and not lenient.at_most(0.23, 0.20, 0.01)


def test_companies_have_the_promised_base_rate_and_effects() -> None:
    rng = np.random.default_rng(1)
    for base in (0.25, 0.40, 0.62):
        company = sc.sparse(rng, base)
        assert sc.overall_rate(company) == pytest.approx(base, abs=1e-9)
        assert len(company.true_values) == 3
    company = sc.sparse(rng)
    sample = sc.draw(rng, company, 400_000)
    assert sample.won.mean() == pytest.approx(0.40, abs=0.003)
    (dimension, value), _ = next(iter(company.true_values.items()))
    inside = sample.codes[dimension] == value
    assert sample.won[inside].mean() == pytest.approx(company.true_rates[dimension, value], abs=0.02)
    assert sc.true_lift(company, (dimension, value)) == pytest.approx(
        sample.won[inside].mean() - sample.won[~inside].mean(), abs=0.02
    )


def test_naive_rules_are_as_described() -> None:
    # Three of three is a 'strong fit', three of eleven a poor one, and two deals are not looked at.
    industry = np.repeat([0, 1, 2, 3], [3, 11, 2, 10])
    won = np.array([1] * 3 + [1] * 3 + [0] * 8 + [1] * 2 + [1] * 6 + [0] * 4)
    sample = sc.Sample({"industry": industry}, np.zeros(26, dtype=np.int64), won, np.zeros(26))
    assert naive.claims(sample) == {("industry", 0): 1, ("industry", 1): -1}
    assert naive.ideal_profile(sample) == [("industry", 0), ("industry", 3)]
    assert naive.best_raw_rate(sample) == ("industry", 0)


def test_oracle_weighs_companies_by_their_likelihood() -> None:
    rng = np.random.default_rng(3)
    company = sc.sparse(rng)
    sample = sc.draw(rng, company, 3_000)
    probability = oracle.posterior(sample, 0.40)
    assert probability.sum() == pytest.approx(3.0)
    for value, sign in company.true_values.items():
        assert probability[sc.VALUES.index(value), (sign + 1) // 2] > 0.9
    # The likelihood of the true company, deal by deal.
    won, lost = oracle._log_rates(0.40)
    places = sorted(sc.VALUES.index(value) for value in company.true_values)
    row = int(np.nonzero((places == oracle._TRIPLES).all(axis=1))[0][0])
    signs = [company.true_values[sc.VALUES[place]] for place in places]
    column = int(np.nonzero((signs == oracle._SIGNS).all(axis=1))[0][0])
    carried = [sample.codes[d] == v for d, v in (sc.VALUES[place] for place in places)]
    cell = sum(carried[i].astype(int) << (2 - i) for i in range(3))
    expected = np.where(sample.won == 1, special.log_expit(sample.odds), special.log_expit(-sample.odds))
    found = np.where(sample.won == 1, won[row, column][cell], lost[row, column][cell])
    assert found == pytest.approx(expected, abs=1e-6)


def test_oracle_power_is_that_of_the_loosest_honest_cut() -> None:
    reports = [[(0.9, True), (0.8, True), (0.5, False)], [(0.95, True), (0.6, True), (0.3, False)]]
    power, false_share = oracle.power_at(reports, rate=0.10)
    assert (power, false_share) == (pytest.approx(4 / 6), 0.0)


def test_parity_sees_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity.statistics, "mid_p_2x2", lambda *_: 0.5)
    assert parity.mid_p_difference() > 0.1


def page_rows() -> list[list[str]]:
    """The full profile's table in docs/accuracy.md, without its head."""
    block = re.search(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    head, *rows = [re.split(r"  +", line) for line in block[1].splitlines()]
    assert head == ["id", "scenario", "R", "metric", "naive", "ours", "target", "oracle", "verdict"]
    assert all(len(row) == len(head) for row in rows)
    return rows


def test_page_shows_every_scenario_of_the_full_profile_and_no_miss() -> None:
    rows = page_rows()
    assert {row[0] for row in rows} == IDENTIFIERS
    assert {row[8] for row in rows} <= {"met", "met *"}
    shown = {(row[1], row[2]) for row in rows}
    assert [f"{c.identifier} {c.name}" for c in table.cells("full") if (c.name, str(c.repetitions)) not in shown] == []


def test_page_counts_what_its_table_shows_and_names_what_was_measured() -> None:
    text, rows = PAGE.read_text(encoding="utf-8"), page_rows()
    stars = sum(row[8] == "met *" for row in rows)
    assert f"{len(rows)} of {len(rows)} targets met, {stars} of them also the stretch target" in text
    assert f"`{METHOD_VERSION}`" in text and "make bench-accuracy" in text
    assert re.search(r"commit `[0-9a-f]{7,40}`", text)


def test_worlds_of_pace_show_what_they_say() -> None:
    """Four in ten are won in every world; ghosts stay open, a bulk close leaves none, a truncated export holds late closes only."""
    rng = np.random.default_rng(5)
    drawn = {name: paces.draw(rng, 20_000, world) for name, world in paces.PACE_WORLDS.items()}
    for name, (rows, still_won) in drawn.items():
        counts = {
            outcome: int((rows["outcome"] == outcome).sum()) for outcome in ("won", "lost", "disqualified", "open")
        }
        if name != "truncated":
            assert (counts["won"] + still_won) / sum(counts.values()) == pytest.approx(paces.TRUTH, abs=0.015), name
        assert (counts["disqualified"] > 0) == (name == "re-labelled"), name
        old = (rows["outcome"] == "open") & (rows["created"] < paces.AS_OF - 1 - 180)
        if "ghosts" in name:
            assert old.sum() > 0.05 * 20_000
        if name == "bulk close":
            assert old.sum() == 0
        if name == "truncated":
            closed = rows["closed"][rows["outcome"] != "open"]
            assert closed.min() >= paces.AS_OF - 200 and len(rows["outcome"]) < 20_000 / 2
