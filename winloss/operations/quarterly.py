"""The whole quarter in one command for a scheduler: build, report, tell someone.

Nothing here decides anything: dbt builds and publishes, the report reads what was published. What is added is what
no one sitting at a screen needs: one run at a time, a limit of its time, a log, words for the person notified, and an exit code.
Whatever goes wrong, someone is told.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winloss.formatting import inert
from winloss.own_files import IS_UNIX, state_holder

if TYPE_CHECKING:
    from winloss.report.document import Report

DONE, FAILED, NOT_TOLD, BUSY = 0, 1, 3, 4
"""Exit codes; 2 is a command that was not understood."""

NOTIFY_SECONDS = 120
"""A command that tells someone may take this long: a mail server that never answers must not hold up the next run."""

END_SECONDS = 10
"""So long a build that was told to end may take before it is ended."""

DBT = (sys.executable, "-m", "winloss.dbt.unattended", "--no-use-colors")

# the pipe closes when the run that started it is gone, however that ended
_DBT_OF_A_RUN = (*DBT[:-1], "--ends-with-its-caller", DBT[-1])

UNATTENDED = ("--no-write-json",)
"""No one retries the build of a command or looks at its manifest; writing it takes a tenth of a small build."""

ALL_TESTS = ("--indirect-selection", "eager")
"""A whole build has every table of every test: none needs to be asked which of its tables are selected."""

WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
"""Unit tests check the code, which is the same every quarter."""

_STAMP = re.compile(r"^\d\d:\d\d:\d\d\s{0,2}")
_NOISE = re.compile(
    r"^(compiled code at|Done\.|See https://|Failure in operation |Compilation Error in operation |> in macro|> called by"
    # what the interpreter says when dbt ends amid a fault
    r"|nanobind: |- leaked |\.\.\. skipped remainder)|failed, error:$"
)
_FULL_DISK = re.compile(r'(?:"(?P<file>/[^"]+)".*)?No space left on device')
_SHOWN_REASONS = 20

Say = Callable[[str], None]


class BusyError(Exception):
    """Another quarterly run is at work; the message says which."""


class StoppedError(BaseException):
    """The run was told to end, or its time is over; the message says which. Nothing that catches an Exception on the way holds it up."""


@dataclass(frozen=True)
class Plan:
    """What to do and where. Every path is absolute. `refused` says why no build can be tried, such as an unknown setting."""

    project: Path
    private: Path
    published: Path
    reports: Path
    log: Path
    variables: str = ""
    formats: tuple[str, ...] = ("html",)
    minutes: float = 120
    reading: Mapping[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


@dataclass
class Outcome:
    """How a run ended: its exit code, and the text that someone is told."""

    code: int
    text: str
    reports: list[Path] = field(default_factory=list)


def run(planned: Callable[[], Plan], notify: str, say: Say) -> Outcome:
    """Build, report and tell, whatever happens: a run that fails, is stopped or could not begin is told of too.

    `planned` gives the plan; what it raises is told as well. `notify` is the command that tells, empty for none.
    """
    state = _State()
    with _interruptible() as ending:
        try:
            outcome = _attempt(planned, state, ending, say)
        except StoppedError as error:
            outcome = Outcome(FAILED, failed_text(state.plan, [told(error)], state.before, state.is_published))
        # whatever asks for the end from here on waits until someone was told
        ending.has_begun = True
        log = state.log
        if log.problem:
            outcome.text += f"\n{log.problem}\n"
            outcome.code = outcome.code or FAILED
        if notify:
            problem = tell(notify, outcome, state.plan)
            say(problem or "told the command of --notify")
            if problem:
                outcome.text += f"\n{problem}\n"
                outcome.code = outcome.code or NOT_TOLD
        log.paragraph(outcome.text)
        log.paragraph(f"quarterly run ends with exit code {outcome.code}")
        log.close()
    return outcome


def _attempt(planned: Callable[[], Plan], state: _State, ending: _Ending, say: Say) -> Outcome:
    try:
        state.plan = plan = planned()
        with _limited(plan.minutes, ending):
            return _run(plan, state, say)
    except BusyError as error:
        return Outcome(BUSY, _busy_text(str(error)))
    except Exception as error:
        return Outcome(FAILED, failed_text(state.plan, [told(error)], state.before, state.is_published))


class Log:
    """What dbt shows and what is told, added to a file for its owner alone. Where it cannot be written, the run goes on and says so."""

    def __init__(self, path: Path | None = None) -> None:
        self.path, self.problem = path, ""
        self._descriptor: int | None = None
        if path:
            self._try(lambda: self._open(path))

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # what dbt shows may name files and settings: like the database it is its owner's alone, also where it stood before
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if IS_UNIX and stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            os.fchmod(self._descriptor, 0o600)

    def _try(self, step: Callable[[], object]) -> None:
        try:
            step()
        except OSError as error:
            self.problem = f"The log {self.path} cannot be written ({error.strerror}): make room there, or name another file with --log."
            self.close()

    def write(self, text: str) -> None:
        self._try(lambda: self._write(text.encode("utf-8", "replace")))

    def _write(self, rest: bytes) -> None:
        while rest and self._descriptor is not None:
            rest = rest[os.write(self._descriptor, rest) :]

    def paragraph(self, text: str) -> None:
        """With the time before it: the only clock in the project's own words, and in a log only."""
        self.write(f"--- {datetime.now(UTC):%Y-%m-%d %H:%M:%S UTC} {text.rstrip()}\n")

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)


@dataclass
class _State:
    """How far a run came, for the notification of one that ended anywhere."""

    plan: Plan | None = None
    log: Log = field(default_factory=Log)
    before: str | None = None
    is_published: bool = False


def _run(plan: Plan, state: _State, say: Say) -> Outcome:
    plan.private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_run(plan.private):
        state.log = log = Log(plan.log)
        log.paragraph(f"quarterly run of {plan.project} begins")
        state.before = _reviewed(plan.published)
        # a build no one could look into afterwards is not begun
        refused = [*plan.refused, *([log.problem] if log.problem else [])] or unreadable(plan)
        if refused:
            state.log.problem = ""
            return Outcome(FAILED, failed_text(plan, refused, state.before))
        return _build_and_report(plan, state, say)


def _build_and_report(plan: Plan, state: _State, say: Say) -> Outcome:
    stamp = _identity(plan.published)
    say(f"building; the output goes to {plan.log}")
    try:
        shown, code = build(plan, state.log)
    finally:
        state.is_published = _identity(plan.published) != stamp
    if code or not state.is_published:
        return Outcome(FAILED, failed_text(plan, reasons(shown), state.before, state.is_published))
    quarter = _reviewed(plan.published)
    say(f"built and published {quarter or 'no quarter'}")
    try:
        written = write_reports(plan.published, plan.reports, plan.formats)
        text = done_text(plan, written, quarter, state.before)
    except Exception as error:  # whatever it is, someone has to be told
        return Outcome(FAILED, failed_text(plan, [f"The report: {told(error)}"], state.before, is_published=True))
    say(f"wrote {written[0]}")
    return Outcome(DONE, text, written)


def unreadable(plan: Plan) -> list[str]:
    """Why the exports cannot be read, found before a build would say it in many more words; nothing where they can."""
    from winloss.errors import ReadingError
    from winloss.load.plan import Request, clear_copies, make_plan, source_of

    if not plan.reading or plan.reading["crm"] == "warehouse":
        return []
    # the database is not named, so that the copies stand apart from those of a build that may be at work
    request = Request(str(plan.reading["crm"]), str(plan.project / plan.reading["exports"]), "", plan.reading)
    try:
        source = source_of(request)
        if source.crm not in ("sample", "warehouse"):
            make_plan(source)
    except ReadingError as error:
        return error.sentences
    except Exception:
        # the build meets it again, and says what it can
        return []
    finally:
        clear_copies("")
    return []


def told(error: BaseException) -> str:
    """One sentence on what ended a run. A fault no one foresaw is told by its kind: its text may quote a cell."""
    from winloss.errors import ReadingError
    from winloss.report import ReportError
    from winloss.settings import SettingsError

    if isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename else ""
        return f"{named}{error.strerror or type(error).__name__}. winloss doctor looks at rights, locks and disk."
    if isinstance(error, (StoppedError, ReadingError, ReportError, SettingsError, PlanError)):
        return str(error)
    return f"The run met a fault that was not foreseen ({type(error).__name__}). Please report it."


class PlanError(Exception):
    """There is nothing to run; the message says why and what to do."""


# ---------------------------------------------------------------- ends that someone else decides


@dataclass
class _Ending:
    """That a run is to end; what asks again finds it at that already, so that nothing is left half ended."""

    has_begun: bool = False

    def begin(self, why: str) -> None:
        if not self.has_begun:
            self.has_begun = True
            raise StoppedError(why)


@contextmanager
def _interruptible() -> Iterator[_Ending]:
    """Turns a signal to end into StoppedError."""
    ending = _Ending()

    def stop(number: int, _: object) -> None:
        ending.begin(
            f"The run was told to end ({signal.Signals(number).name}), such as by a scheduler whose time-out is shorter than the run."
        )

    with _handled(dict.fromkeys(("SIGTERM", "SIGHUP", "SIGINT"), stop)):
        yield ending


@contextmanager
def _limited(minutes: float, ending: _Ending) -> Iterator[None]:
    """Raises StoppedError in what runs for longer."""

    def stop(number: int, _: object) -> None:
        ending.begin(
            f"The run took longer than quarterly_time_limit_minutes ({minutes:g}) and was ended. The log says where it stood; "
            "raise the limit if the company is simply large."
        )

    with _handled({"SIGALRM": stop}) as is_handled:
        if is_handled:
            signal.setitimer(signal.ITIMER_REAL, minutes * 60)
        try:
            yield
        finally:
            if is_handled:
                signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def _handled(handlers: Mapping[str, Callable[[int, Any], None]]) -> Iterator[bool]:
    """Handles signals, those of them that this system has; yields whether it does, which only the main thread may."""
    before: dict[int, Any] = {}
    try:
        for name, handler in handlers.items():
            if hasattr(signal, name):
                before[getattr(signal, name)] = signal.signal(getattr(signal, name), handler)
    except ValueError:
        before = {}
    try:
        yield bool(before)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
                f"Another quarterly run (process {holder}) is at work on {private} since "
                f"{datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC):%Y-%m-%d %H:%M} UTC. It goes on; this one did nothing."
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


def build(plan: Plan, log: Log) -> tuple[list[str], int]:
    """dbt build in the project's folder, line by line into the log; the lines and the exit code."""
    variables = ("--vars", plan.variables) if plan.variables else ()
    command = [*_DBT_OF_A_RUN, *UNATTENDED, "build", *WITHOUT_UNIT_TESTS, *ALL_TESTS, *variables]
    lines: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=plan.project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # whatever the code page of the system is
        env={**os.environ, "PYTHONUTF8": "1"},
        encoding="utf-8",
        errors="replace",
        # a group of its own, which can be ended with all that the build started
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            log.write(line)
        return lines, process.wait()
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[str]) -> None:
    """Ends a process that leads a group, and whatever it started; one that has ended leaves no one behind either."""
    for name, seconds in (("SIGTERM", END_SECONDS), ("SIGKILL", None)):
        with suppress(ProcessLookupError, PermissionError):
            _signal_group(process, name)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
            if not _group_lives(process.pid):
                break
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()


def _signal_group(process: subprocess.Popen[str], name: str) -> None:
    """Where there are no groups, on Windows, the process alone is ended; a build it leaves ends with its pipe."""
    if IS_UNIX:
        os.killpg(process.pid, getattr(signal, name))
    elif process.poll() is None:
        process.kill()


def _group_lives(group: int) -> bool:
    try:
        if IS_UNIX:
            os.killpg(group, 0)
    except OSError:
        return False
    return IS_UNIX


def reasons(shown: Sequence[str]) -> list[str]:
    """What dbt said went wrong, without its clock, its paths and its advice on how to look further."""
    lines = [_STAMP.sub("", line).strip().removeprefix("Invalid Input Error: ") for line in shown]
    if full := [found for line in lines if (found := _FULL_DISK.search(line))]:
        # every step after it fails too, each with words of its own
        places = [str(Path(found["file"]).parent) for found in full if found["file"]]
        where = f"The disk of {places[0]}" if places else "A disk, such as that of temporary files (TMPDIR),"
        return [f"{where} is full: make room there."]
    begins = [place for place, line in enumerate(lines) if line.startswith(("Completed with ", "Encountered an error"))]
    told = lines[begins[-1] + 1 :] if begins else lines[-_SHOWN_REASONS:]
    # that nothing was published is said in passing where nothing else went wrong
    told += [] if begins else [line for line in lines if line.startswith("Not published: ")]
    kept = [line for line in told if line and not _NOISE.search(line)]
    return list(dict.fromkeys(kept))[:_SHOWN_REASONS] or ["dbt build ended without a word."]


# ---------------------------------------------------------------- report


def write_reports(published: Path, reports: Path, formats: Sequence[str]) -> list[Path]:
    """Writes the report of `published` in each format into the folder of its quarter under `reports`; the paths, in that order."""
    from winloss.report import build_report

    return write_report(build_report(published), reports, formats)


def write_report(report: Report, reports: Path, formats: Sequence[str]) -> list[Path]:
    """The same of a report that is built already."""
    from winloss.report import render
    from winloss.report.render import write_text

    folder = reports / (report.quarter or "undated")
    return [write_text(render(report, kind), folder / f"report.{kind}") for kind in formats]


def _reviewed(published: Path) -> str | None:
    """The quarter that the published file reviews; None where there is none yet, or none that can be read."""
    import duckdb

    from winloss.report import ReportError
    from winloss.report.marts import open_published

    try:
        with closing(open_published(published)) as connection:
            row = connection.execute("select max(last_quarter) from dim_periods where period = 'quarter'").fetchall()[0]
    except (ReportError, duckdb.Error, OSError):
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
            lines += [inert(f"  {row['alert']} ({row['subject']}): {row['meaning']} {row['remedy']}") for row in raised]
        lines += summary_lines(reader)
    return "\n".join(lines) + "\n"


def failed_text(plan: Plan | None, why: Sequence[str], before: str | None, is_published: bool = False) -> str:
    """What someone is told of a failed run; without a plan it could not even begin."""
    if plan is None:
        stands = "Nothing was touched: what was published and reported before still stands."
    elif is_published:
        stands = f"The new build is published in {plan.published}; only the report is missing."
    elif before:
        stands = f"{plan.published} still reviews {before}; no report was touched."
    else:
        stands = "Nothing was published before, and nothing is now."
    lines = ["Winloss: the quarterly run failed.", "", "Why", *(inert(f"  {line}") for line in why)]
    lines += ["", "What stands", f"  {stands}", "", "Next", "  Fix it and run winloss quarterly again."]
    lines += [f"  The whole output: {plan.log}"] if plan and plan.log.is_file() else []
    return "\n".join(lines) + "\n"


def _busy_text(why: str) -> str:
    lines = ["Winloss: the quarterly run did nothing.", "", "Why", f"  {why}", "", "Next"]
    lines += [
        "  Nothing, if that run has just begun. If it hangs, end that process and run winloss quarterly again.",
    ]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- telling


def tell(command: str, outcome: Outcome, plan: Plan | None) -> str | None:
    """Give the text to a command of the user's on its standard input; a sentence where that failed."""
    own: Mapping[str, str] = {
        "WINLOSS_STATUS": "done" if outcome.code == DONE else "failed",
        "WINLOSS_REPORT": str(outcome.reports[0]) if outcome.reports else "",
        "WINLOSS_LOG": str(plan.log) if plan else "",
    }
    try:
        process = subprocess.Popen(
            command, shell=True, cwd=plan.project if plan else None, env={**os.environ, **own}, encoding="utf-8", errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        return f"No one was told: the command of --notify could not be started ({error})."
    try:
        said = process.communicate(outcome.text, timeout=NOTIFY_SECONDS)[0].strip().splitlines()
    except subprocess.TimeoutExpired:
        # the shell and whatever it started: else one of them keeps the pipe open for ever
        _signal_group(process, "SIGKILL")
        process.communicate()
        return f"No one was told: the command of --notify did not end within {NOTIFY_SECONDS} s."
    if process.returncode:
        return f"No one was told: the command of --notify ended with exit code {process.returncode}{f' ({said[-1]})' if said else ''}."
    return None
