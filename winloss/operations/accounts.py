"""The private list of accounts by tier, for who sells: the one place where an account leaves the private database, and by its id."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from winloss.own_files import is_published_database

COLUMNS = (
    "account_id",
    "tier",
    "expected_win_rate",
    "expected_win_rate_low",
    "expected_win_rate_high",
    "expected_value_per_deal",
    "closed_deals",
    "open_deals",
    "is_whitespace",
    "because",
    "unseen_attributes",
)
_NEEDED = {
    ("marts", "account_scorecard"),
    ("marts", "account_tiers"),
    ("marts", "scorecard_quality"),
    ("staging", "base_account_lines"),
}


class AccountsError(Exception):
    """The list cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class AccountList:
    """Accounts by tier, the likeliest first, one tuple of `COLUMNS` each; `refusal` says why none can be listed."""

    rows: Sequence[tuple[Any, ...]]
    refusal: str | None = None


def read_accounts(path: Path, tier: str | None = None, is_whitespace: bool = False) -> AccountList:
    """The accounts of the private database at `path`: those of a tier, or those without any deal, where told.

    Raises AccountsError where it is no private database of a build.
    """
    if not path.is_file():
        raise AccountsError(
            f"{path}: no such file. Build first (winloss run, or dbt build), or name the database with --from or WINLOSS_DB."
        )
    if is_published_database(path):
        raise AccountsError(
            f"{path} is a published file, which holds no account. Name the database of the build with --from or WINLOSS_DB."
        )
    with closing(duckdb.connect()) as connection:
        quoted = str(path).replace("'", "''")
        try:
            connection.execute(f"attach '{quoted}' as build (read_only, type duckdb)")
        except duckdb.Error as error:
            raise AccountsError(f"{path} cannot be opened as a DuckDB file: {str(error).splitlines()[0]}") from error
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'build'"
        ).fetchall()
        if not set(tables) >= _NEEDED:
            raise AccountsError(f"{path} holds no scorecard of accounts. Build first (winloss run, or dbt build).")
        quality = connection.execute("select is_allowed, missing_reason from build.marts.scorecard_quality").fetchone()
        if quality is None or not quality[0]:
            return AccountList((), str(quality[1]) if quality else "there is no closed deal to learn from")
        if connection.execute("select count(*) from build.marts.account_scorecard").fetchone() == (0,):
            why = connection.execute("select max(missing_reason) from build.marts.account_tiers").fetchone()
            return AccountList((), why[0] if why else None)
        rows = connection.execute(
            f"""select {", ".join(column if column != "account_id" else "lines.account_id" for column in COLUMNS)}
from build.marts.account_scorecard as scores
inner join build.staging.base_account_lines as lines
    on lines.rule_id is null
    and scores.account_key = base64(unhex(substring(
        md5((select privacy_key from build.landing.privacy_key) || 'account:' || lines.account_id), 1, 18
    )))
where ($tier is null or scores.tier = $tier) and (scores.is_whitespace or not $whitespace)
order by scores.expected_win_rate desc, lines.account_id""",
            {"tier": tier, "whitespace": is_whitespace},
        ).fetchall()
    return AccountList(rows)
