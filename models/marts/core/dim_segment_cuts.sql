-- One row per cut of a dimension whose segments have an order, and band: the side of the cut that the band is on, in words.
-- A cut has two bands or more on either side; where one side is a single band, the band says it itself. None where `ordered_cuts` is off.

with ordered as (

    select
        band,
        {{ band_dimension('measure') }} as dimension,
        row_number() over (partition by measure order by band_order, from_value) as place,
        count(*) over (partition by measure) as bands,
        case when instr(band, ' to ') > 1 then substr(band, 1, instr(band, ' to ') - 1) end as before_to
    from {{ ref('bands') }}

),

-- "$50M to $100M" begins at "$50M"; "up to 49" begins at nothing that it says
named as (

    select
        *,
        case when translate(before_to, '0123456789', '') != before_to then before_to end as lower_edge
    from ordered

),

edges as (

    select
        dimension,
        band,
        place,
        coalesce(lower_edge || ' and more', band || ' and above') as upper_segment,
        coalesce('under ' || lower_edge, 'below ' || band) as lower_segment
    from named
    where place between 3 and bands - 1 and {{ 'true' if setting('ordered_cuts') else 'false' }}

)

select
    edges.dimension,
    edges.dimension || ' cut at ' || edges.band as cut,
    case when ordered.place >= edges.place then edges.upper_segment else edges.lower_segment end as segment,
    ordered.band as segment_part
from edges
inner join ordered on edges.dimension = ordered.dimension
