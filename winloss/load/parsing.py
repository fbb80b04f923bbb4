"""How a file writes its dates and numbers, and the SQL that makes them canonical.

Decided per file from what its columns hold, over all rows: the engine collects the distinct shapes, Python judges
them. A cell that cannot be read keeps its original text, for the typed models to reject or count by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from winloss.load.aliases import seed_rows
from winloss.load.clock import BEHIND_SIGNS, TIME, TIME_BEHIND_ISO, WORDS_BEHIND, ZONED_MOMENT
from winloss.load.columns import Kind
from winloss.quoting import literal, words

# Words that stand for "no value". 'NA' is one only where a number or a date should stand: it is also Namibia, and
# North America.
MISSING_WORDS = (
    "k. a.",
    *(
        "#n/a n/a n.a. n/d n.d. k.a. n.v.t. s/d - -- – — null (null) none (none) nan nil (blank) (empty) \\n "
        "#value! #ref! #div/0! #name? #num! #null!"
    ).split(),
)
MISSING_MEASURES = [*MISSING_WORDS, "na"]
# of these, what is a value where it stands for a category of its own, such as no support plan: the models tell
CAN_BE_A_VALUE = frozenset({"none"})
_LONGEST_MISSING_WORD = max(len(word.encode()) for word in MISSING_MEASURES)

# Days that stand for no date: zeros, the first day that a database or a spreadsheet knows, and the last.
_SEP = "[-/. ]"
NO_DAY = (
    rf"(0+{_SEP}0+{_SEP}0+|(0*1{_SEP}0?1{_SEP}0001|0001{_SEP}0?1{_SEP}0?1)"
    rf"|(1899{_SEP}12{_SEP}3[01]|(12{_SEP}3[01]|3[01]{_SEP}12){_SEP}1899)"
    rf"|(1900{_SEP}0?1{_SEP}0?[01]|0?[01]{_SEP}0?[01]{_SEP}1900)"
    rf"|(1970{_SEP}0?1{_SEP}0?1|0?1{_SEP}0?1{_SEP}1970)"
    rf"|(9999{_SEP}12{_SEP}31|(12{_SEP}31|31{_SEP}12){_SEP}9999))"
)
# What such a day has in it, which few others have: asked first, for it is asked of every cell.
_PART_OF_NO_DAY = "0001|0000|1899|1900|1970|9999|0[-/. ]0"
_NO_DAY = re.compile(NO_DAY + "([T ,].*)?")

DATE_ORDERS = ("ymd", "mdy", "dmy")
DECIMAL_STYLES = ("point", "comma")

# --- dates -----------------------------------------------------------------------------------------------------------

# As many characters of a date as tell its form and its order, and few enough for few distinct ones.
DATE_PREFIX = 12
_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

_LETTERS = r"[^\W\d_]"
_DATE_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (form, re.compile(pattern))
    for form, pattern in (
        ("iso", r"\d{4}-\d{2}-\d{2}(\D.*)?"),
        ("year_first", r"\d{4}[/.-] ?\d{1,2}[/.-] ?\d{1,2}(\D.*)?"),
        ("with_signs", r"\d{4} ?[年년] ?\d{1,2} ?[月월].*"),
        (
            "day_or_month_first",
            r"(?P<first>\d{1,2})(?P<mark>[/.-]) ?(?P<second>\d{1,2})(?P=mark) ?(?P<third>\d{4}|\d{2})(\D.*)?",
        ),
        (
            "month_in_letters",
            rf"(\d{{1,4}}(er|st|nd|rd|th|º|ª)?[ ./-]+(de )?{_LETTERS}{{2,}}.*|({_LETTERS}{{2,}}[ .,]+)+\d{{1,2}}.*|{_LETTERS}{{2,}}[., ]+{_LETTERS}*)",
        ),
        ("compact", r"(19|20)\d{6}"),
        ("epoch", r"1\d{11}|1\d{9}"),
        ("serial", r"[2-6]\d{4}(\.\d*)?"),
    )
)


# The day of the week before a date in numbers, as in Mon 03/11/2025; before a month in letters it does no harm. The beginning of such a
# cell is marked, so that the column is known to have them.
_WEEKDAY = r"^\p{L}+[.,]* +(\d{1,4} ?[-/.] ?\d{1,2} ?[-/.] ?\d)"
_AFTER_WEEKDAY = "~"
# Years of deals lie this close together, and days of a month seldom do.
_SPAN_OF_YEARS = 12


@dataclass(frozen=True)
class DateColumn:
    """The forms of date a column holds, and the order of day and month where both are numbers.

    One that is canonical holds days written yyyy-mm-dd and nothing else but empty cells.
    """

    forms: frozenset[str]
    order: str
    has_weekdays: bool = False
    is_canonical: bool = False


@dataclass(frozen=True)
class OrderFound:
    """The order in which a file writes day and month: known, or undecided, or contradicting itself.

    `examples` are the (column, text) pairs that stand for the two readings, or the one that cannot be decided.
    """

    order: str | None
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def is_contradiction(self) -> bool:
        return len(self.examples) == 2


def date_beginning_sql(cell: str) -> str:
    """SQL of a cell's first characters as the functions below take them: without a day of the week, and marked where it had one."""
    # what lies between begins with a digit: a comparison is cheaper than to take the first letter
    marked = f"regexp_replace({cell}, {literal(_WEEKDAY)}, {literal(_AFTER_WEEKDAY + chr(92) + '1')})"
    return f"left(case when {cell} >= '0' and {cell} < ':' then {cell} else {marked} end, {DATE_PREFIX})"


def date_form(text: str) -> tuple[str, re.Match[str] | None]:
    """The form of a date's first characters, 'other' when it is none known."""
    text = text.removeprefix(_AFTER_WEEKDAY)
    for form, pattern in _DATE_FORMS:
        if match := pattern.fullmatch(text):
            return form, match
    return "other", None


def year_comes_first(texts: Iterable[str]) -> bool | None:
    """Whether the dates of a column with a year of two digits begin with it, as 25-11-03 may; None where that cannot be told.

    The years of a file lie close together, its days do not. Where points stand between the parts, the day comes first unless the years
    speak against it.
    """
    parts: list[tuple[int, int, int]] = []
    has_points = True
    for text in texts:
        form, match = date_form(text)
        if form != "day_or_month_first" or match is None or _NO_DAY.fullmatch(text):
            continue
        if len(match["third"]) == 4:
            return False
        has_points = has_points and match["mark"] == "."
        parts.append((int(match["first"]), int(match["second"]), int(match["third"])))
    if not parts or any(not (1 <= second <= 12 and 1 <= third <= 31) for _, second, third in parts):
        return False
    if any(first > 31 for first, _, _ in parts):
        return True
    firsts, thirds = {first for first, _, _ in parts}, {third for _, _, third in parts}
    first_span, third_span = max(firsts) - min(firsts), max(thirds) - min(thirds)
    if third_span >= _SPAN_OF_YEARS > first_span:
        return True
    if first_span >= _SPAN_OF_YEARS > third_span or has_points:
        return False
    # a file of a few days only: the year is the part that stays
    return None if len(firsts) < len(thirds) else False


def find_date_order(samples: Mapping[str, Iterable[str]]) -> OrderFound:
    """The order of day and month, from the rows of all date columns of a file that can only be read one way.

    A part over 12 is a day. 3/3/2026 reads the same both ways. Where nothing decides and points stand between the
    parts, the day comes first: no country writes M.D.Y.
    """
    evidence: dict[str, tuple[str, str]] = {}
    undecided: dict[str, tuple[str, str]] = {}
    for column, texts in samples.items():
        for text in sorted(texts):
            if _NO_DAY.fullmatch(text.removeprefix(_AFTER_WEEKDAY)):
                continue
            form, match = date_form(text)
            if form != "day_or_month_first" or match is None:
                continue
            first, second = int(match["first"]), int(match["second"])
            if first > 12 >= second:
                evidence.setdefault("dmy", (column, text))
            elif second > 12 >= first:
                evidence.setdefault("mdy", (column, text))
            elif first <= 12 and first != second:
                undecided.setdefault("." if match["mark"] == "." else "/", (column, text))
    if len(evidence) == 2:
        return OrderFound(None, (evidence["dmy"], evidence["mdy"]))
    if evidence:
        return OrderFound(next(iter(evidence)))
    if "/" in undecided:
        return OrderFound(None, (undecided["/"],))
    return OrderFound("dmy" if "." in undecided else None)


def date_column(texts: Iterable[str], order: str | None) -> DateColumn:
    """The forms a column holds. Bare numbers are spreadsheet dates only where they are most of the column."""
    counts: dict[str, int] = {}
    has_weekdays = False
    is_canonical = True
    for text in texts:
        # shorter than a beginning may be, so there is no more of the cell
        is_canonical = is_canonical and bool(_A_DAY.fullmatch(text)) and not _NO_DAY.fullmatch(text)
        has_weekdays = has_weekdays or text.startswith(_AFTER_WEEKDAY)
        if text.lower() not in MISSING_MEASURES:
            form = date_form(text)[0]
            counts[form] = counts.get(form, 0) + 1
    if counts.get("serial", 0) * 2 <= sum(counts.values()):
        counts.pop("serial", None)
    return DateColumn(frozenset(counts), order or "dmy", has_weekdays, is_canonical)


_DAY_FORMATS = {
    "mdy": ["%m/%d/%y", "%m/%d/%Y"],
    "dmy": ["%d/%m/%y", "%d/%m/%Y"],
    "ymd": ["%y/%m/%d"],
}
_TIME_FORMATS = ["%I:%M:%S%p", "%I:%M%p", "%H:%M:%S", "%H:%M"]


# A moment whose clock stands at midnight: a day, written as a moment.
_MIDNIGHT = r"\d{4}-\d{2}-\d{2}[T ]00:00(:00([.,]0+)?)?\D.*"
_MS_A_DAY = 86_400_000
# Milliseconds, or seconds, since 1970.
_EPOCH = r"1\d{9}(\d{3})?"


def _epoch_ms(cell: str) -> str:
    return f"try_cast(rpad({cell}, 13, '0') as bigint)"


def _formats(names: Sequence[str]) -> str:
    return "[" + ", ".join(literal(name) for name in names) + "]"


def date_sql(cell: str, column: DateColumn) -> str:
    """SQL text 'yyyy-mm-dd' from a cell, by the forms its column holds; the cell itself where none fits.

    A moment that says its zone stays one: which day it is hangs on the company's zone, which models know. A day with anything behind it
    but a time is none.
    """
    if column.is_canonical:
        return cell
    if column.has_weekdays:
        unmarked = f"regexp_replace({cell}, {literal(_WEEKDAY)}, {literal(chr(92) + '1')})"
        read = date_sql("undated", replace(column, has_weekdays=False))
        return f"list_transform([{unmarked}], lambda undated: {read})[1]"
    day_or_moment = (
        f"case when length({cell}) > 16 and regexp_full_match({cell}, '{ZONED_MOMENT}') "
        f"and not regexp_full_match({cell}, '{_MIDNIGHT}') then {cell} "
        f"when length({cell}) > 10 and regexp_full_match(substr({cell}, 11), {literal(TIME_BEHIND_ISO)}) then left({cell}, 10) else {cell} end"
    )
    if column.forms <= {"iso"}:
        return day_or_moment
    branches = []
    if "iso" in column.forms:
        branches.append(rf"when regexp_full_match({cell}, '\d{{4}}-\d{{2}}-\d{{2}}(\D.*)?') then {day_or_moment}")
    if "serial" in column.forms:
        days = f"cast(floor(try_cast({cell} as double)) as integer)"
        branches.append(
            rf"when regexp_full_match({cell}, '[2-6]\d{{4}}(\.\d*)?') "
            rf"then strftime(date '1899-12-30' + {days}, '%Y-%m-%d')"
        )
    if "compact" in column.forms:
        branches.append(
            rf"when regexp_full_match({cell}, '(19|20)\d{{6}}') "
            rf"then coalesce(strftime(try_strptime({cell}, '%Y%m%d'), '%Y-%m-%d'), {cell})"
        )
    if "epoch" in column.forms:
        branches.append(
            rf"when regexp_full_match({cell}, '{_EPOCH}') "
            rf"then case when {_epoch_ms(cell)} % {_MS_A_DAY} = 0 then strftime(epoch_ms({_epoch_ms(cell)}), '%Y-%m-%d') "
            rf"else strftime(epoch_ms({_epoch_ms(cell)}), '%Y-%m-%d %H:%M:%S+00:00') end"
        )
    if column.forms & {"year_first", "day_or_month_first"}:
        # Whatever stands between day, month and year becomes a slash, and the time of day goes.
        day = f"regexp_replace(regexp_extract({cell}, {literal(f'^(.*?)(?:{TIME})?$')}, 1), '[ ./,-]+', '/', 'g')"
        if "year_first" in column.forms:
            branches.append(
                rf"when regexp_matches({cell}, '^\d{{4}}[/.-] ?\d') "
                rf"then coalesce(strftime(try_strptime(rtrim({day}, '/'), '%Y/%m/%d'), '%Y-%m-%d'), {cell})"
            )
        if "day_or_month_first" in column.forms:
            branches.append(
                rf"when regexp_full_match({day}, '\d+/\d+/(\d{{4}}|\d{{2}})') "
                rf"then coalesce(strftime(try_strptime({day}, {_formats(_DAY_FORMATS[column.order])}), '%Y-%m-%d'), {cell})"
            )
    if column.forms & {"month_in_letters", "with_signs"}:
        branches.append(_spelt_date_branch(cell))
    return f"case {' '.join(branches)} else {cell} end" if branches else cell


def _spelt_date_branch(cell: str) -> str:
    """SQL of a branch for dates whose month is a word in some language, or that have signs for year, month and day."""
    months = ", ".join(f"{literal(word)}: {number}" for word, number in sorted(month_words().items()))
    # without the time of day
    day = f"regexp_replace(lower(nfc_normalize({cell})), {literal(TIME + '$')}, '')"
    numbers = r"regexp_extract_all(day_text, '\d+')"
    words_found = r"regexp_extract_all(day_text, '[\p{L}]+')"
    month_of_word = f"(map {{{months}}})[word]"
    month = (
        f"list_filter(list_transform({words_found}, lambda word: {month_of_word}), lambda month: month is not null)[1]"
    )
    signs = rf"regexp_full_match(day_text, '\d{{4}} ?[年년] ?\d{{1,2}} ?[月월] ?\d{{1,2}} ?[日일号號]?{BEHIND_SIGNS}')"
    # behind the last number stands the month, or what a language puts behind a date
    behind = r"regexp_extract_all(regexp_extract(day_text, '[^\d]*$'), '[^ .,]+')"
    is_clean = (
        f"len(list_filter({behind}, lambda word: {month_of_word} is null and word not in ({words(WORDS_BEHIND)}))) = 0"
    )
    # the year comes first where it has four digits, else last
    parts = (
        f"case when {signs} then {numbers} when not {is_clean} then null "
        f"when length({numbers}) = 2 and length({numbers}[1]) = 4 then [{numbers}[1], cast({month} as varchar), {numbers}[2]] "
        f"when length({numbers}) = 2 then [{numbers}[2], cast({month} as varchar), {numbers}[1]] end"
    )
    written = (
        "list_transform([{parts}], lambda part: case when part[2] is not null and length(part[1]) in (2, 4) then "
        "concat_ws('/', case when length(part[1]) = 2 then (case when part[1] < '69' then '20' else '19' end) || part[1] "
        "else part[1] end, part[2], part[3]) end)[1]"
    ).replace("{parts}", parts)
    read = f"list_transform([{day}], lambda day_text: strftime(try_strptime({written}, '%Y/%m/%d'), '%Y-%m-%d'))[1]"
    return rf"when regexp_matches({cell}, '[^\d\sT:./+Z-]') then coalesce({read}, {cell})"


def timestamp_sql(cell: str, column: DateColumn) -> str:
    """SQL text 'yyyy-mm-dd hh:mm:ss' from a cell as it is written; in UTC, with '+00:00' behind it, where the cell names its zone."""
    if column.is_canonical:
        return f"{cell} || ' 00:00:00'"
    day = date_sql(cell, column)
    # '8:55:12.000 pm' becomes '8:55:12PM'; a cell without a time stays as it is, fits no format, and gets midnight.
    time = (
        rf"regexp_replace(regexp_replace(upper({cell}), "
        rf"'^.*?(\d{{1,2}}:\d{{2}}(:\d{{2}})?)([.,]\d+)? ?([AP]?).*$', '\1\4'), '([AP])$', '\1M')"
    )
    clock = f"coalesce(strftime(try_strptime({time}, {_formats(_TIME_FORMATS)}), '%H:%M:%S'), '00:00:00')"
    is_read = rf"regexp_full_match({day}, '\d{{4}}-\d{{2}}-\d{{2}}')"
    written = f"case when {is_read} then {day} || ' ' || {clock} else {cell} end"
    if "epoch" in column.forms:
        instant = rf"strftime(epoch_ms({_epoch_ms(cell)}), '%Y-%m-%d %H:%M:%S+00:00')"
        written = rf"case when regexp_full_match({cell}, '{_EPOCH}') then {instant} else {written} end"
    if "iso" not in column.forms:
        return written
    finished = rf"regexp_full_match({cell}, '\d{{4}}-\d{{2}}-\d{{2}} \d{{2}}:\d{{2}}:\d{{2}}')"
    zoned = f"regexp_full_match({cell}, '{ZONED_MOMENT}')"
    moment = f"regexp_replace({cell}, ' ?(Z|UTC|GMT)$', '+00')"
    instant = f"strftime(try_cast({moment} as timestamptz) at time zone 'UTC', '%Y-%m-%d %H:%M:%S+00:00')"
    return f"case when {finished} then {cell} when {zoned} then coalesce({instant}, {cell}) else {written} end"


# --- numbers ---------------------------------------------------------------------------------------------------------

NUMBER_PREFIX = 40

_SIGNS = "$€£¥₹₽₩₪₺₫₴฿"
# Letters before a dollar sign are those of a country: M$ are millions.
_CURRENCY = (
    rf"(?:[A-Z]{{3}}|(?:(?:US|CA|AU|NZ|HK|NT|MX|CL|AR|SG|TW|JP|CN)|[ACRS])?[{_SIGNS}]|Rs\.?|kr\.?|zł|Kč|Fr\.?|円|元)"
)
_SPACE = "[ \u00a0\u2007\u2009\u202f]"
_GROUPING = " '’\u00a0\u2007\u2009\u202f"
_UNIT_OF = r"(?:€|\$|£|eur|usd|gbp|chf)?"
# What a word behind a number multiplies it by. Not Cr: a crore to some, a credit to others.
_UNITS = {
    1_000: rf"(?:(?:k|tsd\.?|thousand){_UNIT_OF}|t(?:€|eur|chf))",
    100_000: "(?:lakhs?|lacs?)",
    1_000_000: rf"(?:mm?|mio\.?|mln\.?|mn\.?|millions?|millionen){_UNIT_OF}",
    10_000_000: "crores?",
    1_000_000_000: rf"(?:b|bn|mrd\.?|mld\.?|billions?|milliarden){_UNIT_OF}",
}
_UNIT = rf"(?i:{'|'.join(_UNITS.values())})"
_ABOUT = r"(?:[~≈]|ca\.?)"
# Digits and marks as they are written in other scripts. The shape of a cell keeps one of them, so that it is not taken for plain.
_WIDE_DIGITS = "０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९"
_WIDE_MARKS, _MARKS = "，．－％（）￥＄　", ",.-%()¥$ "  # noqa: RUF001
_WIDE, _NARROW = _WIDE_DIGITS + _WIDE_MARKS, "0123456789" * 4 + _MARKS
_A_WIDE_DIGIT = "９"  # noqa: RUF001
_NUMBER_LIKE = re.compile(
    rf"(?:{_ABOUT}{_SPACE}*)?[(+−-]?{_SPACE}*(?:{_CURRENCY}{_SPACE}*)?[+−-]?{_SPACE}*"
    rf"(?P<core>[\d.,{_GROUPING}]*\d[\d.,{_GROUPING}]*)(?P<exponent>[eE][+-]?\d+)?"
    rf"{_SPACE}*(?:(?P<unit>{_UNIT}){_SPACE}*)?(?:{_CURRENCY})?{_SPACE}*(?P<percent>%)?{_SPACE}*[)−-]?"
)
_BESIDE = re.compile(rf"(^|[^A-Za-z]){_CURRENCY}([^A-Za-z]|$)")
_PLAIN_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)", re.ASCII)


def _number_like(shape: str) -> re.Match[str] | None:
    return _NUMBER_LIKE.fullmatch(shape.translate(str.maketrans(_WIDE, _NARROW)))


@dataclass(frozen=True)
class NumberColumn:
    """How a column writes numbers: its decimal mark, and whether any cell is more than digits and a point.

    Units are words such as K and Mio. behind a number; wide are the digits of other scripts. One that is canonical holds plain
    numbers and nothing else but empty cells.
    """

    style: str
    is_plain: bool
    has_percents: bool = False
    has_exponents: bool = False
    has_units: bool = False
    is_wide: bool = False
    has_currency: bool = False
    is_canonical: bool = False


@dataclass(frozen=True)
class StyleFound:
    """What the cells of one column say about the decimal mark: sure texts per style, and ambiguous ones per mark."""

    sure: Mapping[str, str]
    ambiguous: Mapping[str, str]


def find_decimal_style(shapes: Iterable[str]) -> StyleFound:
    """The decimal mark of a column, from the shapes of its cells (digits as 9, a leading zero kept).

    The later of two different marks is the decimal mark; a mark that repeats groups digits; a single mark before
    other than three digits, or after a lone zero, is the decimal mark. `1,200` and `1.200` alone could be either.
    """
    sure: dict[str, str] = {}
    ambiguous: dict[str, str] = {}
    for shape in sorted(shapes):
        match = _number_like(shape)
        core = re.sub(f"[{_GROUPING}]", "", match["core"]) if match else ""
        commas, points = core.count(","), core.count(".")
        if commas and points:
            sure.setdefault("comma" if core.rindex(",") > core.rindex(".") else "point", shape)
        elif commas + points > 1:
            sure.setdefault("point" if commas else "comma", shape)
        elif commas + points == 1:
            mark = "," if commas else "."
            before, after = core.split(mark)
            if len(after) != 3 or len(before) > 3 or before in ("", "0"):
                sure.setdefault("comma" if commas else "point", shape)
            else:
                ambiguous.setdefault(mark, shape)
    return StyleFound(sure, ambiguous)


def number_column(shapes: Iterable[str], style: str | None) -> NumberColumn:
    """How to read a column of numbers whose decimal mark is `style` (None: no cell has a mark)."""
    shapes = list(shapes)
    present = [shape for shape in shapes if shape.lower() not in MISSING_MEASURES]
    matches = [match for shape in present if (match := _number_like(shape))]
    return NumberColumn(
        style=style or "point",
        is_plain=style != "comma" and all(_PLAIN_NUMBER.fullmatch(shape) for shape in present),
        has_percents=any(match["percent"] for match in matches),
        has_exponents=any(match["exponent"] for match in matches),
        has_units=any(match["unit"] for match in matches),
        is_wide=any(not set(_WIDE).isdisjoint(shape) for shape in present),
        has_currency=any(match and _BESIDE.search(match.string) for match in matches),
        is_canonical=all(_PLAIN_NUMBER.fullmatch(shape) for shape in shapes),
    )


def number_shape_sql(cell: str) -> str:
    """SQL of a cell's shape: every digit a 9, a leading zero kept."""
    wide = _A_WIDE_DIGIT * len(_WIDE_DIGITS)
    shape = f"left(translate({cell}, '0123456789{_WIDE_DIGITS}', '9999999999{wide}'), {NUMBER_PREFIX})"
    return f"case when starts_with({cell}, '0') then '0' || substr({shape}, 2) else {shape} end"


def number_shapes_sql(cell: str) -> str:
    """SQL of the distinct shapes of a column, as an aggregate: letters cost more to replace than cells to compare."""
    return f"list_distinct(list_transform(list(distinct left({cell}, {NUMBER_PREFIX})), lambda cell: {number_shape_sql('cell')}))"


def number_sql(cell: str, column: NumberColumn, multiply_by: str | None = None) -> str:
    """SQL text of a plain number ('1200.5') from a cell; the cell itself where it is no number.

    Reads grouped digits, currency signs and codes, percents (75 % is 0.75), exponents, and negatives written with
    a minus on either side or in brackets. `multiply_by` is a number as text.
    """
    if column.is_plain and not multiply_by:
        return cell
    stated = cell
    if column.is_wide:
        cell = f"translate({cell}, {literal(_WIDE)}, {literal(_NARROW)})"
    mark, grouping = (r"\.", ",") if column.style == "point" else (",", ".")
    group = f"[{grouping}{_GROUPING}]"
    digits = rf"(?:(?:\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}|\d+)(?:{mark}\d*)?|{mark}\d+)"
    number = rf"{digits}(?:[eE][+-]?\d+)?"
    unit = rf"(?:{_UNIT}{_SPACE}*)?" if column.has_units else ""
    whole = (
        rf"(?:{_ABOUT}{_SPACE}*)?[(+−-]?{_SPACE}*(?:{_CURRENCY}{_SPACE}*)?[+−-]?{_SPACE}*{number}"
        rf"{_SPACE}*{unit}(?:{_CURRENCY})?{_SPACE}*%?{_SPACE}*[)−-]?"
    )
    taken_out = ("," if column.style == "comma" else "") + grouping + _GROUPING
    left_in = "." if column.style == "comma" else ""
    extracted = f"regexp_extract({cell}, {literal(number)})"
    magnitude = f"rtrim(translate({extracted}, {literal(taken_out)}, {literal(left_in)}), '.')"
    sign = rf"case when regexp_matches({cell}, '^\(|^[^0-9]*[−-]|[−-]$') then '-' else '' end"
    read = f"{sign} || {magnitude}"
    if column.has_exponents or column.has_percents or column.has_units or multiply_by:
        factor = f"cast({multiply_by or '1'} as decimal(12, 4))"
        if column.has_percents:
            factor += f" * case when contains({cell}, '%') then 0.01 else 1.00 end"
        # Decimals multiply without the rounding a double shows; what is too long for them is read as a double.
        exact = rf"regexp_replace(cast(try_cast({read} as decimal(24, 8)) * {factor} as varchar), '\.?0+$', '')"
        rough = rf"regexp_replace(cast(try_cast({read} as double) * {factor} as varchar), '\.0$', '')"
        if column.has_units:
            factors = " ".join(
                rf"when regexp_matches({cell}, {literal(rf'(?i){digits}{_SPACE}*{word}([^[:alpha:]]|$)')}) then {by}"
                for by, word in _UNITS.items()
            )
            units = f"case {factors} else 1 end"
            # never more digits than decimals hold, but for a factor besides
            plain_factor = factor if multiply_by or column.has_percents else "1"
            product = f"try_cast({read} as decimal(20, 6)) * cast({units} as decimal(14, 0))"
            exact = rf"regexp_replace(cast({product} as varchar), '\.?0+$', '')" if plain_factor == "1" else "null"
            rough = rf"regexp_replace(cast(cast(try_cast({read} as double) * {factor} * {units} as decimal(28, 6)) as varchar), '\.?0+$', '')"
        read = f"{exact}, {rough}"
    return f"case when regexp_full_match({cell}, {literal(whole)}) then coalesce({read}, {stated}) else {stated} end"


def currency_sql(cell: str, column: NumberColumn) -> str | None:
    """SQL of the currency that stands beside the number in a cell, as it is written; None where the column holds numbers alone."""
    if column.is_plain:
        return None
    # TBD has three letters too
    beside = f"nullif(regexp_extract({cell}, {literal(f'(^|[^A-Za-z])({_CURRENCY})([^A-Za-z]|$)')}, 2), '')"
    return f"case when regexp_matches({cell}, '[0-9{_WIDE_DIGITS}]') then {beside} end"


# --- words -----------------------------------------------------------------------------------------------------------


def without_missing_sql(cell: str, kind: Kind, kept: Collection[str] = ()) -> str:
    """SQL of a trimmed cell with the words for "no value" made null, but for those that are values (`kept`, in lower case)."""
    missing = MISSING_MEASURES if kind in (Kind.DATE, Kind.TIMESTAMP, Kind.NUMBER, Kind.BOOLEAN) else MISSING_WORDS
    missing = [word for word in missing if word not in kept]
    if kind in (Kind.DATE, Kind.TIMESTAMP):
        nothing = f"when regexp_matches({cell}, '{_PART_OF_NO_DAY}') and regexp_full_match({cell}, {literal(f'{NO_DAY}(?:{TIME_BEHIND_ISO})?')}) then null "
    elif kind is Kind.NUMBER:
        # how a spreadsheet writes nothing in a column of money
        nothing = f"when {cell}[-1] in ('-', '–') and regexp_full_match({cell}, {literal(f'(?:{_CURRENCY})?{_SPACE}*[-–]')}) then null "
    else:
        nothing = ""
    # The length is asked first because it spares nearly every cell the comparison with the list.
    return (
        f"case {nothing}when strlen({cell}) > {_LONGEST_MISSING_WORD} then {cell} "
        f"when {_is_one_of_sql(cell, missing)} then null else {cell} end"
    )


def _is_one_of_sql(cell: str, said: Iterable[str]) -> str:
    """SQL of whether a text is one of many words, letter case aside.

    The engine makes a join of a long IN, for all lines, whatever a CASE asks before.
    """
    return f"regexp_full_match(lower({cell}), lower({literal('|'.join(re.escape(word) for word in sorted(said)))}))"


@cache
def boolean_words() -> Mapping[str, str]:
    """true or false, by the words for it in any language."""
    return {row["word"]: row["means"] for row in seed_rows("boolean_words")}


@cache
def _owner_suffixes() -> str:
    found = "|".join(re.escape(row["suffix"]) for row in seed_rows("owner_suffixes"))
    return rf"(?i)[\s_-]*[(\[]\s*({found})\s*[)\]]$"


def owner_sql(cell: str) -> str:
    """SQL of the name of an owner without the remark that he or she has left, which the same owner's older deals may lack."""
    without = f"nullif(regexp_replace({cell}, {literal(_owner_suffixes())}, ''), '')"
    return f"case when {cell}[-1] in (')', ']') then coalesce({without}, {cell}) else {cell} end"


@cache
def month_words() -> Mapping[str, int]:
    """The number of a month, by its names in any language."""
    return {row["word"]: int(row["month"]) for row in seed_rows("month_words")}


def boolean_sql(cell: str) -> str:
    """SQL text 'true' or 'false' from a cell in any usual spelling; the cell itself where it is neither."""
    word = f"nfc_normalize({cell})"
    branches = [
        f"when {_is_one_of_sql(word, (said for said, means in boolean_words().items() if means == meant))} then '{meant}'"
        for meant in ("true", "false")
    ]
    # most files say it so, and no letter need be folded
    return f"case when {cell} in ('true', 'false') then {cell} {' '.join(branches)} else {cell} end"


# What is put into a box. A word such as true has one for no, so that an empty cell beside it says nothing.
_TICKS = ("x", "✓", "✔", "☑", "☒", "checked")


def ticked_sql(cell: str) -> str:
    """SQL of whether a column of yes and no is only ever ticked: its cells are ticks, and others are empty."""
    return f"count({cell}) > 0 and count({cell}) < count(*) and bool_and({cell} is null or lower(nfc_normalize({cell})) in ({words(_TICKS)}))"


OUTCOMES = ("won", "lost", "open", "disqualified")


def outcome_sql(cell: str, outcome_words: Mapping[str, Sequence[str]]) -> str:
    """SQL of the outcome a word means, letter case aside; the word itself where it means none."""
    branches = []
    for outcome in OUTCOMES:
        if said := outcome_words.get(outcome):
            branches.append(f"when {_is_one_of_sql(cell, map(str.strip, said))} then {literal(outcome)}")
    branches += [f"when lower({cell}) = {literal(outcome)} then {literal(outcome)}" for outcome in OUTCOMES]
    return f"case {' '.join(branches)} else {without_missing_sql(cell, Kind.CATEGORY)} end"


# What stands for an empty cell among the words of two columns.
EMPTY = "(empty)"


def together_sql(cells: Sequence[str]) -> str:
    """SQL of what several columns say together: Y / N, or Y / (empty); null where all are empty."""
    said = " || ' / ' || ".join(f"coalesce({cell}, {literal(EMPTY)})" for cell in cells)
    return f"case when coalesce({', '.join(cells)}) is not null then {said} end"


# --- forms of values that only some CRMs write -----------------------------------------------------------------------


def first_of_list_sql(cell: str) -> str:
    """SQL of the first of several values in one cell."""
    return f"nullif(trim(split_part(replace({cell}, ',', ';'), ';', 1)), '')"


def label_sql(cell: str) -> str:
    """SQL of an internal word as its label: COMPUTER_SOFTWARE becomes Computer Software; what is no internal word stays."""
    each = (
        "array_to_string(list_transform(string_split(lower({0}), '_'), lambda word: upper(word[1]) || word[2:]), ' ')"
    )
    return (
        f"case when regexp_matches({cell}, '^[A-Z0-9&]+(_+[A-Z0-9&]+)+$') or regexp_matches({cell}, '^[A-Z]{{5,}}$') "
        f"then {each.format(cell)} else {cell} end"
    )


def id18_sql(cell: str) -> str:
    """SQL of a Salesforce id with 18 characters. Reports shorten it to 15, where letter case tells records apart.

    The last three characters say, five characters each, which of them are upper case (bit 1 the first, bit 16 the fifth).
    """
    checks = ""
    for first in (1, 6, 11):
        bits = "".join(
            f" + case when regexp_matches(substring({cell}, {first + bit}, 1), '[A-Z]') then {2**bit} else 0 end"
            for bit in range(5)
        )
        checks += f" || substring('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1{bits}, 1)"
    return f"case when length({cell}) = 15 and regexp_full_match({cell}, '[a-zA-Z0-9]{{15}}') then {cell}{checks} else {cell} end"


# A number so long that a spreadsheet wrote its first digits only, such as 1.23457E+12.
ROUNDED = r"\d([.,]\d+)?[eE]\+\d+"


_GUID = r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?"


def identifier_sql(cell: str, is_key: bool = False) -> str:
    """SQL of an id as it was, without the decimals that a table of numbers gives it.

    One that a spreadsheet rounded is null where it is the record's own; a reference to another record keeps its power of ten, such as
    1E+12, for the models to count.
    """
    rounded = "null" if is_key else f"upper(regexp_replace({cell}, '[.,]\\d+', ''))"
    # a GUID has no letter case, and braces where a program writes it
    guid = f"strlen({cell}) in (36, 38) and regexp_full_match({cell}, {literal(_GUID)})"
    return (
        f"case when {guid} then lower(trim({cell}, '{{}}')) "
        f"when ends_with({cell}, '.0') and regexp_full_match({cell}, '\\d+\\.0') then {cell}[:-3] "
        f"when contains({cell}, '+') and regexp_full_match({cell}, '{ROUNDED}') then {rounded} else {cell} end"
    )


# By `value_kind` of seeds/header_aliases.csv; all other kinds are read as they are.
FORMS: Mapping[str, Callable[[str], str]] = {
    "first_of_list": first_of_list_sql,
    "label": label_sql,
    "id15": id18_sql,
    "id18": id18_sql,
}
