{{ config(materialized='table') }}
-- One row per distinct stated text of win factors x factor it names.
-- depends_on: {{ ref('win_factor_words') }}

{%- set known_factors = [
    'strong_champion', 'executive_sponsorship', 'urgent_need', 'budget_approved', 'competitive_price', 'fast_sales_cycle',
    'good_fit', 'other', 'unspecified',
] %}

with listed_factors as (

    select
        win_factors,
        {{ split_to_rows('win_factors', '[;,|]') }} as part
    from (select distinct win_factors from {{ ref('stg_deals') }} where win_factors is not null) as stated

),

folded_factors as (

    select
        win_factors,
        {{ fold_text(split_camel_case('part')) }} as words
    from listed_factors

),

-- one part of the list may name several factors
matched_factors as (

    select
        win_factors,
        words,
        'unspecified' as win_factor
    from folded_factors
    where words = ''
    {%- for rule in taxonomy_rules('win_factor_words', 'win_factor', known_factors) %}
    union all
    select win_factors, words, '{{ rule['win_factor'] }}' as win_factor
    from folded_factors
    where {{ matches('words', rule['pattern']) }}
    {%- endfor %}

)

select distinct
    folded_factors.win_factors,
    coalesce(matched_factors.win_factor, 'other') as win_factor
from folded_factors
left join matched_factors
    on folded_factors.win_factors = matched_factors.win_factors and folded_factors.words = matched_factors.words
-- a placeholder names no factor
where coalesce(matched_factors.win_factor, 'other') != 'unspecified'
