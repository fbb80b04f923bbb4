-- Detects lines of a file that `input_files` does not list: its books would balance without them.
-- `assert_every_input_line_is_accounted_for` trusts that list to be complete.
-- A returned row is such a file, with the number of lines read from it.

with lines as (

    select 'deals' as object, source_file from {{ ref('base_deal_lines') }}
    union all
    select 'accounts' as object, source_file from {{ ref('base_account_lines') }}
    union all
    select 'contacts' as object, source_file from {{ ref('base_contact_lines') }}
    union all
    select 'deal_contacts' as object, source_file from {{ ref('base_deal_contact_lines') }}
    union all
    select 'stage_history' as object, source_file from {{ ref('base_stage_history_lines') }}

)

select
    lines.object,
    lines.source_file,
    count(*) as lines_read
from lines
left join {{ ref('input_files') }} as files on lines.object = files.object and lines.source_file = files.source_file
where files.source_file is null
group by lines.object, lines.source_file
