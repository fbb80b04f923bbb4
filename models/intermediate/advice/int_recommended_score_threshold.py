"""The score threshold of the window, cross-validated, or why there is none."""

from winloss.advice.steps import THRESHOLD, recommended_score_threshold
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("fct_closed_deals")
    dbt.ref("dim_periods")
    dbt.ref("dim_settings")
    return as_relation(session, dbt.this.database, recommended_score_threshold, THRESHOLD)
