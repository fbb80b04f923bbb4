-- One row per object, file and column. `matched`: no ids of companies or contacts, so that they were found by domain or e-mail.

with exported as (

    {{ read_exports('export_columns') }}

),

named as (

    select
        case when column_name in ('contact_ids', 'contact_emails', 'contact_names', 'deal_ids') then 'deal_contacts' else object end as object,
        source_file,
        case
            when column_name in ('account_ids', 'account_domain') then 'account_id'
            when column_name in ('contact_ids', 'contact_emails', 'contact_names') then 'contact_id'
            when column_name = 'deal_ids' then 'deal_id'
            when column_name in ('is_won', 'is_lost', 'is_closed') then 'outcome'
            when column_name = 'amount_converted' then 'amount'
            when column_name = 'owner_id' then 'owner'
            else column_name
        end as column_name,
        source_header,
        case
            when status = 'mapped' and column_name in ('account_domain', 'contact_emails', 'contact_names') then 'matched'
            else status
        end as status
    from exported
    -- companies have a domain to be found by, contacts an e-mail: no columns of theirs here
    where
        not (object = 'stage_history' and coalesce(column_name, '') = 'modified_at')
        and not (object = 'accounts' and coalesce(column_name, '') = 'account_domain')
        and coalesce(column_name, '') != 'email'
    union all
    select object, source_file, 'outcome' as column_name, source_header, status
    from exported
    where object = 'deals' and column_name = 'stage'

)

select
    object,
    source_file,
    column_name,
    {{ listed('source_header', ' or ') }} as source_header,
    -- `mapped` comes before `matched`, and that before `missing`
    min(status) as status
from named
group by object, source_file, column_name, case when column_name is null then source_header end
