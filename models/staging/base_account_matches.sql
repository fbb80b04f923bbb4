{{ config(materialized='ephemeral' if target.type == 'duckdb' else 'table') }}
-- One row per name or domain by which a deal or contact without the id of its account finds it. One that two accounts share finds neither.

with accounts as (

    select *
    from {{ source('landing', 'accounts') }}
    where line_problem is null and coalesce(account_id not in (select merged_id from {{ ref('base_merged_records') }} where object = 'accounts'), true)

)

select
    'name' as found_by,
    account_name_hash as match_hash,
    min(coalesce(account_id, account_name_hash)) as account_id
from accounts
where account_name_hash is not null
group by account_name_hash
having min(coalesce(account_id, account_name_hash)) = max(coalesce(account_id, account_name_hash))
union all
select
    'domain' as found_by,
    account_domain_hash as match_hash,
    min(account_id) as account_id
from accounts
where account_domain_hash is not null
group by account_domain_hash
having min(account_id) = max(account_id)
