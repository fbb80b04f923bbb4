"""Tolerant reading of delimited text: every record with the line it starts on, and what is wrong with it.

Used for headers and for files a strict reader would refuse or misread; regular files are never read this way.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from winloss.load.headers import plain

# A quoted cell may run over this many lines. Beyond it the quote is taken as never closed, so that one stray
# quote costs one line, not the rest of the file.
LONGEST_CELL_IN_LINES = 1_000

UNCLOSED_QUOTE = "a quote opened on this line is not closed"
# What a line is that is no record; the macro `rule_of_line` knows these words.
TITLE = "title above the header"
HEADER_AGAIN = "the header again"

ODD_SPACES = " \t\r\n\u00a0\u202f\u200b\ufeff"

csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True)
class Record:
    """One record: the physical line it starts on (1 is the first of the file), its cells, its problem or None."""

    line: int
    cells: list[str]
    problem: str | None


def text_lines(path: Path, encoding: str) -> Iterator[str]:
    """Physical lines with their ends, whatever those are (LF, CRLF, CR). Never fails on bytes.

    In a file that is UTF-8 but for some lines, those lines are read as Windows-1252 where they can be, so that one
    pasted line does not spoil the rest.
    """
    is_utf_8 = encoding == "utf-8"
    with path.open(encoding=encoding, errors="surrogateescape" if is_utf_8 else "replace", newline="") as file:
        first = True
        for line in file:
            if is_utf_8 and not line.isascii():
                line = _mended(line)
            yield line.removeprefix("\ufeff") if first else line
            first = False


def _mended(line: str) -> str:
    try:
        line.encode("utf-8")
        return line
    except UnicodeEncodeError:
        raw = line.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def is_blank(line: str) -> bool:
    """Whether a physical line holds nothing but spaces. A line of delimiters is a record, though an empty one."""
    return not line.strip(" \r\n\ufeff")


class _Lines:
    """Lines that can be put back, also once the last has been taken: a generator would stay finished."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._following: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._following.popleft() if self._following else next(self._lines)

    def put_back(self, lines: Sequence[str]) -> None:
        self._following.extendleft(reversed(lines))


def read_records(
    lines: Iterator[str], delimiter: str, width: int | None = None, first_line: int = 1
) -> Iterator[Record]:
    """Records of delimited text, none lost: a line that cannot be read as told comes back with its problem.

    `width` is the number of cells the header has; None reads without expecting any. `first_line` is the number of
    the first line given. A quoted cell may hold line ends. Empty cells past the width are dropped: spreadsheets
    write them.
    """
    number = first_line - 1
    source = _Lines(lines)
    for line in source:
        number += 1
        if is_blank(line):
            continue
        start, problem = number, None
        cells = _cells_of_one_line(line, delimiter)
        if cells is None:
            taken: list[str] = []
            cells = _cells_of_several_lines(line, source, taken, delimiter, width)
            if cells is None:
                source.put_back(taken)
                cells, problem = next(csv.reader([line], delimiter=delimiter)), UNCLOSED_QUOTE
            else:
                number += len(taken)
        yield fitted(Record(start, cells, problem), width)


def fitted(record: Record, width: int | None) -> Record:
    """A record without empty cells past the width of the header, and what is wrong where it is not as wide."""
    cells = list(record.cells)
    if width is None:
        return record
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    problem = record.problem
    if problem is None and len(cells) != width:
        problem = f"has {len(cells)} {'cell' if len(cells) == 1 else 'cells'}, the header has {width}"
    return Record(record.line, cells, problem)


def _cells_of_one_line(line: str, delimiter: str) -> list[str] | None:
    """The cells of a line that is a whole record; None when a quote is still open at its end."""
    if '"' not in line:
        return line.rstrip("\r\n").split(delimiter)
    asked_for_more = False

    def feed() -> Iterator[str]:
        nonlocal asked_for_more
        yield line
        asked_for_more = True

    cells = next(csv.reader(feed(), delimiter=delimiter))
    return None if asked_for_more else cells


def _cells_of_several_lines(
    first: str, source: Iterator[str], taken: list[str], delimiter: str, width: int | None
) -> list[str] | None:
    """The cells of a record that runs over several lines, those after `first` left in `taken`; None if it is none.

    It is none when the quote never closes, closes inside a word (then it met the opening quote of a later cell), when
    the record has the wrong width although lines inside it are records of the right one, or when it has the right one
    but every line inside it is a record that begins like it (then the quote met a stray one at the end of a later line).
    """

    def feed() -> Iterator[str]:
        yield first
        for text in islice(source, LONGEST_CELL_IN_LINES):
            taken.append(text)
            yield text

    # Read strictly: a record that is not whole by then is an error, and so is a quote that closes inside a word.
    try:
        cells = next(csv.reader(feed(), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    if width is not None:
        alone = [_cells_of_one_line(text, delimiter) for text in taken if not is_blank(text)]
        is_record = [found is not None and len(found) == width for found in alone]
        if len(cells) != width and any(is_record):
            return None
        if width > 2 and alone and all(is_record) and all(_begin_alike(cells, found) for found in alone if found):
            return None
    return cells


def _begin_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the first cells of two records may be ids of one kind: a word each, as long as or built like the other."""
    first, second = one[0].strip(), other[0].strip()
    if not first or any(" " in cell or "\n" in cell for cell in (first, second)):
        return False
    return len(first) == len(second) or _kind_of_word(first) == _kind_of_word(second)


def _kind_of_word(word: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", word))


_LINE_ENDS = re.compile(r"[\r\n]+")


def flat(cell: str) -> str:
    """A cell on one line, without control zeros and without odd spaces at its ends."""
    if cell.isascii() and cell.isprintable():
        return cell
    return _LINE_ENDS.sub(" ", cell.replace("\0", "")).strip(ODD_SPACES)


def write_copy(
    records: Iterable[Record], titles: Sequence[Record], headers: Sequence[str], copy: Path
) -> tuple[int, int]:
    """Writes the records below a header as regular UTF-8 CSV; returns how many lines there are, and the longest in bytes.

    `titles` are the records above the header; one of them, or the header, that stands among the records again is marked as such, as is a
    word alone above a header that stands again. The copy has no header; its cells are the record's (padded or cut to the width), then
    the line number and the problem. It is readable by its owner only.
    """
    width = len(headers)
    header = [plain(cell) for cell in headers]
    above = [words for record in titles if (words := _words(record))]
    count = longest = 0
    copy.touch(mode=0o600)
    with copy.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")

        def write(record: Record, problem: str | None) -> None:
            nonlocal count, longest
            cells = [flat(cell) for cell in record.cells[:width]]
            cells += [""] * (width - len(cells))
            characters = writer.writerow([*cells, record.line, problem])
            # A character takes at most four bytes.
            longest = max(longest, 4 * characters)
            count += 1

        for title in titles:
            write(title, TITLE)
        waiting: Record | None = None
        for record in records:
            problem = record.problem
            # the first cell decides nearly always
            if record.cells and plain(record.cells[0]) == header[0] and [*map(plain, record.cells[:width])] == header:
                problem = HEADER_AGAIN
            elif above and _words(record) in above:
                problem = TITLE
            if waiting:
                # what stands alone above the header again is the name of the group below it
                write(waiting, TITLE if problem == HEADER_AGAIN else waiting.problem)
                waiting = None
            if problem not in (HEADER_AGAIN, TITLE) and width > 1 and len(_words(record)) == 1:
                waiting = record
            else:
                write(record, problem)
        if waiting:
            write(waiting, waiting.problem)
    return count, longest


def _words(record: Record) -> list[str]:
    return [word for cell in record.cells if (word := flat(cell).strip())]
