{{ config(materialized='table') }}
{%- set columns = ['lead_source', 'deal_type', 'product', 'competitor', 'pipeline', 'owner', 'industry', 'region', 'country', 'account_type'] -%}
{%- for name in extra_dimensions() %}{% do columns.append('extra_' ~ loop.index) %}{% endfor -%}
{%- set account_columns = ['industry', 'region', 'country', 'account_type'] -%}
-- One row per column and spelling of a value, with the segment it belongs to: values that differ only in case
-- or blanks are one segment, shown in its commonest spelling; `segment_aliases` joins further spellings by hand
-- and says which words mean that nothing is known. A cell that names several competitors holds several values. An e-mail address inside
-- a value goes no further.

with stated as (

    {% for column in columns %}
    {% if column == 'competitor' -%}
    -- a cell may name several
    select
        'competitor' as column_name,
        trim(part) as stated_value,
        sum(uses) as uses
    from (
        select
            {{ split_to_rows('competitor', '[;|]') }} as part,
            uses
        from (select
            competitor,
            count(*) as uses
        from {{ ref('stg_deals') }} where competitor is not null group by competitor) as cells
    ) as parts
    where trim(part) != ''
    group by trim(part)
    {%- else -%}
    select
        '{{ column }}' as column_name,
        {{ column }} as stated_value,
        count(*) as uses
    from {{ ref('stg_deals') }}
    where {{ column }} is not null
    group by {{ column }}
    {%- endif %}
    {% if column in account_columns %}
    union all
    select
        '{{ column }}' as column_name,
        {{ column }} as stated_value,
        count(*) as uses
    from {{ ref('stg_accounts') }}
    where {{ column }} is not null
    group by {{ column }}
    {% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

folded as (

    select
        column_name,
        stated_value,
        shown_value,
        {{ folded('shown_value') }} as folded_value,
        sum(uses) as uses
    from (
        select
            *,
            {{ replace_pattern('stated_value', '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+', '(e-mail address)') }} as shown_value
        from stated
    ) as masked
    group by column_name, stated_value, shown_value

),

-- an alias moves a spelling to the fold of another segment
aliased as (

    select
        folded.column_name,
        folded.stated_value,
        folded.shown_value,
        folded.uses,
        aliases.segment as alias_segment,
        coalesce({{ folded('aliases.segment') }}, folded.folded_value) as segment_fold
    from folded
    left join {{ ref('segment_aliases') }} as aliases
        on aliases.dimension in (folded.column_name, '*')
        and folded.folded_value = {{ folded('aliases.stated_value') }}

),

commonest as (

    select
        column_name,
        segment_fold,
        coalesce(max(alias_segment) over (partition by column_name, segment_fold), shown_value) as segment,
        row_number() over (partition by column_name, segment_fold order by uses desc, stated_value) as commonest_first
    from aliased

)

select
    aliased.column_name,
    aliased.stated_value,
    commonest.segment
from aliased
inner join commonest
    on aliased.column_name = commonest.column_name
    and aliased.segment_fold = commonest.segment_fold
    and commonest.commonest_first = 1
