-- One row per input file x object read from it. Row counts reconcile: records = accepted + rejected + excluded.

with lines as (

    {% for object, model in models_of_lines().items() -%}
    select
        '{{ object }}' as object,
        source_file,
        rule_id
    from {{ ref(model) }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

landed as (

    select * from {{ source('landing', 'files') }}

),

-- what stands in cells of another object's file has as many records as those cells hold
held_in_cells as (

    select
        'deal_contacts' as object,
        source_file,
        count(*) as records
    from {{ ref('base_deal_contacts') }}
    group by source_file
    union all
    select
        'contacts' as object,
        source_file,
        count(*) as records
    from {{ ref('base_contacts') }}
    group by source_file
    union all
    select
        object,
        source_file,
        count(*) as records
    from lines
    where object = 'stage_history'
    group by object, source_file

),

files as (

    select
        object,
        source_file,
        sha256,
        records
    from landed
    union all
    select
        held_in_cells.object,
        held_in_cells.source_file,
        sums.sha256,
        held_in_cells.records
    from held_in_cells
    left join (select distinct
        source_file,
        sha256
    from landed) as sums on held_in_cells.source_file = sums.source_file
    where not exists (
        select 1 from landed where landed.source_file = held_in_cells.source_file and landed.object = held_in_cells.object
    )

),

decided as (

    select
        lines.object,
        lines.source_file,
        count(*) filter (where lines.rule_id is null) as accepted,
        count(*) filter (where rules.decision = 'rejected') as rejected,
        count(*) filter (where rules.decision = 'excluded') as excluded
    from lines
    left join {{ ref('reject_rules') }} as rules on lines.rule_id = rules.rule_id
    group by lines.object, lines.source_file

)

select
    files.object,
    files.source_file,
    files.sha256,
    cast(files.records as bigint) as records,
    coalesce(decided.accepted, 0) as accepted,
    coalesce(decided.rejected, 0) as rejected,
    coalesce(decided.excluded, 0) as excluded,
    cast(files.records as bigint) - coalesce(decided.accepted, 0) - coalesce(decided.rejected, 0) - coalesce(decided.excluded, 0) as unaccounted
from files
left join decided on files.object = decided.object and files.source_file = decided.source_file
