-- One row per data-quality rule: how many accepted rows it concerns, none included. Suspicious is not wrong: the rows stay.

with found as (

    select
        'closed_before_created' as rule_id,
        count(*) filter (where closed_on < created_on) as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} where outcome in ('won', 'lost')
    union all
    select
        'closed_without_date' as rule_id,
        count(*) filter (where closed_on is null) as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} where outcome in ('won', 'lost')
    union all
    select
        'amount_not_positive' as rule_id,
        count(*) filter (where stated_amount <= 0) as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} where outcome in ('won', 'lost')
    union all
    select
        'amount_too_large' as rule_id,
        count(*) filter (where is_amount_too_large) as found,
        count(*) as of_records
    from {{ ref('base_deal_lines') }} where rule_id is null
    union all
    select
        'amount_missing' as rule_id,
        count(*) filter (where stated_amount is null) as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} where outcome in ('won', 'lost')
    union all
    select
        'loss_reason_missing' as rule_id,
        count(*) filter (where loss_reason_category = 'unspecified') as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} where outcome = 'lost'
    union all
    select
        'loss_reason_default' as rule_id,
        count(*) filter (where reasons.matched_by = 'default') as found,
        count(*) as of_records
    from {{ ref('stg_deals') }} as deals
    left join {{ ref('int_loss_reasons') }} as reasons on deals.loss_reason = reasons.loss_reason and reasons.is_primary
    where deals.outcome = 'lost'
    union all
    select
        'loss_reason_unmapped' as rule_id,
        count(*) filter (where loss_reason_category = 'other') as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} where outcome = 'lost'
    union all
    select
        'renewal_in_population' as rule_id,
        count(*) filter (where is_in_population and lower(deal_type) like '%renew%') as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} where outcome in ('won', 'lost')
    union all
    select
        'unreadable_value' as rule_id,
        count(*) filter (where unreadable_columns is not null) as found,
        count(*) as of_records
    from (
        {% for lines in ['deal', 'account', 'contact', 'deal_contact', 'stage_history'] -%}
        select unreadable_columns from {{ ref('base_' ~ lines ~ '_lines') }} where rule_id is null
        {% if not loop.last %}union all
        {% endif %}
        {%- endfor %}
    ) as accepted
    union all
    select
        'no_value_word' as rule_id,
        cast(coalesce(sum(records) filter (where is_no_value), 0) as bigint) as found,
        cast(coalesce(sum(records), 0) as bigint) as of_records
    from {{ ref('int_segments') }}
    union all
    select
        'account_missing' as rule_id,
        count(*) filter (where accounts.account_key is null) as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} as deals
    left join {{ ref('stg_accounts') }} as accounts on deals.account_key = accounts.account_key
    where deals.outcome in ('won', 'lost')
    union all
    select
        'repeated_decision' as rule_id,
        count(*) filter (where decision_line > 1) as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} where outcome in ('won', 'lost')
    union all
    select
        'closed_implausibly_late' as rule_id,
        count(*) filter (where deals.closed_on > as_of.as_of_on) as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} as deals
    cross join {{ ref('dim_as_of') }} as as_of
    where deals.outcome in ('won', 'lost')
    union all
    select
        'dated_implausibly_late' as rule_id,
        count(*) filter (where dates.day > as_of.as_of_on) as found,
        count(*) as of_records
    from (
        select created_on as day from {{ ref('fct_deals') }}
        union all
        select entered_on as day from {{ ref('stg_stage_history') }}
    ) as dates
    cross join {{ ref('dim_as_of') }} as as_of
    where dates.day is not null
    union all
    select
        'stages_unknown' as rule_id,
        count(*) filter (where stages.deal_key is null) as found,
        count(*) as of_records
    from {{ ref('fct_deals') }} as deals
    left join (select distinct deal_key from {{ ref('fct_deal_stages') }}) as stages on deals.deal_key = stages.deal_key
    where deals.is_in_population
    union all
    select
        'several_currencies' as rule_id,
        case when currency_count > 1 then currency_count else 0 end as found,
        currency_count as of_records
    from {{ ref('int_currencies') }}
    union all
    -- by id: hashing millions of ids to compare them would take longer than all the rest
    select
        'contact_of_unknown_deal' as rule_id,
        count(*) filter (where deals.deal_id is null) as found,
        count(*) as of_records
    from {{ ref('base_deal_contact_lines') }} as deal_contacts
    left join {{ ref('base_deal_lines') }} as deals on deal_contacts.deal_id = deals.deal_id and deals.rule_id is null
    where deal_contacts.rule_id is null
    union all
    select
        'contact_added_after_close' as rule_id,
        count(*) filter (where not is_counted) as found,
        count(*) as of_records
    from {{ ref('bridge_deal_contacts') }}
    union all
    -- what a missing object would hold is said of the object
    select
        'field_not_exported' as rule_id,
        count(*) filter (where standing = 'not exported') as found,
        count(*) as of_records
    from {{ ref('int_asked_fields') }} where column_name != '*' and not is_of_missing_object
    union all
    select
        'object_not_exported' as rule_id,
        count(*) filter (where standing = 'not exported') as found,
        count(*) as of_records
    from {{ ref('int_asked_fields') }} where column_name = '*'
    union all
    select
        'field_not_used' as rule_id,
        count(*) filter (where standing = 'not used') as found,
        count(*) as of_records
    from {{ ref('int_asked_fields') }}
    union all
    select
        'field_not_filled_in' as rule_id,
        count(*) filter (where filled_deals = 0 and missing_reason is null) as found,
        count(*) filter (where missing_reason is null) as of_records
    from (
        select
            field,
            max(missing_reason) as missing_reason,
            sum(filled_deals) as filled_deals
        from {{ ref('field_completeness') }}
        where period = 'all' and outcome in ('won', 'lost')
        group by field
    ) as fields
    union all
    select
        'contact_without_deal' as rule_id,
        count(*) filter (where deals.contact_id is null) as found,
        count(*) as of_records
    from {{ ref('base_contact_lines') }} as contacts
    left join (
        select distinct contact_id
        from {{ ref('base_deal_contact_lines') }}
        where rule_id is null
    ) as deals on contacts.contact_id = deals.contact_id
    where contacts.rule_id is null
    union all
    select
        rule_id,
        found,
        of_records
    from {{ ref('int_outcome_findings') }}
    union all
    select
        rule_id,
        found,
        of_records
    from {{ ref('int_version_findings') }}
    union all
    select
        rule_id,
        found,
        of_records
    from {{ ref('int_person_findings') }}
    union all
    select
        rule_id,
        found,
        of_records
    from {{ ref('int_pace_findings') }}

),

-- a field that no file holds is not one that people leave empty
absent_fields as (

    select field
    from {{ ref('field_completeness') }}
    group by field
    having max(missing_reason) is not null

),

judged as (

    select
        found.rule_id,
        rules.meaning,
        case when absent_fields.field is null then found.found else 0 end as records,
        case when absent_fields.field is null then found.of_records else 0 end as of_records,
        rules.effect,
        rules.remedy,
        rules.who_fixes
    from found
    inner join {{ ref('data_quality_rules') }} as rules on found.rule_id = rules.rule_id
    left join absent_fields on rules.field = absent_fields.field

)

select
    rule_id,
    meaning,
    records,
    of_records,
    {{ rate('records', 'of_records') }} as share,
    effect,
    remedy,
    who_fixes
from judged
