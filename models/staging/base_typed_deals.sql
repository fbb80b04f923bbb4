{%- set largest = "cast('" ~ setting('largest_amount') ~ "' as decimal(38, 2))" %}
-- One row per line of the deal files, as in base_deals, its values typed. What cannot be read is null and named in `unreadable_columns`;
-- columns that end in `_stated` hold the text of the file. More than a century is no cycle.

with stated as (

    select
        *,
        known_outcome != 'open' as is_decided,
        {{ stated_day('created_on') }} as created_day,
        {{ stated_day('closed_on') }} as closed_day,
        {{ stated_moment('modified_at') }} as modified_moment,
        try_cast(amount as decimal(38, 2)) as read_amount,
        try_cast(amount_converted as decimal(38, 2)) as read_converted,
        try_cast(qualification_score as double) as score,
        cast(case when try_cast(cycle_days as double) between 0 and 36525 then round(try_cast(cycle_days as double)) end as integer) as days_to_close
    from {{ ref('base_deals') }}

)

select
    {{ all_but('stated', [
        'file_dated_on', 'is_account_rounded', 'contact_id', 'contact_ids', 'contact_email_hashes', 'outcome', 'known_outcome', 'created_on', 'closed_on',
        'close_date', 'modified_at', 'amount', 'amount_converted', 'qualification_score', 'cycle_days', 'is_deleted', 'created_day', 'closed_day',
        'modified_moment', 'read_amount', 'read_converted', 'score', 'days_to_close', 'is_decided',
    ]) }},
    outcome as outcome_stated,
    known_outcome as outcome,
    created_on as created_stated,
    closed_on as closed_stated,
    -- two dates decide how many days lie between them; of one and the days follows the other. The days of an open deal are its age
    case when created_on is null and is_decided then closed_day - days_to_close else created_day end as created_on,
    case when closed_on is null and is_decided then created_day + days_to_close else closed_day end as closed_on,
    {{ stated_day('close_date') }} as close_date,
    modified_moment as modified_at,
    amount as amount_stated,
    amount_converted as converted_stated,
    case when abs(read_amount) <= {{ largest }} then cast(read_amount as decimal(18, 2)) end as amount,
    -- of an amount that is not nothing, nothing is no conversion
    case when abs(read_converted) <= {{ largest }} then cast(nullif(read_converted, case when read_amount != 0 then 0 end) as decimal(18, 2)) end
        as amount_converted,
    coalesce(abs(read_amount) > {{ largest }}, false) as is_amount_too_large,
    qualification_score as score_stated,
    case when score between 0 and 1 then score end as qualification_score,
    cycle_days as cycle_stated,
    days_to_close as cycle_days,
    lower(is_deleted) in ('true', '1', 'yes') as is_deleted,
    nullif(concat_ws(
        ', ', unreadable_flags, case when is_account_rounded then 'account_id' end,
        case when lower(is_deleted) not in ('true', '1', 'yes', 'false', '0', 'no') then 'is_deleted' end,
        case when created_on is not null and created_day is null then 'created_on' end,
        case when amount is not null and read_amount is null then 'amount' end,
        case when amount_converted is not null and read_converted is null then 'amount_converted' end,
        case when qualification_score is not null and not coalesce(score between 0 and 1, false) then 'qualification_score' end,
        case when cycle_days is not null and days_to_close is null then 'cycle_days' end,
        case when annual_revenue is not null and try_cast(annual_revenue as decimal(20, 2)) is null then 'annual_revenue' end,
        case when employees is not null and try_cast(employees as decimal(20, 2)) is null then 'employees' end,
        case when modified_at is not null and modified_moment is null then 'modified_at' end
    ), '') as unreadable_columns
from stated
