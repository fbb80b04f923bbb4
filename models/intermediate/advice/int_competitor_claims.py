"""Each competitor of the window against the other deals that name one."""

from winloss.advice.competitor_steps import CLAIMS, competitor_claims
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("bridge_deal_competitors")
    dbt.ref("dim_periods")
    dbt.ref("dim_settings")
    dbt.ref("fct_closed_deals")
    dbt.ref("int_design_effects")
    return as_relation(session, dbt.this.database, competitor_claims, CLAIMS)
