-- One row per line of the opportunity views, every value as canonical text, nothing dropped. Status decides the outcome; Status
-- Reason is the reason of a loss (Out-Sold). A reopened deal has the same id twice: the newest modification counts.

with exported as (

    {{ read_exports('deals') }}

),

-- a view without the hidden id column tells deals apart by topic, customer and creation; twice the same in one file is two deals
numbered as (

    select
        exported.*,
        coalesce(
            deal_id,
            case
                when count(deal_id) over (partition by source_file) = 0 and deal_name is not null
                    then 'made-' || md5(concat_ws('|', deal_name, account_name, created_on, row_number() over (
                        partition by source_file, deal_name, account_name, created_on order by source_line
                    )))
            end
        ) as known_deal_id,
        coalesce(words.outcome, lower(status)) as known_status
    from exported
    left join {{ ref('outcome_words') }} as words on lower(exported.status) = words.word

)

select
    known_deal_id as deal_id,
    {{ keyed_hash('person', folded('contact_name')) }} as contact_id,
    'name-' || md5({{ folded('account_name') }}) as account_id,
    status as outcome,
    stage,
    created_on,
    case when known_status = 'open' then null else closed_on end as closed_on,
    modified_at,
    -- a lost deal's actual revenue is 0: what it would have been worth is the estimate
    case when known_status = 'won' then coalesce(amount_actual, amount_estimated) else coalesce(amount_estimated, amount_actual) end as amount,
    currency,
    owner,
    deal_type,
    lead_source,
    product,
    pipeline,
    competitor,
    case when known_status = 'lost' then coalesce(loss_reason, status_reason) end as loss_reason,
    win_factors,
    qualification_score,
    {{ absent() }} as is_deleted,
    industry,
    annual_revenue,
    employees,
    region,
    country,
    account_type,
    extra_1,
    extra_2,
    extra_3,
    extra_4,
    extra_5,
    extra_6,
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order
from numbered
