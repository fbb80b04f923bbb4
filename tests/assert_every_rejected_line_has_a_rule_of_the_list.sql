-- Detects a rule id that `reject_rules` does not know, or knows for other files: the line would be neither rejected nor excluded.
-- `input_files` and `rejected_records` take decision, remedy and the role that mends from that list.
-- A returned row is a rule id without an entry; add it to seeds/reject_rules.csv.

with lines as (

    select 'deals' as object, rule_id from {{ ref('base_deal_lines') }}
    union all
    select 'accounts' as object, rule_id from {{ ref('base_account_lines') }}
    union all
    select 'contacts' as object, rule_id from {{ ref('base_contact_lines') }}
    union all
    select 'deal_contacts' as object, rule_id from {{ ref('base_deal_contact_lines') }}
    union all
    select 'stage_history' as object, rule_id from {{ ref('base_stage_history_lines') }}

)

select
    lines.object,
    lines.rule_id,
    count(*) as lines_affected
from lines
left join {{ ref('reject_rules') }} as rules
    on lines.rule_id = rules.rule_id
    and (rules.applies_to = 'any file' or rules.applies_to = lines.object or (rules.applies_to = 'contacts' and lines.object = 'deal_contacts'))
where lines.rule_id is not null and rules.rule_id is null
group by lines.object, lines.rule_id
