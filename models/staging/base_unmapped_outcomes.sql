{{ config(materialized='ephemeral') }}
-- One row per word for an outcome that no list knows: how many deals it moves, and the line that would map it. The choice is written out, so that
-- no line can be pasted unread.
-- noqa: disable=LT02

with unmapped as (

    select
        crm,
        outcome_list,
        outcome_stated,
        case when outcome_stated like '%,%' then '"' || outcome_stated || '"' else outcome_stated end as cell,
        case when count(*) = 1 then '1 deal' else cast(count(*) as string) || ' deals' end as deals
    from {{ ref('base_ruled_deals') }}
    where rule_id = 'unknown_outcome'
    group by crm, outcome_list, outcome_stated

)

select
    crm,
    outcome_list,
    outcome_stated,
    case outcome_list
        when 'seeds/stage_map.csv' then 'stage "' || outcome_stated || '" of ' || deals || ' is not in seeds/stage_map.csv; add the line  '
            || crm || ',' || cell || ',won|lost|open|disqualified  with the one that is right'
        when 'seeds/outcome_words.csv' then 'status "' || outcome_stated || '" of ' || deals || ' is not in seeds/outcome_words.csv; add the line  '
            || lower(cell) || ',won|lost|open|disqualified  with the one that is right'
        else 'outcome "' || outcome_stated || '" of ' || deals || ' is not mapped; add under mapping.outcomes, with the one that is right,  '
            || 'won|lost|open|disqualified: ["' || outcome_stated || '"]'
    end as how_to_map
from unmapped
