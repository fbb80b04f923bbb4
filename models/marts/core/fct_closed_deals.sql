-- One row per won or lost deal in the population: what every win rate and recommendation counts.

{{ config(materialized='view') }}

select *
from {{ ref('fct_deals') }}
where outcome in ('won', 'lost') and is_in_population
