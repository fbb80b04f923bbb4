-- One row per object, file and column. `matched`: a view has no ids of accounts and contacts, so they were found by name.

with exported as (

    {{ read_exports('export_columns') }}

),

named as (

    select
        case when object = 'deals' and column_name = 'contact_name' then 'deal_contacts' else object end as object,
        source_file,
        case
            when column_name = 'status' then 'outcome'
            when column_name = 'status_reason' then 'loss_reason'
            when column_name in ('amount_actual', 'amount_estimated') then 'amount'
            when column_name in ('contact_name', 'first_name', 'last_name') then 'contact_id'
            when column_name = 'account_name' then 'account_id'
            else column_name
        end as column_name,
        source_header,
        case
            when status = 'mapped' and column_name in ('account_name', 'contact_name', 'first_name', 'last_name') then 'matched'
            else status
        end as status
    from exported
    -- the topic numbers the deals of a view without ids; ids of accounts and contacts are not used, as no deal names them
    where column_name is null or column_name not in ('deal_name', 'account_id', 'contact_id')

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
