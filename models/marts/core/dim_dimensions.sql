{%- set rows = [] -%}
{%- for one in dimensions() %}{% do rows.append((one.name, loop.index, one.recommendable, one.is_person, one.known_before, one.name in account_attributes())) %}{% endfor -%}
-- One row per dimension that segments are cut along.

select *
from (values {{ rows | join(',\n    ') }}) as listed (dimension, dimension_order, is_recommendable, is_person, is_known_before_the_deal, is_account_attribute)
