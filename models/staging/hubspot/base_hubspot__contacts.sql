-- One row per line of the contact files, every value as canonical text, nothing dropped. Names and e-mails are not kept.

with exported as (

    {{ read_exports('contacts') }}

),

-- a domain that two companies share says nothing
domains as (

    select
        {{ hubspot_domain('account_domain') }} as domain,
        min(account_id) as account_id
    from ({{ read_exports('accounts') }}) as companies
    group by {{ hubspot_domain('account_domain') }}
    having min(account_id) = max(account_id)

)

select
    exported.contact_id,
    coalesce({{ hubspot_first('exported.account_id') }}, {{ hubspot_first('exported.account_ids') }}, domains.account_id) as account_id,
    exported.title,
    exported.department,
    -- HubSpot keeps the role on the person: it is the same on all their deals
    {{ hubspot_label('exported.buying_role') }} as buying_role,
    exported.modified_at,
    {{ absent() }} as is_deleted,
    exported.source_file,
    exported.source_line,
    exported.line_problem,
    exported.file_dated_on,
    exported.file_order
from exported
left join domains on {{ hubspot_domain('exported.account_domain') }} = domains.domain
