-- Detects a value that stands twice in a list a user may edit, and bands of a measure that overlap.
-- Deals are joined to these lists; with two matches a deal would count twice.
-- A returned row is the seed and the entry to fix.

select
    'outcome_words' as seed,
    {{ folded('word') }} as entry
from {{ ref('outcome_words') }}
group by {{ folded('word') }}
having count(*) > 1
union all
select
    'population' as seed,
    field || ' ' || {{ folded('value') }} as entry
from {{ ref('population') }}
group by field, {{ folded('value') }}
having count(*) > 1
union all
select
    'fx_rates' as seed,
    upper(currency) as entry
from {{ ref('fx_rates') }}
group by upper(currency)
having count(*) > 1
union all
select
    'segment_aliases' as seed,
    aliases.dimension || ' ' || aliases.stated_value as entry
from {{ ref('segment_aliases') }} as aliases
inner join {{ ref('segment_aliases') }} as others
    on {{ folded('aliases.stated_value') }} = {{ folded('others.stated_value') }}
    and (aliases.dimension = others.dimension or others.dimension = '*')
group by aliases.dimension, aliases.stated_value
having count(*) > 1
union all
select
    'bands' as seed,
    measure || ' ' || band as entry
from {{ ref('bands') }}
group by measure, band
having count(*) > 1
union all
select
    'bands' as seed,
    bands.measure || ' ' || bands.band as entry
from {{ ref('bands') }} as bands
inner join {{ ref('bands') }} as others
    on bands.measure = others.measure
    and bands.band != others.band
    and bands.from_value <= others.from_value
    and (others.from_value < bands.below_value or bands.below_value is null)
union all
select
    'stage_order' as seed,
    {{ folded('pipeline') }} || ' ' || {{ folded('stage') }} as entry
from {{ ref('stage_order') }}
group by {{ folded('pipeline') }}, {{ folded('stage') }}
having count(*) > 1
