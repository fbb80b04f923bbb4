-- One row per line of the opportunity files, every value as canonical text, nothing dropped.
-- IsWon and IsClosed decide the outcome, the stage only where they are missing. CloseDate is a plan a person typed; where the
-- opportunity's history shows the deal closing, the day of that counts.

with exported as (

    {{ read_exports('deals') }}

),

-- a report without ids numbers its deals by what tells them apart; twice the same in one file is two deals
opportunities as (

    select
        *,
        coalesce(
            {{ salesforce_id('deal_id') }},
            case
                when count(deal_id) over (partition by source_file) = 0 and deal_name is not null
                    then 'report-' || md5(concat_ws('|', deal_name, account_name, created_on, row_number() over (
                        partition by source_file, deal_name, account_name, created_on order by source_line
                    )))
            end
        ) as opportunity_id,
        source_line >= cast(footer_from as bigint) as is_footer
    from exported

),

stages as (

    {{ stage_outcomes('salesforce') }}

),

decided as (

    select
        opportunities.*,
        {{ outcome_of(
            'opportunities.is_won', absent(), 'opportunities.is_closed', 'stages.outcome', 'opportunities.stage'
        ) }} as outcome
    from opportunities
    left join stages on {{ folded('opportunities.stage') }} = stages.stage

),

-- stages of the company's own, closed in history too when every deal in them is closed
stages_seen as (

    select
        {{ folded('stage') }} as stage,
        min(outcome) as outcome
    from decided
    where is_closed is not null
    group by {{ folded('stage') }}
    having min(outcome) = max(outcome)

),

history as (

    select
        {{ salesforce_id('exported_history.deal_id') }} as opportunity_id,
        try_cast(exported_history.entered_at as timestamp) as entered_at,
        coalesce(stages_seen.outcome, stages.outcome, 'open') as outcome
    from ({{ read_exports('stage_history') }}) as exported_history
    left join stages_seen on {{ folded('exported_history.stage') }} = stages_seen.stage
    left join stages on {{ folded('exported_history.stage') }} = stages.stage

),

-- when a deal last stood otherwise: a reopened deal closes after that, and a deal that never did was imported closed
last_otherwise as (

    select
        deals.opportunity_id,
        deals.outcome,
        max(history.entered_at) as entered_at
    from (
        select distinct
            opportunity_id,
            outcome
        from decided
        where outcome in ('won', 'lost', 'disqualified')
    ) as deals
    inner join history on deals.opportunity_id = history.opportunity_id and deals.outcome != history.outcome
    group by deals.opportunity_id, deals.outcome

),

-- the first close since: later rows only edit a closed deal
closes as (

    select
        last_otherwise.opportunity_id,
        last_otherwise.outcome,
        min(history.entered_at) as closed_at
    from last_otherwise
    inner join history
        on
            last_otherwise.opportunity_id = history.opportunity_id
            and last_otherwise.outcome = history.outcome
            and last_otherwise.entered_at <= history.entered_at
    group by last_otherwise.opportunity_id, last_otherwise.outcome

),

competitors as (

    select
        deal_id as opportunity_id,
        {{ listed('competitor', '; ') }} as competitor
    from {{ ref('base_salesforce__competitors') }}
    where rule_id is null
    group by deal_id

)

select
    decided.opportunity_id as deal_id,
    {{ salesforce_id('decided.account_id') }} as account_id,
    decided.outcome,
    decided.stage,
    decided.created_on,
    coalesce(strftime(closes.closed_at, '%Y-%m-%d'), decided.closed_on) as closed_on,
    decided.modified_at,
    case when decided.currency is null then coalesce(decided.amount_converted, decided.amount) else decided.amount end as amount,
    decided.currency,
    coalesce(decided.owner, decided.owner_id) as owner,
    decided.deal_type,
    decided.lead_source,
    decided.product,
    decided.pipeline,
    coalesce(decided.competitor, competitors.competitor) as competitor,
    decided.loss_reason,
    decided.win_factors,
    decided.qualification_score,
    decided.is_deleted,
    decided.industry,
    decided.annual_revenue,
    decided.employees,
    decided.region,
    decided.country,
    decided.account_type,
    decided.extra_1,
    decided.extra_2,
    decided.extra_3,
    decided.extra_4,
    decided.extra_5,
    decided.extra_6,
    decided.source_file,
    decided.source_line,
    case when decided.is_footer then 'footer of the report' else decided.line_problem end as line_problem,
    decided.file_dated_on,
    decided.file_order
from decided
left join closes on decided.opportunity_id = closes.opportunity_id and decided.outcome = closes.outcome
left join competitors on decided.opportunity_id = competitors.opportunity_id
