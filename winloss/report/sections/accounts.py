"""Which accounts fit, and whether what the advice moves is also worth more."""

from __future__ import annotations

import math

from winloss.formatting import count, listed, percent_short, points_bare, two_decimals
from winloss.report.charts import NARROW, Row, RowChart, percent_ticks, points_scale
from winloss.report.context import Context
from winloss.report.document import Block, Chart, ChartGrid, Paragraph, Section, Sentence, plain_table
from winloss.report.marts import Record

_AVOIDED = 2
_VALUED = 8
_RATIOS = (0.2, 1.0, 5.0)


def which_accounts(context: Context) -> Section:
    title = "Which accounts fit"
    sources = ("scorecard_quality", "account_tiers", "account_points")
    say = context.writer.say
    quality = context.marts.first("scorecard_quality")
    if quality is None:
        return Section("accounts", title, ())
    if not quality["is_allowed"]:
        told = say("No tiers: {missing_reason}.", quality, grade="too few deals" if quality["deals_missing"] else None)
        return Section("accounts", title, (Paragraph(told, "missing"),), ("scorecard_quality",))
    rows = sorted(
        (row for row in context.marts.rows("account_tiers") if row["judged_deals"]), key=lambda row: str(row["tier"])
    )
    blocks: list[Block] = [Paragraph(_takeaway(context, quality, rows), "takeaway")]
    best = context.marts.first("account_tiers", tier="A")
    if best and best["accounts"]:
        counted = "{accounts|count} accounts are in tier {tier}, with {open_deals|deals} open."
        if best["whitespace_accounts"]:
            counted = "{whitespace_accounts|count} of {accounts|count} accounts of tier {tier} have no deal yet."
        blocks.append(Paragraph(say(counted, best), "plain"))
    anti = [row for row in context.marts.rows("account_points") if row["is_anti"]][:_AVOIDED]
    if anti:
        parts = [
            say("{segment} ({dimension|label}, {points|points} of win rate, {points_low|points_bare} to {points_high|points_bare})", row)
            for row in anti
        ]  # fmt: skip
        words = "Accounts to avoid: " + listed([part.text for part in parts]) + "."
        blocks.append(Paragraph(Sentence(words, tuple(source for part in parts for source in part.sources)), "plain"))
    if rows:
        blocks.append(_tiers(context, rows))
    return Section("accounts", title, tuple(blocks), sources)


def _takeaway(context: Context, quality: Record, rows: list[Record]) -> Sentence:
    say = context.writer.say
    if len(rows) < 2:
        return say("On {judged_deals|deals} they had not seen, scores put all accounts into one tier.", quality)
    first, last = rows[0], rows[-1]
    is_apart = first["judged_win_rate_low"] > last["judged_win_rate_high"]
    return say(
        "On {quality.judged_deals|deals} the scores had not seen, tier {first.tier} won {first.judged_win_rate|percent} "
        "({first.judged_win_rate_low|percent} to {first.judged_win_rate_high|percent}), tier {last.tier} {last.judged_win_rate|percent} "
        "({last.judged_win_rate_low|percent} to {last.judged_win_rate_high|percent}).",
        grade="strong" if is_apart else "directional",
        quality=quality,
        first=first,
        last=last,
    )


def _tiers(context: Context, rows: list[Record]) -> Chart:
    write = context.writer
    drawn = tuple(
        Row(
            f"tier {row['tier']}", row["judged_win_rate"], row["judged_win_rate_low"], row["judged_win_rate_high"], row["promised_win_rate"], "main",
            (percent_short(row["judged_win_rate"]), percent_short(row["promised_win_rate"]), count(row["judged_deals"])),
        )
        for row in rows
    )  # fmt: skip
    return Chart(
        "tiers",
        "Promised and won by tier",
        "Two dots per tier: hollow, what the quarters before promised; filled, what was then won, with its 95% interval.",
        RowChart(drawn, ("won", "promised", "deals"), (0.0, 1.0), percent_ticks((0.0, 0.25, 0.5, 0.75, 1.0))),
        plain_table(
            "Promised and won by tier",
            [
                ("Tier", "left"),
                ("Won", "right"),
                ("Deals", "right"),
                ("Win rate", "right"),
                ("95% interval", "right"),
                ("Promised", "right"),
                ("Accounts", "right"),
                ("without a deal", "right"),
            ],
            [
                (
                    write.cell(row, "tier"),
                    write.cell(row, "judged_won_deals", "count"),
                    write.cell(row, "judged_deals", "count"),
                    write.cell(row, "judged_win_rate", "percent"),
                    context.interval(row, "judged_win_rate_low", "judged_win_rate_high"),
                    write.cell(row, "promised_win_rate", "percent"),
                    context.or_dash(row, "accounts", "count"),
                    context.or_dash(row, "whitespace_accounts", "count"),
                )
                for row in rows
            ],
            Sentence("Tiers are set by the distance from the average win rate, never by rank. Few accounts are not shown."),
        ),
        "Hollow: promised by the quarters before. Filled: won then, over all judged quarters, with its 95% interval.",
    )  # fmt: skip


# ---------------------------------------------------------------- what the advice is worth


def is_it_worth_it(context: Context) -> Section:
    title, sources = "Is the advice worth it", ("advice_values", "segment_values", "icp_recommendations")
    if not context.marts.has("advice_values"):
        return Section("worth", title, ())
    say = context.writer.say
    claims = context.marts.rows("advice_values")
    if not claims:
        told = Sentence("No segment is claimed to win more or less often, so there is no advice to value.")
        return Section("worth", title, (Paragraph(told, "missing"),), ("advice_values",))
    rows = [row for row in claims if row["agreement"] and row["value_ratio"] is not None][:_VALUED]
    if not rows:
        told = Sentence("What the advice is worth cannot be told.")
        reasons = [row for row in claims if row["value_missing_reason"]]
        # a pair, or bands taken together, lack no amounts
        if lacking := next((row for row in reasons if "not valued" not in row["value_missing_reason"]), None):
            told = say("What the advice is worth cannot be told: {value_missing_reason}. Record the amount of each won deal.", lacking)  # fmt: skip
        elif reasons:
            told = say("What the advice is worth cannot be told: {value_missing_reason}.", reasons[0])
        return Section("worth", title, (Paragraph(told, "missing"),), ("advice_values",))
    order = {"conflict": 0, "both": 1, "rate only": 2}
    blocks: list[Block] = [
        Paragraph(_worth(context, row), "takeaway")
        for row in sorted(rows, key=lambda row: (order[row["agreement"]], row["rank"]))
    ]
    first = next((row for row in rows if row["agreement"] == "both" and row["action"] == "target_more"), None)
    if first and first["extra_amount_per_100"] is not None:
        gain = (
            "Moving {shift_points|count} of every 100 opportunities to {segment_label} should bring {extra_amount_per_100|money_short} "
            "({extra_amount_per_100_low|money_short} to {extra_amount_per_100_high|money_short}) per 100."
        )
        blocks.append(Paragraph(say(gain, first), "worth"))
    blocks.append(_panels(context, rows))
    return Section("worth", title, tuple(blocks), sources)


def _worth(context: Context, row: Record) -> Sentence:
    say = context.writer.say
    often = "more" if row["action"] == "target_more" else "less"
    ratio = "{value_ratio|two_decimals} times as much per opportunity ({value_ratio_low|two_decimals} to {value_ratio_high|two_decimals})"
    if row["agreement"] == "both":
        return say(
            f"{{segment_label}}: wins {{expected_lift|points_size}} {often} often, and is worth {ratio}.",
            row,
            grade="strong",
        )
    if row["agreement"] == "conflict":
        advice = (
            "Move no selling time there unless it is idle."
            if often == "more"
            else "Do not leave it for its win rate alone."
        )
        return say(f"{{segment_label}}: wins {often} often, but earns {ratio}. {advice}", row, grade="strong")
    if row["value_ratio_high"] < 1 or row["value_ratio_low"] > 1:
        return say(
            f"{{segment_label}}: wins {often} often; {{won_deals|count}} wins are too few to say what an opportunity there is worth "
            "({value_ratio_low|two_decimals} to {value_ratio_high|two_decimals} times).",
            row,
            grade="too few deals",
        )
    return say(
        f"{{segment_label}}: wins {often} often; whether it earns {often} per opportunity is inconclusive on {{won_deals|count}} wins "
        "({value_ratio_low|two_decimals} to {value_ratio_high|two_decimals} times).",
        row,
        grade="directional",
    )


def _panels(context: Context, rows: list[Record]) -> ChartGrid:
    write = context.writer
    advised = {row["rank"]: row for row in context.marts.rows("icp_recommendations")}
    worth = {(row["dimension"], row["segment"]): row for row in context.marts.rows("segment_values")}
    lifts, ratios = [], []
    for row in rows:
        source = advised.get(row["rank"])
        shape = "up" if row["action"] == "target_more" else "down"
        low, high = (source["expected_lift_low"], source["expected_lift_high"]) if source else (None, None)
        lifts.append(
            Row(
                row["segment_label"],
                row["expected_lift"],
                low,
                high,
                shape=shape,
                right=(points_bare(row["expected_lift"]),),
            )
        )
        ratio, least, most = (
            math.log(row[column]) for column in ("value_ratio", "value_ratio_low", "value_ratio_high")
        )
        sure = "dot" if row["agreement"] == "rate only" else "up" if ratio > 0 else "down"
        ratios.append(
            Row(row["segment_label"], ratio, least, most, shape=sure, right=(two_decimals(row["value_ratio"]),))
        )
    scale = tuple((math.log(edge), f"{edge:g}") for edge in _RATIOS)
    charts = (
        Chart(
            "worth-points",
            "Points of win rate",
            "A triangle per claimed segment: the points of win rate to expect there against other segments, with their interval.",
            RowChart(tuple(lifts), ("points",), *points_scale(lifts), (0.0, "no difference"), (NARROW,)),
        ),
        Chart(
            "worth-ratio",
            "Value per opportunity",
            "A mark per claimed segment: the value of an opportunity there by that of all others, with its 95% interval; one is as much.",
            RowChart(tuple(ratios), ("times",), (scale[0][0], scale[-1][0]), scale, (0.0, "as much"), (NARROW,)),
        ),
    )
    table = plain_table(
        "What the claims are worth",
        [
            ("Segment", "left"),
            ("Points", "right"),
            ("Value per opportunity", "right"),
            ("of others", "right"),
            ("Times", "right"),
            ("interval", "right"),
            ("Times per day", "right"),
            ("interval", "right"),
            ("In words", "left"),
        ],
        [
            (
                write.cell(row, "segment_label"),
                write.cell(row, "expected_lift", "points_bare"),
                *(
                    context.or_dash(worth[(row["dimension"], row["segment"])], column, "money_short")
                    if (row["dimension"], row["segment"]) in worth
                    else "–"
                    for column in ("value_per_deal", "other_value_per_deal")
                ),
                write.cell(row, "value_ratio", "two_decimals"),
                context.interval(row, "value_ratio_low", "value_ratio_high", "two_decimals"),
                context.or_dash(row, "day_ratio", "two_decimals"),
                context.interval(row, "day_ratio_low", "day_ratio_high", "two_decimals"),
                write.cell(row, "price_sentence"),
            )
            for row in rows
        ],
    )
    return ChartGrid(
        charts,
        table,
        "First the win rate, against other segments; then the value of an opportunity, won or not, where each tick is five times the one before. "
        "A dot is inconclusive.",
    )
