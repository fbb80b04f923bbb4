-- One row per accepted account.

select
    {{ keyed_hash('account', 'account_id') }} as account_key,
    cast(try_cast(annual_revenue as decimal(20, 2)) as double) as annual_revenue,
    cast(try_cast(employees as decimal(20, 2)) as double) as employees{{ and_dimensions('lines', account_dimensions()) }}  -- noqa: LT02
from {{ ref('base_account_lines') }} as lines
where rule_id is null
