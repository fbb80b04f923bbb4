-- How far off is the usual fit score, compared with expected win rates and with treating all accounts alike?

select
    brier,
    everyone_brier,
    naive_brier,
    auc,
    naive_auc
from {{ ref('scorecard_quality') }}
