-- One row per line of the deal files, every value as canonical text, nothing dropped. The status decides the outcome, and with it
-- which of the two closing times counts: a reopened deal can carry both. A lost deal keeps the stage it was lost in.

with exported as (

    {{ read_exports('deals') }}

),

-- a file without ids numbers its deals by what tells them apart
numbered as (

    select
        exported.*,
        coalesce(
            deal_id,
            case
                when count(deal_id) over (partition by source_file) = 0 and deal_name is not null
                    then 'made-' || md5(concat_ws('|', deal_name, account_name, created_on))
            end
        ) as known_deal_id,
        coalesce(words.outcome, lower(status)) as known_status
    from exported
    left join {{ ref('outcome_words') }} as words on lower(exported.status) = words.word

),

-- a name that two people share says nothing
people as (

    select {{ folded('contact_name') }} as folded_name, min(contact_id) as contact_id
    from ({{ read_exports('contacts') }}) as exported_contacts
    where contact_name is not null
    group by {{ folded('contact_name') }}
    having min(contact_id) = max(contact_id)

),

organizations as (

    select {{ folded('account_name') }} as folded_name, min(account_id) as account_id
    from ({{ read_exports('accounts') }}) as exported_accounts
    where account_name is not null
    group by {{ folded('account_name') }}
    having min(account_id) = max(account_id)

)

select
    numbered.known_deal_id as deal_id,
    coalesce(
        numbered.primary_contact_id, people.contact_id, {{ keyed_hash('person', folded('numbered.contact_name')) }}
    ) as contact_id,
    coalesce(numbered.account_id, organizations.account_id, 'name-' || md5({{ folded('numbered.account_name') }})) as account_id,
    case
        when numbered.known_status = 'deleted' then 'open'
        when numbered.status is not null then numbered.status
        when numbered.won_on is not null and numbered.lost_on is null then 'won'
        when numbered.lost_on is not null and numbered.won_on is null then 'lost'
    end as outcome,
    numbered.stage,
    numbered.created_on,
    case numbered.known_status
        when 'won' then coalesce(numbered.won_on, numbered.closed_on)
        when 'lost' then coalesce(numbered.lost_on, numbered.closed_on)
        when 'open' then null
        else coalesce(numbered.won_on, numbered.lost_on, numbered.closed_on)
    end as closed_on,
    numbered.modified_at,
    numbered.amount,
    numbered.currency,
    numbered.owner,
    numbered.deal_type,
    numbered.lead_source,
    -- a deal with several products stands on a line for each
    case
        when min(numbered.product) over deal_lines != max(numbered.product) over deal_lines then 'several products'
        else numbered.product
    end as product,
    numbered.pipeline,
    -- a field of several options is written with commas; the one before a legal form, as in Acme, Inc., is part of a name
    {{ replace_pattern(
        replace_pattern('numbered.competitor', '(?i), *((inc|llc|ltd|llp|plc|corp|co|gmbh|ag|sa|sas|bv|nv|spa|srl|ltda)([.]?([,;]|$)|[.]? ))', ' \\1'), ', *', '; '
    ) }} as competitor,
    numbered.loss_reason,
    numbered.win_factors,
    numbered.qualification_score,
    case when numbered.known_status = 'deleted' then 'true' end as is_deleted,
    numbered.industry,
    numbered.annual_revenue,
    numbered.employees,
    numbered.region,
    numbered.country,
    numbered.account_type,
    numbered.extra_1,
    numbered.extra_2,
    numbered.extra_3,
    numbered.extra_4,
    numbered.extra_5,
    numbered.extra_6,
    numbered.source_file,
    numbered.source_line,
    numbered.line_problem,
    numbered.file_dated_on,
    numbered.file_order
from numbered
left join people on {{ folded('numbered.contact_name') }} = people.folded_name
left join organizations on {{ folded('numbered.account_name') }} = organizations.folded_name
window deal_lines as (partition by numbered.known_deal_id, numbered.source_file)
