-- Detects lines of a file that `input_files` does not list: its books would balance without them.
-- `assert_every_input_line_is_accounted_for` trusts that list to be complete.
-- A returned row is such a file, with the number of lines read from it.

with lines as (

    {% for object, model in models_of_lines().items() -%}
    select '{{ object }}' as object, source_file
    from {{ ref(model) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

)

select
    lines.object,
    lines.source_file,
    count(*) as lines_read
from lines
left join {{ ref('input_files') }} as files on lines.object = files.object and lines.source_file = files.source_file
where files.source_file is null
group by lines.object, lines.source_file
