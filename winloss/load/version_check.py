"""Lines that have the id of another line of their file and other content: what a build rejects, and when it stops.

The same rule stands in the macro `versions_of_lines`, for the lines as the models type them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import duckdb

from winloss.load.aliases import seed_rows
from winloss.load.columns import COLUMNS
from winloss.load.plan import ReadingPlan
from winloss.quoting import identifier
from winloss.settings import defaults

TWO_VERSIONS = "two_versions"
_REPEATED = "repeated_ids"
SAID = "another line of the file has the same id and other content, and nothing says which is newer"
_KEYS = {"deals": "deal_id", "accounts": "account_id", "contacts": "contact_id"}
# What of a record is no content of its own: what finds or names it, dates it, or stands on lines of their own.
_NO_CONTENT = frozenset(
    "deal_id deal_name modified_at merged_ids merged_into contact_id contact_ids contact_name contact_names contact_emails contact_title "
    "first_name last_name email account_name_hash deal_ids".split()
)


@dataclass(frozen=True)
class Versions:
    """Whether of any record a version had to be chosen, and the sentence with which a build stops, None where it does not."""

    are_chosen: bool
    refusal: str | None


def find_two_versions(
    plan: ReadingPlan, crm: str, engine: duckdb.DuckDBPyConnection, variables: Mapping[str, object]
) -> Versions:
    """Puts such lines of deals, accounts and contacts into the table `two_versions` (object, source_file, source_line)."""
    engine.execute(
        f"create or replace temporary table {TWO_VERSIONS} (object varchar, source_file varchar, source_line bigint)"
    )
    chosen = False
    for object_name, key in _KEYS.items():
        if not any(reading.object == object_name for reading in plan.layout.readings):
            continue
        # only ids that stand on several lines, be they records or not, can have versions, and few do
        engine.execute(
            f"create or replace temporary table {_REPEATED} as select {key} from ({plan.statements[object_name]}) as lines "
            f"where {key} is not null group by {key} having count(*) > 1"
        )
        if not engine.execute(f"select 1 from {_REPEATED} limit 1").fetchone():
            continue
        engine.execute(f"insert into {TWO_VERSIONS} {_two_versions_sql(plan, crm, object_name)}")
        if object_name == "deals":
            chosen = _is_any_chosen(plan, crm, engine)
    stated = variables.get("maximum_two_versions_share")
    most = float(stated) if isinstance(stated, (int, float)) else float(defaults()["maximum_two_versions_share"])
    worst = engine.execute(
        f"select source_file, left_out, records from ("
        f"select source_file, count(*) as records, count(found.source_line) as left_out "
        f"from ({plan.statements['deals']}) as lines left join (select * from {TWO_VERSIONS} where object = 'deals') as found "
        f"using (source_file, source_line) group by source_file) where left_out > $1 * records order by source_file limit 1",
        [most],
    ).fetchone()
    refusal = None
    if worst:
        name, left_out, records = worst
        refusal = (
            f"{name}: {left_out} of {records} records have the id of another record and other content, so that they cannot be told apart. "
            "Read the column with the id of the deal as deal_id, not a name; or set maximum_two_versions_share to at least "
            f"{ceil(100 * left_out / records) / 100}."
        )
    return Versions(chosen, refusal)


def _is_any_chosen(plan: ReadingPlan, crm: str, engine: duckdb.DuckDBPyConnection) -> bool:
    row = engine.execute(
        f"select 1 from ({plan.statements['deals']}) as lines semi join {_REPEATED} using (deal_id) where line_problem is null "
        f"group by deal_id having count(distinct {_content(crm, 'deals')}) > 1 limit 1"
    ).fetchone()
    return row is not None


def _content(crm: str, object_name: str) -> str:
    left_out = set(_NO_CONTENT)
    rules = next((row for row in seed_rows("crm_rules") if row["crm"] == crm), {})
    if object_name == "deals" and rules.get("lines_are_products") == "true":
        left_out.add("product")
    columns = [column.name for column in COLUMNS[object_name] if column.name not in left_out | {_KEYS[object_name]}]
    return f"hash({', '.join(map(identifier, columns))})"


def _two_versions_sql(plan: ReadingPlan, crm: str, object_name: str) -> str:
    key = _KEYS[object_name]
    newest_first = (
        "order by modified_at desc nulls last, file_order desc nulls last, source_file desc, source_line desc"
    )
    return f"""
        select '{object_name}', source_file, source_line
        from (
            select
                source_file,
                source_line,
                modified_at,
                row_number() over (partition by id {newest_first}) as newest_first,
                first_value(source_file) over (partition by id {newest_first}) as newest_file,
                first_value(modified_at) over (partition by id {newest_first}) as newest_modified_at,
                count(*) over (partition by id, source_file, modified_at) as lines_of_one_time,
                count(*) over (partition by id, source_file, modified_at, content) as lines_alike
            from (
                select *, {key} as id, {_content(crm, object_name)} as content
                from ({plan.statements[object_name]}) as lines
                semi join {_REPEATED} using ({key})
                where line_problem is null
            ) as repeated
        ) as ranked
        where newest_first > 1 and newest_file = source_file and newest_modified_at is not distinct from modified_at
            and lines_alike < lines_of_one_time
    """
