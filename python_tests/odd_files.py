"""Files no one means to write but people export: odd cells, delimiters, encodings, line ends and damage."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

SIZE = 1_000 if os.environ.get("WINLOSS_FUZZ") == "full" else 100

CELL = st.one_of(
    st.sampled_from(
        [
            "",
            "won",
            "lost",
            " ",
            "1,200.50",
            "1.200,50",
            "3/4/2026",
            "31.12.2025",
            "2026-03-04",
            "N/A",
            "-",
            "=1+1",
            '5" pipe',
            "@SUM(A1)",
            '"',
            '""',
            'a "b" c',
            "line\nbreak",
            "x\r\ny",
            "a;b",
            "a,b",
            "a\tb",
            "'",
            "\\",
            "\x00",
            "\u00a0",
            "ü€",
            "75%",
            "x" * 5_000,
            "-1e309",
            "1e5",
            "99999999999999999999999999",
            "46022",
            "\u2028",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
FORMS: dict[str, st.SearchStrategy[Any]] = {
    "delimiter": st.sampled_from([",", ";", "\t", "|"]),
    "line_end": st.sampled_from(["\n", "\r\n", "\r"]),
    "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]),
    "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    "damage": st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from(['"', '""', "\n", "\x00", "junk", 'x"y', '"open', "\r"])),
        max_size=3,
    ),
}
ODD_FILES = st.fixed_dictionaries({**FORMS, "rows": st.lists(st.lists(CELL, min_size=1, max_size=9), max_size=12)})


def odd_file(headers: Sequence[str], odd: Mapping[str, Any]) -> bytes:
    """The bytes of a file with a good header and anything after it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=odd["delimiter"], lineterminator="\n", quoting=odd["quoting"])
    writer.writerow(headers)
    writer.writerows(odd["rows"])
    lines = buffer.getvalue().split("\n")
    for position, damage in odd["damage"]:
        if position + 1 < len(lines):
            lines[position + 1] += damage
    return odd["line_end"].join(lines).encode(odd["encoding"], errors="replace")


def filled_lines(raw: bytes, encoding: str) -> list[int]:
    """The numbers of the physical lines below the first that hold anything."""
    text = raw.decode(encoding, errors="replace")
    physical = io.StringIO(text, newline="").readlines()
    return [number for number, line in enumerate(physical, 1) if line.strip(" \r\n\ufeff") and number > 1]
