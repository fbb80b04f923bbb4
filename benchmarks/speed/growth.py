"""How a build grows with each thing that a company may have many of.

    python -m benchmarks.speed.growth                    all five series
    python -m benchmarks.speed.growth contacts quarters

Each series holds all but one thing as it is and builds three companies, each with so many times as much of it as the one before.
Of CPU seconds y at sizes x, r x, r r x the exponent of what grows is log((y3 - y2) / (y2 - y1)) / log(r): what a build costs whatever
its size falls out. Where the third costs hardly more than the first, nothing that matters grows, and no exponent is told.
"""

from __future__ import annotations

import argparse
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.speed.__main__ import ROOT, commit, dbt, environment_for, run
from benchmarks.speed.generate import Shape, generate

SERIES: Mapping[str, Sequence[tuple[int, Shape]]] = {
    "deals": [(deals, Shape(deals)) for deals in (40_000, 160_000, 640_000)],
    "segments of a dimension": [
        (segments, Shape(100_000, dimensions=1, segments=segments)) for segments in (100, 1_000, 10_000)
    ],
    "dimensions": [(dimensions, Shape(50_000, dimensions=dimensions, segments=8)) for dimensions in (5, 10, 20)],
    "contacts of a deal": [(contacts, Shape(20_000, contacts_per_deal=contacts)) for contacts in (2, 10, 50)],
    "quarters": [(quarters, Shape(20_000, quarters=quarters)) for quarters in (15, 30, 60)],
}

FLAT = 1.25
"""A series whose last company takes less than this many times the CPU of its first does not grow enough to say how."""


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float | None:
    """The exponent of what grows over three sizes in geometric progression; None where it hardly grows."""
    first, second, third = seconds
    if third < FLAT * first or third <= second or second <= first:
        return None
    return math.log((third - second) / (second - first)) / math.log(sizes[1] / sizes[0])


def seconds_of(name: str, size: int, shape: Shape, folder: Path, memory_limit: str) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a whole build, of a project that is parsed already."""
    files, work = folder / f"{name.split()[0]}_{size}", folder / "work"
    generate(shape, files)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    environment = environment_for(shape.deals, files, work, memory_limit)
    run(dbt(files, work, "parse"), environment)
    took = run(dbt(files, work), environment)
    return took.cpu, took.memory


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.growth", description="How a build grows")
    parser.add_argument(
        "series", nargs="*", help="words that name the series, such as contacts; all where none is named"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache" / "growth", help="where the files are generated")
    parser.add_argument("--memory-limit", default="6GB")
    arguments = parser.parse_args()
    print(f"Commit {commit()}\n\n| what grows | sizes | CPU s | peak memory MB | exponent |\n|---|---|---|---|---:|")
    for name, companies in SERIES.items():
        if arguments.series and name.split()[0] not in arguments.series:
            continue
        took = [seconds_of(name, size, shape, arguments.folder, arguments.memory_limit) for size, shape in companies]
        sizes = [size for size, _ in companies]
        grows = exponent(sizes, [cpu for cpu, _ in took])
        print(
            f"| {name} | {', '.join(f'{size:,}' for size in sizes)} | {', '.join(f'{cpu:.0f}' for cpu, _ in took)} "
            f"| {', '.join(f'{memory:,.0f}' for _, memory in took)} | {'flat' if grows is None else f'{grows:.2f}'} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
