"""Whether the build and the floor answer alike: a floor that counts something else would be no floor."""

from __future__ import annotations

from pathlib import Path

import duckdb

# The floor names owners and personas in its own way, so it is compared where both use the same words.
_QUESTIONS = {
    "win_rate_baseline": (
        "select period, closed_deals, won_deals, round(median_won_amount, 6), round(median_lost_cycle_days, 6) "
        "from {build}.marts.win_rate_baseline where closed_deals > 0",
        "select period, closed_deals, won_deals, round(median_won_amount, 6), round(median_lost_cycle_days, 6) from floor.win_rate_baseline",
    ),
    "win_rates_by_dimension": (
        "select period, dimension, lower(segment) as segment, closed_deals, won_deals, round(won_amount, 2), round(median_won_amount, 6), "
        "round(median_lost_cycle_days, 6) from {build}.marts.win_rates_by_dimension "
        "where won_deals > 0 and lost_deals > 0 and dimension not in ('owner')",
        "select period, dimension, lower(segment) as segment, closed_deals, won_deals, round(won_amount, 2), round(median_won_amount, 6), "
        "round(median_lost_cycle_days, 6) from floor.win_rates_by_dimension where dimension not in ('owner')",
    ),
    "win_rates_by_segment_pair": (
        "select period, dimension, lower(segment), second_dimension, lower(second_segment), closed_deals, won_deals, round(median_won_amount, 6) "
        "from {build}.marts.win_rates_by_segment_pair",
        "select period, dimension, lower(segment), second_dimension, lower(second_segment), closed_deals, won_deals, round(median_won_amount, 6) "
        "from floor.win_rates_by_segment_pair",
    ),
    "contact_coverage": (
        "select period, won_deals, won_deals_with_contacts, lost_deals, lost_deals_with_contacts "
        "from {build}.marts.contact_coverage where won_deals + lost_deals > 0",
        "select period, won_deals, won_deals_with_contacts, lost_deals, lost_deals_with_contacts from floor.contact_coverage",
    ),
    "win_rates_by_quarter": (
        "select quarter, closed_deals, won_deals, round(median_won_amount, 6), round(median_lost_cycle_days, 6) from {build}.marts.win_rates_by_quarter",
        "select year(quarter) || '-Q' || quarter(quarter), closed_deals, won_deals, round(median_won_amount, 6), round(median_lost_cycle_days, 6) "
        "from floor.win_rates_by_quarter",
    ),
    "loss_reasons": (
        "select period, category, lost_deals from {build}.marts.loss_reasons where lost_deals > 0",
        "select period, reason, lost_deals from floor.loss_reasons",
    ),
    "loss_reasons_by_dimension": (
        "select period, dimension, lower(segment), category, lost_deals from {build}.marts.loss_reasons_by_dimension "
        "where lost_deals > 0 and dimension != 'owner'",
        "select period, dimension, lower(segment), reason, lost_deals from floor.loss_reasons_by_dimension where dimension != 'owner'",
    ),
    "win_reasons": (
        "select period, win_factor, won_deals from {build}.marts.win_reasons where won_deals > 0",
        "select period, factor, won_deals from floor.win_reasons",
    ),
    "score_thresholds": (
        "select period, round(score_threshold, 2), true_positives, false_positives, false_negatives, true_negatives from {build}.marts.score_thresholds",
        "select period, round(score_threshold, 2), coalesce(true_positives, 0), coalesce(false_positives, 0), coalesce(false_negatives, 0), "
        "coalesce(true_negatives, 0) from floor.score_thresholds",
    ),
    "win_rates_by_persona": (
        "select period, persona_type, sum(contacts) from {build}.marts.win_rates_by_persona group by all",
        "select period, kind, sum(contacts) from floor.win_rates_by_persona group by all",
    ),
    "buying_groups": (
        "select period, buying_group, closed_deals, won_deals from {build}.marts.buying_groups where group_type = 'size'",
        "select period, case when contacts = 1 then '1 contact' when contacts = 2 then '2 contacts' when contacts <= 4 then '3 to 4 contacts' "
        "else '5 and more contacts' end as buying_group, sum(closed_deals), sum(won_deals) from floor.buying_groups group by all",
    ),
    "field_completeness": (
        "select period, outcome, deals, filled_deals from {build}.marts.field_completeness "
        "where outcome in ('won', 'lost') and field = 'qualification score'",
        "select period, case when is_won then 'won' else 'lost' end, deals, qualification_score from floor.field_completeness",
    ),
}


def disagreements(build: Path, floor: Path) -> list[str]:
    """One sentence per answer that differs; none where they agree."""
    connection = duckdb.connect()
    connection.execute(f"attach '{build}' as build (read_only)")
    connection.execute(f"attach '{floor}' as floor (read_only)")
    found = []
    for name, (ours, theirs) in _QUESTIONS.items():
        counted = connection.execute(
            f"with ours as ({ours.format(build='build')}), theirs as ({theirs}) "
            "select (select count(*) from (from ours except all from theirs)), (select count(*) from (from theirs except all from ours)), "
            "(select count(*) from ours)"
        ).fetchone()
        assert counted is not None
        if counted[0] or counted[1] or not counted[2]:
            found.append(f"{name}: {counted[0]} of {counted[2]} rows only in the build, {counted[1]} only in the floor")
    connection.close()
    return found
