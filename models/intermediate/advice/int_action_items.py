"""What to do next quarter: the plays of the playbook that the marts call for, with their numbers filled in."""

from winloss.advice.actions import ACTION_ITEMS
from winloss.advice.steps import action_items
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("icp_recommendations")
    dbt.ref("loss_reasons")
    dbt.ref("loss_reason_changes")
    dbt.ref("loss_reason_reliability")
    dbt.ref("recommended_score_threshold")
    dbt.ref("persona_evidence")
    dbt.ref("win_rates_by_persona")
    dbt.ref("decision_makers")
    dbt.ref("contact_coverage")
    dbt.ref("win_rate_baseline")
    dbt.ref("win_rates_by_quarter")
    dbt.ref("field_completeness")
    dbt.ref("dim_periods")
    dbt.ref("dim_playbook")
    return as_relation(session, dbt.this.database, action_items, ACTION_ITEMS)
