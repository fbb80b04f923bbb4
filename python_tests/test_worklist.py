"""The list of open deals: what it says of the sample company, and to whom it says nothing."""

import csv
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from python_tests.conftest import ROOT, SampleBuild
from winloss.cli import main
from winloss.report.worklist import worklist_lines


def run(monkeypatch: pytest.MonkeyPatch, database: Path, *arguments: str) -> tuple[int, str]:
    monkeypatch.setenv("WINLOSS_DB", str(database))
    result = CliRunner().invoke(main, ["worklist", *arguments])
    return result.exit_code, result.output


def test_every_open_deal_is_listed_once_under_the_name_the_crm_gives_it(
    sample_build: SampleBuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, shown = run(monkeypatch, sample_build.database, "--format", "csv")
    listed = list(csv.DictReader(StringIO(shown)))
    with (ROOT / "seeds" / "sample" / "sample_deals.csv").open(encoding="utf-8") as lines:
        created = {row["deal_id"]: row["created_on"] for row in csv.DictReader(lines) if row["outcome"] == "Open"}
    assert code == 0
    assert {row["deal_id"]: row["created_on"] for row in listed}.items() <= created.items()
    counts = {
        row["profile_standing"]: row["open_deals"]
        for row in sample_build.rows("select profile_standing, open_deals from marts.open_pipeline_by_profile")
    }
    assert Counter(row["profile_standing"] for row in listed) == counts
    assert len({row["deal_id"] for row in listed}) == len(listed) == sum(counts.values())


def test_a_deal_says_how_old_it_is_and_how_likely_to_be_won() -> None:
    deal = {"deal_id": "D-1", "owner": "owner-1", "stage": None, "amount": 20000.4, "created_on": "2025-12-31"}
    rows = [
        {**deal, "profile_standing": "target more", "age_days": 1, "win_chance": 0.5, "is_stale": False},
        {**deal, "profile_standing": "neither", "age_days": 90, "win_chance": None, "is_stale": True, "amount": None},
    ]
    assert worklist_lines(rows, "too few deals") == [
        "Target more: 1 open, 0 stale",
        "  D-1  owner-1, no stage: 1 day old, 50% to be won, 20,000",
        "Neither: 1 open, 1 stale",
        "  D-1  owner-1, no stage: 90 days old, stale, chance unknown",
        "A chance is the average of all deals of that age, whatever the advice says of the deal.",
        "Too few deals.",
    ]


def test_what_a_deal_quotes_steers_no_terminal() -> None:
    deal = {"deal_id": "D\x1b[31m", "owner": "o", "stage": "s", "amount": None, "profile_standing": "neither"}
    (_, line, _) = worklist_lines([{**deal, "age_days": 2, "win_chance": 0.5, "is_stale": False}], None)
    assert "\x1b" not in line


def test_without_a_build_one_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, shown = run(monkeypatch, tmp_path / "none.duckdb")
    assert code == 1
    assert "no such file. Build first (winloss run, or dbt build)" in shown and "Traceback" not in shown
