"""What a build found, in a screen of text: rows read, the win rate, the strongest segments, what to do."""

from __future__ import annotations

import sys

import duckdb

from icp.advice import Reader
from icp.recommendations import percent
from icp.rows import Row
from icp.settings import private_database


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
    items = reader.table("action_items", "1 = 1 order by item")
    if items:
        lines += ["", f"For {items[0]['due_quarter']}"]
        lines += [f"  [{row['grade']}] {row['title']}" for row in items]
    return lines


def _rate(row: Row) -> str:
    return f"{percent(row['win_rate'])} ({percent(row['win_rate_low'])} to {percent(row['win_rate_high'])})"


def main() -> int:
    """Print the summary of the private database; exit code 2 where there is none."""
    path = str(private_database())
    try:
        connection = duckdb.connect(path, read_only=True)
    except duckdb.IOException:
        print(
            f"{path} cannot be opened: run `dbt build` first, and close other programs that hold it.", file=sys.stderr
        )
        return 2
    with connection:

        def query(sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
            answer = connection.execute(sql)
            return [column[0] for column in answer.description or ()], answer.fetchall()

        print("\n".join(summary_lines(Reader(query, lambda name: f"marts.{name}"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
