"""The report in reading order."""

from __future__ import annotations

from pathlib import Path

from winloss.report.context import Context
from winloss.report.document import Report, Section
from winloss.report.marts import Marts, ReportError, read_marts
from winloss.report.sections import (
    accounts,
    advice,
    brief,
    changes,
    competitors,
    losses,
    opening,
    people,
    pipeline,
    rates,
    scores,
    segments,
    trust,
)


def build_report(path: Path | str, quarter: str | None = None, is_brief: bool = False) -> Report:
    """The report on the published file at `path`, or its one-page brief; `quarter` must be the quarter it reviews, if given.

    Raises ReportError, with what to do, where the file cannot be read or reviews another quarter.
    """
    marts = read_marts(Path(path))
    report = brief_on(marts) if is_brief else report_on(marts)
    if quarter and quarter != report.quarter:
        raise ReportError(
            f"{path} reviews {report.quarter or 'no quarter'}, not {quarter}. "
            f"Build it with: dbt build --vars 'review_quarter: {quarter}'"
        )
    return report


def report_on(marts: Marts) -> Report:
    """The report on these rows; a section that has nothing to say at all is left out."""
    context = Context(marts)
    sections = (
        opening.at_a_glance(context),
        opening.changed(context),
        opening.actions(context),
        changes.why_it_moved(context),
        segments.where_we_win(context),
        rates.which_rate(context),
        pipeline.funnel(context),
        losses.why_we_lose(context),
        competitors.against_whom(context),
        people.who_buys(context),
        scores.score_threshold(context),
        pipeline.open_deals(context),
        accounts.which_accounts(context),
        accounts.is_it_worth_it(context),
        advice.was_it_right(context),
        trust.can_we_trust(context),
    )
    appendix = (
        advice.all_actions(context),
        segments.all_segments(context),
        rates.definitions(context),
        losses.reliability(context),
        trust.lines(context),
        trust.how_to_read(context),
    )
    return _report(context, sections, appendix)


def brief_on(marts: Marts) -> Report:
    """One page: tiles, trend, claims, what is asked for, outlook, what changed."""
    context = Context(marts)
    sections = (
        opening.at_a_glance(context),
        brief.trend(context),
        brief.claims(context),
        brief.asked_for(context),
        brief.outlook(context),
        opening.changed(context, listed=3),
    )
    return _report(context, sections, (), is_brief=True)


def _report(
    context: Context, sections: tuple[Section, ...], appendix: tuple[Section, ...], is_brief: bool = False
) -> Report:
    company, period = context.setting("company_name"), context.period("quarter")
    methods = [row["method_version"] for row in context.marts.rows("icp_recommendations")]
    return Report(
        context.quarter or "",
        opening.headline(context),
        opening.standfirst(context),
        tuple(section for section in sections if section.blocks),
        tuple(section for section in appendix if section.blocks),
        methods[0] if methods else "",
        str(company["value"] or "") if company else "",
        context.writer.cell(period, "as_of_on", "day").shown if period and period["as_of_on"] else "",
        is_brief,
    )
