-- How many of our earlier recommendations held up?

select
    count(*) as followed_up,
    count(*) filter (where verdict = 'held') as held,
    count(*) filter (where verdict = 'did not hold') as did_not_hold,
    count(*) filter (where verdict = 'too early to tell') as too_early_to_tell
from {{ ref('recommendation_follow_up') }}
