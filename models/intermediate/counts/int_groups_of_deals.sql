{{ config(materialized='ephemeral') }}
-- One row per closed deal with a contact x kind of group: the group that sits on its buying side.

with departments as (

    select
        department,
        cast(power(2, row_number() over (order by department) - 1) as bigint) as department_bit
    from (select distinct department from {{ ref('bridge_deal_contacts') }}) as seen

),

-- the departments of a deal as bits of one number: millions of short numbers are grouped faster than as many texts
groups_of_deals as (

    select
        contacts.deal_key,
        max(contacts.outcome) as outcome,
        max(contacts.closed_on) as closed_on,
        bit_or(departments.department_bit) as department_bits,
        count(*) as contacts
    from {{ ref('bridge_deal_contacts') }} as contacts
    inner join departments on contacts.department = departments.department
    where contacts.is_counted
    group by contacts.deal_key

),

named_groups as (

    select
        seen_groups.department_bits,
        {{ listed('departments.department') }} as departments
    from (select distinct department_bits from groups_of_deals) as seen_groups
    inner join departments on (seen_groups.department_bits & departments.department_bit) > 0
    group by seen_groups.department_bits

)

select
    groups_of_deals.deal_key,
    groups_of_deals.outcome,
    groups_of_deals.closed_on,
    'departments' as group_type,
    named_groups.departments as buying_group
from groups_of_deals
inner join named_groups on groups_of_deals.department_bits = named_groups.department_bits
union all
select
    deal_key,
    outcome,
    closed_on,
    'size' as group_type,
    case
        when contacts = 1 then '1 contact'
        when contacts = 2 then '2 contacts'
        when contacts <= 4 then '3 to 4 contacts'
        else '5 and more contacts'
    end as buying_group
from groups_of_deals
