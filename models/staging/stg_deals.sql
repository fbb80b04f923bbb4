-- One row per accepted deal, whatever CRM it came from. Ids and owners leave here only as keyed hashes.

select
    {{ keyed_hash('deal', 'deal_id') }} as deal_key,
    {{ keyed_hash('account', 'account_id') }} as account_key,
    outcome,
    stage,
    created_on,
    closed_on,
    amount,
    upper(currency) as currency,
    owner,
    deal_type,
    lead_source,
    product,
    pipeline,
    competitor,
    loss_reason,
    win_factors,
    qualification_score,
    industry,
    cast(try_cast(annual_revenue as decimal(20, 2)) as double) as annual_revenue,
    cast(try_cast(employees as decimal(20, 2)) as double) as employees,
    region,
    country,
    account_type,
    extra_1,
    extra_2,
    extra_3,
    extra_4,
    extra_5,
    extra_6
from {{ ref('base_deal_lines') }}
where rule_id is null
