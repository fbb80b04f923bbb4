{# What becomes of the lines whose id stands on several: one row per such line, with the rule that leaves it out, none for the newest.
   Newest is by modified time, else by the order of the files, else the last line. Two lines of one file with other content and nothing
   that dates them are no two versions: which of them counts would be chance, and often the id is none. #}
{% macro versions_of_lines(lines, id, content) -%}
    {%- set newest_first -%}
    order by
                lines.modified_at desc nulls last,
                lines.file_order desc nulls last,
                lines.source_file desc,
                lines.source_line desc
    {%- endset -%}
    select
        source_file,
        source_line,
        case
            when newest_first = 1 then null
            when newest_file = source_file and newest_modified_at is not distinct from modified_at and lines_alike < lines_of_one_time
                then 'two_versions_in_one_file'
            when same_row_newest_first > 1 then 'exact_duplicate'
            when newest_file = source_file then 'superseded_in_one_file'
            else 'superseded'
        end as rule_id
    from (
        select
            lines.source_file,
            lines.source_line,
            lines.modified_at,
            row_number() over (
                partition by lines.{{ id }}
                {{ newest_first }}
            ) as newest_first,
            first_value(lines.source_file) over (
                partition by lines.{{ id }}
                {{ newest_first }}
            ) as newest_file,
            first_value(lines.modified_at) over (
                partition by lines.{{ id }}
                {{ newest_first }}
            ) as newest_modified_at,
            count(*) over (partition by lines.{{ id }}, lines.source_file, lines.modified_at) as lines_of_one_time,
            count(*) over (
                partition by
                    lines.{{ id }},
                    lines.source_file,
                    lines.modified_at,
                    coalesce(lines.is_deleted, false)
                    {%- for column in content %},
                    lines.{{ column }}
                    {%- endfor %}
            ) as lines_alike,
            row_number() over (
                partition by
                    lines.{{ id }},
                    coalesce(lines.is_deleted, false)
                    {%- for column in content %},
                    lines.{{ column }}
                    {%- endfor %}
                {{ newest_first }}
            ) as same_row_newest_first
        from {{ lines }} as lines
        -- only ids that stand on several lines can be duplicates or superseded
        inner join (
            select {{ id }}
            from {{ lines }}
            where line_problem is null and {{ id }} is not null
            group by {{ id }}
            having count(*) > 1
        ) as repeated_ids on lines.{{ id }} = repeated_ids.{{ id }}
        where lines.line_problem is null
    ) as ranked
{%- endmacro %}

{# Why such a line is left out, in words. #}
{% macro version_reason(rule, thing) -%}
    case {{ rule }}
            when 'two_versions_in_one_file' then 'another line of the file has the same id and other content, and nothing says which is newer'
            when 'exact_duplicate' then 'the same row was read before'
            when 'superseded_in_one_file' then 'a newer version of this {{ thing }} stands in the same file'
            when 'superseded' then 'a newer version of this {{ thing }} was read'
        end
{%- endmacro %}
