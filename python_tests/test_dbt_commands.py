"""What anybody who knows dbt tries: its own commands on a fresh database, after a build, and after the build of another source.

One copy of the project for each company, whose commands run one after another; each test looks at what one of them said.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from python_tests.crm_build import FIXTURES
from python_tests.known_company.project import Outcome, Project, copy_project

COMPANIES = ("sample", "pipedrive", "dynamics365")
SHOWN = ("base_deals", "stg_deals", "win_rate_baseline")
SEED = Path("seeds") / "population.csv"


@dataclass
class Company:
    """A copy of the project with the exports of one company, and what each dbt command said there."""

    project: Project
    said: dict[str, Outcome] = field(default_factory=dict)
    artifacts: dict[str, Any] = field(default_factory=dict)

    def tell(self, when: str, *arguments: str, crm: str | None = None) -> Outcome:
        stated = {"WINLOSS_CRM": crm} if crm else {}
        self.said[when] = self.project.dbt(*arguments, **stated)
        return self.said[when]

    def artifact(self, name: str) -> Any:
        return json.loads((self.project.folder / "target" / name).read_text(encoding="utf-8"))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(crm, marks=pytest.mark.thorough if crm == COMPANIES[0] else pytest.mark.slow) for crm in COMPANIES
    ],
)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Every command in the order in which a person would try them."""
    here = Company(copy_project(tmp_path_factory.mktemp(request.param) / "project", seeds=None))
    here.project.writes_artifacts = True
    if request.param != "sample":
        shutil.copytree(FIXTURES / request.param, here.project.exports, dirs_exist_ok=True)
    for name in SHOWN:
        here.tell(f"fresh show {name}", "show", "--select", name)
    here.tell("fresh compile", "compile")
    here.tell("fresh ls", "ls", "--resource-type", "source")
    here.tell("fresh freshness", "source", "freshness")
    here.tell("fresh selection", "build", "--select", "+win_rate_baseline")
    here.tell("ls of the selection", "ls", "--select", "+win_rate_baseline", "--resource-type", "test")
    # a list that cannot be read, fixed afterwards
    good = (here.project.folder / SEED).read_text(encoding="utf-8")
    (here.project.folder / SEED).write_text(good + "pipeline,Partner,perhaps\n", encoding="utf-8")
    here.tell("broken build", "build", "--select", "+win_rate_baseline")
    (here.project.folder / SEED).write_text(good, encoding="utf-8")
    here.tell("retry", "retry")
    here.tell("build", "build")
    for name in SHOWN:
        here.tell(f"show {name}", "show", "--select", name)
    here.tell("compile", "compile")
    here.tell("freshness", "source", "freshness")
    # `make check` runs them
    here.tell("unit tests", "ls", "--select", "test_type:unit")
    here.tell("docs", "docs", "generate")
    here.artifacts = {"manifest": here.artifact("manifest.json"), "catalog": here.artifact("catalog.json")}
    # another source takes the place of this one
    other = "dynamics365" if request.param == "sample" else "sample"
    if other != "sample":
        shutil.copytree(FIXTURES / other, here.project.exports, dirs_exist_ok=True)
    else:
        here.project.empty_exports()
    shutil.rmtree(here.project.folder / "published")
    here.tell("other build", "build")
    for name in SHOWN:
        here.tell(f"other show {name}", "show", "--select", name)
    here.tell("other freshness", "source", "freshness")
    yield here


def test_no_command_ends_in_a_stack_trace(company: Company) -> None:
    assert [when for when, outcome in company.said.items() if "Traceback" in outcome.shown] == []


@pytest.mark.parametrize(
    "when", ["fresh compile", "fresh ls", "fresh freshness", "compile", "freshness", "other freshness"]
)
def test_a_command_that_builds_nothing_works_before_and_after_a_build(company: Company, when: str) -> None:
    assert company.said[when].exit_code == 0, company.said[when].shown[-2000:]


def test_the_exports_are_sources(company: Company) -> None:
    assert "winloss.landing.deals" in company.said["fresh ls"].shown


def test_freshness_is_that_of_the_load(company: Company) -> None:
    assert company.said["fresh freshness"].statuses["deals"] == "warn"
    assert company.said["freshness"].statuses["deals"] == "pass"
    assert company.said["other freshness"].statuses["deals"] == "pass"


def test_a_selection_on_a_fresh_database_builds_its_tables_and_no_test_of_others(company: Company) -> None:
    outcome = company.said["fresh selection"]
    assert outcome.exit_code == 0, outcome.shown[-2000:]
    assert outcome.failed == []
    assert outcome.statuses["win_rate_baseline"] == "success"
    assert "win_rates_by_segment_pair" not in outcome.statuses
    assert "assert_segments_and_quarters_add_up_to_all_deals" not in outcome.statuses


@pytest.mark.parametrize("name", SHOWN)
def test_show_answers_after_a_build_and_says_on_a_fresh_database_that_there_is_no_table(
    company: Company, name: str
) -> None:
    fresh, built, other = (company.said[f"{when}show {name}"] for when in ("fresh ", "", "other "))
    assert fresh.exit_code != 0 and "does not exist" in fresh.shown
    assert built.exit_code == 0 and "|" in built.shown
    assert other.exit_code == 0 and "|" in other.shown


def test_retry_goes_on_where_a_broken_list_stopped_the_build(company: Company) -> None:
    broken, again = company.said["broken build"], company.said["retry"]
    assert broken.exit_code == 1 and broken.failed == ["population"]
    assert "skipped" in broken.statuses.values()
    assert again.exit_code == 0, again.shown[-2000:]
    assert again.statuses["population"] == "success" and again.statuses["win_rate_baseline"] == "success"
    # what was green is not built again
    assert broken.statuses["bands"] == "success" and "bands" not in again.statuses


def test_a_build_is_published_though_it_runs_no_unit_test(company: Company) -> None:
    assert company.said["build"].exit_code == 0
    assert "Published " in company.said["build"].shown
    assert "Published " in company.said["other build"].shown


def test_unit_tests_are_found_by_their_type(company: Company) -> None:
    outcome = company.said["unit tests"]
    assert outcome.exit_code == 0, outcome.shown[-2000:]
    listed = [line for line in outcome.shown.splitlines() if line.startswith("unit_test:")]
    assert len(listed) == len(company.artifacts["manifest"]["unit_tests"]) > 50


def test_the_lineage_leads_from_the_exports_to_the_report(company: Company) -> None:
    parents = company.artifacts["manifest"]["parent_map"]
    seen, waiting = set(), ["exposure.winloss.quarterly_report"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += parents.get(name, [])
    landed = {name for name in company.artifacts["manifest"]["sources"] if ".landing." in name}
    assert {
        f"source.winloss.landing.{name}" for name in ("deals", "accounts", "contacts", "stage_history", "files")
    } <= seen & landed
    assert "source.winloss.landing.deals" in company.artifacts["catalog"]["sources"]
