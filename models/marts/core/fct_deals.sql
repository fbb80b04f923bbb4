{%- set account_columns = account_dimensions() -%}
{%- set deal_columns = deal_dimensions() -%}
-- One row per accepted deal, open ones included. Amounts and counts may be summed; cycle_days and scores may not.
-- noqa: disable=LT02

with deals as (

    select
        deals.*,
        {%- for column in account_columns %}
        coalesce(accounts.{{ column }}, deals.{{ column }}) as known_{{ column }},
        {%- endfor %}
        {%- for column in deal_columns %}
        deals.{{ column }} as known_{{ column }},
        {%- endfor %}
        coalesce(accounts.annual_revenue, deals.annual_revenue) as known_annual_revenue,
        coalesce(accounts.employees, deals.employees) as known_employees,
        coalesce(loss_reasons.category, 'unspecified') as stated_reason_category,
        -- a lost deal whose reason says it never was a deal (a duplicate, a test) stands outside the win rate
        case
            when deals.outcome = 'lost' and not categories.in_win_rate then 'disqualified'
            else deals.outcome
        end as judged_outcome
    from {{ ref('stg_deals') }} as deals
    left join {{ ref('stg_accounts') }} as accounts on deals.account_key = accounts.account_key
    left join {{ ref('int_loss_reasons') }} as loss_reasons
        on deals.loss_reason = loss_reasons.loss_reason and loss_reasons.is_primary
    left join {{ ref('loss_reason_categories') }} as categories on loss_reasons.category = categories.category

),

-- every dimension has a value: what no one filled in is `unknown`
segmented as (

    select
        deals.deal_key,
        deals.account_key,
        deals.judged_outcome as outcome,
        case when deals.judged_outcome in ('lost', 'disqualified') then deals.stated_reason_category end as loss_reason_category,
        deals.stage,
        deals.decision_line,
        deals.created_on,
        case when deals.judged_outcome != 'open' then deals.closed_on end as closed_on,
        deals.amount as stated_amount,
        deals.currency,
        -- an amount of zero or less says nothing of a deal's value
        case
            when currencies.is_mixed or deals.amount <= 0 then null
            when currencies.is_converted and deals.currency = currencies.value_currency then cast(deals.amount as decimal(24, 2))
            -- as the CRM converted it, else by the rate
            when currencies.is_converted
                then coalesce(
                    cast(case when deals.amount_converted > 0 then deals.amount_converted end as decimal(24, 2)),
                    cast(cast(deals.amount as double) * fx_rates.rate_to_company_currency as decimal(24, 2))
                )
            else cast(deals.amount as decimal(24, 2))
        end as amount,
        deals.qualification_score,
        deals.cycle_days as stated_cycle_days,
        {%- for column in account_columns + deal_columns if column != 'competitor' %}
        coalesce({{ column }}_segments.segment, 'unknown') as {{ column }},
        {%- endfor %}
        coalesce(competitors.competitor, 'unknown') as competitor,
        coalesce(competitors.competition, 'unknown') as competition,
        coalesce(revenue_bands.band, 'unknown') as revenue_band,
        coalesce(employee_bands.band, 'unknown') as employee_band
    from deals
    cross join {{ ref('int_currencies') }} as currencies
    left join {{ ref('fx_rates') }} as fx_rates on deals.currency = upper(fx_rates.currency)
    left join (
        select
            stated_competitors,
            case when count(*) > 1 then 'several competitors' else max(competitor) end as competitor,
            case when max(kind) = 'none' then 'none' else 'named' end as competition
        from {{ ref('int_competitors') }}
        group by stated_competitors
    ) as competitors on deals.known_competitor = competitors.stated_competitors
    {%- for column in account_columns + deal_columns if column != 'competitor' %}
    left join {{ ref('int_segments') }} as {{ column }}_segments
        on {{ column }}_segments.column_name = '{{ column }}' and deals.known_{{ column }} = {{ column }}_segments.stated_value
    {%- endfor %}
    left join {{ ref('bands') }} as revenue_bands
        on revenue_bands.measure = 'annual_revenue'
        and deals.known_annual_revenue > 0
        and deals.known_annual_revenue >= revenue_bands.from_value
        and (deals.known_annual_revenue < revenue_bands.below_value or revenue_bands.below_value is null)
    left join {{ ref('bands') }} as employee_bands
        on employee_bands.measure = 'employees'
        and deals.known_employees > 0
        and deals.known_employees >= employee_bands.from_value
        and (deals.known_employees < employee_bands.below_value or employee_bands.below_value is null)

)

select
    segmented.deal_key,
    segmented.account_key,
    segmented.outcome,
    cast(case when segmented.outcome = 'won' then 1 when segmented.outcome = 'lost' then 0 end as integer) as is_won,
    coalesce(deal_types.counts, all_deal_types.counts, true) and coalesce(pipelines.counts, all_pipelines.counts, true) as is_in_population,
    segmented.stage,
    segmented.decision_line,
    segmented.loss_reason_category,
    segmented.created_on,
    segmented.closed_on,
    {{ quarter_start('segmented.closed_on') }} as closed_quarter_starts_on,
    case
        when segmented.outcome = 'open' then null
        else coalesce({{ quarter_name(quarter_start('segmented.closed_on')) }}, 'unknown')
    end as closed_quarter,
    -- two dates decide, also where they contradict each other; what the file states counts where one is missing
    case
        when segmented.closed_on >= segmented.created_on
            then cast({{ dbt.datediff('segmented.created_on', 'segmented.closed_on', 'day') }} as integer)  -- noqa: LT05
        when segmented.outcome != 'open' and (segmented.closed_on is null or segmented.created_on is null) then segmented.stated_cycle_days
    end as cycle_days,
    segmented.amount,
    segmented.stated_amount,
    segmented.currency,
    segmented.qualification_score,
    segmented.industry,
    segmented.revenue_band,
    segmented.employee_band,
    segmented.region,
    segmented.country,
    segmented.account_type,
    segmented.lead_source,
    segmented.deal_type,
    segmented.product,
    coalesce(amount_bands.band, 'unknown') as deal_size_band,
    segmented.competitor,
    segmented.competition,
    segmented.pipeline,
    segmented.owner{{ extra_columns('segmented') }}
from segmented
left join {{ ref('bands') }} as amount_bands
    on amount_bands.measure = 'amount'
    and segmented.amount >= amount_bands.from_value
    and (segmented.amount < amount_bands.below_value or amount_bands.below_value is null)
left join {{ ref('population') }} as deal_types on deal_types.field = 'deal_type' and {{ folded('deal_types.value') }} = {{ folded('segmented.deal_type') }}
left join {{ ref('population') }} as all_deal_types on all_deal_types.field = 'deal_type' and all_deal_types.value = '*'
left join {{ ref('population') }} as pipelines on pipelines.field = 'pipeline' and {{ folded('pipelines.value') }} = {{ folded('segmented.pipeline') }}
left join {{ ref('population') }} as all_pipelines on all_pipelines.field = 'pipeline' and all_pipelines.value = '*'
