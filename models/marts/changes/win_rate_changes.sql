-- One row per comparison x part of the change of the win rate: which deals closed, which fields were filled in, how often like deals were
-- won. The parts add up to the total; those of different comparisons may not be added.

with parts as (

    select * from {{ advice('int_win_rate_changes') }}
    where part is not null

)

select
    parts.comparison,
    parts.part,
    parts.quarter,
    parts.compared_quarter,
    parts.closed_deals,
    parts.won_deals,
    {{ rate_columns('parts.won_deals', 'parts.closed_deals', 'win_rate') }},
    parts.compared_deals,
    parts.compared_won_deals,
    {{ rate_columns('parts.compared_won_deals', 'parts.compared_deals', 'compared_win_rate') }},
    parts.change,
    parts.change_low,
    parts.change_high,
    parts.is_claimed,
    parts.is_promising,
    parts.verdict,
    parts.visible_change,
    parts.prior_deals,
    parts.design_effect,
    parts.window_first_quarter,
    parts.window_last_quarter,
    parts.left_out_dimensions,
    parts.population,
    parts.missing_reason
from parts
