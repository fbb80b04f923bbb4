-- One row per stage a deal entered: none, as Dynamics 365 exports no history of stages.

select
    {{ absent() }} as deal_id,
    {{ absent() }} as stage,
    {{ absent() }} as entered_on,
    {{ absent() }} as source_file,
    cast(null as bigint) as source_line,
    {{ absent() }} as line_problem,
    {{ absent() }} as file_dated_on,
    cast(null as integer) as file_order
where 1 = 0
