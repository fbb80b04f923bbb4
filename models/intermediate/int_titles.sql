{{ config(materialized='table') }}
-- One row per distinct job title, or department, stated for a contact: its seniority, department and persona.
-- The rules are written out as a case, in order of priority, when this model compiles.
-- depends_on: {{ ref('title_phrase_rewrites') }}

{%- set rewritten = namespace(words='words') -%}
{%- for rewrite in taxonomy_rules('title_phrase_rewrites') -%}
    {%- set rewritten.words = replace_pattern(rewritten.words, rewrite['pattern'], rewrite['replacement'] or '') -%}
{%- endfor %}
{%- set seniority_rules = taxonomy_rules('title_seniority_rules', 'seniority', taxonomy_codes('seniorities', 'seniority')) %}
{%- set department_rules = taxonomy_rules('title_department_rules', 'department', taxonomy_codes('departments', 'department')) %}

with stated_titles as (

    select
        title,
        {{ fold_text('title') }} as words
    from (
        select distinct title from {{ ref('stg_contacts') }}
        union
        -- a stated department is read by the same rules
        select distinct department as title from {{ ref('stg_contacts') }}
    ) as stated
    where trim(title) != ''

),

-- abbreviations, misspellings and traps such as `product owner` are spelled out before any rule looks
rewritten_titles as (

    select
        title,
        trim({{ rewritten.words }}) as title_normalised
    from stated_titles

),

ruled_titles as (

    select
        title,
        title_normalised,
        {{ first_match('title_normalised', seniority_rules) }} as seniority_rule,
        {{ first_match('title_normalised', department_rules) }} as department_rule
    from rewritten_titles

),

classified_titles as (

    select
        ruled_titles.*,
        coalesce(seniority_rules.seniority, 'unknown') as seniority,
        coalesce(department_rules.department, 'unknown') as department,
        coalesce(seniority_rules.is_assistant, false) as is_assistant,
        {{ matches('ruled_titles.title_normalised', '\\bformer\\b') }} as is_former,
        coalesce(department_rules.is_ambiguous, false) as is_department_ambiguous
    from ruled_titles
    left join {{ ref('title_seniority_rules') }} as seniority_rules on ruled_titles.seniority_rule = seniority_rules.priority
    left join {{ ref('title_department_rules') }} as department_rules on ruled_titles.department_rule = department_rules.priority

)

select
    titles.title,
    titles.title_normalised,
    titles.seniority,
    coalesce(seniorities.rank, 0) as seniority_rank,
    titles.department,
    case
        when titles.seniority = 'unknown' and titles.department = 'unknown' then 'unknown'
        when titles.is_assistant then 'Assistant'
        when titles.department = 'unknown' then seniorities.label || ' (department unknown)'
        else coalesce(personas.persona, replace(seniorities.persona_template, '{department}', departments.label))
    end as persona,
    -- a guess, for contacts without a stated role; who champions or blocks a deal is in no title
    case
        when titles.is_assistant or titles.is_former then null
        when titles.department = 'procurement' then 'procurement'
        when titles.department = 'legal_compliance' then 'legal_compliance'
        when titles.seniority = 'owner_founder' then 'economic_buyer'
        when titles.department = 'finance' and titles.seniority in ('c_level', 'vp') then 'economic_buyer'
        when titles.seniority in ('c_level', 'vp') and departments.is_buying_department then 'decision_maker'
        when titles.seniority = 'c_level' then 'executive_sponsor'
        when titles.department in ('it', 'security', 'engineering') and seniorities.rank between 3 and 6 then 'technical_evaluator'
        when titles.seniority in ('vp', 'head', 'director') then 'influencer'
        when titles.seniority in ('manager', 'senior_ic', 'ic') and departments.is_buying_department then 'end_user'
    end as inferred_buying_role,
    titles.is_assistant,
    titles.is_former,
    titles.is_department_ambiguous,
    titles.seniority_rule,
    titles.department_rule
from classified_titles as titles
left join {{ ref('seniorities') }} as seniorities on titles.seniority = seniorities.seniority
left join {{ ref('departments') }} as departments on titles.department = departments.department
left join {{ ref('personas') }} as personas
    on titles.seniority = personas.seniority and titles.department = personas.department
