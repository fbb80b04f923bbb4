"""The report before it is drawn: sections of blocks, each number tied to the mart row it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from winloss import formatting
from winloss.report.charts import Drawing
from winloss.report.marts import Record

Grade = Literal["Strong", "Directional", "Too few deals", "No difference", "Not judged", "Fix the data"]

GRADES: Mapping[str, Grade] = {
    "strong": "Strong",
    "directional": "Directional",
    "no difference": "No difference",
    "too few deals": "Too few deals",
    "not judged": "Not judged",
    "fix the data": "Fix the data",
}
"""The grade of a mart row as the report words it."""


@dataclass(frozen=True)
class Source:
    """One cell of a mart and how it is shown. `key` finds the row; it is empty for a mart of one row."""

    table: str
    key: Mapping[str, Any]
    column: str
    value: Any
    shown: str


@dataclass(frozen=True)
class Sentence:
    """Words whose every figure is a cell of a mart. `grade` is that of the row it speaks of, if it has one."""

    text: str
    sources: tuple[Source, ...] = ()
    grade: Grade | None = None


Formats = Mapping[str, Callable[[Any], str]]

FORMATS: dict[str, Callable[[Any], str]] = {
    "percent": formatting.percent,
    "percent_short": formatting.percent_short,
    "percent_bare": formatting.percent_bare,
    "percent_text": formatting.percent_text,
    "points": formatting.points,
    "points_bare": formatting.points_bare,
    "points_size": formatting.points_size,
    "signed": formatting.signed,
    "count": formatting.count,
    "deals": formatting.deals,
    "closed_deals": formatting.closed_deals,
    "open_deals": formatting.open_deals,
    "wins": formatting.wins,
    "number": formatting.number,
    "number_short": formatting.number_short,
    "one_decimal": formatting.one_decimal,
    "two_decimals": formatting.two_decimals,
    "day": formatting.day,
    "text": formatting.text,
    "label": formatting.label,
    "lower": formatting.lower_label,
}

_PLACE = re.compile(r"\{(?:(\w+)\.)?(\w+)(?:\|(\w+))?\}")


@dataclass(frozen=True)
class Writer:
    """Fills sentences from rows. `formats` are named in the sentence: '{win_rate|percent} of {closed_deals|count}'."""

    formats: Formats

    def cell(self, row: Record, column: str, kind: str = "text") -> Source:
        if column not in row:
            raise KeyError(f"{row.table} has no column {column}")
        return Source(row.table, row.key, column, row[column], self.formats[kind](row[column]))

    def say(self, template: str, row: Record | None = None, /, grade: str | None = None, **rows: Record) -> Sentence:
        """`template` with its places filled: '{column|format}' from `row`, '{name.column|format}' from `rows`.

        `grade` is a grade as the marts write it.
        """
        sources: list[Source] = []

        def fill(match: re.Match[str]) -> str:
            name, column, kind = match.groups()
            source = rows[name] if name else row
            assert source is not None, template
            sources.append(self.cell(source, column, kind or "text"))
            return sources[-1].shown

        text = _PLACE.sub(fill, template)
        return Sentence(text, tuple(sources), GRADES[grade] if grade else None)

    def join(self, *sentences: Sentence | None) -> Sentence:
        """Several sentences as one; the weakest claim of the grades is the caller's to choose, so none is kept."""
        told = [sentence for sentence in sentences if sentence]
        return Sentence(" ".join(s.text for s in told), tuple(source for s in told for source in s.sources))


# ---------------------------------------------------------------- blocks


@dataclass(frozen=True)
class Paragraph:
    sentence: Sentence
    tone: Literal["takeaway", "plain", "note", "missing"] = "plain"
    kind: str = "paragraph"


@dataclass(frozen=True)
class Figure:
    """A tile: its label, one large value with what stands beside it, and lines below."""

    label: str
    value: Source | Sentence
    beside: Sentence | None
    lines: tuple[Sentence, ...]
    labels: tuple[Source, ...] = ()
    """What the marks of `spec` stand for, row by row."""
    spec: Drawing | None = None


@dataclass(frozen=True)
class Figures:
    figures: tuple[Figure, ...]
    kind: str = "figures"


@dataclass(frozen=True)
class Changed:
    """Statements under a heading that counts them; `more` says how many are not listed."""

    title: str
    statements: tuple[Sentence, ...]
    more: str = ""


@dataclass(frozen=True)
class Changes:
    lists: tuple[Changed, ...]
    kind: str = "changes"


@dataclass(frozen=True)
class Action:
    title: Sentence
    action: Sentence
    owner: Source
    evidence: Sentence
    how_we_will_know: Sentence
    due: Source | str
    grade: Grade


@dataclass(frozen=True)
class Actions:
    actions: tuple[Action, ...]
    kind: str = "actions"


@dataclass(frozen=True)
class Pair:
    """A cell of two parts: a figure with its interval, or a label with what it means."""

    first: Source | Sentence | str
    second: Source | Sentence | str = ""


@dataclass(frozen=True)
class Lines:
    """A cell of several lines, beside marks that stand at as many levels."""

    lines: tuple[Cell, ...]


Cell = Source | Sentence | Pair | Lines | str
"""A cell of a table: of a mart, an interval of two, or a word of the report's own (a grade, a dash)."""


@dataclass(frozen=True)
class Column:
    title: str
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Table:
    """Rows of cells; with a `spec`, a chart whose marks stand in a column of their own, so that text keeps its size at any width."""

    title: Sentence | str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: Sentence | str = ""
    spec: Drawing | None = None
    kind: str = "table"


@dataclass(frozen=True)
class Chart:
    """A drawing that stands by itself, with the table behind it."""

    id: str
    title: Sentence | str
    description: Sentence
    spec: Any
    table: Table
    caption: Sentence | str = ""
    kind: str = "chart"


@dataclass(frozen=True)
class Terms:
    """Words explained."""

    terms: tuple[tuple[str, Sentence], ...]
    kind: str = "terms"


@dataclass(frozen=True)
class Notes:
    """Short sentences of one kind under a heading."""

    title: str
    sentences: tuple[Sentence, ...]
    kind: str = "notes"


@dataclass(frozen=True)
class Columns:
    """Blocks side by side where the page is wide enough."""

    blocks: tuple[Block, ...]
    kind: str = "columns"


Block = Paragraph | Figures | Changes | Actions | Table | Chart | Terms | Notes | Columns


@dataclass(frozen=True)
class Section:
    """The answer to one question; `finding` is the answer in a line, or None where there is nothing to say but why."""

    id: str
    question: str
    finding: Sentence | None
    blocks: tuple[Block, ...]
    sources: tuple[str, ...] = ()
    """Marts the section is drawn from."""


@dataclass(frozen=True)
class Report:
    quarter: str
    headline: Sentence
    standfirst: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    appendix: tuple[Section, ...] = ()
    method_version: str = ""
    company: str = ""
    as_of: str = ""
    is_brief: bool = False


def shown(cell: Cell) -> str:
    """A cell as text."""
    if isinstance(cell, Lines):
        return ", ".join(shown(line) for line in cell.lines)
    if isinstance(cell, Pair):
        second = shown(cell.second)
        return f"{shown(cell.first)} ({second})" if second else shown(cell.first)
    if isinstance(cell, Sentence):
        return cell.text
    return cell if isinstance(cell, str) else cell.shown


def missing(identity: str, question: str, sentence: Sentence, *sources: str) -> Section:
    """A section that has nothing to say but why."""
    return Section(identity, question, None, (Paragraph(sentence, "missing"),), sources)


def table(
    title: Sentence | str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    caption: Sentence | str = "",
    spec: Drawing | None = None,
) -> Table:
    """A table; a column whose title begins with '>' stands on the right."""
    named = tuple(Column(name.removeprefix(">"), "right" if name.startswith(">") else "left") for name in columns)
    return Table(title, named, tuple(tuple(row) for row in rows), caption, spec)
