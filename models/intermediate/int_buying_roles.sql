{{ config(materialized='table') }}
-- One row per distinct stated buying role text that states a role, with the role it stands for.
-- depends_on: {{ ref('buying_role_words') }}

{%- set buying_roles = [
    'champion', 'economic_buyer', 'decision_maker', 'executive_sponsor', 'influencer', 'technical_evaluator', 'end_user',
    'procurement', 'legal_compliance', 'blocker', 'other', 'unknown',
] %}

with ruled_roles as (

    select
        stated_role,
        {{ first_match('words', taxonomy_rules('buying_role_words', 'buying_role', buying_roles)) }} as priority
    from {{ ref('int_stated_roles') }}
    where words != ''

),

-- a placeholder such as n/a states no role; a wording that no rule knows is a role all the same
known_roles as (

    select
        ruled_roles.stated_role,
        coalesce(words.buying_role, 'other') as buying_role,
        min(coalesce(ruled_roles.priority, 1000000)) as priority
    from ruled_roles
    left join {{ ref('buying_role_words') }} as words on ruled_roles.priority = words.priority
    where coalesce(words.buying_role, 'other') != 'unknown'
    group by ruled_roles.stated_role, coalesce(words.buying_role, 'other')

),

ranked_roles as (

    select
        *,
        row_number() over (partition by stated_role order by priority, buying_role) as place
    from known_roles

)

select
    stated_role,
    max(case when place = 1 then buying_role end) as buying_role,
    {{ listed('case when place > 1 then buying_role end') }} as further_buying_roles
from ranked_roles
group by stated_role
