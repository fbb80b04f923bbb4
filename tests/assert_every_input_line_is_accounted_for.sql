-- Detects records of an input file that were neither accepted, rejected nor excluded, such as those an unclosed quote swallowed.
-- Every answer takes it for granted that nothing was lost on the way.
-- A returned row is a file whose books do not balance; read it with a text editor near its last accepted line.

select *
from {{ ref('input_files') }}
where unaccounted is distinct from 0
