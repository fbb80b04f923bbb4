"""Ten questions a sales leader asks, answered from the page alone; and one answer to one question wherever it is asked."""

from __future__ import annotations

import csv
import json
import re
from functools import cached_property
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from python_tests.conftest import SampleBuild
from python_tests.test_cli import run
from winloss.report import build_report, render
from winloss.report.summary import summary_of

PAGE_ONE = ("glance", "changed", "actions")


class Page:
    """The words of a page by section; what stands above the first is `top`."""

    def __init__(self, path: Path) -> None:
        self.html = render(build_report(path), "html")

    @cached_property
    def sections(self) -> dict[str, str]:
        body = self.html.partition("<header>")[2]
        parts = re.split(r'<section id="([\w-]+)"', body)
        return {name: self.words(text) for name, text in zip(["top", *parts[1::2]], parts[::2])}

    @staticmethod
    def words(text: str) -> str:
        text = re.sub(r"<(?:svg|nav)\b.*?</(?:svg|nav)>", " ", text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<wbr>|<[^>]+>", " ", text)).replace("\N{MINUS SIGN}", "-").split())


@pytest.fixture(scope="module")
def page(sample_build: SampleBuild) -> Page:
    return Page(sample_build.database)


def percent(value: float) -> str:
    return f"{value * 100:.0f}%"


def points(value: float) -> str:
    return f"{value * 100:+.1f}" if abs(value) < 0.0995 else f"{value * 100:+.0f}"


# Where the answer stands, what is asked of the tables, and the words in which the page must give it.
QUESTIONS: dict[str, tuple[str, str, Any]] = {
    "How much did we win, and how much did we lose?": (
        "glance",
        "select won_amount, lost_amount from marts.win_rate_baseline where period = 'quarter'",
        lambda row: [f"${row['won_amount'] / 1e6:.1f}M", f"${row['lost_amount'] / 1e6:.1f}M lost"],
    ),
    "What is the win rate, and did it really change?": (
        "glance",
        "select * from marts.win_rates_by_quarter where quarter = '2025-Q4'",
        lambda row: [
            f"{percent(row['win_rate'])} {row['win_rate_low'] * 100:.0f} to {row['win_rate_high'] * 100:.0f}",
            f"{row['won_deals']} of {row['closed_deals']} closed deals won",
            f"{points(row['win_rate_change'])} from Q3 2025",
            f"{points(row['win_rate_change_low'])} to {points(row['win_rate_change_high'])}: no clear change",
        ],
    ),
    "Is it better than a year ago, and is there a trend?": (
        "why",
        "select trend.z, total.change from marts.win_rate_trend as trend, marts.win_rate_changes as total "
        "where total.comparison = 'year_before' and total.part = 'total'",
        lambda row: [
            f"{points(row['change'])} points since Q4 2024",
            f"no trend (z = {row['z']:.2f})",
        ],
    ),
    "Where do we win, and where not?": (
        "where",
        "select max(case when segment = 'Technology' then win_rate end) as best, max(case when segment = 'Cold Outbound' then win_rate end) as worst "
        "from marts.win_rates_by_dimension where period = 'window'",
        lambda row: [
            f"Technology wins {percent(row['best'])}",
            f"Cold Outbound wins {percent(row['worst'])}",
            "Not tested: country, deal type",
        ],
    ),
    "Why do we lose, and did that change?": (
        "why-we-lose",
        "select * from marts.loss_reasons where period = 'quarter' order by lost_deals desc limit 1",
        lambda row: [
            f"{row['label']}, sellers say: {row['lost_deals']} of {row['all_lost_deals']} losses; no reason changed clearly",
            f"{percent(row['share'])} ({row['share_low'] * 100:.0f} to {row['share_high'] * 100:.0f}), "
            f"and for ${row['lost_amount'] / 1e6:.1f}M of the lost value",
        ],
    ),
    "Against whom, and how sure is that?": (
        "against-whom",
        "select * from marts.competition_coverage where period = 'window'",
        lambda row: [
            f"No competitor stands out; {percent(row['named_win_rate'])} won where one is named",
            f"lies between {percent(row['win_rate_at_least'])} and {percent(row['win_rate_at_most'])}",
        ],
    ),
    "What should we do first, who does it and by when?": (
        "actions",
        "select * from marts.action_items where item = 1",
        lambda row: [row["title"], row["action"], row["owner"], "by the end of Q1 2026"],
    ),
    "Do the gains of the three actions add up?": (
        "actions",
        "select * from marts.return_on_investment",
        lambda row: [f"{row['shared_target_deals']} of the {row['target_deals']} deals in a target segment are in two"],
    ),
    "What will the open deals bring, and which are dead?": (
        "open-deals",
        "select * from marts.open_pipeline where dimension = 'all'",
        lambda row: [
            f"{row['expected_wins']:.0f} wins to come from {row['open_deals']} open deals, worth ${row['expected_amount'] / 1e6:.1f}M",
            f"{row['stale_deals']} are stale",
        ],
    ),
    "Was earlier advice right, and would a simpler rule do as well?": (
        "track-record",
        "select * from marts.icp_backtest where method = 'winloss' order by quarter desc limit 1",
        lambda row: [
            f"deals inside the advice won {percent(row['inside_win_rate'])}, all others {percent(row['outside_win_rate'])}",
            f"as well in {row['naive_as_good_quarters']} of {row['judged_quarters']} quarters, better in {row['naive_better_quarters']} and worse in "
            f"{row['naive_worse_quarters']}",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_page_answers_what_a_sales_leader_asks(page: Page, sample_build: SampleBuild, question: str) -> None:
    place, sql, answer = QUESTIONS[question]
    (row,) = sample_build.rows(sql)
    told = page.sections[place]
    assert [words for words in answer(row) if words not in told] == []


def test_the_first_page_stands_before_all_questions(page: Page) -> None:
    assert tuple(page.sections)[1:4] == PAGE_ONE
    assert page.sections["changed"].endswith("This is the first report.")
    assert (
        page.sections["top"]
        .partition("We won ")[2]
        .startswith("$7.8M in Q4 2025, 62% of closed deals: no clear change")
    )


# ---------------------------------------------------------------- one answer to one question


def test_what_a_claim_is_worth_is_the_same_wherever_it_is_asked(page: Page, sample_build: SampleBuild) -> None:
    advised = json.loads(run("recommend", "--format", "json", "--db", str(sample_build.database)).stdout)
    claims = [row for row in advised if row["grade"] == "strong" and row["action"] == "target_more"][:3]
    assert len(claims) == 3
    for claim in claims:
        told = page.sections["actions"].partition(f"Target more: {claim['segment_label']}")[2]
        assert f"expect {claim['extra_wins_per_100']:+.1f} wins" in told
        assert f"We win {percent(claim['win_rate'])} of these deals" in told
        # what-if: the same gain, on the deals of the window
        shift = f"{claim['dimension']}={claim['segment']}:10"
        shown = run("what-if", "--shift", shift, "--db", str(sample_build.database)).stdout
        won, then = map(int, re.search(r"Won deals\s+(\d+)\s+(\d+)", shown).groups())  # type: ignore[union-attr]
        deals = int(re.search(r"Closed deals\s+(\d+)", shown)[1])  # type: ignore[index]
        assert then == round(won + deals * claim["extra_wins_per_100"] / 100)


def test_the_summary_says_what_the_page_says(page: Page, sample_build: SampleBuild) -> None:
    summary = "\n".join(summary_of(sample_build.database))
    rate, low, high, deals = re.search(r"(\d+%) \((\d+)% to (\d+)%\) of (\d+) closed deals", summary).groups()  # type: ignore[union-attr]
    assert f"{rate} {low} to {high}" in page.sections["glance"]
    assert f"of {deals} closed deals won" in page.sections["glance"]
    segments = re.findall(r"^  \w+: (\S.*?)\s{2,}(\d+%) \((\d+)% to (\d+)%\), (\d+) deals$", summary, re.MULTILINE)
    assert len(segments) == 6
    for segment, rate, low, high, deals in segments:
        assert re.search(rf"{re.escape(segment)} \d+ of {deals} {rate} {low} to {high}", page.sections["where"]), (
            segment
        )
    actions = re.findall(r"^  \[([\w ]+)\] (.+)$", summary.partition("For 2026-Q1")[2], re.MULTILINE)
    told = page.sections["actions"] + page.sections["further-actions"]
    assert len(actions) == 10
    assert [title for _, title in actions if title not in told] == []
    grades = {title: grade for grade, title in actions}
    assert (
        re.findall(r"(\w+) Target more: Technology (\w+)", f"1 {told}")[0][1].lower()
        == grades["Target more: Technology"]
    )


@pytest.fixture(scope="module")
def sheets(sample_build: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The rows of every sheet of the workbook, each by its headers."""
    path = tmp_path_factory.mktemp("workbook") / "report.xlsx"
    published = str(sample_build.folder / "published.duckdb")
    assert run("report", "--format", "xlsx", "--quiet", "--db", published, "--out", str(path)).exit_code == 0
    book = CalamineWorkbook.from_path(str(path))
    read = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    return {name: [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]] for name, rows in read.items()}


def asked(sample_build: SampleBuild, *words: str) -> list[dict[str, str]]:
    """What `winloss ask` answers."""
    shown = run("ask", *words, "--format", "csv", "--db", str(sample_build.folder / "published.duckdb"))
    assert shown.exit_code == 0, shown.output
    return list(csv.DictReader(StringIO(shown.stdout)))


def test_the_workbook_and_ask_give_the_win_rate_of_the_page(
    page: Page, sample_build: SampleBuild, sheets: dict[str, list[dict[str, Any]]]
) -> None:
    for rows in (sheets["Headline"], asked(sample_build, "what", "is", "our", "win", "rate")):
        (quarter,) = (row for row in rows if row["period"] == "quarter")
        rate, low, high = (percent(float(quarter[name])) for name in ("win_rate", "win_rate_low", "win_rate_high"))
        assert f"{rate} {low.removesuffix('%')} to {high.removesuffix('%')}" in page.sections["glance"]
        deals = f"{float(quarter['won_deals']):.0f} of {float(quarter['closed_deals']):.0f} closed deals won"
        assert deals in page.sections["glance"]
    (trend,) = sheets["Trend"]
    (of_ask,) = asked(sample_build, "is", "there", "a", "trend", "in", "the", "win", "rate")
    assert float(of_ask["z"]) == pytest.approx(trend["z"])
    assert f"(z = {trend['z']:.2f})" in page.sections["why"]


def test_the_workbook_and_ask_give_the_segments_of_the_page(
    page: Page, sample_build: SampleBuild, sheets: dict[str, list[dict[str, Any]]]
) -> None:
    """The segments claimed: counts and rates of the page, of `recommend`, of the sheet and of the question are the same."""
    advised = json.loads(run("recommend", "--format", "json", "--db", str(sample_build.database)).stdout)
    answers = {
        row["segment"]: row for row in asked(sample_build, *"where do we win more than in other segments".split())
    }
    claims = [row for row in advised if row["grade"] == "strong" and row["second_segment"] is None]
    assert len(claims) > 3
    for claim in claims:
        (row,) = (
            row
            for row in sheets["Segments"]
            if (row["period"], row["dimension"], row["segment"]) == ("window", claim["dimension"], claim["segment"])
        )
        assert (row["won_deals"], row["closed_deals"]) == (claim["won_deals"], claim["closed_deals"])
        assert row["win_rate"] == pytest.approx(claim["win_rate"])
        shown = f"{row['won_deals']:.0f} of {row['closed_deals']:.0f} {percent(row['win_rate'])}"
        assert shown in page.sections["where"], claim["segment"]
        if claim["action"] == "target_more":
            answer = answers[claim["segment"]]
            assert float(answer["win_rate"]) == pytest.approx(row["win_rate"])
            assert float(answer["closed_deals"]) == row["closed_deals"]


def test_the_workbook_and_ask_give_the_actions_of_the_page_in_its_order(
    page: Page, sample_build: SampleBuild, sheets: dict[str, list[dict[str, Any]]]
) -> None:
    columns = ("title", "action", "owner", "grade")
    in_sheet = [tuple(row[name] for name in columns) for row in sheets["Actions"]]
    assert [tuple(row[name] for name in columns) for row in asked(sample_build, *"what to do next".split())] == in_sheet
    titles, told = [title for title, *_ in in_sheet], page.sections["actions"]
    places = [told.index(title) for title in titles]
    assert places == sorted(places) and len(places) == 10
    # what the page says of a claim's worth is what stands in the sheet and in the answer
    advised = json.loads(run("recommend", "--format", "json", "--db", str(sample_build.database)).stdout)
    rationales = {row["title"]: row["rationale"] for row in asked(sample_build, "where", "should", "we", "aim")}
    for claim in [row for row in advised if row["grade"] == "strong"]:
        (item,) = (row for row in sheets["Actions"] if row["source_row"] == claim["segment_label"])
        assert item["evidence"] == claim["rationale"] == rationales[claim["title"]]
        assert f"{claim['extra_wins_per_100']:+.1f}" in item["evidence"]
    new = {row["statement"] for row in sheets["What changed"] if row["state"] == "new" and row["kind"] == "action"}
    assert new <= set(titles)


def test_the_workbook_and_ask_give_the_loss_reasons_of_the_page(
    page: Page, sample_build: SampleBuild, sheets: dict[str, list[dict[str, Any]]]
) -> None:
    in_sheet = {row["label"]: row for row in sheets["Reasons"] if row["period"] == "quarter"}
    for answer in asked(sample_build, "why", "do", "we", "lose")[:3]:
        row = in_sheet[answer["label"]]
        assert (
            float(answer["share"]) == pytest.approx(row["share"]) and float(answer["lost_deals"]) == row["lost_deals"]
        )
        shown = f"{row['label']} {row['lost_deals']:.0f} of {row['all_lost_deals']:.0f} {percent(row['share'])}"
        assert shown in page.sections["why-we-lose"]
