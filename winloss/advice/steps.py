"""What is asked of the marts and what is made of the answers: the steps behind the advice tables.

Each step takes a `Reader`, which runs SQL over the marts on whatever engine holds them, and
returns plain rows. dbt's Python models and the command line both call these steps.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from winloss.advice import loss_reasons, personas, qualification, recommendations, selection
from winloss.advice.counts import ATTRIBUTES
from winloss.advice.deals import of_decision, of_window, stated_sums, window_deals
from winloss.advice.parameters import UNKNOWN, Parameters, parameters_from
from winloss.rows import Reader, Row, number

EVIDENCE = {
    "dimension": "text",
    "segment": "text",
    "second_dimension": "text",
    "second_segment": "text",
    "segment_label": "text",
    "rank": "integer",
    "action": "text",
    "best_bet": "truth",
    "is_candidate": "truth",
    "title": "text",
    "rationale": "text",
    "closed_deals": "integer",
    "won_deals": "integer",
    "lost_deals": "integer",
    "win_rate": "number",
    "win_rate_low": "number",
    "win_rate_high": "number",
    "shrunken_win_rate": "number",
    "other_closed_deals": "integer",
    "other_win_rate": "number",
    "difference": "number",
    "difference_low": "number",
    "difference_high": "number",
    "adjusted_difference": "number",
    "expected_lift": "number",
    "expected_lift_low": "number",
    "expected_lift_high": "number",
    "p_value": "number",
    "q_value": "number",
    "claim_step": "integer",
    "adjusted_for": "text",
    "explained_by": "text",
    "shift_points": "number",
    "extra_wins_per_100": "number",
    "extra_wins_low": "number",
    "extra_wins_high": "number",
    "value_weighted_win_rate": "number",
    "value_weighted_low": "number",
    "value_weighted_high": "number",
    "effective_deals": "number",
    "min_detectable_difference": "number",
    "deals_needed": "integer",
    "not_judged": "text",
    "caveat_codes": "text",
    "caveats": "text",
    "window_start": "text",
    "window_end": "text",
    "window_deals": "integer",
    "window_won_deals": "integer",
    "comparisons": "integer",
    "is_fallback": "truth",
    "no_claim_sentence": "text",
    "method_version": "text",
}
"""Columns of the evidence table."""

PERSONAS = {
    "persona_type": "text",
    "persona": "text",
    "action": "text",
    "rationale": "text",
    "closed_deals": "integer",
    "won_deals": "integer",
    "lost_deals": "integer",
    "win_rate": "number",
    "win_rate_low": "number",
    "win_rate_high": "number",
    "other_closed_deals": "integer",
    "other_win_rate": "number",
    "difference": "number",
    "difference_low": "number",
    "difference_high": "number",
    "adjusted_difference": "number",
    "expected_lift": "number",
    "expected_lift_low": "number",
    "expected_lift_high": "number",
    "p_value": "number",
    "q_value": "number",
    "landmark_days": "integer",
    "early_closed_deals": "integer",
    "undated_deals": "integer",
    "later_deals": "integer",
    "is_refused": "truth",
    "missing_reason": "text",
    "caveat_codes": "text",
    "caveats": "text",
    "method_version": "text",
}

THRESHOLD = {
    "is_predictive": "truth",
    "grade": "text",
    "may_know_outcome": "truth",
    "missing_reason": "text",
    "scored_deals": "integer",
    "closed_deals": "integer",
    "auc": "number",
    "gate_p_value": "number",
    "score_threshold": "number",
    "base_rate": "number",
    "closed_deals_above": "integer",
    "won_deals_above": "integer",
    "win_rate_above": "number",
    "win_rate_above_low": "number",
    "win_rate_above_high": "number",
    "closed_deals_below": "integer",
    "won_deals_below": "integer",
    "win_rate_below": "number",
    "win_rate_below_low": "number",
    "win_rate_below_high": "number",
    "gap": "number",
    "gap_low": "number",
    "gap_high": "number",
    "cross_validated_youden": "number",
    "cross_validated_accuracy": "number",
    "majority_accuracy": "number",
    "in_sample_accuracy": "number",
    "in_sample_false_positives": "integer",
    "in_sample_false_negatives": "integer",
    "rationale": "text",
    "method_version": "text",
}

REASON_CHANGES = {
    "reason": "text",
    "losses": "integer",
    "previous_losses": "integer",
    "share": "number",
    "share_low": "number",
    "share_high": "number",
    "previous_share": "number",
    "change": "number",
    "change_low": "number",
    "change_high": "number",
    "adjusted_change": "number",
    "compared_owners": "integer",
    "p_value": "number",
    "q_value": "number",
    "is_tested": "truth",
    "is_changed": "truth",
    "is_promising": "truth",
    "direction": "text",
    "rationale": "text",
}


def parameters(reader: Reader) -> Parameters:
    """The constants of the method, as this build set them."""
    return parameters_from(reader.table("dim_settings"))


def window_quarters(reader: Reader) -> tuple[str, ...]:
    """Quarters of the window, oldest first; ('unknown',) where no deal has a closed date; () without deals."""
    rows = reader.rows(
        f"""select distinct deals.closed_quarter
from {reader.relation("fct_closed_deals")} as deals
{of_window(reader)}"""
    )
    return tuple(sorted(str(row["closed_quarter"]) for row in rows))


def recommendable_dimensions(reader: Reader) -> list[str]:
    """Dimensions that may carry a recommendation, in order; each is a column of fct_closed_deals."""
    return [str(row["dimension"]) for row in _dimensions(reader)]


def account_attributes(reader: Reader) -> tuple[str, ...]:
    """What accounts are scored by: what every CRM says of an account, then the dimensions of the user's own that say more of it."""
    rows = reader.table("dim_dimensions", "is_account_attribute order by dimension_order")
    return ATTRIBUTES + tuple(str(row["dimension"]) for row in rows if row["dimension"] not in ATTRIBUTES)


def ordered_cuts(reader: Reader, dimensions: Collection[str] | None = None) -> dict[str, dict[str, str]]:
    """Cuts of those of the dimensions (or of all) whose segments have an order: by name, the side each band is on."""
    cuts: dict[str, dict[str, str]] = {}
    for row in reader.table("dim_segment_cuts"):
        if dimensions is None or row["dimension"] in dimensions:
            cuts.setdefault(str(row["cut"]), {})[str(row["segment_part"])] = str(row["segment"])
    return dict(sorted(cuts.items()))


def known_before(reader: Reader) -> list[str]:
    """Dimensions that someone said are known before the deal."""
    return [str(row["dimension"]) for row in _dimensions(reader) if row["is_known_before_the_deal"]]


def _dimensions(reader: Reader) -> list[Row]:
    return reader.rows(
        f"""select dimension, is_known_before_the_deal
from {reader.relation("dim_dimensions")}
where is_recommendable
order by dimension_order"""
    )


def segment_evidence(reader: Reader) -> list[Row]:
    """Every candidate segment and pair with its evidence and, where it may carry one, its recommendation.

    Rows have the columns of `EVIDENCE`; none without closed deals in the window.
    """
    window = window_quarters(reader)
    if not window:
        return []
    constants = parameters(reader)
    dimensions = recommendable_dimensions(reader)
    cuts = ordered_cuts(reader, dimensions)
    source = window_deals(reader, dimensions, window, constants, cuts=cuts, sums=stated_sums(reader))
    found = selection.select(source, [*dimensions, *cuts], constants, known_before=known_before(reader))
    run = selection.run_row(found)
    evidence = selection.evidence_rows(found)
    advised = {_key(row): row for row in recommendations.recommendation_rows(evidence, run, constants)}
    sentence = recommendations.no_claim_sentence(run, evidence, constants)
    result: list[Row] = []
    for row in evidence:
        advice = advised.get(_key(row), {})
        result.append(
            {
                **row,
                "segment_label": recommendations.segment_label(row),
                "rank": advice.get("rank"),
                "title": advice.get("title"),
                "rationale": advice.get("rationale"),
                "window_start": run["window_start"],
                "window_end": run["window_end"],
                "window_deals": run["deals"],
                "window_won_deals": run["won"],
                "comparisons": run["comparisons"],
                "is_fallback": run["is_fallback"],
                "no_claim_sentence": sentence,
            }
        )
    return result


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["dimension"], row["segment"], row.get("second_dimension"), row.get("second_segment")


def persona_evidence(reader: Reader) -> list[Row]:
    """Every persona and buying role on deals of the window, compared at the same number of contacts.

    Counted are the contacts of the first `landmark_days` on deals still open then. Where contacts, or deals,
    lack their dates, it is those on record at the close, from which nothing may be claimed.
    """
    coverage = reader.table("contact_coverage", "period = 'window'")
    if not coverage or not number(coverage[0]["won_deals"]) + number(coverage[0]["lost_deals"]):
        return []
    constants = parameters(reader)
    [facts] = reader.rows(
        f"""{_dated_contacts(reader, constants)}
select
    count(*) as deals,
    coalesce(sum(case when lacks_age then 1 else 0 end), 0) as unaged_deals,
    coalesce(sum(case when lacks_age or lacks_date then 1 else 0 end), 0) as undated_deals,
    coalesce(sum(case when not lacks_age and not lacks_date and closes_early then 1 else 0 end), 0) as early_closed_deals,
    coalesce(sum(case when not lacks_age and not lacks_date and not closes_early and early_contacts = 0 then 1 else 0 end), 0)
    as later_deals
from deals"""
    )
    are_contacts_dated = number(coverage[0]["dated_share"]) >= constants.dated_contacts_share
    are_deals_dated = number(facts["unaged_deals"]) <= (1 - constants.dated_contacts_share) * number(facts["deals"])
    is_early = are_contacts_dated and are_deals_dated
    counts = reader.rows(
        f"""{_dated_contacts(reader, constants)},
compared as (
    select deal_key, is_won, is_decision, {"early_contacts" if is_early else "counted_contacts"} as contact_count
    from deals
    where {"early_contacts > 0 and not lacks_age and not lacks_date and not closes_early" if is_early else "counted_contacts > 0"}
),
present as (
    select 'any' as persona_type, 'any' as persona, deal_key
    from compared
    union all
    select 'persona' as persona_type, persona, deal_key
    from contacts
    where persona != '{UNKNOWN}' and {"is_early" if is_early else "is_counted"}
    group by deal_key, persona
    union all
    select 'buying_role' as persona_type, buying_role as persona, deal_key
    from contacts
    where role_source = 'stated' and {"is_early" if is_early else "is_counted"}
    group by deal_key, buying_role
)
select
    present.persona_type,
    present.persona,
    compared.contact_count,
    count(*) as deals,
    coalesce(sum(compared.is_won), 0) as won,
    sum(compared.is_decision) as decisions,
    sum(compared.is_decision * compared.is_won) as won_decisions
from present
inner join compared on present.deal_key = compared.deal_key
group by present.persona_type, present.persona, compared.contact_count
order by present.persona_type desc, present.persona, compared.contact_count"""
    )
    presence = [row for row in counts if row["persona_type"] != "any"]
    by_count = [row for row in counts if row["persona_type"] == "any"]
    left_out: Row = {name: facts[name] if is_early else 0 for name in personas.LEFT_OUT}
    left_out["are_deals_dated"] = are_deals_dated or not are_contacts_dated
    return personas.persona_evidence(presence, by_count, coverage[0], is_early, constants, left_out)


def _dated_contacts(reader: Reader, constants: Parameters) -> str:
    """Contacts of the window, and its deals that have one: how many by the close, and how many in the first days."""
    return f"""with contacts as (
    select
        contacts.deal_key, contacts.persona, contacts.buying_role, contacts.role_source, contacts.is_counted,
        deals.is_won, deals.decision_line, deals.cycle_days, contacts.added_on,
        coalesce(contacts.added_on <= deals.created_on + interval '{constants.landmark_days}' day, false) as is_early
    from {reader.relation("bridge_deal_contacts")} as contacts
    inner join {reader.relation("fct_closed_deals")} as deals on contacts.deal_key = deals.deal_key
    {of_window(reader)}
),
deals as (
    select
        deal_key,
        max(is_won) as is_won,
        max({of_decision()}) as is_decision,
        max(cycle_days) is null as lacks_age,
        sum(case when added_on is null then 1 else 0 end) > 0 as lacks_date,
        coalesce(max(cycle_days), 0) <= {constants.landmark_days} as closes_early,
        sum(case when is_counted then 1 else 0 end) as counted_contacts,
        sum(case when is_early then 1 else 0 end) as early_contacts
    from contacts
    group by deal_key
    having sum(case when is_counted then 1 else 0 end) > 0
)"""


def recommended_score_threshold(reader: Reader) -> list[Row]:
    """One row: the score threshold to use and what it does, or why there is none. No row without closed deals."""
    window = window_quarters(reader)
    if not window:
        return []
    quarters = ", ".join(f"'{quarter}'" for quarter in window)
    where = f"closed_quarter in ({quarters})"
    relation = reader.relation("fct_closed_deals")
    # an account's deals resemble each other: parted over the folds, some would be judged by their likes
    fold = qualification.fold_sql("coalesce(account_key, deal_key)")
    scores = reader.rows(
        f"""select
    score, fold, sum(decisions) as deals, sum(decisions * is_won) as won, count(*) as shown_deals, sum(is_won) as shown_won
from (
    select
        round(qualification_score, 2) as score, {fold} as fold, is_won,
        {of_decision()} as decisions
    from {relation}
    where {where} and qualification_score is not null
) as scored
group by score, fold
order by score, fold"""
    )
    closed = reader.rows(f"select count(*) as deals from {relation} where {where}")[0]["deals"]
    stated = {str(row["setting"]): row["value"] for row in reader.table("dim_settings")}
    cost = stated.get("cost_to_value")
    # the score of the invented company is set at qualification
    is_known = str(stated.get("score_known_before_the_deal")).lower() == "true" or stated.get("crm") == "sample"
    cost_to_value = float(str(cost)) if cost else None
    return [qualification.threshold(scores, int(closed or 0), parameters(reader), cost_to_value, is_known)]


def loss_reason_changes(reader: Reader) -> list[Row]:
    """Each loss reason in the quarter under review against the previous quarter; inside owners, of whom only sums leave."""
    counted = [
        {
            "reason": row["category"],
            "owner": row["owner"],
            "losses": int(row["lost_deals"] or 0),
            "previous_losses": int(row["previous_lost_deals"] or 0),
            "decisions": int(row["lost_decisions"] or 0),
            "previous_decisions": int(row["previous_lost_decisions"] or 0),
        }
        for row in reader.table("int_loss_reasons_by_owner")
    ]
    if not sum(int(row["losses"] or 0) for row in counted):
        return []
    # a reason of other quarters has a row as well
    seen = {row["reason"] for row in counted}
    listed = reader.table("loss_reasons", "period = 'quarter'")
    counted += [
        {"reason": row["category"], "owner": UNKNOWN, "losses": 0, "previous_losses": 0}
        for row in listed
        if row["category"] not in seen
    ]
    quarter = reader.table("dim_periods", "period = 'quarter'")[0]
    return loss_reasons.reason_changes(counted, parameters(reader), has_ended=not quarter["is_partial"])
