"""Each competitor's share of the contested deals, quarter by quarter."""

from winloss.advice.competitor_steps import CHANGES, competitor_changes
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("bridge_deal_competitors")
    dbt.ref("dim_settings")
    dbt.ref("fct_closed_deals")
    dbt.ref("int_competitor_strata")
    return as_relation(session, dbt.this.database, competitor_changes, CHANGES)
