"""One long story, told once for several tests: readers poll while builds run, are killed, and run again."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from python_tests.canary_company import BAD_LINES, Place, company, place_after_a_build, write_company
from python_tests.known_company.project import ROOT
from python_tests.reader_process import look_at_duckdb, look_at_sqlite

STEPS = (
    ("before the first step", " 1 of "),
    ("in the first quarter", "25%"),
    ("in the middle", "50%"),
    ("at the last steps", "95%"),
    ("when the steps are done", "START hook: winloss.on-run-end.0"),
)
PUBLISHING = (0.0, 0.1, 0.2, 0.35, 0.6)
"""Seconds after the first half-written file."""


@dataclass
class Killed:
    """A build that was killed: when, and which build the published files spoke of before and after."""

    moment: str
    before: str
    after: str
    sqlite_after: str
    signal: int


@dataclass
class Story:
    place: Place
    first: str
    shuffled: str = ""
    shown: str = ""
    killed: list[Killed] = field(default_factory=list)
    last: str = ""
    polls: dict[str, list[dict[str, str]]] = field(default_factory=dict)


@contextmanager
def readers(place: Place, story: Story) -> Iterator[None]:
    """Several reader processes, polling the published files."""
    reports = place.folder / "readers"
    reports.mkdir()
    watched = {"one": place.published, "two": place.published, "sqlite": place.published.with_suffix(".sqlite")}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "python_tests.reader_process", str(path), str(reports / name)], cwd=ROOT
        )
        for name, path in watched.items()
    ]
    try:
        yield
    finally:
        for name in watched:
            (reports / f"{name}.stop").touch()
        for process in running:
            process.wait(timeout=60)
        for name in watched:
            story.polls[name] = [json.loads(line) for line in (reports / name).read_text(encoding="utf-8").splitlines()]


def kill(process: subprocess.Popen[str], when: Callable[[str], bool]) -> None:
    """Kill a build, and nothing else, at the first line it shows for which `when` holds."""
    assert process.stdout is not None
    for line in process.stdout:
        if when(line):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def reached(mark: str) -> Callable[[str], bool]:
    """Whether a line of dbt says that a step, or this share of all steps, has begun."""
    if not mark.endswith("%"):
        return lambda line: mark in line and "START" in line
    share = int(mark[:-1]) / 100

    def is_far_enough(line: str) -> bool:
        words = line.split()
        return (
            "START" in words and words[2:3] == ["of"] and int(words[1]) >= share * int(words[3]) and int(words[3]) > 20
        )

    return is_far_enough


def shuffle(place: Place) -> None:
    """The same rows in another order, in files of other names."""
    rows = company()
    mixer = random.Random(7)
    for lines in rows.values():
        mixer.shuffle(lines)
    shutil.rmtree(place.exports)
    write_company(place.exports, rows, suffix="_2")
    assert BAD_LINES


@cache
def story() -> Story:
    place = place_after_a_build("survival")
    told = Story(place, look_at_duckdb(place.published))
    with readers(place, told):
        shuffle(place)
        told.shown = place.dbt("build", "--threads", "1", apart=True).stdout
        told.shuffled = look_at_duckdb(place.published)
        shutil.copytree(place.published.parent, place.folder / "published_shuffled")
        for moment, mark in STEPS:
            _kill(told, moment, lambda mark=mark: kill(place.start(), reached(mark)))  # type: ignore[misc]
        for delay in PUBLISHING:
            _kill(told, f"{delay} s into publishing", lambda delay=delay: _kill_publishing(place, delay))  # type: ignore[misc]
        shutil.rmtree(place.exports)
        write_company(place.exports)
        told.shown = place.dbt("build", apart=True).stdout
        told.last = look_at_duckdb(place.published)
        time.sleep(0.5)
    return told


def _kill(told: Story, moment: str, act: Callable[[], None]) -> None:
    before = look_at_duckdb(told.place.published)
    act()
    published = told.place.published
    told.killed.append(
        Killed(
            moment, before, look_at_duckdb(published), look_at_sqlite(published.with_suffix(".sqlite")), signal.SIGKILL
        )
    )


def _kill_publishing(place: Place, delay: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "python_tests.publisher", str(place.database), str(place.published)], cwd=ROOT
    )
    while process.poll() is None and not _half_written(place.published.parent):
        time.sleep(0.005)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _half_written(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.endswith(".tmp")]
