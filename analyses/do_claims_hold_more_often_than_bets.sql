-- Do claims hold up more often than bets and tests?

select
    grades.grade,
    count(follow_up.rank) as followed_up,
    count(follow_up.rank) filter (where follow_up.verdict = 'held') as held
from (select distinct grade from {{ ref('dim_playbook') }} where grade != 'fix the data') as grades
left join {{ ref('recommendation_follow_up') }} as follow_up on grades.grade = follow_up.grade
group by grades.grade
order by grades.grade
