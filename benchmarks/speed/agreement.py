"""Whether the build and the floor answer alike: a floor that counts something else would be no floor."""

from __future__ import annotations

from pathlib import Path

import duckdb

# The floor names owners, personas and loss reasons in its own way, so it is compared where both use the same words.
_QUESTIONS = {
    "win_rate_baseline": (
        "select period, closed_deals, won_deals, round(median_won_amount, 6), round(median_lost_cycle_days, 6) from {build}.marts.win_rate_baseline where closed_deals > 0",
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
        "select period, dimension, lower(segment), other_dimension, lower(other_segment), closed_deals, won_deals, round(median_won_amount, 6) "
        "from {build}.marts.win_rates_by_segment_pair",
        "select period, dimension, lower(segment), other_dimension, lower(other_segment), closed_deals, won_deals, round(median_won_amount, 6) "
        "from floor.win_rates_by_segment_pair",
    ),
    "contact_coverage": (
        "select period, won_deals, won_deals_with_contacts, lost_deals, lost_deals_with_contacts from {build}.marts.contact_coverage where won_deals + lost_deals > 0",
        "select period, won_deals, won_deals_with_contacts, lost_deals, lost_deals_with_contacts from floor.contact_coverage",
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
