{# The counts, values and cycles that every win-rate table carries, over rows of fct_deals that are won, lost or disqualified. #}
{% macro deal_measures() -%}
    count(*) filter (where outcome in ('won', 'lost')) as closed_deals,
        count(*) filter (where outcome = 'won') as won_deals,
        count(*) filter (where outcome = 'lost') as lost_deals,
        count(*) filter (where outcome = 'disqualified') as disqualified_deals,
        cast(sum(amount) filter (where outcome = 'won') as double) as won_amount,
        cast(sum(amount) filter (where outcome = 'lost') as double) as lost_amount,
        -- weighing by value needs an amount on at least half of the won and half of the lost deals
        case
            when 2 * count(amount) filter (where outcome = 'won') >= count(*) filter (where outcome = 'won')
                and 2 * count(amount) filter (where outcome = 'lost') >= count(*) filter (where outcome = 'lost')
                then cast(sum(amount) filter (where outcome in ('won', 'lost')) as double)
        end as closed_amount,
        cast(sum(amount * amount) filter (where outcome in ('won', 'lost')) as double) as squared_amount,
        cast(sum(amount) filter (where outcome = 'won') as double)
        / nullif(count(amount) filter (where outcome = 'won'), 0) as mean_won_amount,
        cast(sum(amount) filter (where outcome = 'lost') as double)
        / nullif(count(amount) filter (where outcome = 'lost'), 0) as mean_lost_amount,
        median(cast(amount as double)) filter (where outcome = 'won') as median_won_amount,
        median(cast(amount as double)) filter (where outcome = 'lost') as median_lost_amount,
        avg(cast(cycle_days as double)) filter (where outcome = 'won') as mean_won_cycle_days,
        avg(cast(cycle_days as double)) filter (where outcome = 'lost') as mean_lost_cycle_days,
        median(cast(cycle_days as double)) filter (where outcome = 'won') as median_won_cycle_days,
        median(cast(cycle_days as double)) filter (where outcome = 'lost') as median_lost_cycle_days
{%- endmacro %}
