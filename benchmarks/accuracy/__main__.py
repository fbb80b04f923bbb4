"""`python -m benchmarks.accuracy`: one table, and an exit code that says whether all targets are met."""

from __future__ import annotations

import sys
import time

import click

from benchmarks.accuracy import table


@click.command()
@click.option("--profile", type=click.Choice(["ci", "full"]), default="ci", show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--only", multiple=True, help="Benchmarks to run, such as B2 or W1; all when left out.")
def main(profile: str, processes: int, only: tuple[str, ...]) -> None:
    """Measure the shipped statistics on simulated companies whose truth is known."""
    started = time.perf_counter()
    made = table.measure(profile, processes, set(only))
    if not made:
        raise click.ClickException(
            f"no benchmark is called {', '.join(only)}; they are B1 to B17, C1 to C7, D1 to D5, P1 to P7 and W1 to W13"
        )
    click.echo(table.rendered(made))
    missed = [line for line in made if not line.is_met]
    click.echo(
        f"\n{len(made) - len(missed)} of {len(made)} targets met, "
        f"{sum(line.is_stretch for line in made)} of them also the stretch target (*). "
        f"± is one standard error. {time.perf_counter() - started:.0f} s."
    )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
