-- One row per segment or pair that may carry a recommendation, the most useful first. A claim is statistically significant; a test
-- and a bet say so; `unknown` and fields that know the outcome never stand here. Rows may not be added.

with remainders as (

    select {{ without_signs('lower(word)') }} as word
    from {{ ref('remainder_words') }}

)

select
    {{ all_but('evidence', ['is_candidate', 'value_weighted_low', 'value_weighted_high', 'window_won_deals', 'is_fallback']) }},
    {{ without_signs('lower(evidence.segment)') }} in (select word from remainders)
    or coalesce({{ without_signs('lower(evidence.second_segment)') }} in (select word from remainders), false) as is_remainder,
    coalesce(lower(current_profile.current_value) like '%' || lower(evidence.segment) || '%', false) as is_in_current_profile
from {{ ref('icp_segment_evidence') }} as evidence
left join {{ current_profile() }} as current_profile on evidence.dimension = current_profile.profile_field
where evidence.rank is not null
