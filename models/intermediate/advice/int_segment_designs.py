"""How much less deals of the window tell that share an account or an owner, by dimension of segments."""

from winloss.advice.designs import SEGMENT_DESIGNS, segment_designs
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("dim_dimensions")
    dbt.ref("dim_periods")
    dbt.ref("dim_segment_cuts")
    dbt.ref("dim_settings")
    dbt.ref("fct_closed_deals")
    dbt.ref("int_segment_quarters")
    return as_relation(session, dbt.this.database, segment_designs, SEGMENT_DESIGNS)
