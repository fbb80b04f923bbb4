{{ config(materialized='ephemeral') }}
-- One row per mistake in the seed `playbook`, in words: a word that no one fills in, a grade that its evidence does not allow, a missing play.

with texts as (  -- noqa: disable=LT09

    select kind, situation, 'title' as column_name, title as words_in_text from {{ ref('playbook') }}
    union all
    select kind, situation, 'action' as column_name, action as words_in_text from {{ ref('playbook') }}
    union all
    select kind, situation, 'owner' as column_name, owner as words_in_text from {{ ref('playbook') }}
    union all
    select kind, situation, 'how_we_will_know' as column_name, how_we_will_know as words_in_text from {{ ref('playbook') }}

),

parts as (

    select
        kind,
        situation,
        column_name,
        {{ split_to_rows("words_in_text", '[{]') }} as part
    from texts

),

placeholders as (

    select
        kind,
        situation,
        column_name,
        substring(part, 1, position('}' in part) - 1) as word
    from parts
    where {{ matches('part', '^[A-Za-z0-9_]+[}]') }}

)

select
    'seeds/playbook.csv, ' || placeholders.kind || ' ' || placeholders.situation || ', ' || placeholders.column_name || ': {'
    || placeholders.word || '} is not known here; known: ' || coalesce(own.words, general.words) || '.' as problem
from placeholders
left join {{ ref('action_situations') }} as own on placeholders.kind = own.kind and placeholders.situation = own.situation
left join {{ ref('action_situations') }} as general on placeholders.kind = general.kind and general.situation = '*'
where position(' ' || placeholders.word || ' ' in ' ' || coalesce(own.words, general.words) || ' ') = 0
union all
select
    'seeds/playbook.csv, ' || plays.kind || ' ' || plays.situation || ': the grade is ' || coalesce(plays.grade, 'empty') || ', and its evidence allows '
    || situations.grade || '. Write that.' as problem
from {{ ref('playbook') }} as plays
inner join {{ ref('action_situations') }} as situations on plays.kind = situations.kind and plays.situation = situations.situation
where plays.grade is distinct from situations.grade
union all
select
    'seeds/playbook.csv has no play of kind ' || situations.kind || ' and situation ' || situations.situation || ', which is met where '
    || situations.applies_when || ': add it.' as problem
from {{ ref('action_situations') }} as situations
left join {{ ref('playbook') }} as plays
    on situations.kind = plays.kind and (situations.situation = plays.situation or plays.situation = '*')
where plays.kind is null
