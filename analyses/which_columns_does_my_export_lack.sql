-- Which columns does my export lack, and what does that cost?

select
    columns.column_name,
    columns.missing_means,
    count(exported.source_file) filter (where exported.status = 'mapped') as files_with_it
from {{ ref('canonical_columns') }} as columns
left join {{ ref('input_columns') }} as exported
    on columns.object = exported.object and columns.column_name = exported.column_name
where columns.column_name != '*'
group by columns.column_name, columns.missing_means
order by files_with_it, columns.column_name
