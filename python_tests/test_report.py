"""The report on ten awkward companies: every number stands in the marts, and no sentence claims more than its grade."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import jsonschema
import pytest
from click.testing import CliRunner

from benchmarks.accuracy.words import faults
from python_tests.conftest import ROOT, SampleBuild
from python_tests.report_companies import CODE, COMPANIES, LONG_NAME, SCRIPTS, UNBROKEN_NAME, publish_company
from python_tests.speeds import thorough
from winloss import formatting
from winloss.cli import main
from winloss.report import ReportError, build_report, render, write_report
from winloss.report.build import brief_on, report_on
from winloss.report.document import Report, Sentence, Source
from winloss.report.marts import Marts, read_marts
from winloss.report.render import without_legend

NUMBER = re.compile(r"\d(?:[\d,]*\d)?(?:\.\d+)?")

# Numbers of the method itself, which stand in words and not in rows.
OF_THE_METHOD = {"95", "100"}

Published = Callable[[str], Path]


@pytest.fixture(scope="session")
def published(sample_build: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The published file of a company by name; each is built once."""

    @lru_cache
    def find(name: str) -> Path:
        folder = tmp_path_factory.mktemp("company")
        if name == "sample":
            with duckdb.connect(str(sample_build.database), read_only=True):
                return sample_build.database
        return publish_company(sample_build, COMPANIES[name](), folder)

    return find


# of what a company may lack or be, four tell most
OFTEN = ("null effect", "sparse effects", "one deal", "no contacts")


@pytest.fixture(
    params=[
        "sample",
        *(name if name in OFTEN else thorough(name) for name in COMPANIES),
    ]
)
def company(request: pytest.FixtureRequest, published: Published) -> tuple[str, Path, Report]:
    path = published(request.param)
    return request.param, path, _report(path)


@lru_cache
def _report(path: Path) -> Report:
    return build_report(path)


@lru_cache
def _rendered(path: Path, kind: str) -> str:
    return render(_report(path), kind)


# ---------------------------------------------------------------- walking through a report


def sentences(value: Any) -> Iterator[Sentence]:
    if isinstance(value, Sentence):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from sentences(inner)
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, Source):
        for name in value.__dataclass_fields__:
            if name != "spec":
                yield from sentences(getattr(value, name))


def sources(value: Any) -> Iterator[Source]:
    if isinstance(value, Source):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from sources(inner)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            if name != "spec":
                yield from sources(getattr(value, name))


class Rows:
    """The published file, asked by plain SQL and not by the report's own reader."""

    def __init__(self, path: Path) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(f"attach '{path}' as file (read_only)")
        schemas = self.connection.execute(
            "select schema_name from duckdb_tables() where table_name = 'dim_periods'"
        ).fetchall()
        self.connection.execute(f"use file.{schemas[0][0]}")

    def find(self, table: str, key: dict[str, Any]) -> list[dict[str, Any]]:
        where = " and ".join(f"{column} is not distinct from ?" for column in key) or "true"
        answer = self.connection.execute(f"select * from {table} where {where}", list(key.values()))
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row)) for row in answer.fetchall()]


# ---------------------------------------------------------------- numbers


def test_every_figure_is_a_cell_of_the_published_file(company: tuple[str, Path, Report]) -> None:
    _, path, report = company
    rows = Rows(path)
    wrong = []
    for source in {(s.table, tuple(s.key.items()), s.column, repr(s.value)): s for s in sources(report)}.values():
        found = rows.find(source.table, dict(source.key))
        if source.column == "count(*)":
            if sum(1 for row in found if row["closed_deals"]) != source.value:
                wrong.append((source, "count"))
        elif len(found) != 1 or found[0][source.column] != source.value:
            wrong.append((source, found[:2]))
    assert wrong == []


def test_every_number_of_a_sentence_is_shown_by_one_of_its_cells(company: tuple[str, Path, Report]) -> None:
    _, _, report = company
    wrong = []
    for sentence in sentences(report):
        held = [number for source in sentence.sources for number in NUMBER.findall(source.shown)]
        wrong += [
            (number, sentence.text)
            for number in NUMBER.findall(sentence.text)
            if number not in held and number not in OF_THE_METHOD
        ]
    assert wrong == []


def _shows(shown: str, value: float) -> bool:
    """Whether the digits of `shown` are `value` rounded: as it is, as a percentage, or in thousands, millions or billions."""
    digits = NUMBER.findall(shown)
    if not digits:
        return False
    told = float(digits[0].replace(",", ""))
    if shown.startswith(("over ", ">")):
        return told == 99 and 0.99 < value < 1
    if shown.startswith(("under ", "<")):
        return told == 1 and 0 < value < 0.01
    decimals = len(digits[0].partition(".")[2])
    scale = {"K": 1e-3, "M": 1e-6, "B": 1e-9}.get(shown[-1], 100.0 if "%" in shown else 1.0)
    tolerance = 0.5 * 10**-decimals + 1e-9
    is_negative = formatting.MINUS in shown or "-" in shown
    scaled = abs(value) * scale
    fits = abs(scaled - told) <= tolerance or (
        ("point" in shown or re.fullmatch(r"[+−]?\d+(\.\d)?", shown)) and abs(scaled * 100 - told) <= tolerance
    )
    # a number of points without a sign is a size: the words beside it say which way
    is_size = "point" in shown and shown[0].isdigit()
    return bool(fits) and (told == 0 or is_size or is_negative == (value < 0))


def test_every_figure_is_rounded_from_its_cell(company: tuple[str, Path, Report]) -> None:
    _, _, report = company
    numeric = [s for s in sources(report) if isinstance(s.value, (int, float)) and not isinstance(s.value, bool)]
    assert [(s.shown, s.value, s.column) for s in numeric if not _shows(s.shown, float(s.value))] == []


def test_a_cell_that_is_null_is_never_a_number(company: tuple[str, Path, Report]) -> None:
    _, _, report = company
    assert {s.shown for s in sources(report) if s.value is None} <= {formatting.MISSING}


PROSE = {
    ("icp_recommendations", "rationale"),
    ("report_findings", "headline"),
    ("report_findings", "detail"),
    ("action_items", "evidence"),
}


def test_every_number_in_prose_of_a_mart_stands_in_the_row_it_speaks_of(company: tuple[str, Path, Report]) -> None:
    _, path, report = company
    rows = Rows(path)
    checked, wrong = 0, []
    for source in sources(report):
        if (source.table, source.column) not in PROSE or not source.value:
            continue
        row = rows.find(source.table, dict(source.key))[0]
        origin = _origin(rows, row) if source.table != "icp_recommendations" else row
        if origin is None:
            continue
        checked += 1
        labels = " ".join(str(value) for value in origin.values() if isinstance(value, str))
        values = [
            float(value) for value in origin.values() if isinstance(value, (int, float)) and not isinstance(value, bool)
        ]
        text = str(source.value)
        for label in sorted(
            {str(origin.get(name)) for name in ("segment_label", "value", "label", "category")}, key=len, reverse=True
        ):
            text = text.replace(label, "")
        for match in NUMBER.finditer(text):
            told, decimals = float(match[0].replace(",", "")), len(match[0].partition(".")[2])
            near = 0.5 * 10**-decimals + 1e-9
            fits = any(abs(abs(value) * scale - told) <= near for value in values for scale in (1, 100))
            if not fits and match[0] not in OF_THE_METHOD | {"99", "15", "40", "10"} and match[0] not in labels:
                wrong.append((match[0], source.value))
    assert wrong == []
    if company[0] in ("sample", "sparse effects"):
        assert checked >= 3


def _origin(rows: Rows, row: dict[str, Any]) -> dict[str, Any] | None:
    """The row that a finding or an action points at."""
    table, key = row["source_table"], row["source_row"]
    if table == "icp_recommendations":
        column = "rank" if key.isdigit() and "topic" in row else "segment_label"
        found = rows.find(table, {column: int(key) if column == "rank" else key})
    elif table == "recommended_score_threshold":
        found = rows.find(table, {})
    elif table == "loss_reasons":
        periods = ("quarter", "window")
        found = [row for period in periods for row in rows.find(table, {"period": period, "category": key})]
        # where no deal has a date, none was lost in the quarter
        found = [row for row in found if row["all_lost_deals"]]
    else:
        return None
    return found[0] if found else None


# ---------------------------------------------------------------- grades

# Words that only a claim may use. What is denied ('not proven', 'no clear change') is no claim.
CLAIMING = re.compile(
    r"^(?!No )(?:.*\bclearly (?:more|fewer|less)\b|.*\bby more than chance\b"
    r"|.*\b(?:rose|fell) (?:above|below)|.*\band more separates won from lost\b|.*\bSomething changed\b|Target more|Pursue deals that score)"
)


def test_only_a_claim_is_worded_as_one(company: tuple[str, Path, Report]) -> None:
    _, _, report = company
    assert [s.text for s in sentences(report) if CLAIMING.search(s.text) and s.grade not in ("Strong", None)] == []
    loose = [s.text for s in sentences(report) if CLAIMING.search(s.text) and s.grade is None]
    assert [text for text in loose if not text.startswith("Target more")] == []


def test_strong_is_said_only_of_rows_that_are_claims(company: tuple[str, Path, Report]) -> None:
    _, path, report = company
    rows = Rows(path)
    rules = {
        "icp_recommendations": lambda row: row["grade"] == "strong",
        "report_findings": lambda row: row["grade"] == "strong",
        "action_items": lambda row: row["grade"] == "strong",
        "return_on_investment": lambda row: row["grade"] == "strong",
        "win_rates_by_quarter": lambda row: row["is_outside_limits"] or row["is_win_rate_changed"],
        "recommended_score_threshold": lambda row: row["is_predictive"],
        "persona_evidence": lambda row: row["action"] in ("target_more", "deprioritise"),
        "loss_reason_changes": lambda row: row["is_changed"] and row["is_reliable"],
        "loss_reasons": lambda row: True,
        "win_rates_by_competitor": lambda row: row["is_claimed"],
        "competitors_by_quarter": lambda row: row["is_changed"],
        "competitor_loss_reasons": lambda row: row["is_claimed"],
        "multithreading": lambda row: row["is_claimed"],
        # the claim is on the closed rate, beside the pace it is compared with
        "win_rate_changes": lambda row: row["is_claimed"],
        "scorecard_quality": lambda row: row["is_allowed"],
        "account_tiers": lambda row: row["judged_deals"],
        "advice_values": lambda row: row["agreement"] in ("both", "conflict"),
        # or it is named as what a claimed mix consists of
        "win_rate_change_segments": lambda row: (
            row["is_changed"] or row["is_simpson"] or row["contribution_low"] * row["contribution_high"] > 0
        ),
        "win_rate_definitions": lambda row: row["grade"] == "strong" or row["definition"] == "pace",
        "win_rate_trend": lambda row: row["grade"] == "strong" or row["is_shift"],
        "report_changes": lambda row: row["grade"] == "strong",
        # what a threshold that is claimed keeps
        "score_thresholds": lambda row: True,
    }
    wrong = []
    for sentence in sentences(report):
        if sentence.grade == "Strong":
            assert sentence.sources, sentence.text
            for source in sentence.sources:
                row = rows.find(source.table, dict(source.key))[0]
                if not rules[source.table](row):
                    wrong.append((sentence.text, source.table))
    assert wrong == []


COUNTED = re.compile(r"won (\d+) of (\d+) closed deals \(.+?\) against (?:over |under )?(\d+)% in other segments")
CHANGING = re.compile(r"change wins by ([+-]?\d+\.\d)(?: | wins )?\(([+-]?\d+\.\d) to ([+-]?\d+\.\d)\)")
UPWARDS = re.compile(
    r"Target more|wins? (?:clearly )?more often|again wins more|looks better|Above other segments|Promising|Bet on",
    re.IGNORECASE,
)
DOWNWARDS = re.compile(
    r"Deprioritise|wins? (?:clearly )?less often|looks weaker|Below other segments|Weak, not proven",
    re.IGNORECASE,
)


def said(path: Path, report: Report) -> Iterator[str]:
    """Everything that is said of a segment, its title or headline in front of its evidence."""
    rows = Rows(path)
    for row in rows.find("icp_recommendations", {}):
        yield f"{row['title']}: {row['rationale']}"
    for row in rows.find("action_items", {}):
        yield f"{row['title']}: {row['evidence']} {row['how_we_will_know']}"
    for row in rows.find("report_findings", {}):
        yield f"{row['headline']} {row['detail']}"
    yield from (sentence.text for sentence in sentences(report))


def test_no_sentence_points_against_the_counts_it_prints(company: tuple[str, Path, Report]) -> None:
    name, path, report = company
    seen = wrong = 0
    for text in (text.replace("\N{MINUS SIGN}", "-") for text in said(path, report)):
        counts = COUNTED.search(text)
        up, down = UPWARDS.search(text), DOWNWARDS.search(text)
        if not counts or not (up or down):
            continue
        seen += 1
        gap = 100 * int(counts[1]) / int(counts[2]) - int(counts[3])
        change = CHANGING.search(text)
        ends = [float(end) for end in change.groups()] if change else []
        is_claim = re.search("Target more|Deprioritise|clearly", text)
        sign = 1 if up else -1
        if (
            (up and down)
            or sign * gap < -0.5
            or (ends and sign * ends[0] < 0)
            or (is_claim and ends and min(sign * end for end in ends) < 0)
        ):
            wrong += 1
            print(text)
    assert wrong == 0
    if name in ("sample", "sparse effects", "sources that mirror each other"):
        assert seen >= 3


def test_no_claim_holds_zero_or_rests_on_a_handful_of_deals(company: tuple[str, Path, Report]) -> None:
    _, path, _ = company
    rows = Rows(path)

    def claims(table: str, is_claim: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
        return [row for row in rows.find(table, {}) if is_claim(row)]

    for table in ("icp_segment_evidence", "icp_recommendations", "persona_evidence"):
        for row in claims(table, lambda row: row["action"] in ("target_more", "deprioritise", "keep_testing")):
            assert (row["win_rate"] - row["other_win_rate"]) * row["expected_lift"] > 0, row
        for row in claims(table, lambda row: row["action"] in ("target_more", "deprioritise")):
            assert (row["win_rate"] > row["other_win_rate"]) == (row["action"] == "target_more"), row
            assert (
                row["difference_low"] * row["difference_high"] > 0
                and row["expected_lift_low"] * row["expected_lift_high"] > 0
            ), row
            assert min(row["closed_deals"], row["other_closed_deals"]) >= 10, row
    evidence = {
        (row["dimension"], row["segment"]): row
        for row in claims("icp_segment_evidence", lambda row: row["second_segment"] is None)
    }
    for row in claims("icp_profile", lambda row: row["profile_field"] != "score_threshold"):
        for column, sign in (("recommended_value", 1), ("deprioritised_value", -1)):
            advised = [
                own
                for (dimension, value), own in evidence.items()
                if dimension == row["profile_field"] and row[column] and value in row[column].split(", ")
            ]
            assert all(sign * (own["win_rate"] - own["other_win_rate"]) > 0 for own in advised), row
    quarters = rows.find("win_rates_by_quarter", {})
    ordered = sorted(quarters, key=lambda row: row["starts_on"])
    for before, row in zip([None, *ordered], ordered):
        if row["is_win_rate_changed"]:
            assert before and min(row["closed_deals"], before["closed_deals"]) >= 10 and not row["is_partial"], row
            assert row["win_rate_change_low"] * row["win_rate_change_high"] > 0, row
        if row["is_outside_limits"]:
            assert row["closed_deals"] >= 10 and not row["is_partial"], row
    moved = {row["quarter"] for row in quarters if row["is_outside_limits"] or row["is_win_rate_changed"]}
    topics = ("win_rate_change", "outside_limits")
    assert {row["subject"] for row in claims("report_findings", lambda row: row["topic"] in topics)} <= moved
    for row in claims("win_rates_by_competitor", lambda row: row["is_claimed"]):
        assert (row["win_rate"] - row["other_win_rate"]) * row["expected_difference"] > 0, row
        assert min(row["closed_deals"], row["other_closed_deals"]) >= 10, row
    for row in claims("multithreading", lambda row: row["is_claimed"]):
        assert row["moment"] == "early" and row["difference_low"] * row["difference_high"] > 0, row
    for row in claims("loss_reason_changes", lambda row: row["is_changed"]):
        assert row["change_low"] * row["change_high"] > 0 and (row["change"] > 0) == (row["direction"] == "up"), row
        assert row["losses"] / row["share"] >= 9.999 or not row["losses"], row
    for row in claims("recommended_score_threshold", lambda row: row["is_predictive"]):
        assert row["gap_low"] > 0 and min(row["closed_deals_above"], row["closed_deals_below"]) >= 10, row
    for row in claims("loss_reason_reliability", lambda row: row["is_doubtful"] and row["measure"] != "overall"):
        assert row["deals"] >= 10, row
    for row in claims("alerts", lambda row: row["alert"] == "win_rate" and row["is_raised"]):
        assert next(quarter for quarter in quarters if quarter["quarter"] == row["subject"])["closed_deals"] >= 10, row


def test_every_action_and_finding_about_a_segment_is_borne_out_by_the_row_it_names(
    company: tuple[str, Path, Report],
) -> None:
    _, path, report = company
    rows = Rows(path)
    # all deals where none is dated
    deals = max((row["window_deals"] for row in rows.find("icp_segment_evidence", {})), default=0)
    wrong = []
    for row in rows.find("icp_recommendations", {}):
        if row["action"] in ("target_more", "deprioritise", "keep_testing"):
            wrong += faults(row, f"{row['title']}: {row['rationale']}", deals)
    for row in rows.find("action_items", {"kind": "targeting", "source_table": "icp_recommendations"}):
        if not row["source_row"]:
            continue
        origin = _origin(rows, row)
        assert origin is not None, row
        text = " ".join(str(row[name]) for name in ("title", "action", "how_we_will_know"))
        wrong += faults(origin, f"{text} {row['evidence']}", deals)
        assert origin["segment_label"] in row["title"] and origin["grade"] == row["grade"], row
    for row in rows.find("report_findings", {"source_table": "icp_recommendations"}):
        origin = _origin(rows, row)
        assert origin is not None and (origin["expected_lift"] > 0) == (row["direction"] == "up"), row
        assert row["detail"] == origin["rationale"] and origin["segment_label"] == row["subject"], row
        assert origin["action"] not in ("no_difference", "not_enough_data"), row
    assert wrong == []
    # what an action rests on stands in the report
    shown = " ".join(sentence.text for sentence in sentences(report))
    assert [row["title"] for row in rows.find("action_items", {"kind": "targeting"}) if row["title"] not in shown] == []


def test_two_deals_after_two_deals_are_no_news(published: Published) -> None:
    report = _report(published("two against two"))
    texts = [sentence.text for sentence in sentences(report)]
    assert report.headline.text == "Too few deals closed in Q4\u00a02025 to judge a win rate: 0 of 2 won"
    assert [text for text in texts if text.endswith(": too few deals to judge")]
    assert [text for text in texts if CLAIMING.search(text) or "a clear " in text] == []


def test_what_is_not_judged_is_not_called_too_rare(published: Published) -> None:
    [inbound] = [
        row
        for row in Rows(published("sources that mirror each other")).find("icp_recommendations", {})
        if row["segment"] == "Inbound"
    ]
    assert (inbound["grade"], inbound["title"], inbound["action"]) == (
        "not judged",
        "Not judged: Inbound",
        "not_enough_data",
    )


def test_one_loss_reason_at_most_is_the_most_frequent(company: tuple[str, Path, Report]) -> None:
    _, path, _ = company
    rows = Rows(path)
    named = rows.find("report_findings", {"topic": "loss_reason"})
    assert len(named) <= 1
    for row in named:
        reasons = [
            r for r in rows.find("loss_reasons", {"period": "quarter"}) if r["category"] not in ("unspecified", "other")
        ]
        assert row["source_row"] in {
            r["category"] for r in reasons if r["lost_deals"] == max(r["lost_deals"] for r in reasons)
        }


# ---------------------------------------------------------------- formats


def _html_text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())


def test_the_three_formats_state_the_same(company: tuple[str, Path, Report]) -> None:
    _, path, report = company
    page = _html_text(_rendered(path, "html"))
    isolates = str.maketrans("", "", "\u2068\u2069\u2060\\")
    markdown = " ".join(_rendered(path, "md").translate(isolates).split())
    data = json.loads(_rendered(path, "json"))
    told = {sentence.text for sentence in sentences(report)} | {source.shown for source in sources(report)}
    for text in told:
        flat = " ".join(text.split())
        assert flat in page
        # what signs of a drawing mean is left out where there is none
        assert " ".join(without_legend(flat).split()).translate(isolates) in markdown
    stated = json.dumps(data, ensure_ascii=False)
    assert all(json.dumps(text, ensure_ascii=False) in stated for text in told)


def test_the_json_is_as_its_schema_says(company: tuple[str, Path, Report]) -> None:
    schema = json.loads((ROOT / "winloss/report/report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(_rendered(company[1], "json")), schema)


def test_the_page_is_one_file_that_runs_and_fetches_nothing(company: tuple[str, Path, Report]) -> None:
    page = _rendered(company[1], "html")
    assert len(page.encode()) < 350_000
    assert not re.search(
        r"<script|javascript:|\son\w+\s*=|\sstyle\s*=|@import|url\((?!#)|<iframe|<object|<link|<img",
        page,
        re.IGNORECASE,
    )
    assert set(re.findall(r"https?://[^\"'\s]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert re.search(r"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-[\w+/]+=*'", page)
    identities = re.findall(r"\sid=\"([^\"]+)\"", page)
    assert len(identities) == len(set(identities))
    assert set(re.findall(r"href=\"#([^\"]+)\"", page)) <= set(identities)


def test_every_drawing_is_whole_and_needs_no_style_sheet(company: tuple[str, Path, Report]) -> None:
    page = _rendered(company[1], "html")
    marked = page.count("<rect") + page.count("<circle") + page.count("<polygon")
    assert marked > 3 and page.count("<svg") == page.count("</svg>")
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        ElementTree.fromstring(table.replace("<wbr>", ""))
    for drawing in re.findall(r'<svg class="c".*?</svg>\s*(?=<figcaption|</figure)', page, re.DOTALL):
        tags = [element.tag for element in ElementTree.fromstring(drawing).iter()]
        assert tags[1:3] == ["title", "desc"]
    for shape in re.findall(r"<(?:rect|circle|polygon)[^>]*>", page):
        assert ' fill="' in shape and not re.search(r'="-?(?:nan|inf)', shape), shape


def test_the_same_file_gives_the_same_report(published: Published) -> None:
    path = published("sparse effects")
    assert [render(build_report(path), kind) for kind in ("html", "md", "json")] == [
        _rendered(path, kind) for kind in ("html", "md", "json")
    ]


# ---------------------------------------------------------------- what each company must be told


def _text(path: Path) -> str:
    return _html_text(_rendered(path, "html"))


def test_without_an_effect_no_segment_is_claimed(published: Published) -> None:
    path = published("null effect")
    assert not Rows(path).find("icp_recommendations", {"grade": "strong"})
    assert "No segment stands apart clearly enough to act on yet" in _text(path)
    # a trend over quarters is a test of its own, and these deals happen to have one
    said = [
        sentence.text
        for sentence in sentences(_report(path))
        if "win_rate_trend" not in {source.table for source in sentence.sources}
    ]
    assert not [text for text in said if "by more than chance" in text and not text.startswith("No ")]


def test_a_real_effect_is_claimed_and_drawn_filled(published: Published) -> None:
    path = published("sparse effects")
    assert "We win more often in Retail" in _text(path) and "Retail wins " in _text(path)
    where = _rendered(path, "html").partition('<section id="where"')[2].partition("</section>")[0]
    assert where.count('class="hl"') == 1 and re.search(r'class="f-good s-paper"', where)


def test_one_deal_is_not_called_a_win_rate(published: Published) -> None:
    report = _report(published("one deal"))
    assert report.headline.text == "Too few deals closed in Q4\u00a02025 to judge a win rate: 1 of 1 won"
    assert not [s for s in sentences(report) if s.grade == "Strong"]


def test_where_all_is_won_nothing_is_lost(published: Published) -> None:
    assert "No deal was lost in the period." in _text(published("all won"))


def test_without_contacts_nothing_is_said_of_buyers(published: Published) -> None:
    assert "No closed deal of the trailing quarters has a contact, so nothing can be said about who buys." in _text(
        published("no contacts")
    )


def test_without_dates_there_is_no_quarter_and_no_trend(published: Published) -> None:
    report = _report(published("no dates"))
    assert report.quarter == ""
    assert report.headline.text.endswith("of all closed deals; there is no quarter to review")
    text = _text(published("no dates"))
    for words in (
        "No deal has a closed date, so there are no two quarters to compare.",
        "Reports are compared by their quarters, and no deal has a closed date.",
        "Without closed dates no advice can be checked on deals that came after it.",
        # what the window answers is answered of all deals
        "No decision accounts for 38 of 162 losses, 23%",
        "Retail wins ",
    ):
        assert words in text
    for words in ("trailing", "previous quarter", "the next report", ", data to", "This is the first report"):
        assert words not in text


def test_without_dates_nothing_is_said_of_a_window_that_is_all_deals(published: Published) -> None:
    path = published("no dates")
    text = _text(path).replace("\\", "")
    untrue = ("the window", "trailing", "period `all`", "the same quarter", "Allowing for quarter")
    assert [words for words in untrue if words in text] == []
    shown = CliRunner().invoke(main, ["what-if", "--shift", "industry=Retail:10", "--db", str(path)]).stdout
    assert "Deals of any day, for none has a closed date." in shown
    assert "None" not in shown and "window" not in shown
    # of the deals that have dates, as in the sample, it is said
    assert "the trailing quarters" in _text(published("sample"))


def test_without_reasons_none_is_named(published: Published) -> None:
    path = published("no reasons")
    assert "states a usable reason." in _text(path)
    assert not Rows(path).find("report_findings", {"topic": "loss_reason"})
    assert "No closed deal of the trailing quarters has a qualification score" in _text(path)


def test_of_ten_thousand_segments_a_few_are_drawn_and_all_are_counted(published: Published) -> None:
    path = published("10,000 segments")
    counted = (
        Rows(path)
        .connection.execute(
            "select count(*) from win_rates_by_dimension where period = 'window' and dimension = 'industry' and closed_deals > 0"
        )
        .fetchall()[0][0]
    )
    assert counted > 4000
    assert f"Industry has {counted:,} values, of which the largest are shown." in _text(path)


def test_names_in_other_scripts_keep_numbers_in_their_place(published: Published) -> None:
    page = _rendered(published("right-to-left names and emoji"), "html")
    assert f"<bdi>{SCRIPTS[0]}</bdi>" in page
    assert "&lt;GmbH&gt;" in page and "<GmbH>" not in page
    markdown = _rendered(published("right-to-left names and emoji"), "md")
    assert f"\u2068{SCRIPTS[0]}\u2069" in markdown
    assert "\\| \\*Care\\*" in markdown


def test_names_that_are_code_are_shown_and_not_run(published: Published) -> None:
    path = published("names that are code")
    page = _rendered(path, "html")
    assert f"We win more often in {CODE[0]}" in _text(path)
    assert "<script" not in page and "<b>`bold`" not in page
    markdown = _rendered(path, "md")
    assert "script\\>" in markdown and not re.search(r"(?<!\\)(<script|<b>|\[click)", markdown)
    assert {
        row["segment"] for row in Rows(path).find("win_rates_by_dimension", {"dimension": "industry", "period": "all"})
    } >= {*CODE[:4], "[click](evil) `bold`"}  # the tags of a web page are no part of a name


def test_long_names_are_whole_and_may_break(published: Published) -> None:
    page = _rendered(published("very long names"), "html")
    assert UNBROKEN_NAME in _html_text(page) and LONG_NAME in _html_text(page)
    assert UNBROKEN_NAME not in page and "<wbr>" in page


def test_nothing_closed_is_a_report_too(published: Published) -> None:
    assert _report(published("nothing closed")).headline.text == "No closed deals to report on"
    text = _text(published("nothing closed"))
    # why there is no quarter is said once, at the head; and what no quarter has is not said of the trailing ones
    assert text.count("no closed deals in the data") == 1
    assert "review_quarter" not in text.replace("\\", "") and "trailing quarters" not in text


def test_a_quarter_of_a_mistyped_year_ends_no_trend(published: Published) -> None:
    marts = read_marts(published("sparse effects"))
    quarters = list(marts.rows("win_rates_by_quarter"))
    typed = quarters[-1] | {"quarter": "2205-Q4", "starts_on": date(2205, 10, 1), "closed_deals": 1, "is_partial": True}
    told = report_on(
        Marts(marts.path, marts.tables | {"win_rates_by_quarter": (*quarters, typed)}, marts.segment_counts)
    )
    page = render(told, "html")
    assert formatting.text(quarters[-1]["quarter"]) in page
    assert "2205" not in page


# ---------------------------------------------------------------- what is missing, and what is wrong


def test_a_file_without_some_mart_is_still_a_report(published: Published) -> None:
    marts = read_marts(published("sparse effects"))
    for table in marts.tables:
        if table not in ("win_rate_baseline", "dim_periods"):
            rest = {name: rows for name, rows in marts.tables.items() if name != table}
            assert render(report_on(Marts(marts.path, rest, marts.segment_counts)), "html")
            assert render(brief_on(Marts(marts.path, rest, marts.segment_counts)), "html")


@pytest.mark.parametrize("table", ["icp_backtest", "recommendation_follow_up", "run_history", "report_changes"])
def test_a_section_without_its_mart_says_so(published: Published, table: str) -> None:
    marts = read_marts(published("sparse effects"))
    rest = {name: rows for name, rows in marts.tables.items() if name != table}
    page = render(report_on(Marts(marts.path, rest, marts.segment_counts)), "html")
    assert "This published file holds no" in page or "this published file holds no" in page


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"nowhere\.duckdb: no such file\. Build first \(winloss run, or dbt build\)"):
        build_report(tmp_path / "nowhere.duckdb")


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    other.write_text("not a database " * 1000)
    with pytest.raises(ReportError, match="cannot be opened as a DuckDB file"):
        build_report(other)


def test_a_database_without_marts_is_named(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as connection:
        connection.execute("create table t as select 1 as x")
    with pytest.raises(ReportError, match="holds no published marts"):
        build_report(tmp_path / "empty.duckdb")


def test_another_quarter_is_refused_with_the_command_that_builds_it(published: Published) -> None:
    with pytest.raises(
        ReportError, match=r"reviews 2025-Q4, not 2025-Q3\. Build it with: dbt build --vars 'review_quarter: 2025-Q3'"
    ):
        build_report(published("null effect"), "2025-Q3")


def test_the_report_is_put_in_place_in_one_step(published: Published, tmp_path: Path) -> None:
    path = write_report(published("one deal"), tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [file.name for file in path.parent.iterdir() if not file.name.startswith(".")] == ["report.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="cannot be written"):
        write_report(published("one deal"), tmp_path / "file" / "report.html")


# ---------------------------------------------------------------- words and drawings


@pytest.mark.parametrize(
    ("format", "value", "shown"),
    [
        (formatting.percent, 0.6220, "62%"),
        (formatting.percent, 221 / 222, "over 99%"),
        (formatting.percent, 1.0, "100%"),
        (formatting.percent, 0.001, "under 1%"),
        (formatting.percent, None, "n/a"),
        (formatting.percent_short, 0.996, ">99%"),
        (formatting.points, 0.0220, "+2.2\u00a0points"),
        (formatting.points, -0.01, "−1.0\u00a0points"),
        (formatting.points, 0.0001, "0\u00a0points"),
        (formatting.points_bare, 0.0996, "+10"),
        (formatting.points_size, 0.173, "17\u00a0points"),
        (formatting.points_size, -0.01, "1.0\u00a0points"),
        (formatting.percent_bare, 0.74, "74"),
        (formatting.percent_bare, 0.996, ">99"),
        (formatting.text, "since 2025-Q4 and FY2026-Q1", "since Q4\u00a02025 and Q1\u00a0FY2026"),
        (formatting.signed, -1.46, "−1.5"),
        (formatting.count, 1042, "1,042"),
        (formatting.deals, 1, "1 deal"),
        (formatting.closed_deals, 1270, "1,270 closed deals"),
        (formatting.number, 12.5, "12.5"),
        (formatting.money_format("USD")[0], 98500.4, "$98,500"),
        (formatting.money_format("USD")[1], 7_781_500, "$7.8M"),
        (formatting.money_format("USD")[1], 999_960, "$1M"),
        (formatting.money_format("USD")[1], -61_100, "−$61.1K"),
        (formatting.money_format("CHF")[0], 1200, "CHF\u00a01,200"),
        (formatting.money_format(None)[0], 1200, "1,200"),
        (formatting.money_format("company currency")[1], 1_700_000, "1.7M"),
        (formatting.day, "2026-01-15", "15\u00a0January\u00a02026"),
        (formatting.typographic, "by -1.5 (-2.7 to -0.4), 2025-Q4, A-1", "by −1.5 (−2.7 to −0.4), 2025-Q4, A-1"),
    ],
)  # fmt: skip
def test_numbers_read_as_people_write_them(format: Callable[[Any], str], value: Any, shown: str) -> None:
    assert format(value) == shown
