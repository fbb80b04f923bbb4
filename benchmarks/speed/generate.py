"""CRM export files of any size, the same bytes for the same size.

N deals of twelve quarters, N/4 accounts, 3N contacts and 3N contacts on deals, as CSV in the `custom` mapping's format,
and the mapping that reads them; or a company of another shape, for what grows with something else than deals. Every value is a
hash of its row's number and a constant, so no file depends on another being written first, on threads, or on a random
generator's state. The seed system's JSON can be written from the CSV.

    python -m benchmarks.speed.generate 100000 /tmp/company
    python -m benchmarks.speed.generate 100000 /tmp/company --format parquet
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Shape:
    """A company: so many deals, closed in so many quarters that end with 2025, with so many contacts each.

    `dimensions` columns more by which deals are cut, each of `segments` values, told apart by nothing.
    """

    deals: int
    quarters: int = 12
    contacts_per_deal: int = 3
    dimensions: int = 0
    segments: int = 0

    @property
    def names(self) -> list[str]:
        return [f"cut_{number}" for number in range(1, self.dimensions + 1)]


OBJECTS = ("deals", "accounts", "contacts", "deal_contacts")
FORMATS = {"csv": "format csv, header true", "parquet": "format parquet"}
"""What a file may be, and what DuckDB must be told to write it."""

INDUSTRIES = (
    "Technology",
    "Manufacturing",
    "Retail",
    "Healthcare",
    "Financial Services",
    "Media",
    "Logistics",
    "Energy",
)
REGIONS = ("North America", "EMEA", "APAC", "Latin America")
COUNTRIES = (
    ("United States", "Canada", "United States"),
    ("Germany", "United Kingdom", "France", "Spain", "Poland"),
    ("Australia", "Japan", "India", "Singapore"),
    ("Brazil", "Mexico", "Chile"),
)
SOURCES = ("Inbound Web", "Outbound", "Referral", "Event", "Partner", "Content", "Paid Search")
PRODUCTS = ("Platform", "Analytics", "Services", "Starter")
DEAL_TYPES = ("New Business", "Expansion")
PIPELINES = ("Direct", "Partner")
COMPETITORS = ("Bluefin Works", "Northgate", "Ostrava Systems", "Palewood", "In-house")
OPEN_STAGES = ("Discovery", "Qualification", "Proposal", "Negotiation")
# most deals that close in one stage and are worth little are lost for few reasons; rare ones are free text
REASONS = (
    "Price", "Timing", "Went with a competitor", "No decision", "No Budget", "Missing features", "Poor fit",
    "Champion left", "Price/Budget", "Not Ready", "No response", "Security review", "Status Quo", "Too expensive",
    "Budget Constraints", "Lost to Competitor", "Ghosted", "Build in-house", "Project cancelled", "N/A", "Other",
    "procurement blocked it", "Duplicate",
)  # fmt: skip
FACTORS = (
    "strong_champion", "good_fit", "urgent_need", "budget_approved", "competitive_price", "executive_sponsorship",
    "fast_sales_cycle",
)  # fmt: skip
TITLES = (
    "VP Sales", "Sales Manager", "CFO", "IT Director", "Account Executive", "CEO", "Director of Operations", "CTO",
    "Marketing Manager", "Head of Procurement", "VP of Sales", "Controller", "Project Manager", "Buyer", "Data Engineer",
    "HR Business Partner", "COO", "General Counsel", "Software Engineer", "Vice President, Marketing", "Analyst",
    "Chief Information Officer", "Plant Manager", "Founder", "Security Architect", "VP Finance", "Product Owner",
    "Customer Success Manager", "RevOps Manager", "Chief of Staff", "Executive Assistant", "Supply Chain Director",
)  # fmt: skip
DEPARTMENTS = ("Sales", "Finance", "IT", "Operations", "Marketing", "Executive")
ROLES = ("Decision Maker", "Champion", "Influencer", "Evaluator", "Economic Buyer", "Business User")

FIRST_YEAR, DAYS = 2023, 1096
"""The first year in which the usual company closes deals, and the days of its twelve quarters."""

# `u(i, k)` is a number from 0 to 1 that belongs to row i and purpose k.
_MACROS = """
create macro u(i, k) as (hash(cast(i as bigint) * 64 + k) >> 11) / 9007199254740992e0;
create macro pick(words, share) as words[1 + cast(floor(len(words) * share) as integer)];
create macro closed(i) as date '{first_day}' + cast(floor({days} * sqrt(0.25 + 0.75 * u(i, 1)) * 2 - {days}) as integer);
create macro created(i) as closed(i) - cast(8 + floor(-45 * ln(1 - 0.985 * u(i, 2)) - 30 * ln(1 - 0.985 * u(i, 3))) as integer);
create macro account_of(i, deals) as cast(floor(greatest(1, deals // 4) * power(u(i, 4), 1.4)) as bigint);
create macro industry_of(a) as cast(floor(8 * power(u(a, 20), 1.6)) as integer);
create macro revenue_of(a) as round(exp(13.8 + 1.5 * sqrt(-2 * ln(1 - 0.999 * u(a, 21))) * cos(6.283185307179586 * u(a, 22)) + 2.5), -5);
create macro source_of(i) as cast(floor(7 * power(u(i, 5), 1.5)) as integer);
create macro cents(value) as cast(round(value, 2) as decimal(18, 2));
"""

# Win odds rise with two industries, a revenue band and a lead source, fall with another, and drift by year.
_WIN = """
-0.75
+ case industry_of(account) when 0 then 0.75 when 3 then 0.45 when 2 then -0.35 else 0 end
+ case when revenue_of(account) between 1e7 and 5e7 then 0.55 else 0 end
+ case source_of(i) when 2 then 0.5 when 1 then -0.3 else 0 end
+ 0.1 * (year(closed(i)) - 2024)
"""


def _words(words: Sequence[str]) -> str:
    return "[" + ", ".join("'" + word.replace("'", "''") + "'" for word in words) + "]"


def _deals(shape: Shape) -> str:
    deals = shape.deals
    cuts = "".join(
        f",\n    'Value ' || cast(floor({shape.segments} * u(i * {shape.dimensions} + {number}, 60)) as integer) as {name}"
        for number, name in enumerate(shape.names)
    )
    owners = max(8, min(2_000, deals // 500))
    return f"""
with numbered as (
    select range as i, account_of(range, {deals}) as account, u(range, 6) as fate from range({deals})
),
odds as (
    select *, 1 / (1 + exp(-({_WIN}))) as win_chance from numbered
),
decided as (
    select
        *,
        case
            when fate < 0.06 then 'open'
            when fate < 0.08 then 'disqualified'
            when u(i, 7) < win_chance then 'won'
            else 'lost'
        end as outcome
    from odds
)
select
    'D-' || lpad(i::varchar, 9, '0') as deal_id,
    'A-' || lpad(account::varchar, 8, '0') as account_id,
    case outcome when 'won' then 'Closed Won' when 'lost' then 'Closed Lost' when 'open' then 'Open' else 'Disqualified' end as outcome,
    case when outcome = 'open' then pick({_words(OPEN_STAGES)}, u(i, 8)) else 'Closed' end as stage,
    created(i) as created_on,
    closed(i) as closed_on,
    cast(closed(i) as timestamp) + to_seconds(cast(floor(28800 + 36000 * u(i, 9)) as bigint)) as modified_at,
    case when u(i, 10) > 0.03 then cents(round(exp(10.4 + 1.1 * sqrt(-2 * ln(1 - 0.999 * u(i, 11))) * cos(6.283185307179586 * u(i, 12))), -2)) end as amount,
    'USD' as currency,
    'Seller ' || cast(floor({owners} * power(u(i, 13), 1.3)) as integer) as owner,
    pick({_words(DEAL_TYPES)}, power(u(i, 14), 1.8)) as deal_type,
    case when u(i, 15) > 0.04 then pick({_words(SOURCES)}, power(u(i, 5), 1.5)) end as lead_source,
    pick({_words(PRODUCTS)}, power(u(i, 16), 1.4)) as product,
    pick({_words(PIPELINES)}, power(u(i, 17), 2)) as pipeline,
    case when u(i, 18) < 0.35 then pick({_words(COMPETITORS)}, power(u(i, 19), 1.5)) end as competitor,
    case
        when outcome = 'lost' and u(i, 30) > 0.12
            then case when u(i, 31) < 0.02 then 'no longer needed, case ' || cast(floor(400 * u(i, 32)) as integer)
                else pick({_words(REASONS)}, power(u(i, 32), 1.9)) end
    end as loss_reason,
    case
        when outcome = 'won' and u(i, 33) < 0.5
            then pick({_words(FACTORS)}, power(u(i, 34), 1.3)) || case when u(i, 35) < 0.3 then '; ' || pick({_words(FACTORS)}, u(i, 36)) else '' end
    end as win_factors,
    case when u(i, 37) > 0.2 then round(least(1, greatest(0, win_chance * 0.7 + 0.15 + 0.45 * (u(i, 38) - 0.5))), 2) end as qualification_score{cuts}
from decided
"""


def _accounts(accounts: int) -> str:
    return f"""
select
    'A-' || lpad(range::varchar, 8, '0') as account_id,
    -- a blank at the end, other capitals: spellings of one industry
    case
        when u(range, 23) < 0.04 then null
        when u(range, 23) < 0.06 then lower({_words(INDUSTRIES)}[1 + industry_of(range)])
        when u(range, 23) < 0.08 then {_words(INDUSTRIES)}[1 + industry_of(range)] || ' '
        else {_words(INDUSTRIES)}[1 + industry_of(range)]
    end as industry,
    case when u(range, 24) > 0.06 then cast(revenue_of(range) as bigint) end as annual_revenue,
    case when u(range, 25) > 0.06 then cast(1 + floor(revenue_of(range) / 180000) as bigint) end as employees,
    pick({_words(REGIONS)}, power(u(range, 26), 1.5)) as region,
    case cast(floor(4 * power(u(range, 26), 1.5)) as integer)
        when 0 then pick({_words(COUNTRIES[0])}, u(range, 27))
        when 1 then pick({_words(COUNTRIES[1])}, u(range, 27))
        when 2 then pick({_words(COUNTRIES[2])}, u(range, 27))
        else pick({_words(COUNTRIES[3])}, u(range, 27))
    end as country,
    case when u(range, 28) < 0.3 then 'Customer' else 'Prospect' end as account_type
from range({accounts})
"""


# Where deals have three contacts each, contact j belongs to a deal near j / 3, so that they have from none to a dozen.
_DEAL_OF_CONTACT = "cast(least({deals} - 1, floor({number} / {each}) + floor(8 * power(u({number}, 40), 3))) as bigint)"


def _contacts(shape: Shape) -> str:
    deals = shape.deals
    deal = _DEAL_OF_CONTACT.format(deals=deals, number="range", each=shape.contacts_per_deal)
    return f"""
select
    'C-' || lpad(range::varchar, 9, '0') as contact_id,
    'A-' || lpad(account_of({deal}, {deals})::varchar, 8, '0') as account_id,
    case
        when u(range, 41) < 0.03 then null
        when u(range, 41) < 0.05 then pick({_words(TITLES)}, u(range, 42)) || ', ' || pick({_words(REGIONS)}, u(range, 43)) || ' '
            || cast(floor(100 * u(range, 44)) as integer)
        when u(range, 41) < 0.08 then upper(pick({_words(TITLES)}, power(u(range, 42), 1.6)))
        else pick({_words(TITLES)}, power(u(range, 42), 1.6))
    end as title,
    case when u(range, 45) < 0.4 then pick({_words(DEPARTMENTS)}, u(range, 46)) end as department
from range({shape.contacts_per_deal * deals})
"""


def _deal_contacts(shape: Shape) -> str:
    deals = shape.deals
    deal = _DEAL_OF_CONTACT.format(deals=deals, number="range", each=shape.contacts_per_deal)
    return f"""
with linked as (
    select range as j, {deal} as deal from range({shape.contacts_per_deal * deals})
)
select
    'D-' || lpad(deal::varchar, 9, '0') as deal_id,
    -- one in seven people sits on an earlier deal as well
    'C-' || lpad((case when u(j, 47) < 0.14 and j >= 300 then j - 300 else j end)::varchar, 9, '0') as contact_id,
    case when u(j, 48) < 0.35 then pick({_words(ROLES)}, power(u(j, 49), 1.4)) end as buying_role,
    case when j % 3 = 0 then 'true' else 'false' end as is_primary,
    created(deal) + cast(floor((closed(deal) - created(deal)) * 1.06 * u(j, 50)) as integer) as added_on
from linked
"""


_MAPPED = {
    "deals": "deal_id account_id outcome stage created_on closed_on modified_at amount currency owner deal_type lead_source "
    "product pipeline competitor loss_reason win_factors qualification_score",
    "accounts": "account_id industry annual_revenue employees region country account_type",
    "contacts": "contact_id account_id title department",
    "deal_contacts": "deal_id contact_id buying_role is_primary added_on",
}


def mapping_text(cuts: Sequence[str] = (), form: str = "csv") -> str:
    """The dbt variables that read the files: headers are the canonical names, so each maps to itself; `cuts` are dimensions besides."""
    lines = ["crm: custom", "mapping:", "  files:"]
    lines += [f"    {name}: {name}.{form}" for name in OBJECTS]
    lines += ["  outcomes:", "    won: [Closed Won]", "    lost: [Closed Lost]", "    open: [Open]"]
    lines += ["    disqualified: [Disqualified]", "  date_order: ymd", "  columns:"]
    for name, columns in _MAPPED.items():
        lines += [f"    {name}:", *(f"      {column}: {column}" for column in columns.split())]
    if cuts:
        lines += ["  dimensions:", *(f"    {name}: {name}" for name in cuts)]
    return "\n".join(lines) + "\n"


def statements(shape: Shape) -> dict[str, str]:
    """The select statement of each object of a company."""
    return {
        "deals": _deals(shape),
        "accounts": _accounts(max(1, shape.deals // 4)),
        "contacts": _contacts(shape),
        "deal_contacts": _deal_contacts(shape),
    }


def macros(shape: Shape) -> str:
    years = shape.quarters / 4
    first_year = FIRST_YEAR + 3 - -(-shape.quarters // 4)
    return _MACROS.replace("{first_day}", f"{first_year}-01-01").replace("{days}", f"{round(DAYS * years / 3)}")


def generate(company: int | Shape, folder: Path, threads: int = 2, form: str = "csv") -> int:
    """Write the files and `mapping.yml` of a company, or of so many deals, into `folder`; the number of bytes of all files.

    `form` is one of FORMATS.

    Files that are there already are kept: the same company gives the same bytes.
    """
    shape = company if isinstance(company, Shape) else Shape(company)
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"threads": threads, "memory_limit": "2GB"})
    connection.execute(macros(shape))
    for name, statement in statements(shape).items():
        path = folder / f"{name}.{form}"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            connection.execute(f"copy ({statement}) to '{unfinished}' ({FORMATS[form]})")
            unfinished.replace(path)
    connection.close()
    (folder / "mapping.yml").write_text(mapping_text(shape.names, form), encoding="utf-8")
    return sum((folder / f"{name}.{form}").stat().st_size for name in OBJECTS)


def write_json(folder: Path, threads: int = 2) -> Path:
    """Write `deals.json` beside the CSV files: won and lost deals with account and contacts inside, as the seed system reads."""
    path = folder / "deals.json"
    if path.exists():
        return path
    connection = duckdb.connect(config={"threads": threads, "memory_limit": "6GB", "temp_directory": f"{folder}/tmp"})
    unfinished = path.with_suffix(".part")
    connection.execute(
        f"""copy (
    with people as (
        select deal_id, list({{'title': title, 'department': department, 'role': buying_role}}) as contacts
        from read_csv('{folder}/deal_contacts.csv', all_varchar = true)
        join read_csv('{folder}/contacts.csv', all_varchar = true) using (contact_id)
        group by deal_id
    )
    select
        deal_id,
        case outcome when 'Closed Won' then 'won' else 'lost' end as outcome,
        {{'name': account_id, 'industry': industry, 'revenue': annual_revenue, 'employee_count': employees}} as account,
        amount as deal_value,
        date_diff('day', created_on, closed_on) as sales_cycle_days,
        closed_on as close_date,
        loss_reason,
        qualification_score,
        coalesce(contacts, []) as contacts
    from read_csv('{folder}/deals.csv') as deals
    left join read_csv('{folder}/accounts.csv') as accounts using (account_id)
    left join people using (deal_id)
    where outcome in ('Closed Won', 'Closed Lost')
) to '{unfinished}' (format json, array true)"""
    )
    connection.close()
    unfinished.replace(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.generate")
    parser.add_argument("deals", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", choices=FORMATS, default="csv")
    arguments = parser.parse_args()
    size = generate(arguments.deals, arguments.folder, form=arguments.format)
    print(f"{arguments.deals:,} deals, {size / 1e6:,.0f} MB in {arguments.folder}")


if __name__ == "__main__":
    main()
