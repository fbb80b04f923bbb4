{{ config(materialized='table') }}
-- One row per distinct stated loss reason x category it falls in; the first category by priority is the primary one.
-- depends_on: {{ ref('loss_reason_rules') }}

{%- set rules = taxonomy_rules('loss_reason_rules', 'category', taxonomy_codes('loss_reason_categories', 'category')) %}

with stated_reasons as (

    -- grouped so that Spark folds a reason once, and not for every rule
    select
        loss_reason,
        max(words) as words
    from (
        select
            loss_reason,
            {{ fold_text(split_camel_case('loss_reason')) }} as words
        from (select distinct loss_reason from {{ ref('stg_deals') }} where loss_reason is not null) as stated
    ) as folded
    group by loss_reason

),

-- what the user says a reason means is final: no rule is asked
mapped_by_user as (

    select
        stated_reasons.loss_reason,
        case
            when categories.category is null
                then {{ fail(
                    "'seeds/taxonomy/loss_reason_overrides.csv: ' || coalesce(overrides.category, 'a blank')"
                    ~ " || ' is not a category of seeds/taxonomy/loss_reason_categories.csv'"
                ) }}
            else overrides.category
        end as category
    from stated_reasons
    inner join {{ ref('loss_reason_overrides') }} as overrides
        on stated_reasons.words = {{ fold_text(split_camel_case('overrides.stated_reason')) }}
    left join {{ ref('loss_reason_categories') }} as categories on overrides.category = categories.category

),

lost_deals as (

    select
        stated_reasons.words,
        count(*) as deals,
        sum(count(*)) over () as all_deals
    from {{ ref('stg_deals') }} as deals
    left join stated_reasons on deals.loss_reason = stated_reasons.loss_reason
    where deals.outcome = 'lost'
    group by stated_reasons.words

),

-- what the CRM writes where no one chose a reason says nothing, nor does what stands on nearly every loss
defaults_of_crm as (

    select stated_reasons.loss_reason
    from stated_reasons
    left join {{ ref('loss_reason_defaults') }} as defaults
        on stated_reasons.words = {{ fold_text(split_camel_case('defaults.stated_reason')) }}
        and defaults.crm in (select crm from {{ source('landing', 'loads') }})
    left join lost_deals
        on stated_reasons.words = lost_deals.words
        and lost_deals.deals > {{ setting('default_reason_share') }} * lost_deals.all_deals
        and lost_deals.all_deals >= {{ setting('default_reason_minimum_losses') }}
    where
        stated_reasons.loss_reason not in (select loss_reason from mapped_by_user)
        and (defaults.crm is not null or lost_deals.words is not null)
    group by stated_reasons.loss_reason

),

-- deals are lost for several causes at once, so every rule that matches is kept
matching_rules as (

    select
        loss_reason,
        {{ split_to_rows("concat_ws(';', case when words = '' then '0' end" ~ matching_priorities(rules) ~ ")", ';') }} as priority
    from stated_reasons

),

matched_by_rules as (

    select
        matching_rules.loss_reason,
        coalesce(rules.category, 'unspecified') as category,
        cast(matching_rules.priority as integer) as priority
    from matching_rules
    left join {{ ref('loss_reason_rules') }} as rules on cast(matching_rules.priority as integer) = rules.priority
    where matching_rules.priority != ''

),

categorised as (

    select
        loss_reason,
        category,
        0 as priority,
        'override' as matched_by
    from mapped_by_user
    group by loss_reason, category
    union all
    select
        loss_reason,
        'unspecified' as category,
        0 as priority,
        'default' as matched_by
    from defaults_of_crm
    union all
    select
        loss_reason,
        category,
        min(priority) as priority,
        'rule' as matched_by
    from matched_by_rules
    where
        loss_reason not in (select loss_reason from mapped_by_user)
        and loss_reason not in (select loss_reason from defaults_of_crm)
    group by loss_reason, category
    union all
    -- stated, but nothing knows it: int_unmapped_loss_reasons lists these for the user to map
    select
        loss_reason,
        'other' as category,
        0 as priority,
        'none' as matched_by
    from stated_reasons
    where
        loss_reason not in (select loss_reason from mapped_by_user)
        and loss_reason not in (select loss_reason from defaults_of_crm)
        and loss_reason not in (select loss_reason from matched_by_rules)

)

select
    categorised.loss_reason,
    categorised.category,
    row_number() over (partition by categorised.loss_reason order by categorised.priority, categorised.category) = 1 as is_primary,
    categories.family,
    categories.outcome_class,
    categorised.matched_by
from categorised
left join {{ ref('loss_reason_categories') }} as categories on categorised.category = categories.category
