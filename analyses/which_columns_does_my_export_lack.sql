-- Which columns does my export lack, and what does that cost?

select
    object,
    column_name,
    missing_means,
    count(*) as files_without_it
from {{ ref('input_columns') }}
where status = 'missing'
group by object, column_name, missing_means
order by object, column_name
