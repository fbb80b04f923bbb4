"""The dashboard's queries run on the SQLite copy, and its figures are those of the marts."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
import yaml

from python_tests.conftest import ROOT, SampleBuild

DASHBOARD = yaml.safe_load((ROOT / "docs" / "dashboards" / "winloss.yml").read_text(encoding="utf-8"))["plugins"][
    "datasette-dashboards"
]["winloss"]


def answer(sample_build: SampleBuild, panel: dict[str, Any], dimension: str = "") -> list[sqlite3.Row]:
    with sqlite3.connect(f"file:{sample_build.folder}/published.sqlite?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(panel["query"], {"dimension": dimension}).fetchall()


def fields(drawing: Any) -> set[str]:
    """Every column that a drawing names."""
    if isinstance(drawing, dict):
        own = {drawing["field"]} if isinstance(drawing.get("field"), str) else set()
        return own.union(*map(fields, drawing.values()))
    return set[str]().union(*map(fields, drawing)) if isinstance(drawing, list) else set()


@pytest.mark.parametrize("name", sorted({panel for row in DASHBOARD["layout"] for panel in row}))
def test_every_panel_draws_columns_that_its_query_gives(name: str, sample_build: SampleBuild) -> None:
    panel = DASHBOARD["charts"][name]
    rows = answer(sample_build, panel)
    assert rows and fields(panel.get("display", {})) <= set(rows[0].keys())


def test_panels_with_a_dimension_count_every_deal_once(sample_build: SampleBuild) -> None:
    ((lost,),) = [
        tuple(row.values())
        for row in sample_build.rows("select sum(lost_deals) from marts.win_rates_by_quarter where lost_deals > 0")
    ]
    for dimension in ["", *(row[0] for row in answer(sample_build, DASHBOARD["filters"]["dimension"]))]:
        rows = answer(sample_build, DASHBOARD["charts"]["reasons"], dimension)
        assert sum(row["lost_deals"] for row in rows) == lost, dimension
