-- One row per line of the deal files, every value as canonical text, nothing dropped: a deal with many companies stays one row.
-- `Is Closed Won`, `Is closed lost` and `Is Deal Closed?` decide the outcome, the stage only where they are missing.

with exported as (

    {{ read_exports('deals') }}

),

stages as (

    {{ stage_outcomes('hubspot') }}

),

-- a domain that two companies share says nothing
domains as (

    select
        {{ hubspot_domain('account_domain') }} as domain,
        min(account_id) as account_id
    from ({{ read_exports('accounts') }}) as companies
    group by {{ hubspot_domain('account_domain') }}
    having min(account_id) = max(account_id)

),

-- some exports write the pipeline behind the stage: Closed Won (Sales Pipeline)
staged as (

    select
        *,
        case
            when pipeline is not null and ends_with(lower(stage), ' (' || lower(pipeline) || ')')
                then left(stage, length(stage) - length(pipeline) - 3)
            else stage
        end as own_stage
    from exported

)

select
    staged.deal_id,
    -- the primary company; without one the first named; its domain only where no id is named
    coalesce({{ hubspot_first('staged.account_id') }}, {{ hubspot_first('staged.account_ids') }}, domains.account_id) as account_id,
    {{ outcome_of('staged.is_won', 'staged.is_lost', 'staged.is_closed', 'stages.outcome', 'staged.own_stage') }} as outcome,
    staged.own_stage as stage,
    staged.created_on,
    staged.closed_on,
    staged.modified_at,
    case when staged.currency is null then coalesce(staged.amount_converted, staged.amount) else staged.amount end as amount,
    staged.currency,
    coalesce(staged.owner, staged.owner_id) as owner,
    case lower(staged.deal_type)
        when 'newbusiness' then 'New Business'
        when 'existingbusiness' then 'Existing Business'
        else staged.deal_type
    end as deal_type,
    {{ hubspot_label('staged.lead_source') }} as lead_source,
    staged.product,
    staged.pipeline,
    staged.competitor,
    staged.loss_reason,
    staged.win_factors,
    staged.qualification_score,
    {{ absent() }} as is_deleted,
    {{ hubspot_label('staged.industry') }} as industry,
    staged.annual_revenue,
    staged.employees,
    staged.region,
    staged.country,
    staged.account_type,
    staged.extra_1,
    staged.extra_2,
    staged.extra_3,
    staged.extra_4,
    staged.extra_5,
    staged.extra_6,
    staged.source_file,
    staged.source_line,
    staged.line_problem,
    staged.file_dated_on,
    staged.file_order
from staged
left join stages on {{ folded('staged.own_stage') }} = stages.stage
left join domains on {{ hubspot_domain('staged.account_domain') }} = domains.domain
