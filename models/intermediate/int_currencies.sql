-- One row: whether the amounts of the accepted deals can be added up, and why not.

with currencies as (

    select
        currency,
        count(*) filter (where amount_converted is null) as unconverted_deals
    from {{ ref('stg_deals') }}
    where amount is not null and currency is not null
    group by currency

),

-- the company's own currency needs no rate, nor does one whose amounts the CRM converted
rated as (

    select
        currencies.currency,
        case
            when currencies.unconverted_deals = 0 or currencies.currency = upper('{{ setting("company_currency") }}') then 1
            -- a rate of nothing, or of many digits, is a mistake in the list
            when fx_rates.rate_to_company_currency > 0 and fx_rates.rate_to_company_currency <= {{ setting('largest_exchange_rate') }}
                then fx_rates.rate_to_company_currency
        end as rate_to_company_currency,
        fx_rates.rate_to_company_currency is not null as is_rate_stated,
        currencies.unconverted_deals
    from currencies
    left join {{ ref('fx_rates') }} as fx_rates on currencies.currency = upper(fx_rates.currency)

),

summary as (

    select
        count(*) as currency_count,
        count(*) filter (where rate_to_company_currency is null) as unrated_count,
        max(currency) as any_currency,
        sum(unconverted_deals) as unconverted_deals,
        {{ listed("case when rate_to_company_currency is null and not is_rate_stated then currency end") }} as unrated_currencies,
        {{ listed("case when rate_to_company_currency is null and is_rate_stated then currency end") }} as misrated_currencies
    from rated

)

select
    currency_count,
    currency_count > 1 and unrated_count = 0 as is_converted,
    currency_count > 1 and unrated_count > 0 as is_mixed,
    case
        when is_converted then coalesce(upper(nullif('{{ setting("company_currency") }}', '')), 'company currency')
        when currency_count = 1 then any_currency
    end as value_currency,
    case when is_mixed then 'amounts stand in several currencies and fx_rates has ' end || concat_ws(
        ' and ',
        'no rate for ' || unrated_currencies,
        'a rate that is not above 0 and at most {{ setting("largest_exchange_rate") }} for ' || misrated_currencies
    ) as value_missing_reason
from summary
