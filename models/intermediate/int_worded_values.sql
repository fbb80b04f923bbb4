{{ config(materialized='ephemeral') }}
-- One row per value of int_stated_values that is not empty, as it is shown and compared, and whether its words are words for nothing. An e-mail
-- address inside a value goes no further.

with stated as (

    select
        *,
        bool_or(stated_value is null) over (partition by column_name, object) as has_empty_cells
    from {{ ref('int_stated_values') }}

),

spelt as (

    select
        *,
        {{ replace_pattern('stated_value', '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+', '(e-mail address)') }} as masked_value,
        {{ shown('masked_value') }} as shown_value,
        {{ folded('masked_value') }} as folded_value
    from stated
    where stated_value is not null

),

words as (

    -- where dbt itself reads a seed, as on Spark, the word null is an empty cell
    select
        {{ without_signs(folded("coalesce(word, 'null')")) }} as word,
        max(case when can_be_a_value then 1 else 0 end) = 1 as can_be_a_value
    from {{ ref('no_value_words') }}
    group by all

),

-- words that the setting `keep` names are values, whatever they are
kept as (

    {% for column_name, word in kept_words() -%}
    select '{{ column_name }}' as column_name, {{ folded(text_literal(word)) }} as word
    union
    {% endfor -%}
    select cast(null as string) as column_name, cast(null as string) as word

)

select
    spelt.*,
    words.word,
    -- a word such as None in brackets or dashes is the form's, not a person's
    coalesce(words.can_be_a_value, false) and not {{ matches('spelt.folded_value', '[\\]\\[(){}<>_-]') }} as can_be_a_value,
    kept.word is null and (words.word is not null or {{ without_signs('spelt.folded_value') }} = '') as says_nothing
from spelt
left join words on {{ without_signs('spelt.folded_value') }} = words.word
left join kept on kept.column_name in (spelt.column_name, '*') and spelt.folded_value = kept.word
