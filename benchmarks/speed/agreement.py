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
    "win_rate_definitions": (
        "select period, definition, counted_deals, won_deals, unstated_deals, round(win_rate, 9) from {build}.marts.win_rate_definitions "
        "where win_rate is not null",
        "select period, definition, counted_deals, won_deals, unstated_deals, round(win_rate, 9) from floor.win_rate_definitions "
        "where (period, definition) in (select period, definition from {build}.marts.win_rate_definitions where win_rate is not null)",
    ),
    "win_rate_curves": (
        "select period, dimension, lower(segment), age_weeks, round(won_share, 9), round(lost_share, 9), round(open_share, 9) "
        "from {build}.marts.win_rate_curves where missing_reason is null",
        "select period, dimension, lower(segment), week, round(won_share, 9), round(greatest(0, lost_share), 9), round(open_share, 9) "
        "from floor.win_rate_curves",
    ),
    "win_rates_by_cohort": (
        "select created_quarter, created_deals, won_deals, lost_deals, open_deals, stale_deals, missing_deals, round(expected_wins, 6), "
        "round(final_win_rate, 9) from {build}.marts.win_rates_by_cohort where missing_reason is null",
        "select created_quarter, created_deals, won_deals, lost_deals, open_deals, stale_deals, missing_deals, round(expected_wins, 6), "
        "round(final_win_rate, 9) from floor.win_rates_by_cohort "
        "where created_quarter in (select created_quarter from {build}.marts.win_rates_by_cohort where missing_reason is null)",
    ),
    "open_pipeline": (
        "select dimension, lower(segment), open_deals, stale_deals, beyond_record_deals, won_in_window, round(won_at_average_pace, 6), "
        "round(pace, 9), round(expected_wins, 6), round(expected_amount, -3) from {build}.marts.open_pipeline where open_amount is not null",
        "select dimension, lower(segment), open_deals, stale_deals, beyond_record_deals, won_in_window, round(won_at_average_pace, 6), "
        "round(pace, 9), round(expected_wins, 6), round(expected_amount, -3) from floor.open_pipeline where (dimension, lower(segment)) in "
        "(select dimension, lower(segment) from {build}.marts.open_pipeline where open_amount is not null)",
    ),
    "win_rate_changes": (
        "select comparison, closed_deals, won_deals, compared_deals, compared_won_deals from {build}.marts.win_rate_changes where part = 'total'",
        "select comparison, closed_deals, won_deals, compared_deals, compared_won_deals from floor.win_rate_changes",
    ),
    "win_rate_change_segments": (
        "select comparison, dimension, lower(segment), closed_deals, won_deals, compared_deals, compared_won_deals, round(share, 9) "
        "from {build}.marts.win_rate_change_segments",
        "select comparison, dimension, lower(segment), closed_deals, won_deals, compared_deals, compared_won_deals, round(share, 9) "
        "from floor.win_rate_change_segments",
    ),
    "competition_coverage": (
        "select period, closed_deals, won_deals, named_deals, named_won_deals, round(win_rate_at_least, 9), round(win_rate_at_most, 9) "
        "from {build}.marts.competition_coverage where named_deals > 0",
        "select period, closed_deals, won_deals, named_deals, named_won_deals, round(win_rate_at_least, 9), round(win_rate_at_most, 9) "
        "from floor.competition_coverage where named_deals > 0",
    ),
    "win_rates_by_competitor": (
        "select period, lower(competitor), closed_deals, won_deals, other_closed_deals, other_won_deals, round(difference, 9) "
        "from {build}.marts.win_rates_by_competitor where kind = 'vendor' and other_closed_deals > 0",
        "select period, lower(competitor), closed_deals, won_deals, other_closed_deals, other_won_deals, round(difference, 9) "
        "from floor.win_rates_by_competitor where not is_in_house and other_closed_deals > 0",
    ),
    "competitors_by_quarter": (
        "select quarter, lower(competitor), named_deals, competitor_deals, won_deals, round(share_change, 9) from {build}.marts.competitors_by_quarter",
        "select year(quarter) || '-Q' || quarter(quarter), lower(competitor), named_deals, competitor_deals, won_deals, round(share_change, 9) "
        "from floor.competitors_by_quarter",
    ),
    "competitor_loss_reasons": (
        "select period, lower(competitor), category, lost_deals, competitor_lost_deals, other_lost_deals, round(other_share, 9) "
        "from {build}.marts.competitor_loss_reasons",
        "select period, lower(competitor), reason, lost_deals, competitor_lost_deals, other_lost_deals, round(other_share, 9) "
        "from floor.competitor_loss_reasons",
    ),
    "win_rates_by_competitor_segment": (
        "select period, lower(competitor), dimension, lower(segment), closed_deals, won_deals from {build}.marts.win_rates_by_competitor_segment "
        "where dimension != 'owner'",
        "select period, lower(competitor), dimension, lower(segment), closed_deals, won_deals from floor.win_rates_by_competitor_segment "
        "where dimension != 'owner'",
    ),
    "win_rates_by_contact_count": (
        "select period, moment, contact_band, closed_deals, won_deals from {build}.marts.win_rates_by_contact_count",
        "select period, moment, case contacts_from when 0 then '0 contacts' when 1 then '1 contact' when 2 then '2 contacts' "
        "when 3 then '3 to 4 contacts' else '5 and more contacts' end, closed_deals, won_deals from floor.win_rates_by_contact_count",
    ),
    "multithreading": (
        "select period, moment, landmark_days, many_deals, many_won_deals, few_deals, few_won_deals, round(difference, 9) "
        "from {build}.marts.multithreading where many_deals + few_deals > 0",
        "select period, moment, landmark_days, many_deals, many_won_deals, few_deals, few_won_deals, round(difference, 9) from floor.multithreading",
    ),
    "segment_values": (
        "select dimension, lower(segment), closed_deals, won_deals, unvalued_won_deals, round(value_per_deal, 4), round(other_value_per_deal, 4), "
        "round(value_per_day, 4) from {build}.marts.segment_values where value_per_day is not null",
        "select dimension, lower(segment), closed_deals, won_deals, unvalued_won_deals, round(value_per_deal, 4), round(other_value_per_deal, 4), "
        "round(value_per_day, 4) from floor.segment_values where (dimension, lower(segment)) in "
        "(select dimension, lower(segment) from {build}.marts.segment_values where value_per_day is not null)",
    ),
    # points and tiers are plain differences in the floor: only the counts behind them are alike
    "account_points": (
        "select dimension, lower(segment), closed_deals, accounts from {build}.marts.account_points where accounts is not null",
        "select dimension, lower(segment), closed_deals, accounts from floor.account_points where segment != 'unknown' and (dimension, lower(segment)) in "
        "(select dimension, lower(segment) from {build}.marts.account_points where accounts is not null)",
    ),
    "account_scorecard": (
        "select lower(industry), lower(revenue_band), lower(employee_band), lower(region), count(*), count(*) filter (where is_whitespace), "
        "sum(closed_deals), sum(open_deals) from {build}.marts.account_scorecard group by all",
        "select lower(industry), lower(revenue_band), lower(employee_band), lower(region), count(*), count(*) filter (where is_whitespace), "
        "sum(closed_deals), sum(open_deals) from floor.account_scorecard where (select count(*) from {build}.marts.account_scorecard) > 0 group by all",
    ),
    "account_tier_history": (
        "select quarter, sum(closed_deals), sum(won_deals), round(sum(won_amount), 2) from {build}.marts.account_tier_history group by quarter",
        "select year(quarter) || '-Q' || quarter(quarter) as name, sum(closed_deals), sum(won_deals), round(sum(won_amount), 2) "
        "from floor.account_tier_history where name in (select quarter from {build}.marts.account_tier_history) group by name",
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
            f"with ours as ({ours.format(build='build')}), theirs as ({theirs.format(build='build')}) "
            "select (select count(*) from (from ours except all from theirs)), (select count(*) from (from theirs except all from ours)), "
            "(select count(*) from ours)"
        ).fetchone()
        assert counted is not None
        if counted[0] or counted[1] or not counted[2]:
            found.append(f"{name}: {counted[0]} of {counted[2]} rows only in the build, {counted[1]} only in the floor")
    connection.close()
    return found
