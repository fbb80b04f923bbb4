{{ config(materialized='table') }}
-- One row per column and spelling of a value, with the segment it belongs to: spellings that only look different are one segment, shown in
-- the commonest; `segment_aliases` joins further ones by hand, and `no_value_words` says which words mean that nothing is known.
-- An e-mail address inside a value goes no further.

with stated as (

    select * from {{ ref('int_stated_values') }}

),

masked as (

    select
        *,
        {{ replace_pattern('stated_value', '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+', '(e-mail address)') }} as masked_value
    from stated
    where stated_value is not null

),

spelt as (

    select
        *,
        {{ shown('masked_value') }} as shown_value,
        {{ folded('masked_value') }} as folded_value
    from masked

),

words as (

    -- where dbt itself reads a seed, as on Spark, the word null is an empty cell
    select
        {{ without_signs(folded("coalesce(word, 'null')")) }} as word,
        max(case when can_be_a_value then 1 else 0 end) = 1 as can_be_a_value
    from {{ ref('no_value_words') }}
    group by {{ without_signs(folded("coalesce(word, 'null')")) }}

),

-- words that the setting `keep` names are values, whatever they are
kept as (

    {% for column_name, word in kept_words() -%}
    select '{{ column_name }}' as column_name, {{ folded(text_literal(word)) }} as word
    union
    {% endfor -%}
    select {{ absent() }} as column_name, {{ absent() }} as word

),

worded as (

    select
        spelt.*,
        words.word,
        -- a word such as None in brackets or dashes is the form's, not a person's
        coalesce(words.can_be_a_value, false) and not {{ matches('spelt.folded_value', '[\\]\\[(){}<>_-]') }} as can_be_a_value,
        kept.word is null and (words.word is not null or {{ without_signs('spelt.folded_value') }} = '') as says_nothing
    from spelt
    left join words on {{ without_signs('spelt.folded_value') }} = words.word
    left join kept on kept.column_name in (spelt.column_name, '*') and spelt.folded_value = kept.word

),

-- an export that has such a word in several columns, and in none of them an empty cell, writes it wherever a cell is empty
written_when_empty as (

    select worded.word
    from worded
    left join stated as empty_cells
        on worded.column_name = empty_cells.column_name and worded.object = empty_cells.object and empty_cells.stated_value is null
    where worded.can_be_a_value
    group by worded.word
    having count(distinct worded.column_name) > 1 and count(empty_cells.uses) = 0

),

-- an alias moves a spelling to the fold of another segment
aliased as (

    select
        worded.column_name,
        worded.stated_value,
        worded.shown_value,
        worded.folded_value,
        aliases.segment as alias_segment,
        case
            when aliases.segment is not null then {{ folded('aliases.segment') }} = 'unknown'
            else worded.says_nothing and (not worded.can_be_a_value or written_when_empty.word is not null)
        end as is_no_value,
        sum(worded.uses) as uses
    from worded
    left join written_when_empty on worded.word = written_when_empty.word
    left join {{ ref('segment_aliases') }} as aliases
        on aliases.dimension in (worded.column_name, '*')
        and worded.folded_value = {{ folded('aliases.stated_value') }}
    group by
        worded.column_name,
        worded.stated_value,
        worded.shown_value,
        worded.folded_value,
        worded.says_nothing,
        worded.can_be_a_value,
        written_when_empty.word,
        aliases.segment

),

segmented as (

    select
        *,
        case when is_no_value then 'unknown' else alias_segment end as given_segment,
        case when is_no_value then 'unknown' when alias_segment is not null then {{ folded('alias_segment') }} else folded_value end as segment_fold
    from aliased

),

spellings as (

    select
        column_name,
        segment_fold,
        shown_value,
        max(given_segment) as given_segment,
        sum(uses) as uses
    from segmented
    group by column_name, segment_fold, shown_value

),

commonest as (

    select
        column_name,
        segment_fold,
        coalesce(max(given_segment) over (partition by column_name, segment_fold), shown_value) as segment,
        -- of two as common, the first in the order of letters
        row_number() over (partition by column_name, segment_fold order by uses desc, shown_value) as commonest_first
    from spellings

)

select
    segmented.column_name,
    segmented.stated_value,
    commonest.segment,
    segmented.is_no_value,
    cast(segmented.uses as bigint) as records
from segmented
inner join commonest
    on segmented.column_name = commonest.column_name
    and segmented.segment_fold = commonest.segment_fold
    and commonest.commonest_first = 1
