{{ config(materialized='view') }}
{%- set own = extra_account_dimensions() %}
-- One row per accepted account, as in dim_accounts, with the attributes the user added, and the values of all it is scored by as one text. Where the
-- file of the accounts is silent of an attribute, its deals speak, if they agree.
-- what is read only where there are such attributes, for dbt to know of it
-- depends_on: {{ ref('fct_deals') }}, {{ ref('int_segments') }}, {{ ref('stg_accounts') }}

{% if own %}
with deals as (

    select
        account_key,
        {%- for name in own %}
        case when min(nullif({{ name }}, 'unknown')) = max(nullif({{ name }}, 'unknown')) then max(nullif({{ name }}, 'unknown')) end as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_deals') }}
    where account_key is not null
    group by account_key

),

attributed as (

    select
        accounts.*,
        {%- for name in own %}
        coalesce(nullif({{ name }}_segments.segment, 'unknown'), deals.{{ name }}, 'unknown') as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('dim_accounts') }} as accounts
    inner join {{ ref('stg_accounts') }} as stated on accounts.account_key = stated.account_key
    left join deals on accounts.account_key = deals.account_key
    {{ join_segments('stated', own) }}

)
{%- else %}
with attributed as (

    select * from {{ ref('dim_accounts') }}

)
{%- endif %}

select
    *,
    concat_ws(chr(31), {{ account_attributes() | join(', ') }}) as profile
from attributed
