{# The rows of one canonical table that stands in the engine already, every value as text. Columns the table does not have are
   null, and so is a whole table: only deals must be there. #}
{% macro read_warehouse(object) -%}
    {%- set table = source('warehouse', object) -%}
    {%- set wanted = warehouse_columns()[object] -%}
    {%- set present = warehouse_table_columns(object) -%}
    {%- set values = [] -%}
    {%- for column in wanted -%}
        {%- do values.append('cast(' ~ present[column] ~ ' as ' ~ dbt.type_string() ~ ')' if column in present else absent()) -%}
    {%- endfor -%}
    {%- set keys = ['deal_id', 'contact_id'] if object == 'deal_contacts' else wanted[:1] -%}
with stated as (

    select
        {%- for value in values %}
        {{ value }} as {{ wanted[loop.index0] }},
        {%- endfor %}
        {{ seed_line() }} - 1 as source_line
    {%- if present %}
    from {{ table }}
    {%- else %}
    where 1 = 0
    {%- endif %}

)

select
    '{{ table.schema }}.{{ table.identifier }}' as source_file,
    source_line,
    {{ absent() }} as line_problem,
    {% if object != 'stage_history' -%}
    -- a table has no order of its own: where nothing says which version of a row is newer, its content decides, so that
    -- every build decides alike
    cast(row_number() over (
        partition by {{ keys | join(', ') }}
        order by {% for column in wanted %}{{ column }} nulls first{{ ', ' if not loop.last }}{% endfor %}
    ) as integer) as file_order,
    {% endif -%}
    {{ wanted | join(',\n    ') }}
from stated
{%- endmacro %}

{# The columns each canonical table may have, the key first; dimensions of the user's own are called extra_1 and so on. #}
{% macro warehouse_columns() -%}
    {%- set of_accounts = ['industry', 'annual_revenue', 'employees', 'region', 'country', 'account_type'] -%}
    {{ return({
        'deals': [
            'deal_id', 'account_id', 'outcome', 'stage', 'created_on', 'closed_on', 'modified_at', 'amount', 'currency', 'owner',
            'deal_type', 'lead_source', 'product', 'pipeline', 'competitor', 'loss_reason', 'win_factors', 'qualification_score',
            'is_deleted',
        ] + of_accounts + ['extra_1', 'extra_2', 'extra_3', 'extra_4', 'extra_5', 'extra_6'],
        'accounts': ['account_id'] + of_accounts + ['modified_at', 'is_deleted'],
        'contacts': ['contact_id', 'account_id', 'title', 'department', 'buying_role', 'modified_at', 'is_deleted'],
        'deal_contacts': ['deal_id', 'contact_id', 'buying_role', 'is_primary', 'added_on', 'is_deleted'],
        'stage_history': ['deal_id', 'stage', 'entered_on'],
    }) }}
{%- endmacro %}

{# The columns a canonical table has, as the engine spells them, by the name they have here; none where there is no table. #}
{% macro warehouse_table_columns(object) -%}
    {%- set found = {} -%}
    {%- if execute and flags.WHICH != 'generate' -%}
        {%- set relation = load_relation(source('warehouse', object)) -%}
        {%- for column in (adapter.get_columns_in_relation(relation) if relation else []) -%}
            {%- do found.update({column.name | lower: adapter.quote(column.name)}) -%}
        {%- endfor -%}
        {%- if object == 'deals' -%}
            {%- set own = var('extra_dimensions', {}) or {} -%}
            {%- for name in extra_dimensions() -%}
                {%- set header = (own[name] if own is mapping else name) | lower -%}
                {%- if header in found -%}{%- do found.update({'extra_' ~ loop.index: found[header]}) -%}{%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# Before the first model: one sentence for each canonical table or column without which nothing can be read. #}
{% macro check_warehouse() -%}
    {%- if execute and crm() == 'warehouse' and flags.WHICH in ('build', 'run') -%}
        {%- set required = {
            'deals': ['deal_id', 'outcome'], 'accounts': ['account_id'], 'contacts': ['contact_id'],
            'deal_contacts': ['deal_id', 'contact_id'], 'stage_history': ['deal_id', 'stage', 'entered_on'],
        } -%}
        {%- set problems = [] -%}
        {%- for object, columns in required.items() -%}
            {%- set table = source('warehouse', object) -%}
            {%- set present = warehouse_table_columns(object) -%}
            {%- if object == 'deals' and not present -%}
                {%- do problems.append('There is no table ' ~ table ~ ' to read deals from. Name its schema with the variable warehouse_schema.') -%}
            {%- endif -%}
            {%- for column in columns if present and column not in present -%}
                {%- do problems.append('Table ' ~ table ~ ' has no column ' ~ column ~ ', but needs one. Make a view that has it; it has: ' ~ present | join(', ') ~ '.') -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set present = warehouse_table_columns('deals') -%}
        {%- for name in extra_dimensions() -%}
            {%- if present and 'extra_' ~ loop.index not in present -%}
                {%- do problems.append('Table ' ~ source('warehouse', 'deals') ~ ' has no column for the extra dimension ' ~ name ~ '.') -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if problems -%}
            {{ stop(dbt.string_literal(problems | join('\n') | replace("'", '') | replace('"', ''))) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
