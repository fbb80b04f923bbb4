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

chosen as (

    select count(*) as versions
    from {{ ref('base_deal_lines') }}
    where rule_id in ('superseded', 'superseded_in_one_file', 'two_versions_in_one_file')

)

select
    asked.object,
    asked.column_name,
    asked.missing_means,
    case
        when asked.is_ignored then 'not used'
        when coalesce(places.column_name, objects.object) is not null then 'exported'
        when asked.object = 'deals' and asked.column_name = 'modified_at' and chosen.versions = 0 then 'not needed'
        else 'not exported'
    end as standing,
    -- what a missing object would hold is said of the object
    asked.column_name != '*' and own_object.object is null as is_of_missing_object
from asked
cross join chosen
left join (select distinct column_name, place from read_columns) as places  -- noqa: LT09
    on asked.column_name = places.column_name and asked.place = places.place
left join (select distinct object from read_columns) as objects on asked.column_name = '*' and asked.object = objects.object
left join (select distinct object from read_columns) as own_object on asked.object = own_object.object
