"""Marts about people of made-up companies, built by the project's own compiled SQL, and an attack on what is published of them.

The attacker reads the published tables, knows what adds up to what, and knows which kinds of people exist; linear programs
say between which bounds each hidden count then lies.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
from scipy.optimize import linprog

from winloss.publish.publication import PublishedTable, published_select
from winloss.publish.small_cells import CONTACT_COUNTS, hide_small_cells

PEOPLE = (
    "contact_coverage",
    "win_rates_by_persona",
    "decision_makers",
    "buying_groups",
    "win_rates_by_contact_count",
    "multithreading",
)
PERIODS = ("quarter", "previous_quarter", "window", "all")
DECIDING = ("decision_maker", "economic_buyer")

_CYCLE_DAYS = 50

Contact = tuple[str, str, str, str, str, date]
"""Deal, outcome, persona, seniority and department (joined by `|`), stated role or '', deal's closed date."""


@dataclass(frozen=True)
class Cell:
    kind: str
    value: str
    period: str


def marts(
    compiled: Path,
    contacts: Iterable[Contact],
    window_quarters: int = 4,
    empty_deals: int = 0,
    ends: date = date(2026, 1, 1),
) -> duckdb.DuckDBPyConnection:
    """A database with the marts about people of these contacts; the quarter under review is the one before `ends`."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as w; use w; create schema marts")
    rows = list(contacts)
    connection.execute(
        "create table marts.bridge_deal_contacts (deal_key varchar, contact_key varchar, persona varchar, seniority varchar, "
        "department varchar, buying_role varchar, role_source varchar, is_primary boolean, outcome varchar, created_on date, closed_on date, "
        "added_on date, is_dated boolean, is_counted boolean)"
    )
    connection.executemany(
        "insert into marts.bridge_deal_contacts values (?, ?, ?, ?, ?, ?, ?, true, ?, ?, ?, ?, true, true)",
        [
            # of every three contacts one comes early, one on the landmark day, one late
            (
                deal,
                f"c{place}",
                *person.split("|"),
                role or "unknown",
                "stated" if role else "none",
                outcome,
                closed - timedelta(days=_CYCLE_DAYS),
                closed,
                closed - timedelta(days=_CYCLE_DAYS - 15 * (place % 3 + 1)),
            )
            for place, (deal, outcome, person, role, closed) in enumerate(rows)
        ],
    )
    connection.execute("alter table marts.bridge_deal_contacts add column decision_line integer default 1")
    deals = {deal: (outcome, closed) for deal, outcome, _, _, closed in rows}
    deals |= {f"empty{place}": ("won", date(2025, 11, 1)) for place in range(empty_deals)}
    connection.execute("create table marts.fct_closed_deals (deal_key varchar, outcome varchar, closed_on date)")
    connection.executemany(
        "insert into marts.fct_closed_deals values (?, ?, ?)", [(key, *rest) for key, rest in deals.items()]
    )
    connection.execute(
        "create or replace table marts.fct_closed_deals as select *, cast(outcome = 'won' as integer) as is_won, "
        f"closed_on - {_CYCLE_DAYS} as created_on, {_CYCLE_DAYS} as cycle_days, 'one' as deal_size_band, 'New' as deal_type, "
        "'one' as closed_quarter, date_trunc('quarter', closed_on) as closed_quarter_starts_on, deal_key as account_key, 'unknown' as owner, "
        "1 as decision_line from marts.fct_closed_deals"
    )
    begins = {
        "quarter": _quarters_before(ends, 1),
        "previous_quarter": _quarters_before(ends, 2),
        "window": _quarters_before(ends, window_quarters),
    }
    connection.execute(
        "create table marts.dim_periods (period varchar, starts_on date, ends_before_on date, quarter_count integer, has_undated_deals boolean, "
        "population varchar, missing_reason varchar)"
    )
    connection.executemany(
        "insert into marts.dim_periods values (?, ?, ?, ?, ?, 'all deals', null)",
        [
            ("quarter", begins["quarter"], ends, 1, False),
            ("previous_quarter", begins["previous_quarter"], begins["quarter"], 1, False),
            ("window", begins["window"], ends, window_quarters, False),
            ("all", None, None, None, True),
        ],
    )
    connection.execute(
        "create table marts.input_columns (object varchar, column_name varchar, source_file varchar, status varchar)"
    )
    connection.execute("create schema intermediate")
    # no two deals share an account
    connection.execute(
        "create table intermediate.int_design_effects (comparison varchar, design_effect double, degrees double)"
    )
    for name in ("int_contacts_by_deal", "int_contact_strata", "int_multithreading"):
        sql = (compiled.parents[1] / "intermediate" / "advice" / f"{name}.sql").read_text(encoding="utf-8")
        connection.execute(f"create table intermediate.{name} as {sql}")
    for name in PEOPLE:
        sql = (compiled / f"{name}.sql").read_text(encoding="utf-8")
        connection.execute(f"create table marts.{name} as {sql}")
    return connection


def published(connection: duckdb.DuckDBPyConnection, minimum: int = 5) -> dict[str, list[dict[str, object]]]:
    """What leaves of the marts about people, as publishing selects it."""
    counts = CONTACT_COUNTS.format(bridge_deal_contacts="marts.bridge_deal_contacts", dim_periods="marts.dim_periods")
    connection.execute(f"create or replace temp table contact_counts as {counts}")
    hide_small_cells(connection, "marts", "contact_counts", minimum)
    found: dict[str, list[dict[str, object]]] = {}
    for name in PEOPLE:
        columns = {row[0]: row[1] for row in connection.execute(f"describe marts.{name}").fetchall()}
        left_out = ("commonest_role_contacts", "second_role_contacts") if name == "win_rates_by_persona" else ()
        answer = connection.execute(published_select(PublishedTable(name, left_out), columns, minimum))
        names = [column[0] for column in answer.description or ()]
        found[name] = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return found


def cells(tables: Mapping[str, Iterable[Mapping[str, object]]]) -> dict[Cell, int | None]:
    """Contacts of each cell of the published tables; None where they are not shown."""
    shown: dict[Cell, int | None] = {}
    for row in tables["win_rates_by_persona"]:
        shown[Cell(str(row["persona_type"]), str(row["persona"]), str(row["period"]))] = row["contacts"]  # type: ignore[assignment]
    for row in tables["decision_makers"]:
        value = f"{row['persona']}|{row['seniority']}|{row['department']}"
        shown[Cell("decision_maker", value, str(row["period"]))] = row["contacts"]  # type: ignore[assignment]
    return shown


def given_away(
    tables: Mapping[str, list[dict[str, object]]],
    contacts: Iterable[Contact],
    window_quarters: int = 4,
    minimum: int = 5,
    copy: Mapping[str, list[dict[str, object]]] | None = None,
    of_copy: bool = False,
) -> list[Cell]:
    """Hidden cells on fewer deals than the minimum whose number of contacts the attacker finds out exactly.

    `copy` is what was published a quarter earlier, if the attacker kept it; with `of_copy` it is its hidden cells that count.
    """
    rows = list(contacts)
    parts = _PARTS
    kinds = sorted({(person, role) for _, _, person, role, _ in rows})
    unknowns = [(person, role, part) for person, role in kinds for part in parts]
    place = {unknown: number for number, unknown in enumerate(unknowns)}
    truth = np.zeros(len(unknowns))
    for _, _, person, role, closed in rows:
        truth[place[person, role, _part(closed)]] += 1

    def members(cell: Cell, quarters_ago: int = 0) -> np.ndarray:
        vector = np.zeros(len(unknowns))
        covered = _covers(cell.period, window_quarters, quarters_ago)
        for (person, role, part), number in place.items():
            if part in covered and _belongs(cell, person, role):
                vector[number] = 1
        return vector

    shown = cells(copy if copy and of_copy else tables)
    equations: list[tuple[np.ndarray, float]] = []
    for quarters_ago, published_ in enumerate([tables, copy] if copy else [tables]):
        equations += [
            (members(cell, quarters_ago), contacts_)
            for cell, contacts_ in cells(published_).items()
            if contacts_ is not None
        ]
        everybody = {period: members(Cell("everybody", "", period), quarters_ago) for period in PERIODS}
        deciders = {period: members(Cell("deciders", "", period), quarters_ago) for period in PERIODS}
        for row in published_["contact_coverage"]:
            if row["won_contacts_per_deal"] is not None or row["lost_contacts_per_deal"] is not None:
                total = (
                    float(row["won_contacts_per_deal"] or 0) * row["won_deals"]
                    + float(row["lost_contacts_per_deal"] or 0) * row["lost_deals"]
                )  # type: ignore[operator, arg-type]
                equations.append((everybody[str(row["period"])], round(total)))
        for row in published_["decision_makers"]:
            equations.append((deciders[str(row["period"])], row["all_contacts"]))  # type: ignore[arg-type]
    matrix = np.array([vector for vector, _ in equations]).reshape(-1, len(unknowns))
    values = np.array([float(value) for _, value in equations])
    assert np.allclose(matrix @ truth, values), "the attacker's sums are not those of the tables"
    lost = []
    for cell in [cell for cell, contacts_ in shown.items() if contacts_ is None]:
        within = _covers(cell.period, window_quarters, int(of_copy))
        deals = {
            deal for deal, _, person, role, closed in rows
            if _belongs(cell, person, role) and _part(closed) in within
        }  # fmt: skip
        if not 0 < len(deals) < minimum:
            continue
        vector = members(cell, int(of_copy))
        ends = [linprog(sign * vector, A_eq=matrix, b_eq=values, bounds=(0, None), method="highs") for sign in (1, -1)]
        # 3: nothing that is published says how large it may be at most
        assert {end.status for end in ends} <= {0, 3}
        if all(end.status == 0 for end in ends) and -ends[1].fun - ends[0].fun < 1 - 1e-6:
            lost.append(cell)
    return lost


def random_company(seed: int, contacts_per_deal: int = 1) -> list[Contact]:
    """Deals over two years with few kinds of people, so that many counts are small."""
    maker = random.Random(seed)
    departments = ["finance", "sales", "it", "legal"][: maker.randint(2, 4)]
    people = []
    for department in departments:
        for seniority in maker.sample(["c_level", "vp", "manager"], maker.randint(1, 3)):
            people.append(f"{seniority} of {department}|{seniority}|{department}")
    if maker.random() < 0.5:
        # a persona that spans departments
        people.append(f"{people[0].split('|')[0]}|{people[0].split('|')[1]}|{departments[-1]}")
    weights = [maker.choice([1, 1, 3, 8]) for _ in people]
    roles = ["champion", "decision_maker", "economic_buyer", ""][maker.randint(0, 1) :]
    found: list[Contact] = []
    for number in range(maker.randint(20, 90)):
        closed = date(2024, 1, 1) + timedelta(days=maker.randint(0, 730))
        for _ in range(contacts_per_deal):
            person = maker.choices(people, weights)[0]
            found.append((f"d{number}", maker.choice(["won", "lost"]), person, maker.choice(roles), closed))
    return found


def _quarters_before(day: date, quarters: int) -> date:
    months = day.year * 12 + day.month - 1 - 3 * quarters
    return date(months // 12, months % 12 + 1, 1)


_PARTS = tuple(range(12))
"""Parts of time: the quarter under review, the quarters before it one by one, and all before those."""


def _part(closed: date) -> int:
    ago = (date(2025, 10, 1).year * 4 + 3) - (closed.year * 4 + (closed.month - 1) // 3)
    return min(ago, _PARTS[-1])


def _covers(period: str, window_quarters: int, quarters_ago: int = 0) -> tuple[int, ...]:
    """The parts a period covers, in what was published so many quarters ago."""
    length = {"quarter": 1, "window": window_quarters}
    if period == "previous_quarter":
        return (quarters_ago + 1,)
    return tuple(range(quarters_ago, quarters_ago + length[period])) if period in length else _PARTS[quarters_ago:]


def _belongs(cell: Cell, person: str, role: str) -> bool:
    persona, seniority, department = person.split("|")
    return {
        "persona": persona == cell.value,
        "seniority": seniority == cell.value,
        "department": department == cell.value,
        "buying_role": role == cell.value,
        "persona_in_role": bool(role) and f"{persona} as {role.replace('_', ' ')}" == cell.value,
        "decision_maker": role in DECIDING and person == cell.value,
        "everybody": True,
        "deciders": role in DECIDING,
    }[cell.kind]
