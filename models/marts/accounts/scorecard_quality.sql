-- One row: whether accounts may be put into tiers, and how well scores did on deals they had not seen.

select
    quality.is_allowed,
    quality.missing_reason,
    quality.base_rate,
    quality.learned_deals,
    quality.judged_deals,
    quality.judged_quarters,
    quality.brier,
    quality.everyone_brier,
    quality.skill,
    quality.auc,
    quality.p_value,
    quality.prior_deals,
    quality.naive_brier,
    quality.naive_auc,
    quality.deals_missing,
    periods.population
from {{ advice('int_account_scores') }} as quality
inner join {{ ref('dim_periods') }} as periods on periods.period = 'window'
where quality.kind = 'quality'
