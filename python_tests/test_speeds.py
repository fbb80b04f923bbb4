"""`make check` stays quick: a test that runs dbt is left to `make test`, however it comes by it."""

import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.expression import Expression

from python_tests import speeds
from python_tests.canary_company import Place, place_with_a_short_build
from python_tests.conftest import ROOT, SampleBuild
from python_tests.known_company.project import (
    SHARED_MANIFESTS,
    Project,
    copy_project,
    csv_text,
    shared_manifest,
    standing_in,
    what_decides_parsing,
)


def by_a_method(build: SampleBuild) -> None:
    build.dbt("build")


def by_a_helper() -> None:
    place_with_a_short_build("never made")


def by_a_method_that_calls_it(place: Place) -> None:
    place.build()


def by_an_import_of_its_own() -> None:
    from python_tests.crm_build import build_fixture

    build_fixture(Path("nowhere"), "hubspot")


def by_no_means(project: Project) -> str:
    return csv_text(["a"], []) + str(project.exports)


@pytest.mark.parametrize(
    "function",
    [by_a_method, by_a_helper, by_a_method_that_calls_it, by_an_import_of_its_own],
    ids=lambda function: function.__name__,
)
def test_a_function_that_comes_to_run_dbt_is_found(function: object) -> None:
    assert speeds.runs_dbt(function, {})


def test_a_function_that_reads_and_writes_files_is_not_taken_for_one_that_runs_dbt() -> None:
    assert not speeds.runs_dbt(by_no_means, {})


def test_a_test_that_starts_dbt_unmarked_fails(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from python_tests.conftest import pytest_runtest_protocol\n", encoding="utf-8"
    )
    (tmp_path / "test_hidden.py").write_text(
        "import pytest\nfrom python_tests.speeds import dbt_starts as hidden\n\n"
        "def test_hidden():\n    hidden()\n\n@pytest.mark.dbt\ndef test_marked():\n    hidden()\n",
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed" in run.stdout, run.stdout
    assert "test_hidden.py::test_hidden runs dbt and is not marked so. Mark it: @pytest.mark.dbt" in run.stdout


def test_what_every_check_leaves_out_is_left_to_make_test() -> None:
    recipes = (ROOT / "Makefile").read_text(encoding="utf-8")
    asked = {
        target: re.search(r' -m "(.*?)"', recipes.partition(f"\n{target}: ")[2].partition("\n\n")[0])
        for target in ("check-tests", "test", "test-slow")
    }
    kinds = re.search(r"^SLOW := (.*)", recipes, re.MULTILINE)
    assert kinds is not None
    selections = [found[1].replace("$(SLOW)", kinds[1]) for found in asked.values() if found]
    assert len(selections) == 3
    # whatever a test is marked, a command of CI runs it; what builds a company or takes long is not run after every edit
    for marked in (
        set(chosen)
        for size in range(7)
        for chosen in combinations(("dbt", "long", "browser", "spark", "thorough", "slow"), size)
    ):
        run_by = [
            Expression.compile(selection).evaluate(lambda name, marked=marked, **_: name in marked)
            for selection in selections
        ]
        assert any(run_by), marked
        assert run_by[0] == (not marked)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    run = [found[0] for line in ci if ".venv" not in line and (found := re.search(r"(?<!`)\bmake [^`;]+", line))]
    assert run == [
        "make --keep-going -j 2 check-unit-tests check-python check-sql",
        "make test",
        'make test-slow SLOW="(browser or spark or thorough) and not large"',
        'make test-slow SLOW="large"',
    ]


def test_a_copy_shares_what_was_parsed_until_something_parsed_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHARED_MANIFESTS, str(tmp_path))
    copies = [copy_project(tmp_path / name).folder for name in ("one", "two")]

    def place(folder: Path, **environment: str) -> Path | None:
        with standing_in(folder, environment):
            return shared_manifest(what_decides_parsing(os.environ))

    same = place(copies[0])
    assert same is not None and place(copies[1]) == same
    others = [{"WINLOSS_TARGET": "spark"}, {"WINLOSS_DB": "private/other.duckdb"}]
    assert len({same, *(place(copies[1], **environment) for environment in others)}) == 3
    assert place(copies[1], WINLOSS_CRM="hubspot") == same
    # a seed is read when it is loaded
    (copies[1] / "seeds" / "settings.csv").write_text("", encoding="utf-8")
    assert place(copies[1]) == same
    seen: set[Path | None] = {same}
    for name in ("models/marts/core/dim_periods.sql", "macros/rate.sql", "models/marts/core/dim_periods.yml"):
        (copies[1] / name).write_text("changed", encoding="utf-8")
        seen.add(place(copies[1]))
    assert len(seen) == 4


# parses the project twice
@pytest.mark.slow
def test_no_setting_decides_what_dbt_parses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what was parsed serves every company of a session: the CRM, dimensions and lists are asked for when a model is compiled."""
    monkeypatch.delenv(SHARED_MANIFESTS)
    parsed = []
    for crm, settings in (
        ("sample", ""),
        ("warehouse", "extra_dimensions: {team: squad}\ndimensions: []\nminimum_deals: 3\n"),
    ):
        project = copy_project(tmp_path / crm, seeds=None)
        (project.folder / "winloss.yml").write_text(settings, encoding="utf-8")
        outcome = project.dbt("parse", WINLOSS_CRM=crm)
        assert outcome.exit_code == 0, outcome.shown
        (manifest,) = project.manifests.values()
        stated = manifest.writable_manifest().to_dict()
        parsed.append(
            {kind: without_times(stated[kind]) for kind in ("nodes", "sources", "macros", "unit_tests", "parent_map")}
        )
    assert parsed[0] == parsed[1]


def without_times(stated: Any) -> Any:
    if isinstance(stated, dict):
        # where the copy stands, and when it was parsed
        return {name: without_times(value) for name, value in stated.items() if name not in ("created_at", "root_path")}
    return [without_times(value) for value in stated] if isinstance(stated, list) else stated


OF_A_DEAL = ("fct_deals", "bridge_deal_contacts", "bridge_deal_competitors", "int_contacts_by_deal", "dim_accounts")
"""Tables that grow with the deals: a reading of one costs a tenth of a second at a million deals, and joining two of them half a second."""

READ_ONCE = {
    "int_segment_quarters": {"fct_deals"},
    "int_segment_overlaps": {"fct_deals"},
    "int_competitor_cells": {"fct_deals", "bridge_deal_competitors"},
    "int_competitor_strata": set(),
    "int_competitor_reasons": set(),
    "competition_coverage": {"fct_deals"},
    "competitors_by_quarter": {"fct_deals"},
    "win_rates_by_competitor": set(),
    "win_rates_by_competitor_segment": {"fct_deals", "bridge_deal_competitors"},
    "int_contacts_by_deal": {"fct_deals", "bridge_deal_contacts"},
    "int_contact_strata": {"int_contacts_by_deal"},
    "multithreading": set(),
    "win_rates_by_contact_count": set(),
    "int_segment_values": {"fct_deals"},
    "segment_values": set(),
    "account_scorecard": {"fct_deals", "dim_accounts"},
    "account_tier_history": {"fct_deals"},
}


@pytest.mark.parametrize("model", READ_ONCE)
def test_why_whom_and_which_accounts_are_asked_in_one_reading_of_the_deals(
    model: str, sample_build: SampleBuild
) -> None:
    """What each table reads as the engine plans it; seconds would tell of the machine."""
    [compiled] = (sample_build.folder / "target" / "compiled").rglob(f"{model}.sql")
    [plan] = sample_build.rows(f"explain (format json) {compiled.read_text(encoding='utf-8')}")
    read = re.findall(r'"Table": "(?:\w+\.)*(\w+)"', plan["explain_value"])
    assert sorted(name for name in read if name in OF_A_DEAL) == sorted(READ_ONCE[model])
