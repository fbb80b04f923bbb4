{%- set holds = {
    'outcome': "outcome in ('won', 'lost', 'open', 'disqualified')",
    'is_won': "(is_won is not null) = (outcome in ('won', 'lost')) and coalesce(is_won in (0, 1), true)",
    'is_in_population': 'is_in_population is not null',
    'closed_on': "outcome != 'open' or closed_on is null",
    'loss_reason_category': "(loss_reason_category is not null) = (outcome in ('lost', 'disqualified'))",
    'cycle_days': 'coalesce(cycle_days >= 0, true)',
    'qualification_score': 'coalesce(qualification_score between 0 and 1, true)',
} -%}
{%- for dimension in dimensions() %}{% do holds.update({dimension.name: dimension.name ~ ' is not null'}) %}{% endfor -%}
-- Detects deals whose columns contradict each other, and a dimension that has no value, not even `unknown`. The columns of the facts
-- follow the dimensions of a company, so that no contract lists them.
-- A returned row is a column with the number of deals in which it does not hold.

{% for column, condition in holds.items() -%}
select
    '{{ column }}' as column_name,
    count(*) as deals
from {{ ref('fct_deals') }}
where not ({{ condition }}) or ({{ condition }}) is null
having count(*) > 0
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
