-- One row per line of the contact views; a name stands here as a keyed hash alone.

with exported as (

    select *, nullif({{ folded("coalesce(contact_name, concat_ws(' ', first_name, last_name))") }}, '') as folded_name
    from ({{ read_exports('contacts') }}) as exported_contacts

)

select
    {{ keyed_hash('person', 'folded_name') }} as contact_id,
    'name-' || md5({{ folded('account_name') }}) as account_id,
    title,
    department,
    {{ absent() }} as buying_role,
    modified_at,
    {{ absent() }} as is_deleted,
    source_file,
    source_line,
    line_problem,
    file_dated_on,
    file_order
from exported
