"""Each loss reason against each vendor of the window, compared with the losses that name another vendor."""

from winloss.advice.competitor_steps import REASON_CLAIMS, competitor_reason_claims
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("dim_settings")
    dbt.ref("int_competitor_reasons")
    dbt.ref("int_design_effects")
    return as_relation(session, dbt.this.database, competitor_reason_claims, REASON_CLAIMS)
