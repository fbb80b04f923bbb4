"""A drafted mapping as the text of winloss.yml, with a remark on each line that a person should look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

import yaml

from winloss.errors import printable
from winloss.load.draft import Draft, draft

LOOK = "# look:"


def suggested_mapping(path: str, variables: Mapping[str, object] | None = None) -> str:
    """The text of a mapping of the folder's files to start from. Raises ReadingError where no file can be opened."""
    return "\n".join(["crm: custom", *mapping_lines(draft(path, variables))]) + "\n"


def lines_to_look_at(text: str) -> list[str]:
    """What a person should look at in a text of `mapping_lines`: the number of the line, and why."""
    return [
        f"line {number}: {line.split(LOOK)[0].strip()}  ({line.split(LOOK, 1)[1].strip()})"
        for number, line in enumerate(text.splitlines(), 1)
        if LOOK in line
    ]


def scalar(value: object) -> str:
    """A value as YAML writes it on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def mapping_lines(found: Draft) -> list[str]:
    """The setting `mapping`, line by line, and below it what of the files is not used."""
    lines = ["mapping:"]

    def put(indent: int, text: str, place: str = "", remark: str = "") -> None:
        why = found.asks.get(place)
        behind = f"  {LOOK} {printable(why)}" if why else f"  # {printable(remark)}" if remark else ""
        lines.append(f"{' ' * indent}{text}{behind}")

    put(2, "files:")
    for name, files in found.files.items():
        put(4, f"{name}: {scalar(files[0] if len(files) == 1 else files)}", f"files.{name}")
    if found.lookups:
        put(2, "lookups:")
        for lookup in found.lookups:
            put(4, f"- {scalar(lookup)}")
    put(2, "columns:")
    for name, columns in found.columns.items():
        put(4, f"{name}:")
        for column, header in columns.items():
            put(6, f"{column}: {scalar(header)}", f"columns.{name}.{column}")
    put(2, "outcomes:")
    for outcome, words in found.outcomes.items():
        # a word that stands once may be anything, also what was typed into the wrong cell
        counts = ", ".join(f"{word} {uses:,}" for word, uses in words)
        put(4, f"{outcome}: {scalar([word for word, _ in words])}", f"outcomes.{outcome}", counts)
    if found.dimensions:
        put(2, "dimensions:")
        for name, header in found.dimensions.items():
            put(4, f"{name}: {scalar(header)}")
    for setting in found.settings:
        put(2, f"{setting}: {found.settings[setting]}", setting)
    notes = [f"# {name}: not used: {printable(', '.join(headers))}" for name, headers in found.unused.items()]
    twice = {
        name: [header for header in dict.fromkeys(found.unused[name]) if found.unused[name].count(header) > 1]
        for name in found.unused
    }
    notes += [
        f"# {name}: {printable(', '.join(headers))} stands above several columns: rename one to read it."
        for name, headers in twice.items()
        if headers
    ]
    notes += [f"# {name}: line 1 has no header known here; write its headers below." for name in found.without_header]
    return [*lines, *notes]


def settings_text(crm: str, exports: str, files: list[str], mapping: list[str]) -> str:
    """The text of a new winloss.yml: what was found, and what else a person is likeliest to state, each with its meaning."""
    how = (
        "Drafted from headers, file names and values" if mapping else f"Recognised by the headers of {', '.join(files)}"
    )
    lines = [
        "# What the first run found. Change a line and run again; nothing overwrites this file.",
        "# One setting a line; seeds/settings.csv lists them all. What begins with # counts for nothing.",
        "",
        f"# {printable(how)}.",
        f"crm: {scalar(crm)}",
        "",
        "# The folder of the exported files.",
        f"exports: {scalar(PurePath(exports).as_posix())}",
        "",
        "# The name that stands on the report.",
        "# company_name: Example Inc.",
        "",
        "# The first month of the fiscal year: 1 is January, and quarters are those of the calendar.",
        "# fiscal_year_start_month: 1",
        "",
        "# The zone in which a moment becomes a day, where the files state moments with their zone.",
        "# time_zone: UTC",
        "",
    ]
    if mapping:
        lines += ["# What the files hold (docs/exports/custom.md). Lines to look at say so.", *mapping, ""]
    return "\n".join(lines)
