"""How much less deals tell that share an account or an owner, where segments, competitors, loss reasons and contacts are compared.

Accounts have a vendor in the house, owners a reason they always give, and both win more or less often than others: deals of one
are no independent deals. What is compared counts for fewer by the design effect of the trailing window (docs/decisions/0082).
"""

from __future__ import annotations

import math
from dataclasses import asdict, fields

from winloss.advice.deals import answers_design, decisions, design_of, of_window, segment_sums, two_sided_designs
from winloss.advice.parameters import UNKNOWN
from winloss.advice.statistics import ClusterSums, DesignEffect, design_effect
from winloss.advice.steps import account_attributes, ordered_cuts, parameters, recommendable_dimensions, window_quarters
from winloss.quoting import text_literal
from winloss.rows import Reader, Row, number
from winloss.settings import declared

SEGMENT_DESIGNS = {
    "dimension": "text",
    "cluster": "text",
    **{column.name: "integer" if column.type == "int" else "number" for column in fields(ClusterSums)},
    "design_effect": "number",
    "degrees": "number",
}

DESIGNS = {"comparison": "text", "design_effect": "number", "degrees": "number"}

COMPETITORS = "competitors"
COMPETITOR_REASONS = "competitor loss reasons"
MOMENTS = {"contacts at close": "at_close", "contacts early": "early"}
"""Comparisons of deals by how many contacts they had, with the columns that say it."""


def segment_designs(reader: Reader) -> list[Row]:
    """One row per dimension or cut and kind of cluster that decisions of the window share: sums, and the design effect.

    Asked once for all that compares segments of the window: recommendations, what moved the win rate, the scorecard of accounts.
    """
    window = window_quarters(reader)
    if not window:
        return []
    changes = reader.rows(f"select distinct dimension from {reader.relation('int_segment_quarters')}")
    recommendable = recommendable_dimensions(reader)
    dimensions = sorted({*recommendable, *account_attributes(reader), *(str(row["dimension"]) for row in changes)})
    found = segment_sums(reader, dimensions, window, parameters(reader), ordered_cuts(reader, recommendable))
    rows: list[Row] = []
    for dimension, sums in found.items():
        for cluster, of_cluster in sums.items():
            design = design_effect(of_cluster)
            degrees = design.degrees if math.isfinite(design.degrees) else None
            told: Row = {"design_effect": design.factor, "degrees": degrees}
            rows.append({"dimension": dimension, "cluster": cluster, **asdict(of_cluster), **told})
    return rows


def design_effects(reader: Reader) -> list[Row]:
    """One row per comparison with its design effect, 1 where deals share nothing; degrees of freedom are null where they are many."""
    constants = parameters(reader)
    stated = {str(row["setting"]): row["value"] for row in reader.table("dim_settings")}
    many = int(str(stated.get("many_contacts", declared()["many_contacts"].default)))
    designs = {
        COMPETITORS: design_of(reader, _named(reader), "competitor", constants),
        COMPETITOR_REASONS: answers_design(reader, _reasons(reader), "competitor", constants),
    }
    found = two_sided_designs(reader, _contacts(reader, many), list(MOMENTS.values()), constants)
    designs |= {comparison: found[column] for comparison, column in MOMENTS.items()}
    return [
        {
            "comparison": comparison,
            "design_effect": design.factor,
            "degrees": round(design.degrees, 3) if math.isfinite(design.degrees) else None,
        }
        for comparison, design in designs.items()
    ]


def stated_design(reader: Reader, comparison: str) -> DesignEffect:
    """The design effect that int_design_effects states of a comparison."""
    for row in reader.table("int_design_effects"):
        if row["comparison"] == comparison:
            degrees = row["degrees"]
            return DesignEffect(number(row["design_effect"]), math.inf if degrees is None else number(degrees))
    return DesignEffect()


def _named(reader: Reader) -> str:
    """Deals of the window that name a vendor, by the one they name, those that name several as one more."""
    return f"""(
    select deals.deal_key, deals.account_key, deals.owner, deals.is_won, deals.closed_quarter, vendors.competitor
    from {decisions(reader)}
    inner join ({_vendors(reader)}) as vendors on deals.deal_key = vendors.deal_key
    {of_window(reader)}
) as deals"""


def _vendors(reader: Reader) -> str:
    return f"""select deal_key, case when vendors_on_deal > 1 then 'several competitors' else competitor end as competitor
    from {reader.relation("bridge_deal_competitors")}
    where is_first_vendor"""


def _reasons(reader: Reader) -> str:
    """Lost deals that name a vendor, by the one they name and with their reason."""
    return f"""(
    select deals.deal_key, deals.account_key, deals.owner, deals.loss_reason_category as answer, vendors.competitor
    from {decisions(reader)}
    inner join ({_vendors(reader)}) as vendors on deals.deal_key = vendors.deal_key
    {of_window(reader)}
    where deals.is_won = 0
) as deals"""


def _contacts(reader: Reader, many: int) -> str:
    """Deals of the window with a contact, by whether they had many at each moment, inside like deals; `unknown` who is not of the moment."""
    [found] = reader.rows(
        f"select max(landmark_days) as day from {reader.relation('int_contact_strata')} where period = 'window' and moment = 'early'"
    )

    def side(contacts: str) -> str:
        return f"case when counted.{contacts} >= {many} then 'many' else 'few' end"

    early = text_literal(UNKNOWN, reader.engine)
    if found["day"] is not None:
        day = int(number(found["day"]))
        was_open = f"counted.is_dated and counted.open_after_days >= {day}"
        early = f"case when {was_open} then {side(f'contacts_by_{day}')} else {early} end"
    return f"""(
    select
        counted.account as deal_key, counted.account as account_key, counted.seller as owner, counted.is_won,
        counted.closed_quarter || ' ' || counted.deal_size_band || ' ' || counted.deal_type as closed_quarter,
        {side("contacts_at_close")} as at_close,
        {early} as early
    from {reader.relation("int_contacts_by_deal")} as counted
    where counted.account is not null and counted.decision_line = 1
) as deals"""
