-- One row per check of what was left out or never recorded x what it looks at: an export can be read without a fault and yet be wrong.

with records as (

    select
        object,
        source_file,
        sum(records) as records
    from {{ ref('input_files') }}
    where object in ('deals', 'accounts', 'contacts')
    group by object, source_file

),

left_out as (

    select
        records.object || ': ' || records.source_file as subject,
        {{ rate("count(*) filter (where rejected.rule_id = 'two_versions_in_one_file')", 'max(records.records)') }} as two_versions_share,
        {{ rate("count(*) filter (where rejected.rule_id = 'superseded_in_one_file')", 'max(records.records)') }} as superseded_share
    from records
    left join {{ ref('rejected_records') }} as rejected
        on records.object = rejected.object and records.source_file = rejected.source_file
    group by records.object, records.source_file

),

reopened as (

    select {{ rate('found', 'of_records') }} as share
    from {{ ref('int_version_findings') }}
    where rule_id = 'closed_superseded_by_open'

),

reused as (

    select {{ rate('found', 'of_records') }} as share
    from {{ ref('int_version_findings') }}
    where rule_id = 'id_of_another_deal'

),

zones as (

    select {{ rate('found', 'of_records') }} as share
    from {{ ref('int_version_findings') }}
    where rule_id = 'time_zone_decides_quarter'

),

closed as (

    select
        count(*) as closed_deals,
        count(*) filter (where outcome = 'won') as won_deals,
        count(*) filter (where outcome = 'lost') as lost_deals,
        count(*) filter (where outcome = 'won' and closed_on is null) as undated_won_deals,
        count(*) filter (where outcome = 'lost' and closed_on is null) as undated_lost_deals
    from {{ ref('fct_closed_deals') }}

),

lopsided as (

    select
        quarters.quarter,
        quarters.chance
    from {{ ref('int_one_sided_quarters') }} as quarters
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'window' and quarters.starts_on >= periods.starts_on and quarters.starts_on < periods.ends_before_on

),

checks as (

    select
        'two_versions_in_one_file' as alert,
        subject,
        two_versions_share as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_two_versions_share') | float }} as upper_threshold,
        'Records of a file have one id and different content: all but the last are left out, though they may be records of their own.' as meaning,
        'Check that the column read as the id is one and not a name; else export each record once.' as remedy
    from left_out
    union all
    select
        'superseded_in_one_file' as alert,
        subject,
        superseded_share as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_superseded_share') | float }} as upper_threshold,
        'Many records of a file are left out because a newer version stands in the same file.' as meaning,
        'Nothing to do where exports were put together into one file; else check that the column read as the id is one.' as remedy
    from left_out
    union all
    select
        'reopened_deals' as alert,
        'deals' as subject,
        share as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_reopened_share') | float }} as upper_threshold,
        'Many deals count as open though an older version of them had closed: the files may be in the wrong order.' as meaning,
        'Put the day of the export into the name of each file, or list the files oldest first in file_order.' as remedy
    from reopened
    union all
    select
        'reused_ids' as alert,
        'deals' as subject,
        share as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_reused_ids_share') | float }} as upper_threshold,
        'Deals of an older file are left out for deals of the same id that were created on another day: the files may number their deals alike.' as meaning,
        'Export the id that the CRM gives a deal, which no two deals share; else make the ids of each file differ.' as remedy
    from reused
    union all
    select
        'time_zone' as alert,
        'deals' as subject,
        share as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_zone_share') | float }} as upper_threshold,
        'Deals closed so near the end of a quarter that the time zone decides which quarter they count in, and none is set.' as meaning,
        'Set time_zone to the zone of the company, such as America/Chicago.' as remedy
    from zones
    union all
    -- few deals may all be won by chance
    select
        'lost_deals' as alert,
        'all closed deals' as subject,
        case when closed_deals >= {{ setting('alert_minimum_closed_deals') | int }} then {{ rate('lost_deals', 'closed_deals') }} end as value,
        'share' as unit,
        {{ setting('alert_outcome_share') | float }} as lower_threshold,
        cast(null as double) as upper_threshold,
        'Hardly a closed deal is lost: the export holds won deals only, or losses are not recorded. No win rate says anything.' as meaning,
        'Export all deals without a filter, and have losses recorded in the CRM.' as remedy
    from closed
    union all
    select
        'won_deals' as alert,
        'all closed deals' as subject,
        case when closed_deals >= {{ setting('alert_minimum_closed_deals') | int }} then {{ rate('won_deals', 'closed_deals') }} end as value,
        'share' as unit,
        {{ setting('alert_outcome_share') | float }} as lower_threshold,
        cast(null as double) as upper_threshold,
        'Hardly a closed deal is won: the export holds lost deals only, or won deals are kept elsewhere. No win rate says anything.' as meaning,
        'Export all deals without a filter, or add the won deals.' as remedy
    from closed
    union all
    select
        'lopsided_quarter' as alert,
        quarter as subject,
        chance as value,
        'probability' as unit,
        {{ setting('alert_lopsided_chance') | float }} as lower_threshold,
        cast(null as double) as upper_threshold,
        'All deals of the quarter ended the same way, beyond chance: the export or the recording of the quarter leaves out the others.' as meaning,
        'Check that the export holds won and lost deals of the quarter, then report its win rate.' as remedy
    from lopsided
    union all
    select
        'undated_deals' as alert,
        'won' as subject,
        {{ rate('undated_won_deals', 'won_deals') }} as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_undated_share') | float }} as upper_threshold,
        'Many won deals have no closed date and stand in no quarter: the win rates of quarters are too low, or there are none.' as meaning,
        'Export the closed date, or the day of winning; fill it in where it is missing.' as remedy
    from closed
    union all
    select
        'undated_deals' as alert,
        'lost' as subject,
        {{ rate('undated_lost_deals', 'lost_deals') }} as value,
        'share' as unit,
        cast(null as double) as lower_threshold,
        {{ setting('alert_undated_share') | float }} as upper_threshold,
        'Many lost deals have no closed date and stand in no quarter: the win rates of quarters are too high, or there are none.' as meaning,
        'Export the closed date, or the day of losing; fill it in where it is missing.' as remedy
    from closed

)

select * from checks
