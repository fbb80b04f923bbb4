"""How long a whole build takes, side by side with what it is compared with.

    make bench-speed                                            127, 10 thousand, 100 thousand and 1 million deals
    python -m benchmarks.speed --deals 10000000 --repetitions 1

The contenders take turns, each in a process of its own, on the same files and the same number of threads: a machine that is busy
with something else slows all of them down alike. Wall, CPU and memory are those of the process and its children; CPU is what
repeats from day to day. Files go to --folder and are kept, so that the next run generates nothing.
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
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.speed.agreement import disagreements
from benchmarks.speed.generate import generate, write_json

ROOT = Path(__file__).resolve().parents[2]
MOST_DEALS_IN_PYTHON = 1_000_000
"""The seed system holds every deal as dictionaries: ten million need some 30 GB."""


@dataclass(frozen=True)
class Took:
    """One run: seconds on the clock, seconds of CPU, peak memory in MB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Contender:
    """Somebody to be timed: what is run in the folder of the files, and up to how many deals."""

    key: str
    name: str
    command: Callable[[Path, Path], Sequence[str]]
    most_deals: int = 10**9


def contenders(analyst: str | None) -> list[Contender]:
    here = [sys.executable, "-m"]
    found = [
        Contender(
            "a",
            "dbt build, whole",
            lambda folder, work: [
                str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors", "build",
                "--vars", (folder / "mapping.yml").read_text(encoding="utf-8"),
                "--target-path", str(work / "target"), "--log-path", str(work / "logs"),
            ],
        ),  # fmt: skip
        Contender(
            "b",
            "floor: one DuckDB script",
            lambda folder, work: [*here, "benchmarks.speed.floor", str(folder), str(work / "floor.duckdb")],
        ),
        Contender(
            "c",
            "seed system, plain Python",
            lambda folder, work: [*here, "benchmarks.speed.seed_system", str(folder / "deals.json"), str(work / "seed.json")],
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


def run(command: Sequence[str], environment: Mapping[str, str]) -> Took:
    """Run a command to its end. Raises SystemExit with what it said where it fails."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").splitlines()[-30:]
            raise SystemExit("\n".join([f"{command[0]} failed:", *lines]))
    return Took(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def environment_for(folder: Path, work: Path, memory_limit: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "WINLOSS_CRM": "custom",
        "WINLOSS_EXPORTS": str(folder),
        "WINLOSS_DB": str(work / "private" / "winloss.duckdb"),
        "WINLOSS_PUBLISHED": str(work / "published" / "marts.duckdb"),
        "WINLOSS_KEY": "benchmark",
        "WINLOSS_MEMORY_LIMIT": memory_limit,
        "POLARS_MAX_THREADS": str(os.cpu_count() or 1),
    }


def compare(
    deals: int, folder: Path, repetitions: int, analyst: str | None, memory_limit: str
) -> dict[str, object]:
    """Figures of one size: the medians of all repetitions per contender, and what the answers disagree on."""
    files = folder / f"{deals}"
    size = generate(deals, files, os.cpu_count() or 1)
    work = folder / f"{deals}_work"
    work.mkdir(parents=True, exist_ok=True)
    taking_part = [one for one in contenders(analyst) if deals <= one.most_deals]
    if any(one.key == "c" for one in taking_part):
        write_json(files, os.cpu_count() or 1)
    environment = environment_for(files, work, memory_limit)
    # dbt parses the project once and keeps what it read; a quarterly build meets it parsed
    dbt = taking_part[0].command(files, work)
    run(["parse" if word == "build" else word for word in dbt], environment)
    took: dict[str, list[Took]] = {one.key: [] for one in taking_part}
    for repetition in range(repetitions):
        for one in taking_part:
            took[one.key].append(run(one.command(files, work), environment))
            print(f"  {deals:>10,}  {one.name:28} {took[one.key][-1].wall:8.1f} s wall  {took[one.key][-1].cpu:8.1f} s CPU", flush=True)
    middle = {
        key: Took(*(statistics.median(getattr(each, what) for each in runs) for what in ("wall", "cpu", "memory")))
        for key, runs in took.items()
    }
    return {
        "deals": deals,
        "megabytes": size / 1e6,
        "repetitions": repetitions,
        "took": {key: asdict(value) for key, value in middle.items()},
        "disagreements": disagreements(work / "private" / "winloss.duckdb", work / "floor.duckdb"),
    }


def table(results: Sequence[Mapping[str, object]]) -> str:
    """The figures as a Markdown table."""
    names = {one.key: one.name for one in contenders("python")}
    lines = [
        "| deals | CSV | | wall | CPU | peak memory | deals/s | CPU against the floor | wall against the floor |",
        "|---:|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        took: Mapping[str, Mapping[str, float]] = result["took"]  # type: ignore[assignment]
        for key, one in took.items():
            lines.append(
                f"| {result['deals']:,} | {result['megabytes']:,.0f} MB | ({key}) {names[key]} | {one['wall']:,.1f} s | {one['cpu']:,.1f} s "
                f"| {one['memory']:,.0f} MB | {result['deals'] / one['wall']:,.0f} "  # type: ignore[operator]
                f"| {one['cpu'] / took['b']['cpu']:.1f} | {one['wall'] / took['b']['wall']:.1f} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--deals", type=int, nargs="+", default=[127, 10_000, 100_000, 1_000_000])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache" / "speed", help="where the files are generated and kept")
    parser.add_argument("--memory-limit", default="6GB", help="DuckDB's memory limit in the build")
    parser.add_argument("--polars", help="a Python that has polars, for the analyst's script")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    arguments = parser.parse_args()
    analyst = python_with_polars(arguments.polars)
    if not analyst:
        print("The analyst's script is left out: polars is not installed (pip install polars, or --polars <python>).")
    results = []
    for deals in arguments.deals:
        results.append(compare(deals, arguments.folder.resolve(), arguments.repetitions, analyst, arguments.memory_limit))
        for sentence in results[-1]["disagreements"]:  # type: ignore[attr-defined]
            print(f"  The answers disagree: {sentence}")
    print(f"\n{os.cpu_count()} cores, {arguments.repetitions} repetitions in turn, medians; DuckDB memory limit {arguments.memory_limit}\n")
    print(table(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if any(result["disagreements"] for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
