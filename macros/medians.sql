{# Whether medians are looked for between bounds. DuckDB's own median holds every value of every cell in memory and can put none on the disk;
   between bounds little is held, but a company of few deals pays more for them than for that. Spark counts equal values, of which there are fewer.
   DuckDB's catalog is asked, when the facts are built. #}
{% macro encloses_medians() %}{{ return(adapter.dispatch('encloses_medians')()) }}{% endmacro %}

{% macro default__encloses_medians() -%}
    {%- if not execute -%}{{ return(false) }}{%- endif -%}
    {%- set facts = "duckdb_tables() where table_name = 'fct_deals' and database_name = current_database()" -%}
    {{ return((run_query('select max(estimated_size) from ' ~ facts).rows[0][0] or 0) >= setting('medians_in_memory') | int) }}
{%- endmacro %}

{% macro spark__encloses_medians() %}{{ return(false) }}{% endmacro %}

{# The exact median of `value`, a number made of `column`, of each cell of deals. With bounds, between which the middle lies, what lies outside them is
   counted, and the rest is held and sorted. #}
{% macro exact_median(column, value, is_enclosed) -%}
    {%- if not is_enclosed -%}{{ return('median(' ~ value ~ ')') }}{%- endif -%}
    {%- set low, high = 'bounds.' ~ column ~ '_low', 'bounds.' ~ column ~ '_high' -%}
    {%- set under_low = 'count(*) filter (where ' ~ value ~ ' < ' ~ low ~ ')' -%}
    {%- set upto_low = 'count(*) filter (where ' ~ value ~ ' <= ' ~ low ~ ')' -%}
    {%- set under_high = upto_low ~ ' + count(*) filter (where ' ~ value ~ ' > ' ~ low ~ ' and ' ~ value ~ ' < ' ~ high ~ ')' -%}
    {%- set upto_high = 'count(*) filter (where ' ~ value ~ ' <= ' ~ high ~ ')' -%}
    case
            when count({{ value }}) = 0 then null
            when min({{ low }}) is null then median({{ value }}) filter (where {{ low }} is null)
            -- the middle value, or the mean of the two in the middle
            else (
                {%- for place in ['(count(' ~ value ~ ') + 1) // 2', '(count(' ~ value ~ ') + 2) // 2'] %}
                case
                    when {{ place }} <= {{ under_low }} or {{ place }} > {{ upto_high }}
                        then {{ fail("'A median lies beyond what a sample of the deals tells. Set medians_in_memory to the number of deals, or more.'") }}
                    when {{ place }} <= {{ upto_low }} then cast(min({{ low }}) as double)
                    when {{ place }} <= {{ under_high }} then list_sort(list({{ value }}) filter (where {{ value }} > {{ low }} and {{ value }} < {{ high }}))[{{ place }} - ({{ upto_low }})]
                    else cast(min({{ high }}) as double)
                end{{ ' +' if not loop.last }}
                {%- endfor %}
            ) / 2e0
        end
{%- endmacro %}

{# Joins the bounds of each cell's medians to `deals`, a query of keys and values. A deal of the sample lies below the median or not with even odds,
   so of n of them the median has n / 2 below it, give or take the square root of n / 4: eight such deviations leave nothing outside, and
   with fewer than 68 deals of the sample there is no bound. Keys of deals are hashed, so their first letter draws alike in all cells. #}
{% macro median_bounds(deals, keys) -%}
left join (
        select
            {{ keys | join(', ') }}
            {%- for values in ['amount', 'cycle_days'] %},
            case when len({{ values }}) > 67 then {{ values }}[cast(floor(len({{ values }}) / 2e0 - 4 * sqrt(len({{ values }}))) as bigint)] end as {{ values }}_low,
            case when len({{ values }}) > 67 then {{ values }}[cast(ceil(len({{ values }}) / 2e0 + 4 * sqrt(len({{ values }}))) as bigint)] end as {{ values }}_high
            {%- endfor %}
        from (
            select
                {{ keys | join(', ') }},
                list_sort(list(cast(amount as double)) filter (where amount is not null)) as amount,
                list_sort(list(cycle_days) filter (where cycle_days is not null)) as cycle_days
            from ({{ deals }}) as every_deal
            where left(deal_key, 1) = 'w'
            group by {{ keys | join(', ') }}
        ) as drawn
    ) as bounds
        on {% for key in keys %}deals.{{ key }} = bounds.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}
