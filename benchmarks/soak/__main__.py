"""`python -m benchmarks.soak`: 200 publications, 100 kills and 2,000 damaged files, and an exit code that says whether all held.

    python -m benchmarks.soak                          all of it, twenty minutes
    python -m benchmarks.soak --only files --files 100

What happens is drawn from a fixed seed; when a kill meets a publication is the machine's.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.soak import files as odd_files
from benchmarks.soak import publications as builds
from benchmarks.soak.companies import built_companies

_SHOWN = 20


@click.command()
@click.option("--only", type=click.Choice(["publications", "files"]), help="One of the two parts.")
@click.option("--publications", type=click.IntRange(2), default=200, show_default=True)
@click.option("--kills", type=click.IntRange(0), default=100, show_default=True)
@click.option("--files", type=click.IntRange(1), default=2_000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 4), default=2, show_default=True, help="That read files.")
@click.option("--seed", type=int, default=20, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work; builds of companies in it are kept.")
def main(
    only: str | None, publications: int, kills: int, files: int, processes: int, seed: int, folder: Path | None
) -> None:
    """Publish, kill, damage and read, many times; errors, mixed reads and lost lines must be none."""
    with TemporaryDirectory(prefix="winloss-soak-") as own:
        problems = []
        if only != "files":
            problems += _publications(publications, kills, seed, folder or Path(own))
        if only != "publications":
            problems += _files(files, processes, seed, folder or Path(own))
    for problem in problems[:_SHOWN]:
        click.echo(problem)
    sys.exit(1 if problems else 0)


def _publications(publications: int, kills: int, seed: int, folder: Path) -> list[str]:
    started = time.monotonic()
    companies = built_companies(folder)
    counts = builds.soak(companies, publications, kills, seed, folder / "publications", _say)
    reads = ", ".join(f"{kind} {number:,}" for kind, number in counts.reads.items())
    click.echo(
        f"{counts.publications} publications, {counts.kills} kills ({counts.kills_that_published} after the switch), "
        f"{sum(counts.reads.values()):,} reads ({reads}) in {time.monotonic() - started:.0f} s: "
        f"{len(counts.problems)} errors, {counts.mixed_reads} mixed reads"
    )
    return [*counts.problems, *(["reads were mixed"] if counts.mixed_reads else [])]


def _files(files: int, processes: int, seed: int, folder: Path) -> list[str]:
    started = time.monotonic()
    counts = odd_files.soak(files, processes, seed, folder / "files", _say)
    click.echo(
        f"{counts.files_read + counts.files_refused:,} files ({counts.files_refused:,} refused in a sentence) in "
        f"{time.monotonic() - started:.0f} s: {len(counts.errors)} errors, {len(counts.lost_lines)} with lost lines"
    )
    return [*counts.errors, *counts.lost_lines]


def _say(line: str) -> None:
    click.echo(f"  {line}", err=True)


if __name__ == "__main__":
    main()
