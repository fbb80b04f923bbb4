-- One row per tier: its accounts, with and without deals, what is expected of a deal there, and what the judged quarters won of the promise, the
-- interval that of decisions. Tiers add up to all accepted accounts. Where tiers are not allowed accounts are not counted and the reason says why.

with counted as (

    select
        tiers.tier,
        count(accounts.account_key) as accounts,
        sum(case when accounts.is_whitespace then 1 else 0 end) as whitespace_accounts,
        coalesce(sum(accounts.open_deals), 0) as open_deals,
        -- rounded, so that the order in which an engine adds tells nothing
        round(avg(accounts.expected_win_rate), 9) as expected_win_rate,
        round(avg(accounts.expected_value_per_deal), 2) as expected_value_per_deal
    from (values ('A'), ('B'), ('C'), ('D')) as tiers (tier)
    left join {{ ref('account_scorecard') }} as accounts on tiers.tier = accounts.tier
    group by tiers.tier

),

placed as (

    select
        *,
        case when sum(accounts) over () = 0 then 'no account was accepted, and tiers list those of a file of accounts' end as why_none,
        sum(accounts) over () = 0 or {{ is_few_accounts('accounts', "'all'", 'tier') }} as has_few,
        has_few or {{ is_few_accounts('whitespace_accounts', "'all'", 'tier') }} as has_few_of_either
    from counted

),

-- all judged quarters together, with the promise weighed by their deals
judged as (

    select
        tier,
        cast(sum(closed_deals) as bigint) as judged_deals,
        cast(sum(won_deals) as bigint) as judged_won_deals,
        sum(decisions) as judged_decisions,
        round(sum(expected_win_rate * closed_deals) / nullif(sum(closed_deals), 0), 9) as promised_win_rate
    from {{ ref('account_tier_history') }}
    group by tier

)

select
    placed.tier,
    cast(case when quality.is_allowed and not placed.has_few then placed.accounts end as bigint) as accounts,
    cast(case when quality.is_allowed and not placed.has_few_of_either then placed.whitespace_accounts end as bigint) as whitespace_accounts,
    cast(case when quality.is_allowed and not placed.has_few then placed.open_deals end as bigint) as open_deals,
    placed.expected_win_rate,
    case when not placed.has_few then placed.expected_value_per_deal end as expected_value_per_deal,
    coalesce(judged.judged_deals, 0) as judged_deals,
    coalesce(judged.judged_won_deals, 0) as judged_won_deals,
    judged.promised_win_rate,
    {{ decided_rate_columns('judged.judged_won_deals', 'judged.judged_deals', 'judged.judged_decisions', 'judged_win_rate') }},
    coalesce(quality.missing_reason, placed.why_none, case when placed.has_few_of_either then 'few accounts: their number is not shown' end) as missing_reason,
    quality.population
from placed
inner join {{ ref('scorecard_quality') }} as quality on true
left join judged on placed.tier = judged.tier
