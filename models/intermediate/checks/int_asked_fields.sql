{{ config(materialized='table') }}
{%- set ignored = setting('ignore') or [] -%}
{%- set quoted = "'" ~ (ignored | join("', '")) ~ "'" -%}
-- One row per field that the answers ask for, and per object (field `*`): whether the files hold it. What no file holds, what stands empty
-- in the files and what the company does not have are three things with three remedies. Without fields that must be there. When a deal was
-- changed matters only where a version had to be chosen.

with read_columns as (

    select * from {{ ref('int_read_columns') }}

),

asked as (

    select
        columns.object,
        columns.column_name,
        columns.missing_means,
        columns.object in ({{ quoted }}) or columns.column_name in ({{ quoted }}) as is_ignored,
        {{ place_of_object('columns.object') }} as place
    from {{ ref('canonical_columns') }} as columns
    cross join {{ source('landing', 'loads') }} as loads
    left join {{ ref('crm_rules') }} as rules on loads.crm = rules.crm
    -- histories are asked for where a CRM's close dates are typed by hand
    where not columns.is_required and (columns.object != 'stage_history' or rules.history_tells_close)

),

-- deals say what accounts would, accounts nothing of deals; competitors and roles stand in either of two files
held as (

    select
        asked.object,
        asked.column_name,
        max(case when read_columns.object = asked.object then 1 else 0 end) = 1 as is_in_own_file
    from asked
    inner join read_columns
        on asked.column_name = read_columns.column_name and asked.place = read_columns.place
        and (asked.object != 'deals' or read_columns.object != 'accounts')
    group by asked.object, asked.column_name

),

-- what a missing object costs is what no other file says
lacking as (

    select
        asked.object,
        {{ listed("replace(asked.column_name, '_', ' ')") }} as columns
    from asked
    left join held on asked.object = held.object and asked.column_name = held.column_name
    where asked.column_name != '*' and not asked.is_ignored and held.object is null
    group by asked.object

),

chosen as (

    select count(*) as versions
    from {{ ref('base_deal_lines') }}
    where rule_id in ('superseded', 'superseded_in_one_file', 'two_versions_in_one_file')

)

select
    asked.object,
    asked.column_name,
    replace(asked.missing_means, '{columns}', coalesce(lacking.columns, 'nothing')) as missing_means,
    case
        when asked.is_ignored then 'not used'
        when coalesce(held.column_name, objects.object) is not null then 'exported'
        when asked.missing_means like '%{columns}%' and lacking.columns is null then 'not needed'
        when asked.object = 'deals' and asked.column_name = 'modified_at' and chosen.versions = 0 then 'not needed'
        else 'not exported'
    end as standing,
    -- what a missing object would hold is said of the object
    asked.column_name != '*' and own_object.object is null as is_of_missing_object,
    coalesce(not held.is_in_own_file, false) as is_said_elsewhere
from asked
cross join chosen
left join held on asked.object = held.object and asked.column_name = held.column_name
left join lacking on asked.object = lacking.object
left join (select distinct object from read_columns) as objects on asked.column_name = '*' and asked.object = objects.object
left join (select distinct object from read_columns) as own_object on asked.object = own_object.object
