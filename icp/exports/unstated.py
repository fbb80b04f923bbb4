"""Files in the folder of exports while nothing says where they come from: they are somebody's own deals, not the sample's."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from icp.exports.aliases import aliases, recognise
from icp.exports.folder import Folder
from icp.exports.problems import ReadingError
from icp.exports.shape import ExportFile

DATA = (".csv", ".tsv", ".tab", ".txt", ".parquet", ".xlsx", ".xlsm", ".xls", ".zip", ".gz")
"""Endings of files that people export; what has another, such as a README.md, is no export."""


def recognised_crm(files: Sequence[ExportFile]) -> str | None:
    """The CRM whose headers the files share most, None where no file shares three."""
    known: dict[str, int] = {}
    for file in files:
        best: dict[str, int] = {}
        for likeness in recognise(file.headers):
            best[likeness.crm] = max(best.get(likeness.crm, 0), likeness.known)
        for crm, count in best.items():
            known[crm] = known.get(crm, 0) + (count if count > 2 else 0)
    likely = sorted(((count, crm) for crm, count in known.items() if count), reverse=True)
    return likely[0][1] if likely else None


def unstated_source(path: str) -> str | None:
    """One sentence that says what the files in the folder look like and how to say so; None where there are none."""
    folder = Path(path)
    if not folder.is_dir():
        return None
    names = sorted(found.name for found in folder.iterdir() if found.is_file() and found.suffix.lower() in DATA and not found.name.startswith((".", "~$")))
    files: list[ExportFile] = []
    are_exports = False
    with tempfile.TemporaryDirectory(prefix="winloss_look_") as workplace, duckdb.connect() as engine:
        looked = Folder(folder, engine, Path(workplace) / "copies")
        for name in names:
            try:
                files.append(looked.examine(folder / name, [alias.header for alias in aliases()]))
            except ReadingError:
                are_exports = are_exports or not name.lower().endswith(".txt")
    # one column in a text file is prose
    are_exports = are_exports or any(len(file.headers) > 1 or not file.name.lower().endswith(".txt") for file in files)
    if not are_exports:
        return None
    crm = recognised_crm(files)
    if crm:
        way = f"look like {crm}, and nothing says so: set WINLOSS_CRM={crm}, or crm: {crm} among the variables"
    else:
        way = (
            f"are of no CRM known here: icp check {path} --write-mapping mapping.yml starts a mapping, "
            'dbt build --vars "$(cat mapping.yml)" builds with it'
        )
    return f"The files in {path} {way}; WINLOSS_CRM=sample builds the invented sample company."
