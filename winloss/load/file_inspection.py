"""What a file is: its kind, encoding, delimiter and header, how many records it has, whether it is regular.

A regular file is read by the engine itself. Any other, and a workbook, gets a regular private copy, made by `lines`.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import duckdb

from winloss.errors import ReadingError
from winloss.load.encodings import WINDOWS_1252, stated_encoding, told_encoding
from winloss.load.headers import is_header, looks_like_data, plain
from winloss.load.record_reader import Record, fitted, is_blank, read_records, text_lines, write_copy
from winloss.load.workbook import is_workbook, likely_sheet, old_workbook_problem
from winloss.quoting import identifier, literal, literal_path

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_OWN_COLUMNS = ("line_number", "line_problem_words")
_LINE_THE_ENGINE_EXPECTS = 2_000_000
_CHUNK = 4 * 1024 * 1024
_BYTES_OF_ODD_SPACES = ("\u00a0".encode(), "\u202f".encode(), "\u200b".encode(), "\ufeff".encode())
# How a cell begins that tells a spreadsheet that it is text.
_TEXT_MARKS = (b'="', b",'", b";'", b"\t'", b"|'", b"\n'", b"\"'")
_AT_A_CHARACTER = (b"", 0)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# A header stands at most so far below the title of a report, whose lines fill a smaller share of its cells than this.
_TITLE_LINES = 30
_SHARE_OF_A_RECORD = 0.6

# The first bytes of what people export instead of text, and what to tell them.
_NOT_TEXT = (
    (b"\x1f\x8b", "is compressed: unpack it"),
    (b"%PDF", "is a PDF document: export it as CSV"),
    (b"{\\rtf", "is a text document: export it as CSV"),
)


_A_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|meta|table|\?xml)\b", re.IGNORECASE)


@dataclass(frozen=True)
class ExportFile:
    """One file as it will be read.

    `columns` are the names under which the SQL knows the cells, one per header and in its order. `records` counts
    the lines without the engine's CSV reader. `sha256` is empty where the file is only looked at. `has_header` is false where no
    line has anything of a header. `copy` is the regular copy that is read instead, if there is one; `kept_in` a table of the engine
    that examined it with all of its cells as they stand; `trimmed` the columns of it in which no cell begins or ends with a space or
    is empty; `landed_in` the table that holds the trimmed cells already. `notices` is what a user should know of it.
    """

    path: Path
    name: str
    sha256: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    records: int
    is_parquet: bool = False
    encoding: str = "utf-8"
    delimiter: str = ","
    header_lines: int = 1
    has_odd_spaces: bool = False
    has_text_marks: bool = False
    copy: Path | None = None
    longest_line: int = 0
    has_header: bool = True
    is_workbook: bool = False
    notices: tuple[str, ...] = ()
    kept_in: str | None = field(default=None, compare=False)
    trimmed: frozenset[str] = field(default=frozenset(), compare=False)
    landed_in: str | None = field(default=None, compare=False)

    @property
    def nameable_headers(self) -> tuple[str, ...]:
        """The headers that a message or a table may name: none where the first line is no header, none that looks like data."""
        return (
            tuple(header for header in self.headers if header and not looks_like_data(header))
            if self.has_header
            else ()
        )

    @property
    def is_read_directly(self) -> bool:
        return self.copy is None

    @property
    def lines_are_counted_by_place(self) -> bool:
        """Whether a line's number follows from its place in the file alone; a file that is not CSV, or a copy, says it."""
        return not self.is_parquet and self.copy is None

    def relation(self) -> str:
        """SQL of the file's lines: source_line, line_problem and one text column per header."""
        if not self.lines_are_counted_by_place:
            return self.landed_in or self.source()
        table = self.landed_in or self.kept_in
        # A table that was made in one go and never changed numbers its rows from 0 in the order they came.
        place = "rowid + 1" if table else "row_number() over ()"
        return (
            f"(select {place} + {self.header_lines} as source_line, cast(null as varchar) as line_problem, * "
            f"from {table or self.source()})"
        )

    def source(self) -> str:
        """SQL of what stands in the file: the columns of `relation`, without the lines' numbers where places tell them."""
        if self.kept_in:
            return self.kept_in
        if self.is_parquet:
            names = [identifier(column) for column in self.columns]
            cells = ", ".join(f"cast({name} as varchar) as {name}" for name in names)
            return (
                f"(select file_row_number + 1 as source_line, cast(null as varchar) as line_problem, {cells} "
                f"from read_parquet({literal_path(self.path)}, file_row_number = true))"
            )
        if self.copy:
            cells = ", ".join(identifier(column) for column in self.columns)
            return (
                f"(select cast(line_number as bigint) as source_line, line_problem_words as line_problem, {cells} "
                f"from {_read_csv(self.copy, ',', 0, (*self.columns, *_OWN_COLUMNS), self.longest_line)})"
            )
        return _read_csv(self.path, self.delimiter, self.header_lines, self.columns)


def _read_csv(path: Path, delimiter: str, skipped: int, columns: Sequence[str], longest_line: int = 0) -> str:
    # Nothing is sniffed: columns are taken by position, as this very file's header has them.
    shape = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    room = f", max_line_size = {longest_line + 1}" if longest_line > _LINE_THE_ENGINE_EXPECTS else ""
    return (
        f"read_csv({literal_path(path)}, auto_detect = false, header = false, skip = {skipped}, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', encoding = 'utf-8'{room}, "
        f"columns = {{{shape}}})"
    )


def examine(
    path: Path,
    name: str,
    wanted: Collection[str],
    engine: duckdb.DuckDBPyConnection,
    copies: Path,
    encoding: str | None = None,
    kept: KeptCells | None = None,
) -> ExportFile:
    """Finds out how a file must be read, and makes the regular copy in folder `copies` if it needs one.

    `name` is what the user calls it; `wanted` are the headers hoped for, which help to tell delimiter and header; `encoding` is what
    the user states of it. With `kept` the cells of the file are kept in `engine`, and a later question reads no file again.
    Raises ReadingError for a file that is empty, is no text, or has no header.
    """
    export = _examine(path, name, wanted, engine, copies, encoding, kept)
    return export if export.kept_in else _read_strictly(export, engine, kept) or export


def _examine(
    path: Path,
    name: str,
    wanted: Collection[str],
    engine: duckdb.DuckDBPyConnection,
    copies: Path,
    encoding: str | None,
    kept: KeptCells | None,
) -> ExportFile:
    with path.open("rb") as file:
        start = file.read(4096)
    for signature, advice in _NOT_TEXT:
        if start.startswith(signature):
            raise ReadingError(f"{name} {advice}.")
    if start.startswith(b"PAR1"):
        return _examine_parquet(path, name, engine, kept)
    if problem := old_workbook_problem(path, start):
        raise ReadingError(f"{name} {problem}.")
    if is_workbook(path, start):
        return _examine_workbook(path, name, wanted, copies, kept)
    if start.startswith(b"PK\x03\x04"):
        raise ReadingError(
            f"{name} begins like a zip archive and cannot be read as one here: unpack it, or export it again."
        )
    if _A_PAGE.match(start):
        raise ReadingError(
            f"{name} is a web page or XML, as some CRMs write it for Excel: open it there and save it as .xlsx or CSV (UTF-8), or export it as CSV."
        )
    if not start.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise ReadingError(f"{name} is empty: it has no header line. Export it again.")
    return _examine_text(path, name, wanted, engine, copies, start, encoding, kept)


def _examine_text(
    path: Path,
    name: str,
    wanted: Collection[str],
    engine: duckdb.DuckDBPyConnection,
    copies: Path,
    start: bytes,
    stated: str | None,
    kept: KeptCells | None,
) -> ExportFile:
    facts = _scan(path, is_loaded=kept is None)
    notices: tuple[str, ...] = ()
    # a byte-order mark says more than any setting
    encoding = _encoding(start)
    if stated and not start.startswith(_MARKS):
        encoding = stated_encoding(path, name, stated)
    elif encoding == "utf-8" and not facts.is_utf_8:
        encoding, notice = told_encoding(path, name)
        notices = (notice,)
    delimiter, header = _header(path, name, encoding, wanted)
    export = ExportFile(
        path=path,
        name=name,
        sha256=facts.sha256,
        headers=header.headers,
        columns=_column_names(header.headers),
        records=facts.lines - header.lines,
        encoding=encoding,
        delimiter=delimiter,
        header_lines=header.lines,
        has_odd_spaces=facts.has_odd_spaces,
        has_text_marks=facts.has_text_marks,
        has_header=header.is_known,
        notices=notices,
    )
    if facts.is_regular and encoding == "utf-8" and not header.titles:
        read = _read_strictly(export, engine, kept)
        read = _with_trimmed(read, engine) if read and kept and facts.is_ascii else read
        if read and _strict_count(read, engine, header.cells) == export.records:
            return read
    lines = islice(text_lines(path, _spoken(encoding)), header.lines, None)
    return _with_copy(export, read_records(lines, delimiter, len(header.headers), header.lines + 1), header, copies)


def _digest(path: Path, kept: KeptCells | None) -> str:
    """What tells the content of a file that is loaded; cells that are kept are only looked at."""
    if kept is not None:
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _examine_workbook(
    path: Path, name: str, wanted: Collection[str], copies: Path, kept: KeptCells | None
) -> ExportFile:
    hoped_for = {plain(header) for header in wanted}
    records, notice = likely_sheet(path, name, lambda found: len(hoped_for & {plain(cell) for cell in found.cells}))
    header = _found_header(records, wanted)
    export = ExportFile(
        path=path,
        name=name,
        sha256=_digest(path, kept),
        headers=header.headers,
        columns=_column_names(header.headers),
        records=0,
        header_lines=header.lines,
        has_header=header.is_known,
        is_workbook=True,
        notices=(notice,) if notice else (),
    )
    below = (fitted(record, len(header.headers)) for record in records if record.line > header.lines)
    return _with_copy(export, below, header, copies)


def _with_copy(export: ExportFile, records: Iterable[Record], header: _Header, copies: Path) -> ExportFile:
    """The file with the regular copy of its records that is read instead."""
    copies.mkdir(parents=True, exist_ok=True, mode=0o700)
    told_apart = hashlib.sha256(export.name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    stem = re.sub(r"[^A-Za-z0-9_-]", "_", export.path.stem)[:40]
    copy = copies / f"{export.sha256[:16]}_{told_apart}_{stem}.csv"
    count, longest = write_copy(records, header.titles, export.headers, copy)
    return replace(export, records=count, has_odd_spaces=False, copy=copy, longest_line=longest)


def _examine_parquet(path: Path, name: str, engine: duckdb.DuckDBPyConnection, kept: KeptCells | None) -> ExportFile:
    source = f"read_parquet({literal_path(path)})"
    try:
        headers = tuple(row[0] for row in engine.execute(f"describe select * from {source}").fetchall())
        counted = engine.execute(f"select sum(num_rows) from parquet_file_metadata({literal_path(path)})").fetchone()
    except duckdb.Error:
        raise ReadingError(f"{name} begins like a Parquet file but cannot be read as one. Export it again.") from None
    records = int(counted[0] if counted else 0)
    return ExportFile(path, name, _digest(path, kept), headers, headers, records, is_parquet=True)


def _spoken(encoding: str) -> str:
    return "cp1252" if encoding == WINDOWS_1252 else encoding


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    half = max(1, len(start) // 2)
    if start[1::2].count(0) > 0.4 * half:
        return "utf-16-le"
    if start[0::2].count(0) > 0.4 * half:
        return "utf-16-be"
    return "utf-8"


@dataclass(frozen=True)
class _Scan:
    sha256: str
    lines: int
    is_ascii: bool
    is_utf_8: bool
    is_regular: bool
    has_odd_spaces: bool
    has_text_marks: bool


def _scan(path: Path, is_loaded: bool) -> _Scan:
    """One pass over the bytes, in constant memory: lines counted by their ends, without any CSV reader. Most of it is hashing.

    Blank lines at the very end are no lines. Regular means UTF-8 with one kind of line end and no control zeros. If the
    engine then counts as many records as there are lines, every line is a record and its number is known.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    feeds = returns = returned_feeds = blank_at_end = 0
    is_ascii = is_utf_8 = is_regular = True
    has_odd_spaces = has_text_marks = ends_open = False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            chunk += file.readline(2 * _CHUNK)
            if is_loaded:
                digest.update(chunk)
            is_ascii = is_ascii and chunk.isascii()
            if not (chunk.isascii() and decoder.getstate() == _AT_A_CHARACTER):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf_8 = is_regular = False
                has_odd_spaces = has_odd_spaces or any(space in chunk for space in _BYTES_OF_ODD_SPACES)
            # of an encoding of two bytes, whatever may stand there is looked at
            has_text_marks = has_text_marks or b"\0" in chunk or _has_text_mark(chunk)
            if not is_regular:
                continue
            feeds += chunk.count(b"\n")
            if b"\r" in chunk:
                returns += chunk.count(b"\r")
                returned_feeds += chunk.count(b"\r\n")
            body = chunk.rstrip(b"\r\n")
            feeds_at_end = chunk[len(body) :].count(b"\n")
            blank_at_end = max(0, feeds_at_end - 1) if body else blank_at_end + feeds_at_end
            is_regular = b"\0" not in chunk
            has_odd_spaces = has_odd_spaces or b"\t" in chunk
            ends_open = not chunk.endswith(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        is_utf_8 = False
    is_regular = is_regular and is_utf_8 and returns == returned_feeds and returned_feeds in (0, feeds)
    lines = feeds - blank_at_end + ends_open
    return _Scan(
        digest.hexdigest() if is_loaded else "", lines, is_ascii, is_utf_8, is_regular, has_odd_spaces, has_text_marks
    )


def _has_text_mark(chunk: bytes) -> bool:
    # one letter is found much faster than two, and most files hold neither
    return (b"'" in chunk or b"=" in chunk) and any(mark in chunk for mark in _TEXT_MARKS)


class KeptCells:
    """Tables of one engine with the cells of the files it has read, each file once however often and for whatever it is examined."""

    def __init__(self) -> None:
        self._tables: dict[tuple[object, ...], str] = {}

    def table_of(self, export: ExportFile, engine: duckdb.DuckDBPyConnection) -> str:
        """The table with the cells of `export`, made where there is none. Raises duckdb.Error where its reader refuses the file."""
        # what is read, and how: a second look that takes another line for the header reads other cells
        read = (export.path, export.name, export.copy is None, export.delimiter, export.header_lines, export.columns)
        if read not in self._tables:
            table = f"temp.cells_{len(self._tables) + 1}"
            engine.execute(f"create temporary table {table} as select * from {export.source()} as records")
            self._tables[read] = table
        return self._tables[read]


def _read_strictly(export: ExportFile, engine: duckdb.DuckDBPyConnection, kept: KeptCells | None) -> ExportFile | None:
    """The file with its cells kept, if they are to be; None where the engine's reader, which forgives nothing, refuses it."""
    if kept is None:
        return export
    try:
        return replace(export, kept_in=kept.table_of(export, engine))
    except duckdb.Error:
        return None


def _with_trimmed(export: ExportFile, engine: duckdb.DuckDBPyConnection) -> ExportFile:
    """The file with the columns in which nothing is to be trimmed: of plain letters, only spaces could be."""
    if export.has_odd_spaces or export.has_text_marks:
        return export
    cells = [identifier(column) for column in export.columns]
    # an empty text, and one that begins with a space, come before any other sign
    has_none = ", ".join(f"not coalesce(bool_or({cell} < '!' or ends_with({cell}, ' ')), false)" for cell in cells)
    row = engine.execute(f"select {has_none} from {export.relation()}").fetchone() or ()
    return replace(
        export, trimmed=frozenset(column for column, is_so in zip(export.columns, row, strict=True) if is_so)
    )


def _strict_count(export: ExportFile, engine: duckdb.DuckDBPyConnection, header: Sequence[str]) -> int | None:
    """How many records the engine's reader finds when it forgives nothing; None when it refuses the file or meets the header again."""
    first, *others = (
        _is_header_sql(column, cell, column in export.trimmed)
        for column, cell in list(zip(export.columns, header, strict=False))[:3]
    )
    # hardly a line has the first, and the others are asked of no other line
    again = f"case when {first} then {' and '.join([*others, 'true'])} end"
    try:
        counted = engine.execute(f"select count(*), count_if({again}) from {export.relation()}").fetchone()
    except duckdb.Error:
        return None
    return int(counted[0]) if counted and not counted[1] else None


_AROUND = " *\t\ufeff"
"""What may stand around a header where it stands once more."""


def _is_header_sql(column: str, header: str, is_trimmed: bool) -> str:
    """SQL of whether a cell holds the header of its column again, as it stands or as headers are compared."""
    cell = identifier(column)
    spelled = sorted({header.strip(_AROUND).lower(), plain(header)})
    if is_trimmed:
        # then it is as long, or has a star before or behind it
        lengths = " or ".join(f"strlen({cell}) = {len(words.encode())}" for words in spelled)
        may_be = f"{lengths} or ({cell} >= '*' and {cell} < '+') or ends_with({cell}, '*')"
    else:
        # trimming costs more than reading the file, and hardly a cell has the header in it
        may_be = " or ".join(f"contains(lower({cell}), {literal(words)})" for words in spelled)
    bare = f"trim(lower({cell}), {literal(_AROUND)})"
    return f"case when {may_be} then {' or '.join(f'{bare} = {literal(words)}' for words in spelled)} end"


@dataclass(frozen=True)
class _Header:
    """The header of a file: its cells and the headers in them, the lines up to its end, the records above it, and whether it is recognisably one."""

    cells: tuple[str, ...]
    headers: tuple[str, ...]
    lines: int
    titles: tuple[Record, ...]
    is_known: bool


def _found_header(records: Sequence[Record], wanted: Collection[str]) -> _Header:
    """The header among the first records of a file: the first, unless it is the title of a report and a line below is the header.

    What stands above a header is a title where it fills fewer cells than a record would.
    """
    hoped_for = {plain(header) for header in wanted}
    known = [len(hoped_for & {plain(cell) for cell in record.cells}) for record in records[:_TITLE_LINES]]
    filled = [sum(bool(cell.strip()) for cell in record.cells) for record in records[:_TITLE_LINES]]
    place = max(range(len(known)), key=lambda number: (known[number], -number))
    if known[place] < 2 or known[0] > 1 or max(filled[:place], default=0) >= max(2, _SHARE_OF_A_RECORD * filled[place]):
        place = 0
    header = records[place]
    following = records[place + 1].line - 1 if len(records) > place + 1 else header.line
    headers = tuple(" ".join(cell.replace("\ufeff", "").replace("\0", "").split()) for cell in header.cells)
    while len(headers) > 1 and not headers[-1]:
        headers = headers[:-1]
    return _Header(tuple(header.cells), headers, following, tuple(records[:place]), is_header(headers, wanted))


def _header(path: Path, name: str, encoding: str, wanted: Collection[str]) -> tuple[str, _Header]:
    """The delimiter and the header of a text file."""
    first_lines = list(islice(text_lines(path, _spoken(encoding)), 200))
    skipped = next((number for number, line in enumerate(first_lines) if not is_blank(line)), len(first_lines))
    candidates = list(DELIMITERS)
    # A first line `sep=;` is a note to Excel, not a header.
    if note := re.fullmatch(r"sep=([,;\t|])\s*", "".join(first_lines[skipped : skipped + 1]), re.IGNORECASE):
        candidates, skipped = [note.group(1)], skipped + 1
    first_lines = first_lines[skipped:]
    if all(is_blank(line) for line in first_lines):
        raise ReadingError(f"{name} is empty: it has no header line. Export it again.")
    hoped_for = {plain(header) for header in wanted}

    def likelihood(delimiter: str) -> tuple[int, float, int]:
        records = list(islice(read_records(iter(first_lines), delimiter), 50))
        found = _found_header(records, wanted)
        below = records[len(found.titles) + 1 :]
        cells = [plain(cell) for cell in records[len(found.titles)].cells]
        alike = sum(len(record.cells) == len(cells) for record in below) if len(cells) > 1 else 0
        return len(hoped_for.intersection(cells)), alike / max(1, len(below)), len(cells)

    delimiter = max(candidates, key=likelihood)
    records = list(islice(read_records(iter(first_lines), delimiter, first_line=skipped + 1), 50))
    header = _found_header(records, wanted)
    if len(records) == len(header.titles) + 1:
        header = replace(header, lines=skipped + len(first_lines))
    return delimiter, header


def _column_names(headers: Sequence[str]) -> tuple[str, ...]:
    """A distinct SQL name for each header: the header itself where it is plain and the first of its name."""
    names: list[str] = []
    taken = {"source_line", "line_problem", *_OWN_COLUMNS}
    for position, header in enumerate(headers, 1):
        name = header if header.isprintable() and 0 < len(header) <= 80 else f"column {position}"
        while name.casefold() in taken:
            name = f"{name} ({position})"
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)
