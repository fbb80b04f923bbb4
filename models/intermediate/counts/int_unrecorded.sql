-- One row: why the files can name no competitors, and hold no contacts of deals; null where they can.

select
    case
        when bool_or(column_name = 'competitor' and status = 'mapped') then 'no closed deal names a competitor'
        when bool_or(column_name = 'competitor' and status = 'not used') then 'the setting ignore says that the company records no competitors'
        else 'no file has a column for competitors'
    end as competitors_missing_reason,
    -- an object of which no file is read
    case
        when bool_or(source_file is null and object in ('contacts', 'deal_contacts') and status = 'not used')
            then 'the setting ignore says that the company records no contacts on deals'
        when bool_or(source_file is null and object = 'deal_contacts') then 'no file says which contact belongs to which deal'
    end as contacts_missing_reason
from {{ ref('input_columns') }}
