-- One row per period x moment: how often deals with many contacts are won, against like deals with fewer. `at close` flatters, for a deal that
-- lives longer meets more people: nothing is claimed from it. Periods and moments may not be added.

with judged as (

    select
        measured.*,
        -- contacts recorded mostly where deals are won make a deal with many contacts look like a winner
        coverage.missing_reason as coverage_missing_reason,
        case
            when deals_with_contacts = 0 then coalesce(coverage.missing_reason, 'no contacts on closed deals')
            when moment = 'at close' then 'counted at the close: won deals live long enough to meet people'
            when coverage.missing_reason is not null then coverage.missing_reason
            when measured.dated_share < {{ setting('dated_deals_share') | float }} then 'too few deals have a date on every contact'
            when landmark_days is null then 'too few deals were still open on the first day on which contacts may be counted'
            when many_decisions + few_decisions < {{ setting('multithreading_minimum_deals') | int }} then 'too few deals were still open on the landmark day'
            when least(many_decisions, few_decisions) < {{ setting('multithreading_side_deals') | int }}
                then 'too few deals had many contacts by the landmark day, or too few had fewer'
            when difference is null then 'no like deals had many contacts and fewer'
        end as missing_reason
    from {{ ref('int_multithreading') }} as measured
    inner join {{ ref('contact_coverage') }} as coverage on measured.period = coverage.period

)

select
    period,
    moment,
    population,
    cast({{ setting('many_contacts') | int }} as bigint) as many_contacts,
    cast(landmark_days as bigint) as landmark_days,
    cast(closed_deals as bigint) as closed_deals,
    cast(deals_with_contacts - closed_deals as bigint) as left_out_deals,
    dated_share,
    cast(many_deals as bigint) as many_deals,
    cast(many_won_deals as bigint) as many_won_deals,
    {{ rate_columns('many_won_deals', 'many_deals', 'many_win_rate') }},
    cast(few_deals as bigint) as few_deals,
    cast(few_won_deals as bigint) as few_won_deals,
    {{ rate_columns('few_won_deals', 'few_deals', 'few_win_rate') }},
    difference,
    difference_low,
    difference_high,
    design_effect,
    missing_reason is null as is_usable,
    missing_reason is null and (difference_low > 0 or difference_high < 0) as is_claimed,
    case
        when moment = 'at close' or deals_with_contacts = 0 then 'not judged'
        when coverage_missing_reason is not null then 'not judged'
        when dated_share < {{ setting('dated_deals_share') | float }} then 'fix the data'
        when missing_reason is not null then 'too few deals'
        when difference_low > 0 or difference_high < 0 then 'strong'
        else 'directional'
    end as grade,
    missing_reason
from judged
