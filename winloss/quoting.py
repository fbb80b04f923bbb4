"""The one place where names and values from files and from the user become SQL."""

from __future__ import annotations

import re


def literal(value: object) -> str:
    """A value as an SQL literal: text quoted, None as null, true and false, whole numbers as they are."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\0", "").replace("'", "''") + "'"


def literal_path(path: object) -> str:
    """A path as an SQL literal for a function that takes patterns: its own brackets, stars and question marks mean themselves."""
    return literal(re.sub(r"[\[*?]", r"[\g<0>]", str(path)))


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace("\0", "").replace('"', '""') + '"'


def words(values: object) -> str:
    """Several texts as the inside of an SQL `in (...)` list, in a fixed order."""
    return ", ".join(literal(value) for value in sorted(set(values)))  # type: ignore[call-overload]


def text_literal(value: str, engine: str = "duckdb") -> str:
    """A text as an SQL literal: quotes doubled; Spark wants a backslash before quotes and backslashes."""
    if engine == "spark":
        # doubled quotes vanish without a word before Spark 4, and ${name} is replaced by a setting
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "$\\{") + "'"
    return "'" + value.replace("'", "''") + "'"
