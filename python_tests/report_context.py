"""Sections of the report over rows written by hand, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from winloss.report.context import Context
from winloss.report.document import Paragraph, Section, Sentence
from winloss.report.marts import Marts, Record

MOST_WORDS = 35


def context_of(keys: Mapping[str, tuple[str, ...]], tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Context:
    """The context of a report on these rows alone; `keys` are the columns by which the rows of a table are told apart."""
    records = {name: tuple(Record(name, keys[name], dict(row)) for row in rows) for name, rows in tables.items()}
    return Context(Marts(Path("nowhere"), records))


def said(section: Section) -> list[Sentence]:
    """The sentences of a section, none of which is too long to be read at once."""
    told = [block.sentence for block in section.blocks if isinstance(block, Paragraph)]
    assert [sentence.text for sentence in told if len(sentence.text.split()) > MOST_WORDS] == []
    return told


def graded(section: Section) -> list[tuple[str | None, str]]:
    """The grade and the words of each."""
    return [(sentence.grade, sentence.text) for sentence in said(section)]
