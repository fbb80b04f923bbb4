"""Makes the sample company: an invented CRM export as five CSV seeds, the same bytes on every run.

The last quarter of 2025 carries the figures of the published example (79 won, 48 lost, $98,500, 47 days, ...).
Technology, Healthcare and companies of $10M to $50M truly win more often, Cold Outbound truly less. Everything else
is dealt out by quota, equally to won and lost deals, so that whoever claims anything more is seen to be wrong. In the funnel nearly
half of the losses fall in Evaluation, in every quarter alike.

Usage: python seeds/sample/make_sample_company.py [FOLDER]    (default: the folder of this script)
"""

import csv
import random
import sys
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, str]
Quarter = tuple[int, int]

EXPORTED_ON = date(2026, 1, 16)
REVIEW: Quarter = (2025, 4)

# Closed and won deals of each quarter in six cells: an industry ("" = any other) x whether revenue is $10M to $50M.
CELLS = (
    ("Technology", True),
    ("Technology", False),
    ("Healthcare", True),
    ("Healthcare", False),
    ("", True),
    ("", False),
)
CLOSED_AND_WON = {
    (2024, 1): ((10, 8), (16, 11), (7, 5), (10, 6), (21, 13), (47, 17)),
    (2024, 2): ((11, 9), (16, 11), (7, 6), (11, 7), (21, 13), (48, 18)),
    (2024, 3): ((11, 9), (17, 12), (8, 6), (11, 7), (22, 14), (49, 18)),
    (2024, 4): ((12, 10), (18, 13), (7, 6), (12, 7), (24, 15), (52, 20)),
    (2025, 1): ((11, 10), (18, 14), (8, 7), (11, 7), (22, 14), (48, 18)),
    (2025, 2): ((13, 11), (18, 14), (7, 6), (12, 8), (23, 15), (49, 18)),
    (2025, 3): ((12, 11), (19, 14), (8, 7), (11, 7), (25, 16), (50, 20)),
    (2025, 4): ((13, 12), (20, 15), (8, 7), (12, 8), (24, 16), (50, 21)),
}
# The eight renewals of each quarter, by cell: they come from the customer base, which is where the company wins anyway.
WON_RENEWALS, LOST_RENEWALS = {0: 4, 1: 1, 2: 1, 4: 1}, {1: 1}
OPEN_CELLS = {0: 0.10, 1: 0.15, 2: 0.06, 3: 0.09, 4: 0.20, 5: 0.40}
OPEN_DEALS, DISQUALIFIED_A_QUARTER = 58, 3

OTHER_INDUSTRIES = {
    "Manufacturing": 0.22,
    "Retail": 0.20,
    "Financial Services": 0.18,
    "Media": 0.14,
    "Education": 0.14,
    "Energy": 0.12,
}
COUNTRIES = {
    "United States": 0.38,
    "Canada": 0.10,
    "United Kingdom": 0.11,
    "Germany": 0.09,
    "France": 0.05,
    "Netherlands": 0.04,
    "Australia": 0.06,
    "Singapore": 0.05,
    "Japan": 0.04,
    "Brazil": 0.05,
    "Mexico": 0.03,
}
REGIONS = dict(zip(COUNTRIES, ["North America"] * 2 + ["EMEA"] * 4 + ["APAC"] * 3 + ["LATAM"] * 2))
REVENUE_BANDS = (
    (1_000_000, 10_000_000),
    (10_000_000, 50_000_000),
    (50_000_000, 100_000_000),
    (100_000_000, 900_000_000),
)
OTHER_REVENUE_BANDS = {0: 0.40, 2: 0.32, 3: 0.28}
EMPLOYEE_BANDS = ((8, 50), (50, 200), (200, 1_000), (1_000, 5_000), (5_000, 30_000))
AMOUNT_BANDS = ((6_000, 25_000), (25_000, 50_000), (50_000, 100_000), (100_000, 250_000), (250_000, 420_000))
CYCLE_OF_AMOUNT_BAND = (24, 34, 45, 60, 85)
# One row per revenue band: larger companies have more employees and buy more at a time.
EMPLOYEE_SHARES = (
    (0.42, 0.33, 0.17, 0.06, 0.02),
    (0.18, 0.36, 0.28, 0.13, 0.05),
    (0.07, 0.22, 0.39, 0.24, 0.08),
    (0.04, 0.12, 0.28, 0.36, 0.20),
)
AMOUNT_SHARES = (
    (0.22, 0.30, 0.30, 0.14, 0.04),
    (0.12, 0.22, 0.34, 0.25, 0.07),
    (0.08, 0.20, 0.34, 0.29, 0.09),
    (0.05, 0.14, 0.31, 0.36, 0.14),
)

SOURCES = {"Inbound Web": 0.30, "Referral": 0.22, "Event": 0.19, "Partner": 0.16, "Content": 0.13}
COLD_OUTBOUND = {"Won": 0.06, "Lost": 0.17, "Open": 0.10, "Disqualified": 0.10}
PRODUCTS = {"Platform": 0.45, "Analytics": 0.27, "Integrations": 0.18, "Advisory": 0.10}
PIPELINES = {"Direct": 0.74, "Partner": 0.26}
COMPETITORS = {"": 0.48, "Bluefin Works": 0.18, "Kestrel Cloud": 0.14, "Oakmere": 0.11, "Tallow Systems": 0.09}
OWNERS = dict.fromkeys(
    (
        "Avery Quillfeather",
        "Bruno Marshlight",
        "Celia Fennimore",
        "Dario Holtgrave",
        "Edda Larkspur",
        "Farid Stonebrook",
        "Greta Valewood",
        "Hugo Wrenfield",
    ),
    0.125,
)
STAGES = {"Discovery": 0.3, "Evaluation": 0.3, "Proposal": 0.25, "Negotiation": 0.15}
# The last open stage of deals that were not won, and how a deal's days are shared among the stages it stood in.
LOST_IN = {"Discovery": 0.20, "Evaluation": 0.45, "Proposal": 0.25, "Negotiation": 0.10}
DISQUALIFIED_IN = {"Discovery": 0.75, "Evaluation": 0.25}
STAGE_WEIGHTS = {"Discovery": 2.0, "Evaluation": 3.0, "Proposal": 3.0, "Negotiation": 2.0}
# Won deals that pass over Evaluation, or go back to it once from Proposal.
PASSES_EVALUATION, GOES_BACK = 0.12, 0.06
WIN_FACTORS = {
    "good_fit": 0.20,
    "strong_champion": 0.19,
    "budget_approved": 0.16,
    "urgent_need": 0.14,
    "executive_sponsorship": 0.11,
    "competitive_price": 0.09,
    "fast_sales_cycle": 0.07,
    "other": 0.04,
}

# A loss reason, the wordings met in the CRM, its share of losses, and its count in the quarter under review.
REASONS: dict[str, tuple[tuple[str, ...], float, int]] = {
    "price": (("Price", "Pricing", "Too expensive", "price", "Budget - Too Expensive"), 0.33, 19),
    "timing": (("Timing", "Timing - Not Ready", "timing", "Project postponed", "Timeline"), 0.20, 11),
    "competitor": (("Lost to Competitor", "Competition", "Chose Competitor"), 0.13, 5),
    "no decision": (("No Decision", "no_decision", "No Urgency"), 0.10, 4),
    "no budget": (("No Budget", "Budget Constraints"), 0.06, 2),
    "poor fit": (("Poor Fit", "No valid use case"), 0.05, 2),
    "missing feature": (("Missing Features", "Feature/Capability Gap"), 0.04, 1),
    "champion left": (("Champion Left",), 0.03, 1),
    "unspecified": (("", "N/A", ""), 0.06, 3),
}
INDUSTRY_SPELLINGS = {
    "Technology": ("Technology ", "technology", "Technology ", "TECHNOLOGY"),
    "Healthcare": ("healthcare", "Healthcare "),
    "Retail": (" Retail",),
}
OUTCOME_SPELLINGS = (("Won", "won"), ("Won", "WON"), ("Won", "Closed Won"), ("Lost", "lost"), ("Lost", "Closed Lost"))
DISQUALIFIED_REASONS = ("Not qualified", "Duplicate", "Created in error")

# Scores on the wrong side of 0.75, used as far as the quarter has them: see `scores`.
WON_SCORED_LOW, LOST_SCORED_HIGH = (0.58, 0.66, 0.71, 0.69), (0.77, 0.83, 0.79, 0.81)
WRONG_SCORES: dict[int | Quarter, dict[str, int]] = {
    2024: {"Won": 4, "Lost": 4},
    2025: {"Won": 3, "Lost": 2},
    (2025, 3): {"Won": 3, "Lost": 3},
    REVIEW: {"Won": 3, "Lost": 3},
}
UNSCORED = {"Won": 2, "Lost": 1}

# A kind of title: the spellings met in the CRM, the department on record, its share of contacts.
TITLES: dict[str, tuple[tuple[str, ...], str, float]] = {
    "VP Sales": (("VP Sales", "VP of Sales", "Vice President, Sales"), "Sales", 0.14),
    "CFO": (("CFO", "Chief Financial Officer", "C.F.O."), "Finance", 0.11),
    "CEO": (("CEO", "Chief Executive Officer"), "Executive", 0.06),
    "COO": (("COO", "Chief Operating Officer"), "Operations", 0.05),
    "CIO": (("CIO",), "IT", 0.05),
    "VP Finance": (("VP Finance", "Vice President of Finance"), "Finance", 0.04),
    "VP Marketing": (("VP Marketing", "Vice President Marketing"), "Marketing", 0.05),
    "Head of RevOps": (("Head of RevOps", "Head of Revenue Operations"), "Operations", 0.09),
    "Director of Operations": (("Director of Operations", "Operations Director"), "Operations", 0.09),
    "Sales Manager": (("Sales Manager", "Sales Mgr."), "Sales", 0.08),
    "IT Manager": (("IT Manager", "IT Mgr."), "IT", 0.08),
    "Procurement Director": (("Procurement Director",), "Purchasing", 0.05),
    "Data Analyst": (("Data Analyst",), "", 0.06),
    "Legal Counsel": (("Legal Counsel",), "Legal", 0.03),
    "": (("", "N/A"), "", 0.02),
}
CONTACTS_ON_A_DEAL = {0: 0.22, 1: 0.20, 2: 0.30, 3: 0.20, 4: 0.08}
# The only won deals of the quarter under review with buying roles on record: champion and decision maker of each.
REVIEW_ROLES = (
    *(("VP Sales", "CFO"),) * 5,
    ("VP Sales", "CEO"),
    ("VP Sales", "COO"),
    ("VP Sales", "VP Finance"),
    ("Head of RevOps", "CFO"),
    ("Director of Operations", "CEO"),
)
OTHER_ROLES = ("Champion", "DECISION_MAKER", "Influencer", "Economic Buyer", "End User", "")
ROLES_ON_RECORD, UNDATED_CONTACTS = 0.12, 0.02
CONTACTS_AFTER_CLOSE = {"Won": 0.05, "Lost": 0.02, "Open": 0.0, "Disqualified": 0.0}

COLUMNS = {
    "sample_deals": (
        "deal_id",
        "account_id",
        "outcome",
        "stage",
        "created_on",
        "closed_on",
        "modified_at",
        "amount",
        "currency",
        "owner",
        "deal_type",
        "lead_source",
        "product",
        "pipeline",
        "competitor",
        "loss_reason",
        "win_factors",
        "qualification_score",
        "is_deleted",
    ),
    "sample_accounts": (
        "account_id",
        "industry",
        "annual_revenue",
        "employees",
        "region",
        "country",
        "account_type",
        "modified_at",
        "is_deleted",
    ),
    "sample_contacts": ("contact_id", "account_id", "title", "department", "buying_role", "modified_at", "is_deleted"),
    "sample_deal_contacts": ("deal_id", "contact_id", "buying_role", "is_primary", "added_on", "is_deleted"),
    "sample_stage_history": ("deal_id", "stage", "entered_on"),
}


class Quota:
    """Deals out values by their shares: the next one is the value furthest behind on all the levels named."""

    def __init__(self, shares: dict[Any, float], chance: random.Random) -> None:
        self.shares = {value: share / sum(shares.values()) for value, share in shares.items()}
        self.chance = chance
        self.drawn: dict[Hashable, int] = defaultdict(int)

    def behind(self, value: Any, levels: Iterable[Hashable]) -> float:
        """How many times the value is short on the levels, plus a little chance so that patterns do not repeat."""
        short = (self.shares[value] * (self.drawn[level] + 1) - self.drawn[level, value] for level in levels)
        return sum(short) + 0.7 * self.chance.random()

    def give(self, value: Any, levels: Iterable[Hashable]) -> Any:
        for level in levels:
            self.drawn[level] += 1
            self.drawn[level, value] += 1
        return value

    def draw(self, levels: Sequence[Hashable], barred: Iterable[Any] = ()) -> Any:
        behind = {value: self.behind(value, levels) for value in self.shares if value not in barred}
        return self.give(max(behind, key=lambda value: behind[value]), levels)


@dataclass
class Deal:
    outcome: str
    quarter: Quarter
    cell: int
    deal_type: str
    industry: str
    revenue_band: int
    amount_band: int
    amount: int = 0
    created: date = EXPORTED_ON
    closed: date | None = None
    row: Row = field(default_factory=dict)

    @property
    def levels(self) -> tuple[Hashable, ...]:
        """Where quotas hold: among all deals of the outcome, those of its quarter, and those of its cell."""
        return self.outcome, (self.outcome, self.quarter), (self.outcome, self.cell)


def weekdays(quarter: Quarter) -> list[date]:
    first = date(quarter[0], 3 * quarter[1] - 2, 1)
    days = (first + timedelta(number) for number in range(92))
    return [day for day in days if (day.month - 1) // 3 + 1 == quarter[1] and day.weekday() < 5]


def within(band: tuple[int, int], step: int, chance: random.Random) -> int:
    """A number in the band; now and then exactly its lower bound, where off-by-one bands go wrong."""
    low, high = band
    return low if chance.random() < 0.06 else low + step * int((high - low) / step * chance.random() ** 1.3)


def nudged(values: list[int], bounds: list[tuple[int, int]], step: int, total: int) -> list[int]:
    """The values, each moved by steps inside its bounds (upper excluded) until they add up to the total."""
    values = list(values)
    while sum(values) != total:
        move = step if sum(values) < total else -step
        for place, (low, high) in enumerate(bounds):
            if sum(values) != total and low <= values[place] + move < high:
                values[place] += move
    return values


def scores(outcome: str, deals: int, wrong: int, chance: random.Random) -> list[str]:
    """Scores that 0.75 separates, but for `wrong` of them, and a few blanks, in an order left to chance."""
    right = deals - wrong - UNSCORED[outcome]
    steps = [(place + 0.5) / right for place in range(right)]
    if outcome == "Won":
        found = [0.75 + 0.23 * step**0.8 for step in steps] + list(WON_SCORED_LOW[:wrong])
    else:
        found = [0.745 - 0.42 * step**1.2 for step in steps] + list(LOST_SCORED_HIGH[:wrong])
    texts = [f"{int(score * 100 + 1e-9) / 100:.2f}" for score in found] + [""] * UNSCORED[outcome]
    chance.shuffle(texts)
    return texts


def planned_deals(chance: random.Random) -> list[Deal]:
    """All deals with outcome, quarter, cell and type; dates, amounts and accounts are still missing."""
    industries, bands = Quota(OTHER_INDUSTRIES, chance), Quota(OTHER_REVENUE_BANDS, chance)
    types, cells = Quota({"New Business": 0.72, "Expansion": 0.28}, chance), Quota(OPEN_CELLS, chance)
    amounts = [Quota(dict(enumerate(shares)), chance) for shares in AMOUNT_SHARES]

    def deal(outcome: str, quarter: Quarter, cell: int, renewal: bool = False) -> Deal:
        planned = Deal(outcome, quarter, cell, "Renewal", CELLS[cell][0], 1, 0)
        if not renewal:
            planned.deal_type = types.draw(planned.levels)
        if not CELLS[cell][0]:
            planned.industry = industries.draw(planned.levels)
        if not CELLS[cell][1]:
            planned.revenue_band = bands.draw(planned.levels)
        planned.amount_band = amounts[planned.revenue_band].draw(planned.levels)
        return planned

    deals = []
    for quarter, counts in CLOSED_AND_WON.items():
        for cell, (closed, won) in enumerate(counts):
            for outcome, number, renewals in (("Won", won, WON_RENEWALS), ("Lost", closed - won, LOST_RENEWALS)):
                deals += [deal(outcome, quarter, cell, place < renewals.get(cell, 0)) for place in range(number)]
        levels = ("Disqualified",)
        deals += [deal("Disqualified", quarter, cells.draw(levels)) for _ in range(DISQUALIFIED_A_QUARTER)]
    return deals + [deal("Open", (2026, 1), cells.draw(("Open",))) for _ in range(OPEN_DEALS)]


def set_dates_and_amounts(deals: list[Deal], chance: random.Random) -> None:
    """Sets created, closed and amount; won deals of the quarter under review average 47 days and $98,500 exactly."""
    cycles = []
    for deal in deals:
        usual = CYCLE_OF_AMOUNT_BAND[deal.amount_band] * (1.3 if deal.outcome == "Lost" else 1.0)
        cycles.append(int(usual * (1.10 if deal.quarter[0] == 2024 else 1.0) * (0.55 + 0.9 * chance.random())))
        deal.amount = within(AMOUNT_BANDS[deal.amount_band], 500, chance)
    published = [place for place, deal in enumerate(deals) if deal.outcome == "Won" and deal.quarter == REVIEW]
    bounds = [AMOUNT_BANDS[deals[place].amount_band] for place in published]
    amounts = nudged([deals[place].amount for place in published], bounds, 500, 98_500 * len(published))
    days = nudged([cycles[place] for place in published], [(7, 180)] * len(published), 1, 47 * len(published))
    for place, amount, cycle in zip(published, amounts, days):
        deals[place].amount, cycles[place] = amount, cycle
    for deal, cycle in zip(deals, cycles):
        if deal.outcome == "Open":
            deal.created = EXPORTED_ON - timedelta(int(130 * chance.random() ** 1.5) + 1)
        else:
            days_of_quarter = weekdays(deal.quarter)
            deal.closed = days_of_quarter[int(len(days_of_quarter) * chance.random() ** 0.8)]
            deal.created = deal.closed - timedelta(cycle)


def set_text_columns(deals: list[Deal], chance: random.Random) -> None:
    """Fills the deal columns that do not come from the account."""
    flat = {"owner": OWNERS, "product": PRODUCTS, "pipeline": PIPELINES, "competitor": COMPETITORS}
    quotas = {name: Quota(shares, chance) for name, shares in flat.items()}
    sources = {
        outcome: Quota({name: share * (1 - cold) for name, share in SOURCES.items()} | {"Cold Outbound": cold}, chance)
        for outcome, cold in COLD_OUTBOUND.items()
    }
    reasons = Quota({reason: share for reason, (_, share, _) in REASONS.items()}, chance)
    factors, stages = Quota(WIN_FACTORS, chance), Quota(STAGES, chance)
    wordings: dict[str, int] = defaultdict(int)
    review_reasons = [reason for reason, (_, _, count) in REASONS.items() for _ in range(count)]
    chance.shuffle(review_reasons)
    unused_scores = {}
    for quarter in CLOSED_AND_WON:
        wrong = WRONG_SCORES.get(quarter) or WRONG_SCORES[quarter[0]]
        for outcome in ("Won", "Lost"):
            number = sum((deal.outcome, deal.quarter) == (outcome, quarter) for deal in deals)
            unused_scores[outcome, quarter] = scores(outcome, number, wrong[outcome], chance)

    for number, deal in enumerate(deals):
        modified = min((deal.closed or deal.created) + timedelta(int(4 * chance.random())), EXPORTED_ON)
        row = deal.row = {name: quota.draw(deal.levels) for name, quota in quotas.items()}
        row |= {
            "outcome": deal.outcome,
            "currency": "USD",
            "deal_type": deal.deal_type,
            "is_deleted": "false",
            "lead_source": sources[deal.outcome].draw(deal.levels),
            "amount": str(deal.amount),
            "created_on": deal.created.isoformat(),
            "closed_on": deal.closed.isoformat() if deal.closed else "",
            "modified_at": f"{modified} {9 + int(9 * chance.random()):02d}:{int(60 * chance.random()):02d}:00",
        }
        if deal.outcome in ("Won", "Lost"):
            row["stage"] = f"Closed {deal.outcome}"
            row["qualification_score"] = unused_scores[deal.outcome, deal.quarter].pop()
        if deal.outcome == "Won":
            named: list[str] = []
            for _ in range(int(4 * chance.random() ** 0.8)):
                named.append(factors.draw(("Won",), barred=named))
            row["win_factors"] = "; ".join(named)
        elif deal.outcome == "Lost":
            reason = review_reasons.pop() if deal.quarter == REVIEW else reasons.draw(deal.levels)
            row["loss_reason"] = REASONS[reason][0][wordings[reason] % len(REASONS[reason][0])]
            wordings[reason] += 1
        elif deal.outcome == "Disqualified":
            row |= {"stage": "Disqualified", "loss_reason": DISQUALIFIED_REASONS[number % 3]}
            row["qualification_score"] = f"{0.15 + 0.3 * chance.random():.2f}"
        else:
            expected = EXPORTED_ON + timedelta(10 + int(420 * chance.random() ** 2))
            row |= {"stage": stages.draw(("Open",)), "closed_on": "" if number % 6 == 0 else expected.isoformat()}
            row["qualification_score"] = f"{0.35 + 0.6 * chance.random():.2f}" if number % 4 else ""


def set_accounts(deals: list[Deal], chance: random.Random) -> list[Row]:
    """Gives each deal an account, expansions and renewals one that was won before where there is one."""
    countries = Quota(COUNTRIES, chance)
    employees = [Quota(dict(enumerate(shares)), chance) for shares in EMPLOYEE_SHARES]
    accounts: list[Row] = []
    customers: dict[Hashable, list[tuple[Row, date, str, int]]] = defaultdict(list)
    for deal in deals:
        headcount = employees[deal.revenue_band]
        known = [
            customer
            for customer in customers[deal.industry, deal.revenue_band]
            if deal.deal_type != "New Business" and customer[1] <= deal.created
        ]
        if known:
            behind = [countries.behind(c[2], deal.levels) + headcount.behind(c[3], deal.levels) for c in known]
            account, _, country, band = known[behind.index(max(behind))]
            countries.give(country, deal.levels)
            headcount.give(band, deal.levels)
        else:
            country, band = countries.draw(deal.levels), headcount.draw(deal.levels)
            account = {
                "account_id": f"A-{2001 + len(accounts)}",
                "industry": deal.industry,
                "country": country,
                "annual_revenue": str(within(REVENUE_BANDS[deal.revenue_band], 100_000, chance)),
                "employees": str(within(EMPLOYEE_BANDS[band], 1, chance)),
                "region": REGIONS[country],
                "account_type": "Prospect",
                "modified_at": f"{deal.created} 08:00:00",
                "is_deleted": "false",
            }
            accounts.append(account)
        deal.row["account_id"] = account["account_id"]
        if deal.outcome == "Won" and deal.closed:
            account["account_type"] = "Customer"
            customers[deal.industry, deal.revenue_band].append((account, deal.closed, country, band))
    return accounts


def contacts_and_links(deals: list[Deal], chance: random.Random) -> tuple[list[Row], list[Row]]:
    """Contacts, and which of them stand on which deal; as many, and the same titles, on won and on lost deals."""
    titles = Quota({title: share for title, (_, _, share) in TITLES.items()}, chance)
    numbers = Quota(CONTACTS_ON_A_DEAL, chance)

    def yes(share: float) -> Quota:
        return Quota({True: share, False: 1 - share}, chance)

    undated, on_record = yes(UNDATED_CONTACTS), yes(ROLES_ON_RECORD)
    late = {outcome: yes(share) for outcome, share in CONTACTS_AFTER_CLOSE.items()}
    after_2024 = {deal.row["account_id"] for deal in deals if deal.quarter[0] > 2024}
    review_roles, candidates = list(REVIEW_ROLES), 0
    spelled: dict[str, int] = defaultdict(int)
    contacts: dict[tuple[str, str], Row] = {}
    links: list[Row] = []

    def add(deal: Deal, title: str, role: str, added: date | None, primary: bool) -> None:
        key = deal.row["account_id"], title
        if key not in contacts:
            spellings, department, _ = TITLES[title]
            contacts[key] = {
                "contact_id": f"C-{3001 + len(contacts)}",
                "account_id": key[0],
                "is_deleted": "false",
                "title": spellings[spelled[title] % len(spellings)],
                "modified_at": f"{added or deal.created} 08:30:00",
                "department": department if chance.random() < 0.85 else "",
            }
            if title == "CFO" and key[0] not in after_2024 and spelled[title] % 5 == 0:
                contacts[key]["buying_role"] = "BUDGET_HOLDER"
            spelled[title] += 1
        links.append(
            {
                "deal_id": deal.row["deal_id"],
                "contact_id": contacts[key]["contact_id"],
                "buying_role": role,
                "is_primary": str(primary).lower(),
                "added_on": added.isoformat() if added else "",
                "is_deleted": "false",
            }
        )

    for deal in deals:
        last_day = deal.closed or EXPORTED_ON
        number = numbers.draw((deal.outcome, (deal.outcome, deal.quarter)))
        in_review = (deal.outcome, deal.quarter) == ("Won", REVIEW)
        candidates += in_review and number > 1
        published = in_review and number > 1 and candidates % 4 == 0 and bool(review_roles)
        if published:
            named = [titles.give(title, deal.levels) for title in review_roles.pop()]
            if number > 2:
                named.append(titles.draw(deal.levels, barred=(*named, "VP Sales", "CFO")))
            roles: Sequence[str] = ("Champion", "Decision Maker", "Influencer")
        else:
            named = []
            for _ in range(number):
                named.append(titles.draw(deal.levels, barred=named))
            has_roles = not in_review and on_record.draw((deal.outcome,))
            roles = [OTHER_ROLES[int(6 * chance.random())] if has_roles else "" for _ in named]
        for place, (title, role) in enumerate(zip(named, roles)):
            added: date | None = deal.created + timedelta(int(chance.random() * 0.9 * (last_day - deal.created).days))
            if not role and undated.draw((deal.outcome,)):
                added = None
            add(deal, title, role, added, place == 0)
        if not published and late[deal.outcome].draw(("any",)):
            title = "IT Manager" if "Data Analyst" in named else "Data Analyst"
            if title not in named:
                add(deal, title, "", min(last_day + timedelta(3 + int(20 * chance.random())), EXPORTED_ON), not named)
    return list(contacts.values()), links


def stage_history(deals: list[Deal], chance: random.Random) -> list[Row]:
    """The days on which deals entered their open stages: all stages up to the last one, but for the won deals that pass one over."""
    last_of = {"Lost": Quota(LOST_IN, chance), "Disqualified": Quota(DISQUALIFIED_IN, chance)}
    ways = {"over": PASSES_EVALUATION, "back": GOES_BACK, "on": 1 - PASSES_EVALUATION - GOES_BACK}
    way = Quota(ways, chance)
    stages, moves = list(STAGES), []
    for deal in deals:
        levels = (*deal.levels, (deal.outcome, deal.row["pipeline"]))
        if deal.outcome == "Won":
            path = {
                "over": [stages[0], *stages[2:]],
                "back": [*stages[:3], *stages[1:]],
                "on": stages,
            }[way.draw(levels)]
        else:
            last = deal.row["stage"] if deal.outcome == "Open" else last_of[deal.outcome].draw(levels)
            path = stages[: stages.index(last) + 1]
        weights = [STAGE_WEIGHTS[stage] * (0.6 + 0.8 * chance.random()) for stage in path]
        days = ((deal.closed or EXPORTED_ON) - deal.created).days
        for place, stage in enumerate(path):
            entered = deal.created + timedelta(int(days * sum(weights[:place]) / sum(weights)))
            moves.append({"deal_id": deal.row["deal_id"], "stage": stage, "entered_on": entered.isoformat()})
    return moves


def soil_accounts(deals: list[Deal], accounts: list[Row]) -> None:
    """Blanks and spellings of real life, where they leave the published figures alone."""
    by_id = {account["account_id"]: account for account in accounts}
    quarters: dict[str, set[Quarter]] = defaultdict(set)
    for deal in deals:
        quarters[deal.row["account_id"]].add(deal.quarter)
    for industry, written in INDUSTRY_SPELLINGS.items():
        in_review = [a for a in accounts if a["industry"] == industry and REVIEW in quarters[a["account_id"]]]
        for account, text in zip(in_review[::3], written):
            account["industry"] = text
    for start, (outcome, every) in enumerate((("Won", 1), ("Lost", 1), ("Open", 4))):
        others = [by_id[deal.row["account_id"]] for deal in deals if deal.cell == 5 and deal.outcome == outcome]
        for column, step in {"industry": 29, "annual_revenue": 31, "employees": 73, "region": 79}.items():
            for account in others[5 + len(column) + start :: step * every]:
                account[column] = ""
                if column == "region":
                    account["country"] = ""
    for band in (1, 2, 3):
        won = [d for d in deals if (d.outcome, d.quarter, d.revenue_band) == ("Won", REVIEW, band)]
        by_id[won[0].row["account_id"]]["annual_revenue"] = str(REVENUE_BANDS[band][0])


def soil_deals(deals: list[Deal]) -> list[Row]:
    """Changes some deals, and returns the lines to add that must be rejected, or excluded, or superseded."""

    def nth(outcome: str, quarter: Quarter, place: int) -> Row:
        return [deal for deal in deals if (deal.outcome, deal.quarter) == (outcome, quarter)][place].row

    for place, (outcome, text) in enumerate(OUTCOME_SPELLINGS):
        nth(outcome, REVIEW, 7 + 5 * place)["outcome"] = text
    nth("Lost", (2025, 2), 10)["amount"] = "0"
    nth("Lost", (2024, 3), 10)["amount"] = ""
    nth("Won", (2025, 1), 10)["created_on"] = ""
    nth("Lost", REVIEW, 10)["created_on"] = ""
    mistaken = nth("Lost", (2024, 4), 10)
    mistaken["created_on"] = (date.fromisoformat(mistaken["closed_on"]) + timedelta(9)).isoformat()

    won, lost = nth("Won", REVIEW, 40), nth("Lost", REVIEW, 30)
    older = nth("Won", REVIEW, 50) | {"outcome": "Open", "stage": "Negotiation", "win_factors": ""}
    older["closed_on"], older["modified_at"] = "2026-03-31", f"{older['created_on']} 08:00:00"
    return [
        dict(won),
        older,
        lost | {"deal_id": "D-9001", "is_deleted": "true"},
        lost | {"deal_id": "D-9002", "outcome": "Parked", "stage": "Proposal", "closed_on": "", "loss_reason": ""},
        won | {"deal_id": "", "amount": "250000"},
    ]


def write(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder: Path) -> None:
    chance = random.Random(20251231)
    deals = planned_deals(chance)
    chance.shuffle(deals)
    set_dates_and_amounts(deals, chance)
    deals.sort(key=lambda deal: deal.created)
    set_text_columns(deals, chance)
    for number, deal in enumerate(deals):
        deal.row["deal_id"] = f"D-{1001 + number}"
    accounts = set_accounts(deals, chance)
    soil_accounts(deals, accounts)
    next(d for d in deals if (d.outcome, d.quarter, d.cell) == ("Lost", (2025, 3), 5)).row["account_id"] = "A-9999"
    contacts, links = contacts_and_links(deals, chance)
    links[40]["is_deleted"] = "true"
    # chance of its own: what the other files hold hangs on how often theirs was asked
    moves = stage_history(deals, random.Random(20260116))
    rows = [deal.row for deal in deals]
    added = soil_deals(deals)
    for name, table in zip(COLUMNS, (rows + added, accounts, contacts, links, moves)):
        write(folder / f"{name}.csv", COLUMNS[name], table)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
