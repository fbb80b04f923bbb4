-- One row per thing this report or the last one says: new, gone, or still said. An action stands for the finding it follows from. What is said
-- of who buys is left out: two reports side by side could tell of a person.

with said_now as (

    select * from {{ ref('int_said_now') }}

),

of_these_deals as (

    {{ versions_of_these_deals(source('history', 'reports')) }}

),

-- the report before this one, as it was last said
said_before as (

    select
        history.*,
        dense_rank() over (order by history.reviewed_quarter_starts_on desc, history.version desc) as reports_back
    from {{ source('history', 'reports') }} as history
    inner join {{ source('landing', 'loads') }} as loads on history.crm = loads.crm
    inner join {{ ref('dim_periods') }} as periods
        on periods.period = 'quarter' and history.reviewed_quarter_starts_on < periods.starts_on
    left join of_these_deals
        on history.reviewed_quarter = of_these_deals.reviewed_quarter and history.version = of_these_deals.version
    where {{ is_of_these_deals('history', 'of_these_deals') }}

),

last_report as (

    select *
    from said_before
    where reports_back = 1

)

select
    coalesce(said_now.about, last_report.about) as about,
    case
        when last_report.about is null then 'new'
        when said_now.about is null then 'gone'
        else 'still'
    end as state,
    coalesce(said_now.kind, last_report.kind) as kind,
    coalesce(said_now.grade, last_report.grade) as grade,
    case when said_now.grade != last_report.grade then last_report.grade end as previous_grade,
    coalesce(said_now.statement, last_report.statement) as statement,
    cast(coalesce(said_now.place, last_report.place) as bigint) as place,
    compared.compared_quarter
from said_now
full outer join last_report on said_now.about = last_report.about
cross join (select max(reviewed_quarter) as compared_quarter from last_report as earlier) as compared
