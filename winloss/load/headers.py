"""Matching headers: what a file calls a column against what is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from winloss.errors import ReadingError, did_you_mean, listed

if TYPE_CHECKING:
    from winloss.load.file_inspection import ExportFile

# Numbers, dates, telephone numbers; e-mail addresses; ids of letters and digits.
_DATA = re.compile(r"[^A-Za-z]*\d[^A-Za-z]*|\d{4}-\d\d-\d\d[T ].*|.*\S@\S+|(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9-]{15,}")


TO_FILL_IN = "which header?"
"""What stands in a drafted mapping for a header that nothing tells."""

# quotes and dashes of every kind as the plain one
_SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4\u02bc", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\ufeff\u200b\u00ad", "")
)

_BEHIND = " *:\u2191\u2193\u25b2\u25bc\u25b4\u25be\u2b06\u2b07\ufe0f"


@lru_cache(maxsize=10_000)
def plain(header: str) -> str:
    """A header as it is compared: what only looks different is the same (Unicode forms, quotes, dashes, spaces, case).

    Without a mark of required fields before or behind it, a colon, or the arrow of the column that a report is sorted by.
    """
    words = " ".join(unicodedata.normalize("NFKC", header.translate(_SIGNS)).split())
    return words.lstrip(" *").rstrip(_BEHIND).casefold()


def normal(header: str) -> str:
    """A header as it is looked up: words with blanks between them, without what stands in brackets and without a currency."""
    apart = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", re.sub(r"[(\[].*?[)\]]", " ", header))
    spaced = re.sub(r"[\s_./:#-]+", " ", plain(apart)).strip(' "')
    return re.sub(r" (usd|eur|gbp|chf|in k|k|k€|m€|mio|€|\$)$", "", spaced)


def looks_like_data(cell: str) -> bool:
    """Whether a cell of a first line is more likely a value than a header: such a cell may be about a person."""
    return _DATA.fullmatch(cell.strip()) is not None


def is_header(cells: Sequence[str], wanted: Collection[str]) -> bool:
    """Whether a line is recognisably a header: it has wanted headers, and more of them than cells that look like data."""
    hoped_for = {plain(header) for header in wanted}
    known = sum(plain(cell) in hoped_for for cell in cells if plain(cell))
    return known > sum(looks_like_data(cell) for cell in cells)


def positions(header: str, headers: Sequence[str]) -> list[int]:
    """Where a header stands among the headers of a file; several places when it is there more than once."""
    wanted = plain(header)
    return [place for place, found in enumerate(headers) if plain(found) == wanted]


def headers_that_stand_twice(file: ExportFile) -> dict[str, list[int]]:
    """By the first of them as it is written, where headers stand that are more than one."""
    found: dict[str, list[int]] = {}
    for header in dict.fromkeys(file.nameable_headers):
        places = positions(header, file.headers)
        if len(places) > 1:
            found.setdefault(file.headers[places[0]], places)
    return found


def missing_header(header: str, wanted_for: str, file: ExportFile, lookups: Sequence[ExportFile] = ()) -> str:
    """The sentence that says a header is not in a file, nor in its lookups, with the nearest that is."""
    also = f", nor has {' or '.join(lookup.name for lookup in lookups)}" if lookups else ""
    named = [name for searched in (file, *lookups) for name in searched.nameable_headers]
    nearest = did_you_mean(header, named)
    if header == TO_FILL_IN:
        return (
            f'The mapping still says "{header}" for {wanted_for}: write what stands above it in {file.name}.{nearest}'
        )
    return f'{file.name} has no column "{header}" (for {wanted_for}){also}.{nearest}'


def no_header(file: ExportFile, expected: Sequence[str]) -> str:
    """The sentence that says line 1 is no header. It names nothing of the line: where it is no header, it is about someone."""
    if TO_FILL_IN in expected:
        return f'The mapping still says "{TO_FILL_IN}": write what stands above each of these columns in {file.name}.'
    if len([header for header in file.headers if header]) <= 1:
        return (
            f"{file.name} has none of the expected headers ({listed(expected)}): its first line holds one column only. "
            "Separate columns by comma, semicolon, tab or vertical bar."
        )
    return f"{file.name} has none of the expected headers ({listed(expected)}) in its first line. Export it with its header line, or name the headers it has."


def only_position(header: str, wanted_for: str, file: ExportFile) -> int:
    """Where a header stands in a file. Raises ReadingError when it is not there, or there more than once."""
    found = positions(header, file.headers)
    if not found:
        raise ReadingError(missing_header(header, wanted_for, file))
    if len(found) > 1:
        places = " and ".join(str(place + 1) for place in found)
        raise ReadingError(
            f'{file.name} has the column "{header}" (for {wanted_for}) {len(found)} times, as columns {places}: '
            f"rename all but one."
        )
    return found[0]
