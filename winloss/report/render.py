"""One report, three formats: HTML to open and print, Markdown for chat and wikis, JSON for programs."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import is_dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from winloss.formatting import markdown
from winloss.own_files import Manifest, digest, new_folder, remove_folders
from winloss.report import charts
from winloss.report.build import build_report
from winloss.report.document import Figure, Report, Sentence, Source, shown
from winloss.report.marts import ReportError
from winloss.report.svg import RIGHT_TO_LEFT_RUN, isolated

FORMATS = ("html", "md", "json")

SCHEMA_VERSION = 1

_QUARTER = re.compile(r"\b(?:FY)?\d{4}-Q[1-4]\b")
"""A quarter's name stays on one line."""

_HERE = files("winloss.report")


def render(report: Report, format: str) -> str:
    """`report` as text in one of `FORMATS`."""
    if format == "json":
        return as_json(report)
    return as_html(report) if format == "html" else as_markdown(report)


def write_report(path: Path | str, out: Path | str, format: str = "html", quarter: str | None = None) -> Path:
    """Builds the report on the published file at `path` and writes it to `out`, replacing it in one step."""
    return write_text(render(build_report(path, quarter), format), out)


def write_text(text: str, out: Path | str, is_private: bool = False) -> Path:
    """Writes `text` to `out`, as `write_bytes` does."""
    return write_bytes(text.encode("utf-8"), out, is_private)


def write_bytes(content: bytes, out: Path | str, is_private: bool = False) -> Path:
    """Writes `content` to `out` in one step, making its folder; a private one for its owner alone. Raises ReportError where it cannot,
    or where no report stands there.

    A manifest beside it holds the digest of what was written: only that is replaced, never a file that someone made or changed.
    """
    target = Path(out)
    manifest = Manifest.read(target.with_name(f".{target.name}.manifest"))
    if os.path.lexists(target) and (target.is_symlink() or not manifest.lists(target)):
        raise ReportError(
            f"{target} is no report that Winloss wrote, or it was changed since, and it is left as it is. "
            "Move it away, or name another place with --out."
        )
    folder: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_folders(target.parent, target.name)
        folder = new_folder(target.parent, target.name)
        waiting = folder / "report"
        waiting.touch(0o600 if is_private else 0o666)
        waiting.write_bytes(content)
        # both are known while one takes the place of the other
        known = manifest.digests.get(target.name, [])[-1:]
        Manifest(manifest.path, {target.name: [*known, digest(waiting)]}).write(folder)
        waiting.replace(target)
    except OSError as error:
        raise ReportError(f"{target}: cannot be written ({error.strerror}). Name another place with --out.") from error
    finally:
        if folder:
            remove_folders(target.parent, target.name)
    return target


# ---------------------------------------------------------------- HTML and Markdown


def _environment(autoescape: bool) -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("winloss.report"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["shown"] = shown
    return environment


def as_html(report: Report) -> str:
    """One file that needs nothing else: no script, no network, a policy that allows neither."""
    from markupsafe import Markup

    environment = _environment(autoescape=True)
    style = _HERE.joinpath("report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    def words(value: Sentence | Source | str) -> Markup:
        text = value.text if isinstance(value, Sentence) else shown(value)
        kept = _QUARTER.sub(r'<span class="whole">\g<0></span>', escape(text, quote=False))
        return Markup(RIGHT_TO_LEFT_RUN.sub(lambda run: f"<bdi>{run[0]}</bdi>", kept))

    environment.filters["words"] = words
    environment.filters["slug"] = lambda text: str(text).lower().replace(" ", "-")
    environment.globals["drawings"] = lambda chart: [
        Markup(drawing) for drawing in charts.drawings(chart.spec, chart.id, chart.title, chart.description)
    ]

    def strip(figure: Figure, index: int) -> Markup:
        if figure.interval is None:
            return Markup("")
        low, value, high = figure.interval
        description = f"{figure.value.shown}. {figure.lines[0].text}."
        return Markup(
            charts.interval_strip(low, value, high, figure.scale, f"figure-{index}", figure.label, description)
        )

    environment.globals["strip"] = strip
    return str(
        environment.get_template("report.html.j2").render(report=report, style=Markup(style), style_digest=digest)
    )


def as_markdown(report: Report) -> str:
    """The same words and tables, without drawings."""
    environment = _environment(autoescape=False)

    def words(value: Sentence | Source | str) -> str:
        text = value.text if isinstance(value, Sentence) else shown(value)
        return isolated(markdown(text))

    environment.filters["words"] = words
    text = environment.get_template("report.md.j2").render(report=report)
    # blank lines in a row come from blocks left out
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip() + "\n"


# ---------------------------------------------------------------- JSON


def as_json(report: Report) -> str:
    """The report as `report.schema.json` describes it; a number carries the mart, row and column it comes from."""
    return (
        json.dumps(_plain({"schema_version": SCHEMA_VERSION, **_fields(report)}), ensure_ascii=False, indent=1) + "\n"
    )


def _fields(report: Report) -> dict[str, Any]:
    return {
        "quarter": report.quarter,
        "company": report.company,
        "method_version": report.method_version,
        "headline": report.headline,
        "standfirst": report.standfirst,
        "sections": report.sections,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Source):
        return {
            "shown": value.shown,
            "value": _plain(value.value),
            "table": value.table,
            "key": _plain(dict(value.key)),
            "column": value.column,
        }
    if is_dataclass(value) and not isinstance(value, type):
        # drawings are made from the tables beside them
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__ if name != "spec"}
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value
