"""The command line. Commands read files that a build left; `winloss quarterly` is the one that builds, as a scheduler wants it.

Exit codes: 0 done, 1 it could not be done (the reason and the remedy are on standard error), 2 the
command was not understood; `winloss check` and `winloss quarterly` have more, in their help.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import click

from winloss.errors import is_utf_8, printable, shortened, shown_name

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Progress:
    """Lines as dbt writes them, '2 of 3  drew the charts', on standard error; none when quiet."""

    def __init__(self, steps: int, is_quiet: bool) -> None:
        self.steps, self.is_quiet, self.done = steps, is_quiet, 0

    def step(self, what: str) -> None:
        self.done += 1
        if not self.is_quiet:
            click.echo(f"{self.done} of {self.steps}  {what}", err=True)


def user_errors_as_exit(command: _Command) -> _Command:
    """Errors a user can fix end the command with their message and exit code 1, never with a stack trace."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            if "notify" not in options:
                # a run that tells someone tells this, too
                _refuse_odd_names(options)
            return command(*arguments, **options)
        except (SystemExit, click.exceptions.Exit, click.ClickException):
            # an end that was meant: to ask below which errors are known would import what no command here needed
            raise
        except BrokenPipeError:
            # the reader at the other end of a pipe has had enough; nothing is left to flush to it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None
        except _known_errors() as error:
            # names of files stand in it, which may hold what steers a terminal
            said = _of_the_system(error) if isinstance(error, OSError) else str(error)
            raise click.ClickException("\n".join(printable(line) for line in said.split("\n"))) from error

    return run  # type: ignore[return-value]


def _refuse_odd_names(options: Mapping[str, Any]) -> None:
    """Raises ClickException where an option names a file as no engine and no terminal could take it."""
    for value in options.values():
        name = str(value) if isinstance(value, Path) else ""
        if not is_utf_8(name) or printable(name) != name:
            why = "holds a sign that cannot be seen" if is_utf_8(name) else "is not UTF-8"
            raise click.ClickException(f'"{shortened(shown_name(name))}" {why}: rename the file or folder.')


def _of_the_system(error: OSError) -> str:
    why = error.strerror or str(error)
    return (
        f"{error.filename}: {why}." if error.filename else f"A file, or the output, cannot be read or written: {why}."
    )


def _known_errors() -> tuple[type[Exception], ...]:
    import duckdb

    from winloss.advice.what_if import WhatIfError
    from winloss.operations.accounts import AccountsError
    from winloss.publish.publication import PublishError
    from winloss.report import ReportError
    from winloss.settings import SettingsError
    from winloss.spark.engine import EngineError

    return (SettingsError, ReportError, PublishError, WhatIfError, AccountsError, EngineError, duckdb.Error, OSError)


def _version() -> str:
    try:
        return version("winloss")
    except PackageNotFoundError:
        return "not installed as a package"


def database_option(command: _Command) -> _Command:
    return click.option(
        "--db",
        "database",
        type=click.Path(path_type=Path),
        callback=_published,
        help="The published file. Without it that of WINLOSS_PUBLISHED, else of winloss.yml, else published/marts.duckdb.",
    )(command)


def _published(context: click.Context, option: click.Parameter, stated: Path | None) -> Path:
    return stated or _place("published")


def _private(context: click.Context, option: click.Parameter, stated: Path | None) -> Path:
    from winloss.settings import SettingsError, private_database

    try:
        return stated or private_database()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _built(private: Path) -> Path:
    """The private database, where it is one that a build made. Raises ClickException."""
    from winloss.own_files import others_database

    if problem := others_database(private):
        raise click.ClickException(problem)
    if private.is_file() and not private.stat().st_size:
        raise click.ClickException(
            f"{private} is empty. Build first (winloss run, or dbt build), or name another file in WINLOSS_DB."
        )
    return private


def _place(name: str) -> Path:
    from winloss.settings import SettingsError, place

    try:
        return place(name)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def quiet_option(command: _Command) -> _Command:
    return click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Say nothing but errors and the result.")(
        command
    )


class _Commands(click.Group):
    """A group whose list of commands says what each does in full."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(limit=200)) for name, command in sorted(self.commands.items())]
            )


def _quarter(context: click.Context, option: click.Parameter, text: str | None) -> str | None:
    if text and not re.fullmatch(r"(FY)?[0-9]{4}-Q[1-4]", text):
        raise click.BadParameter(f"{text} is not a quarter: write it like 2025-Q4")
    return text


def engine_options(command: _Command) -> _Command:
    target = click.option(
        "--target", help="Work on this target of profiles.yml, such as spark, where dbt build has built it."
    )
    variables = click.option(
        "--vars", "variables", default="", help="With --target: the variables dbt build was given, as YAML."
    )
    return target(variables(command))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version(), prog_name="winloss")
def main() -> None:
    """What a build found: the report, the recommendations, and the files behind them.

    Build first:  winloss run, or dbt build

    \b
    Examples:
      winloss doctor                     is everything here that a build needs?
      winloss check exports              can these files be read?
      winloss run                        exports to report in one command
      winloss summary                    what the last build found, on one screen
      winloss report                     the quarterly report as one HTML file
      winloss recommend                  where to aim, with the evidence
      winloss ask why do we lose         any question, from the published file
      winloss what-if --drop industry=Retail
      winloss accounts --tier A          the accounts that fit, from the private database
      winloss quarterly                  build, report and tell, for a scheduler
    """


# ---------------------------------------------------------------- report


@main.command()
@click.option(
    "--quarter",
    callback=_quarter,
    help="Quarter to report on, such as 2025-Q4; without it the one the published file reviews.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["html", "md", "json", "xlsx"]),
    default="html",
    show_default=True,
    help="Page, Markdown, JSON or Excel workbook.",
)
@click.option("--brief", "is_brief", is_flag=True, help="The one-page brief instead of the whole report.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write, - for standard output. Default: reports/<quarter>/report.<format>; WINLOSS_REPORTS or reports in winloss.yml names another folder.",
)
@database_option
@quiet_option
@user_errors_as_exit
def report(quarter: str | None, kind: str, is_brief: bool, out: Path | None, database: Path, is_quiet: bool) -> None:
    """Write the quarterly report from the published file.

    \b
    Examples:
      winloss report
      winloss report --quarter 2025-Q4 --out q4.html
      winloss report --brief
      winloss report --format md --out -
      winloss report --format xlsx
    """
    from winloss.report import build_report, render
    from winloss.report.render import write_bytes, write_text

    progress = Progress(3, is_quiet)
    source = _of_quarter(database, quarter)
    if kind == "xlsx":
        from winloss.report.workbook import SHEETS, workbook_of

        if str(out) == "-":
            raise click.UsageError("A workbook goes into a file: name one with --out.")
        content, reviewed = workbook_of(source)
        if quarter not in (None, reviewed):
            raise click.ClickException(f"{source} reviews {reviewed}, and no copy of {quarter} is kept beside it.")
        progress.step(f"read {source}")
        progress.step(f"wrote {len(SHEETS)} sheets")
        target = write_bytes(content, out or _place("reports") / (reviewed or "undated") / "report.xlsx")
        progress.step(f"put it in place, {len(content) // 1000} kB")
        click.echo(f"Report: {target}")
        return
    found = build_report(source, quarter, is_brief)
    progress.step(f"read {source}")
    text = render(found, kind)
    progress.step(f"wrote {len(found.sections)} sections as {kind}")
    if str(out) == "-":
        click.echo(text, nl=False)
        progress.step("printed it")
        return
    target = write_text(
        text, out or _place("reports") / (found.quarter or "undated") / f"{'brief' if is_brief else 'report'}.{kind}"
    )
    progress.step(f"put it in place, {len(text.encode()) // 1000} kB")
    click.echo(f"Report: {target}")


def _of_quarter(database: Path, quarter: str | None) -> Path:
    """The copy kept for `quarter` beside the published file, if there is one."""
    copy = database.parent / (quarter or "") / database.name
    return copy if quarter and copy.is_file() else database


# ---------------------------------------------------------------- recommendations


_SHOWN = ("strong", "directional")


@main.command()
@click.option("--all", "is_all", is_flag=True, help="Also segments that make no difference or have too few deals.")
@click.option("--format", "kind", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@engine_options
@database_option
@quiet_option
@user_errors_as_exit
def recommend(is_all: bool, kind: str, target: str | None, variables: str, database: Path, is_quiet: bool) -> None:
    """Print the recommendations of the published file, the most useful first.

    With --target they are made first, on the engine that holds the deals: on DuckDB dbt build has done so already.

    \b
    Examples:
      winloss recommend
      winloss recommend --all --format csv
      winloss recommend --target spark
    """
    advised: Sequence[Mapping[str, Any]]
    findings: Sequence[Mapping[str, Any]]
    from winloss.formatting import disarmed

    if target:
        advised, findings = _made_there(target, variables, is_quiet)
    else:
        from winloss.report.marts import read_marts

        marts = read_marts(database)
        advised, findings = marts.rows("icp_recommendations"), marts.rows("report_findings", topic="no_claim")
    rows = [row for row in advised if is_all or row["grade"] in _SHOWN]
    if kind == "json":
        click.echo(json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=1, default=str))
    elif kind == "csv":
        if not sys.stdout.isatty() and (sys.stdout.encoding or "").lower() in ("utf-8", "utf8"):
            # a file, which Excel may open: without the mark it takes letters beyond ASCII for those of Windows
            sys.stdout.write("\ufeff")
        writer = csv.writer(sys.stdout)
        writer.writerow(list(rows[0]) if rows else ["rank"])
        writer.writerows([disarmed(value) for value in row.values()] for row in rows)
    else:
        _print_recommendations(rows, next((str(finding["detail"]) for finding in findings), None))


def _made_there(
    target: str, variables: str, is_quiet: bool
) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """Makes the recommendations on the engine of `target`; they and what is said where there is no claim."""
    from winloss.spark.engine import ADVICE, Engine

    progress = Progress(len(ADVICE) + 1, is_quiet)
    engine = Engine(target, variables)
    engine.recommend(progress.step)
    reader = engine.reader()
    return reader.table("icp_recommendations", "rank <= 200 order by rank"), reader.table(
        "report_findings", "topic = 'no_claim'"
    )


def _print_recommendations(rows: Sequence[Mapping[str, Any]], no_claim: str | None) -> None:
    from winloss.formatting import inert
    from winloss.report.document import GRADES

    for row in rows:
        click.echo(inert(f"{row['rank']:>3}  [{GRADES[row['grade']]}] {row['title']}"))
        click.echo(inert(f"     {row['rationale']}"))
        if row["caveats"]:
            click.echo(inert(f"     {row['caveats']}"))
    if not any(row["grade"] == "strong" for row in rows):
        click.echo(no_claim or "No segment stands apart clearly enough to act on yet.")


# ---------------------------------------------------------------- questions


@main.command()
@click.argument("words", nargs=-1)
@click.option("--sql", "is_sql", is_flag=True, help="Print the query instead of its answer.")
@click.option("--format", "kind", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@database_option
@user_errors_as_exit
def ask(words: Sequence[str], is_sql: bool, kind: str, database: Path) -> None:
    """Answer a question from the published file; without one, list the questions that can be asked.

    The question is found by its words, so any wording will do; where none fits, the nearest are listed and the exit code is 1.

    \b
    Examples:
      winloss ask what is our win rate
      winloss ask "why do we lose?" --format csv
      winloss ask where do we lose --sql
    """
    from winloss.formatting import disarmed, inert
    from winloss.publish.publication import read_allow_list
    from winloss.questions import askable, nearest, read_questions
    from winloss.report.marts import open_published

    asked = " ".join(words)
    published = {name: table.columns_left_out for name, table in read_allow_list()[0].items()}
    questions = askable(read_questions(), published)
    if not asked.strip():
        click.echo("\n".join(question.text for question in questions))
        return
    ranked, is_found = nearest(asked, questions)
    if not is_found:
        near = "".join(f"\n  {question.text}" for question in ranked[:5])
        raise click.ClickException(f"No question has these words. The nearest are:{near}")
    question = ranked[0]
    if is_sql:
        click.echo(question.sql)
        return
    with closing(open_published(database)) as connection:
        answer = connection.execute(question.sql)
        names = [column[0] for column in answer.description or ()]
        rows = answer.fetchall()
    if kind == "json":
        listed = [dict(zip(names, row, strict=True)) for row in rows]
        click.echo(json.dumps(listed, ensure_ascii=False, indent=1, default=str))
    elif kind == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows([disarmed(value) for value in row] for row in rows)
    else:
        click.echo(question.text)
        click.echo("\n".join(map(inert, _table(names, rows))) if rows else "No rows.")
        near = "; ".join(other.text for other in ranked[1:4])
        click.echo(f"Also near: {near}", err=True)


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Rows as aligned columns where they fit the terminal, else one cell a line; nothing is cut."""
    import shutil

    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    if sum(widths) + 2 * len(widths) <= shutil.get_terminal_size((160, 24)).columns:
        is_number = [
            all(isinstance(value, int | float | None) for value in column) for column in zip(*rows, strict=True)
        ]

        def line(row: Sequence[str]) -> str:
            padded = zip(row, widths, is_number, strict=True)
            return "  ".join(
                text.rjust(width) if right else text.ljust(width) for text, width, right in padded
            ).rstrip()

        return ["", line(names), line(["-" * width for width in widths]), *map(line, cells)]
    label = max(map(len, names))
    return [
        line
        for row in cells
        for line in ("", *(f"{name.ljust(label)}  {text}".rstrip() for name, text in zip(names, row, strict=True)))
    ]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 100 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@main.command("what-if")
@click.option(
    "--drop",
    "drops",
    multiple=True,
    metavar="DIMENSION=SEGMENT",
    help="Stop selling here. May be given more than once.",
)
@click.option(
    "--shift",
    "shifts",
    multiple=True,
    metavar="DIMENSION=SEGMENT:POINTS",
    help="Move so many of every 100 deals here. May be given more than once.",
)
@database_option
@user_errors_as_exit
def what_if(drops: Sequence[str], shifts: Sequence[str], database: Path) -> None:
    """Estimate deals, win rate and won value if segments were dropped or dealt more.

    A pair of segments is written dimension=segment+dimension=segment.

    \b
    Examples:
      winloss what-if --drop industry=Retail
      winloss what-if --drop industry=Retail --shift "lead_source=Referral:20"
    """
    from winloss.advice.what_if import parse_cell, parse_shift
    from winloss.advice.what_if import what_if as estimate
    from winloss.formatting import count, money_format, percent
    from winloss.report.marts import open_published
    from winloss.rows import Reader

    with closing(open_published(database)) as connection:

        def query(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        answer = estimate(
            Reader(query, lambda name: name),
            [parse_cell(text) for text in drops],
            [parse_shift(text) for text in shifts],
        )
        currency = query("select max(value_currency) from win_rate_baseline")[1][0][0]
    money = money_format(currency)[0]
    click.echo(f"{'':18}{'now':>14}{'then':>14}")
    click.echo(f"{'Closed deals':18}{count(answer.deals):>14}{count(answer.deals_after):>14}")
    click.echo(f"{'Won deals':18}{count(answer.won):>14}{count(answer.wins_after):>14}")
    interval = f"({percent(answer.win_rate_low)} to {percent(answer.win_rate_high)})"
    click.echo(f"{'Win rate':18}{percent(answer.win_rate):>14}{percent(answer.win_rate_after):>14}  {interval}")
    if answer.won_amount is not None:
        click.echo(f"{'Won value':18}{money(answer.won_amount):>14}{money(answer.won_amount_after):>14}")
    click.echo(f"Deals of {answer.window}.")
    if shifts:
        click.echo(
            "The range is that of the win rate then; the report's range of extra wins is that of the change alone."
        )
    for text in answer.used:
        click.echo(f"Used: {text}.")
    for text in answer.assumed:
        click.echo(f"Assumed: {text}.")
    if answer.won_amount is not None and answer.without_amount:
        click.echo(f"Won value then is not told: that of {', '.join(answer.without_amount)} is hidden or not stated.")


@main.command()
@click.option("--tier", type=click.Choice(["A", "B", "C", "D"]), help="Only accounts of this tier.")
@click.option("--whitespace", "is_whitespace", is_flag=True, help="Only accounts without any deal.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; else standard output.")
@click.option(
    "--from",
    "private",
    type=click.Path(path_type=Path),
    callback=_private,
    help="The database of the build. Without it that of WINLOSS_DB, else warehouse/winloss.duckdb.",
)
@user_errors_as_exit
def accounts(tier: str | None, is_whitespace: bool, out: Path | None, private: Path) -> None:
    """Write accounts by tier as CSV: which fit, how often a deal there should be won, and why.

    Reads the private database alone, for the published file names no account: keep the list as you keep the export.
    Exit codes: 0 written, 1 it could not be, 3 there is none to list or they may not be ranked: standard error says why.

    \b
    Examples:
      winloss accounts --tier A --whitespace --out accounts.csv
      winloss accounts --tier D
    """
    import io

    from winloss.formatting import disarmed
    from winloss.operations.accounts import COLUMNS, read_accounts
    from winloss.report.render import write_text

    found = read_accounts(private, tier, is_whitespace)
    if found.refusal is not None:
        click.echo(f"No accounts by tier: {found.refusal}.", err=True)
        sys.exit(3)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(
        [round(value, 4) if isinstance(value, float) else disarmed(value) for value in row] for row in found.rows
    )
    if out is None:
        click.echo(text.getvalue(), nl=False)
    else:
        click.echo(f"Accounts: {write_text(text.getvalue(), out, is_private=True)}, {len(found.rows)} of them")


# ---------------------------------------------------------------- files


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--crm",
    help="Which CRM the files come from. Without it that of WINLOSS_CRM, else of winloss.yml, else recognised from the headers.",
)
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file of settings that go before winloss.yml, as those of --vars do.",
)
@click.option(
    "--write-mapping",
    "written",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write settings for crm: custom to start from, such as winloss.yml, and stop.",
)
@user_errors_as_exit
def check(folder: Path | None, crm: str | None, mapping: Path | None, written: Path | None) -> None:
    """Say how export files would be read, and what stands against it, without building.

    Counts deals by quarter and outcome, currencies and the commonest values of categories; prints no other cell of a file.
    Exit codes: 0 all can be read, 1 something should be fixed, 2 nothing can be read.

    \b
    Examples:
      winloss check exports
      winloss check exports --crm salesforce
      winloss check exports --write-mapping winloss.yml
      winloss check exports --mapping mapping.yml
    """
    from winloss.errors import ReadingError
    from winloss.load.check import preview
    from winloss.load.draft_text import suggested_mapping
    from winloss.settings import SETTINGS_FILE, find_project, read_settings_file, resolve

    if written:
        if written.exists():
            raise click.ClickException(f"{written} is there already: name another file, or move it away.")
        try:
            text = suggested_mapping(str(folder or _place("exports")), resolve(folder=find_project(Path.cwd())))
        except ReadingError as error:
            raise click.ClickException(str(error)) from error
        # made anew: what someone put there meanwhile is theirs
        with written.open("x", encoding="utf-8") as file:
            file.write(text)
        following = f"winloss check {folder or ''}".rstrip() + (
            "" if str(written) == SETTINGS_FILE else f" --mapping {written}"
        )
        click.echo(f"Wrote {written}. Check it, then: {following}")
        return
    variables = resolve(read_settings_file(mapping) if mapping else {}, folder=find_project(Path.cwd()))
    found = preview(str(folder or _place("exports")), crm or variables["crm"] or None, variables)
    click.echo("\n".join(found.lines), err=found.exit_code == 2)
    sys.exit(found.exit_code)


@main.command()
@click.option(
    "--from",
    "private",
    type=click.Path(path_type=Path),
    callback=_private,
    help="The database of the build. Without it that of WINLOSS_DB, else warehouse/winloss.duckdb.",
)
@engine_options
@database_option
@quiet_option
@user_errors_as_exit
def publish(private: Path, target: str | None, variables: str, database: Path, is_quiet: bool) -> None:
    """Publish the last build again: marts only, no person, put in place in one step.

    A green dbt build publishes by itself; this is for a file that was deleted or moved. With --target the marts are fetched from the
    engine that built them, after winloss recommend --target.

    \b
    Examples:
      winloss publish
      winloss publish --db /srv/shared/marts.duckdb
      winloss publish --target spark
    """
    import duckdb

    from winloss.publish.publication import PublishError

    if not target and not private.is_file():
        raise PublishError(
            f"{private}: no such file. Build first (winloss run, or dbt build), or name the database with --from."
        )
    if not target:
        _built(private)
    progress = Progress(2, is_quiet)
    with duckdb.connect() as connection:
        if target:
            from winloss.spark.engine import Engine

            build = Engine(target, variables).fetch(connection)
            _check_alert_policy(connection)
        else:
            build = "again"
            quoted = str(private).replace("'", "''")
            # read only, so that a build can go on; the connection itself must write the published file
            connection.execute(f"attach '{quoted}' as build (read_only)")
            connection.execute("use build")
            _refuse_unfinished(connection, private)
            _check_alert_policy(connection)
        progress.step(f"read {target or private}")
        written = _publish_marts(connection, database, build)
    progress.step(f"put {len(written)} files in place")
    click.echo(f"Published: {written[-1]}")


def _refuse_unfinished(connection: Any, private: Path) -> None:
    """Raises PublishError where the last full build was not green, or one stopped before it had made every mart."""
    from winloss.publish.publication import PublishError, read_allow_list

    tables = {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}
    red = _why_red(connection)
    if red or not tables >= {"run_history", *read_allow_list()[0]}:
        raise PublishError(f"Not published: {_no_finished_build(private, red)}")


def _why_red(connection: Any) -> str | None:
    """Why the last full build on a private database was not green; None where it was, or where none is remembered."""
    import duckdb

    try:
        # what no step failed for, such as a raised alert, stands beside the deals that were counted
        last = connection.execute(
            "select why_not from history.run_history where started_at = (select max(started_at) from history.run_history) and deals is null"
        ).fetchone()
    except duckdb.CatalogException:
        return None
    return last[0] if last else None


def _no_finished_build(private: Path, red: str | None) -> str:
    return f"{private} holds no finished build{f' ({red})' if red else ''}. Build first (winloss run, or dbt build)."


def _unreadable(private: Path) -> click.ClickException:
    """What to say of a private database that is not there, could not be opened, or lacks a table that was asked for."""
    import duckdb

    if not private.exists():
        return click.ClickException(
            f"{private}: no such file. Build first (winloss run, or dbt build), or name the database in WINLOSS_DB."
        )
    try:
        with duckdb.connect(str(private), read_only=True) as connection:
            return click.ClickException(_no_finished_build(private, _why_red(connection)))
    except duckdb.Error:
        return click.ClickException(
            f"{private} cannot be opened: close other programs that hold it, or build it anew (winloss run, or dbt build)."
        )


def _publish_marts(connection: Any, database: Path, build: str) -> list[Path]:
    """Publishes the marts of `connection` as `database`."""
    from winloss.operations import run_history
    from winloss.publish import few_changes
    from winloss.publish.publication import FORMATS, Publication
    from winloss.publish.publication import publish as publish_marts

    quarter = connection.execute("select max(last_quarter) from marts.dim_periods where period = 'quarter'").fetchall()[
        0
    ][0]
    minimum = int(_setting(connection, "small_cell_minimum") or 5)
    again = _republication(connection, database, quarter, minimum)
    formats = tuple(kind for kind in FORMATS if kind in _setting(connection, "publish_formats"))
    has_deals = _is_set(connection, "publish_deals")
    publication = Publication(
        database, build, quarter, formats, minimum, _history(connection), run_history.meanings(connection),
        few_changes.hidden_outcomes(again), has_deals,
    )  # fmt: skip
    return publish_marts(connection, publication)


def _setting(connection: Any, name: str) -> str:
    """What the build behind the marts of `connection` was set to; empty where it was not."""
    stated = connection.execute(
        "select max(value) from marts.dim_settings where setting = $name", {"name": name}
    ).fetchall()
    return stated[0][0] or ""


def _is_set(connection: Any, name: str) -> bool:
    return _setting(connection, name).lower() == "true"


def _check_alert_policy(connection: Any) -> None:
    """Refuses, as a build on DuckDB does, where an alert is raised and the policy is to block."""
    from winloss.publish.publication import PublishError

    raised = [
        row[0]
        for row in connection.execute(
            "select distinct alert from marts.alerts where is_raised order by alert"
        ).fetchall()
    ]
    if raised and _setting(connection, "alert_policy") == "block":
        raise PublishError(f"Not published: alert_policy is block and there are alerts: {', '.join(raised)}.")


def _republication(connection: Any, database: Path, quarter: str | None, minimum: int) -> Any:
    """The build as it would take the place of what stands. Refuses, as a build on DuckDB does, where that must not be replaced."""
    from winloss.publish import few_changes
    from winloss.publish.publication import PublishError
    from winloss.publish.published_build import Successor, objection

    deals = connection.execute("select count(*) from marts.fct_deals").fetchall()[0][0]
    share, allowed = (
        float(_setting(connection, "publish_minimum_share") or 0),
        _is_set(connection, "allow_fewer_deals"),
    )
    if objected := objection(database, Successor(_setting(connection, "crm"), int(deals), share, allowed)):
        raise PublishError(f"Not published: {objected}")
    is_allowed = _is_set(connection, "allow_few_changes")
    again = few_changes.Republication(connection, database, _setting(connection, "crm"), quarter, minimum, is_allowed)
    if objected := few_changes.objection(again):
        raise PublishError(f"Not published: {objected}")
    return again


def _history(connection: Any) -> dict[str, str]:
    """The record of the last build, if it kept one."""
    from winloss.operations import run_history

    kept = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'history' and table_name = 'run_history'"
    ).fetchall()[0][0]
    if not kept:
        return {}
    last, crm = connection.execute(
        "select arg_max(invocation_id, started_at), arg_max(crm, started_at) from history.run_history"
    ).fetchall()[0]
    return {"run_history": run_history.published_rows(str(last), str(crm))} if last else {}


# ---------------------------------------------------------------- every quarter


@main.command()
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="A YAML file of settings that go before winloss.yml, as those of --vars do.",
)
@click.option(
    "--format",
    "kinds",
    type=click.Choice(["html", "md", "json"]),
    multiple=True,
    default=["html"],
    show_default=True,
    help="Of the report. May be given more than once.",
)
@click.option(
    "--notify",
    metavar="COMMAND",
    default="",
    help="Shell command that gets the summary, or the text of the alert, on standard input.",
)
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    help="File the output is added to. Default: quarterly.log beside the build database.",
)
@quiet_option
@user_errors_as_exit
def quarterly(mapping: Path | None, kinds: Sequence[str], notify: str, log: Path | None, is_quiet: bool) -> None:
    """Build, publish, report and tell, in one go: the command for a scheduler.

    Needs no terminal. Paths in WINLOSS_... and winloss.yml are relative to the folder of the project. The command of --notify finds
    done or failed in WINLOSS_STATUS, the report's path in WINLOSS_REPORT and the log's in WINLOSS_LOG.

    Exit codes: 0 done and told; 1 it failed or was stopped, what was published and reported before stands; 3 done,
    but the command of --notify failed; 4 another quarterly run is at work, this one did nothing. Whatever happens, the command of
    --notify is told.

    \b
    Examples:
      winloss quarterly
      winloss quarterly --mapping mapping.yml --format html --format md
      winloss quarterly --quiet --notify "mail -s Winloss sales-operations@example.com"
    """
    from winloss.operations import quarterly as run

    progress = Progress(4 if notify else 3, is_quiet)
    outcome = run.run(lambda: _plan(mapping, log, tuple(dict.fromkeys(kinds))), notify, progress.step)
    is_done = outcome.code == run.DONE
    if not (is_done and is_quiet):
        click.echo(outcome.text, nl=False, err=not is_done)
    sys.exit(outcome.code)


def _plan(mapping: Path | None, log: Path | None, formats: tuple[str, ...]) -> Any:
    """What `winloss quarterly` is to do. What stands in the way of a build is part of it, since someone has to be told."""
    from winloss import settings
    from winloss.operations.doctor import find_project
    from winloss.operations.quarterly import Plan, PlanError

    project = find_project(Path.cwd())
    if project is None:
        raise PlanError("There is no dbt_project.yml here: change to the folder of the project.")
    refused: Sequence[str] = ()
    variables = ""
    try:
        if mapping and not mapping.exists():
            raise settings.SettingsError(f"{mapping} of --mapping is not there.")
        given = settings.read_settings_file(mapping) if mapping else {}
        variables = mapping.read_text(encoding="utf-8-sig") if mapping else ""
        stated = reading = settings.resolve(given, folder=project)
    except settings.SettingsError as error:
        refused, reading = error.sentences, {}
        stated = settings.defaults() | settings.stated_in(os.environ)
    private = Path(os.path.realpath(project / settings.private_database()))
    return Plan(
        project=project,
        private=private,
        published=Path(os.path.abspath(project / stated["published"])),
        reports=Path(os.path.abspath(project / stated["reports"])),
        log=log.absolute() if log else private.with_name("quarterly.log"),
        variables=variables,
        formats=formats,
        minutes=float(stated["quarterly_time_limit_minutes"]),
        reading=reading if os.environ.get("WINLOSS_TARGET", "duckdb") == "duckdb" else {},
        refused=tuple(refused),
    )


# ---------------------------------------------------------------- run


@main.command()
@click.option("--open", "is_opened", is_flag=True, help="Open the report in the browser.")
@quiet_option
@user_errors_as_exit
def run(is_opened: bool, is_quiet: bool) -> None:
    """Read the exports, build, publish, report, and say what was found.

    Settings come from winloss.yml. The first run on files of your own writes it, with what was found; for files of no known CRM it drafts a
    mapping there and stops with the lines to look at. Without files the sample company is built. Exit code 2: files or settings were refused.

    \b
    Examples:
      winloss run
      winloss run --open
    """
    from winloss import settings
    from winloss.errors import ReadingError
    from winloss.operations.doctor import find_project
    from winloss.operations.first_run import FirstRun, StoppedError, recognise_and_keep
    from winloss.operations.run import Places, RunError, build_and_report

    def say(stage: str) -> None:
        if not is_quiet:
            click.echo(stage, err=True)

    project = find_project(Path.cwd())
    if project is None:
        raise click.ClickException("no dbt_project.yml here: change to the folder of the project")
    # paths in winloss.yml are relative to the project
    os.chdir(project)
    stated = settings.resolve(folder=project)
    places = Places.stated(project, stated)
    try:
        if os.environ.get("WINLOSS_TARGET", "duckdb") == "duckdb":
            say("looking at the files")
            for line in recognise_and_keep(
                FirstRun(stated, settings.settings_file(os.environ, project), places.private)
            ):
                say(line)
        report, lines = build_and_report(places, say)
    except (ReadingError, StoppedError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except RunError as error:
        click.echo(str(error), err=True)
        sys.exit(error.code)
    click.echo("\n".join([*lines, "", f"Report: {report}"]))
    if is_opened:
        click.launch(str(report))


# ---------------------------------------------------------------- summary


@main.command()
@user_errors_as_exit
def summary() -> None:
    """Print what the last build found: rows read, the win rate, the best and worst segments, what to do.

    \b
    Examples:
      winloss summary
    """
    import duckdb

    from winloss.report.summary import summary_of
    from winloss.settings import private_database

    database = _built(private_database())
    try:
        lines = summary_of(database)
    except (duckdb.IOException, duckdb.CatalogException):
        raise _unreadable(database) from None
    click.echo("\n".join(lines))


# ---------------------------------------------------------------- worklist


@main.command()
@click.option("--format", "kind", type=click.Choice(["text", "csv"]), default="text", show_default=True)
@user_errors_as_exit
def worklist(kind: str) -> None:
    """List the open deals by their standing towards the advice, with their age and chance to be won.

    It reads the private database and names deals as the CRM does: for their owners, and never published.

    \b
    Examples:
      winloss worklist
      winloss worklist --format csv
    """
    import duckdb

    from winloss.formatting import disarmed
    from winloss.report.worklist import worklist_lines, worklist_of
    from winloss.settings import private_database

    database = _built(private_database())
    try:
        rows, missing_reason = worklist_of(database)
    except (duckdb.IOException, duckdb.CatalogException):
        raise _unreadable(database) from None
    if kind == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(list(rows[0]) if rows else ["deal_id"])
        writer.writerows([disarmed(value) for value in row.values()] for row in rows)
    else:
        click.echo("\n".join(worklist_lines(rows, missing_reason)))


# ---------------------------------------------------------------- doctor


@main.command()
@click.option(
    "--self-test",
    "is_self_test",
    is_flag=True,
    help="Also build the sample company in a folder of its own and check four answers.",
)
@quiet_option
@user_errors_as_exit
def doctor(is_self_test: bool, is_quiet: bool) -> None:
    """Look for what would stop a build: versions, profile, rights, locks, disk, files.

    \b
    Examples:
      winloss doctor
      winloss doctor --self-test
    """
    from winloss.operations.doctor import examine, self_test

    findings = examine(Path.cwd(), dict(os.environ))
    for number, finding in enumerate(findings, start=1):
        if finding.verdict != "ok" or not is_quiet:
            click.echo(f"{number} of {len(findings)}  {finding.verdict.upper():5} {finding.what}: {finding.detail}")
    is_sound = all(finding.verdict != "fail" for finding in findings)
    if is_self_test:
        scenarios = self_test(lambda line: None if is_quiet else click.echo(line, err=True))
        for number, finding in enumerate(scenarios, start=1):
            if finding.verdict != "ok" or not is_quiet:
                click.echo(
                    f"{number} of {len(scenarios)}  {finding.verdict.upper():5} {finding.what}: {finding.detail}"
                )
        is_sound = is_sound and all(finding.verdict == "ok" for finding in scenarios)
    if not is_sound:
        raise click.ClickException("Something stands in the way: see the lines marked FAIL.")


if __name__ == "__main__":
    main(prog_name="winloss")
