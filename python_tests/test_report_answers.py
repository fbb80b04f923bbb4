"""Ten questions a sales leader asks, answered from the page alone; and one answer to one question wherever it is asked."""

from __future__ import annotations

import json
import re
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

import pytest

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
            f"likelier than not, not proven (z = {row['z']:.2f})",
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
            f"{percent(row['share'])} ({row['share_low'] * 100:.0f} to {row['share_high'] * 100:.0f}) and of ${row['lost_amount'] / 1e6:.1f}M lost",
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
