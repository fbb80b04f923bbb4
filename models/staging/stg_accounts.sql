-- One row per accepted account.

select
    {{ keyed_hash('account', 'account_id') }} as account_key,
    industry,
    cast(try_cast(annual_revenue as decimal(20, 2)) as double) as annual_revenue,
    cast(try_cast(employees as decimal(20, 2)) as double) as employees,
    region,
    country,
    account_type
from {{ ref('base_account_lines') }}
where rule_id is null
