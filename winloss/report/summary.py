"""What a build found, in a screen of text: rows read, the win rate, the strongest segments, what to do."""

from __future__ import annotations

from pathlib import Path

import duckdb

from winloss.figures import percent
from winloss.formatting import inert
from winloss.rows import Reader, Row


def summary_lines(reader: Reader) -> list[str]:
    """Lines of text over the marts of a build; every figure is a row's. What they quote steers no terminal and calls no one."""
    return [inert(line) for line in _lines(reader)]


def _lines(reader: Reader) -> list[str]:
    files = reader.table("input_files", "1 = 1 order by object, source_file")
    quarter = reader.table("win_rate_baseline", "period = 'quarter'")[0]
    lines = ["", "Rows read"]
    lines += [
        f"  {row['source_file']} ({row['object']}): {row['records']} rows, {row['accepted']} accepted, {row['rejected']} rejected, "
        f"{row['excluded']} excluded"
        for row in files
    ]
    lines += ["", f"Win rate {quarter['last_quarter'] or ''}".rstrip()]
    if quarter["win_rate"] is None:
        lines.append(f"  none: {quarter['missing_reason']}")
        # without dates there are no quarters, and all deals are what segments are judged on
        everything = reader.table("win_rate_baseline", "period = 'all'")[0]
        if everything["win_rate"] is None:
            return lines
        lines += ["", "Win rate of all closed deals"]
        quarter = everything
    lines.append(f"  {_rate(quarter)} of {quarter['closed_deals']} closed deals; {quarter['population']}")
    window = reader.table("win_rate_baseline", "period = 'window'")[0]
    period, named = ("window", "trailing window") if window["last_quarter"] else ("all", "all closed deals")
    leaks = reader.table("icp_segment_evidence", "caveat_codes like '%leak:%' order by dimension")
    leaking = list(dict.fromkeys(str(row["dimension"]) for row in leaks))
    segments = reader.table(
        "win_rates_by_dimension",
        f"period = '{period}' and is_recommendable and not has_few_deals and segment != 'unknown' "
        "order by shrunken_win_rate desc, dimension, segment",
    )
    doubts = reader.table("icp_segment_evidence", "caveat_codes like '%may_know_outcome:%' order by dimension")
    doubted = list(dict.fromkeys(str(row["dimension"]) for row in doubts))
    segments = [row for row in segments if row["dimension"] not in (*leaking, *doubted)]
    if segments:
        lines += ["", f"Best and worst segments, {named}"]
        shown = segments[:3] + [row for row in segments[-3:] if row not in segments[:3]]
        lines += [
            f"  {name:32} {_rate(row)}, {row['closed_deals']} deals"
            for name, row in ((f"{row['dimension']}: {row['segment']}", row) for row in shown)
        ]
    if leaking:
        lines += ["", f"Not judged, since it nearly decides the outcome: {', '.join(leaking)}"]
    if doubted:
        named = ", ".join(doubted)
        lines += [
            "",
            f"Does it know the outcome? {named}: tells won from lost almost by itself, so nothing is claimed of it",
        ]
        lines += [f"  if it is known before the deal, say so in winloss.yml: known_before_the_deal: [{named}]"]
    findings = reader.table("report_findings", "1 = 1 order by finding")
    if findings:
        lines += ["", "What to know"]
        lines += [f"  [{row['grade']}] {row['headline']}" for row in findings]
    items = reader.table("action_items", "1 = 1 order by item")
    if items:
        lines += ["", f"For {items[0]['due_quarter'] or 'the next quarter'}"]
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
