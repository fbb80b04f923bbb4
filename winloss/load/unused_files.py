"""Which files of a folder a build would not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from winloss.load.aliases import aliases
from winloss.load.encodings import check_encodings
from winloss.load.folder import Folder
from winloss.load.mapping import own_headers
from winloss.load.recognition import recognise


def unused_files(crm: str, path: Path, variables: Mapping[str, object]) -> list[str]:
    """The names of the files that are no part of what is read as `crm`: by their headers, or for custom because the mapping names none of them.

    Raises ReadingError where the folder or a file cannot be looked at.
    """
    with TemporaryDirectory(prefix="winloss_check_") as copies, duckdb.connect() as engine:
        folder = Folder(path, engine, Path(copies), check_encodings(variables.get("encoding")))
        names = folder.names()
        if crm == "custom":
            stated = list(_named(variables.get("mapping")))
            # a file in an archive is named with or without its archive
            return [
                name
                for name in names
                if not any(fnmatch(part, one) for one in stated for part in (name, name.split("/")[-1]))
            ]
        own = own_headers(variables.get("field_aliases"))
        wanted = [alias.header for alias in aliases() if alias.crm == crm]
        return [file.name for file in folder.examine_all(wanted) if not recognise(file.headers, crm, own)]


def _named(mapping: object) -> Iterator[str]:
    """The names and patterns of files in a mapping, as far as it can be told."""
    stated = mapping if isinstance(mapping, dict) else {}
    files = stated.get("files")
    for value in files.values() if isinstance(files, dict) else ():
        yield from (str(name) for name in (value if isinstance(value, list) else [value]))
    lookups = stated.get("lookups")
    for lookup in lookups if isinstance(lookups, list) else ():
        if isinstance(lookup, dict):
            yield str(lookup.get("file"))
