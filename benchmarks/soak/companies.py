"""Two companies as builds leave them: private databases to publish from, in turn, to one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.__main__ import dbt, environment_for, run
from benchmarks.speed.generate import generate

TABLES = ("run_history", "win_rate_baseline", "input_files", "win_rates_by_quarter")
"""Small tables that differ between the two companies, each in another folder of models."""

_SETTINGS = {
    "one": (400, "publish_formats: [parquet, csv]\n"),
    # another quarter under review, so that the copies of two quarters stand beside each other
    "two": (500, "publish_formats: [parquet, csv]\nreview_quarter: 2025-Q3\n"),
}


@dataclass(frozen=True)
class Company:
    """A company by its name and its private database."""

    name: str
    private: Path


def built_companies(folder: Path) -> tuple[Company, Company]:
    """Both companies, built into `folder` where they do not stand there already."""
    one, two = (_built(name, folder / name) for name in _SETTINGS)
    return one, two


def _built(name: str, folder: Path) -> Company:
    deals, settings = _SETTINGS[name]
    files, private = folder / "exports", folder / "private" / "winloss.duckdb"
    finished = folder / "finished"
    if not finished.exists():
        folder.mkdir(parents=True, exist_ok=True)
        generate(deals, files, os.cpu_count() or 1)
        mapping = files / "mapping.yml"
        mapping.write_text(mapping.read_text(encoding="utf-8") + settings, encoding="utf-8")
        run(dbt(files, folder), environment_for(deals, files, folder, "2GB"))
        finished.touch()
    return Company(name, private)
