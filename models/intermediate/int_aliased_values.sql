{{ config(materialized='ephemeral') }}
-- One row per value of int_stated_values that is not empty, with whether nothing is known where it stands, and the segment that
-- `segment_aliases` moves it to by hand.

with worded as (

    select * from {{ ref('int_worded_values') }}

),

-- an export that has such a word in several columns, and in none of them an empty cell, writes it wherever a cell is empty
written_when_empty as (

    select worded.word
    from worded
    where worded.can_be_a_value
    group by worded.word
    having count(distinct worded.column_name) > 1 and not bool_or(worded.has_empty_cells)

)

select
    worded.column_name,
    worded.stated_value,
    worded.uses,
    worded.shown_value,
    worded.folded_value,
    aliases.segment as alias_segment,
    case
        when aliases.segment is not null then {{ folded('aliases.segment') }} = 'unknown'
        else worded.says_nothing and (not worded.can_be_a_value or written_when_empty.word is not null)
    end as is_no_value
from worded
left join written_when_empty on worded.word = written_when_empty.word
left join {{ ref('segment_aliases') }} as aliases
    on aliases.dimension in (worded.column_name, '*')
    and worded.folded_value = {{ folded('aliases.stated_value') }}
