"""Files to report in one command, for a person at a screen: check, build, publish, report, and say what was found."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from winloss.operations.quarterly import ALL_TESTS, DBT, UNATTENDED, WITHOUT_UNIT_TESTS, reasons, write_report
from winloss.settings import private_database

# What a line of dbt shows when it first comes to a stage.
_STAGES = (
    (" staging.", "checking the records"),
    (" marts.fct_", "counting deals"),
    (" intermediate.int_segment_evidence", "testing segments"),
    (" marts.report_findings", "writing what to know"),
    ("Published ", "publishing"),
)


class RunError(Exception):
    """The run ended early; the message says why and what to do, `code` is 2 where files or settings were refused."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Places:
    """Where the project, its databases and reports are; every path is absolute."""

    project: Path
    private: Path
    published: Path
    reports: Path

    @classmethod
    def stated(cls, project: Path, stated: Mapping[str, str]) -> Places:
        """As the settings state them, from the project on. The published file stays the link that readers follow: a build puts another file behind it."""
        return cls(
            project,
            Path(os.path.realpath(private_database())),
            *(Path(os.path.abspath(project / stated[name])) for name in ("published", "reports")),
        )


def build_and_report(places: Places, say: Callable[[str], None]) -> tuple[Path, list[str]]:
    """Builds, publishes and reports; the path of the report, and lines of text on what was found.

    Raises RunError where the build failed or published nothing.
    """
    from winloss.report import build_report
    from winloss.report.results import results

    say("reading the exports")
    shown: list[str] = []
    stages = list(_STAGES)
    is_published = False
    for line in _dbt(places.project, shown):
        is_published = is_published or "Published " in line
        for stage in stages:
            if stage[0] in line:
                say(stage[1])
                stages.remove(stage)
                break
    if shown[-1] != "0" or not is_published:
        raise RunError("\n".join(reasons(shown[:-1])), int(shown[-1]) or 1)
    say("writing the report")
    report = build_report(places.published)
    (path,) = write_report(report, places.reports, ("html",))
    return path, results(places.private, places.published, report.headline.text)


def _dbt(project: Path, shown: list[str]) -> Iterator[str]:
    """The lines of `dbt build` as they come; `shown` gets them all, and the exit code last."""
    process = subprocess.Popen(
        [*DBT, *UNATTENDED, "build", *WITHOUT_UNIT_TESTS, *ALL_TESTS],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # whatever the code page of a terminal is
        env={**os.environ, "PYTHONUTF8": "1"},
        encoding="utf-8",
        errors="replace",
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            shown.append(line.rstrip("\n"))
            yield shown[-1]
        shown.append(str(process.wait()))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
