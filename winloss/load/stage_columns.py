"""Stage history that is written into columns of the deals: one per stage for the day each deal entered it, one for the day it left.

`Date entered "Contract Sent (Sales Pipeline)"` and `Date exited ...`, or hs_v2_date_entered_contractsent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from winloss.load.columns import Column, Kind
from winloss.load.statements import LINES, Binding, Cell, FileReading

_STAGE = re.compile(
    r"""date (?P<word>entered|exited) (?P<quoted>["'“](?P<label>.+?)( \([^()]*\))?["'”])"""
    r"""|hs_(?:v2_)?date_(?P<internal_word>entered|exited)_(?P<internal>\w+)""",
    re.IGNORECASE,
)


def stage_of_header(header: str) -> str | None:
    """The stage whose date of entry stands under a header, None when it is another column."""
    match = _STAGE.fullmatch(header)
    return (match["label"] or match["internal"]) if match and _word(match) == "entered" else None


def _word(match: re.Match[str]) -> str:
    return str(match["word"] or match["internal_word"]).lower()


def _places_left(headers: Sequence[str]) -> dict[str, int]:
    """The place of each column of days on which deals left a stage, by the stage and pipeline as the header writes them."""
    matches = [(place, _STAGE.fullmatch(header)) for place, header in enumerate(headers)]
    return {_written(match): place for place, match in matches if match and _word(match) == "exited"}


def _written(match: re.Match[str]) -> str:
    return str(match["quoted"][1:-1] if match["quoted"] else match["internal"]).lower()


def stages_entered(deals: FileReading) -> Iterator[FileReading]:
    """One reading per stage of a deals file: the day each deal entered it, and left it; a deal that never did has no line."""
    places_left = _places_left(deals.file.headers)
    for place, header in enumerate(deals.file.headers):
        stage = stage_of_header(header)
        match = _STAGE.fullmatch(header)
        if stage and match and "deal_id" in deals.bindings:
            kept = {name: deals.bindings[name] for name in ("deal_id", "modified_at") if name in deals.bindings}
            bindings = {**kept, "entered_on": _moment("entered_on", deals, place)}
            if _written(match) in places_left:
                bindings["left_at"] = _moment("left_at", deals, places_left[_written(match)])
            yield replace(deals, object="stage_history", bindings=bindings, constants={"stage": stage})


def _moment(name: str, deals: FileReading, place: int) -> Binding:
    return Binding(Column(name, Kind.TIMESTAMP), (Cell(LINES, deals.file, place),))
