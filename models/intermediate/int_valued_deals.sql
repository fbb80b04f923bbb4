{{ config(materialized='ephemeral') }}
-- One row per accepted deal, as in int_segmented_deals, with the outcome that counts and its value in the company currency.

with judged as (

    select
        {{ all_but('deals', ['outcome', 'loss_reason']) }},
        coalesce(loss_reasons.category, 'unspecified') as stated_reason_category,
        -- a lost deal whose reason says it never was a deal (a duplicate, a test) stands outside the win rate
        case
            when deals.outcome = 'lost' and not categories.in_win_rate then 'disqualified'
            else deals.outcome
        end as outcome
    from {{ ref('int_segmented_deals') }} as deals
    left join {{ ref('int_loss_reasons') }} as loss_reasons
        on deals.loss_reason = loss_reasons.loss_reason and loss_reasons.is_primary
    left join {{ ref('loss_reason_categories') }} as categories on loss_reasons.category = categories.category

)

select
    {{ all_but('judged', ['stated_reason_category', 'closed_on', 'amount', 'amount_converted']) }},
    case when judged.outcome in ('lost', 'disqualified') then judged.stated_reason_category end as loss_reason_category,
    case when judged.outcome != 'open' then judged.closed_on end as closed_on,
    judged.amount as stated_amount,
    -- an amount of zero or less says nothing of a deal's value
    case
        when currencies.is_mixed or judged.amount <= 0 then null
        when currencies.is_converted and judged.currency = currencies.value_currency then cast(judged.amount as decimal(24, 2))
        -- as the CRM converted it, else by the rate
        when currencies.is_converted
            then coalesce(
                cast(case when judged.amount_converted > 0 then judged.amount_converted end as decimal(24, 2)),
                cast(cast(judged.amount as double) * fx_rates.rate_to_company_currency as decimal(24, 2))
            )
        else cast(judged.amount as decimal(24, 2))
    end as amount
from judged
cross join {{ ref('int_currencies') }} as currencies
left join {{ ref('fx_rates') }} as fx_rates on judged.currency = upper(fx_rates.currency)
