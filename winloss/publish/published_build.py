"""What stands published, and whether another build may take its place.

Nothing does not replace something, and the invented sample company does not replace anybody's own figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from winloss.own_files import is_published_database

SAMPLE = "sample"


@dataclass(frozen=True)
class Standing:
    """The build a published file is of: the CRM its deals came from, how many there were, its id, and the quarter under review.

    None where it does not say.
    """

    source: str | None
    deals: int | None
    build: str | None = None
    quarter: str | None = None


@dataclass(frozen=True)
class Successor:
    """The build that would take its place, and what its variables say about that."""

    source: str
    deals: int
    minimum_share: float
    allow_fewer_deals: bool


def standing(path: Path) -> Standing | None:
    """What stands at `path`; None where no published file does."""
    if not path.is_file() or not is_published_database(path):
        return None
    with duckdb.connect() as connection:
        quoted = str(path).replace("'", "''")
        try:
            connection.execute(f"attach '{quoted}' as published (read_only, type duckdb)")
            quarter = connection.execute(
                "select max(last_quarter) from published.main.dim_periods where period = 'quarter'"
            ).fetchall()[0][0]
        except duckdb.Error:
            return Standing(None, None)
        try:
            run = connection.execute(
                "select arg_max(crm, started_at), arg_max(deals, started_at), arg_max(invocation_id, started_at) "
                "from published.main.run_history where is_published"
            ).fetchall()[0]
        except duckdb.Error:
            # of another engine, which keeps no history
            return Standing(None, None, None, quarter)
    return Standing(run[0], run[1], run[2], quarter)


def objection(path: Path, new: Successor) -> str | None:
    """Why `new` must not be published at `path`, as one sentence with the remedy; None where it may."""
    return sample_objection(path, new.source) or _loss_objection(path, new)


def sample_objection(path: Path, source: str) -> str | None:
    """Why a build of `source` must not take the place of what stands at `path`; None where it may."""
    before = standing(path) if source == SAMPLE else None
    if before is None or before.source == SAMPLE:
        return None
    return (
        f"{path} holds the answers of {before.source or 'another source'}, and a build of the invented sample company does not replace "
        "them. Name another file as published in winloss.yml, or remove that one; for your own deals state crm there."
    )


def _loss_objection(path: Path, new: Successor) -> str | None:
    if new.allow_fewer_deals:
        return None
    remedy = "Put the whole export in place, or set allow_fewer_deals: true where it is whole."
    before = standing(path)
    if new.deals == 0:
        return f"the export holds no deal{'; readers keep the previous build' if before else ''}. {remedy}"
    # another source that is smaller by half is as likely a mapping that was forgotten; the sample's deals are no one's
    is_ours = before is not None and before.source != SAMPLE
    if before and is_ours and before.deals and new.deals < new.minimum_share * before.deals:
        return (
            f"the export holds {new.deals:,} deals, less than {new.minimum_share:.0%} of the {before.deals:,} that stand published; "
            f"readers keep the previous build. {remedy}"
        )
    return None
