-- One row per check x what it looks at, raised or not. Run time and memory of the build, which no model can know, stand in the published table.

with checks as (

    select
        'closed_deals' as alert,
        quarter as subject,
        cast(closed_deals as double) as value
    from {{ ref('int_watched_quarter') }}
    union all
    select
        'win_rate' as alert,
        quarter as subject,
        win_rate as value
    from {{ ref('int_watched_quarter') }}
    union all
    select
        'rejected_share' as alert,
        object as subject,
        sum(rejected) / nullif(sum(records), 0) as value
    from {{ ref('input_files') }}
    group by object
    union all
    select
        'missing_reasons' as alert,
        quarter as subject,
        missing_share as value
    from {{ ref('int_watched_quarter') }}
    union all
    select *
    from {{ ref('int_guards') }}

),

-- between its own limits where they were worked out, else between those of the settings
judged as (

    select
        checks.alert,
        checks.subject,
        checks.value,
        rules.unit,
        coalesce(limits.lower_limit, cast(lower_settings.value as double)) as lower_threshold,
        coalesce(limits.upper_limit, cast(upper_settings.value as double)) as upper_threshold,
        rules.meaning,
        rules.remedy
    from checks
    inner join {{ ref('alert_rules') }} as rules on checks.alert = rules.alert
    left join {{ ref('int_watched_quarter') }} as limits on checks.alert = 'win_rate' and limits.is_judged
    left join {{ ref('dim_settings') }} as lower_settings on rules.lower_setting = lower_settings.setting
    left join {{ ref('dim_settings') }} as upper_settings on rules.upper_setting = upper_settings.setting

)

select
    judged.*,
    coalesce(value < lower_threshold, false) or coalesce(value > upper_threshold, false) as is_raised
from judged
