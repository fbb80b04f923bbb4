"""Sections of the report over rows written by hand, and what they say and draw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from winloss.report.charts import Mark
from winloss.report.context import Context
from winloss.report.document import Block, Chart, Columns, Notes, Paragraph, Section, Sentence, Table, shown
from winloss.report.marts import Marts, Record

MOST_WORDS = 35


def context_of(keys: Mapping[str, tuple[str, ...]], tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Context:
    """The context of a report on these rows alone; `keys` are the columns by which the rows of a table are told apart."""
    records = {name: tuple(Record(name, keys[name], dict(row)) for row in rows) for name, rows in tables.items()}
    return Context(Marts(Path("nowhere"), records))


def _blocks(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        yield from _blocks(block.blocks) if isinstance(block, Columns) else (block,)


def said(section: Section) -> list[Sentence]:
    """What a section says in words, none of it in a sentence too long to be read at once."""
    told: list[Sentence] = []
    for block in _blocks(section.blocks):
        if isinstance(block, Paragraph):
            told.append(block.sentence)
        elif isinstance(block, Notes):
            told += block.sentences
    sentences = [part for sentence in told for part in re.split(r"(?<=[.:;]) ", sentence.text)]
    assert [part for part in sentences if len(part.split()) > MOST_WORDS] == []
    return told


def graded(section: Section) -> list[tuple[str | None, str]]:
    """The grade and the words of each."""
    return [(sentence.grade, sentence.text) for sentence in said(section)]


def tables(section: Section) -> list[Table]:
    """The tables of a section, drawn or not."""
    return [block for block in _blocks(section.blocks) if isinstance(block, Table)]


def charts(section: Section) -> list[Chart]:
    """The drawings of a section that stand by themselves."""
    return [block for block in _blocks(section.blocks) if isinstance(block, Chart)]


def labels(table: Table) -> list[str]:
    return [shown(row[0]) for row in table.rows]


def marks(table: Table) -> tuple[tuple[Mark, ...], ...]:
    assert table.spec is not None
    return table.spec.marks


def finding(section: Section) -> str:
    assert section.finding is not None
    return section.finding.text
