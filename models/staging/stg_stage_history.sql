-- One row per accepted change of a deal's stage.

select
    {{ keyed_hash('deal', 'deal_id') }} as deal_key,
    stage,
    {{ stated_day('entered_on') }} as entered_on,
    entered_at,
    left_at,
    from_stage,
    amount,
    expected_close_after_day_on as expected_close_on
from {{ ref('base_stage_history_lines') }}
where rule_id is null
