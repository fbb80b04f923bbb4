"""What a person sees in the files before any build: deals by quarter and outcome, currencies, the commonest words, versions.

Counted by the engine over the lines as they are loaded. Of cells only the words of categories are shown, and only where a column has few
of them that stand on several lines each: what a person wrote, and who did, never is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import duckdb

from winloss.load.aliases import seed_rows
from winloss.load.clock import ZONED_MOMENT, landed_day_sql
from winloss.load.columns import Column
from winloss.load.layout import fiscal_year_start_month
from winloss.load.parsing import OUTCOMES
from winloss.load.plan import ReadingPlan
from winloss.quoting import identifier, literal

MOST_DISTINCT_VALUES = 30
SHOWN_VALUES = 6
SHOWN_QUARTERS = 12
NO_DATE = "no date"
SEEN = "deals_seen"
_NOT_COUNTED = "lines_not_counted"
_WORDS = "stated_words"

_NUMBERED = r"^(stage|phase|step|stufe|etape|étape|etapa|fase)? ?[0-9]+ ?[.):-]* ?(\p{L})"

# Signs as web pages write them; the models read all, and the ampersand last, so that what was written as &amp;lt; stays &lt;.
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&apos;": "'", "&nbsp;": " ", "&amp;": "&"}

# What a field of one's own may be called that holds a person.
A_PERSON = re.compile(
    r"owner|manager|rep$|rep[ _]|seller|contact|name|mail|person|agent|user|created by|vertriebl|verkäufer|betreuer|ansprechpartner|verantwort"
    r"|responsa|comm?ercial|vende|vendit|verkoper|propriet|gestor|担当",
    re.IGNORECASE,
)


def contents(
    plan: ReadingPlan, crm: str, engine: duckdb.DuckDBPyConnection, variables: Mapping[str, object]
) -> list[str]:
    """Lines on all files of deals together; `plan` reads tables that stand in `engine`."""
    engine.execute(f"create or replace temporary table {SEEN} as {_deals_seen_sql(plan, crm, variables)}")
    engine.execute(
        f"create or replace temporary table {_NOT_COUNTED} as select source_file, source_line from {SEEN} "
        "where not is_counted or outcome_seen is not distinct from 'deleted'"
    )
    counted = engine.execute(
        f"select count(*), count(*) filter (where is_counted and outcome_seen is distinct from 'deleted') from {SEEN}"
    ).fetchone()
    if not counted or not counted[1]:
        return []
    lines, deals = counted
    told = ["", f"All files of deals: {lines} lines, {deals} deals."]
    told += _by_quarter(engine, variables)
    told += _merged(plan, engine)
    counted_lines = f"({plan.statements['deals']}) as lines anti join {_NOT_COUNTED} using (source_file, source_line)"
    told += _currencies(engine, counted_lines)
    told += _commonest(plan, engine, counted_lines)
    return told


def versions(engine: duckdb.DuckDBPyConnection) -> list[str]:
    """Per file of deals, how many of its deals count and how many have a newer version in another file, after `contents`."""
    rows = engine.execute(
        f"select source_file, count(distinct deal), count(distinct case when is_counted then deal end) from {SEEN} "
        f"where deal is not null group by source_file order by min(file_order) nulls last, source_file"
    ).fetchall()
    return [
        f"  {name}: {counting} of {deals} deals count"
        + (f", {deals - counting} have a newer version" * (deals > counting))
        + "."
        for name, deals, counting in rows
    ]


def _deals_seen_sql(plan: ReadingPlan, crm: str, variables: Mapping[str, object]) -> str:
    """One row per line of the deal files, with the outcome as far as it can be seen and whether the line is the version that counts."""
    rules = next((row for row in seed_rows("crm_rules") if row["crm"] == crm), {})
    known = {row["word"].strip().lower(): row["outcome"] for row in seed_rows("outcome_words")}
    known |= {word: word for word in OUTCOMES} | {"deleted": "deleted"}
    stages = {
        row["stage"].strip().lower(): row["outcome"].strip().lower()
        for name in ("*", crm)
        for row in seed_rows("stage_map")
        if row["crm"] == name
    }
    plain_stages = plain_stage_words(stages)
    of_stage = "stages.outcome_of_stage"
    by_flags = (
        "case when is_won = 'true' then 'won' when is_closed = 'false' then 'open' "
        f"when is_lost = 'true' or (is_closed = 'true' and is_won = 'false') then case when {of_stage} = 'disqualified' then 'disqualified' else 'lost' end "
        "when is_won = 'false' and is_lost = 'false' and is_closed is null then 'open' "
        f"when is_won = 'false' and {of_stage} = 'won' then 'lost' else {of_stage} end"
    )
    has_no_flag = "coalesce(is_won, is_lost, is_closed) is null"
    outcome = (
        "case when is_deleted = 'true' then 'deleted' when deals.outcome is not null then known.outcome "
        f"when {has_no_flag} and won_on is not null and lost_on is null then 'won' "
        f"when {has_no_flag} and lost_on is not null and won_on is null then 'lost' "
        + (f"else {by_flags} end" if rules.get("stage_tells_outcome") == "true" else "end")
    )
    zone = str(variables.get("time_zone") or "UTC")
    return f"""
        with deals as (

            select *, case when line_problem is null then coalesce(deal_id, made_from) end as deal
            from ({plan.statements["deals"]}) as lines

        ),

        -- only a deal that stands on several lines has versions
        repeated as (select deal from deals where deal is not null group by deal having count(*) > 1),

        ranked as (

            select
                source_file,
                source_line,
                row_number() over (
                    partition by deal
                    order by modified_at desc nulls last, file_order desc nulls last, source_file desc, source_line desc
                ) as newest_first
            from deals
            semi join repeated using (deal)

        ),

        -- a file has few stages, and each is looked up once
        stages as (

            select stated.stage, coalesce(whole_stages.outcome, plain_stages.outcome) as outcome_of_stage
            from (select distinct stage from deals) as stated
            left join ({_values(stages)}) as whole_stages on lower(stated.stage) = whole_stages.word
            left join ({_values(plain_stages)}) as plain_stages
                on whole_stages.word is null and {plain_stage_sql("stated.stage")} = plain_stages.word

        ),

        decided as (

            select
                deals.*,
                {outcome} as outcome_seen,
                coalesce(ranked.newest_first, 1) = 1 and deal is not null as is_counted
            from deals
            left join ranked using (source_file, source_line)
            left join ({_values(known)}) as known on lower(trim(deals.outcome)) = known.word
            left join stages on deals.stage = stages.stage

        ),

        closed as (

            select *, {_local_day_sql("closed_at", zone)} as closed_text
            from (
                select
                    *,
                    case outcome_seen
                        when 'won' then coalesce(won_on, closed_on) when 'lost' then coalesce(lost_on, closed_on) else closed_on
                    end as closed_at
                from decided
            )

        )

        select
            source_file,
            source_line,
            file_order,
            deal,
            is_counted,
            outcome_seen,
            {landed_day_sql("closed_text")} as closed_day
        from closed
    """


def plain_stage_sql(cell: str) -> str:
    """SQL of a stage as it is looked up where its own words are not listed; the models' macro is `stage_word`."""
    lower = f"lower(nfc_normalize(regexp_replace({cell}, '\\s+\\([^()]*\\)$', '')))"
    unnumbered = f"regexp_replace({lower}, {literal(_NUMBERED)}, '\\2')"
    return f"trim(regexp_replace({unnumbered}, '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"


def plain_stage_words(stages: Mapping[str, str]) -> dict[str, str]:
    """What stages mean, by their words alone; without those that then mean two things."""
    found: dict[str, set[str]] = {}
    for stage, outcome in stages.items():
        lower = re.sub(_NUMBERED.replace(r"(\p{L})", r"([^\W\d_])"), r"\2", unicodedata.normalize("NFC", stage.lower()))
        found.setdefault(re.sub(r"[\W_]+", " ", lower).strip(), set()).add(outcome)
    return {word: outcomes.pop() for word, outcomes in found.items() if word and len(outcomes) == 1}


def _values(pairs: Mapping[str, str]) -> str:
    rows = ", ".join(f"({literal(word)}, {literal(outcome)})" for word, outcome in pairs.items())
    return f"select * from (values {rows}) as pairs (word, outcome)"


def _local_day_sql(moment: str, zone: str) -> str:
    """SQL of the day of a stated moment in the company's zone, as the models have it; midnight UTC is a day without a time."""
    in_utc = f"(try_cast(regexp_replace({moment}, ' ?(Z|UTC|GMT)$', '+00') as timestamptz) at time zone 'UTC')"
    local = f"case when {in_utc} = date_trunc('day', {in_utc}) then {in_utc} else {in_utc} at time zone 'UTC' at time zone {literal(zone)} end"
    is_zoned = f"regexp_full_match({moment}, '{ZONED_MOMENT}')"
    return f"case when length({moment}) > 10 and {is_zoned} then coalesce(cast({local} as varchar), {moment}) else {moment} end"


def _quarter_sql(day: str, variables: Mapping[str, object]) -> str:
    """SQL of the name of the quarter of a day: by seeds/fiscal_quarters.csv where it has lines, else by the month the fiscal year starts in."""
    quarters = sorted((row["starts_on"], row["quarter"]) for row in seed_rows("fiscal_quarters") if row["starts_on"])
    if quarters:
        branches = " ".join(
            f"when {day} >= date {literal(starts_on)} then {literal(name)}" for starts_on, name in reversed(quarters)
        )
        return f"case {branches} when {day} is not null then 'before {quarters[0][1]}' end"
    month = fiscal_year_start_month(variables)
    # named by the fiscal year's last calendar year
    shifted = f"({day} + interval {(13 - month) % 12} month)"
    prefix = "" if month == 1 else "FY"
    return f"{literal(prefix)} || year({shifted}) || '-Q' || quarter({shifted})"


def _by_quarter(engine: duckdb.DuckDBPyConnection, variables: Mapping[str, object]) -> list[str]:
    # deals close on few days, and the quarter of each is told once
    rows = engine.execute(
        f"select coalesce({_quarter_sql('closed_day', variables)}, '{NO_DATE}'), sum(won)::bigint, sum(lost)::bigint "
        f"from (select closed_day, count(*) filter (where outcome_seen = 'won') as won, count(*) filter (where outcome_seen = 'lost') as lost "
        f"from {SEEN} where is_counted and outcome_seen in ('won', 'lost') group by all) group by 1 order by min(closed_day) nulls last"
    ).fetchall()
    others = engine.execute(
        f"select coalesce(outcome_seen, 'with an outcome that is not known'), count(*) from {SEEN} where is_counted "
        f"and outcome_seen is distinct from 'won' and outcome_seen is distinct from 'lost' group by all order by 2 desc, 1"
    ).fetchall()
    told = ["  Closed deals by the quarter of the close date in the files:"] if rows else []
    quarters, undated = [row for row in rows if row[0] != NO_DATE], [row for row in rows if row[0] == NO_DATE]
    earlier = quarters[:-SHOWN_QUARTERS]
    if earlier:
        span = " to ".join(dict.fromkeys([earlier[0][0], earlier[-1][0]]))
        told.append(f"    {span}: {sum(row[1] for row in earlier)} won, {sum(row[2] for row in earlier)} lost")
    shown = [*quarters[-SHOWN_QUARTERS:], *undated]
    told += [f"    {quarter}: {won} won, {lost} lost" for quarter, won, lost in shown]
    if not rows:
        told.append("  No deal is won or lost as far as can be seen.")
    return told + ([f"  Others: {', '.join(f'{number} {outcome}' for outcome, number in others)}"] if others else [])


def _merged(plan: ReadingPlan, engine: duckdb.DuckDBPyConnection) -> list[str]:
    """Of deals that the CRM merged into another one, which a build leaves out, how many are counted here."""
    held = {name for name, *_ in engine.execute(f"describe {plan.statements['deals']}").fetchall()}
    if not {"merged_ids", "merged_into"} <= held:
        return []
    row = engine.execute(
        f"""with deals as (select deal_id, merged_ids, merged_into from ({plan.statements["deals"]}) as lines where line_problem is null),
        merged as (
            select trim(unnest(regexp_split_to_array(merged_ids, '[;,]'))) as deal_id, deal_id as survivor_id from deals
            union all
            select deal_id, merged_into from deals
        )
        select count(distinct deal_id) from deals semi join merged on deals.deal_id = merged.deal_id and merged.survivor_id != merged.deal_id"""
    ).fetchone()
    merged = row[0] if row else 0
    were = "deal was" if merged == 1 else "deals were"
    return [f"  {merged} {were} merged into another: counted here, left out by a build."] if merged else []


def _currencies(engine: duckdb.DuckDBPyConnection, counted_lines: str) -> list[str]:
    row = engine.execute(f"select count(currency) from {counted_lines}").fetchone()
    if not row or not row[0]:
        return []
    return _values_of(engine, "currencies", "currency", counted_lines)


def _commonest(plan: ReadingPlan, engine: duckdb.DuckDBPyConnection, counted_lines: str) -> list[str]:
    """The commonest words of each dimension that the deals and accounts state, and of what says the outcome."""
    told: list[str] = []
    accounts = f"({plan.statements['accounts']}) as lines where line_problem is null"
    for object_name, source in (("deals", counted_lines), ("accounts", accounts)):
        headers: dict[Column, list[str]] = {}
        for reading in plan.layout.readings:
            if reading.object == object_name:
                for binding in reading.bindings.values():
                    headers.setdefault(binding.column, []).extend(cell.header for cell in binding.cells)
        said = [column for column in headers if column.name in ("outcome", "stage") and object_name == "deals"]
        shown = [column for column in headers if column.is_dimension and not _holds_persons(column, headers[column])]
        for column in sorted(said, key=lambda column: column.name) + shown:
            told += _values_of(engine, column.name, column.name, source)
    return ["  Commonest values:", *told] if told else []


def _holds_persons(column: Column, headers: Sequence[str]) -> bool:
    return column.is_person or (column.is_own and any(A_PERSON.search(header) for header in headers))


def _values_of(engine: duckdb.DuckDBPyConnection, title: str, column: str, source: str) -> list[str]:
    """The commonest values of a column, with how many lines each stands on; of one that may hold anything, only how many there are."""
    cell = identifier(column)
    indent = "  " if title == "currencies" else "    "
    # of many lines there are few words, and all questions are put to these
    engine.execute(
        f"create or replace temporary table {_WORDS} as select {cell} as stated, count(*) as uses from {source} group by all"
    )
    counted = engine.execute(
        "select coalesce(sum(uses) filter (where stated is not null), 0)::bigint, count(stated), bool_or(contains(stated, '@')), "
        f"coalesce(sum(uses) filter (where stated is null), 0)::bigint from {_WORDS}"
    ).fetchone()
    filled, distinct, has_address, empty = counted or (0, 0, False, 0)
    if not distinct:
        return []
    without = f"; empty {empty}" if empty else ""
    if distinct > MOST_DISTINCT_VALUES or has_address or filled < 2 * distinct:
        return [f"{indent}{title}: {distinct} different value{'s' * (distinct != 1)}{without}"]
    # what only looks different is one word, as it is to the models; its commonest spelling is shown
    read = "stated"
    for entity, sign in _ENTITIES.items():
        read = f"replace({read}, {literal(entity)}, {literal(sign)})"
    key = f"trim(regexp_replace(lower(nfc_normalize({read})), '[\\s\\x{{A0}}\\x{{202F}}\\x{{200B}}]+', ' ', 'g'))"
    alike = (
        "select arg_min(word, (-uses, word)) as word, sum(uses)::bigint as uses from ("
        f"select {read} as word, {key} as alike, sum(uses) as uses from {_WORDS} where stated is not null group by all) group by alike"
    )
    rows = engine.execute(
        f"select word, uses, words from (select *, count(*) over () as words from ({alike})) where uses > 1 order by 2 desc, 1 limit {SHOWN_VALUES}"
    ).fetchall()
    others = rows[0][2] - len(rows) if rows else distinct
    shown = [f"{' '.join(str(value).split())} {number}" for value, number, _ in rows]
    more = [f"{others} more"] if others else []
    return [f"{indent}{title}: {', '.join(shown + more)}{without}"]
