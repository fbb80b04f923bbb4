"""How much less deals tell that share an account or an owner, by what is compared."""

from winloss.advice.designs import DESIGNS, design_effects
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("bridge_deal_competitors")
    dbt.ref("dim_periods")
    dbt.ref("dim_settings")
    dbt.ref("fct_closed_deals")
    dbt.ref("int_contact_strata")
    dbt.ref("int_contacts_by_deal")
    return as_relation(session, dbt.this.database, design_effects, DESIGNS)
