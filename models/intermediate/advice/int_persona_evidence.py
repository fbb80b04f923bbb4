"""Every persona and buying role of the window, compared at the same number of contacts."""

from winloss.advice.steps import PERSONAS, persona_evidence
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("bridge_deal_contacts")
    dbt.ref("contact_coverage")
    dbt.ref("fct_closed_deals")
    dbt.ref("dim_periods")
    dbt.ref("dim_settings")
    return as_relation(session, dbt.this.database, persona_evidence, PERSONAS)
