"""Why the win rate moved against the quarter before and against the year before, by part and by segment."""

from winloss.advice.changes import CHANGES, win_rate_changes
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("dim_periods")
    dbt.ref("dim_settings")
    dbt.ref("fct_closed_deals")
    dbt.ref("int_segment_designs")
    dbt.ref("int_segment_evidence")
    dbt.ref("int_segment_quarters")
    dbt.ref("int_segment_overlaps")
    return as_relation(session, dbt.this.database, win_rate_changes, CHANGES)
