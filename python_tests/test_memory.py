"""What was recommended is remembered, followed up the quarter after, and never rewritten."""

from pathlib import Path

import pytest

from python_tests.conftest import SampleBuild

HISTORY = "select * exclude (fingerprint) from history.recommendations order by reviewed_quarter, version, rank"
FOLLOW_UP = "select * from marts.recommendation_follow_up order by reviewed_quarter, rank"


# six whole builds, one after another
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> SampleBuild:
    """2025-Q3 is reviewed twice, then 2025-Q4."""
    company = SampleBuild(tmp_path_factory.mktemp("memory"), "")
    built(company, "review_quarter: 2025-Q3")
    return company


def built(company: SampleBuild, variables: str) -> None:
    run = company.dbt("build", "--vars", f"{{{variables}}}")
    assert run.returncode == 0, run.stdout


def test_memory_from_quarter_to_quarter(reviewed: SampleBuild) -> None:
    first = reviewed.rows(HISTORY)
    assert {row["reviewed_quarter"] for row in first} == {"2025-Q3"}
    assert "Target more: Technology" in {row["title"] for row in first}
    assert reviewed.rows(FOLLOW_UP) == []

    built(reviewed, "review_quarter: 2025-Q3")
    assert reviewed.rows(HISTORY) == first, "the same quarter with the same data changes nothing"

    cleaned = reviewed.dbt("clean")
    assert cleaned.returncode == 0
    built(reviewed, "review_quarter: 2025-Q4")
    follow_up = reviewed.rows(FOLLOW_UP)
    assert [row["title"] for row in follow_up] == [row["title"] for row in first]
    [technology] = [row for row in follow_up if row["segment"] == "Technology"]
    # planted: Technology wins 27 of 33 in 2025-Q4, all others 52 of 93 (one deal has no industry)
    assert (technology["next_quarter"], technology["closed_deals"], technology["won_deals"]) == ("2025-Q4", 33, 27)
    assert technology["verdict"] == "held" and technology["is_history_revised"] is False

    built(reviewed, "review_quarter: 2025-Q3, focus_dimensions: [industry]")
    versions = {row["version"] for row in reviewed.rows(HISTORY) if row["reviewed_quarter"] == "2025-Q3"}
    assert versions == {1, 2}, "other advice for the same quarter is a further version beside the first"
    assert [
        row for row in reviewed.rows(HISTORY) if row["reviewed_quarter"] == "2025-Q3" and row["version"] == 1
    ] == first

    built(reviewed, "review_quarter: 2025-Q4")
    assert {row["is_history_revised"] for row in reviewed.rows(FOLLOW_UP)} == {True}


def test_a_part_of_a_build_is_not_remembered(tmp_path: Path) -> None:
    company = SampleBuild(tmp_path, "")
    run = company.dbt("build", "--exclude", "value_by_currency")
    assert run.returncode == 0, run.stdout
    assert company.rows("select count(*) as rows from history.recommendations") == [{"rows": 0}], run.stdout
