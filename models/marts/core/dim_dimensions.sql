{%- set rows = [] -%}
{%- set own = account_attributes() -%}
{%- for one in dimensions() -%}
{%- do rows.append((one.name, loop.index, one.recommendable, one.is_person, one.known_before, one.name in own)) -%}
{%- endfor -%}
-- One row per dimension that segments are cut along.

select *
from (values {{ rows | join(',\n    ') }}) as listed (dimension, dimension_order, is_recommendable, is_person, is_known_before_the_deal, is_account_attribute)
