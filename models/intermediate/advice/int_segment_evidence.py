"""Every candidate segment and pair of the window, tested by crediting the strongest first."""

from winloss.advice.steps import EVIDENCE, segment_evidence
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("fct_closed_deals")
    dbt.ref("int_deal_cells")
    dbt.ref("int_segment_designs")
    dbt.ref("dim_segment_cuts")
    dbt.ref("dim_periods")
    dbt.ref("dim_dimensions")
    dbt.ref("dim_settings")
    return as_relation(session, dbt.this.database, segment_evidence, EVIDENCE)
