"""Whether a quarter is published again for the sake of so few deals that two files, subtracted, tell theirs.

A colleague who keeps the published file of Monday has, on Tuesday, the amount of the one deal that was won in between: totals differ by it
and cannot be hidden. So the file of Monday stays until enough deals changed; what the deals of a publication were, open ones included, the
private database remembers by their keys and by hashes of what is published of them. Where it does not (`compared_files`), the files that stand are asked.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import product
from pathlib import Path

import duckdb

from winloss.publish.build_folders import published_place
from winloss.publish.compared_files import doubted
from winloss.publish.published_build import SAMPLE, Standing, standing

NO_QUARTER = "an export without quarters"
"""What stands in place of the quarter where none is reviewed."""

_REMEMBERED = 5
"""Publications that are remembered, the last ones; one that changed nothing takes the place of the one before."""

# What the published tables are made of, deal by deal. Sums of hashes do not depend on the order of rows. How old an open deal is is no
# part of it: that changes every day.
_DEALS = """select
    deals.deal_key,
    deals.outcome,
    left(md5(cast(row(deals.closed_on, deals.amount, deals.cycle_days, deals.created_on, deals.stated_amount, deals.currency) as varchar)), 16) as value_hash,
    left(md5(cast(row({segments}, deals.qualification_score, reasons.total, stages.total) as varchar)), 16) as segments_hash,
    coalesce(contacts.total, '') as contacts_hash
from marts.fct_deals as deals
left join (
    select deal_key, cast(sum(cast(md5_number_lower(reason) as hugeint)) as varchar) as total
    from (
        select deal_key, 'lost ' || category as reason from marts.bridge_deal_loss_reasons
        union all
        select deal_key, 'won ' || win_factor as reason from marts.bridge_deal_win_factors
        union all
        select deal_key, 'against ' || competitor as reason from marts.bridge_deal_competitors
    ) as reasons_of_deals
    group by deal_key
) as reasons on deals.deal_key = reasons.deal_key
left join (
    select
        deal_key,
        cast(sum(cast(md5_number_lower(cast(row(stage, left_as, is_skipped, is_moved_back, reached_on, left_on) as varchar)) as hugeint)) as varchar) as total
    from marts.fct_deal_stages
    group by deal_key
) as stages on deals.deal_key = stages.deal_key
left join (
    select
        people.deal_key,
        cast(sum(groups.number) as varchar) as total
    from marts.bridge_deal_contacts as people
    inner join (
        -- of millions of contacts there are hundreds of groups to hash
        select
            persona, seniority, department, role_source, buying_role,
            cast(md5_number_lower(concat_ws('|', persona, seniority, department, role_source, buying_role)) as hugeint) as number
        from (select distinct persona, seniority, department, role_source, buying_role from marts.bridge_deal_contacts) as told
    ) as groups
        on people.persona = groups.persona and people.seniority = groups.seniority and people.department = groups.department
        and people.role_source = groups.role_source and people.buying_role = groups.buying_role
    where people.is_counted
    group by people.deal_key
) as contacts on deals.deal_key = contacts.deal_key
where deals.is_in_population and deals.outcome in ('won', 'lost', 'open')"""

_CHANGES = """select
    -- under another key, or another version of the hashes, no deal is the one it was
    coalesce(bool_or(not is_value_new or not are_segments_new), false) as is_comparable,
    {counts}
from (
    select
        was.outcome = 'won' or deals.outcome = 'won' as is_won,
        was.outcome = 'lost' or deals.outcome = 'lost' as is_lost,
        was.outcome = 'open' or deals.outcome = 'open' as is_open,
        -- a deal that stands on one side only came or went
        (was.outcome, was.value_hash) is distinct from (deals.outcome, deals.value_hash) as is_value_new,
        was.segments_hash is distinct from deals.segments_hash as are_segments_new,
        was.contacts_hash is distinct from deals.contacts_hash as are_contacts_new
    from (from history.published_deals where publication = $publication) as was
    full join {deals} as deals using (deal_key)
)"""

_NEW_DEALS = "deals_to_publish"
"""The temporary table of `_DEALS`."""

_OUTCOMES = ("won", "lost", "open")
_PARTS = {
    "is_value_new": "outcome, amount or dates",
    "are_segments_new": "segments, stages or reasons",
    "are_contacts_new": "contacts",
}


@dataclass(frozen=True)
class Republication:
    """A build that would be published as `path`: the connection to its marts, the source of its deals, the quarter it reviews, the
    `minimum` of changed deals from which what changed may be known, and whether the user allows fewer this once."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    source: str
    quarter: str | None
    minimum: int
    is_allowed: bool = False

    @property
    def is_watched(self) -> bool:
        """The sample's deals are no one's."""
        return self.source != SAMPLE and not self.is_allowed

    @property
    def reviews(self) -> str:
        return self.quarter or NO_QUARTER

    @cached_property
    def deals(self) -> str:
        """The temporary table of what is published of each deal. Every deal is looked at: once, for all who ask."""
        self.connection.execute(f"create or replace temp table {_NEW_DEALS} as {_deals(self.connection)}")
        return _NEW_DEALS

    @cached_property
    def changes(self) -> list[_Change]:
        """What changed since each publication that is remembered and can be compared."""
        if not _remembers(self.connection):
            return []
        counts = ", ".join(f"count(*) filter ({part} and is_{outcome})" for part, outcome in product(_PARTS, _OUTCOMES))
        publications = self.connection.execute(
            "select distinct publication, reviewed_quarter from history.published_deals order by publication"
        ).fetchall()
        # one at a time: two sides of a million deals are joined in a few hundred MB
        compared = _CHANGES.format(deals=self.deals, counts=counts)
        changes = []
        for publication, quarter in publications:
            rows = self.connection.execute(compared, {"publication": publication}).fetchall()
            changes += [_Change(publication, quarter, deals) for is_comparable, *deals in rows if is_comparable]
        return changes

    @cached_property
    def standing(self) -> list[tuple[Path, Standing]]:
        """The published files of a company that stand there: of the quarter, and the copies of others."""
        final = published_place(self.path)
        found = [
            (path, standing(path))
            for path in [final, *sorted(final.parent.glob(f"*-Q[1-4]/{glob.escape(final.name)}"))]
        ]
        return [(path, before) for path, before in found if before and before.source != SAMPLE]


def objection(new: Republication) -> str | None:
    """Why a build must not take the place of what was published of its quarter; None where it may."""
    files = new.standing if new.is_watched else []
    if not any((before.quarter or NO_QUARTER) == new.reviews for _, before in files):
        return None
    remembered = [change for change in new.changes if change.quarter == new.reviews]
    end = "which a reader of both files could work out; readers keep the previous build. Build again when"
    for change in remembered:
        if few := change.few(new.minimum):
            return (
                f"since {new.reviews} was published only the {' and the '.join(few)} changed, {end} {new.minimum} or more changed, "
                "or set allow_few_changes: true for this run."
            )
    known = {change.publication for change in remembered}
    for path, before in files:
        if before.build in known or (before.quarter or NO_QUARTER) != new.reviews:
            continue
        if doubts := doubted(new.connection, path, new.minimum):
            return (
                f"{path} holds {new.reviews} of a build that the private database does not remember, and differs in {' and '.join(doubts)} "
                f"by what may be fewer than {new.minimum} deals, {end} more changed, or set allow_few_changes: true for this run."
            )
    return None


def hidden_outcomes(new: Republication) -> tuple[str, ...]:
    """Outcomes whose amounts must not leave, since those of another quarter's publication, subtracted, tell those of a few deals.

    Open deals belong to no quarter: where few of them changed from one publication to the next, their total would tell it.
    """
    if not new.is_watched:
        return ()
    known = {change.publication for change in new.changes}
    is_told = any(
        0 < change.open_deals < new.minimum for change in new.changes if change.quarter != new.reviews
    ) or any(
        "open deals" in doubted(new.connection, path, new.minimum)
        for path, before in new.standing
        if path == published_place(new.path)
        and before.build not in known
        and (before.quarter or NO_QUARTER) != new.reviews
    )
    return ("open",) if is_told else ()


def remember(new: Republication, publication: str) -> None:
    """Remember the deals that were published; a connection without history remembers none."""
    connection = new.connection
    if not _has_history(connection):
        return
    named = {"publication": publication, "now": datetime.now(UTC).replace(tzinfo=None)}
    for change in new.changes:
        if change.quarter == new.reviews and not any(change.deals):
            connection.execute(
                "update history.published_deals set publication = $publication, published_at = $now where publication = $before",
                {**named, "before": change.publication},
            )
            return
    connection.execute(
        "insert into history.published_deals by name "
        "select $publication as publication, cast($now as timestamp) as published_at, $quarter as reviewed_quarter, deals.* "
        f"from {new.deals} as deals",
        {**named, "quarter": new.reviews},
    )
    connection.execute(
        "delete from history.published_deals where publication not in ("
        f"select publication from history.published_deals group by publication order by max(published_at) desc limit {_REMEMBERED})"
    )


@dataclass(frozen=True)
class _Change:
    """How many deals changed since a publication, by part and outcome."""

    publication: str
    quarter: str
    deals: Sequence[int]

    @property
    def open_deals(self) -> int:
        """Open deals of which an amount, a segment or that they are open changed."""
        return max(
            deals
            for (part, outcome), deals in zip(product(_PARTS, _OUTCOMES), self.deals, strict=True)
            if outcome == "open" and part != "are_contacts_new"
        )

    def few(self, minimum: int) -> list[str]:
        return [
            f"{_PARTS[part]} of {deals} {outcome} deal{'s' * (deals > 1)}"
            for (part, outcome), deals in zip(product(_PARTS, _OUTCOMES), self.deals, strict=True)
            if 0 < deals < minimum
        ]


def _remembers(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any publication is remembered."""
    if not _has_history(connection):
        return False
    return bool(connection.execute("select exists (from history.published_deals)").fetchall()[0][0])


def _has_history(connection: duckdb.DuckDBPyConnection) -> bool:
    """Other engines, and databases of earlier versions, remember no deal."""
    return bool(
        connection.execute(
            "select count(*) from duckdb_tables() "
            "where database_name = current_database() and schema_name = 'history' and table_name = 'published_deals'"
        ).fetchall()[0][0]
    )


def _deals(connection: duckdb.DuckDBPyConnection) -> str:
    columns = connection.execute(
        "select distinct dimension from marts.dim_dimensions where not is_person order by dimension"
    ).fetchall()
    segments = ", ".join(["'segments'", *(f"deals.{column}" for (column,) in columns)])
    return _DEALS.format(segments=segments)
