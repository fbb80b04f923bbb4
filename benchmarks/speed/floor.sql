-- The floor: the same answers from the same files by one script written by hand for these files, with nothing around it:
-- no check of a line, no rejects, no hashed keys, no tests, no contracts, no recommendations, no published file.
-- Left out is what Python makes: claims, tests, designs, shrunken and ridge effects, so that parts of a change and points of accounts stand here as
-- plain differences of shares and rates; intervals of curves, paces and values; the standing of open deals to recommendations; the funnel, for these
-- files hold no history of stages. No two deals of these files are one decision, no date is a slip and no deal names two competitors.
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
from read_csv('{folder}/accounts.csv', header = true, types = {{'annual_revenue': 'double', 'employees': 'double'}});

-- open and disqualified deals among them
create temp table every_deal as
select
    deals.deal_id,
    deals.account_id,
    deals.created_on,
    case when deals.outcome != 'Open' then deals.closed_on end as closed_on,
    cast(date_trunc('quarter', case when deals.outcome != 'Open' then deals.closed_on end) as date) as quarter,
    case
        when deals.outcome = 'Open' then 'open'
        when deals.outcome = 'Disqualified' or deals.loss_reason = 'Duplicate' then 'disqualified'
        when deals.outcome = 'Closed Won' then 'won'
        else 'lost'
    end as outcome,
    deals.outcome = 'Closed Won' as is_won,
    deals.amount,
    case when deals.outcome != 'Open' and deals.closed_on >= deals.created_on then deals.closed_on - deals.created_on end as cycle_days,
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
left join accounts using (account_id);

-- words as small numbers: they are grouped a hundred times
{types}
create temp table deals as
select * replace ({enums}) from every_deal where outcome in ('won', 'lost');

-- a quarter belongs to one to four periods; the window is eight quarters long where four hold few deals
create temp table bounds as
with last as (select max(quarter) as quarter from deals),
reach as (
    select case when count(*) < 400 then 7 else 3 end as quarters
    from deals, last
    where date_diff('quarter', deals.quarter, last.quarter) between 0 and 3
),
places as (
    from (values ('quarter', 0, 0), ('previous_quarter', 1, 1), ('all', null, null)) as p (period, newest, oldest)
    union all select 'window', 0, quarters from reach
    union all select 'window_before', quarters + 1, 2 * quarters + 1 from reach
)
select period, cast(quarter - to_months(3 * oldest) as date) as starts_on, cast(quarter - to_months(3 * newest - 3) as date) as ends_before_on
from places, last;

create temp table periods as
select bounds.period, quarters.quarter
from bounds
join (select distinct quarter from deals) as quarters
    on bounds.starts_on is null or (quarters.quarter >= bounds.starts_on and quarters.quarter < bounds.ends_before_on)
where bounds.period != 'window_before';

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

create type persona_word as enum (select distinct persona from titles union select 'unknown');
create type seniority_word as enum (select distinct seniority from titles union select 'unknown');
create type department_word as enum (select distinct department from titles union select 'unknown');
create type role_word as enum ('Decision Maker', 'Champion', 'Influencer', 'Evaluator', 'Economic Buyer', 'Business User');

create temp table people as
select
    deals.deal_id, deals.is_won, deals.quarter,
    cast(coalesce(titles.persona, 'unknown') as persona_word) as persona,
    cast(coalesce(titles.seniority, 'unknown') as seniority_word) as seniority,
    cast(coalesce(titles.department, 'unknown') as department_word) as department,
    cast(links.buying_role as role_word) as buying_role,
    links.added_on <= deals.closed_on as is_counted,
    links.added_on - deals.created_on as added_days
from read_csv('{folder}/deal_contacts.csv', header = true, auto_detect = false, columns = {{
    'deal_id': 'varchar', 'contact_id': 'varchar', 'buying_role': 'varchar', 'is_primary': 'boolean', 'added_on': 'date'
}}) as links
join deals using (deal_id)
left join contacts using (contact_id)
left join titles using (title);

create temp table contacts_of_deals as
select
    deal_id, count(*) filter (where is_counted) as contacts, count(buying_role) filter (where is_counted) as roles,
    count(*) - count(added_days) as undated, count(*) filter (where added_days <= 7) as by_7, count(*) filter (where added_days <= 14) as by_14,
    count(*) filter (where added_days <= 30) as by_30
from people
group by deal_id;

create table contact_coverage as
select
    period, count(*) filter (where is_won) as won_deals, count(*) filter (where is_won and contacts > 0) as won_deals_with_contacts,
    count(*) filter (where is_won and roles > 0) as won_deals_with_roles, sum(contacts) filter (where is_won) as won_contacts,
    count(*) filter (where not is_won) as lost_deals, count(*) filter (where not is_won and contacts > 0) as lost_deals_with_contacts,
    sum(contacts) filter (where not is_won) as lost_contacts
from deals left join contacts_of_deals using (deal_id) join periods using (quarter)
group by period;

create table win_rates_by_persona as
with counted as ({personas})
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
with places as (
    select department, row_number() over (order by department) - 1 as place from (select distinct department from people)
),
grouped as (
    select deal_id, is_won, quarter, bit_or(1::bigint << place) as bits, count(*) as contacts
    from people join places using (department)
    where is_counted
    group by deal_id, is_won, quarter
),
folded as (
    select quarter, bits, contacts, count(*) as deals, count(*) filter (where is_won) as won from grouped group by all
)
select
    period, (select string_agg(department, ', ' order by department) from places where (bits >> place) & 1 = 1) as departments, contacts,
    sum(deals) as closed_deals, sum(won) as won_deals
from folded join periods using (quarter)
group by period, bits, contacts;

-- many contacts against few, at the close and on the latest day on which three quarters of the deals were still open
create temp table contact_strata as
with cells as (
    select
        quarter, deal_size_band, deal_type, is_won, contacts, by_7, by_14, by_30, undated = 0 as is_dated, count(*) as deals,
        case when cycle_days > 30 then 30 when cycle_days > 14 then 14 when cycle_days > 7 then 7 when cycle_days >= 0 then 0 end as open_after
    from contacts_of_deals join deals using (deal_id)
    where contacts > 0
    group by all
),
counted as (
    from cells join periods using (quarter)
),
landmarks as (
    select
        period, case when rate(sum(deals) filter (where open_after >= 30), sum(deals)) >= 0.75 then 30
            when rate(sum(deals) filter (where open_after >= 14), sum(deals)) >= 0.75 then 14
            when rate(sum(deals) filter (where open_after >= 7), sum(deals)) >= 0.75 then 7 end as landmark
    from counted
    where open_after is not null
    group by period
)
select period, 'at close' as moment, null as landmark, quarter, deal_size_band, deal_type, contacts, is_won, sum(deals) as deals
from counted
group by all
union all
select
    period, 'early', landmark, quarter, deal_size_band, deal_type, case landmark when 7 then by_7 when 14 then by_14 when 30 then by_30 end as early, is_won,
    sum(deals)
from counted join landmarks using (period)
where is_dated and open_after >= landmark
group by all;

create table win_rates_by_contact_count as
select
    period, moment, case when contacts <= 2 then contacts when contacts <= 4 then 3 else 5 end as contacts_from, sum(deals) as closed_deals,
    coalesce(sum(deals) filter (where is_won), 0) as won_deals, rate(won_deals, closed_deals) as win_rate, wilson(won_deals, closed_deals, -1) as low,
    wilson(won_deals, closed_deals, 1) as high
from contact_strata
group by all;

create table multithreading as
with strata as (
    select
        period, moment, landmark, sum(deals) as n, coalesce(sum(deals) filter (where is_won), 0) as won,
        coalesce(sum(deals) filter (where contacts >= 3), 0) as n1, coalesce(sum(deals) filter (where is_won and contacts >= 3), 0) as a
    from contact_strata
    group by period, moment, landmark, quarter, deal_size_band, deal_type
)
select
    period, moment, any_value(landmark) as landmark_days, sum(n1) as many_deals, sum(a) as many_won_deals, sum(n) - sum(n1) as few_deals,
    sum(won) - sum(a) as few_won_deals, sum((a * (n - n1) - (won - a) * n1) / n) / nullif(sum(n1 * (n - n1) / n), 0) as difference
from strata
group by period, moment;

-- completeness
create table field_completeness as
select
    period, is_won, count(*) as deals, {completeness}
from deals join periods using (quarter)
group by period, is_won;


-- which win rate, how fast, what is to come: an open deal counts for as long as it was watched
create temp table endings as
select
    case when grouping(created_on) = 0 then 'created' else 'closed' end as basis, coalesce(created_on, closed_on) as day, ending, is_named,
    count(*) as deals, count(amount) as amounts, sum(amount) as amount
from (
    select
        created_on, closed_on, amount, competitor != 'unknown' as is_named,
        case
            when outcome != 'lost' then outcome
            when reason in ('no_budget', 'timing', 'incumbent_status_quo', 'no_decision', 'no_response', 'champion_left') then 'no_decision'
            when reason in ('other', 'unspecified') then 'unstated'
            else 'decided'
        end as ending
    from every_deal
)
group by grouping sets ((created_on, ending, is_named), (closed_on, ending, is_named));
delete from endings where day is null;

-- the day on which the export ends, and that from which on it holds deals: one close in a thousand may be a slip
create temp table spans as
with ends as (
    select max(day) as as_of from endings
),
watched as (
    select min(day) as since
    from (select day, sum(sum(deals)) over (order by day) as until_then, sum(sum(deals)) over () as closed from endings where basis = 'closed' group by day)
    where until_then > 0.001 * closed
)
select period, greatest(coalesce(starts_on, since), since) as from_on, least(coalesce(ends_before_on - 1, as_of), as_of) as until_on, as_of
from bounds, ends, watched;

create temp table spells as
with folded as (
    select created_on, closed_on, outcome, count(*) as deals from every_deal group by all
)
select
    period, cast(date_trunc('quarter', created_on) as date) as created_quarter, greatest(from_on - created_on, 0) as entered,
    least(closed_on, until_on) - created_on as left_at, case when closed_on <= until_on then outcome else 'open' end as left_as, sum(deals) as deals
from folded join spans on created_on <= until_on and from_on <= until_on and (closed_on is null or closed_on between from_on and as_of)
group by all;

create temp table movements as
with entries as (
    select period, created_quarter, entered as age, 'entered' as movement, sum(deals) as deals from spells group by all
    union all select period, created_quarter, left_at, left_as, sum(deals) from spells group by all
),
in_window as (
    select
        greatest(from_on - created_on, 0) as entered, least(closed_on, until_on) - created_on as left_at,
        case when closed_on <= until_on then outcome else 'open' end as left_as, {recommendable}
    from every_deal join spans on created_on <= until_on and (closed_on is null or closed_on between from_on and as_of)
    where period = 'window'
)
select period, 'all' as dimension, 'all deals' as segment, age, movement, sum(deals) as deals from entries group by all
union all select period, 'created_quarter', year(created_quarter) || '-Q' || quarter(created_quarter), age, movement, deals from entries where period = 'all'
union all {movements};

-- the product limit, where enough deals are watched and the curve holds half of what was decided
create temp table days as
select
    *, sum(entered) over by_age - sum(won + lost + open) over by_age + won + lost + open as at_risk,
    sum(entered) over everyone - sum(entered) over by_age as entering_later,
    sum(won) over everyone as all_won, sum(lost) over everyone as all_lost
from (
    select
        period, dimension, segment, age, coalesce(sum(deals) filter (where movement = 'entered'), 0) as entered,
        coalesce(sum(deals) filter (where movement = 'won'), 0) as won, coalesce(sum(deals) filter (where movement in ('lost', 'disqualified')), 0) as lost,
        coalesce(sum(deals) filter (where movement = 'open'), 0) as open
    from movements
    group by period, dimension, segment, age
)
window by_age as (partition by period, dimension, segment order by age), everyone as (partition by period, dimension, segment);

create temp table steps as
with held as (
    select
        *, at_risk >= 10 or entering_later = 0 as is_counted,
        sum(won + lost) filter (where at_risk >= 10 or entering_later = 0) over (partition by period, dimension, segment) / (all_won + all_lost) as held
    from days
),
opened as (
    select
        period, dimension, segment, age, at_risk, won, lost, won / at_risk as won_hazard, lost / at_risk as lost_hazard,
        case
            when max(won + lost = at_risk) over by_age then 0
            else exp(sum(case when won + lost < at_risk then ln(1 - (won + lost) / at_risk) else 0 end) over by_age)
        end as open_share
    from held
    where won + lost > 0 and is_counted and held >= 0.5
    window by_age as (partition by period, dimension, segment order by age)
)
select
    *, lead(age) over by_age as next_age, sum(won + lost) over by_age as decided, sum(open_share_before * won_hazard) over by_age as won_share,
    1 - open_share - won_share as lost_share
from (select *, lag(open_share, 1, 1) over (partition by period, dimension, segment order by age) as open_share_before from opened)
window by_age as (partition by period, dimension, segment order by age);

create table win_rate_curves as
with weeks as (
    select period, dimension, segment, unnest(range(1, 1 + cast(floor(max(age) filter (where at_risk >= 10) / 7) as integer))) as week
    from days
    group by period, dimension, segment
    having any_value(all_won) >= 5 and any_value(all_lost) >= 5
)
select
    weeks.*, coalesce(won_share, 0) as won_share, coalesce(lost_share, 0) as lost_share, coalesce(open_share, 1) as open_share
from weeks asof left join steps
    on weeks.period = steps.period and weeks.dimension = steps.dimension and weeks.segment = steps.segment and 7 * weeks.week >= steps.age;

-- what is to be expected of a deal of the window at each age; -1 is before it was created
create temp table chances as
with pace as (
    select *, sum(won_hazard) over (order by age) as won_hazards, sum(lost_hazard) over (order by age) as lost_hazards, max(won_share) over () as final
    from steps
    where period = 'window' and dimension = 'all'
),
ages as (
    select cast(unnest(range(-1, (select max(age) + 1 from days))) as integer) as age
)
select
    ages.age, coalesce(pace.age, -1) as step_age, coalesce(open_share, 1) as open_share, coalesce(won_share, 0) as won_share,
    coalesce(won_hazards, 0) as won_hazards, coalesce(lost_hazards, 0) as lost_hazards, ends.final,
    coalesce((ends.final - coalesce(won_share, 0)) / nullif(coalesce(open_share, 1), 0), 0) as chance,
    ends.final > 0 and coalesce(won_share, 0) >= 0.95 * ends.final as is_stale, coalesce(next_age is null and ages.age > pace.age, false) as is_beyond
from ages asof left join pace on ages.age >= pace.age
cross join (select max(final) as final from pace) as ends;

-- an open deal older than almost every deal that is won counts as lost on the day it became so
create temp table judged as
with stale as (
    select min(age) as age from chances where is_stale
)
select basis, day, case when ending = 'open' and day + stale.age <= as_of then 'stale' else ending end as ending, is_named, deals, amounts, amount
from endings, stale, spans
where spans.period = 'all' and (basis = 'created' or ending != 'open')
union all
select 'closed', day + stale.age, 'stale', is_named, deals, amounts, amount
from endings, stale, spans
where spans.period = 'all' and basis = 'created' and ending = 'open' and day + stale.age <= as_of;

create table win_rate_definitions as
with definitions as (
    from (values
        ('buyer_decided', 'closed', ['won', 'decided', 'unstated']), ('closed', 'closed', ['won', 'decided', 'unstated', 'no_decision']),
        ('all_closed', 'closed', ['won', 'decided', 'unstated', 'no_decision', 'disqualified']),
        ('all_closed_and_stale', 'closed', ['won', 'decided', 'unstated', 'no_decision', 'disqualified', 'stale']),
        ('by_value', 'closed', ['won', 'decided', 'unstated', 'no_decision']), ('competitive', 'closed', ['won', 'decided', 'unstated', 'no_decision']),
        ('created_decided', 'created', ['won', 'decided', 'unstated', 'no_decision']),
        ('created_closed', 'created', ['won', 'decided', 'unstated', 'no_decision', 'disqualified']),
        ('created', 'created', ['won', 'decided', 'unstated', 'no_decision', 'disqualified', 'stale', 'open'])
    ) as d (definition, basis, counted)
),
summed as (
    select
        period, definition, sum(deals) as counted_deals, sum(deals) filter (where ending = 'won') as won_deals,
        coalesce(sum(deals) filter (where ending = 'unstated'), 0) as unstated_deals, sum(amount) filter (where ending = 'won') / sum(amount) as value_rate
    from judged
    join definitions using (basis)
    join bounds on bounds.starts_on is null or (judged.day >= bounds.starts_on and judged.day < bounds.ends_before_on)
    where period != 'window_before' and list_contains(counted, ending) and (is_named or definition != 'competitive')
    group by period, definition
)
select
    period, definition, counted_deals, won_deals, unstated_deals,
    case when definition = 'by_value' then value_rate else rate(won_deals, counted_deals) end as win_rate,
    counted_deals - lag(counted_deals) over (partition by period order by counted_deals) as added_deals
from summed
union all
select period, 'pace', null, null, null, won_share, null
from steps
where dimension = 'all' and next_age is null and period != 'window_before';

create table win_rates_by_cohort as
with created as (
    select
        cast(date_trunc('quarter', day) as date) as starts_on, sum(deals) as created_deals, sum(deals) filter (where ending = 'won') as won_deals,
        sum(deals) filter (where ending in ('decided', 'unstated', 'no_decision')) as lost_deals,
        coalesce(sum(deals) filter (where ending in ('open', 'stale')), 0) as open_deals,
        coalesce(sum(deals) filter (where ending = 'stale'), 0) as stale_deals
    from judged
    where basis = 'created'
    group by starts_on
),
coming as (
    select
        segment, sum(deals * chance) filter (where movement = 'open') as expected_wins,
        sum(deals * (1 / nullif(open_share, 0) - 1)) filter (where movement = 'entered') as missing_deals
    from movements join chances on chances.age = movements.age - (movement = 'entered')::integer
    where period = 'all' and dimension = 'created_quarter' and (movement = 'open' or (movement = 'entered' and movements.age > 0))
    group by segment
)
select
    year(starts_on) || '-Q' || quarter(starts_on) as created_quarter, created.*, coalesce(expected_wins, 0) as expected_wins,
    cast(round(coalesce(missing_deals, 0)) as bigint) as missing_deals, rate(won_deals + coalesce(expected_wins, 0), created_deals) as final_win_rate
from created left join coming on coming.segment = year(starts_on) || '-Q' || quarter(starts_on);

-- each segment's pace against that of all deals, drawn to it by 25 average deals, moves the hazards of all deals
create temp table paces as
select
    dimension, segment, coalesce(sum(deals) filter (where movement = 'won'), 0) as won, coalesce(sum(deals) filter (where movement in ('lost', 'disqualified')), 0) as lost,
    sum(case movement when 'entered' then -deals else deals end * won_hazards) as expected_won,
    sum(case movement when 'entered' then -deals else deals end * lost_hazards) as expected_lost,
    (won + 25 * any_value(final)) / (expected_won + 25 * any_value(final)) as won_pace,
    (lost + 25 * (1 - any_value(final))) / (expected_lost + 25 * (1 - any_value(final))) as lost_pace
from movements join chances on chances.age = movements.age - (movement = 'entered')::integer
where period = 'window'
group by dimension, segment;

create table open_pipeline as
with open_deals as (
    select every_deal.*, step_age, is_stale, is_beyond from every_deal join spans on spans.period = 'all' join chances on chances.age = as_of - created_on
    where outcome = 'open'
),
cells as ({open_cells}),
hazards as (
    select
        paces.dimension, paces.segment, age, least(1, won_pace * won_hazard) as won_part, lost_pace * lost_hazard as lost_part,
        won_part / greatest(1, won_part + lost_part) as won_hazard, 1 - (won_part + lost_part) / greatest(1, won_part + lost_part) as kept
    from paces, (select age, won_hazard, lost_hazard from steps where period = 'window' and dimension = 'all' union all select -1, 0, 0)
),
opened as (
    select
        *, case when min(kept) over by_age < 1e-12 then 0 else exp(sum(case when kept < 1e-12 then 0 else ln(kept) end) over by_age) end as open_share
    from hazards
    window by_age as (partition by dimension, segment order by age)
),
shares as (
    select *, sum(before * won_hazard) over (partition by dimension, segment order by age) as won_share
    from (select *, lag(open_share, 1, 1) over (partition by dimension, segment order by age) as before from opened)
),
segment_chances as (
    select dimension, segment, age, coalesce((max(won_share) over (partition by dimension, segment) - won_share) / nullif(open_share, 0), 0) as chance from shares
)
select
    dimension, segment, sum(deals) as open_deals, sum(stale) as stale_deals, sum(beyond) as beyond_record_deals, sum(amount) as open_amount,
    any_value(won) as won_in_window, any_value(expected_won) as won_at_average_pace, any_value(won_pace) as pace,
    sum(deals * chance) as expected_wins, sum(amount * chance) as expected_amount
from cells join paces using (dimension, segment) join segment_chances using (dimension, segment, age)
group by dimension, segment;

-- why it moved
create table win_rate_change_segments as
with counted as ({changes}),
compared as (
    select
        comparison, dimension, segment, coalesce(sum(deals) filter (where is_now), 0) as closed_deals, coalesce(sum(won) filter (where is_now), 0) as won_deals,
        coalesce(sum(deals) filter (where not is_now), 0) as compared_deals, coalesce(sum(won) filter (where not is_now), 0) as compared_won_deals
    from counted
    join (
        select comparison, quarter, quarter = (select max(quarter) from periods where period = 'quarter') as is_now
        from (values ('previous_quarter', 3), ('year_before', 12)) as c (comparison, months)
        join (select distinct quarter from deals) as q
            on q.quarter in ((select max(quarter) from periods where period = 'quarter'), (select max(quarter) - to_months(months) from periods where period = 'quarter'))
    ) using (quarter)
    group by comparison, dimension, segment
)
select
    *, closed_deals / sum(closed_deals) over own as share, compared_deals / sum(compared_deals) over own as compared_share, rate(won_deals, closed_deals) as win_rate,
    rate(compared_won_deals, compared_deals) as compared_win_rate,
    (share - compared_share) * (coalesce(win_rate, compared_win_rate) + coalesce(compared_win_rate, win_rate)) / 2 as mix,
    (share + compared_share) / 2 * (coalesce(win_rate, compared_win_rate) - coalesce(compared_win_rate, win_rate)) as within
from compared
window own as (partition by comparison, dimension);

create table win_rate_changes as
select
    comparison, sum(closed_deals) as closed_deals, sum(won_deals) as won_deals, sum(compared_deals) as compared_deals, sum(compared_won_deals) as compared_won_deals,
    rate(sum(won_deals), sum(closed_deals)) - rate(sum(compared_won_deals), sum(compared_deals)) as change
from win_rate_change_segments
where dimension = 'industry'
group by comparison;

-- competitors; a deal of these files names one
create temp table competitor_cells as
select quarter, competitor, competitor = 'In-house' as is_in_house, is_won, reason, count(*) as deals
from deals
group by all;

create table competition_coverage as
select
    period, sum(deals) as closed_deals, sum(deals) filter (where is_won) as won_deals, coalesce(sum(deals) filter (where competitor != 'unknown'), 0) as named_deals,
    coalesce(sum(deals) filter (where competitor != 'unknown' and is_won), 0) as named_won_deals, rate(named_deals, closed_deals) as named_share,
    rate(named_won_deals, won_deals) as named_share_of_won, rate(named_deals - named_won_deals, closed_deals - won_deals) as named_share_of_lost,
    rate(named_won_deals, closed_deals - won_deals + named_won_deals) as win_rate_at_least, rate(won_deals, named_deals + won_deals - named_won_deals) as win_rate_at_most
from competitor_cells join periods using (quarter)
group by period;

create table win_rates_by_competitor as
with counted as (
    select
        period, quarter, competitor, is_in_house, sum(deals) as n1, coalesce(sum(deals) filter (where is_won), 0) as a,
        sum(sum(deals) filter (where not is_in_house)) over (partition by period, quarter) as n,
        sum(coalesce(sum(deals) filter (where is_won and not is_in_house), 0)) over (partition by period, quarter) as won
    from competitor_cells join periods using (quarter)
    where competitor != 'unknown'
    group by period, quarter, competitor, is_in_house
)
select
    period, competitor, any_value(is_in_house) as is_in_house, sum(n1) as closed_deals, sum(a) as won_deals, rate(won_deals, closed_deals) as win_rate,
    wilson(won_deals, closed_deals, -1) as low, wilson(won_deals, closed_deals, 1) as high, sum(n) - sum(n1) as other_closed_deals, sum(won) - sum(a) as other_won_deals,
    -- inside quarters (Mantel and Haenszel)
    sum((a * (n - n1) - (won - a) * n1) / n) / nullif(sum(n1 * (n - n1) / n), 0) as difference
from counted
group by period, competitor;

create table competitors_by_quarter as
with quarters as (
    select quarter, sum(deals) as closed_deals, sum(deals) filter (where competitor != 'unknown') as named_deals from competitor_cells group by quarter
),
named as (
    select
        quarters.*, competitor, coalesce(sum(deals), 0) as competitor_deals, coalesce(sum(deals) filter (where is_won), 0) as won_deals
    from quarters
    cross join (select distinct competitor from competitor_cells where competitor != 'unknown') as seen
    left join competitor_cells using (quarter, competitor)
    group by all
)
select
    named.*, rate(named.won_deals, named.competitor_deals) as win_rate, rate(named.competitor_deals, named.named_deals) as share,
    share - rate(previous.competitor_deals, previous.named_deals) as share_change
from named left join named as previous on previous.competitor = named.competitor and previous.quarter = named.quarter - to_months(3);

create table competitor_loss_reasons as
with stated as (
    select period, competitor, is_in_house, reason, sum(deals) as deals
    from competitor_cells join periods using (quarter)
    where not is_won and competitor != 'unknown'
    group by all
),
reasons as (
    select period, reason, sum(deals) filter (where not is_in_house) as vendor_deals, sum(sum(deals) filter (where not is_in_house)) over (partition by period) as all_deals
    from stated
    group by period, reason
),
lost as (
    select period, competitor, is_in_house, sum(deals) as competitor_lost_deals from stated group by all
)
select
    period, competitor, reason, coalesce(deals, 0) as lost_deals, competitor_lost_deals, lost_deals / competitor_lost_deals as share,
    case when not lost.is_in_house then all_deals - competitor_lost_deals end as other_lost_deals,
    case when not lost.is_in_house then rate(vendor_deals - lost_deals, other_lost_deals) end as other_share
from lost join reasons using (period) left join stated using (period, competitor, reason);

create table win_rates_by_competitor_segment as
with counted as ({competitors})
select
    period, competitor, dimension, segment, sum(deals) as closed_deals, sum(won) as won_deals, rate(won_deals, closed_deals) as win_rate,
    wilson(won_deals, closed_deals, -1) as low, wilson(won_deals, closed_deals, 1) as high
from counted join periods using (quarter)
where segment != 'unknown'
group by period, competitor, dimension, segment
having sum(deals) >= 10;

-- what segments are worth: a won deal without an amount says nothing of it
create table segment_values as
with counted as ({values}),
whole as (
    select *, sum(deals) over own as all_deals, sum(amount) over own as all_amount, sum(days) over own as all_days, sum(timed_amount) over own as all_timed_amount
    from counted
    window own as (partition by dimension)
)
select
    dimension, segment, deals as closed_deals, won as won_deals, unvalued as unvalued_won_deals, amount / deals as value_per_deal,
    (all_amount - amount) / nullif(all_deals - deals, 0) as other_value_per_deal, timed_amount / nullif(days, 0) as value_per_day,
    (all_timed_amount - timed_amount) / nullif(all_days - days, 0) as other_value_per_day
from whole
where segment != 'unknown';

-- accounts: what each attribute adds to the average, and the tiers that follow
create table account_points as
with counted as ({points}),
owned as ({account_values})
select
    counted.dimension, counted.segment, closed_deals, won_deals, rate(won_deals, closed_deals) - rate(sum(won_deals) over own, sum(closed_deals) over own) as points, accounts
from counted left join owned using (dimension, segment)
window own as (partition by counted.dimension);

create table account_scorecard as
with counted as (
    select account_id, count(*) filter (where outcome in ('won', 'lost')) as closed_deals, count(*) filter (where outcome = 'open') as open_deals
    from every_deal
    group by account_id
),
base as (
    select rate(sum(won_deals), sum(closed_deals)) as rate from account_points where dimension = 'industry'
),
worth as (
    select revenue_band, count(amount) as won_deals, sum(amount) as amount from deals join periods using (quarter) where period = 'window' and is_won group by revenue_band
),
mean as (
    select sum(amount) / sum(won_deals) as amount from worth
)
select
    accounts.account_id, industry, revenue_band, employee_band, region, coalesce(counted.closed_deals, 0) as closed_deals, coalesce(open_deals, 0) as open_deals,
    counted.account_id is null as is_whitespace, base.rate + {score} as expected_win_rate,
    case when expected_win_rate - base.rate >= 0.1 then 'A' when expected_win_rate >= base.rate then 'B' when expected_win_rate - base.rate > -0.1 then 'C' else 'D' end as tier,
    expected_win_rate * (coalesce(worth.amount, 0) + 25 * mean.amount) / (coalesce(worth.won_deals, 0) + 25) as expected_value_per_deal
from accounts
left join counted using (account_id)
left join worth using (revenue_band)
{score_joins}
cross join base
cross join mean;

create table account_tiers as
select tier, count(*) as accounts, count(*) filter (where is_whitespace) as whitespace_accounts, sum(open_deals) as open_deals,
    avg(expected_win_rate) as expected_win_rate, avg(expected_value_per_deal) as expected_value_per_deal
from account_scorecard
group by tier;

create table account_tier_history as
with profiles as (
    select
        quarter, industry, revenue_band, employee_band, region, count(*) as closed_deals, count(*) filter (where is_won) as won_deals,
        count(amount) filter (where is_won) as valued, sum(amount) filter (where is_won) as amount
    from deals
    group by all
),
-- the latest four quarters, each by the four before it
learned as (
    select judged.quarter, {attributes}, sum(closed_deals) as deals, sum(won_deals) as won
    from (select distinct quarter from periods where period = 'window') as judged
    join profiles on profiles.quarter < judged.quarter and profiles.quarter >= judged.quarter - to_months(12)
    group by judged.quarter, {attributes}
),
points as ({learned}),
scored as (
    select profiles.*, base, base + {score} as expected
    from profiles
    join (select quarter, rate(sum(won), sum(deals)) as base from learned group by quarter) as bases using (quarter)
{history_joins}
)
select
    quarter, case when expected - base >= 0.1 then 'A' when expected >= base then 'B' when expected - base > -0.1 then 'C' else 'D' end as tier,
    sum(closed_deals) as closed_deals, sum(won_deals) as won_deals, sum(expected * closed_deals) / sum(closed_deals) as expected_win_rate,
    rate(won_deals, closed_deals) as win_rate, coalesce(sum(amount), 0) as won_amount, won_amount / nullif(sum(closed_deals - won_deals + valued), 0) as value_per_deal
from scored
group by all;
