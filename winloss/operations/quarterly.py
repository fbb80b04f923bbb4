"""The whole quarter in one command for a scheduler: build, report, tell someone.

Nothing here decides anything: dbt builds and publishes, the report reads what was published. What is added is what
no one sitting at a screen needs: one run at a time, a log, words for the person notified, and an exit code.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from winloss.own_files import state_holder

DONE, FAILED, NOT_TOLD, BUSY = 0, 1, 3, 4
"""Exit codes; 2 is a command that was not understood."""

NOTIFY_SECONDS = 120
"""A command that tells someone may take this long: a mail server that never answers must not hold up the next run."""

DBT = (sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors")

UNATTENDED = ("--no-write-json",)
"""No one retries an unattended build or looks at its manifest; writing it takes a tenth of a small build."""

WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
"""Unit tests check the code, which is the same every quarter."""

_STAMP = re.compile(r"^\d\d:\d\d:\d\d\s{0,2}")
_NOISE = re.compile(
    r"^(compiled code at|Done\.|See https://|Failure in operation |Compilation Error in operation |> in macro|> called by)|failed, error:$"
)
_SHOWN_REASONS = 20

Say = Callable[[str], None]


class BusyError(Exception):
    """Another quarterly run is at work; the message says which."""


@dataclass(frozen=True)
class Plan:
    """What to do and where. Every path is absolute."""

    project: Path
    private: Path
    published: Path
    reports: Path
    log: Path
    variables: str = ""
    formats: tuple[str, ...] = ("html",)
    notify: str = ""


@dataclass
class Outcome:
    """How a run ended: its exit code, and the text that someone is told."""

    code: int
    text: str
    reports: list[Path] = field(default_factory=list)


def run(plan: Plan, say: Say) -> Outcome:
    """Build, report and tell. Raises BusyError where another run is at work, OSError where no log can be written."""
    plan.private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_run(plan.private):
        plan.log.parent.mkdir(parents=True, exist_ok=True)
        # what dbt shows may name files and settings: the log is its owner's alone, like the database
        with open(os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as log:
            write = _writer(log)
            write(f"quarterly run of {plan.project} begins")
            outcome = _build_and_report(plan, write, log, say)
            write(outcome.text)
            if plan.notify:
                problem = tell(plan.notify, outcome, plan)
                say(problem or "told the command of --notify")
                if problem:
                    write(problem)
                    outcome.text += f"\n{problem}\n"
                    outcome.code = outcome.code or NOT_TOLD
            write(f"quarterly run ends with exit code {outcome.code}")
    return outcome


def _build_and_report(plan: Plan, write: Say, log: Any, say: Say) -> Outcome:
    before = _reviewed(plan.published)
    stamp = _identity(plan.published)
    say(f"building; the output goes to {plan.log}")
    shown, code = build(plan, log)
    if code or _identity(plan.published) == stamp:
        return Outcome(FAILED, failed_text(plan, reasons(shown), before))
    quarter = _reviewed(plan.published)
    say(f"built and published {quarter or 'no quarter'}")
    try:
        written = write_reports(plan)
        text = done_text(plan, written, quarter, before)
    except Exception as error:  # whatever it is, someone has to be told
        write(f"{type(error).__name__}: {error}")
        return Outcome(FAILED, failed_text(plan, [f"The report: {error}"], before, is_published=True))
    say(f"wrote {written[0]}")
    return Outcome(DONE, text, written)


# ---------------------------------------------------------------- one run at a time


@contextmanager
def only_run(private: Path) -> Iterator[None]:
    """Holds the lock of quarterly runs on `private`, which falls with the process. Raises BusyError."""
    path = lock_path(private)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise BusyError(
                f"Another quarterly run (process {holder}) is at work on {private}. It goes on; this one did nothing."
            ) from None
        except (ImportError, OSError):
            # no such locks on this system or file system: the lock of the build itself still keeps two builds apart
            pass
        state_holder(descriptor)
        yield
    finally:
        os.close(descriptor)


def lock_path(private: Path) -> Path:
    return private.with_name(private.name + ".quarterly.lock")


# ---------------------------------------------------------------- build


def build(plan: Plan, log: Any) -> tuple[list[str], int]:
    """dbt build in the project's folder, line by line into the log; the lines and the exit code."""
    command = [*DBT, *UNATTENDED, "build", *WITHOUT_UNIT_TESTS, *(("--vars", plan.variables) if plan.variables else ())]
    lines: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=plan.project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            log.write(line)
            log.flush()
        return lines, process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def reasons(shown: Sequence[str]) -> list[str]:
    """What dbt said went wrong, without its clock, its paths and its advice on how to look further."""
    lines = [_STAMP.sub("", line).strip().removeprefix("Invalid Input Error: ") for line in shown]
    begins = [place for place, line in enumerate(lines) if line.startswith(("Completed with ", "Encountered an error"))]
    told = lines[begins[-1] + 1 :] if begins else lines[-_SHOWN_REASONS:]
    # that nothing was published is said in passing where nothing else went wrong
    told += [] if begins else [line for line in lines if line.startswith("Not published: ")]
    kept = [line for line in told if line and not _NOISE.search(line)]
    return list(dict.fromkeys(kept))[:_SHOWN_REASONS] or ["dbt build ended without a word."]


# ---------------------------------------------------------------- report


def write_reports(plan: Plan) -> list[Path]:
    from winloss.report import build_report, render
    from winloss.report.render import write_text

    report = build_report(plan.published)
    folder = plan.reports / (report.quarter or "undated")
    return [write_text(render(report, kind), folder / f"report.{kind}") for kind in plan.formats]


def _reviewed(published: Path) -> str | None:
    """The quarter that the published file reviews; None where there is none yet."""
    from winloss.report import ReportError
    from winloss.report.marts import open_published

    try:
        with closing(open_published(published)) as connection:
            row = connection.execute("select max(last_quarter) from dim_periods where period = 'quarter'").fetchall()[0]
    except ReportError:
        return None
    return str(row[0]) if row[0] else None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


# ---------------------------------------------------------------- words


def done_text(plan: Plan, written: Sequence[Path], quarter: str | None, before: str | None) -> str:
    """What someone is told of a green run: from the published file alone, so that no person is in it."""
    from winloss.report.marts import open_published
    from winloss.report.summary import summary_lines
    from winloss.rows import Reader

    lines = [f"Winloss: {quarter or 'the export'} is built, published and reported.", ""]
    lines += [f"Report: {path}" for path in written]
    if quarter and quarter == before:
        lines += [
            "",
            f"{quarter} was under review before, too: the exports hold no later complete quarter. Is the new export in place?",
        ]
    with closing(open_published(plan.published)) as connection:

        def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        reader = Reader(query, lambda name: name)
        raised = reader.table("alerts", "is_raised order by alert, subject")
        if raised:
            lines += ["", "Alerts"]
            lines += [f"  {row['alert']} ({row['subject']}): {row['meaning']} {row['remedy']}" for row in raised]
        lines += summary_lines(reader)
    return "\n".join(lines) + "\n"


def failed_text(plan: Plan, why: Sequence[str], before: str | None, is_published: bool = False) -> str:
    """What someone is told of a failed run."""
    if is_published:
        stands = f"The new build is published in {plan.published}; only the report is missing."
    elif before:
        stands = f"{plan.published} still reviews {before}; no report was touched."
    else:
        stands = "Nothing was published before, and nothing is now."
    lines = ["Winloss: the quarterly run failed.", "", "Why", *(f"  {line}" for line in why)]
    lines += [
        "",
        "What stands",
        f"  {stands}",
        "",
        "Next",
        "  Fix it and run winloss quarterly again.",
        f"  The whole output: {plan.log}",
    ]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- telling


def tell(command: str, outcome: Outcome, plan: Plan) -> str | None:
    """Give the text to a command of the user's on its standard input; a sentence where that failed."""
    own: Mapping[str, str] = {
        "WINLOSS_STATUS": "done" if outcome.code == DONE else "failed",
        "WINLOSS_REPORT": str(outcome.reports[0]) if outcome.reports else "",
        "WINLOSS_LOG": str(plan.log),
    }
    process = subprocess.Popen(
        command, shell=True, cwd=plan.project, env={**os.environ, **own}, text=True, errors="replace",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        said = process.communicate(outcome.text, timeout=NOTIFY_SECONDS)[0].strip().splitlines()
    except subprocess.TimeoutExpired:
        # the shell and whatever it started: else one of them keeps the pipe open for ever
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"No one was told: the command of --notify did not end within {NOTIFY_SECONDS} s."
    if process.returncode:
        return f"No one was told: the command of --notify ended with exit code {process.returncode}{f' ({said[-1]})' if said else ''}."
    return None


def _writer(log: Any) -> Say:
    """Writes paragraphs with the time before them: the only clock in the project's own words, and in a log only."""

    def write(text: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        log.write(f"--- {stamp} {text.rstrip()}\n")
        log.flush()

    return write
