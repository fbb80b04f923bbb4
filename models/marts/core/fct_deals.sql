-- One row per accepted deal, open ones included. Amounts and counts may be summed; cycle_days and scores may not.

select
    deals.deal_key,
    deals.account_key,
    deals.outcome,
    cast(case when deals.outcome = 'won' then 1 when deals.outcome = 'lost' then 0 end as integer) as is_won,
    coalesce(deal_types.counts, all_deal_types.counts, true) and coalesce(pipelines.counts, all_pipelines.counts, true) as is_in_population,
    {{ quarter_start('deals.closed_on') }} as closed_quarter_starts_on,
    case
        when deals.outcome = 'open' then null
        else coalesce({{ quarter_name(quarter_start('deals.closed_on')) }}, 'unknown')
    end as closed_quarter,
    -- two dates decide, also where they contradict each other; what the file states counts where one is missing
    case
        when deals.closed_on >= deals.created_on
            then cast({{ dbt.datediff('deals.created_on', 'deals.closed_on', 'day') }} as integer)  -- noqa: LT05
        when deals.outcome != 'open' and (deals.closed_on is null or deals.created_on is null) then deals.cycle_days
    end as cycle_days,
    coalesce(amount_bands.band, 'unknown') as deal_size_band,
    {{ all_but('deals', ['deal_key', 'account_key', 'outcome', 'cycle_days']) }}
from {{ ref('int_valued_deals') }} as deals
{{ join_band('amount_bands', 'amount', 'deals.amount') }}
left join {{ ref('population') }} as deal_types on deal_types.field = 'deal_type' and {{ folded('deal_types.value') }} = {{ folded('deals.deal_type') }}
left join {{ ref('population') }} as all_deal_types on all_deal_types.field = 'deal_type' and all_deal_types.value = '*'
left join {{ ref('population') }} as pipelines on pipelines.field = 'pipeline' and {{ folded('pipelines.value') }} = {{ folded('deals.pipeline') }}
left join {{ ref('population') }} as all_pipelines on all_pipelines.field = 'pipeline' and all_pipelines.value = '*'
