-- One row per dimension that segments are cut along.

{% for dimension in dimensions() -%}
select
    '{{ dimension.name }}' as dimension,
    {{ loop.index }} as dimension_order,
    {{ dimension.recommendable | string | lower }} as is_recommendable,
    {{ dimension.is_person | string | lower }} as is_person,
    {{ dimension.known_before | string | lower }} as is_known_before_the_deal,
    {{ (dimension.name in account_attributes()) | string | lower }} as is_account_attribute
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
