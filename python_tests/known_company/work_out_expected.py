"""Works out what every answer table must say about the known company, without the project.

Plain Python over the export files: the csv module, exact fractions and decimals, statsmodels for intervals. Nothing of
the project is imported, none of its output is read. What needs judgement is written down by hand below: which lines
are broken, what a title or a reason means. Run it to write `expected/`; test_known_company.py checks that the
committed files are what it works out, and a dozen cells of them by pencil.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from statistics import mean, median
from typing import Any

import yaml
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

HERE = Path(__file__).parent
Row = dict[str, Any]

# --- by hand ---------------------------------------------------------------------------------------------------------

KEY = "known-company-key"
REVIEW_STARTS, AS_OF = date(2025, 10, 1), date(2025, 12, 28)
POPULATION = "all deals except deal_type renewal, pipeline Trial"
NOT_ENOUGH, PAIR_MINIMUM, PERSONA_MINIMUM, SHRINKAGE, LARGEST_GAP = 3, 3, 2, 25, Fraction(1, 10)
EUR_IN_USD = Decimal("1.1")

# file, physical line -> what is wrong with it, in the reader's words.
BROKEN = {
    ("deals_2025-09-30.csv", 30): "has 5 cells, the header has 20",
    ("deals_2025-09-30.csv", 31): "a quote opened on this line is not closed",
    ("accounts.csv", 14): "has 4 cells, the header has 8",
}
DEAL_FILES = ("deals_2025-09-30.csv", "deals_2025-12-31.csv")
OUTCOMES = {"closed won": "won", "closed lost": "lost", "in progress": "open", "not a deal": "disqualified"}

# How mapping.yml reads the headers of a file; a header without a column is ignored.
MAPPING = yaml.safe_load((HERE / "mapping.yml").read_text(encoding="utf-8"))["mapping"]
HEADERS = {name: {header: column for column, header in columns.items()} for name, columns in MAPPING["columns"].items()}
HEADERS["deals"] |= {header: column for column, header in MAPPING["dimensions"].items()}
# What the files do not have; an answer that would need it finds it in another file, or does without.
LACKING = {
    # deals may say what accounts do
    "deals": (*(set(HEADERS["accounts"].values()) - {"account_id", "modified_at"}), "cycle_days"),
    "accounts": ("is_deleted",),
    "stage_history": ("left_at", "from_stage", "amount", "close_date", "is_deleted"),
}

# Stated reason, its case aside -> the categories it names, the primary one first.
REASONS = {
    "": ["unspecified"],
    "n/a": ["unspecified"],
    "price": ["price"],
    "pricing": ["price"],
    'price, "too high" said the buyer': ["price"],
    "price and timing": ["price", "timing"],
    "timing": ["timing"],
    "timing - not ready": ["timing"],
    "no decision": ["no_decision"],
    "went with a competitor": ["competitor"],
    "lost to competitor": ["competitor"],
    "lost on a tuesday": ["other"],
    "duplicate": ["disqualified_invalid"],
}
WIN_FACTORS = {"strong champion": "strong_champion", "good fit": "good_fit", "urgent need": "urgent_need"}

# Title -> persona, seniority, department, and the buying role one would guess.
TITLES = {
    "VP Sales": ("VP Sales", "vp", "sales", "decision_maker"),
    "VP of Sales": ("VP Sales", "vp", "sales", "decision_maker"),
    "Vice President, Sales": ("VP Sales", "vp", "sales", "decision_maker"),
    "CFO": ("CFO", "c_level", "finance", "economic_buyer"),
    "Chief Financial Officer": ("CFO", "c_level", "finance", "economic_buyer"),
    "CEO": ("CEO", "c_level", "executive", "decision_maker"),
    "IT Manager": ("IT Manager", "manager", "it", "technical_evaluator"),
    "Procurement Director": ("Director of Procurement", "director", "procurement", "procurement"),
    "Octopus Wrangler": ("unknown", "unknown", "unknown", "unknown"),
    "": ("unknown", "unknown", "unknown", "unknown"),
}
ROLES = {
    "Champion": "champion",
    "Influencer": "influencer",
    "Economic Buyer": "economic_buyer",
    "Decision Maker": "decision_maker",
    "End User": "end_user",
    "Blocker": "blocker",
    "Rocket Scientist": "other",
}

REVENUE_BANDS = (
    ("under $10M", 10_000_000),
    ("$10M to $50M", 50_000_000),
    ("$50M to $100M", 100_000_000),
    ("$100M and more", None),
)
EMPLOYEE_BANDS = (
    ("1 to 49", 50),
    ("50 to 199", 200),
    ("200 to 999", 1000),
    ("1,000 to 4,999", 5000),
    ("5,000 and more", None),
)
AMOUNT_BANDS = (
    ("under 25k", 25_000),
    ("25k to 50k", 50_000),
    ("50k to 100k", 100_000),
    ("100k to 250k", 250_000),
    ("250k and more", None),
)
BAND_ORDER = {
    dimension: {name: place for place, (name, *_) in enumerate(bands, start=1)}
    for dimension, bands in (
        ("revenue_band", REVENUE_BANDS),
        ("employee_band", EMPLOYEE_BANDS),
        ("deal_size_band", AMOUNT_BANDS),
    )
}

RECOMMENDABLE = ("industry", "revenue_band", "employee_band", "region", "lead_source", "product", "partner_channel")
REPORTED = ("country", "deal_type", "deal_size_band", "competitor", "pipeline", "owner")
FILES = {
    "deals": DEAL_FILES,
    "accounts": ("accounts.csv",),
    "contacts": ("contacts.csv",),
    "deal_contacts": ("deal_contacts.csv",),
    "stage_history": ("stage_history.csv",),
}
REJECTED = (
    "malformed_line",
    "missing_id",
    "rounded_id",
    "unknown_outcome",
    "unreadable_flag",
    "unreadable_closed_on",
    "two_versions_in_one_file",
)
EXCLUDED = (
    "no_contact",
    "deleted",
    "merged",
    "title",
    "repeated_header",
    "footer",
    "blank_line",
    "exact_duplicate",
    "repeated_stage",
    "superseded",
    "superseded_in_one_file",
)


# --- reading ---------------------------------------------------------------------------------------------------------


def records(name: str) -> list[Row]:
    """The records of a file: its cells by header, and where it stands. A broken line has no cells."""
    lines = (HERE / "exports" / name).read_text(encoding="utf-8").splitlines(keepends=True)
    delimiter = ";" if name == "accounts.csv" else ","
    header = lines[0].strip().split(delimiter)
    found: list[Row] = []
    number = 2
    while number <= len(lines):
        place = {"source_file": name, "source_line": number, "problem": BROKEN.get((name, number))}
        if place["problem"]:
            found.append(place)
            number += 1
            continue
        taken = 1
        while "".join(lines[number - 1 : number - 1 + taken]).count('"') % 2:
            taken += 1
        (cells,) = csv.reader(["".join(lines[number - 1 : number - 1 + taken])], delimiter=delimiter)
        assert len(cells) == len(header), (name, number)
        found.append(
            place | {title: " ".join(cell.split("\n")).strip() for title, cell in zip(header, cells, strict=True)}
        )
        number += taken
    return found


def judge(
    lines: list[Row], identity: tuple[str, ...], ignored: tuple[str, ...], nameless: dict[str, tuple[str, str]]
) -> None:
    """Gives every line its rule and reason: broken, nameless, deleted, or older than another of the same identity."""
    versions: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    thing = "deal" if "Result" in next(line for line in lines if not line["problem"]) else "row"
    for line in lines:
        line["rule"], line["reason"] = None, None
        if line["problem"]:
            line["rule"], line["reason"] = "malformed_line", line["problem"]
            continue
        absent = next((title for title in nameless if not line[title]), None)
        if absent:
            line["rule"], line["reason"] = nameless[absent]
        else:
            versions[tuple(line[title] for title in identity)].append(line)
    for same in versions.values():
        same.sort(
            key=lambda line: (line.get("Last changed", ""), line["source_file"], line["source_line"]), reverse=True
        )
        newer: list[Row] = []
        of_one_time = [line for line in same if when(line) == when(same[0])]
        contents = [
            {title: cell for title, cell in line.items() if title not in (*ignored, "rule", "reason")}
            for line in of_one_time
        ]
        # a contact may stand on a deal twice, in two roles
        is_no_id = len(identity) == 1 and any(content != contents[0] for content in contents)
        for line in same:
            content = {title: cell for title, cell in line.items() if title not in (*ignored, "rule", "reason")}
            if line.get("Deleted") == "yes":
                line["rule"], line["reason"] = "deleted", "is_deleted is true"
            elif newer and is_no_id and when(line) == when(same[0]):
                line["rule"], line["reason"] = (
                    "two_versions_in_one_file",
                    "another line of the file has the same id and other content, and nothing says which is newer",
                )
            elif content in newer:
                line["rule"], line["reason"] = "exact_duplicate", "the same row was read before"
            elif newer and len(identity) == 1 and line["source_file"] == same[0]["source_file"]:
                line["rule"], line["reason"] = (
                    "superseded_in_one_file",
                    f"a newer version of this {thing} stands in the same file",
                )
            elif newer:
                line["rule"], line["reason"] = "superseded", f"a newer version of this {thing} was read"
            newer.append(content)


def when(line: Row) -> tuple[str, str]:
    """The file a line stands in and the moment it states."""
    return line["source_file"], line.get("Last changed", "")


PLACE = ("source_file", "source_line", "problem", "Notes", "Full name", "E-mail")


def day(text: str) -> date | None:
    try:
        dom, month, year = map(int, text.split("/"))
        return date(year, month, dom)
    except ValueError:
        return None


def read_everything() -> dict[str, list[Row]]:
    def no_id(title: str, column: str) -> dict[str, tuple[str, str]]:
        return {title: ("missing_id", f"{column} is empty")}

    lines = {name: [line for file in files for line in records(file)] for name, files in FILES.items()}
    no_contact = {"Contact No": ("no_contact", "the line names no contact")}
    judge(lines["deals"], ("Deal No",), (*PLACE, "Last changed"), no_id("Deal No", "deal_id"))
    judge(lines["accounts"], ("Account No",), (*PLACE, "Last changed"), no_id("Account No", "account_id"))
    judge(lines["contacts"], ("Contact No",), (*PLACE, "Last changed"), no_contact)
    judge(lines["deal_contacts"], ("Deal No", "Contact No"), PLACE, no_id("Deal No", "deal_id") | no_contact)
    judge(lines["stage_history"], ("Deal No", "Stage", "Entered"), PLACE, no_id("Deal No", "deal_id"))
    for line in lines["stage_history"]:
        # The first of equal lines counts here: a change of stage has no later version.
        if line["source_line"] in (5, 6):
            duplicate = ("exact_duplicate", "the same row was read before")
            line["rule"], line["reason"] = duplicate if line["source_line"] == 6 else (None, None)
    for line in lines["deals"]:
        if line["rule"]:
            continue
        word, closed = line["Result"], line["Closed"]
        outcome = OUTCOMES.get(word.lower())
        if not word:
            line["rule"], line["reason"] = "unknown_outcome", "outcome is empty: state won, lost, open or disqualified"
        elif not outcome:
            line["rule"] = "unknown_outcome"
            # one deal holds the word
            line["reason"] = (
                f'outcome "{word}" of 1 deal is not mapped; add under mapping.outcomes, with the one that is right,  '
                f'won|lost|open|disqualified: ["{word}"]'
            )
        elif outcome in ("won", "lost") and closed and not day(closed):
            line["rule"], line["reason"] = "unreadable_closed_on", f'closed_on "{closed}" is not a date'
    return lines


LINES = read_everything()


def accepted(name: str) -> list[Row]:
    return [line for line in LINES[name] if not line["rule"]]


def hashed(kind: str, text: str) -> str | None:
    return base64.b64encode(keyed(kind, text)[:9]).decode() if text else None


def keyed(kind: str, text: str) -> bytes:
    return hashlib.md5(f"{KEY}{kind}:{text}".encode()).digest()


def folded(text: str) -> str:
    return " ".join(text.lower().split())


def number(text: str) -> Decimal | None:
    try:
        if text.endswith("%"):
            return Decimal(text[:-1]) / 100
        return Decimal(
            text.replace(",", ".") if text.count(",") == 1 and len(text.split(",")[1]) == 2 else text.replace(",", "")
        )
    except ArithmeticError:
        return None


def band(value: Decimal | None, bands: tuple[tuple[str, int | None], ...]) -> str:
    if value is None or value <= 0:
        return "unknown"
    return next(name for name, below in bands if below is None or value < below)


def segments(spellings: Iterable[str]) -> dict[str, str]:
    """Folded text -> the segment: the commonest spelling, the first in the alphabet among equals."""
    uses = Counter(filter(None, spellings))
    best: dict[str, str] = {}
    for spelling in sorted(uses, key=lambda text: (-uses[text], text)):
        best.setdefault(folded(spelling), spelling)
    return best


ACCOUNTS = {line["Account No"]: line for line in accepted("accounts")}
SEGMENTS = {
    title: segments(line[title] for line in accepted("deals"))
    for title in ("Kind", "Source", "Product line", "Pipeline", "Rival", "Channel")
}
WORDS_OF_ACCOUNTS = {title: HEADERS["accounts"][title] for title in ("Industry", "Region", "Country", "Status")}
SEGMENTS |= {title: segments(line[title] for line in accepted("accounts")) for title in WORDS_OF_ACCOUNTS}
# Said by hand in seeds/segment_aliases.csv; and a stated "Unknown" is no segment.
SEGMENTS["Industry"] |= {"fin. services": "Financial Services", "unknown": "unknown"}


def quarter_start(on: date) -> date:
    return date(on.year, (on.month - 1) // 3 * 3 + 1, 1)


def add_months(on: date, months: int) -> date:
    years, month = divmod(on.month - 1 + months, 12)
    return date(on.year + years, month + 1, on.day)


def quarter_name(on: date) -> str:
    return f"{on.year}-Q{(on.month + 2) // 3}"


def typed(line: Row) -> Row:
    account = ACCOUNTS.get(line["Account No"], {})
    stated = OUTCOMES[line["Result"].lower()]
    reasons = REASONS[line["Why lost"].lower()]
    outcome = "disqualified" if stated == "lost" and reasons == ["disqualified_invalid"] else stated
    created, closed = day(line["Created"]), day(line["Closed"]) if stated != "open" else None
    stated_amount, score = number(line["Value"]), number(line["Fit score"])
    amount = stated_amount if stated_amount is not None and stated_amount > 0 else None
    if amount is not None and line["Currency"].upper() == "EUR":
        amount = (amount * EUR_IN_USD).quantize(Decimal("0.01"), ROUND_HALF_UP)
    unreadable = [
        name
        for name, text, value in (
            ("created_on", line["Created"], created),
            ("amount", line["Value"], stated_amount),
            ("qualification_score", line["Fit score"], score if score is None or 0 <= score <= 1 else None),
        )
        if text and value is None
    ]

    def segment(title: str, text: str) -> str:
        return SEGMENTS[title].get(folded(text), "unknown") if text else "unknown"

    return {
        "id": line["Deal No"],
        "account": line["Account No"],
        "known_account": bool(account),
        "outcome": outcome,
        "stated": stated,
        "in_population": not (line["Kind"] == "Renewal" or line["Pipeline"] == "Trial"),
        "stage": line["Stage"],
        "reasons": reasons if outcome in ("lost", "disqualified") else [],
        "factors": [WIN_FACTORS[part.strip().lower()] for part in line["Why won"].split(";") if part.strip()],
        "created": created,
        "closed": closed,
        "cycle": (closed - created).days if closed and created and closed >= created else None,
        "stated_amount": stated_amount,
        "currency": line["Currency"].upper(),
        "amount": amount,
        "score": score if score is not None and 0 <= score <= 1 else None,
        "unreadable": unreadable,
        **{name: segment(title, account.get(title, "")) for title, name in WORDS_OF_ACCOUNTS.items()},
        "revenue_band": band(number(account.get("Turnover", "") or "-"), REVENUE_BANDS),
        "employee_band": band(number(account.get("Staff", "") or "-"), EMPLOYEE_BANDS),
        "lead_source": segment("Source", line["Source"]),
        "deal_type": segment("Kind", line["Kind"]),
        "product": segment("Product line", line["Product line"]),
        "deal_size_band": band(amount, AMOUNT_BANDS),
        "competitor": segment("Rival", line["Rival"]),
        "pipeline": segment("Pipeline", line["Pipeline"]),
        "owner": "owner-" + keyed("owner", line["Salesperson"].lower()).hex()[:8],
        "partner_channel": segment("Channel", line["Channel"]),
    }


DEALS = [typed(line) for line in accepted("deals")]
ENDED = [deal for deal in DEALS if deal["in_population"] and deal["outcome"] != "open"]
CLOSED = [deal for deal in ENDED if deal["outcome"] in ("won", "lost")]
BY_ID = {deal["id"]: deal for deal in DEALS}

# The window is four quarters: they hold 30 closed deals, and 20 are asked for.
PERIODS = {
    "quarter": (REVIEW_STARTS, add_months(REVIEW_STARTS, 3)),
    "previous_quarter": (add_months(REVIEW_STARTS, -3), REVIEW_STARTS),
    "window": (add_months(REVIEW_STARTS, -9), add_months(REVIEW_STARTS, 3)),
    "all": None,
}


def within(deals: Iterable[Row], period: str) -> list[Row]:
    limits = PERIODS[period]
    return [deal for deal in deals if limits is None or (deal["closed"] and limits[0] <= deal["closed"] < limits[1])]


# --- arithmetic ------------------------------------------------------------------------------------------------------


def share(part: Any, whole: Any) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if whole else None


def wilson(successes: Any, trials: Any) -> tuple[float | None, float | None]:
    if not trials:
        return None, None
    low, high = proportion_confint(float(successes), float(trials), 0.05, "wilson")
    return max(0.0, float(low)), min(1.0, float(high))


def newcombe(
    won: int, deals: int, other_won: int, other_deals: int, alpha: float = 0.05
) -> tuple[float | None, float | None]:
    if not deals or not other_deals:
        return None, None
    low, high = confint_proportions_2indep(
        won, deals, other_won, other_deals, method="newcomb", compare="diff", alpha=alpha
    )
    return float(low), float(high)


def bounds(name: str, pair: tuple[float | None, float | None]) -> Row:
    return {f"{name}_low": pair[0], f"{name}_high": pair[1]}


def counts(deals: list[Row]) -> tuple[int, int]:
    """Won deals, and won and lost deals."""
    return sum(deal["outcome"] == "won" for deal in deals), sum(deal["outcome"] in ("won", "lost") for deal in deals)


def averages(deals: list[Row], value: str, suffix: str) -> Row:
    found: Row = {}
    for outcome in ("won", "lost"):
        values = [Fraction(deal[value]) for deal in deals if deal["outcome"] == outcome and deal[value] is not None]
        found[f"mean_{outcome}_{suffix}"] = mean(values) if values else None
        found[f"median_{outcome}_{suffix}"] = median(values) if values else None
    return found


def measures(deals: list[Row], with_value_interval: bool = True) -> Row:
    """Counts, rate, values and cycles of deals that ended."""
    won, closed = counts(deals)
    amounts = {
        outcome: [
            Fraction(deal["amount"]) for deal in deals if deal["outcome"] == outcome and deal["amount"] is not None
        ]
        for outcome in ("won", "lost")
    }
    every = amounts["won"] + amounts["lost"]
    # Weighing by value says something where at least half of the won and half of the lost deals have a value.
    weighs = every and 2 * len(amounts["won"]) >= won and 2 * len(amounts["lost"]) >= closed - won
    effective = share(sum(every) ** 2, sum(amount**2 for amount in every)) if weighs else None
    value_rate = share(sum(amounts["won"]), sum(every)) if weighs else None
    value = {"value_win_rate": value_rate, "value_effective_deals": effective}
    if with_value_interval:
        value |= bounds(
            "value_win_rate",
            wilson(value_rate * effective, effective)
            if effective is not None and value_rate is not None
            else (None, None),
        )
    return {
        "closed_deals": closed,
        "won_deals": won,
        "lost_deals": closed - won,
        "disqualified_deals": sum(deal["outcome"] == "disqualified" for deal in deals),
        "win_rate": share(won, closed),
        **bounds("win_rate", wilson(won, closed)),
        "won_amount": sum(amounts["won"]) if amounts["won"] else None,
        "lost_amount": sum(amounts["lost"]) if amounts["lost"] else None,
        **value,
        **averages(deals, "amount", "amount"),
        **averages(deals, "cycle", "cycle_days"),
    }


NO_DEALS = "no closed deals in this period"


# --- tables ----------------------------------------------------------------------------------------------------------


def dim_periods() -> Iterator[Row]:
    for order, (period, limits) in enumerate(PERIODS.items(), 1):
        yield {
            "period": period,
            "period_order": order,
            "first_quarter": quarter_name(limits[0]) if limits else None,
            "last_quarter": quarter_name(add_months(limits[1], -3)) if limits else None,
            "next_quarter": "2026-Q1",
            "quarter_count": {"quarter": 1, "previous_quarter": 1, "window": 4}.get(period),
            "has_undated_deals": period == "all",
            "starts_on": limits[0] if limits else None,
            "ends_before_on": limits[1] if limits else None,
            "as_of_on": AS_OF,
            "time_zone": "UTC",
            "closed_deals": len(within(CLOSED, period)),
            "is_partial": False,
            "completeness": "taken as complete: the last record is a few days before the end"
            if period in ("quarter", "window")
            else "complete",
            "population": POPULATION,
            "value_currency": "USD",
            "value_missing_reason": None,
            "missing_reason": None,
        }


def fct_deals() -> Iterator[Row]:
    for deal in DEALS:
        starts = quarter_start(deal["closed"]) if deal["closed"] else None
        yield {
            "deal_key": hashed("deal", deal["id"]),
            "account_key": hashed("account", deal["account"]),
            "outcome": deal["outcome"],
            "is_won": {"won": 1, "lost": 0}.get(deal["outcome"]),
            "is_in_population": deal["in_population"],
            "stage": deal["stage"],
            # no two deals of the known company are alike: repeated_decision finds none
            "decision_line": 1,
            "loss_reason_category": deal["reasons"][0]
            if deal["reasons"]
            else "unspecified"
            if deal["outcome"] == "disqualified"
            else None,
            "created_on": deal["created"],
            "closed_on": deal["closed"],
            "closed_quarter_starts_on": starts,
            "closed_quarter": quarter_name(starts) if starts else None if deal["outcome"] == "open" else "unknown",
            "cycle_days": deal["cycle"],
            "amount": deal["amount"],
            "stated_amount": deal["stated_amount"],
            "currency": deal["currency"],
            "qualification_score": deal["score"],
            # the status of an account is a column of its deals, and no dimension
            **{name: deal[name] for name in (HEADERS["accounts"]["Status"], *RECOMMENDABLE[:-1], *REPORTED)},
            "competition": "unknown" if deal["competitor"] == "unknown" else "named",
            "partner_channel": deal["partner_channel"],
        }


def win_rate_baseline() -> Iterator[Row]:
    for period, limits in PERIODS.items():
        yield {
            "period": period,
            "first_quarter": quarter_name(limits[0]) if limits else None,
            "last_quarter": quarter_name(add_months(limits[1], -3)) if limits else None,
            "population": POPULATION,
            **measures(within(ENDED, period)),
            "missing_reason": None,
            "value_currency": "USD",
            "value_missing_reason": None,
        }


def win_rates_by_dimension() -> Iterator[Row]:
    for dimension in (*RECOMMENDABLE, *REPORTED):
        for segment in sorted({deal[dimension] for deal in ENDED}):
            for period in PERIODS:
                known = [deal for deal in within(ENDED, period) if deal[dimension] != "unknown"]
                inside = [deal for deal in within(ENDED, period) if deal[dimension] == segment]
                won, closed = counts(inside)
                other_won_deals, rest = counts([deal for deal in known if deal[dimension] != segment])
                base_won, base = counts(within(ENDED, period))
                measured = measures(inside)
                # A segment no one ended a deal in has no rest either.
                is_seen = bool(inside)
                yield {
                    "period": period,
                    "dimension": dimension,
                    "segment": segment,
                    "segment_order": BAND_ORDER.get(dimension, {}).get(segment),
                    "is_recommendable": dimension in RECOMMENDABLE,
                    "population": POPULATION,
                    **measured,
                    "has_few_deals": closed < NOT_ENOUGH,
                    "missing_reason": None if closed else "no closed deals of this segment in this period",
                    "other_closed_deals": rest if is_seen else None,
                    "other_won_deals": other_won_deals if is_seen else None,
                    "other_win_rate": share(other_won_deals, rest) if is_seen else None,
                    "difference": share(won, closed) - share(other_won_deals, rest) if closed and rest else None,
                    **bounds("difference", newcombe(won, closed, other_won_deals, rest)),
                    "shrunken_win_rate": (won + SHRINKAGE * share(base_won, base)) / (closed + SHRINKAGE)
                    if is_seen and base
                    else None,
                    "value_missing_reason": None,
                }


def win_rates_by_segment_pair() -> Iterator[Row]:
    for period in PERIODS:
        ended = within(ENDED, period)
        base_won, base = counts(ended)
        for first, second in combinations(RECOMMENDABLE, 2):
            cells: dict[tuple[str, str], list[Row]] = defaultdict(list)
            for deal in ended:
                if "unknown" not in (deal[first], deal[second]):
                    cells[deal[first], deal[second]].append(deal)
            for (segment, other), inside in sorted(cells.items()):
                won, closed = counts(inside)
                if closed < PAIR_MINIMUM:
                    continue
                other_won_deals, rest = base_won - won, base - closed
                yield {
                    "period": period,
                    "dimension": first,
                    "segment": segment,
                    "second_dimension": second,
                    "second_segment": other,
                    "population": POPULATION,
                    **measures(inside),
                    "other_closed_deals": rest,
                    "other_won_deals": other_won_deals,
                    "other_win_rate": share(other_won_deals, rest),
                    "difference": share(won, closed) - share(other_won_deals, rest) if rest else None,
                    **bounds("difference", newcombe(won, closed, other_won_deals, rest)),
                    "shrunken_win_rate": (won + SHRINKAGE * share(base_won, base)) / (closed + SHRINKAGE),
                    "value_missing_reason": None,
                }


def win_rates_by_quarter() -> Iterator[Row]:
    dated = [deal for deal in CLOSED if deal["closed"]]
    won, closed = counts(dated)
    center = share(won, closed)
    before: tuple[int, int] | None = None
    for starts in (date(2024, 10, 1), date(2025, 1, 1), date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1)):
        ended = [deal for deal in ENDED if deal["closed"] and quarter_start(deal["closed"]) == starts]
        measured = measures(ended, with_value_interval=False)
        now = counts(ended)
        spread = 3 * (float(center * (1 - center)) / now[1]) ** 0.5 if now[1] else None
        lower = max(0.0, float(center) - spread) if spread else None
        upper = min(1.0, float(center) + spread) if spread else None
        comparable = before is not None and before[1] and now[1]
        yield {
            "quarter": quarter_name(starts),
            "starts_on": starts,
            "ends_before_on": add_months(starts, 3),
            "population": POPULATION,
            "is_partial": False,
            **measured,
            "missing_reason": None if now[1] else "no closed deals in this quarter",
            "center_line": center,
            "lower_limit": lower,
            "upper_limit": upper,
            "is_outside_limits": now[1] >= LEAST_DEALS and not lower <= float(measured["win_rate"]) <= upper
            if now[1]
            else None,
            "win_rate_change": share(*now) - share(*before) if comparable else None,
            **bounds("win_rate_change", newcombe(*now, *before) if comparable else (None, None)),
            "is_win_rate_changed": newcombe(*now, *before)[0] * newcombe(*now, *before)[1] > 0
            if comparable and min(now[1], before[1]) >= LEAST_DEALS
            else None,
            "is_win_rate_change_claimed": newcombe(*now, *before, 0.01)[0] * newcombe(*now, *before, 0.01)[1] > 0
            if comparable and min(now[1], before[1]) >= LEAST_DEALS
            else None,
            # Pipeline velocity: deals x win rate x mean won value / mean days to win.
            "velocity_amount_per_day": now[0] * measured["mean_won_amount"] / measured["mean_won_cycle_days"]
            if now[1]
            else None,
            "value_missing_reason": None,
            # no two deals of the known company are alike
            "decisions": now[1],
        }
        before = now


def loss_reasons() -> Iterator[Row]:
    lost = [deal for deal in CLOSED if deal["outcome"] == "lost"]
    seen = sorted({category for deal in lost for category in deal["reasons"]})

    def primary(period: str, category: str) -> list[Row]:
        return [deal for deal in within(lost, period) if deal["reasons"][0] == category]

    for period in PERIODS:
        deals = within(lost, period)
        ranked = sorted(seen, key=lambda category: (-len(primary(period, category)), category))
        before = within(lost, "previous_quarter")
        all_amounts = [deal["amount"] for deal in deals if deal["amount"] is not None]
        for category in seen:
            mine = primary(period, category)
            amounts = [deal["amount"] for deal in mine if deal["amount"] is not None]
            earlier = len(primary("previous_quarter", category))
            compares = period == "quarter"
            yield {
                "period": period,
                "category": category,
                "population": POPULATION,
                "lost_deals": len(mine),
                "all_lost_deals": len(deals),
                "share": share(len(mine), len(deals)),
                **bounds("share", wilson(len(mine), len(deals))),
                "share_rank": ranked.index(category) + 1,
                "mentioned_deals": sum(category in deal["reasons"] for deal in deals),
                "lost_amount": sum(amounts) if amounts else None,
                "lost_amount_share": share(sum(amounts), sum(all_amounts)) if amounts else None,
                "previous_lost_deals": earlier if compares else None,
                "previous_share": share(earlier, len(before)) if compares else None,
                "share_change": share(len(mine), len(deals)) - share(earlier, len(before)) if compares else None,
                **bounds(
                    "share_change", newcombe(len(mine), len(deals), earlier, len(before)) if compares else (None, None)
                ),
                "missing_reason": None,
                "value_missing_reason": None,
            }


def loss_reasons_by_dimension() -> Iterator[Row]:
    lost = [deal for deal in CLOSED if deal["outcome"] == "lost"]
    for period in PERIODS:
        for dimension in (*RECOMMENDABLE, *REPORTED):
            deals = within(lost, period)
            for segment, category in sorted({(deal[dimension], deal["reasons"][0]) for deal in deals}):
                inside = [deal for deal in deals if deal[dimension] == segment]
                mine = [deal for deal in inside if deal["reasons"][0] == category]
                rest = [deal for deal in deals if deal[dimension] not in (segment, "unknown")]
                rest_mine = [deal for deal in rest if deal["reasons"][0] == category]
                amounts = [deal["amount"] for deal in mine if deal["amount"] is not None]
                yield {
                    "period": period,
                    "dimension": dimension,
                    "segment": segment,
                    "category": category,
                    "population": POPULATION,
                    "lost_deals": len(mine),
                    "segment_lost_deals": len(inside),
                    "share": share(len(mine), len(inside)),
                    **bounds("share", wilson(len(mine), len(inside))),
                    "other_lost_deals": len(rest),
                    "other_share": share(len(rest_mine), len(rest)),
                    "difference": share(len(mine), len(inside)) - share(len(rest_mine), len(rest)) if rest else None,
                    **bounds("difference", newcombe(len(mine), len(inside), len(rest_mine), len(rest))),
                    "lost_amount": sum(amounts) if amounts else None,
                    "value_missing_reason": None,
                }


def win_reasons() -> Iterator[Row]:
    won = [deal for deal in CLOSED if deal["outcome"] == "won"]
    for factor in sorted({factor for deal in won for factor in deal["factors"]}):
        for period in PERIODS:
            deals = within(won, period)
            stated = [deal for deal in deals if deal["factors"]]
            mine = [deal for deal in deals if factor in deal["factors"]]
            amounts = [deal["amount"] for deal in mine if deal["amount"] is not None]
            yield {
                "period": period,
                "win_factor": factor,
                "population": POPULATION,
                "won_deals": len(mine),
                "stated_won_deals": len(stated),
                "all_won_deals": len(deals),
                "share": share(len(mine), len(stated)),
                **bounds("share", wilson(len(mine), len(stated))),
                "won_amount": sum(amounts) if amounts else None,
                "missing_reason": None,
                "value_missing_reason": None,
            }


# --- people ----------------------------------------------------------------------------------------------------------

CONTACTS = {line["Contact No"]: line for line in accepted("contacts")}


def links() -> list[Row]:
    """Contacts on closed deals of the population."""
    closed = {deal["id"]: deal for deal in CLOSED}
    found = []
    for line in accepted("deal_contacts"):
        deal = closed.get(line["Deal No"])
        if not deal:
            continue
        contact = CONTACTS.get(line["Contact No"], {})
        persona, seniority, department, guess = TITLES[contact.get("Title", "")]
        stated = ROLES.get(line["Role"] or contact.get("Role", ""))
        added = day(line["Added"])
        found.append(
            {
                "deal": deal["id"],
                "contact": line["Contact No"],
                "persona": persona,
                "seniority": seniority,
                "department": department,
                "buying_role": stated or guess,
                "role_source": "stated" if stated else "inferred" if guess != "unknown" else "none",
                "is_primary": line["Main"] == "yes",
                "outcome": deal["outcome"],
                "created": deal["created"],
                "closed": deal["closed"],
                "added": added,
                "counts": added is None or deal["closed"] is None or added <= deal["closed"],
            }
        )
    return found


LINKS = links()
COUNTED = [link for link in LINKS if link["counts"]]


def bridge_deal_contacts() -> Iterator[Row]:
    for link in LINKS:
        yield {
            "deal_key": hashed("deal", link["deal"]),
            "contact_key": hashed("contact", link["contact"]),
            **{
                name: link[name]
                for name in (
                    "persona",
                    "seniority",
                    "department",
                    "buying_role",
                    "role_source",
                    "is_primary",
                    "outcome",
                )
            },
            "decision_line": 1,
            "created_on": link["created"],
            "closed_on": link["closed"],
            "added_on": link["added"],
            "is_dated": link["added"] is not None,
            "is_counted": link["counts"],
        }


def bridge_deal_loss_reasons() -> Iterator[Row]:
    for deal in CLOSED:
        for place, category in enumerate(deal["reasons"]):
            yield {
                "deal_key": hashed("deal", deal["id"]),
                "category": category,
                "is_primary": place == 0,
                "closed_on": deal["closed"],
                "amount": deal["amount"],
            }


def bridge_deal_win_factors() -> Iterator[Row]:
    for deal in CLOSED:
        if deal["outcome"] == "won":
            for factor in deal["factors"]:
                yield {
                    "deal_key": hashed("deal", deal["id"]),
                    "win_factor": factor,
                    "closed_on": deal["closed"],
                    "amount": deal["amount"],
                }


def with_people(period: str, outcome: str) -> set[str]:
    return {link["deal"] for link in within(COUNTED, period) if link["outcome"] == outcome}


def with_roles(period: str, outcome: str) -> set[str]:
    return {
        link["deal"]
        for link in within(COUNTED, period)
        if link["outcome"] == outcome and link["role_source"] == "stated"
    }


TOO_DIFFERENT = "contacts are recorded on won and lost deals too differently to compare personas"


def coverage(period: str) -> Row:
    found: Row = {"period": period, "population": POPULATION}
    for outcome in ("won", "lost"):
        deals = [deal for deal in within(CLOSED, period) if deal["outcome"] == outcome]
        people = [link for link in within(COUNTED, period) if link["outcome"] == outcome]
        covered = with_people(period, outcome)
        found |= {
            f"{outcome}_deals": len(deals),
            f"{outcome}_deals_with_contacts": len(covered),
            f"{outcome}_share": share(len(covered), len(deals)),
            f"{outcome}_deals_with_roles": len(with_roles(period, outcome)),
            f"{outcome}_contacts_per_deal": share(len(people), len(deals)),
        }
    people = within(COUNTED, period)
    gap = abs(found["won_share"] - found["lost_share"])
    return found | {
        "dated_share": share(sum(link["added"] is not None for link in people), len(people)),
        "is_comparable": gap <= LARGEST_GAP,
        "missing_reason": None if gap <= LARGEST_GAP else TOO_DIFFERENT,
    }


def contact_coverage() -> Iterator[Row]:
    yield from map(coverage, PERIODS)


KINDS: dict[str, Callable[[Row], str | None]] = {
    "persona": lambda link: link["persona"],
    "seniority": lambda link: link["seniority"],
    "department": lambda link: link["department"],
    "buying_role": lambda link: link["buying_role"] if link["role_source"] == "stated" else None,
    "persona_in_role": lambda link: (
        f"{link['persona']} as {link['buying_role'].replace('_', ' ')}" if link["role_source"] == "stated" else None
    ),
}


def win_rates_by_persona() -> Iterator[Row]:
    for kind, of in KINDS.items():
        for persona in sorted({of(link) for link in COUNTED} - {None}):
            for period in PERIODS:
                covered = coverage(period)
                mine = [link for link in within(COUNTED, period) if of(link) == persona]
                won = {link["deal"] for link in mine if link["outcome"] == "won"}
                lost = {link["deal"] for link in mine if link["outcome"] == "lost"}
                won_without = with_people(period, "won") - won
                lost_without = with_people(period, "lost") - lost
                count, other = len(won) + len(lost), len(won_without) + len(lost_without)
                roles = Counter(link["buying_role"] for link in mine if link["role_source"] == "stated")
                ranked = [*sorted(roles, key=lambda role: (-roles[role], role)), None, None]
                yield {
                    "period": period,
                    "persona_type": kind,
                    "persona": persona,
                    "population": POPULATION,
                    "contacts": len(mine),
                    "won_deals_with": len(won),
                    "lost_deals_with": len(lost),
                    "closed_deals_with": count,
                    "win_rate_with": share(len(won), count),
                    **bounds("win_rate_with", wilson(len(won), count)),
                    "won_deals_without": len(won_without),
                    "lost_deals_without": len(lost_without),
                    "closed_deals_without": other,
                    "win_rate_without": share(len(won_without), other),
                    "difference": share(len(won), count) - share(len(won_without), other) if count and other else None,
                    **bounds("difference", newcombe(len(won), count, len(won_without), other)),
                    "share_of_won_deals": share(len(won), covered["won_deals_with_contacts"]),
                    "share_of_lost_deals": share(len(lost), covered["lost_deals_with_contacts"]),
                    "share_of_won_deals_with_roles": share(len(won), covered["won_deals_with_roles"])
                    if "role" in kind
                    else None,
                    "commonest_role": ranked[0],
                    "commonest_role_contacts": roles[ranked[0]],
                    "second_role": ranked[1],
                    "second_role_contacts": roles[ranked[1]],
                    "has_enough_deals": count >= PERSONA_MINIMUM,
                    "is_comparable": covered["is_comparable"],
                    "missing_reason": covered["missing_reason"]
                    if count
                    else covered["missing_reason"] or "no one of this persona on a closed deal of this period",
                }


def decision_makers() -> Iterator[Row]:
    for period in PERIODS:
        deciders = [
            link
            for link in within(COUNTED, period)
            if link["role_source"] == "stated" and link["buying_role"] in ("decision_maker", "economic_buyer")
        ]
        levels = Counter(link["seniority"] for link in deciders)
        for who in sorted({(link["persona"], link["seniority"], link["department"]) for link in deciders}):
            mine = [link for link in deciders if (link["persona"], link["seniority"], link["department"]) == who]
            won = [link for link in mine if link["outcome"] == "won"]
            all_won = [link for link in deciders if link["outcome"] == "won"]
            yield {
                "period": period,
                "persona": who[0],
                "seniority": who[1],
                "department": who[2],
                "population": POPULATION,
                "contacts": len(mine),
                "all_contacts": len(deciders),
                "share": share(len(mine), len(deciders)),
                **bounds("share", wilson(len(mine), len(deciders))),
                "won_contacts": len(won),
                "share_on_won_deals": share(len(won), len(all_won)),
                "won_deals": len({link["deal"] for link in won}),
                "lost_deals": len({link["deal"] for link in mine if link["outcome"] == "lost"}),
                "seniority_contacts": levels[who[1]],
                "is_commonest_seniority": levels[who[1]] == max(levels.values()),
            }


def buying_groups() -> Iterator[Row]:
    people: dict[str, list[Row]] = defaultdict(list)
    for link in COUNTED:
        people[link["deal"]].append(link)
    names: list[tuple[str, str, Row]] = []
    for deal, group in people.items():
        names.append(("departments", ", ".join(sorted({link["department"] for link in group})), BY_ID[deal]))
        size = {1: "1 contact", 2: "2 contacts", 3: "3 to 4 contacts", 4: "3 to 4 contacts"}.get(
            len(group), "5 and more contacts"
        )
        names.append(("size", size, BY_ID[deal]))
    for period in PERIODS:
        covered = coverage(period)
        for kind, name in sorted({(kind, name) for kind, name, deal in names if within([deal], period)}):
            won, closed = counts(
                within([deal for its_kind, its_name, deal in names if (its_kind, its_name) == (kind, name)], period)
            )
            yield {
                "period": period,
                "group_type": kind,
                "buying_group": name,
                "population": POPULATION,
                "closed_deals": closed,
                "won_deals": won,
                "lost_deals": closed - won,
                "win_rate": share(won, closed),
                **bounds("win_rate", wilson(won, closed)),
                "is_comparable": covered["is_comparable"],
                "coverage_warning": covered["missing_reason"],
            }


def score_thresholds() -> Iterator[Row]:
    for period in PERIODS:
        deals = within(CLOSED, period)
        scored = [deal for deal in deals if deal["score"] is not None]
        table = []
        for step in range(21):
            score_threshold = Fraction(step, 20)
            above = [deal for deal in scored if Fraction(deal["score"]) >= score_threshold]
            tp, pursued = counts(above)
            fp = pursued - tp
            fn = counts(scored)[0] - tp
            tn = len(scored) - tp - fp - fn
            kept, spared = share(tp, tp + fn), share(tn, tn + fp)
            table.append(
                {
                    "period": period,
                    "score_threshold": score_threshold,
                    "population": POPULATION,
                    "scored_deals": len(scored),
                    "unscored_deals": len(deals) - len(scored),
                    "true_positives": tp,
                    "false_positives": fp,
                    "false_negatives": fn,
                    "true_negatives": tn,
                    "accuracy": share(tp + tn, len(scored)),
                    **bounds("accuracy", wilson(tp + tn, len(scored))),
                    "youden_j": kept + spared - 1,
                    "kept_wins_share": kept,
                    "pursued_share": share(pursued, len(scored)),
                    "win_rate_above": share(tp, pursued),
                    **bounds("win_rate_above", wilson(tp, pursued)),
                    "win_rate_below": share(fn, fn + tn),
                    "missing_reason": None,
                }
            )
        best = max(row["true_positives"] + row["true_negatives"] for row in table)
        for row in table:
            yield row | {"is_most_accurate": row["true_positives"] + row["true_negatives"] == best}


# --- more ------------------------------------------------------------------------------------------------------------


def dim_dimensions() -> Iterator[Row]:
    order = (
        "industry",
        "revenue_band",
        "employee_band",
        "region",
        "lead_source",
        "product",
        "country",
        "deal_type",
        "deal_size_band",
        "competitor",
        "pipeline",
        "owner",
        "partner_channel",
    )
    for place, dimension in enumerate(order, 1):
        yield {
            "dimension": dimension,
            "dimension_order": place,
            "is_recommendable": dimension in RECOMMENDABLE,
            "is_person": dimension == "owner",
            "is_known_before_the_deal": False,
            "is_account_attribute": dimension in ("industry", "revenue_band", "employee_band", "region"),
        }


def typical_deals() -> Iterator[Row]:
    for period in PERIODS:
        for outcome in ("won", "lost"):
            for name, value in (("amount", "amount"), ("cycle_days", "cycle")):
                deals = [deal for deal in within(CLOSED, period) if deal["outcome"] == outcome]
                values = sorted(Fraction(deal[value]) for deal in deals if deal[value] is not None)
                if not values:
                    continue
                # The median lies between these ranks in 95 of 100 samples: n/2 -+ 1.96 sqrt(n)/2, from 1 on.
                below = math.floor(len(values) / 2 - 0.98 * len(values) ** 0.5)
                yield {
                    "period": period,
                    "measure": f"{outcome}_{name}",
                    "population": POPULATION,
                    "deals": len(values),
                    "mean": mean(values),
                    "median": median(values),
                    "median_low": values[below - 1] if below >= 1 else None,
                    "median_high": values[-below] if below >= 1 else None,
                }


def value_by_currency() -> Iterator[Row]:
    for period in PERIODS:
        for currency in ("EUR", "USD"):
            deals = [deal for deal in within(CLOSED, period) if deal["currency"] == currency]
            if not deals:
                continue
            won, closed = counts(deals)
            valued = [deal for deal in deals if deal["stated_amount"] is not None and deal["stated_amount"] > 0]
            amounts = {
                outcome: [deal["stated_amount"] for deal in valued if deal["outcome"] == outcome]
                for outcome in ("won", "lost")
            }
            yield {
                "period": period,
                "currency": currency,
                "population": POPULATION,
                "closed_deals": closed,
                "won_deals": won,
                "lost_deals": closed - won,
                "valued_deals": len(valued),
                "won_amount": sum(amounts["won"]) if amounts["won"] else None,
                "lost_amount": sum(amounts["lost"]) if amounts["lost"] else None,
            }


# The least losses by which an owner is judged.
LEAST_LOSSES = 3
LEAST_DEALS = 3


def loss_reason_coverage_by_owner() -> Iterator[Row]:
    for period in PERIODS:
        lost = [deal for deal in within(CLOSED, period) if deal["outcome"] == "lost"]
        for owner in sorted({deal["owner"] for deal in lost}):
            mine = [deal["reasons"][0] for deal in lost if deal["owner"] == owner]
            stated = Counter(reason for reason in mine if reason != "unspecified")
            top = min(stated, key=lambda reason: (-stated[reason], reason)) if stated else None
            yield {
                "period": period,
                "owner": owner,
                "lost_deals": len(mine),
                "stated_lost_deals": stated.total(),
                "stated_share": share(stated.total(), len(mine)),
                "top_category": top,
                "top_share": share(stated[top], stated.total()) if top else None,
                # no deal repeats another
                "lost_decisions": len(mine),
                "stated_lost_decisions": stated.total(),
                "top_lost_decisions": stated[top] if top else None,
            }


def loss_reason_reliability() -> Iterator[Row]:
    for period in PERIODS:
        lost = [deal for deal in within(CLOSED, period) if deal["outcome"] == "lost"]
        dated = [deal for deal in lost if deal["closed"]]
        owners = [row for row in loss_reason_coverage_by_owner() if row["period"] == period]
        judged = [row for row in owners if row["lost_deals"] >= LEAST_LOSSES]
        to_competitor = [deal for deal in lost if deal["reasons"][0] == "competitor"]
        named = [deal for deal in lost if deal["competitor"] != "unknown"]
        days = Counter((deal["owner"], deal["closed"]) for deal in dated)
        owned = sum(row["lost_deals"] for row in judged)
        resting_on = {
            "unusable_reasons": len(lost),
            "quarter_end_spike": len(dated),
            "competitor_not_named": len(to_competitor),
            "competitor_not_blamed": len(named),
            "bulk_closes": len(lost),
            "silent_owners": owned,
            "one_reason_owners": owned,
        }
        measured = {
            "unusable_reasons": (
                share(sum(deal["reasons"][0] in ("unspecified", "other") for deal in lost), len(lost)),
                0.3,
            ),
            "quarter_end_spike": (
                share(
                    sum(
                        add_months(quarter_start(deal["closed"]), 3) - deal["closed"] <= timedelta(3) for deal in dated
                    ),
                    len(dated),
                ),
                0.3,
            ),
            "competitor_not_named": (
                share(sum(deal["competitor"] == "unknown" for deal in to_competitor), len(to_competitor)),
                0.5,
            ),
            "competitor_not_blamed": (
                share(sum(deal["reasons"][0] != "competitor" for deal in named), len(named)),
                0.8,
            ),
            "bulk_closes": (share(max(days.values()), len(lost)), 0.2),
            "silent_owners": (share(sum(row["stated_share"] < Fraction(1, 2) for row in judged), len(judged)), 0.3),
            "one_reason_owners": (
                share(
                    sum(
                        row["stated_lost_deals"] >= LEAST_LOSSES and row["top_share"] > Fraction(4, 5) for row in owners
                    ),
                    len(judged),
                ),
                0.3,
            ),
        }
        doubtful = {
            name: value is not None and value > threshold and resting_on[name] >= LEAST_DEALS
            for name, (value, threshold) in measured.items()
        }
        for name, (value, threshold) in measured.items():
            yield {
                "period": period,
                "measure": name,
                "deals": resting_on[name],
                "value": value,
                "threshold": threshold,
                "is_doubtful": doubtful[name],
                "is_reliable": not doubtful[name],
                "population": POPULATION,
            }
        yield {
            "period": period,
            "measure": "overall",
            "deals": len(lost),
            "value": Fraction(sum(doubtful.values())),
            "threshold": 0.0,
            "is_doubtful": any(doubtful.values()),
            "is_reliable": not any(doubtful.values()),
            "population": POPULATION,
        }


# --- what is counted for the advice, which is worked out in tests of its own -----------------------------------------


def icp_segment_evidence() -> Iterator[Row]:
    # 30 deals in the window are fewer than the 40 from which anything is claimed.
    deals = within(CLOSED, "window")
    for dimension in RECOMMENDABLE:
        for segment in sorted({deal[dimension] for deal in deals}):
            won, closed = counts([deal for deal in deals if deal[dimension] == segment])
            yield {
                "dimension": dimension,
                "segment": segment,
                "action": "not_enough_data",
                "best_bet": False,
                "closed_deals": closed,
                "won_deals": won,
                "lost_deals": closed - won,
                "win_rate": share(won, closed),
                **bounds("win_rate", wilson(won, closed)),
                "window_start": "2025-Q1",
                "window_end": "2025-Q4",
                "window_deals": 30,
                "window_won_deals": 17,
                "is_fallback": True,
                "grade": "too few deals",
                "population": POPULATION,
            }


def loss_reason_changes() -> Iterator[Row]:
    lost = {
        period: [deal["reasons"][0] for deal in within(CLOSED, period) if deal["outcome"] == "lost"]
        for period in ("quarter", "previous_quarter")
    }
    now, before = Counter(lost["quarter"]), Counter(lost["previous_quarter"])
    for category in sorted({deal["reasons"][0] for deal in CLOSED if deal["outcome"] == "lost"}):
        yield {
            "category": category,
            "losses": now[category],
            "previous_losses": before[category],
            "share": share(now[category], now.total()),
            **bounds("share", wilson(now[category], now.total())),
            "previous_share": share(before[category], before.total()),
            "change": share(now[category], now.total()) - share(before[category], before.total()),
            **bounds("change", newcombe(now[category], now.total(), before[category], before.total())),
            "is_reliable": next(
                row for row in loss_reason_reliability() if (row["period"], row["measure"]) == ("quarter", "overall")
            )["is_reliable"],
            "is_tested": now[category] + before[category] >= LEAST_LOSSES
            and min(now.total(), before.total()) >= LEAST_DEALS,
            "is_changed": False,
            "population": POPULATION,
        }


LANDMARK = 30


def persona_evidence() -> Iterator[Row]:
    # Ten deals with a persona and as many without are asked for: no one stands on so many.
    covered = coverage("window")
    counted = {link["deal"] for link in within(COUNTED, "window")}
    without_age = {deal["id"] for deal in CLOSED if deal["cycle"] is None} & counted
    without_date = {link["deal"] for link in LINKS if link["added"] is None} & counted
    closed_by_then = {
        deal["id"] for deal in CLOSED if deal["cycle"] is not None and deal["cycle"] <= LANDMARK
    } & counted
    is_early = covered["dated_share"] >= 0.9 and len(without_age) <= 0.1 * len(counted)
    created = {deal["id"]: deal["created"] for deal in CLOSED}
    left_out = closed_by_then | without_date | without_age
    early = [
        link
        for link in within(LINKS, "window")
        if link["deal"] in counted - left_out and (link["added"] - created[link["deal"]]).days <= LANDMARK
    ]
    people = early if is_early else within(COUNTED, "window")
    for kind in ("persona", "buying_role"):
        for name in sorted({KINDS[kind](link) for link in people} - {None, "unknown"}):
            deals = {link["deal"]: link["outcome"] for link in people if KINDS[kind](link) == name}
            won = sum(outcome == "won" for outcome in deals.values())
            yield {
                "persona_type": kind,
                "persona": name,
                "action": "not_enough_data",
                "closed_deals": len(deals),
                "won_deals": won,
                "lost_deals": len(deals) - won,
                "win_rate": share(won, len(deals)),
                **bounds("win_rate", wilson(won, len(deals))),
                "landmark_days": LANDMARK if is_early else None,
                "early_closed_deals": len(closed_by_then - without_date) if is_early else 0,
                "undated_deals": len(without_date | without_age) if is_early else 0,
                "later_deals": len(counted - left_out - {link["deal"] for link in early}) if is_early else 0,
                "is_refused": False,
                "won_coverage": covered["won_share"],
                "lost_coverage": covered["lost_share"],
                "population": POPULATION,
            }


def recommended_score_threshold() -> Iterator[Row]:
    deals = within(CLOSED, "window")
    scored = [deal for deal in deals if deal["score"] is not None]
    # The bar in use today: seeds/icp_current.csv says 0.80.
    false_positives = sum(deal["outcome"] == "lost" and deal["score"] >= Decimal("0.8") for deal in scored)
    false_negatives = sum(deal["outcome"] == "won" and deal["score"] < Decimal("0.8") for deal in scored)
    yield {
        "scored_deals": len(scored),
        "closed_deals": len(deals),
        "base_rate": share(counts(scored)[0], len(scored)),
        "current_score_threshold": 0.8,
        "current_false_positives": false_positives,
        "current_false_negatives": false_negatives,
        "current_accuracy": share(len(scored) - false_positives - false_negatives, len(scored)),
        "population": POPULATION,
    }


# --- the data --------------------------------------------------------------------------------------------------------


def rejected_records() -> Iterator[Row]:
    for name, lines in LINES.items():
        for line in lines:
            if line["rule"]:
                yield {
                    "object": name,
                    "source_file": line["source_file"],
                    "source_line": line["source_line"],
                    "rule_id": line["rule"],
                    "decision": "rejected" if line["rule"] in REJECTED else "excluded",
                    "reason": line["reason"],
                }


def rejected_record_counts() -> Iterator[Row]:
    for name, lines in LINES.items():
        for rule in (*REJECTED, *EXCLUDED):
            found = sum(line["rule"] == rule for line in lines)
            yield {
                "object": name,
                "rule_id": rule,
                "decision": "rejected" if rule in REJECTED else "excluded",
                "records": found,
                "records_read": len(lines),
                "share": share(found, len(lines)),
            }


def input_files() -> Iterator[Row]:
    for name, files in FILES.items():
        for file in files:
            lines = [line for line in LINES[name] if line["source_file"] == file]
            yield {
                "object": name,
                "source_file": file,
                "sha256": hashlib.sha256((HERE / "exports" / file).read_bytes()).hexdigest(),
                "records": len(lines),
                "accepted": sum(line["rule"] is None for line in lines),
                "rejected": sum(line["rule"] in REJECTED for line in lines),
                "excluded": sum(line["rule"] in EXCLUDED for line in lines),
                "unaccounted": 0,
            }


def input_columns() -> Iterator[Row]:
    for name, files in FILES.items():
        for file in files:
            first_line = (HERE / "exports" / file).read_text(encoding="utf-8").splitlines()[0]
            for header in first_line.replace(";", ",").split(","):
                column = HEADERS[name].get(header)
                yield {
                    "object": name,
                    "source_file": file,
                    "column_name": column,
                    "source_header": header,
                    "status": "mapped" if column else "ignored",
                    "missing_means": None,
                    "remedy": None,
                }
            for column in LACKING.get(name, ()):
                yield {
                    "object": name,
                    "source_file": file,
                    "column_name": column,
                    "source_header": None,
                    "status": "missing",
                    "missing_means": "Nothing the answers need.",
                    "remedy": None,
                }


def reopened() -> set[str]:
    """Deals that are open though an older version of them was won or lost."""
    older = {
        line["Deal No"]
        for line in LINES["deals"]
        if line["rule"] in ("superseded", "superseded_in_one_file") and line["Result"].startswith("Closed")
    }
    return older & {line["Deal No"] for line in accepted("deals") if line["Result"] == "In progress"}


def replaced_by_another_deal() -> set[str]:
    """Deals whose older version was created more than a day before or after them."""
    created = {line["Deal No"]: day(line["Created"]) for line in accepted("deals")}
    found = set()
    for line in LINES["deals"]:
        if line["rule"] not in ("superseded", "superseded_in_one_file"):
            continue
        newer, older = created.get(line["Deal No"]), day(line["Created"])
        if newer and older and abs((older - newer).days) > 1:
            found.add(line["Deal No"])
    return found


def alerts() -> Iterator[Row]:
    # Four quarters with a close are enough to draw limits from.
    review = next(row for row in win_rates_by_quarter() if row["quarter"] == "2025-Q4")
    checks: list[tuple[str, str, Any, str, float | None, float | None]] = [
        ("closed_deals", "2025-Q4", Fraction(12), "deals", 20.0, None),
        ("win_rate", "2025-Q4", Fraction(7, 12), "share", review["lower_limit"], review["upper_limit"]),
        ("missing_reasons", "2025-Q4", Fraction(1, 5), "share", None, 0.3),
    ]
    for name, lines in LINES.items():
        rejected = sum(line["rule"] in REJECTED for line in lines)
        checks.append(("rejected_share", name, Fraction(rejected, len(lines)), "share", None, 0.05))
    for name in ("deals", "accounts", "contacts"):
        for file in FILES[name]:
            of_file = [line for line in LINES[name] if line["source_file"] == file]
            for rule, limit in (("two_versions_in_one_file", 0.01), ("superseded_in_one_file", 0.1)):
                left_out = sum(line["rule"] == rule for line in of_file)
                checks.append((rule, f"{name}: {file}", Fraction(left_out, len(of_file)), "share", None, limit))
    closed = [deal for deal in DEALS if deal["in_population"] and deal["outcome"] in ("won", "lost")]
    checks.append(("reopened_deals", "deals", Fraction(len(reopened()), len(DEALS)), "share", None, 0.05))
    checks.append(("reused_ids", "deals", Fraction(len(replaced_by_another_deal()), len(DEALS)), "share", None, 0.05))
    checks.append(("time_zone", "deals", Fraction(0), "share", None, 0.01))
    for outcome in ("won", "lost"):
        ended = [deal for deal in closed if deal["outcome"] == outcome]
        checks.append((f"{outcome}_deals", "all closed deals", Fraction(len(ended), len(closed)), "share", 0.02, None))
        undated = sum(deal["closed"] is None for deal in ended)
        checks.append(("undated_deals", outcome, Fraction(undated, len(ended)), "share", None, 0.1))
    checks.append(("no_dates", "all closed deals", None, "share", None, 0.1))
    quarters = defaultdict(list)
    for deal in closed:
        if deal["closed"]:
            quarters[quarter_name(deal["closed"])].append(deal["outcome"])
    for quarter in sorted({quarter_name(deal["closed"]) for deal in within(closed, "window")}):
        here = quarters[quarter]
        missing = {"won", "lost"} - set(here)
        elsewhere = [outcome for other, outcomes in quarters.items() if other != quarter for outcome in outcomes]
        lacking = Fraction(sum(outcome in missing for outcome in elsewhere) + 1, len(elsewhere) + 2)
        chance = (1 - lacking) ** len(here) if missing else None
        checks.append(("lopsided_quarter", quarter, chance, "probability", 0.001, None))
    for alert, subject, value, unit, lower, upper in checks:
        yield {
            "alert": alert,
            "subject": subject,
            "value": value,
            "unit": unit,
            "lower_threshold": lower,
            "upper_threshold": upper,
            "is_raised": value is not None
            and ((lower is not None and value < lower) or (upper is not None and value > upper)),
        }


NEEDED_FOR_ADVICE = {
    "amount",
    "industry",
    "revenue band",
    "lead source",
    "loss reason",
    "qualification score",
    "created date",
}


def field_completeness() -> Iterator[Row]:
    fields: dict[str, Callable[[Row], bool]] = {
        "account": lambda deal: bool(deal["account"]),
        "created date": lambda deal: deal["created"] is not None,
        "closed date": lambda deal: deal["closed"] is not None,
        "sales cycle": lambda deal: deal["cycle"] is not None,
        "amount": lambda deal: deal["stated_amount"] is not None,
        "qualification score": lambda deal: deal["score"] is not None,
        "loss reason": lambda deal: deal["reasons"][0] != "unspecified",
    }
    for dimension in (*RECOMMENDABLE, *REPORTED):
        fields[dimension.replace("_", " ")] = lambda deal, dimension=dimension: deal[dimension] != "unknown"
    counted = [deal for deal in DEALS if deal["in_population"]]
    for period in PERIODS:
        for outcome in ("won", "lost", "open", "disqualified"):
            deals = [deal for deal in within(counted, period) if deal["outcome"] == outcome]
            for name, is_filled in fields.items():
                if deals and (name != "loss reason" or outcome == "lost"):
                    filled = sum(map(is_filled, deals))
                    yield {
                        "period": period,
                        "outcome": outcome,
                        "field": name,
                        "population": POPULATION,
                        "deals": len(deals),
                        "filled_deals": filled,
                        "filled_share": share(filled, len(deals)),
                        # the files hold every field
                        "missing_reason": None,
                        "is_needed_for_advice": name in NEEDED_FOR_ADVICE,
                    }


def spell(deal: Row, watched_from: date) -> tuple[int, int, str] | None:
    """Age of a deal of the population when it is found, age when it leaves, and how; none where its dates say nothing."""
    ended = deal["closed"] if deal["outcome"] != "open" else AS_OF
    if not deal["created"] or not ended or not max(watched_from, deal["created"]) <= ended <= AS_OF:
        return None
    return max(0, (watched_from - deal["created"]).days), (ended - deal["created"]).days, deal["outcome"]


def curve() -> list[tuple[int, Fraction, Fraction]]:
    """Ages at which deals of the window were decided, with the shares still open and won after: deal by deal, no risk set added up."""
    spells = [found for deal in DEALS if deal["in_population"] and (found := spell(deal, PERIODS["window"][0]))]
    still_open, won, steps = Fraction(1), Fraction(0), []
    for age in sorted({left for _, left, outcome in spells if outcome != "open"}):
        watched = [each for each in spells if each[0] <= age <= each[1]]
        if len(watched) < 10 and any(entered > age for entered, _, _ in spells):
            continue
        leaving = [outcome for _, left, outcome in watched if left == age and outcome != "open"]
        won += still_open * Fraction(leaving.count("won"), len(watched))
        still_open *= 1 - Fraction(len(leaving), len(watched))
        steps.append((age, still_open, won))
    return steps


def stale_open_deals() -> tuple[int, int]:
    """Open deals as old as 95 % of the wins; all of them state when they were created."""
    steps = curve()
    stale_after = min(age for age, _, won in steps if won >= Fraction(95, 100) * steps[-1][2])
    ages = [(AS_OF - deal["created"]).days for deal in DEALS if deal["in_population"] and deal["outcome"] == "open"]
    return sum(age >= stale_after for age in ages), len(ages)


def quarter_cut_off() -> tuple[int, int]:
    """Deals created in a quarter that lacks more than a twentieth of its deals: those found late stand for others that closed before."""
    first_close = min(deal["closed"] for deal in ENDED if deal["closed"])
    missing: dict[date, Fraction] = defaultdict(Fraction)
    for deal in DEALS:
        found = spell(deal, first_close) if deal["in_population"] else None
        if found and found[0]:
            kept = next((kept for age, kept, _ in reversed(curve()) if age < found[0]), Fraction(1))
            missing[quarter_of(deal["created"])] += 1 / kept - 1
    created = Counter(quarter_of(deal["created"]) for deal in DEALS if deal["in_population"] and deal["created"])
    return sum(count for quarter, count in created.items() if missing[quarter] > Fraction(count, 20)), created.total()


def quarter_of(day: date) -> date:
    return date(day.year, day.month - (day.month - 1) % 3, 1)


def left_out_of_curves(*outcomes: str) -> tuple[int, int]:
    deals = [deal for deal in DEALS if deal["in_population"] and deal["outcome"] in outcomes]
    return sum(spell(deal, date.min) is None for deal in deals), len(deals)


def data_quality_findings() -> Iterator[Row]:
    # Also deals outside the population are looked at.
    ended = [deal for deal in DEALS if deal["outcome"] in ("won", "lost")]
    lost = [deal for deal in ended if deal["outcome"] == "lost"]
    closed = [deal for deal in ended if deal["in_population"]]
    told = [repr({**deal, "id": ""}) for deal in ended if deal["account"] and deal["created"] and deal["closed"]]
    found: dict[str, tuple[int, int]] = {
        "closed_before_created": (
            sum(bool(deal["closed"] and deal["created"] and deal["closed"] < deal["created"]) for deal in ended),
            len(ended),
        ),
        "closed_without_date": (sum(deal["closed"] is None for deal in ended), len(ended)),
        "amount_not_positive": (
            sum(deal["stated_amount"] is not None and deal["stated_amount"] <= 0 for deal in ended),
            len(ended),
        ),
        "amount_too_large": (0, len(DEALS)),
        "amount_missing": (sum(deal["stated_amount"] is None for deal in ended), len(ended)),
        "loss_reason_missing": (sum(deal["reasons"][0] == "unspecified" for deal in lost), len(lost)),
        "loss_reason_default": (
            0,
            len([line for line in accepted("deals") if OUTCOMES[line["Result"].lower()] == "lost"]),
        ),
        "loss_reason_unmapped": (sum(deal["reasons"][0] == "other" for deal in lost), len(lost)),
        "renewal_in_population": (
            sum(deal["in_population"] and "renew" in deal["deal_type"].lower() for deal in ended),
            len(ended),
        ),
        "unreadable_value": (
            sum(bool(deal["unreadable"]) for deal in DEALS),
            sum(len(accepted(name)) for name in ("deals", "accounts", "contacts", "deal_contacts", "stage_history")),
        ),
        "repeated_decision": (len(told) - len(set(told)), len(ended)),
        "closed_implausibly_late": (0, len(ended)),
        "dated_implausibly_late": (
            0,
            sum(deal["created"] is not None for deal in DEALS) + len(accepted("stage_history")),
        ),
        "no_value_word": no_value_words(),
        # its rivals are named by one word each, with semicolons between
        "competitors_in_one_name": (
            0,
            sum(len([part for part in line["Rival"].split(";") if part.strip()]) for line in accepted("deals")),
        ),
        # the invented company keeps people out of its dimensions
        "person_in_dimension": (
            0,
            sum(line[header].strip() != "" for line in accepted("deals") for header in NOT_PEOPLE),
        ),
        "account_missing": (sum(not deal["known_account"] for deal in ended), len(ended)),
        "several_currencies": (2, 2),
        # two stages in which deals do not close, and not one deal that is known to have entered both
        "stages_unknown": (
            sum(deal["in_population"] for deal in DEALS),
            sum(deal["in_population"] for deal in DEALS),
        ),
        "contact_of_unknown_deal": (
            sum(line["Deal No"] not in BY_ID for line in accepted("deal_contacts")),
            len(accepted("deal_contacts")),
        ),
        "contact_added_after_close": (len(LINKS) - len(COUNTED), len(LINKS)),
        "won_left_out_of_curves": left_out_of_curves("won"),
        "lost_left_out_of_curves": left_out_of_curves("lost", "disqualified"),
        "open_left_out_of_curves": left_out_of_curves("open"),
        # the last loss is of 20 December, eight days before the export ends
        "no_recent_losses": (0, sum(deal["closed"] is not None for deal in ENDED)),
        "stale_open_deals": stale_open_deals(),
        "quarter_cut_off": quarter_cut_off(),
        # of the population both outcomes occur, in each quarter and with dates or without
        "no_lost_deals": (0, len(closed)),
        "no_won_deals": (0, len(closed)),
        "undated_outcome": (0, len(closed)),
        "lopsided_quarter": (0, sum(deal["closed"] is not None for deal in closed)),
        "closed_superseded_by_open": (len(reopened()), len(DEALS)),
        "id_of_another_deal": (len(replaced_by_another_deal()), len(DEALS)),
        "file_superseded": (0, len(DEAL_FILES)),
        # neither file holds most deals of the other, and no deal names two accounts
        "gone_from_newest_file": (0, 0),
        "several_accounts": (0, len(DEALS)),
        # no closing moment states a zone, and only the close date says when a deal closed
        "quarter_changed_by_history": (0, sum(deal["stated"] in ("won", "lost") for deal in DEALS)),
        "time_zone_decides_quarter": (0, sum(deal["stated"] in ("won", "lost") for deal in DEALS)),
        # asked for are 16 fields of deals, 5 of accounts, 2 of contacts and 2 of the contacts of deals, and three objects; all are there
        "field_not_exported": (0, 25),
        "object_not_exported": (0, 3),
        "field_not_used": (0, 28),
        "field_not_filled_in": (0, 7 + len(RECOMMENDABLE) + len(REPORTED)),
        "contact_without_deal": (
            len(
                {line["Contact No"] for line in accepted("contacts")}
                - {line["Contact No"] for line in accepted("deal_contacts")}
            ),
            len(accepted("contacts")),
        ),
    }
    for rule, (count, of) in found.items():
        yield {"rule_id": rule, "records": count, "of_records": of, "share": share(count, of)}


NOT_PEOPLE = ("Kind", "Source", "Product line", "Pipeline", "Channel")


def no_value_words() -> tuple[int, int]:
    """Cells of dimensions that hold a word for nothing, of those that hold anything; a competitor's cell may name several."""
    titles = {
        "deals": ("Kind", "Source", "Product line", "Pipeline", "Rival", "Channel", "Salesperson"),
        "accounts": ("Industry", "Region", "Country", "Status"),
    }
    cells = [
        part.strip()
        for name, headers in titles.items()
        for line in accepted(name)
        for header in headers
        for part in (line[header].split(";") if header == "Rival" else [line[header]])
        if part.strip()
    ]
    return sum(folded(cell) == "unknown" for cell in cells), len(cells)


TABLES: dict[str, Callable[[], Iterator[Row]]] = {
    table.__name__: table
    for table in (
        dim_periods,
        fct_deals,
        bridge_deal_contacts,
        bridge_deal_loss_reasons,
        bridge_deal_win_factors,
        win_rate_baseline,
        win_rates_by_dimension,
        win_rates_by_segment_pair,
        win_rates_by_quarter,
        loss_reasons,
        loss_reasons_by_dimension,
        win_reasons,
        win_rates_by_persona,
        decision_makers,
        buying_groups,
        contact_coverage,
        score_thresholds,
        dim_dimensions,
        typical_deals,
        value_by_currency,
        icp_segment_evidence,
        loss_reason_changes,
        persona_evidence,
        recommended_score_threshold,
        loss_reason_coverage_by_owner,
        loss_reason_reliability,
        rejected_records,
        rejected_record_counts,
        input_files,
        input_columns,
        alerts,
        field_completeness,
        data_quality_findings,
    )
}


def cell(value: Any) -> str:
    """A value as the expected files write it: numbers that are no integers to twelve significant digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (Fraction, Decimal, float)):
        return f"{float(value):.12g}"
    return str(value)


def worked_out(table: str) -> list[list[str]]:
    """A table as it stands in its expected file: the header, then the rows in the order of the alphabet."""
    rows = list(TABLES[table]())
    header = list(rows[0])
    return [header, *sorted([cell(row[name]) for name in header] for row in rows)]


def main() -> None:
    for table in TABLES:
        with (HERE / "expected" / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(worked_out(table))


if __name__ == "__main__":
    main()
