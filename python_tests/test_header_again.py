"""A header that stands among the lines once more, as where files were put behind each other, is no record."""

from pathlib import Path

import pytest

from winloss.load.file_inspection import KeptCells, examine
from winloss.load.plan import new_engine

HEADER = "deal_id,stage,amount"


@pytest.mark.parametrize("keeps_cells", [False, True], ids=["build", "look"])
@pytest.mark.parametrize("first", ["D-1", " D-1"], ids=["plain", "spaces"])
@pytest.mark.parametrize(
    ("header", "line"),
    [
        (HEADER, HEADER),
        (HEADER, "DEAL_ID,Stage,amount"),
        (HEADER, "*deal_id,stage*,amount"),
        (HEADER, "deal_id *,stage,* amount"),
        ("*deal_id,stage,amount", "*deal_id,stage,amount"),
        ("Deal ID:,Stage:,Amount:", "Deal ID:,Stage:,Amount:"),
        ("Deal ID ↑,Stage  ▲,Amount", "Deal ID ↑,Stage  ▲,Amount"),
        ("Größe,Stra\u00dfe,Amount", "Größe,Stra\u00dfe,Amount"),
        ("Deal's ID,stage,amount", "Deal's ID,stage,amount"),
        ("Deal\u2019s ID,stage,amount", "Deal\u2019s ID,stage,amount"),
        ("Deal  ID,Deal  stage,amount", "Deal  ID,Deal  stage,amount"),
        ("Deal `ID`,stage,amount", "Deal `ID`,stage,amount"),
    ],
)
def test_a_header_that_comes_again_is_no_record(
    tmp_path: Path, header: str, line: str, first: str, keeps_cells: bool
) -> None:
    assert left_out(tmp_path, f"{header}\n{first},Won,3\n{line}\nD-2,Lost,4\n", keeps_cells) == [3]


@pytest.mark.parametrize("keeps_cells", [False, True], ids=["build", "look"])
def test_a_line_that_has_some_of_the_header_is_a_record(tmp_path: Path, keeps_cells: bool) -> None:
    lines = "abcdefg,stage,amount\ndeal_id,Won,4\n*,stage,amount\n"
    assert left_out(tmp_path, f"{HEADER}\nD-1,Won,3\n{lines}D-2,Lost,4\n", keeps_cells) == []


def left_out(folder: Path, text: str, keeps_cells: bool) -> list[int]:
    """The lines that are no records; all of them are read."""
    path = folder / "deals.csv"
    path.write_text(text, encoding="utf-8")
    kept = KeptCells() if keeps_cells else None
    with new_engine() as engine:
        file = examine(path, path.name, HEADER.split(","), engine, folder / "copies", None, kept)
        lines = engine.execute(
            f"select source_line, line_problem from {file.relation()} as lines order by all"
        ).fetchall()
    assert len(lines) == file.records == text.count("\n") - 1
    return [line for line, problem in lines if problem]
