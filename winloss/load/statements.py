"""The SELECT statement that reads one object: every line of every file it stands in, as canonical text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from winloss.load.columns import DATED, PROVENANCE, SEVERAL_PER_DEAL, Column, Kind
from winloss.load.file_inspection import ExportFile
from winloss.load.parsing import (
    CAN_BE_A_VALUE,
    FORMS,
    ROUNDED,
    DateColumn,
    NumberColumn,
    boolean_sql,
    currency_sql,
    date_sql,
    identifier_sql,
    number_sql,
    outcome_sql,
    owner_sql,
    timestamp_sql,
    together_sql,
    without_missing_sql,
)
from winloss.load.record_reader import HEADER_AGAIN, TITLE
from winloss.quoting import identifier, literal

LINES = "lines"
NO_VALUE = "cast(null as varchar)"
FOOTER = "footer of the report"
BLANK = "nothing in any column that is read"
ROUNDED_ID = "the id was rounded by a spreadsheet"
# Lines that are no records and rightly left out; `rule_of_line` in the macros knows these words.
LEFT_OUT = {
    TITLE: "title of the report",
    HEADER_AGAIN: "header again",
    FOOTER: "footer of the report",
    BLANK: "line without content",
}


@dataclass(frozen=True)
class Cell:
    """A column of a file, as the statement knows it: `source` is the alias of the file's lines or of a lookup.

    `value_kind` is the form its cells are known to have (`values.FORMS`).
    """

    source: str
    file: ExportFile
    position: int
    value_kind: str = "text"

    @property
    def header(self) -> str:
        return self.file.headers[self.position]

    @property
    def column(self) -> str:
        return self.file.columns[self.position]

    def sql(self) -> str:
        return f"{self.source}.{identifier(self.column)}"


@dataclass(frozen=True)
class Binding:
    """Where a canonical column comes from in one file: the first of `cells` that holds a value, times `multiply_by`; or the line itself.

    Or what the `cells` say together; or `file_says`, the same on each line, where the name of the file tells it.
    """

    column: Column
    cells: tuple[Cell, ...]
    multiply_by: str | None = None
    is_line_number: bool = False
    is_together: bool = False
    file_says: str | None = None


@dataclass(frozen=True)
class Lookup:
    """A second file whose columns are joined to each line: `key` there equals `object_key` on the line, or in a lookup before it."""

    alias: str
    file: ExportFile
    key: Cell
    object_key: Cell


@dataclass(frozen=True)
class FileReading:
    """One file read for one object.

    `belongs_to` and `described_by` are the cells a contact's identifier is made from. `constants` are columns that say the
    same on every line, known from the file as a whole; from the line `footer_from` on, lines are the footer of a report. `kept_words` are values of dimensions
    although they mean "no value" elsewhere.
    """

    object: str
    file: ExportFile
    bindings: Mapping[str, Binding]
    lookups: tuple[Lookup, ...] = ()
    dated_on: str | None = None
    order: int | None = None
    belongs_to: tuple[Cell, ...] = ()
    described_by: tuple[Cell, ...] = ()
    constants: Mapping[str, str | int | None] = field(default_factory=dict)
    footer_from: int | None = None
    kept_words: frozenset[str] = frozenset()

    @property
    def numbers_deals(self) -> bool:
        """Whether the deals have no ids, so that whole lines are compared to tell them apart."""
        return self.object == "deals" and "deal_id" not in self.bindings and "deal_name" in self.bindings

    def cells(self) -> list[Cell]:
        """Every cell the statement touches, each once."""
        used = [cell for binding in self.bindings.values() for cell in binding.cells]
        used += [*self.belongs_to, *self.described_by]
        used += [lookup.object_key for lookup in self.lookups]
        return list(dict.fromkeys(used))


def columns_in_use(readings: Sequence[FileReading]) -> dict[ExportFile, set[str]]:
    """The columns that the statements of these readings touch, keys of lookups included, for each of their files."""
    used: dict[ExportFile, set[str]] = {reading.file: set() for reading in readings}
    for reading in readings:
        for cell in (*reading.cells(), *(lookup.key for lookup in reading.lookups)):
            used.setdefault(cell.file, set()).add(cell.column)
    return used


def columns_compared(readings: Sequence[FileReading]) -> dict[ExportFile, set[str]]:
    """`columns_in_use`, and those that are only compared: all columns of a file whose deals have no ids."""
    used = columns_in_use(readings)
    for reading in readings:
        if reading.numbers_deals:
            used[reading.file] |= set(reading.file.columns)
    return used


@dataclass(frozen=True)
class FileFormat:
    """How the dates and numbers of one file are written, by the name of the column, and which flags are only ever ticked."""

    dates: Mapping[str, DateColumn] = field(default_factory=dict)
    numbers: Mapping[str, NumberColumn] = field(default_factory=dict)
    date_order: str | None = None
    decimal_style: str | None = None
    ticked: frozenset[str] = frozenset()


Formats = Mapping[ExportFile, FileFormat]
OutcomeWords = Mapping[str, Sequence[str]]


def trimmed_sql(file: ExportFile, column: str) -> str:
    """SQL of a cell without spaces at its ends, null when nothing is left. Odd spaces cost more, so only if seen.

    So do the marks by which a spreadsheet is told that a cell is text: ="0012" and '0012 are 0012.
    """
    if file.landed_in or column in file.trimmed:
        return identifier(column)
    spaces = r", e' \t\r\n' || chr(160) || chr(8239) || chr(8203) || chr(65279)" if file.has_odd_spaces else ""
    cell = f"trim({identifier(column)}{spaces})"
    if file.has_text_marks:
        marked = literal("^'[0-9=+@-]")
        cell = (
            f"case when {cell}[1] = '=' and regexp_full_match({cell}, '=\"[^\"]*\"') then trim({cell}[3:-2]) "
            f"when regexp_matches({cell}, {marked}) then {cell}[2:] else {cell} end"
        )
    return f"nullif({cell}, '')"


def trimmed_column_sql(file: ExportFile, column: str) -> str:
    """SQL that selects a cell so trimmed, under the name of its column."""
    return f"{trimmed_sql(file, column)} as {identifier(column)}"


def empty_statement(columns: Sequence[Column]) -> str:
    """A SELECT with the columns of an object and no row."""
    names = [f"    {NO_VALUE} as {column.name}" for column in columns]
    if any(column.name == "outcome" for column in columns):
        names.append(f"    {NO_VALUE} as made_from")
    names += [f"    cast(null as {data_type}) as {name}" for name, data_type in PROVENANCE]
    return "select\n" + ",\n".join(names) + "\nwhere false"


def object_statement(
    columns: Sequence[Column], readings: Sequence[FileReading], formats: Formats, outcome_words: OutcomeWords
) -> str:
    """The SELECT of one object: one row per record of each of its files, in the order given."""
    if not readings:
        return empty_statement(columns)
    return "\nunion all\n".join(file_statement(columns, reading, formats, outcome_words) for reading in readings)


def unstated_columns(
    columns: Sequence[Column], readings: Sequence[FileReading], formats: Formats, outcome_words: OutcomeWords
) -> set[str]:
    """The names of the columns that are null on each line of each of these files."""
    return {
        column.name
        for column in columns
        if all(value_sql(column, reading, formats, outcome_words) == NO_VALUE for reading in readings)
    }


def file_statement(
    columns: Sequence[Column], reading: FileReading, formats: Formats, outcome_words: OutcomeWords
) -> str:
    """The SELECT of one object from one file: one row per record, also for records with a problem."""
    values = {column.name: value_sql(column, reading, formats, outcome_words) for column in columns}
    selected = [f"    {value}" if value == name else f"    {value} as {name}" for name, value in values.items()]
    if reading.object == "deals":
        selected.append(f"    {made_from_sql(reading)} as made_from")
    problem = _problem_sql(reading)
    selected += [
        f"    cast({literal(reading.file.name)} as varchar) as source_file",
        "    cast(source_line as bigint) as source_line",
        f"    {problem} as line_problem",
        f"    cast({literal(reading.dated_on)} as varchar) as file_dated_on",
        f"    cast({literal(reading.order)} as integer) as file_order",
    ]
    # a stage that stands in a column of the deals: only those that a deal entered are records
    entered = (
        "\nwhere entered_on is not null and deal_id is not null and line_problem is null"
        if "stage" in reading.constants
        else ""
    )
    stated = stated_values(reading, formats)
    if reading.numbers_deals:
        stated = numbered_deals(reading, stated)
    return "select\n" + ",\n".join(selected) + f"\nfrom (\n{stated}\n) as stated{entered}"


# What a record cannot do without: what tells those of an object apart, or what they belong to.
_KEYS = {
    "deals": ("deal_id",),
    "accounts": ("account_id",),
    "contacts": ("contact_id",),
    "deal_contacts": ("deal_id", "contact_id"),
    "deal_competitors": ("deal_id",),
    "stage_history": ("deal_id",),
}


def _problem_sql(reading: FileReading) -> str:
    """SQL of why a line is no record that can be used; null for a good one."""
    stated = [
        stated_name(binding.column, number)
        for binding in reading.bindings.values()
        if not binding.is_line_number
        for number in range(1, len(binding.cells) + 1)
    ]
    branches = ["when line_problem is not null then line_problem"]
    if reading.footer_from:
        branches.insert(0, f"when source_line >= {reading.footer_from} then {literal(FOOTER)}")
    if stated and not reading.constants:
        branches.append(f"when coalesce({', '.join(stated)}, null) is null then {literal(BLANK)}")
    for key in _KEYS.get(reading.object, ()):
        if key in reading.bindings and not reading.bindings[key].is_line_number:
            branches.append(
                f"when contains({key}, '+') and regexp_full_match({key}, '{ROUNDED}') then {literal(ROUNDED_ID)}"
            )
    return f"case {' '.join(branches)} end"


def stated_values(reading: FileReading, formats: Formats) -> str:
    """SQL of the values of a file as it states them, under their canonical names, "no value" made null.

    A column that several headers offer has several: amount, amount_2, ... Of a line that is no record, nothing is kept: its cells may
    stand under any header, names too.
    """
    is_sound = "" if reading.file.lines_are_counted_by_place else f"{LINES}.line_problem is null"
    if reading.footer_from:
        is_sound = f"{LINES}.line_problem is null and {LINES}.source_line < {reading.footer_from}"
    selected = [f"    {LINES}.source_line", f"    {LINES}.line_problem"]
    for binding in reading.bindings.values():
        for number, cell in enumerate(binding.cells, 1):
            if binding.column.kind in (Kind.STATED, Kind.OUTCOME) or _is_canonical(binding.column.kind, cell, formats):
                stated = cell.sql()
            else:
                kept = reading.kept_words | CAN_BE_A_VALUE if binding.column.is_dimension else frozenset[str]()
                stated = without_missing_sql(cell.sql(), binding.column.kind, kept)
            if is_sound:
                stated = f"case when {is_sound} then {stated} end"
            selected.append(f"    {stated} as {stated_name(binding.column, number)}")
    if reading.described_by:
        selected.append(f"    {made_identifier_sql(reading)} as made_id")
    if reading.numbers_deals:
        whole = ", ".join(f"{LINES}.{identifier(column)}" for column in reading.file.columns)
        selected.append(f"    hash({whole}) as whole_line")
    return "select\n" + ",\n".join(selected) + f"\nfrom {joined_lines(reading)}"


def _is_canonical(kind: Kind, cell: Cell, formats: Formats) -> bool:
    """Whether a column of dates or numbers holds nothing else, so that no cell of it need be looked at again."""
    found = formats.get(cell.file, FileFormat())
    if kind in DATED:
        return cell.column in found.dates and found.dates[cell.column].is_canonical
    return kind is Kind.NUMBER and cell.column in found.numbers and found.numbers[cell.column].is_canonical


def stated_name(column: Column, number: int) -> str:
    """The name of what the header number `number` of a column states."""
    return column.name if number == 1 else f"{column.name}_{number}"


def joined_lines(reading: FileReading) -> str:
    """SQL of a file's lines with trimmed cells, each joined to at most one line of every lookup."""
    own = sorted({cell.column for cell in reading.cells() if cell.source == LINES})
    if reading.numbers_deals:
        own = list(reading.file.columns)
    cells = "".join(f", {trimmed_column_sql(reading.file, column)}" for column in own)
    joined = f"(\nselect source_line, line_problem{cells}\nfrom {reading.file.relation()} as records\n) as {LINES}"
    for lookup in reading.lookups:
        used = {cell.column for cell in reading.cells() if cell.source == lookup.alias}
        joined += (
            f"\nleft join {lookup_relation(lookup, sorted(used))} as {lookup.alias}"
            f"\n    on {lookup.alias}.lookup_key = lower({lookup.object_key.sql()})"
        )
    return joined


def lookup_relation(lookup: Lookup, used: Sequence[str]) -> str:
    """SQL of a lookup file: one row per key (trimmed, in lower case), the first line that has it."""
    cells = "".join(f", {trimmed_column_sql(lookup.file, column)}" for column in used)
    key = f"lower({trimmed_sql(lookup.file, lookup.key.column)})"
    return (
        f"(select {key} as lookup_key{cells} from {lookup.file.relation()} as records where {key} is not null"
        f" qualify row_number() over (partition by {key} order by source_line) = 1)"
    )


def value_sql(column: Column, reading: FileReading, formats: Formats, outcome_words: OutcomeWords) -> str:
    """SQL of one canonical column, from what the file states; a typed null where the file does not have it."""
    if column.name in reading.constants:
        return f"cast({literal(reading.constants[column.name])} as varchar)"
    binding = reading.bindings.get(column.name)
    beside = _currencies_beside(reading, formats) if column.name == "currency" else []
    if binding is None and beside:
        return f"coalesce({', '.join(beside)}, null)"
    if binding is None:
        return "made_id" if column.name == "contact_id" and reading.described_by else NO_VALUE
    if binding.is_line_number:
        # lines of several files are not the same
        return f"case when line_problem is null then {literal(f'{reading.file.name}:')} || cast(source_line as varchar) end"
    if binding.file_says is not None:
        return f"case when line_problem is null then {outcome_sql(literal(binding.file_says), outcome_words)} end"
    if binding.is_together:
        stated = [stated_name(column, number) for number in range(1, len(binding.cells) + 1)]
        return outcome_sql(together_sql(stated), outcome_words)
    is_key = column.name in _KEYS.get(reading.object, ())
    values = [
        canonical_sql(
            column.kind, stated_name(column, number), cell, formats, outcome_words, binding.multiply_by, is_key
        )
        for number, cell in enumerate(binding.cells, 1)
    ]
    values += beside
    if column.name == "owner":
        values = [owner_sql(value) for value in values]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


# What states the value of a deal in its own currency, in the order in which the models take it.
_OWN_AMOUNTS = ("amount_estimated", "amount_actual", "amount")


def _currencies_beside(reading: FileReading, formats: Formats) -> list[str]:
    """SQL of the currencies that stand in the cells of the amounts of a file."""
    found = []
    for name in _OWN_AMOUNTS:
        binding = reading.bindings.get(name)
        for number, cell in enumerate(binding.cells if binding else (), 1):
            form = formats.get(cell.file, FileFormat()).numbers.get(cell.column, NumberColumn("point", True))
            sign = currency_sql(stated_name(binding.column, number), form) if binding else None
            found += [sign] if sign else []
    return found


def amounts_with_currency(reading: FileReading, formats: Formats) -> list[str]:
    """The headers of amounts in whose cells a currency stands."""
    return [
        cell.header
        for name in _OWN_AMOUNTS
        for cell in (reading.bindings[name].cells if name in reading.bindings else ())
        if formats.get(cell.file, FileFormat()).numbers.get(cell.column, NumberColumn("point", True)).has_currency
    ]


def canonical_sql(
    kind: Kind,
    stated: str,
    cell: Cell,
    formats: Formats,
    outcome_words: OutcomeWords,
    multiply_by: str | None,
    is_key: bool = False,
) -> str:
    """SQL of a stated value made canonical, as its kind and the forms of its own column ask."""
    found = formats.get(cell.file, FileFormat())
    if kind in DATED:
        form = found.dates.get(cell.column, DateColumn(frozenset(), "dmy"))
        return date_sql(stated, form) if kind is Kind.DATE else timestamp_sql(stated, form)
    if kind is Kind.NUMBER:
        return number_sql(stated, found.numbers.get(cell.column, NumberColumn("point", True)), multiply_by)
    if kind is Kind.BOOLEAN:
        return f"coalesce({boolean_sql(stated)}, 'false')" if cell.column in found.ticked else boolean_sql(stated)
    if kind is Kind.OUTCOME:
        return outcome_sql(stated, outcome_words)
    if kind is Kind.IDENTIFIER:
        stated = identifier_sql(stated, is_key)
    return FORMS[cell.value_kind](stated) if cell.value_kind in FORMS else stated


def numbered_deals(reading: FileReading, stated: str) -> str:
    """SQL of stated values with `deal_number`, which tells deals of one name, account and day of creation apart in a file without ids.

    Lines that differ in nothing but what a deal has several of, such as products and contacts, or in columns no one reads, are one deal.
    Lines that are the same in every column are as many deals.
    """
    names = [
        stated_name(binding.column, number)
        for name, binding in reading.bindings.items()
        for number in range(1, len(binding.cells) + 1)
        if name not in SEVERAL_PER_DEAL
    ]
    alike, of_deal = ", ".join(_naming_a_deal(reading)), ", ".join(names)
    return (
        f"select *, dense_rank() over (partition by {alike} order by first_line) as deal_number\nfrom (\n"
        f"select *, min(source_line) over (partition by {of_deal}, same_line) as first_line\nfrom (\n"
        f"select *, row_number() over (partition by whole_line order by source_line) as same_line\nfrom (\n"
        f"{stated}\n) as stated\n) as numbered\n) as grouped"
    )


def _naming_a_deal(reading: FileReading) -> list[str]:
    stated = [name for name in ("deal_name", "account_name", "created_on") if name in reading.bindings]
    # the day as it is written: an id must not hang on the company's time zone
    return [f"left({name}, 10)" if name == "created_on" else name for name in stated]


def made_from_sql(reading: FileReading) -> str:
    """SQL of what tells the deals of a file without ids apart, null where it has ids."""
    if not reading.numbers_deals:
        return NO_VALUE
    alike = ", ".join(_naming_a_deal(reading))
    return f"case when deal_name is not null then concat_ws('|', {alike}, deal_number) end"


def made_identifier_sql(reading: FileReading) -> str:
    """SQL of an identifier for a person the file does not number; null on a line that describes none.

    The same description on the same deal is the same person in next quarter's file; twice in one file it is two.
    """
    described = ", ".join(cell.sql() for cell in reading.described_by)
    words = ", ".join(f"coalesce({cell.sql()}, '')" for cell in (*reading.belongs_to, *reading.described_by))
    position = f"row_number() over (partition by {words} order by {LINES}.source_line)"
    made = f"md5(concat_ws('|', {words}, cast({position} as varchar)))"
    return f"case when coalesce({described}) is null then null else {made} end"


def report_statement(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[object]]) -> str:
    """A SELECT that holds its rows itself: what was found out about the files."""
    names = ", ".join(name for name, _ in columns)
    casts = ",\n".join(f"    cast({name} as {data_type}) as {name}" for name, data_type in columns)
    if not rows:
        nulls = ",\n".join(f"    cast(null as {data_type}) as {name}" for name, data_type in columns)
        return f"select\n{nulls}\nwhere false"
    values = ",\n".join("    (" + ", ".join(literal(value) for value in row) + ")" for row in rows)
    return f"select\n{casts}\nfrom (\n    values\n{values}\n) as reported ({names})"
