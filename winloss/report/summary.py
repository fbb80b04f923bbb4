"""What a build found, in a screen of text: rows read, the win rate, the strongest segments, what to do."""

from __future__ import annotations

from pathlib import Path

import duckdb

from winloss.figures import percent
from winloss.rows import Reader, Row


def summary_lines(reader: Reader) -> list[str]:
    """Lines of text over the marts of a build; every figure is a row's."""
    files = reader.table("input_files", "1 = 1 order by object, source_file")
    quarter = reader.table("win_rate_baseline", "period = 'quarter'")[0]
    lines = ["", "Rows read"]
    lines += [
        f"  {row['source_file']}: {row['records']} rows, {row['accepted']} accepted, {row['rejected']} rejected, "
        f"{row['excluded']} excluded"
        for row in files
    ]
    lines += ["", f"Win rate {quarter['last_quarter'] or ''}".rstrip()]
    if quarter["win_rate"] is None:
        lines.append(f"  none: {quarter['missing_reason']}")
        return lines
    lines.append(f"  {_rate(quarter)} of {quarter['closed_deals']} closed deals; {quarter['population']}")
    segments = reader.table(
        "win_rates_by_dimension",
        "period = 'window' and is_recommendable and not has_few_deals and segment != 'unknown' "
        "order by shrunken_win_rate desc, dimension, segment",
    )
    if segments:
        lines += ["", "Best and worst segments, trailing window"]
        shown = segments[:3] + [row for row in segments[-3:] if row not in segments[:3]]
        lines += [f"  {row['segment']!s:24} {_rate(row)}, {row['closed_deals']} deals" for row in shown]
    findings = reader.table("report_findings", "1 = 1 order by finding")
    if findings:
        lines += ["", "What to know"]
        lines += [f"  [{row['grade']}] {row['headline']}" for row in findings]
    items = reader.table("action_items", "1 = 1 order by item")
    if items:
        lines += ["", f"For {items[0]['due_quarter']}"]
        lines += [f"  [{row['grade']}] {row['title']}" for row in items]
    return lines


def _rate(row: Row) -> str:
    return f"{percent(row['win_rate'])} ({percent(row['win_rate_low'])} to {percent(row['win_rate_high'])})"


def summary_of(database: Path) -> list[str]:
    """The summary of a private database. Raises duckdb.Error where it cannot be opened or holds no build."""
    with duckdb.connect(str(database), read_only=True) as connection:

        def query(sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        return summary_lines(Reader(query, lambda name: f"marts.{name}"))
