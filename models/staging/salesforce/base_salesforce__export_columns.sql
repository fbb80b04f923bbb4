-- One row per object, file and column. The outcome comes from IsWon, IsClosed and the stage, whichever are there.

with exported as (

    {{ read_exports('export_columns') }}

),

named as (

    select
        object,
        source_file,
        case column_name
            when 'entered_at' then 'entered_on'
            when 'is_won' then 'outcome'
            when 'is_closed' then 'outcome'
            when 'amount_converted' then 'amount'
            when 'owner_id' then 'owner'
            else column_name
        end as column_name,
        source_header,
        status
    from exported
    -- names are read to number the deals of a report without ids, and go no further
    where column_name is null or column_name not in ('deal_name', 'account_name', 'footer_from')
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
    min(status) as status
from named
-- `mapped` comes before `missing`: one header is enough
group by object, source_file, column_name, case when column_name is null then source_header end
