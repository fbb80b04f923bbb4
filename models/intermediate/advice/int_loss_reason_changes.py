"""Each loss reason in the quarter under review against the previous quarter."""

from winloss.advice.steps import REASON_CHANGES, loss_reason_changes
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("int_loss_reasons_by_owner")
    dbt.ref("loss_reasons")
    dbt.ref("dim_periods")
    dbt.ref("dim_settings")
    return as_relation(session, dbt.this.database, loss_reason_changes, REASON_CHANGES)
