-- One row per comparison x dimension x segment: how much of the change of the win rate its share of the closed deals explains, and whether
-- its own win rate moved otherwise than that of the other deals. Changes of all segments of a comparison add up to mix and recording.

with segments as (

    select *
    from {{ advice('int_win_rate_changes') }}
    where dimension is not null

),

quarters as (

    select
        comparison,
        closed_deals,
        compared_deals
    from {{ advice('int_win_rate_changes') }}
    where part = 'total'

)

select
    segments.comparison,
    segments.dimension,
    segments.segment,
    segments.quarter,
    segments.compared_quarter,
    segments.closed_deals,
    segments.won_deals,
    segments.closed_deals / nullif(quarters.closed_deals, 0) as share,
    {{ rate_columns('segments.won_deals', 'segments.closed_deals', 'win_rate') }},
    segments.compared_deals,
    segments.compared_won_deals,
    segments.compared_deals / nullif(quarters.compared_deals, 0) as compared_share,
    {{ rate_columns('segments.compared_won_deals', 'segments.compared_deals', 'compared_win_rate') }},
    segments.effect,
    segments.change as contribution,
    segments.change_low as contribution_low,
    segments.change_high as contribution_high,
    segments.dimension_change as dimension_contribution,
    segments.dimension_change_low as dimension_contribution_low,
    segments.dimension_change_high as dimension_contribution_high,
    segments.rate_change,
    segments.other_rate_change,
    segments.difference,
    segments.difference_low,
    segments.difference_high,
    segments.p_value,
    segments.q_value,
    segments.is_tested,
    segments.is_claimed as is_changed,
    segments.is_promising,
    segments.is_simpson,
    segments.population,
    segments.missing_reason
from segments
inner join quarters on segments.comparison = quarters.comparison
