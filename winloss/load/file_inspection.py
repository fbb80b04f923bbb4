"""What a file is: its kind, encoding, delimiter and header, how many records it has, whether it is regular.

A regular file is read by the engine itself. Any other gets a regular private copy, made by `lines`.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import duckdb

from winloss.errors import ReadingError
from winloss.load.headers import is_header, looks_like_data, plain
from winloss.load.record_reader import is_blank, read_records, text_lines, write_regular_copy
from winloss.quoting import identifier, literal

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_OWN_COLUMNS = ("line_number", "line_problem_words")
_LINE_THE_ENGINE_EXPECTS = 2_000_000
_CHUNK = 4 * 1024 * 1024
_BYTES_OF_ODD_SPACES = ("\u00a0".encode(), "\u202f".encode(), "\u200b".encode(), "\ufeff".encode())
_AT_A_CHARACTER = (b"", 0)

# What begins like a zip archive, by the end of its name.
_ZIPPED = {
    ".xlsx": "is an Excel workbook: save it as CSV (UTF-8)",
    ".xlsm": "is an Excel workbook: save it as CSV (UTF-8)",
    ".zip": "is a zip archive: unpack it",
}

# The first bytes of what people export instead of text, and what to tell them.
_NOT_TEXT = (
    (b"PK\x03\x04", "is an Excel workbook or a zip archive: save it as CSV (UTF-8), or unpack it"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook: save it as CSV (UTF-8)"),
    (b"\x1f\x8b", "is compressed: unpack it"),
    (b"%PDF", "is a PDF document: export it as CSV"),
    (b"{\\rtf", "is a text document: export it as CSV"),
)


@dataclass(frozen=True)
class ExportFile:
    """One file as it will be read.

    `columns` are the names under which the SQL knows the cells, one per header and in its order. `records` counts
    the records without the engine's CSV reader. `has_header` is false where the first line has nothing of a header. `copy` is
    the regular copy that is read instead, if there is one; `landed_in` the table that holds the trimmed cells already.
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
    copy: Path | None = None
    longest_line: int = 0
    has_header: bool = True
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
        # A table that was made in one go and never changed numbers its rows from 0 in the order they came.
        place = "rowid + 1" if self.landed_in else "row_number() over ()"
        return (
            f"(select {place} + {self.header_lines} as source_line, cast(null as varchar) as line_problem, * "
            f"from {self.landed_in or self.source()})"
        )

    def source(self) -> str:
        """SQL of what stands in the file: the columns of `relation`, without the lines' numbers where places tell them."""
        if self.is_parquet:
            names = [identifier(column) for column in self.columns]
            cells = ", ".join(f"cast({name} as varchar) as {name}" for name in names)
            return (
                f"(select file_row_number + 1 as source_line, cast(null as varchar) as line_problem, {cells} "
                f"from read_parquet({literal(self.path)}, file_row_number = true))"
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
        f"read_csv({literal(path)}, auto_detect = false, header = false, skip = {skipped}, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', encoding = 'utf-8'{room}, "
        f"columns = {{{shape}}})"
    )


def examine(
    path: Path, name: str, wanted: Collection[str], engine: duckdb.DuckDBPyConnection, copies: Path
) -> ExportFile:
    """Finds out how a file must be read, and makes the regular copy in folder `copies` if it needs one.

    `name` is what the user calls it; `wanted` are the headers hoped for, which help to tell the delimiter. Raises
    ReadingError for a file that is empty, is no text, or has no header.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    for signature, advice in _NOT_TEXT:
        if start.startswith(signature):
            advice = _ZIPPED.get(path.suffix.lower(), advice) if signature.startswith(b"PK") else advice
            raise ReadingError(f"{name} {advice}.")
    if start.startswith(b"PAR1"):
        return _examine_parquet(path, name, engine)
    if not start.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise ReadingError(f"{name} is empty: it has no header line. Export it again.")

    encoding = _encoding(start)
    delimiter, headers, header_lines = _header(path, name, encoding, wanted)
    facts = _scan(path, header_lines)
    if encoding == "utf-8" and not facts.is_utf_8:
        encoding = "windows-1252"
    export = ExportFile(
        path=path,
        name=name,
        sha256=facts.sha256,
        headers=headers,
        columns=_column_names(headers),
        records=facts.lines,
        encoding=encoding,
        delimiter=delimiter,
        header_lines=header_lines,
        has_odd_spaces=facts.has_odd_spaces,
        has_header=is_header(headers, wanted),
    )
    if facts.is_regular and encoding == "utf-8" and _strict_count(export, engine) == export.records:
        return export
    copies.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = copies / f"{facts.sha256[:16]}_{re.sub(r'[^A-Za-z0-9_-]', '_', path.stem)[:40]}.csv"
    spoken = "utf-8" if encoding == "windows-1252" else encoding
    records, longest = write_regular_copy(path, spoken, delimiter, header_lines, len(headers), copy)
    return replace(export, records=records, has_odd_spaces=False, copy=copy, longest_line=longest)


def _examine_parquet(path: Path, name: str, engine: duckdb.DuckDBPyConnection) -> ExportFile:
    source = f"read_parquet({literal(path)})"
    try:
        headers = tuple(row[0] for row in engine.execute(f"describe select * from {source}").fetchall())
        counted = engine.execute(f"select sum(num_rows) from parquet_file_metadata({literal(path)})").fetchone()
    except duckdb.Error:
        raise ReadingError(f"{name} begins like a Parquet file but cannot be read as one. Export it again.") from None
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ExportFile(path, name, sha256, headers, headers, int(counted[0] if counted else 0), is_parquet=True)


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
    is_utf_8: bool
    is_regular: bool
    has_odd_spaces: bool


def _scan(path: Path, header_lines: int) -> _Scan:
    """One pass over the bytes, in constant memory: lines counted by their ends, without any CSV reader.

    Blank lines at the very end are no lines. Regular means UTF-8 with one kind of line end and no control zeros. If the
    engine then counts as many records as there are lines, every line is a record and its number is known.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    feeds = returns = returned_feeds = blank_at_end = 0
    is_utf_8 = is_regular = True
    has_odd_spaces = ends_open = False
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            chunk += file.readline(2 * _CHUNK)
            digest.update(chunk)
            if not (chunk.isascii() and decoder.getstate() == _AT_A_CHARACTER):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf_8 = is_regular = False
                has_odd_spaces = has_odd_spaces or any(space in chunk for space in _BYTES_OF_ODD_SPACES)
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
    lines = feeds - blank_at_end + ends_open - header_lines
    return _Scan(digest.hexdigest(), lines, is_utf_8, is_regular, has_odd_spaces)


def _strict_count(export: ExportFile, engine: duckdb.DuckDBPyConnection) -> int | None:
    """How many records the engine's reader finds when it forgives nothing; None when it refuses the file."""
    try:
        counted = engine.execute(f"select count(*) from {export.relation()}").fetchone()
    except duckdb.Error:
        return None
    return int(counted[0]) if counted else None


def _header(path: Path, name: str, encoding: str, wanted: Collection[str]) -> tuple[str, tuple[str, ...], int]:
    """The delimiter, the headers, and how many physical lines stand before the first record."""
    first_lines = list(islice(text_lines(path, encoding), 200))
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
        cells = [plain(cell) for cell in records[0].cells]
        alike = sum(len(record.cells) == len(cells) for record in records[1:]) if len(cells) > 1 else 0
        return len(hoped_for.intersection(cells)), alike / max(1, len(records) - 1), len(cells)

    delimiter = max(candidates, key=likelihood)
    records = read_records(iter(first_lines), delimiter)
    header, following = next(records), next(records, None)
    lines = following.line - 1 if following else len(first_lines)
    headers = tuple(" ".join(cell.replace("\ufeff", "").replace("\0", "").split()) for cell in header.cells)
    while len(headers) > 1 and not headers[-1]:
        headers = headers[:-1]
    return delimiter, headers, lines + skipped


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
