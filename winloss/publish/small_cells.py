"""Which figures about groups of people are too small to leave the private file.

A cell is a persona, seniority, department, buying role or buying group in a period. Cells on fewer deals than the
minimum are hidden. A hidden cell must not come back by subtraction either: cells add up to totals and to other cells, so
wherever a sum would give a hidden cell away, the next smallest cell of that sum is hidden as well (complementary cell
suppression: Hundepool et al., Statistical Disclosure Control, 2012, section 4.4). The unit of the sums is the contact,
because contacts add up and deals, which can have several, do not.

SQL hides what single sums give away. Whether several sums together do is then judged by linear programs (the same book,
section 4.4.3): a hidden cell is safe when there is another company with the same published figures and another count
in that cell. All of it works on counts, never on deals.

What a new published mart declares, and where, stands in docs/adding-a-mart.md; a test names a mart that does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

import duckdb
import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PUBLISHED_PERIODS = ("quarter", "window")
"""The periods whose figures about people leave. Figures of all deals would tell, less those of the copy kept from the quarter
before, what became of every cell in between; so would those of the previous quarter."""

_PERIODS = ", ".join(f"'{period}'" for period in PUBLISHED_PERIODS)

CONTACT_COUNTS = f"""select
    periods.period,
    contacts.persona,
    contacts.seniority,
    contacts.department,
    case when contacts.role_source = 'stated' then contacts.buying_role end as stated_role,
    count(*) as contacts
from {{bridge_deal_contacts}} as contacts
inner join {{dim_periods}} as periods
    on (periods.has_undated_deals or (contacts.closed_on >= periods.starts_on and contacts.closed_on < periods.ends_before_on))
where contacts.is_counted and periods.period in ({_PERIODS})
group by
    periods.period, contacts.persona, contacts.seniority, contacts.department,
    case when contacts.role_source = 'stated' then contacts.buying_role end"""
"""Contacts by all they are counted by, for any engine: a few thousand rows whatever the number of deals."""

DECIDING_ROLES = "('decision_maker', 'economic_buyer')"

_CELLS = f"""create or replace temp table cells as
with every_period as (

    select persona_type as kind, persona as value, period, closed_deals_with as deals, contacts
    from {{marts}}.win_rates_by_persona
    union all
    select
        'decision_maker' as kind, persona || ' | ' || seniority || ' | ' || department as value, period,
        won_deals + lost_deals as deals, contacts
    from {{marts}}.decision_makers
    union all
    select 'group by ' || group_type as kind, buying_group as value, period, closed_deals as deals, closed_deals as contacts
    from {{marts}}.buying_groups
    union all
    -- by all contacts at the close these are the groups by size
    select 'early contacts' as kind, contact_band as value, period, closed_deals as deals, closed_deals as contacts
    from {{marts}}.win_rates_by_contact_count
    where moment = 'early'
    union all
    select 'multithreading ' || moment as kind, 'many' as value, period, many_deals as deals, many_deals as contacts
    from {{marts}}.multithreading
    where many_deals > 0
    union all
    select 'multithreading ' || moment as kind, 'few' as value, period, few_deals as deals, few_deals as contacts
    from {{marts}}.multithreading
    where few_deals > 0

)

select * from every_period where period in ({_PERIODS})"""

_HIDDEN = """create or replace temp table hidden_cells as
select kind, value, period from cells where deals < $minimum"""

_LABELS = f"""create or replace temp table labels as
with counted as (

    select row_number() over () as place, * from {{contact_counts}}

)

select place, period, 'persona' as kind, persona as value from counted
union all
select place, period, 'seniority' as kind, seniority as value from counted
union all
select place, period, 'department' as kind, department as value from counted
union all
select place, period, 'buying_role' as kind, stated_role as value from counted where stated_role is not null
union all
select place, period, 'persona_in_role' as kind, persona || ' as ' || replace(stated_role, '_', ' ') as value
from counted where stated_role is not null
union all
select place, period, 'decision_maker' as kind, persona || ' | ' || seniority || ' | ' || department as value
from counted where stated_role in {DECIDING_ROLES}
union all
select place, period, 'decider' as kind, persona as value from counted where stated_role in {DECIDING_ROLES}"""

# Sums a reader of the published file can write down. Each row is a cell of such a sum; `is_unpublished` stands for what
# the sum holds besides its cells, which no table shows.
_SUMS = """create or replace temp table sums as
with hierarchy (child_kind, parent_kind) as (

    values
        ('persona', 'seniority'), ('persona', 'department'),
        ('persona_in_role', 'persona'), ('persona_in_role', 'buying_role'),
        ('decision_maker', 'persona'), ('decision_maker', 'seniority'), ('decision_maker', 'department')

),

-- a cell is part of another where all its contacts are: everybody called CFO is in Finance
parts as (

    select child.kind as child_kind, child.value as child_value, parent.kind as parent_kind, min(parent.value) as parent_value
    from labels as child
    inner join hierarchy on child.kind = hierarchy.child_kind
    inner join labels as parent on child.place = parent.place and hierarchy.parent_kind = parent.kind
    group by child.kind, child.value, parent.kind
    having count(distinct parent.value) = 1

),

part_sums as (

    select
        concat_ws('/', 'part', period, parent_kind, parent_value, child_kind) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts, -cells.contacts as rest
    from cells
    inner join parts on cells.kind = parts.child_kind and cells.value = parts.child_value
    union all
    select distinct
        concat_ws('/', 'part', period, parent_kind, parent_value, child_kind) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts, cells.contacts as rest
    from cells
    inner join parts on cells.kind = parts.parent_kind and cells.value = parts.parent_value

),

-- the same people as personas in a deciding role and as decision makers
decider_sums as (

    select distinct
        concat_ws('/', 'decider', cells.period, decider.value) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts
    from labels as decider
    inner join labels as part on decider.place = part.place and part.kind in ('persona_in_role', 'decision_maker')
    inner join cells on part.kind = cells.kind and part.value = cells.value and part.period = cells.period
    where decider.kind = 'decider'

),

-- the window holds the quarter; the rest of the window is not published, but is their difference
period_sums as (

    select
        concat_ws('/', 'recent', cells.kind, cells.value) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts,
        case when cells.period = 'window' then cells.contacts else -cells.contacts end as rest
    from cells

),

-- deals with many contacts, and with few, are those of several bands, unless the limit lies inside a band
band_sums as (

    select
        concat_ws('/', 'bands', cells.period, sides.kind, sides.value) as sum_name,
        cells.kind, cells.value, cells.period, cells.contacts
    from (
        select distinct
            case when cells.kind = 'group by size' then 'multithreading at close' else 'multithreading early' end as kind,
            case when limits.first_contacts >= limits.many_contacts then 'many' else 'few' end as value,
            cells.kind as band_kind, cells.value as band
        from cells
        inner join (
            select bands.*, compared.many_contacts
            from (
                values ('0 contacts', 0), ('1 contact', 1), ('2 contacts', 2), ('3 to 4 contacts', 3), ('5 and more contacts', 5)
            ) as bands(band, first_contacts)
            cross join (select max(many_contacts) as many_contacts from {marts}.multithreading) as compared
        ) as limits on cells.value = limits.band
        where cells.kind in ('group by size', 'early contacts') and limits.many_contacts in (1, 2, 3, 5)
    ) as sides
    inner join cells
        on (cells.kind = sides.kind and cells.value = sides.value) or (cells.kind = sides.band_kind and cells.value = sides.band)

),

rests as (

    select sum_name, sum(rest) as contacts
    from part_sums
    group by sum_name
    having sum(rest) > 0
    union all
    -- no one can tell from outside that a cell has no contact in the rest of the window, if others have
    select sum_name, contacts
    from (
        select
            sum_name,
            sum(rest) as contacts,
            sum(sum(rest)) over (partition by kind) as contacts_of_kind
        from period_sums
        group by sum_name, kind
    ) as judged
    where contacts_of_kind > 0

)

select concat_ws('/', 'total', period, kind) as sum_name, kind, value, period, contacts, false as is_unpublished
from cells
union all
-- the deciding roles add up to the contacts of all decision makers
select concat_ws('/', 'deciding', period) as sum_name, kind, value, period, contacts, false as is_unpublished
from cells
where kind = 'buying_role' and value in ('decision_maker', 'economic_buyer')
union all
select sum_name, kind, value, period, contacts, false as is_unpublished from decider_sums
union all
select distinct sum_name, kind, value, period, contacts, false as is_unpublished from band_sums
union all
select sum_name, kind, value, period, contacts, false as is_unpublished from part_sums
union all
select sum_name, kind, value, period, contacts, false as is_unpublished from period_sums
union all
select sum_name, 'rest' as kind, sum_name as value, 'rest' as period, contacts, true as is_unpublished
from rests"""

# One round. In each sum that holds a hidden cell, the cells hidden must be two or more and hold at least the minimum of
# contacts together; else the smallest of the others is hidden too. Where the rest of the window is small, the quarter or the
# window goes, whichever is smaller.
_ROUND = """insert into hidden_cells
with marked as (

    select
        sums.*,
        sums.is_unpublished or hidden_cells.kind is not null as is_hidden,
        (hidden_cells.kind is not null)
        or (
            sums.is_unpublished
            and sums.contacts between 1 and $minimum - 1
            and split_part(sums.sum_name, '/', 1) = 'recent'
        ) as is_giveaway
    from sums
    left join hidden_cells
        on sums.kind = hidden_cells.kind and sums.value = hidden_cells.value and sums.period = hidden_cells.period
    where sums.contacts > 0 or sums.is_unpublished

),

placed as (

    select
        *,
        bool_or(is_giveaway) over (partition by sum_name) as needs_cover,
        row_number() over hidden_then_smallest as place,
        coalesce(sum(contacts) over (hidden_then_smallest rows between unbounded preceding and 1 preceding), 0) as contacts_before
    from marked
    window hidden_then_smallest as (
        partition by sum_name
        order by is_hidden desc, contacts, kind, value, period
    )

)

select distinct kind, value, period
from placed
where needs_cover and not is_hidden and (place <= 2 or contacts_before < $minimum)"""


_EVERYBODY = "everybody"
_DECIDER = "decider"
_PARTS = ("quarter", "rest of window")


@dataclass(frozen=True, order=True)
class _Cell:
    kind: str
    value: str
    period: str


def hide_small_cells(connection: duckdb.DuckDBPyConnection, marts: str, contact_counts: str, minimum: int) -> int:
    """Fill the temporary table `hidden_cells` (kind, value, period) of `connection`; its number of rows.

    `marts` is the schema of the marts, `contact_counts` a relation of the rows of `CONTACT_COUNTS`, `minimum` the number
    of deals from which a cell may be shown.
    """
    connection.execute(_CELLS.format(marts=marts))
    connection.execute(_HIDDEN, {"minimum": minimum})
    connection.execute(_LABELS.format(contact_counts=contact_counts))
    connection.execute(_SUMS.format(marts=marts))
    company = _read_company(connection, contact_counts)
    while True:
        while _changed(connection, _ROUND, minimum=minimum):
            pass
        telling = company.telling_cells(connection, minimum)
        if not telling:
            break
        connection.executemany(
            "insert into hidden_cells values (?, ?, ?)", [list(astuple(cell)) for cell in sorted(telling)]
        )
    return int(connection.execute("select count(*) from hidden_cells").fetchall()[0][0])


FIRST_DAYS = "first days"
"""The period under which `hidden_cells` holds the personas of persona_evidence, which counts the first days of a deal."""


def hide_first_days(connection: duckdb.DuckDBPyConnection, marts: str, minimum: int) -> None:
    """Add to `hidden_cells` the rows of persona_evidence that must not leave.

    Hidden there are the personas hidden of the window, those on fewer deals than `minimum`, and those whose deals less all deals of
    the persona, a subtraction of two published tables, would tell of fewer: who came late to one deal is a person.
    """
    connection.execute(
        f"""insert into hidden_cells
select evidence.persona_type, evidence.persona, '{FIRST_DAYS}'
from {marts}.persona_evidence as evidence
left join cells on cells.period = 'window' and cells.kind = evidence.persona_type and cells.value = evidence.persona
left join hidden_cells
    on hidden_cells.period = 'window' and hidden_cells.kind = evidence.persona_type and hidden_cells.value = evidence.persona
where
    hidden_cells.kind is not null
    or evidence.closed_deals < $minimum
    or cells.deals - evidence.closed_deals between 1 and $minimum - 1""",
        {"minimum": minimum},
    )


def _changed(connection: duckdb.DuckDBPyConnection, sql: str, **values: object) -> int:
    return int(connection.execute(sql, values).fetchall()[0][0])


@dataclass
class _Company:
    """Contacts as an outsider does not see them: how many of each group of people, in each part of time.

    A group is persona, seniority, department and stated role; parts of time do not overlap. `members` says which groups a
    kind and value of cells consists of, `covers` which parts a period does.
    """

    counts: np.ndarray
    members: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    covers: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def places(self, cell: _Cell) -> list[int]:
        parts = self.covers.get(cell.period) or (_PARTS.index(cell.period),)
        return [len(_PARTS) * group + part for group in self.members.get((cell.kind, cell.value), []) for part in parts]

    def telling_cells(self, connection: duckdb.DuckDBPyConnection, minimum: int) -> set[_Cell]:
        """Shown cells from which a hidden count under `minimum`, or such a difference of two periods, follows.

        For each that does, the smallest of the cells it follows from; none where nothing does.
        """
        uncertain = {cell: places for cell in self._small(connection, minimum) if (places := self.places(cell))}
        if not uncertain:
            return set()
        shown = [
            _Cell(*row)
            for row in connection.execute(
                "select kind, value, period from cells anti join hidden_cells using (kind, value, period) order by all"
            ).fetchall()
        ]
        shown = [cell for cell in shown if self.places(cell)]
        known = [_Cell(kind, "", period) for kind in (_EVERYBODY, _DECIDER) for period in self.covers]
        matrix = _matrix([self.places(cell) for cell in [*shown, *known]], self.counts.size)
        totals = matrix @ self.counts
        # a few companies drawn at random settle most cells; the others are asked one by one
        chance = np.random.default_rng(0)
        for sign in (1, -1) * 4:
            weights = chance.uniform(-1, 1, len(uncertain))
            self._compare(uncertain, sign * _spread(uncertain.values(), weights, self.counts.size), matrix, totals)
        telling: set[_Cell] = set()
        for cell, places in list(uncertain.items()):
            follows_from: set[int] = set()
            for sign in (1, -1):
                if cell in uncertain:
                    follows_from |= self._compare(
                        uncertain, _spread([places], [sign], self.counts.size), matrix, totals
                    )
            if cell in uncertain:
                told_by = [shown[row] for row in follows_from if row < len(shown)]
                telling |= set(sorted(told_by, key=lambda other: (self.counts[self.places(other)].sum(), other))[:1])
        return telling

    def _compare(
        self, uncertain: dict[_Cell, list[int]], objective: np.ndarray, matrix: csr_array, totals: np.ndarray
    ) -> set[int]:
        """Find another company with the same published figures; drop the cells that hold another count there.

        Returns the rows of `matrix` that keep the objective from going further.
        """
        # half a second to import, which every dbt command would wait for
        from scipy.optimize import linprog

        other = linprog(objective, A_eq=matrix, b_eq=totals, bounds=(0, None), method="highs")
        if other.status != 0:
            return set()
        for cell, places in list(uncertain.items()):
            if abs(other.x[places].sum() - self.counts[places].sum()) >= 1 - 1e-6:
                del uncertain[cell]
        return set(np.flatnonzero(np.abs(other.eqlin.marginals) > 1e-9).tolist())

    def _small(self, connection: duckdb.DuckDBPyConnection, minimum: int) -> Iterator[_Cell]:
        for row in connection.execute(
            "select kind, value, period from cells semi join hidden_cells using (kind, value, period) "
            "where deals between 1 and $minimum - 1 order by all",
            {"minimum": minimum},
        ).fetchall():
            yield _Cell(*row)
        for kind, value in sorted(self.members):
            cell = _Cell(kind, value, "rest of window")
            if kind not in (_EVERYBODY, _DECIDER) and 0 < self.counts[self.places(cell)].sum() < minimum:
                yield cell


def _read_company(connection: duckdb.DuckDBPyConnection, contact_counts: str) -> _Company:
    rows = connection.execute(
        f"""select
    persona, seniority, department, stated_role,
    coalesce(sum(contacts) filter (where period = 'quarter'), 0),
    coalesce(sum(contacts) filter (where period = 'window'), 0)
from {contact_counts}
group by all order by all"""
    ).fetchall()
    counts, members = [], dict[tuple[str, str], list[int]]()
    for group, (persona, seniority, department, role, quarter, window) in enumerate(rows):
        counts += [quarter, window - quarter]
        labels = [("persona", persona), ("seniority", seniority), ("department", department), (_EVERYBODY, "")]
        if role is not None:
            labels += [("buying_role", role), ("persona_in_role", f"{persona} as {role.replace('_', ' ')}")]
        if role in ("decision_maker", "economic_buyer"):
            labels += [("decision_maker", f"{persona} | {seniority} | {department}"), (_DECIDER, "")]
        for label in labels:
            members.setdefault(label, []).append(group)
    covers = {"quarter": (0,), "window": (0, 1)}
    return _Company(np.array(counts, dtype=float), members, covers)


def _matrix(rows: list[list[int]], width: int) -> csr_array:
    from scipy.sparse import csr_array

    places = np.array([place for row in rows for place in row], dtype=int)
    ends = np.cumsum([0, *[len(row) for row in rows]])
    return csr_array((np.ones(places.size), places, ends), shape=(len(rows), width))


def _spread(cells: Iterable[list[int]], weights: Iterable[float], width: int) -> np.ndarray:
    objective = np.zeros(width)
    for places, weight in zip(cells, weights, strict=True):
        objective[places] += weight
    return objective
