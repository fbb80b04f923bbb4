"""A header that stands among the lines once more, as where files were put behind each other, makes a file irregular."""

from pathlib import Path

import pytest

from winloss.load.file_inspection import KeptCells, examine
from winloss.load.plan import new_engine


@pytest.mark.parametrize("keeps_cells", [False, True], ids=["build", "look"])
@pytest.mark.parametrize(
    ("line", "is_header"),
    [
        ("deal_id,stage,amount", True),
        ("DEAL_ID,Stage,amount", True),
        ("*deal_id,stage*,amount", True),
        ("deal_id *,stage,* amount", True),
        ("abcdefg,stage,amount", False),
    ],
)
def test_a_header_that_comes_again_is_seen(tmp_path: Path, line: str, is_header: bool, keeps_cells: bool) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(f"deal_id,stage,amount\nD-1,Won,3\n{line}\nD-2,Lost,4\n", encoding="utf-8")
    kept = KeptCells() if keeps_cells else None
    with new_engine() as engine:
        file = examine(path, path.name, ["deal_id", "stage", "amount"], engine, tmp_path / "copies", None, kept)
    assert (file.copy is not None, file.records) == (is_header, 3)
