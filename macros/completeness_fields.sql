{# Fields of a deal whose filling is counted: by name the condition under which it is filled, the columns of the files that fill it, and whether
   advice rests on it. Each dimension is one. #}
{% macro completeness_fields() %}
    {%- set needed = ['amount', 'industry', 'revenue band', 'lead source', 'loss reason', 'qualification score', 'created date'] -%}
    {%- set fields = [
        ('account', 'account_key is not null', ['account_id']),
        ('created date', 'created_on is not null', ['created_on']),
        ('closed date', 'deals.closed_on is not null', ['closed_on']),
        ('sales cycle', 'cycle_days is not null', ['created_on', 'closed_on']),
        ('amount', 'stated_amount is not null', ['amount']),
        ('qualification score', 'qualification_score is not null', ['qualification_score']),
        ('loss reason', "outcome != 'lost' or loss_reason_category != 'unspecified'", ['loss_reason']),
    ] -%}
    {%- set columns_of = {'revenue_band': 'annual_revenue', 'employee_band': 'employees', 'deal_size_band': 'amount'} -%}
    {%- for dimension in dimensions() -%}
        {%- do fields.append((dimension.name | replace('_', ' '), dimension.name ~ " != 'unknown'", [columns_of.get(dimension.name, dimension.name)])) -%}
    {%- endfor -%}
    {%- set described = {} -%}
    {%- for name, condition, columns in fields -%}
        {%- do described.update({name: {'condition': condition, 'columns': columns, 'is_needed': name in needed}}) -%}
    {%- endfor -%}
    {{ return(described) }}
{% endmacro %}
