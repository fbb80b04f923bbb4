"""Matching headers: what a file calls a column against what is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from icp.exports.problems import ReadingError, did_you_mean, listed


def plain(header: str) -> str:
    """A header as it is compared: no byte-order mark, one space between words, any letter case, no closing `*`."""
    return " ".join(header.replace("\ufeff", "").split()).rstrip("*").strip().casefold()


def positions(header: str, headers: Sequence[str]) -> list[int]:
    """Where a header stands among the headers of a file; several places when it is there more than once."""
    wanted = plain(header)
    return [place for place, found in enumerate(headers) if plain(found) == wanted]


def missing_header(header: str, wanted_for: str, file: str, headers: Sequence[str], lookups: Sequence[str] = ()) -> str:
    """The sentence that says a header is not in a file, nor in its lookups, with the nearest that is.

    `headers` are those of all the files named.
    """
    named = [found for found in headers if found]
    if len(named) <= 1:
        return (
            f'{file} has no column "{header}" (for {wanted_for}): its first line holds one column only, '
            f"{listed(named)}. Separate columns by comma, semicolon, tab or vertical bar."
        )
    also = f", nor has {' or '.join(lookups)}" if lookups else ""
    return f'{file} has no column "{header}" (for {wanted_for}){also}.{did_you_mean(header, named)}'


def only_position(header: str, wanted_for: str, file: str, headers: Sequence[str]) -> int:
    """Where a header stands in a file. Raises ReadingError when it is not there, or there more than once."""
    found = positions(header, headers)
    if not found:
        raise ReadingError(missing_header(header, wanted_for, file, headers))
    if len(found) > 1:
        places = " and ".join(str(place + 1) for place in found)
        raise ReadingError(
            f'{file} has the column "{header}" (for {wanted_for}) {len(found)} times, as columns {places}: '
            f"rename all but one."
        )
    return found[0]
