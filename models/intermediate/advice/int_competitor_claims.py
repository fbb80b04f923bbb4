"""Each competitor of the window against the other deals that name one."""

from winloss.advice.steps import COMPETITORS, competitor_claims
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("bridge_deal_competitors")
    dbt.ref("dim_periods")
    dbt.ref("dim_settings")
    dbt.ref("fct_closed_deals")
    return as_relation(session, dbt.this.database, competitor_claims, COMPETITORS)
