{{ config(materialized='table') }}
-- One row per distinct job title, or department, stated for a contact: its seniority, department and persona.


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
from {{ ref('int_classified_titles') }} as titles
left join {{ ref('seniorities') }} as seniorities on titles.seniority = seniorities.seniority
left join {{ ref('departments') }} as departments on titles.department = departments.department
left join {{ ref('personas') }} as personas
    on titles.seniority = personas.seniority and titles.department = personas.department
