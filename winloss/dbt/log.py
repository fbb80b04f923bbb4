"""Lines in dbt's own log."""

from __future__ import annotations

from dbt_common.events.base_types import EventLevel
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note


def say(sentence: str) -> None:
    """A line in dbt's own log, in its terminal output and its JSON log with the invocation id."""
    fire_event(Note(msg=sentence), level=EventLevel.INFO)
