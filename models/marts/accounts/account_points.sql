-- One row per attribute of accounts x value with closed deals in the window: the points of expected win rate it adds to the average account,
-- and how many accounts have it. Points of different attributes add up for an account, numbers of accounts do not.

with accounts as (

    select
        {{ cut_columns(account_attributes()) }},
        count(*) as accounts,
        sum(case when is_whitespace then 1 else 0 end) as whitespace_accounts
    from {{ ref('dim_account_profiles') }}
    group by grouping sets ({{ cut_sets(account_attributes(), '', has_whole=false) }})

),

placed as (

    select
        *,
        {{ is_few_accounts('accounts', 'dimension', 'segment') }} as has_few,
        {{ is_few_accounts('whitespace_accounts', 'dimension', 'segment') }} as has_few_whitespace
    from accounts

)

select
    scores.dimension,
    scores.segment,
    scores.points,
    scores.points_low,
    scores.points_high,
    scores.closed_deals,
    cast(case when placed.has_few then null else coalesce(placed.accounts, 0) end as bigint) as accounts,
    cast(case when placed.has_few or placed.has_few_whitespace then null else coalesce(placed.whitespace_accounts, 0) end as bigint) as whitespace_accounts,
    quality.is_allowed and scores.points_high < 0 and scores.points <= -{{ setting('tier_margin') }} / 2e0 as is_anti,
    case when placed.has_few or placed.has_few_whitespace then 'few accounts: their number is not shown' end as missing_reason,
    periods.population
from {{ advice('int_account_scores') }} as scores
inner join {{ advice('int_account_scores') }} as quality on quality.kind = 'quality'
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
left join placed on scores.dimension = placed.dimension and scores.segment = placed.segment
where scores.kind = 'points'
