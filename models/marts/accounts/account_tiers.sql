-- One row per tier: how many accounts stand in it, with and without deals, and what is expected of a deal there. Tiers add up to all accepted
-- accounts. Where tiers are not allowed every number is empty and the reason says why.

with tiers as (

    {% for tier in ['A', 'B', 'C', 'D'] -%}
    select '{{ tier }}' as tier
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

counted as (

    select
        tiers.tier,
        count(accounts.account_key) as accounts,
        sum(case when accounts.is_whitespace then 1 else 0 end) as whitespace_accounts,
        coalesce(sum(accounts.open_deals), 0) as open_deals,
        -- rounded, so that the order in which an engine adds tells nothing
        round(avg(accounts.expected_win_rate), 9) as expected_win_rate,
        round(avg(accounts.expected_value_per_deal), 2) as expected_value_per_deal
    from tiers
    left join {{ ref('account_scorecard') }} as accounts on tiers.tier = accounts.tier
    group by tiers.tier

),

judged as (

    select
        *,
        {{ is_few_accounts('accounts', "'all'", 'tier') }} as has_few,
        {{ is_few_accounts('whitespace_accounts', "'all'", 'tier') }} as has_few_whitespace
    from counted

)

select
    judged.tier,
    cast(case when quality.is_allowed and not judged.has_few then judged.accounts end as bigint) as accounts,
    cast(case when quality.is_allowed and not judged.has_few and not judged.has_few_whitespace then judged.whitespace_accounts end as bigint)
        as whitespace_accounts,
    cast(case when quality.is_allowed and not judged.has_few then judged.open_deals end as bigint) as open_deals,
    judged.expected_win_rate,
    case when not judged.has_few then judged.expected_value_per_deal end as expected_value_per_deal,
    case
        when not quality.is_allowed then quality.missing_reason
        when judged.has_few or judged.has_few_whitespace then 'few accounts: their number is not shown'
    end as missing_reason,
    periods.population
from judged
inner join {{ ref('scorecard_quality') }} as quality on true
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
