-- One row per period: how well contacts are recorded on won and on lost deals. Where the two differ much, a persona looks
-- like a winner only because more people are logged on won deals.

with contacts_of_deals as (

    select
        deal_key,
        count(*) filter (where is_counted) as contacts,
        count(*) filter (where is_counted and is_dated) as dated_contacts,
        count(*) filter (where is_counted and role_source = 'stated') as stated_roles
    from {{ ref('bridge_deal_contacts') }}
    group by deal_key

),

deals as (

    select
        periods.period,
        closed_deals.outcome,
        contacts_of_deals.contacts,
        contacts_of_deals.dated_contacts,
        contacts_of_deals.stated_roles
    from {{ ref('fct_closed_deals') }} as closed_deals
    inner join ({{ periods_by_day(ref('fct_closed_deals')) }}) as periods
        on closed_deals.closed_on is not distinct from periods.closed_on
    left join contacts_of_deals on closed_deals.deal_key = contacts_of_deals.deal_key

),

counted as (

    select
        periods.period,
        count(*) filter (where deals.outcome = 'won') as won_deals,
        count(*) filter (where deals.outcome = 'won' and deals.contacts > 0) as won_deals_with_contacts,
        count(*) filter (where deals.outcome = 'won' and deals.stated_roles > 0) as won_deals_with_roles,
        cast(coalesce(sum(deals.contacts) filter (where deals.outcome = 'won'), 0) as bigint) as won_contacts,
        count(*) filter (where deals.outcome = 'lost') as lost_deals,
        count(*) filter (where deals.outcome = 'lost' and deals.contacts > 0) as lost_deals_with_contacts,
        count(*) filter (where deals.outcome = 'lost' and deals.stated_roles > 0) as lost_deals_with_roles,
        cast(coalesce(sum(deals.contacts) filter (where deals.outcome = 'lost'), 0) as bigint) as lost_contacts,
        cast(coalesce(sum(deals.dated_contacts), 0) as bigint) as dated_contacts
    from {{ ref('dim_periods') }} as periods
    left join deals on periods.period = deals.period
    group by periods.period

),

shares as (

    select
        *,
        {{ rate('won_deals_with_contacts', 'won_deals') }} as won_share,
        {{ rate('lost_deals_with_contacts', 'lost_deals') }} as lost_share
    from counted

),

-- whether the files could hold contacts of deals at all
recorded as (

    select
        case
            when max(case when status = 'not used' then 1 else 0 end) = 1 then 'the setting ignore says that the company records no contacts on deals'
            when max(case when object = 'deal_contacts' then 1 else 0 end) = 1 then 'no file says which contact belongs to which deal'
        end as missing_reason
    from {{ ref('input_columns') }}
    -- an object of which no file is read
    where source_file is null and object in ('contacts', 'deal_contacts')

)

select
    shares.period,
    periods.population,
    shares.won_deals,
    shares.won_deals_with_contacts,
    shares.won_share,
    shares.won_deals_with_roles,
    {{ rate('shares.won_contacts', 'shares.won_deals') }} as won_contacts_per_deal,
    shares.lost_deals,
    shares.lost_deals_with_contacts,
    shares.lost_share,
    shares.lost_deals_with_roles,
    {{ rate('shares.lost_contacts', 'shares.lost_deals') }} as lost_contacts_per_deal,
    {{ rate('shares.dated_contacts', '(shares.won_contacts + shares.lost_contacts)') }} as dated_share,
    coalesce(abs(shares.won_share - shares.lost_share) <= {{ setting('coverage_gap') | float }}, false) as is_comparable,
    case
        when shares.won_contacts + shares.lost_contacts = 0 then coalesce(periods.missing_reason, recorded.missing_reason, 'no contacts on closed deals')
        when shares.won_deals = 0 then 'no won deals to compare the lost ones with'
        when shares.lost_deals = 0 then 'no lost deals to compare the won ones with'
        when abs(shares.won_share - shares.lost_share) > {{ setting('coverage_gap') | float }}
            then 'contacts are recorded on won and lost deals too differently to compare personas'
    end as missing_reason
from shares
inner join {{ ref('dim_periods') }} as periods on shares.period = periods.period
cross join recorded
