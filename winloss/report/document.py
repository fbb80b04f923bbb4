"""The report before it is drawn: sections of blocks, each number tied to the mart row it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from winloss import formatting
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
    "percent_text": formatting.percent_text,
    "points": formatting.points,
    "points_bare": formatting.points_bare,
    "points_size": formatting.points_size,
    "signed": formatting.signed,
    "count": formatting.count,
    "deals": formatting.deals,
    "closed_deals": formatting.closed_deals,
    "number": formatting.number,
    "number_short": formatting.number_short,
    "two_decimals": formatting.two_decimals,
    "days": formatting.days,
    "day": formatting.day,
    "text": formatting.text,
    "label": formatting.label,
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
    tone: Literal["takeaway", "plain", "note", "worth", "missing"] = "plain"
    kind: str = "paragraph"


@dataclass(frozen=True)
class Figure:
    """One large figure: its label, the value, what surrounds it. `interval` is (low, value, high) between 0 and 1 or None."""

    label: str
    value: Source
    lines: tuple[Sentence, ...]
    interval: tuple[float, float, float] | None = None
    scale: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Figures:
    figures: tuple[Figure, ...]
    kind: str = "figures"


@dataclass(frozen=True)
class Finding:
    headline: Sentence
    detail: Sentence | None
    grade: Grade


@dataclass(frozen=True)
class Findings:
    findings: tuple[Finding, ...]
    kind: str = "findings"


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
class Column:
    title: str
    align: Literal["left", "right"] = "left"


Cell = Source | Sentence | str
"""A cell of a table: of a mart, an interval of two, or a word of the report's own (a grade, a dash)."""


@dataclass(frozen=True)
class Table:
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Sentence | None = None
    kind: str = "table"


@dataclass(frozen=True)
class Chart:
    """A drawing with the table behind it. `spec` is one of the shapes of `winloss.report.charts`; a chart of a grid has no table of its own."""

    id: str
    title: str
    description: str
    spec: Any
    table: Table | None = None
    caption: str = ""
    kind: str = "chart"


@dataclass(frozen=True)
class ChartGrid:
    """Small charts of one kind side by side, with one caption and one table for all."""

    charts: tuple[Chart, ...]
    table: Table
    caption: str = ""
    kind: str = "chart_grid"


@dataclass(frozen=True)
class Terms:
    """Words explained."""

    terms: tuple[tuple[str, Sentence], ...]
    kind: str = "terms"


Block = Paragraph | Figures | Findings | Actions | Table | Chart | ChartGrid | Terms


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]
    sources: tuple[str, ...] = ()
    """Marts the section is drawn from."""


@dataclass(frozen=True)
class Report:
    quarter: str
    headline: Sentence
    standfirst: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    method_version: str = ""
    company: str = ""
    extras: Mapping[str, Any] = field(default_factory=dict)


def shown(cell: Cell) -> str:
    """A cell as text."""
    if isinstance(cell, Sentence):
        return cell.text
    return cell if isinstance(cell, str) else cell.shown


def plain_table(
    title: str,
    columns: Sequence[tuple[str, Literal["left", "right"]]],
    rows: Sequence[Sequence[Cell]],
    note: Sentence | None = None,
) -> Table:
    return Table(title, tuple(Column(*column) for column in columns), tuple(tuple(row) for row in rows), note)
