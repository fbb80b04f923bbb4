-- One row per accepted change of a deal's stage.

select
    {{ keyed_hash('deal', 'deal_id') }} as deal_key,
    stage,
    try_cast(substring(entered_on, 1, 10) as date) as entered_on,
    entered_at,
    amount,
    close_date
from {{ ref('base_stage_history_lines') }}
where rule_id is null
