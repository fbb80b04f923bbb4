"""Publications of two companies in turn to one place, some of them killed, while readers read every copy."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soak.companies import Company
from benchmarks.soak.reader import KINDS, Known, companies_seen, digests

ROOT = Path(__file__).resolve().parents[2]

_PROCESSES = multiprocessing.get_context("forkserver")
# a process that has loaded everything is copied for each publication: 300 starts of Python would take longer than what is tried
_PROCESSES.set_forkserver_preload(["winloss.cli", "winloss.publish.publication", "winloss.operations.run_history"])

_TURNS = 3

_STEPS = ("os.rename", "os.symlink", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.chmod")
"""What changes the published folder, by the names of Python's audit events."""


@dataclass
class Counts:
    """What happened. `problems` says each error in a sentence."""

    publications: int = 0
    kills: int = 0
    kills_that_published: int = 0
    reads: dict[str, int] = field(default_factory=dict)
    mixed_reads: int = 0
    problems: list[str] = field(default_factory=list)


def soak(
    companies: tuple[Company, Company],
    publications: int,
    kills: int,
    seed: int,
    folder: Path,
    say: Callable[[str], None],
) -> Counts:
    """Publishes, kills and reads in a folder that it makes anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    counts, chance = Counts(), random.Random(seed)
    known, seconds, steps = _references(companies, folder)
    published = folder / "published" / "marts.duckdb"
    _publish(companies[1], published)
    with _readers(published, known, counts, folder):
        for number in range(publications):
            company = companies[number % 2]
            # the next kills are spread over what is left of the publications
            while counts.kills * publications < number * kills:
                _kill(company, published, known, counts, chance, seconds, steps)
            _publish(company, published)
            counts.publications += 1
            _check(published, known, {company.name}, f"publication {number}", counts)
            if (number + 1) % 10 == 0:
                say(f"{counts.publications} publications, {counts.kills} kills, {len(counts.problems)} errors")
        while counts.kills < kills:
            _kill(companies[publications % 2], published, known, counts, chance, seconds, steps)
    _check_what_is_left(published, counts)
    return counts


def _references(companies: tuple[Company, Company], folder: Path) -> tuple[Known, float, int]:
    """What each company's tables look like, how long a publication takes, and in how many steps it changes the folder."""
    known: Known = {}
    published = folder / "references" / "marts.duckdb"
    # what leaves of value depends on the copies of other quarters that stand beside it: in turn, as later, until nothing new leaves
    for company in reversed(companies * _TURNS):
        _publish(company, published)
        known |= dict.fromkeys(digests("all", published), company.name)
    counted = folder / "steps"
    started = time.monotonic()
    # onto a folder that holds a build, as the killed ones will be
    _end(_start(companies[0], published, counted=counted))
    return known, time.monotonic() - started, int(counted.read_text(encoding="utf-8"))


def _publish(company: Company, published: Path) -> None:
    """A publication that must succeed."""
    process = _start(company, published)
    _end(process)
    if process.exitcode:
        raise SystemExit(f"winloss publish of {company.name} ended with {process.exitcode}")


def _kill(
    company: Company, published: Path, known: Known, counts: Counts, chance: random.Random, seconds: float, steps: int
) -> None:
    """Starts a publication and kills it at a random moment of its time, or before a random step on the disk."""
    before = companies_seen("all", published, known)
    if counts.kills % 2:
        process = _start(company, published, killed_before=chance.randrange(steps))
        _end(process)
    else:
        process = _start(company, published)
        process.join(chance.uniform(0, seconds))
        process.kill()
        process.join()
    if process.exitcode == -signal.SIGKILL:
        counts.kills += 1
        after = _check(published, known, {*before, company.name}, f"kill {counts.kills}", counts)
        counts.kills_that_published += after == {company.name} != before


def _start(
    company: Company, published: Path, killed_before: int | None = None, counted: Path | None = None
) -> multiprocessing.context.ForkServerProcess:
    process = _PROCESSES.Process(
        target=_published_by_command, args=(str(company.private), str(published), killed_before, counted)
    )
    process.start()
    return process


def _end(process: multiprocessing.context.ForkServerProcess) -> None:
    process.join(300)
    if process.is_alive():
        process.kill()
        raise SystemExit("winloss publish did not end within 300 s")


def _published_by_command(private: str, published: str, killed_before: int | None, counted: Path | None) -> None:
    """`winloss publish`, in a process that is killed before its step of that number."""
    from winloss.cli import main

    steps = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        if event in _STEPS:
            if steps == killed_before:
                os.kill(os.getpid(), signal.SIGKILL)
            steps += 1

    sys.addaudithook(watch)
    main(["publish", "--quiet", "--from", private, "--db", published], standalone_mode=False)
    if counted:
        counted.write_text(str(steps), encoding="utf-8")


def _check(published: Path, known: Known, allowed: set[str], when: str, counts: Counts) -> set[str]:
    """Whether every copy, by the path readers know, is of one company of those it may be; no publication is at work."""
    try:
        found = companies_seen("all", published, known)
        for kind in KINDS:
            found |= companies_seen(kind, published, known)
    except Exception as error:
        counts.problems.append(f"after {when}: {type(error).__name__}: {error}")
        return set()
    if len(found) != 1:
        counts.mixed_reads += 1
    elif not found <= allowed:
        counts.problems.append(f"after {when}: published is {found}, not one of {allowed}")
    return found


def _check_what_is_left(published: Path, counts: Counts) -> None:
    """Two builds at most, and nothing half written, once a whole publication came after the last kill."""
    left = sorted(path.name.rpartition(".")[2] for path in published.parent.iterdir() if path.name.startswith("."))
    if left.count("build") > 2:
        counts.problems.append(f"{left.count('build')} folders of builds are left")


@contextmanager
def _readers(published: Path, known: Known, counts: Counts, folder: Path) -> Iterator[None]:
    """A process for each kind of copy, and one for all of them together."""
    (folder / "known.json").write_text(json.dumps(known), encoding="utf-8")
    reports = {kind: folder / f"reads_{kind}" for kind in KINDS}
    running = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.soak.reader",
                kind,
                str(published),
                str(folder / "known.json"),
                str(report),
            ],
            cwd=ROOT,
        )
        for kind, report in reports.items()
    ]
    try:
        yield
    finally:
        for report in reports.values():
            report.with_suffix(".stop").touch()
        for process in running:
            process.wait(60)
    for kind, report in reports.items():
        lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
        counts.reads[kind] = len(lines)
        counts.mixed_reads += sum(len(line.get("seen", "?")) != 1 for line in lines)
        counts.problems += [f"{kind}: {line['error']}" for line in lines if "error" in line]
