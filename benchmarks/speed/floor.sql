-- The floor: the same answers from the same files by one script written by hand for these files, with nothing around it:
-- no check of a line, no rejects, no hashed keys, no tests, no contracts, no recommendations, no published file.
-- `{folder}` is the folder of the CSV files. Answers are left in the tables named like the project's.

-- read
create temp table accounts as
select
    account_id,
    coalesce(nullif(trim(lower(industry)), ''), 'unknown') as industry,
    case when annual_revenue <= 0 then 'unknown' when annual_revenue < 1e7 then 'under $10M' when annual_revenue < 5e7 then '$10M to $50M' when annual_revenue < 1e8 then '$50M to $100M'
        when annual_revenue is not null then '$100M and more' else 'unknown' end as revenue_band,
    case when employees < 50 then '1 to 49' when employees < 200 then '50 to 199' when employees < 1000 then '200 to 999'
        when employees < 5000 then '1,000 to 4,999' when employees is not null then '5,000 and more' else 'unknown' end as employee_band,
    coalesce(region, 'unknown') as region,
    coalesce(country, 'unknown') as country
from read_csv('{folder}/accounts.csv', header = true, auto_detect = false, columns = {{
    'account_id': 'varchar', 'industry': 'varchar', 'annual_revenue': 'double', 'employees': 'double', 'region': 'varchar',
    'country': 'varchar', 'account_type': 'varchar'
}});

create temp table deals as
select
    deals.deal_id,
    deals.closed_on,
    cast(date_trunc('quarter', deals.closed_on) as date) as quarter,
    deals.outcome = 'Closed Won' as is_won,
    deals.amount,
    case when closed_on >= created_on then closed_on - created_on end as cycle_days,
    deals.qualification_score,
    case
        when deals.loss_reason is null or deals.loss_reason = 'N/A' then 'unspecified'
        when lower(deals.loss_reason) like '%budget%' and lower(deals.loss_reason) not like '%price%' then 'no_budget'
        when lower(deals.loss_reason) like '%price%' or lower(deals.loss_reason) like '%expensive%' then 'price'
        when lower(deals.loss_reason) like '%compet%' then 'competitor'
        when lower(deals.loss_reason) like '%ready%' or lower(deals.loss_reason) like '%timing%' or lower(deals.loss_reason) like '%cancelled%' then 'timing'
        when lower(deals.loss_reason) like '%decision%' then 'no_decision'
        when lower(deals.loss_reason) like '%feature%' then 'missing_feature'
        when lower(deals.loss_reason) like '%fit%' then 'poor_fit'
        when lower(deals.loss_reason) like '%champion%' then 'champion_left'
        when lower(deals.loss_reason) like '%response%' or lower(deals.loss_reason) = 'ghosted' then 'no_response'
        when lower(deals.loss_reason) like '%security%' or lower(deals.loss_reason) like '%procurement%' then 'security_legal_procurement'
        when lower(deals.loss_reason) like '%status quo%' then 'incumbent_status_quo'
        when lower(deals.loss_reason) like '%in-house%' then 'in_house_build'
        else 'other'
    end as reason,
    deals.win_factors,
    coalesce(accounts.industry, 'unknown') as industry,
    coalesce(accounts.revenue_band, 'unknown') as revenue_band,
    coalesce(accounts.employee_band, 'unknown') as employee_band,
    coalesce(accounts.region, 'unknown') as region,
    coalesce(deals.lead_source, 'unknown') as lead_source,
    coalesce(deals.product, 'unknown') as product,
    coalesce(accounts.country, 'unknown') as country,
    coalesce(deals.deal_type, 'unknown') as deal_type,
    case when amount < 25000 then 'under 25k' when amount < 50000 then '25k to 50k' when amount < 100000 then '50k to 100k'
        when amount < 250000 then '100k to 250k' when amount is not null then '250k and more' else 'unknown' end as deal_size_band,
    coalesce(deals.competitor, 'unknown') as competitor,
    coalesce(deals.pipeline, 'unknown') as pipeline,
    coalesce(deals.owner, 'unknown') as owner
from read_csv('{folder}/deals.csv', header = true, auto_detect = false, columns = {{
    'deal_id': 'varchar', 'account_id': 'varchar', 'outcome': 'varchar', 'stage': 'varchar', 'created_on': 'date', 'closed_on': 'date',
    'modified_at': 'varchar', 'amount': 'double', 'currency': 'varchar', 'owner': 'varchar', 'deal_type': 'varchar',
    'lead_source': 'varchar', 'product': 'varchar', 'pipeline': 'varchar', 'competitor': 'varchar', 'loss_reason': 'varchar',
    'win_factors': 'varchar', 'qualification_score': 'double'
}}) as deals
left join accounts using (account_id)
where deals.outcome in ('Closed Won', 'Closed Lost') and deals.loss_reason is distinct from 'Duplicate';

-- a quarter belongs to one to four periods; the window is eight quarters long where four hold few deals
create temp table periods as
with last as (select max(quarter) as quarter from deals),
reach as (
    select case when count(*) < 400 then 7 else 3 end as quarters
    from deals, last
    where date_diff('quarter', deals.quarter, last.quarter) between 0 and 3
)
select distinct period, deals.quarter
from deals, last, reach, (values ('quarter', 0, 0), ('previous_quarter', 1, 1), ('window', 0, null), ('all', 0, 1000)) as p (period, newest, oldest)
where date_diff('quarter', deals.quarter, last.quarter) between newest and coalesce(oldest, reach.quarters);

create macro rate(part, whole) as part / nullif(whole, 0)::double;
create macro wilson(won, n, sign) as (won + 1.9207 + sign * 1.96 * sqrt(won * (n - won) / nullif(n, 0)::double + 0.9604)) / (n + 3.8415);

-- counts and values per dimension, segment and quarter; medians per period
create temp table cells as {cells};
create temp table medians as {medians};

create table win_rates_by_dimension as
with summed as (
    select period, dimension, segment, sum(deals) as closed_deals, sum(deals) filter (where is_won) as won_deals,
        sum(amount) filter (where is_won) as won_amount, sum(amount) filter (where not is_won) as lost_amount, sum(squares) as squares,
        sum(amounts) filter (where is_won) as won_amounts, sum(amounts) filter (where not is_won) as lost_amounts,
        sum(days) filter (where is_won) / sum(dated) filter (where is_won) as mean_won_cycle_days,
        sum(days) filter (where not is_won) / sum(dated) filter (where not is_won) as mean_lost_cycle_days
    from cells join periods using (quarter)
    group by period, dimension, segment
)
select
    summed.*, rate(won_deals, closed_deals) as win_rate, wilson(won_deals, closed_deals, -1) as low, wilson(won_deals, closed_deals, 1) as high,
    sum(closed_deals) filter (where segment != 'unknown') over all_segments - closed_deals as other_closed_deals,
    sum(won_deals) filter (where segment != 'unknown') over all_segments - won_deals as other_won_deals,
    won.amount as median_won_amount, lost.amount as median_lost_amount, won.days as median_won_cycle_days, lost.days as median_lost_cycle_days
from summed
left join medians as won using (period, dimension, segment)
left join medians as lost using (period, dimension, segment)
where won.is_won and not lost.is_won
window all_segments as (partition by period, dimension);

create table win_rate_baseline as
select
    period, count(*) as closed_deals, count(*) filter (where is_won) as won_deals, rate(won_deals, closed_deals) as win_rate,
    wilson(won_deals, closed_deals, -1) as low, wilson(won_deals, closed_deals, 1) as high,
    sum(amount) filter (where is_won) as won_amount, sum(amount) filter (where not is_won) as lost_amount,
    median(amount) filter (where is_won) as median_won_amount, median(amount) filter (where not is_won) as median_lost_amount,
    avg(cycle_days) filter (where is_won) as mean_won_cycle_days, median(cycle_days) filter (where is_won) as median_won_cycle_days,
    median(cycle_days) filter (where not is_won) as median_lost_cycle_days
from deals join periods using (quarter)
group by period;

create table win_rates_by_quarter as
select
    quarter, count(*) as closed_deals, count(*) filter (where is_won) as won_deals, rate(won_deals, closed_deals) as win_rate,
    wilson(won_deals, closed_deals, -1) as low, wilson(won_deals, closed_deals, 1) as high,
    sum(amount) filter (where is_won) as won_amount, median(amount) filter (where is_won) as median_won_amount,
    median(amount) filter (where not is_won) as median_lost_amount, median(cycle_days) filter (where is_won) as median_won_cycle_days,
    median(cycle_days) filter (where not is_won) as median_lost_cycle_days
from deals
group by quarter;

create table win_rates_by_segment_pair as {pairs};

-- losses
create table loss_reasons as
select period, reason, count(*) as lost_deals, sum(amount) as lost_amount
from deals join periods using (quarter)
where not is_won
group by period, reason;

create table loss_reasons_by_dimension as
with counted as ({reasons})
select period, dimension, segment, reason, sum(deals) as lost_deals, sum(amount) as lost_amount
from counted join periods using (quarter)
group by period, dimension, segment, reason;

create table loss_reason_coverage_by_owner as
select period, owner, count(*) as lost_deals, count(*) filter (where reason != 'unspecified') as stated
from deals join periods using (quarter)
where not is_won
group by period, owner;

create table win_reasons as
select period, factor, count(*) as won_deals
from (select quarter, unnest(list_distinct(string_split(win_factors, '; '))) as factor from deals where is_won and win_factors is not null)
join periods using (quarter)
group by period, factor;

-- scores
create table score_thresholds as
with scores as (
    select period, qualification_score as score, is_won, count(*) as deals
    from deals join periods using (quarter)
    where qualification_score is not null
    group by period, score, is_won
)
select
    period, id * 0.05 as score_threshold, sum(deals) filter (where score >= score_threshold and is_won) as true_positives,
    sum(deals) filter (where score >= score_threshold and not is_won) as false_positives,
    sum(deals) filter (where score < score_threshold and is_won) as false_negatives,
    sum(deals) filter (where score < score_threshold and not is_won) as true_negatives
from scores, range(21) as t (id)
group by period, score_threshold;

-- people
create temp table contacts as
select contact_id, title
from read_csv('{folder}/contacts.csv', header = true, auto_detect = false, columns = {{
    'contact_id': 'varchar', 'account_id': 'varchar', 'title': 'varchar', 'department': 'varchar'
}});

create temp table titles as
with words as (
    select title, ' ' || trim(regexp_replace(lower(title), '[^a-z0-9]+', ' ', 'g')) || ' ' as words
    from (select distinct title from contacts where title is not null)
)
select
    title,
    case
        when regexp_matches(words, ' (ceo|cfo|cto|coo|cio|chief|founder|president) ') and words not like '% vice %' then 'c_level'
        when regexp_matches(words, ' (vp|vice president) ') then 'vp'
        when words like '% head %' then 'head'
        when words like '% director %' then 'director'
        when words like '% manager %' then 'manager'
        else 'ic'
    end as seniority,
    case
        when regexp_matches(words, ' (sales|account executive|cro) ') then 'sales'
        when regexp_matches(words, ' (cfo|finance|controller) ') then 'finance'
        when regexp_matches(words, ' (cto|software|engineer|data) ') then 'engineering'
        when regexp_matches(words, ' (it|cio|information|security) ') then 'it'
        when words like '% marketing %' then 'marketing'
        when regexp_matches(words, ' (ceo|founder|president) ') then 'executive'
        when regexp_matches(words, ' (procurement|buyer) ') then 'procurement'
        when regexp_matches(words, ' (operations|coo|plant|supply) ') then 'operations'
        else 'other'
    end as department,
    seniority || ' ' || department as persona
from words;

create temp table people as
select
    deals.deal_id, deals.is_won, deals.quarter,
    coalesce(titles.persona, 'unknown') as persona,
    coalesce(titles.seniority, 'unknown') as seniority,
    coalesce(titles.department, 'unknown') as department,
    links.buying_role,
    links.added_on <= deals.closed_on as is_counted
from read_csv('{folder}/deal_contacts.csv', header = true, auto_detect = false, columns = {{
    'deal_id': 'varchar', 'contact_id': 'varchar', 'buying_role': 'varchar', 'is_primary': 'boolean', 'added_on': 'date'
}}) as links
join deals using (deal_id)
left join contacts using (contact_id)
left join titles using (title);

create table contact_coverage as
with counted as (
    select deal_id, count(*) filter (where is_counted) as contacts, count(buying_role) filter (where is_counted) as roles
    from people
    group by deal_id
)
select
    period, count(*) filter (where is_won) as won_deals, count(*) filter (where is_won and contacts > 0) as won_deals_with_contacts,
    count(*) filter (where is_won and roles > 0) as won_deals_with_roles, sum(contacts) filter (where is_won) as won_contacts,
    count(*) filter (where not is_won) as lost_deals, count(*) filter (where not is_won and contacts > 0) as lost_deals_with_contacts,
    sum(contacts) filter (where not is_won) as lost_contacts
from deals left join counted using (deal_id) join periods using (quarter)
group by period;

create table win_rates_by_persona as
with tall as (
    select deal_id, is_won, quarter, 'persona' as kind, persona as value from people where is_counted
    union all select deal_id, is_won, quarter, 'seniority', seniority from people where is_counted
    union all select deal_id, is_won, quarter, 'department', department from people where is_counted
    union all select deal_id, is_won, quarter, 'buying_role', buying_role from people where is_counted and buying_role is not null
    union all select deal_id, is_won, quarter, 'persona_in_role', persona || ' as ' || buying_role from people where is_counted and buying_role is not null
),
once as (
    select deal_id, is_won, quarter, kind, value, count(*) as contacts from tall group by all
),
counted as (
    select quarter, kind, value, is_won, count(*) as deals, sum(contacts) as contacts from once group by all
)
select
    period, kind, value, sum(deals) as closed_deals, sum(deals) filter (where is_won) as won_deals, sum(contacts) as contacts,
    rate(won_deals, closed_deals) as win_rate, wilson(won_deals, closed_deals, -1) as low, wilson(won_deals, closed_deals, 1) as high
from counted join periods using (quarter)
group by period, kind, value;

create table decision_makers as
select period, persona, seniority, department, count(*) as contacts, count(distinct deal_id) filter (where is_won) as won_deals
from people join periods using (quarter)
where is_counted and buying_role in ('Decision Maker', 'Economic Buyer')
group by period, persona, seniority, department;

create table buying_groups as
with grouped as (
    select deal_id, is_won, quarter, array_to_string(list_sort(list(distinct department)), ', ') as departments, count(*) as contacts
    from people
    where is_counted
    group by deal_id, is_won, quarter
)
select period, departments, contacts, count(*) as closed_deals, count(*) filter (where is_won) as won_deals
from grouped join periods using (quarter)
group by period, departments, contacts;

-- completeness
create table field_completeness as
select
    period, is_won, count(*) as deals, {completeness}
from deals join periods using (quarter)
group by period, is_won;
