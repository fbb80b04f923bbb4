"""The metrics of `models/metrics.yml` give the figures of the marts.

MetricFlow is asked where its command `mf` is on the path, from an environment of its own (docs/metrics.md).
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from python_tests.conftest import ROOT, SampleBuild

MF = shutil.which("mf")
METRICS = yaml.safe_load((ROOT / "models" / "metrics.yml").read_text(encoding="utf-8"))


def test_metrics_can_be_asked_by_every_dimension_that_is_no_person(sample_build: SampleBuild) -> None:
    (model,) = METRICS["semantic_models"]
    known = {dimension["name"] for dimension in model["dimensions"]}
    dimensions = {
        row["dimension"] for row in sample_build.rows("select dimension from marts.dim_dimensions where not is_person")
    }
    assert known == dimensions | {"closed_on", "closed_quarter", "outcome", "loss_reason_category"}
    columns = {row["column_name"] for row in sample_build.rows("describe marts.fct_closed_deals")}
    assert known <= columns


@pytest.fixture(scope="module")
def project(sample_build: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as `mf` wants it, the artifacts of the build in its folder `target`, and a copy of the database, which it opens to write."""
    folder = tmp_path_factory.mktemp("metrics")
    for name in ("dbt_project.yml", "profiles.yml", "models", "seeds", "macros", "tests", "analyses", "winloss"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "target").symlink_to(sample_build.folder / "target")
    # under its own name, after which dbt names the catalog
    shutil.copyfile(sample_build.database, folder / sample_build.database.resolve().name)
    return folder


def query(project: Path, sample_build: SampleBuild, metrics: str, group: str) -> dict[str, dict[str, float]]:
    """The metrics by the value they are grouped by."""
    own = {
        "WINLOSS_DB": str(project / sample_build.database.resolve().name),
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    out = project / "answer.csv"
    command = [str(MF), "query", "--metrics", metrics, "--group-by", group, "--csv", str(out)]
    run = subprocess.run(
        command, cwd=project, env=sample_build.environment() | own, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    with out.open(encoding="utf-8", newline="") as file:
        return {
            row.pop(group): {name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)
        }


needs_metricflow = pytest.mark.skipif(MF is None, reason="dbt-metricflow is not installed")


@pytest.mark.slow
@needs_metricflow
def test_metrics_by_quarter_are_those_of_the_marts(project: Path, sample_build: SampleBuild) -> None:
    told = query(
        project,
        sample_build,
        "closed_deals,won_deals,win_rate,won_value,mean_won_value,mean_won_cycle_days,velocity",
        "deal__closed_quarter",
    )
    of_marts = {
        row["quarter"]: {
            "closed_deals": row["closed_deals"],
            "won_deals": row["won_deals"],
            "win_rate": row["win_rate"],
            "won_value": row["won_amount"],
            "mean_won_value": row["mean_won_amount"],
            "mean_won_cycle_days": row["mean_won_cycle_days"],
            "velocity": row["velocity_amount_per_day"],
        }
        for row in sample_build.rows("from marts.win_rates_by_quarter")
    }
    assert told.keys() == of_marts.keys()
    for quarter, figures in told.items():
        assert figures == pytest.approx(of_marts[quarter])


@pytest.mark.slow
@needs_metricflow
@pytest.mark.parametrize("dimension", ["industry", "revenue_band", "lead_source", "pipeline"])
def test_metrics_by_dimension_are_those_of_the_marts(dimension: str, project: Path, sample_build: SampleBuild) -> None:
    told = query(project, sample_build, "closed_deals,won_deals,win_rate", f"deal__{dimension}")
    of_marts = sample_build.rows(
        "select segment, closed_deals, won_deals, win_rate from marts.win_rates_by_dimension "
        "where period = 'all' and dimension = ? and closed_deals > 0",
        dimension,
    )
    assert told == {row.pop("segment"): pytest.approx(row) for row in of_marts}


@pytest.mark.slow
@needs_metricflow
def test_metrics_are_counted_by_calendar_time(project: Path, sample_build: SampleBuild) -> None:
    """The sample's fiscal year is the calendar year: both kinds of quarter hold the same deals."""
    told = query(project, sample_build, "won_deals", "metric_time__quarter")
    of_marts = sample_build.rows("select cast(starts_on as varchar) as day, won_deals from marts.win_rates_by_quarter")
    assert {day[:10]: figures["won_deals"] for day, figures in told.items()} == {
        row["day"]: row["won_deals"] for row in of_marts
    }
