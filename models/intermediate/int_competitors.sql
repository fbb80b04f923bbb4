{{ config(materialized='table') }}
-- One row per distinct stated text of competitors x competitor it names, in the spelling of its segment. A text that says there was none
-- has the row `none`.

with named as (

    select distinct
        texts.stated_competitors,
        case when words.meaning = 'none' then 'none' else segments.segment end as competitor,
        coalesce(words.meaning, 'vendor') as kind
    from {{ ref('int_competitor_texts') }} as texts
    inner join {{ ref('int_segments') }} as segments on segments.column_name = 'competitor' and texts.competitor = segments.stated_value
    left join {{ ref('competitor_words') }} as words on {{ without_signs(folded('segments.segment')) }} = words.word
    -- a word for nothing known names no one
    where segments.segment != 'unknown' and coalesce(words.meaning, 'vendor') != 'unknown'

),

judged as (

    select
        *,
        max(case when kind != 'none' then 1 else 0 end) over (partition by stated_competitors) = 1 as names_someone
    from named

)

select
    stated_competitors,
    competitor,
    kind
from judged
-- who names someone does not mean none
where kind != 'none' or not names_someone
