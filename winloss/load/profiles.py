"""What stands in the columns of a file, counted by the engine: days, numbers, few words or many, and whether two columns share values.

Nothing but counts leaves a column, and the words of one that has few of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

import duckdb

from winloss.load.aliases import seed_rows
from winloss.load.file_inspection import ExportFile
from winloss.load.headers import looks_like_data, plain
from winloss.load.parsing import together_sql
from winloss.quoting import identifier, literal

# Of a longer file so many lines are looked at.
MOST_LINES = 200_000
# A column with more distinct values than this is no list of words.
MOST_WORDS = 40

_A_DAY = (
    r"((\d{4}[-/.]\d{1,2}[-/.]\d{1,2})|(\d{1,2}[-/.] ?\d{1,2}[-/.] ?\d{2,4})|(\d{1,2}[-. ]+\p{L}{3,}\.?[-, ]+\d{2,4})"
    r"|(\p{L}{3,}\.? \d{1,2},? \d{4})|(\d{4}年.*))([T ,].*)?"
)
_CURRENCIES = "|".join(
    sorted(
        {
            re.escape(row[name].lower())
            for row in seed_rows("currency_signs")
            for name in ("sign", "currency")
            if row[name]
        }
        | {"円", "kr", "fr"},
        key=lambda sign: (-len(sign), sign),
    )
)
_A_NUMBER = (
    rf"(?i)([\p{{Sc}}~ ]|{_CURRENCIES}|\.)*[-(]?\d[\d.,'\s]*\)?"
    rf"([\p{{Sc}}% ]|{_CURRENCIES}|k|mi?o?n?|bn|tsd|\.)*"
)
_AN_ADDRESS = r"\S+@\S+|(https?://|www\.)\S+"


@dataclass(frozen=True)
class ColumnProfile:
    """What a column holds: how many cells are filled, distinct, days, numbers; the lowest, middle and highest number."""

    header: str
    place: str
    rows: int
    filled: int
    distinct: int
    days: int
    numbers: int
    addresses: int
    low: float | None
    middle: float | None
    high: float | None

    @property
    def are_days(self) -> bool:
        return self.days * 2 > self.filled

    @property
    def are_numbers(self) -> bool:
        return self.numbers * 2 > self.filled and not self.are_days

    @property
    def is_unique(self) -> bool:
        """Whether each line has a value of its own, but for lines of totals and names of groups."""
        return self.filled > 0 and self.distinct == self.filled and self.filled >= 0.95 * self.rows

    @property
    def are_words(self) -> bool:
        """Whether lines share few words, so that they can be counted by them."""
        return 2 <= self.distinct <= MOST_WORDS and self.filled > 2 * self.distinct and not self.are_days


@dataclass(frozen=True)
class FileProfile:
    """A file with what stands in each of its columns; `table` holds its lines in the engine, a text column for each header."""

    file: ExportFile
    table: str
    columns: tuple[ColumnProfile, ...]

    @cached_property
    def by_header(self) -> dict[str, ColumnProfile]:
        return {column.header: column for column in self.columns}

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def has_line_of_headers(self) -> bool:
        """Whether the first line, of which no word is known, stands above columns of days or numbers and holds neither."""
        below = [column for column in self.columns if column.filled and (column.are_days or column.are_numbers)]
        return (
            len(below) > 0
            and len(self.columns) == len(self.file.headers)
            and not any(looks_like_data(column.header) for column in self.columns)
        )


def profiled(file: ExportFile, table: str, engine: duckdb.DuckDBPyConnection) -> FileProfile:
    """The profile of a file, whose first lines then stand in the temporary table `table` of the engine."""
    columns = [
        (header, column)
        for header, column in zip(file.headers, file.columns, strict=True)
        # a header that stands twice can be named in no mapping
        if header and sum(plain(other) == plain(header) for other in file.headers) == 1
    ]
    cells = ", ".join(f"nullif(trim({identifier(column)}), '') as {identifier(column)}" for _, column in columns)
    engine.execute(
        f"create or replace temporary table {table} as select {cells or '1 as nothing'} "
        f"from {file.relation()} as records where line_problem is null limit {MOST_LINES}"
    )
    found = FileProfile(file, table, tuple(_column(header, column, table, engine) for header, column in columns))
    return replace(found, file=replace(file, has_header=True)) if found.has_line_of_headers else found


def _column(header: str, column: str, table: str, engine: duckdb.DuckDBPyConnection) -> ColumnProfile:
    cell = identifier(column)
    has_comma = f"regexp_matches({cell}, ',\\d{{1,2}}\\D*$')"
    plain_number = (
        f"case when {has_comma} then replace(replace({cell}, '.', ''), ',', '.') else replace({cell}, ',', '') end"
    )
    number = f"try_cast(regexp_replace({plain_number}, '[^0-9.]', '', 'g') as double)"
    # of a file that holds a header alone nothing is counted, not even none
    counted = [
        f"coalesce(count_if(regexp_full_match({cell}, {literal(like)})), 0)"
        for like in (_A_DAY, _A_NUMBER, _AN_ADDRESS)
    ]
    row = (
        engine.execute(
            f"select count(*), count({cell}), count(distinct lower({cell})), {counted[0]}, {counted[1]}, {counted[2]}, "
            f"min({number}), median({number}), max({number}) from {table}"
        ).fetchone()
        or (0,) * 9
    )
    return ColumnProfile(header, column, *row)


def words_of(
    profile: FileProfile,
    column: ColumnProfile,
    engine: duckdb.DuckDBPyConnection,
    filled: ColumnProfile | None = None,
    second: ColumnProfile | None = None,
) -> list[tuple[str, int, int]]:
    """The words of a column, the commonest first, with the lines each stands on, and on how many of these the column `filled` holds something:
    a day, where it is one of days.

    With a `second` column, what both say together.
    """
    cell = together_sql([identifier(column.place), identifier(second.place)]) if second else identifier(column.place)
    beside = "0"
    if filled:
        # beside a day, "n/a" or "pending" says that there is none
        is_day = f"regexp_full_match({identifier(filled.place)}, {literal(_A_DAY)})" if filled.are_days else "true"
        beside = f"count({identifier(filled.place)}) filter (where {is_day})"
    return engine.execute(
        f"select arg_max(word, (uses, word)), sum(uses)::bigint, sum(beside)::bigint from (select {cell} as word, count(*) as uses, "
        f"{beside} as beside from {profile.table} where {cell} is not null group by 1) group by lower(word) order by 2 desc, 1"
    ).fetchall()


def shared(
    one: FileProfile,
    column: ColumnProfile,
    other: FileProfile,
    theirs: ColumnProfile,
    engine: duckdb.DuckDBPyConnection,
) -> float:
    """The share of the distinct values of a column of `one` that also stand in one of `other`."""
    ours, found = identifier(column.place), identifier(theirs.place)
    row = engine.execute(
        f"select count(their_value) / nullif(count(*), 0) from (select distinct lower({ours}) as value from {one.table} where {ours} is not null) as ours "
        f"left join (select distinct lower({found}) as their_value from {other.table}) as theirs on ours.value = theirs.their_value"
    ).fetchone()
    return float(row[0] or 0) if row else 0.0
