"""The report in reading order."""

from __future__ import annotations

from pathlib import Path

from winloss.report.context import Context
from winloss.report.document import Block, Report, Section
from winloss.report.marts import Marts, ReportError, read_marts
from winloss.report.sections import (
    accounts,
    advice,
    changes,
    competitors,
    losses,
    multithreading,
    opening,
    people,
    pipeline,
    rates,
    scores,
    segments,
    trust,
)


def build_report(path: Path | str, quarter: str | None = None) -> Report:
    """The report on the published file at `path`; `quarter` must be the quarter it reviews, if given.

    Raises ReportError, with what to do, where the file cannot be read or reviews another quarter.
    """
    marts = read_marts(Path(path))
    report = report_on(marts)
    if quarter and quarter != report.quarter:
        raise ReportError(
            f"{path} reviews {report.quarter or 'no quarter'}, not {quarter}. "
            f"Build it with: dbt build --vars 'review_quarter: {quarter}'"
        )
    return report


def report_on(marts: Marts) -> Report:
    context = Context(marts)
    figures = opening.figures(context)
    first: tuple[Block, ...] = (figures,) if figures else ()
    sections = [
        Section(
            "figures",
            "The quarter in four figures" if context.quarter else "All closed deals in figures",
            first,
            ("win_rate_baseline", "win_rates_by_quarter", "typical_deals"),
        ),
        advice.what_to_know(context),
        advice.actions(context),
        opening.trend(context),
        changes.why_it_moved(context),
        segments.where_we_win(context),
        segments.patterns(context),
        rates.which_rate(context),
        pipeline.funnel(context),
        losses.why_we_lose(context),
        competitors.against_whom(context),
        people.who_buys(context),
        multithreading.multithreading(context),
        scores.score_threshold(context),
        pipeline.open_deals(context),
        accounts.which_accounts(context),
        accounts.is_it_worth_it(context),
        advice.backtest(context),
        trust.can_we_trust(context),
        trust.how_to_read(context),
    ]
    company = context.setting("company_name")
    methods = [row["method_version"] for row in marts.rows("icp_recommendations")]
    return Report(
        context.quarter or "",
        opening.headline(context),
        opening.standfirst(context),
        tuple(section for section in sections if section.blocks),
        methods[0] if methods else "",
        str(company["value"] or "") if company else "",
    )
