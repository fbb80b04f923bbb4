"""What the method, the naive rule and no advice would have said of each past quarter, and what that quarter showed."""

from winloss.advice.backtest import BACKTEST, backtest
from winloss.dbt.python_models import as_relation


def model(dbt, session):
    dbt.ref("fct_closed_deals")
    dbt.ref("int_deal_cells")
    dbt.ref("dim_segment_cuts")
    dbt.ref("dim_periods")
    dbt.ref("dim_dimensions")
    dbt.ref("dim_settings")
    return as_relation(session, dbt.this.database, backtest, BACKTEST)
