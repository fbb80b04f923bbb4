"""Stage history that is written into columns of the deals: one per stage, holding the day each deal entered it.

`Date entered "Contract Sent (Sales Pipeline)"`, or hs_v2_date_entered_contractsent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from winloss.load.columns import Column, Kind
from winloss.load.statements import LINES, Binding, Cell, FileReading

_ENTERED = re.compile(
    r"""date entered ["'“](?P<label>.+?)( \([^()]*\))?["'”]|hs_(?:v2_)?date_entered_(?P<internal>\w+)""", re.IGNORECASE
)


def stage_of_header(header: str) -> str | None:
    """The stage whose date of entry stands under a header, None when it is another column."""
    match = _ENTERED.fullmatch(header)
    return (match["label"] or match["internal"]) if match else None


def stages_entered(deals: FileReading) -> Iterator[FileReading]:
    """One reading per stage of a deals file: the day each deal entered it; a deal that never did has no line."""
    for place, header in enumerate(deals.file.headers):
        stage = stage_of_header(header)
        if stage and "deal_id" in deals.bindings:
            entered_on = Binding(Column("entered_on", Kind.TIMESTAMP), (Cell(LINES, deals.file, place),))
            kept = {name: deals.bindings[name] for name in ("deal_id", "modified_at") if name in deals.bindings}
            bindings = {**kept, "entered_on": entered_on}
            yield replace(deals, object="stage_history", bindings=bindings, constants={"stage": stage})
