"""The first run on files of one's own: what they are, whether they can be read, and a winloss.yml that holds what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winloss.errors import ReadingError
from winloss.load.draft import Draft, draft
from winloss.load.draft_text import lines_to_look_at, mapping_lines, settings_text
from winloss.load.headers import TO_FILL_IN
from winloss.load.plan import Request, UnknownHeadersError, make_plan, source_of
from winloss.load.recognition import NoDealsError, crms

DRAFT_FILE = "winloss.draft.yml"
WITHOUT_FILES = ("sample", "warehouse")


class StoppedError(Exception):
    """The run cannot go on before a person has looked; the message says at what."""


@dataclass(frozen=True)
class FirstRun:
    """What a first run starts from: the settings as they are, the file that would hold them, and the private database."""

    settings: Mapping[str, Any]
    file: Path
    private: Path


def recognise_and_keep(first: FirstRun) -> list[str]:
    """Lines on what the files are. A winloss.yml that holds it is written where there is none, and never changed where there is one.

    Raises ReadingError for files that cannot be read, and StoppedError once a mapping was drafted for files of no known CRM.
    """
    if first.settings["crm"] in WITHOUT_FILES:
        return []
    folder = str(first.settings["exports"])
    request = Request(str(first.settings["crm"]), folder, str(first.private), first.settings)
    try:
        source = source_of(request)
    except UnknownHeadersError as error:
        raise _drafted(first, folder, error, draft(folder, first.settings)) from error
    if source.crm in WITHOUT_FILES or first.file.exists():
        return []
    try:
        plan = make_plan(source)
    except NoDealsError as error:
        # contacts and accounts have the headers of many a CRM: deals that a draft knows tell that they are of none
        found = draft(folder, first.settings)
        if request.crm or TO_FILL_IN in found.columns["deals"].values():
            raise
        raise _drafted(first, folder, error, found) from error
    files = list(dict.fromkeys(reading.file.name for reading in plan.layout.readings))
    told = f"read as {crms()[source.crm].name}: {_counted(len(files), 'file')}"
    if source.crm == "custom" or not _written(first.file, settings_text(source.crm, folder, files, [])):
        return [told]
    return [told, f"wrote {first.file.name}: what was found, and what else may be stated"]


def _drafted(first: FirstRun, folder: str, unknown: ReadingError, found: Draft) -> Exception:
    """Writes a drafted mapping into winloss.yml, or beside one that is there; what to say of it."""
    lines = mapping_lines(found)
    text = settings_text("custom", folder, [], lines)
    target = first.file if not first.file.exists() else first.file.with_name(DRAFT_FILE)
    if not _written(target, text):
        return unknown
    look_at = lines_to_look_at(text)
    what = f"The files are of no CRM known here, so a mapping was drafted into {target.name}."
    if target != first.file:
        what += f" {first.file.name} is yours and stays as it is: copy crm and mapping into it."
    if not look_at:
        return StoppedError(f"{what}\nLook through it, then run again.")
    return StoppedError("\n".join([what, "Look at these lines, then run again:", *(f"  {line}" for line in look_at)]))


def _written(path: Path, text: str) -> bool:
    """Whether the file was made: one that is there already is someone's, and a folder may be read-only."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return False
    return True


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"
