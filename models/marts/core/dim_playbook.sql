-- One row per play: what to do in a situation, who does it and how we will know. The words come from the seed `playbook`, which a user may
-- edit: a situation without a play, and a word in braces that no one fills in, end the build with a sentence.

select
    case when problems.problem is not null then {{ fail('problems.problem') }} else plays.kind end as kind,
    plays.situation,
    plays.grade,
    plays.title,
    plays.action,
    plays.owner,
    plays.how_we_will_know
from (select min(problem) as problem from {{ ref('int_playbook_problems') }}) as problems
left join {{ ref('playbook') }} as plays on true
where problems.problem is not null or plays.kind is not null
