"""What a build found, for the person who ran it: what was read, the headline, what to do first, what to look at."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from winloss.formatting import NO_BREAK
from winloss.report.marts import open_published
from winloss.report.sections.opening import FIRST_ACTIONS

_READ = """select
    count(*) as deals,
    count(*) filter (where outcome = 'won') as won,
    count(*) filter (where outcome = 'lost') as lost,
    count(*) filter (where outcome = 'open') as still_open,
    count(*) filter (where outcome = 'disqualified') as disqualified,
    strftime(min(closed_on) filter (where outcome in ('won', 'lost')), '%Y-%m') as first_month,
    strftime(max(closed_on) filter (where outcome in ('won', 'lost')), '%Y-%m') as last_month,
    (select max(rules.name) from reference.crm_rules as rules inner join landing.loads as loads on rules.crm = loads.crm) as source
from marts.fct_deals"""


def results(private: Path, published: Path, headline: str) -> list[str]:
    """Lines of text on the build in `private`, published as `published`; every figure is a row's. `headline` is its report's.

    Raises duckdb.Error or ReportError where one of them cannot be read.
    """
    with duckdb.connect(str(private), read_only=True) as connection:
        read = connection.execute(_READ).fetchall()[0]
    lines = ["", _read_line(*read), "", headline.replace(NO_BREAK, " ")]
    with closing(open_published(published)) as connection:
        actions = connection.execute(
            "select grade, title, owner, due_quarter from action_items order by item"
        ).fetchall()
        raised = connection.execute(
            "select alert, subject, meaning, remedy from alerts where is_raised order by alert, subject"
        ).fetchall()
    if actions:
        lines += ["", f"First for {actions[0][3] or 'the next quarter'}"]
        lines += [f"  {title} ({grade}; {owner})" for grade, title, owner, _ in actions[:FIRST_ACTIONS]]
    if raised:
        lines += ["", "Look at"]
        lines += [f"  {alert} ({subject}): {meaning} {remedy}" for alert, subject, meaning, remedy in raised]
    return lines


def _read_line(
    deals: int, won: int, lost: int, still_open: int, disqualified: int, first: Any, last: Any, source: Any
) -> str:
    counts = f"{won:,} won, {lost:,} lost, {still_open:,} open" + (
        f", {disqualified:,} disqualified" if disqualified else ""
    )
    closed = f", closed {first} to {last}" if first else ", none with a closed date"
    return f"{deals:,} deals: {counts}{closed}; read as {source}"
