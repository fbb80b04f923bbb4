"""The scorecard of accounts: whether it may be used, its judged quarters, the points of each value, the score of each profile."""

from winloss.advice.scorecard import SCORES, account_scores
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("dim_dimensions")
    dbt.ref("dim_periods")
    dbt.ref("dim_settings")
    dbt.ref("fct_closed_deals")
    dbt.ref("dim_account_profiles")
    dbt.ref("int_segment_designs")
    dbt.ref("int_segment_evidence")
    return as_relation(session, dbt.this.database, account_scores, SCORES)
