"""Export files no one means to write, read and counted: lines in = accepted + rejected + excluded, for each of them.

Files and law are those of `python_tests/test_odd_exports.py`, here with a seed of their own and twenty times as many.
"""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from python_tests.crm_build import CompiledModels, build_fixture
from python_tests.test_odd_exports import CRMS, SETTINGS, OddFile, check_books, is_built, odd_exports
from winloss.errors import ReadingError
from winloss.load.plan import Request, make_plan

_FILES_IN_A_FOLDER = 2
"""On average."""


@dataclass
class Counts:
    """What happened: files of folders that were read, or refused in sentences; what was neither, and what was lost."""

    files_read: int = 0
    files_refused: int = 0
    errors: list[str] = field(default_factory=list)
    lost_lines: list[str] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        self.files_read += other.files_read
        self.files_refused += other.files_refused
        self.errors += other.errors
        self.lost_lines += other.lost_lines


def soak(files: int, processes: int, seed: int, folder: Path, say: Callable[[str], None]) -> Counts:
    """Reads at least so many files, a quarter of them for each CRM, each CRM in a process of its own."""
    counts = Counts()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        tasks = [
            pool.submit(_soak_crm, crm, -(-files // len(CRMS)), seed + 1_000 * place, folder)
            for place, crm in enumerate(CRMS)
        ]
        for crm, task in zip(CRMS, tasks, strict=True):
            counts.add(found := task.result())
            say(f"{crm}: {found.files_read} files read, {found.files_refused} refused, {len(found.errors)} errors")
    return counts


def _soak_crm(crm: str, files: int, seed: int, folder: Path) -> Counts:
    # a checkout may hold the settings of its user
    os.environ["WINLOSS_SETTINGS"] = os.devnull
    counts = Counts()
    built = CompiledModels(build_fixture(folder / crm, crm), "input_files", "rejected_records")
    while (missing := files - counts.files_read - counts.files_refused) > 0:
        _read_some(crm, built, max(5, missing // _FILES_IN_A_FOLDER), seed, counts)
        seed += 1
    return counts


def _read_some(crm: str, built: CompiledModels, folders: int, seed: int, counts: Counts) -> None:
    @seeded(seed)
    @settings(
        max_examples=folders,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        # every folder counts, also the ones after a fault
        phases=[Phase.generate],
    )
    @given(files=odd_exports(crm), variables=SETTINGS)
    def read(files: dict[str, OddFile], variables: dict[str, str]) -> None:
        _read(crm, built, files, variables, counts)

    read()


def _read(
    crm: str, built: CompiledModels, files: dict[str, OddFile], variables: dict[str, str], counts: Counts
) -> None:
    with TemporaryDirectory() as place:
        exports = Path(place) / "exports"
        exports.mkdir()
        for name, file in files.items():
            (exports / name).write_bytes(file.raw)
        try:
            plan = make_plan(Request(crm, str(exports), str(Path(place) / "private" / "w.duckdb"), variables))
            if is_built(built, plan, files):
                check_books(built, plan, files)
                counts.files_read += len(files)
            else:
                counts.files_refused += len(files)
        except ReadingError as error:
            counts.files_refused += len(files)
            if any("\n" in sentence or not sentence.endswith((".", "?")) for sentence in error.sentences):
                counts.errors.append(f"{crm}: not a sentence: {error.sentences} of {files} with {variables}")
        except AssertionError as error:
            counts.files_read += len(files)
            counts.lost_lines.append(f"{crm}: {error} of {files} with {variables}")
        except Exception as error:
            counts.files_refused += len(files)
            traceback.print_exc()
            counts.errors.append(f"{crm}: {type(error).__name__}: {error} of {files} with {variables}")
