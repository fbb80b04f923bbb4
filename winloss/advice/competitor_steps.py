"""What is asked of the marts about competitors, and what is made of the answers: the steps behind their advice tables."""

from __future__ import annotations

from collections.abc import Sequence

from winloss.advice import competitors
from winloss.advice.deals import of_decision, of_window
from winloss.advice.designs import COMPETITOR_REASONS, COMPETITORS, stated_design
from winloss.advice.steps import parameters
from winloss.quoting import text_literal
from winloss.rows import Reader, Row

CLAIMS = {
    "competitor": "text",
    "p_value": "number",
    "claim_step": "integer",
    "is_claimed": "truth",
    "expected_difference": "number",
    "expected_difference_low": "number",
    "expected_difference_high": "number",
    "deals_needed": "integer",
    "grade": "text",
    "rationale": "text",
}

CHANGES = {
    "quarter": "text",
    "competitor": "text",
    "p_value": "number",
    "q_value": "number",
    "is_tested": "truth",
    "is_changed": "truth",
    "explained_by": "text",
}

REASON_CLAIMS = {
    "competitor": "text",
    "category": "text",
    "p_value": "number",
    "q_value": "number",
    "is_clear": "truth",
}


def competitor_claims(reader: Reader) -> list[Row]:
    """Each vendor that a deal of the window names, against the other deals that name one. Judged are decisions, shown deals."""
    deals = f"""select
    deals.deal_key, deals.closed_quarter, deals.is_won, named.competitor,
    {of_decision(line="deals.decision_line")} as decisions
from {reader.relation("fct_closed_deals")} as deals
inner join {reader.relation("bridge_deal_competitors")} as named on deals.deal_key = named.deal_key and named.kind = 'vendor'
{of_window(reader)}"""

    counts = (
        "sum(decisions) as deals, sum(decisions * is_won) as won, count(*) as shown_deals, sum(is_won) as shown_won"
    )

    def ask(set_aside: Sequence[str]) -> list[Row]:
        listed = ", ".join(text_literal(name, reader.engine) for name in set_aside)
        aside = f"where competitor in ({listed})" if listed else "where 1 = 0"
        return reader.rows(
            f"""with named as ({deals}),
asked as (
    select named.* from named
    left join (select distinct deal_key from named {aside}) as aside on named.deal_key = aside.deal_key
    where aside.deal_key is null
)
select competitor, closed_quarter as quarter, {counts}
from asked
group by competitor, closed_quarter
union all
select null as competitor, closed_quarter as quarter, {counts}
from (select distinct deal_key, closed_quarter, is_won, decisions from asked) as every_deal
group by closed_quarter"""
        )

    return competitors.competitor_claims(ask, parameters(reader), stated_design(reader, COMPETITORS))


def competitor_changes(reader: Reader) -> list[Row]:
    """Each competitor's share of the contested decisions of a quarter against the previous quarter."""
    counted = reader.rows(
        f"""select competitor, closed_quarter as quarter, decisions as deals
from {reader.relation("int_competitor_strata")}
where period = 'all' and closed_quarter != 'unknown' and kind = 'vendor'
union all
select null as competitor, closed_quarter as quarter, count(*) filter (where competition = 'named' and decision_line = 1) as deals
from {reader.relation("fct_closed_deals")}
where closed_quarter != 'unknown'
group by closed_quarter"""
    )
    quarters = sorted({str(row["quarter"]) for row in counted})

    def ask(quarter: str, set_aside: Sequence[str]) -> list[Row]:
        place = quarters.index(quarter)
        asked = ", ".join(text_literal(name, reader.engine) for name in quarters[max(0, place - 1) : place + 1])
        listed = ", ".join(text_literal(name, reader.engine) for name in set_aside)
        return reader.rows(
            f"""with named as (
    select deals.deal_key, deals.closed_quarter, named.competitor, named.kind
    from {reader.relation("fct_closed_deals")} as deals
    inner join {reader.relation("bridge_deal_competitors")} as named on deals.deal_key = named.deal_key
    where deals.closed_quarter in ({asked}) and deals.decision_line = 1
),
asked as (
    select named.* from named
    left join (select distinct deal_key from named where competitor in ({listed})) as aside on named.deal_key = aside.deal_key
    where aside.deal_key is null
)
select competitor, closed_quarter as quarter, count(*) as deals
from asked
where kind = 'vendor'
group by competitor, closed_quarter
union all
select null as competitor, closed_quarter as quarter, count(distinct deal_key) as deals
from asked
group by closed_quarter"""
        )

    return competitors.share_changes(counted, ask, parameters(reader))


def competitor_reason_claims(reader: Reader) -> list[Row]:
    """Each loss reason against each vendor of the window, compared with the losses that name another vendor; decisions, not lines."""
    counted = [
        {
            **row,
            **{name: row[name.replace("deals", "decisions")] for name in row if name.endswith("_deals")},
        }
        for row in reader.table("int_competitor_reasons", "period = 'window' and kind = 'vendor'")
    ]
    counted.sort(key=lambda row: (str(row["competitor"]), str(row["category"])))
    return competitors.reason_claims(counted, parameters(reader), stated_design(reader, COMPETITOR_REASONS))
