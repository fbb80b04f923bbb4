"""The open deals by their standing towards the advice, for the people who own them: from the private database, never published."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import duckdb

from winloss.figures import percent, thousands
from winloss.formatting import inert
from winloss.rows import Row, number, to_rows

# a deal is named as the CRM names it, which no mart does: the same hash as the macro keyed_hash
_DEALS = """
select
    standings.profile_standing,
    lines.deal_id,
    deals.owner,
    deals.stage,
    standings.created_on,
    standings.age_days,
    standings.win_chance,
    standings.is_stale,
    standings.amount
from intermediate.int_open_deal_standings as standings
inner join marts.fct_deals as deals on standings.deal_key = deals.deal_key
inner join staging.base_deal_lines as lines
    on standings.deal_key = base64(unhex(substring(md5((select privacy_key from landing.privacy_key) || 'deal:' || lines.deal_id), 1, 18)))
where lines.rule_id is null
order by
    case standings.profile_standing when 'target more' then 1 when 'both' then 2 when 'neither' then 3 else 4 end,
    standings.is_stale, standings.win_chance desc nulls last, lines.deal_id
"""


def worklist_of(database: Path) -> tuple[list[Row], str | None]:
    """The open deals of a private database, and why their chances, or all of them, are missing; else None.

    Within a standing those that are alive come first, the likeliest first. Raises duckdb.Error where the database cannot be opened or
    holds no build.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        answer = connection.execute(_DEALS)
        rows = to_rows([column[0] for column in answer.description or ()], answer.fetchall())
        reason = connection.execute("select missing_reason from marts.open_pipeline where dimension = 'all'").fetchone()
    return rows, reason[0] if reason else None


def worklist_lines(rows: list[Row], missing_reason: str | None) -> list[str]:
    """Lines of text; what they quote of the CRM steers no terminal."""
    lines: list[str] = []
    for standing, deals in groupby(rows, key=lambda row: row["profile_standing"]):
        alike = list(deals)
        stale = sum(1 for row in alike if row["is_stale"])
        lines.append(f"{str(standing).capitalize()}: {len(alike)} open, {stale} stale")
        lines += [_line(row) for row in alike]
    if any(row["win_chance"] is not None for row in rows):
        lines.append("A chance is the average of all deals of that age, whatever the advice says of the deal.")
    if missing_reason:
        lines.append(f"{missing_reason[0].upper()}{missing_reason[1:]}.")
    return [inert(line) for line in lines]


def _line(row: Row) -> str:
    parts = [
        "1 day old" if row["age_days"] == 1 else f"{row['age_days']} days old",
        *(["stale"] if row["is_stale"] else []),
        "chance unknown" if row["win_chance"] is None else f"{percent(row['win_chance'])} to be won",
        *([] if row["amount"] is None else [thousands(round(number(row["amount"])))]),
    ]
    return f"  {row['deal_id']}  {row['owner']}, {row['stage'] or 'no stage'}: {', '.join(parts)}"
