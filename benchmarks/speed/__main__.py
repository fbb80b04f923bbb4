"""How long a whole build takes, side by side with what it is compared with.

    make bench-speed                                            the sample company, 127 to 1 million deals
    python -m benchmarks.speed --deals 10000000 --repetitions 1

The contenders take turns, each in a process of its own, on the same files and the same number of threads: a machine that is busy
with something else slows all of them down alike. Wall, CPU and memory are those of the process and its children. CPU repeats
better than wall, yet on a crowded machine it doubles: `busy` is the time a fixed piece of work took meanwhile, against its best.
Files go to --folder and are kept, so that the next run generates nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.speed.agreement import disagreements
from benchmarks.speed.generate import FORMATS, generate, write_json

ROOT = Path(__file__).resolve().parents[2]
MOST_DEALS_IN_PYTHON = 1_000_000
"""The seed system holds every deal as dictionaries: ten million need some 30 GB."""

SAMPLE = "sample"
"""Stands for a number of deals: the sample company, as a user meets it first."""

ROWS_PER_DEAL = 7.25
"""A deal, a quarter of an account, three contacts and three contacts on deals."""


@dataclass(frozen=True)
class Took:
    """One run: seconds on the clock, seconds of CPU, peak memory in MB, and how slow the machine was for a fixed piece of work."""

    wall: float
    cpu: float
    memory: float
    piece: float


@dataclass(frozen=True)
class Contender:
    """Someone to be timed: what is run in the folder of the files, and up to how many deals.

    The sample company is for those that read what a user exports: it has no files in the benchmark's format. `tree` is the
    checkout that is run, `work` the end of the name of the folder that it works in.
    """

    key: str
    name: str
    command: Callable[[Path, Path], Sequence[str]]
    most_deals: int = 10**9
    takes_sample: bool = False
    tree: Path = ROOT
    work: str = "work"


def dbt(folder: Path, work: Path, word: str = "build", threads: int | None = None) -> list[str]:
    mapping = folder / "mapping.yml"
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors", word]
    command += ["--target-path", str(work / "target"), "--log-path", str(work / "logs")]
    command += ["--threads", str(threads)] if threads else []
    command += ["--exclude-resource-type", "unit_test"] if word == "build" else []
    return [*command, "--vars", mapping.read_text(encoding="utf-8")] if mapping.exists() else command


def contenders(analyst: str | None, memory_limit: str, dbt_threads: int | None = None) -> list[Contender]:
    here = [sys.executable, "-m"]
    found = [
        Contender(
            "a", "dbt build, whole", lambda folder, work: dbt(folder, work, threads=dbt_threads), takes_sample=True
        ),
        Contender(
            "w",
            "winloss run",
            lambda folder, work: [*here, "winloss", "run", "--quiet"],
            # settings of other files would stand in winloss.yml
            most_deals=0,
            takes_sample=True,
        ),
        Contender(
            "r",
            "winloss report, of that build",
            lambda folder, work: [
                *here,
                "winloss",
                "report",
                "--quiet",
                "--db",
                str(work / "published" / "marts.duckdb"),
                "--out",
                str(work / "report.html"),
            ],
            takes_sample=True,
        ),
        Contender(
            "b",
            "floor: one DuckDB script",
            lambda folder, work: [
                *here,
                "benchmarks.speed.floor",
                str(folder),
                str(work / "floor.duckdb"),
                memory_limit,
            ],
        ),
        Contender(
            "c",
            "seed system, plain Python",
            lambda folder, work: [
                *here,
                "benchmarks.speed.seed_system",
                str(folder / "deals.json"),
                str(work / "seed.json"),
            ],
            MOST_DEALS_IN_PYTHON,
        ),
    ]
    if analyst:
        found.append(
            Contender(
                "d",
                "an analyst's polars script",
                lambda folder, work: [analyst, "-m", "benchmarks.speed.analyst", str(folder), str(work / "analyst")],
            )
        )
    return found


def python_with_polars(stated: str | None) -> str | None:
    """A Python that can import polars: the stated one, else this one; None where there is none."""
    if stated:
        return stated
    return sys.executable if importlib.util.find_spec("polars") else None


def run(command: Sequence[str], environment: Mapping[str, str], tree: Path = ROOT) -> Took:
    """Run a command of the checkout `tree` to its end. Raises SystemExit with what it said where it fails."""
    with _Pieces() as pieces, tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=tree, env={**environment, "PYTHONPATH": str(tree)}, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").splitlines()[-30:]
            raise SystemExit("\n".join([f"{command[0]} failed:", *lines]))
        wall = time.perf_counter() - started
    return Took(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, statistics.mean(pieces.took))


class _Pieces:
    """Does the same small piece of work twice a second while a contender runs, and remembers the CPU each took."""

    def __enter__(self) -> _Pieces:
        self.took: list[float] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        while True:
            started = time.thread_time()
            sum(number * number % 7 for number in range(50_000))
            self.took.append(time.thread_time() - started)
            if self._end.wait(0.5):
                return


def environment_for(deals: int | str, folder: Path, work: Path, memory_limit: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("WINLOSS_", "DBT_"))},
        "PYTHONHASHSEED": "0",
        "WINLOSS_CRM": SAMPLE if deals == SAMPLE else "custom",
        "WINLOSS_EXPORTS": str(folder),
        "WINLOSS_DB": str(work / "private" / "winloss.duckdb"),
        "WINLOSS_PUBLISHED": str(work / "published" / "marts.duckdb"),
        "WINLOSS_REPORTS": str(work / "reports"),
        "WINLOSS_SETTINGS": str(work / "winloss.yml"),
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
        "WINLOSS_KEY": "benchmark-benchmark",
        "WINLOSS_MEMORY_LIMIT": memory_limit,
        "POLARS_MAX_THREADS": str(os.cpu_count() or 1),
    }


def compare(
    deals: int | str,
    folder: Path,
    repetitions: int,
    analyst: str | None,
    memory_limit: str,
    dbt_threads: int | None,
    beside: Path | None = None,
    only: Sequence[str] = (),
    form: str = "csv",
) -> dict[str, object]:
    """Figures of one size: the medians of all repetitions per contender, and what the answers disagree on.

    Each command of the project is run of the checkout `beside`, too, under its key and a `'`. `only` names the keys that take part, all where empty.
    Of files in another `form` than CSV only the project's own commands are run: the others read CSV.
    """
    company = f"{deals}" if form == "csv" else f"{deals}_{form}"
    files, work = folder / company, folder / f"{company}_work"
    size = 0 if isinstance(deals, str) else generate(deals, files, os.cpu_count() or 1, form)
    taking_part = [
        one
        for one in contenders(analyst, memory_limit, dbt_threads)
        if (one.takes_sample if isinstance(deals, str) else deals <= one.most_deals)
        and (one.takes_sample or form == "csv")
        and one.key in (only or one.key)
    ]
    if beside:
        taking_part += [
            replace(one, key=f"{one.key}'", name=f"{one.name}, beside", tree=beside, work="beside")
            for one in taking_part
            if one.takes_sample
        ]
    if any(one.key == "c" for one in taking_part):
        write_json(files, os.cpu_count() or 1)
    # dbt parses the project once and keeps what it read; a quarterly build meets it parsed, and the last quarter's tables there
    for tree, at in {(one.tree, folder / f"{company}_{one.work}") for one in taking_part if one.takes_sample}:
        at.mkdir(parents=True, exist_ok=True)
        run(
            dbt(files, at, "build" if deals == SAMPLE else "parse"),
            environment_for(deals, files, at, memory_limit),
            tree,
        )
    took: dict[str, list[Took]] = {one.key: [] for one in taking_part}
    for _ in range(repetitions):
        for one in taking_part:
            at = folder / f"{company}_{one.work}"
            at.mkdir(parents=True, exist_ok=True)
            took[one.key].append(run(one.command(files, at), environment_for(deals, files, at, memory_limit), one.tree))
            last = took[one.key][-1]
            print(
                f"  {deals:>10}  {one.name:28} {last.wall:8.1f} s wall  {last.cpu:8.1f} s CPU  {last.memory:8,.0f} MB",
                flush=True,
            )
    middle = {
        key: Took(
            *(statistics.median(getattr(each, what) for each in runs) for what in ("wall", "cpu", "memory", "piece"))
        )
        for key, runs in took.items()
    }
    is_compared = "b" in took
    return {
        "deals": deals,
        "megabytes": size / 1e6,
        "repetitions": repetitions,
        "took": {key: asdict(value) for key, value in middle.items()},
        "best_piece": min(each.piece for runs in took.values() for each in runs),
        "disagreements": disagreements(work / "private" / "winloss.duckdb", work / "floor.duckdb")
        if is_compared
        else [],
    }


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """The figures as a Markdown table."""
    names = {one.key: one.name for one in contenders("python", "")}
    names |= {f"{key}'": f"{name}, beside" for key, name in names.items()}
    best = min(result["best_piece"] for result in results)
    lines = [
        "| deals | files | | wall | CPU | peak memory | rows/s | CPU against the floor | wall against the floor | busy |",
        "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        floor = result["took"].get("b")
        for key, one in result["took"].items():
            has_rows = result["deals"] != SAMPLE and key != "r"
            rows = f"{result['deals'] * ROWS_PER_DEAL / one['wall']:,.0f}" if has_rows else ""
            ratios = [f"{one[what] / floor[what]:.1f}" if floor and key != "r" else "" for what in ("cpu", "wall")]
            deals = result["deals"] if result["deals"] == SAMPLE else f"{result['deals']:,}"
            lines.append(
                f"| {deals} | {result['megabytes']:,.0f} MB | ({key}) {names[key]} | {one['wall']:,.1f} s | {one['cpu']:,.1f} s "
                f"| {one['memory']:,.0f} MB | {rows} | {ratios[0]} | {ratios[1]} | {one['piece'] / best:.1f} |"
            )
    return "\n".join(lines)


def growth(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence per step from a size to the next: how many times as long the build took."""
    sized = [result for result in results if result["deals"] != SAMPLE and "a" in result["took"]]
    return [
        f"From {small['deals']:,} to {large['deals']:,} deals ({large['deals'] / small['deals']:.0f} times) the build took "
        f"{large['took']['a']['wall'] / small['took']['a']['wall']:.1f} times as long and "
        f"{large['took']['a']['cpu'] / small['took']['a']['cpu']:.1f} times the CPU."
        for small, large in pairwise(sized)
    ]


def against_the_other(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence per command that was run of two checkouts: what share of the other's CPU it took, in equal work."""
    sentences = []
    for result in results:
        for key, other in result["took"].items():
            if key.endswith("'"):
                own = result["took"][key.removesuffix("'")]
                # CPU in fixed pieces of work done meanwhile: a crowded machine slows all of them alike
                shares = own["cpu"] / other["cpu"], own["cpu"] / own["piece"] / (other["cpu"] / other["piece"])
                sentences.append(
                    f"{result['deals']}, ({key[:-1]}): {shares[0]:.2f} of the CPU beside, {shares[1]:.2f} in pieces of work."
                )
    return sentences


def size(text: str) -> int | str:
    """A number of deals, or the word `sample`."""
    return SAMPLE if text == SAMPLE else int(text.replace("_", ""))


def commit() -> str:
    answer = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or "unknown commit"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__.split("\n")[0] if __doc__ else None
    )
    parser.add_argument(
        "--deals",
        type=size,
        nargs="+",
        default=[SAMPLE, 127, 10_000, 100_000, 1_000_000],
        help="numbers of deals, or sample",
    )
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".cache" / "speed", help="where the files are generated and kept"
    )
    parser.add_argument("--memory-limit", default="6GB", help="DuckDB's memory limit, in the build and in the floor")
    parser.add_argument(
        "--dbt-threads", type=int, help="models that dbt builds at a time, where not as in profiles.yml"
    )
    parser.add_argument("--polars", help="a Python that has polars, for the analyst's script")
    parser.add_argument(
        "--beside", type=Path, help="another checkout of the project, whose commands take turns with these"
    )
    parser.add_argument("--format", choices=FORMATS, default="csv", help="what the generated files are")
    parser.add_argument("--only", nargs="+", default=[], help="the letters of those that take part, such as w")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    arguments = parser.parse_args()
    analyst = python_with_polars(arguments.polars)
    if not analyst:
        print("The analyst's script is left out: polars is not installed (pip install polars, or --polars <python>).")
    results = []
    for deals in arguments.deals:
        results.append(
            compare(
                deals,
                arguments.folder.resolve(),
                arguments.repetitions,
                analyst,
                arguments.memory_limit,
                arguments.dbt_threads,
                arguments.beside.resolve() if arguments.beside else None,
                arguments.only,
                arguments.format,
            )
        )
        for sentence in results[-1]["disagreements"]:  # type: ignore[attr-defined]
            print(f"  The answers disagree: {sentence}")
    print(
        f"\nCommit {commit()}, {os.cpu_count()} cores, {arguments.repetitions} repetitions in turn, medians; "
        f"DuckDB memory limit {arguments.memory_limit}\n"
    )
    print(table(results))
    print("\n".join(["", *growth(results), *against_the_other(results)]))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if any(result["disagreements"] for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
