-- One row per deal x contact person. Pipedrive has no file of them: the person stands on the deal, by id, else by name.

select
    deal_id,
    contact_id,
    {{ absent() }} as buying_role,
    'true' as is_primary,
    {{ absent() }} as added_on,
    {{ absent() }} as is_deleted,
    source_file,
    source_line,
    {{ absent() }} as line_problem,
    file_dated_on,
    file_order
from {{ ref('base_pipedrive__deals') }}
where deal_id is not null and contact_id is not null and line_problem is null
-- an older version of a deal may name a person who has been replaced since; product rows name the same one again
qualify row_number() over (
    partition by deal_id
    order by modified_at desc nulls last, file_order desc nulls last, source_file desc, source_line desc
) = 1
