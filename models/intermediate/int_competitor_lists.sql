{{ config(materialized='ephemeral') }}
-- One row per name of int_competitor_pieces x piece where it is several names: where each piece is a name by itself elsewhere. One that is not, such as
-- Acme, Inc., has one row; it is doubtful where some pieces are a name, or one begins another such name.

with judged as (

    select
        pieces.name,
        pieces.folded_beginning,
        pieces.way,
        count(distinct pieces.folded_piece) > 1 and bool_and(known.folded_name is not null or words.word is not null) as is_list,
        count(distinct pieces.folded_piece) > 1 and bool_or(known.folded_name is not null) as has_a_name
    from {{ ref('int_competitor_pieces') }} as pieces
    left join (select distinct folded_name from {{ ref('int_competitor_parts') }}) as known on pieces.folded_piece = known.folded_name
    left join {{ ref('competitor_words') }} as words on {{ without_signs('pieces.folded_piece') }} = words.word
    group by pieces.name, pieces.folded_beginning, pieces.way

),

read as (

    select
        name,
        folded_beginning,
        min(case when is_list then way end) as way,
        bool_or(has_a_name) as has_a_name
    from judged
    group by name, folded_beginning

),

-- where no name is stated by itself, lists still repeat their names
beginnings as (

    select
        folded_beginning,
        count(*) as names,
        min(name) as first_name
    from read
    where way is null
    group by folded_beginning

),

repeated as (

    select distinct pieces.name
    from {{ ref('int_competitor_pieces') }} as pieces
    inner join beginnings
        on pieces.folded_piece = beginnings.folded_beginning and (beginnings.names > 1 or beginnings.first_name != pieces.name)

)

select
    read.name,
    pieces.piece,
    read.way is null and (read.has_a_name or repeated.name is not null) as is_doubtful
from read
left join repeated on read.name = repeated.name
left join {{ ref('int_competitor_pieces') }} as pieces on read.name = pieces.name and read.way = pieces.way
