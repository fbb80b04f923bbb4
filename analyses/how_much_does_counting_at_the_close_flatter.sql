-- How much does counting contacts at the close flatter?

select
    at_close.period,
    at_close.difference as difference_at_close,
    early.difference as difference_early,
    at_close.difference - early.difference as flattered
from {{ ref('multithreading') }} as at_close
inner join {{ ref('multithreading') }} as early on at_close.period = early.period and early.moment = 'early'
where at_close.moment = 'at close'
order by at_close.period
