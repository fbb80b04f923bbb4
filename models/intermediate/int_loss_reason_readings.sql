{{ config(materialized='ephemeral') }}
{%- set rules = taxonomy_rules('loss_reason_rules', 'category', taxonomy_codes('loss_reason_categories', 'category')) %}
-- One row per stated loss reason x category that something reads into it: the user, the defaults of the CRM, a rule, or nothing that knows it.
-- What the user says a reason means is final (rank 1); a default comes before the rules.
-- depends_on: {{ ref('loss_reason_rules') }}

with stated_reasons as (

    select * from {{ ref('int_stated_loss_reasons') }}

),

-- deals are lost for several causes at once, so every rule that matches is kept
matching_rules as (

    select
        loss_reason,
        {{ split_to_rows("concat_ws(';', case when words = '' then '0' end" ~ matching_priorities(rules) ~ ")", ';') }} as priority
    from stated_reasons

)

select
    stated_reasons.loss_reason,
    case
        when categories.category is null
            then {{ fail(
                "'seeds/taxonomy/loss_reason_overrides.csv: ' || coalesce(overrides.category, 'a blank')"
                ~ " || ' is not a category of seeds/taxonomy/loss_reason_categories.csv'"
            ) }}
        else overrides.category
    end as category,
    0 as priority,
    'override' as matched_by,
    1 as reading_rank
from stated_reasons
inner join {{ ref('loss_reason_overrides') }} as overrides
    on stated_reasons.words = {{ fold_text(split_camel_case('overrides.stated_reason')) }}
left join {{ ref('loss_reason_categories') }} as categories on overrides.category = categories.category
union all
select loss_reason, 'unspecified' as category, 0 as priority, 'default' as matched_by, 2 as reading_rank
from stated_reasons
where is_default
union all
select
    matching_rules.loss_reason,
    coalesce(rules.category, 'unspecified') as category,
    cast(matching_rules.priority as integer) as priority,
    'rule' as matched_by,
    3 as reading_rank
from matching_rules
left join {{ ref('loss_reason_rules') }} as rules on cast(matching_rules.priority as integer) = rules.priority
where matching_rules.priority != ''
union all
-- stated, but nothing knows it: int_unmapped_loss_reasons lists these for the user to map
select loss_reason, 'other' as category, 0 as priority, 'none' as matched_by, 4 as reading_rank
from stated_reasons
