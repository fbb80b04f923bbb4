{{ config(materialized='ephemeral') }}
-- One row per distinct job title, or department, stated for a contact: its seniority and department.
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

)

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
