"""Which accounts fit, and whether what the advice moves is also worth more."""

from __future__ import annotations

import math

from winloss.formatting import listed
from winloss.report.charts import Drawing, Mark, Promise, Promises, Scale, counts, differences
from winloss.report.context import Context, mark
from winloss.report.document import Block, Chart, Columns, Pair, Paragraph, Section, Sentence, Table, missing, table
from winloss.report.marts import Record

_AVOIDED = 2
_VALUED = 6


def which_accounts(context: Context) -> Section:
    question = "Which accounts fit?"
    sources = ("scorecard_quality", "account_tiers", "account_points")
    say = context.writer.say
    quality = context.marts.first("scorecard_quality")
    if quality is None:
        return Section("accounts", question, None, ())
    if not quality["is_allowed"]:
        told = say("No tiers: {missing_reason}.", quality, grade="too few deals" if quality["deals_missing"] else None)
        return missing("accounts", question, told, "scorecard_quality")
    judged = [row for row in context.marts.rows("account_tiers") if row["judged_deals"]]
    rows = sorted(judged, key=lambda row: str(row["tier"]))
    enough = [row for row in rows if row["judged_deals"] >= context.minimum_deals]
    told_of = [_answer(context, quality, rows, enough)]
    if len(enough) > 1 and (few := [row for row in rows if row not in enough]):
        named = [say("{tier}", row) for row in few]
        words = f"Too few deals to tell of tier{'s' if len(few) > 1 else ''} {listed([part.text for part in named])}."
        told_of.append(Sentence(words, tuple(source for part in named for source in part.sources)))
    best = context.marts.first("account_tiers", tier="A")
    if best and best["accounts"]:
        counted = "{accounts|count} accounts are in tier {tier}, with {open_deals|deals} open."
        if best["whitespace_accounts"]:
            counted = "{whitespace_accounts|count} of {accounts|count} accounts of tier {tier} have no deal yet."
        told_of.append(say(counted, best))
    blocks: list[Block] = [
        Paragraph(told_of[0], "takeaway"),
        *(Paragraph(sentence, "plain") for sentence in told_of[1:]),
    ]
    anti = context.marts.rows("account_points")[:_AVOIDED]
    if anti:
        words = "{segment} ({dimension|lower}, {points|points} of win rate, {points_low|points_bare} to {points_high|points_bare})"
        parts = [say(words, row) for row in anti]
        avoided = "Accounts to avoid: " + listed([part.text for part in parts]) + "."
        blocks.append(Paragraph(Sentence(avoided, tuple(source for part in parts for source in part.sources)), "plain"))
    drawn = (_tiers(context, rows) if rows else None, _accounts(context))
    if any(drawn):
        blocks.append(Columns(tuple(block for block in drawn if block)))
    finding = Sentence("Tiers of accounts")
    if len(enough) > 1:
        finding = say(
            "Tier {first.tier} accounts won {first.judged_win_rate|percent} of deals the ranking had not seen, tier {last.tier} "
            "{last.judged_win_rate|percent}",
            first=enough[0],
            last=enough[-1],
        )
    return Section("accounts", question, finding, tuple(blocks), sources)


def _answer(context: Context, quality: Record, rows: list[Record], told: list[Record]) -> Sentence:
    """The outermost tiers of `told`: those of `rows` with enough deals to be compared."""
    say = context.writer.say
    if len(rows) < 2:
        return say("On {judged_deals|deals} they had not seen, scores put all accounts into one tier.", quality)
    if len(told) < 2:
        words = "Of {judged_deals|deals} the scores had not seen, too few are in more than one tier to tell whether tiers differ."
        return say(words, quality, grade="too few deals")
    first, last = told[0], told[-1]
    is_apart = first["judged_win_rate_low"] > last["judged_win_rate_high"]
    return say(
        "On {quality.judged_deals|deals} the scores had not seen, tier {first.tier} won {first.judged_win_rate|percent} "
        "({first.judged_win_rate_low|percent_bare} to {first.judged_win_rate_high|percent_bare}), tier {last.tier} {last.judged_win_rate|percent} "
        "({last.judged_win_rate_low|percent_bare} to {last.judged_win_rate_high|percent_bare}).",
        grade="strong" if is_apart else "directional",
        quality=quality,
        first=first,
        last=last,
    )


def _tiers(context: Context, rows: list[Record]) -> Chart:
    """What each tier was promised and won, on deals its scores had not seen."""
    say, write = context.writer.say, context.writer
    kept = all(row["judged_win_rate_low"] <= row["promised_win_rate"] <= row["judged_win_rate_high"] for row in rows)
    words = "tier {tier}, promised {promised_win_rate|percent}, won {judged_win_rate|percent}"
    told = [say(words, row) for row in rows]
    described = f"Win rate by tier of accounts: {'; '.join(part.text for part in told)}."
    title = "Every tier kept its promise: the promised rate lies inside the interval of what was won"
    return Chart(
        "tiers",
        Sentence(title if kept else "Promised and won by tier"),
        Sentence(described, tuple(source for part in told for source in part.sources)),
        Promises(
            tuple(
                Promise(
                    say("{tier} {judged_win_rate|percent}", row).text,
                    row["promised_win_rate"],
                    row["judged_win_rate"],
                    row["judged_win_rate_low"],
                    row["judged_win_rate_high"],
                )
                for row in rows
            )
        ),
        table(
            "Promised and won by tier",
            ["Tier", ">Won of closed", ">Won (95%)", ">Promised"],
            [
                (
                    write.say("Tier {tier}", row),
                    context.of(row, "judged_won_deals", "judged_deals"),
                    context.figure(row, "judged_win_rate"),
                    write.cell(row, "promised_win_rate", "percent"),
                )
                for row in rows
            ],
        ),
        "Each tier's deals of the judged quarters, with the 95% interval of what was won. Dashed: won as promised by the quarters before.",
    )


def _accounts(context: Context) -> Table | None:
    """How many accounts each tier has, those without a deal set off; few accounts are not drawn."""
    rows = context.marts.rows("account_tiers")
    if not any(row["accounts"] for row in rows):
        return None

    def marks(row: Record) -> tuple[Mark, ...]:
        if row["accounts"] is None:
            return ()
        if row["whitespace_accounts"] is None:
            return (Mark("pale", row["accounts"]),)
        worked = row["accounts"] - row["whitespace_accounts"]
        drawn = (Mark("bar", worked), Mark("open", row["accounts"], start=worked))
        return tuple(mark for mark in drawn if mark.at > mark.start)

    return table(
        "Accounts by tier",
        ["Tier", "Accounts", ">No deal yet"],
        [
            (
                Pair(context.writer.say("Tier {tier}", row), context.writer.say("{missing_reason}", row) if row["accounts"] is None else ""),
                context.or_dash(row, "accounts", "count"),
                context.or_dash(row, "whitespace_accounts", "count"),
            )
            for row in rows
        ],
        "Full: accounts with a deal. Hatched: no deal yet. Pale: those without a deal are too few to be counted. "
        "Tiers are set by the distance from the average, never by rank.",
        Drawing(counts(max(row["accounts"] or 0 for row in rows)), tuple(marks(row) for row in rows), 1),
    )  # fmt: skip


# ---------------------------------------------------------------- what the advice is worth


def is_it_worth_it(context: Context) -> Section:
    question, sources = "Is the advice worth it?", ("advice_values", "icp_recommendations", "return_on_investment")
    if not context.marts.has("advice_values"):
        return Section("worth", question, None, ())
    say = context.writer.say
    claims = context.marts.rows("advice_values")
    if not claims:
        told = Sentence("No segment is claimed to win more or less often, so there is no advice to value.")
        return missing("worth", question, told, "advice_values")
    rows = [row for row in claims if row["agreement"] and row["value_ratio"] is not None][:_VALUED]
    if not rows:
        told = Sentence("What the advice is worth cannot be told.")
        reasons = [row for row in claims if row["value_missing_reason"]]
        # a pair, or bands taken together, lack no amounts
        if lacking := next((row for row in reasons if "not valued" not in row["value_missing_reason"]), None):
            filled = context.marts.first("field_completeness", period="window", outcome="won", field="amount")
            has_all = filled is not None and filled["filled_share"] == 1
            remedy = context.remedy(
                lacking["value_missing_reason"], "" if has_all else "Record the amount of each won deal."
            )
            told = say(f"What the advice is worth cannot be told: {{value_missing_reason}}.{remedy}", lacking)
        elif reasons:
            told = say("What the advice is worth cannot be told: {value_missing_reason}.", reasons[0])
        return missing("worth", question, told, "advice_values")
    order = {"conflict": 0, "both": 1, "rate only": 2}
    ordered = sorted(rows, key=lambda row: (order[row["agreement"]], row["rank"]))
    # an interval on both sides of one
    open_ones = [
        row
        for row in ordered
        if row["agreement"] == "rate only" and row["value_ratio_low"] <= 1 <= row["value_ratio_high"]
    ]
    told_of = [_worth(context, row) for row in ordered if row not in open_ones]
    blocks: list[Block] = [Paragraph(sentence, "takeaway") for sentence in told_of]
    if len(open_ones) > 1:
        named = [say("{segment_label}", row) for row in open_ones]
        words = f"Of {listed([part.text for part in named])} the value per opportunity is inconclusive."
        blocks.append(
            Paragraph(
                Sentence(words, tuple(source for part in named for source in part.sources), "Directional"), "takeaway"
            )
        )
    else:
        blocks += [Paragraph(_worth(context, row), "takeaway") for row in open_ones]
    blocks.append(_panels(context, rows))
    blocks += [Paragraph(sentence, "note") for sentence in _gains(context, rows)]
    agreed = [row for row in ordered if row["agreement"] == "both"]
    finding = Sentence("The win rate is clear, the value is not")
    if agreed:
        finding = say(
            "{segment_label} is worth {value_ratio|one_decimal} times as much per opportunity",
            agreed[0],
            grade="strong",
        )
    elif order[ordered[0]["agreement"]] == 0:
        finding = say("Win rate and value disagree about {segment_label}", ordered[0], grade="strong")
    return Section("worth", question, finding, tuple(blocks), sources)


def _worth(context: Context, row: Record) -> Sentence:
    say = context.writer.say
    often = "more" if row["action"] == "target_more" else "less"
    ratio = "{value_ratio|two_decimals} times as much per opportunity ({value_ratio_low|two_decimals} to {value_ratio_high|two_decimals})"
    if row["agreement"] == "both":
        words = f"{{segment_label}}: wins {{expected_lift|points_size}} {often} often, and is worth {ratio}."
        return say(words, row, grade="strong")
    if row["agreement"] == "conflict":
        advice = (
            "Move no selling time there unless it is idle."
            if often == "more"
            else "Do not leave it for its win rate alone."
        )
        return say(f"{{segment_label}}: wins {often} often, but earns {ratio}. {advice}", row, grade="strong")
    bounds = "({value_ratio_low|two_decimals} to {value_ratio_high|two_decimals} times)"
    if row["value_ratio_high"] < 1 or row["value_ratio_low"] > 1:
        few = f"{{segment_label}}: wins {often} often; {{won_deals|count}} wins are too few to say what an opportunity there is worth {bounds}."
        return say(few, row, grade="too few deals")
    unsure = f"{{segment_label}}: wins {often} often; whether it earns {often} per opportunity is inconclusive on {{won_deals|count}} wins {bounds}."
    return say(unsure, row, grade="directional")


def _gains(context: Context, rows: list[Record]) -> list[Sentence]:
    """What moving deals would bring: in deals at their value, and on the quota where one is stated."""
    say = context.writer.say
    told = []
    first = next((row for row in rows if row["agreement"] == "both" and row["action"] == "target_more"), None)
    if first and first["extra_amount_per_100"] is not None:
        told.append(
            say(
                "Moving {shift_points|count} of every 100 opportunities to {segment_label} should bring {extra_amount_per_100|money_short} "
                "({extra_amount_per_100_low|money_short} to {extra_amount_per_100_high|money_short}) per 100.",
                first,
            )
        )
    gain = context.marts.first("return_on_investment")
    if gain and gain["revenue_gain"] is not None:
        words = (
            "On a quota of {quota_amount|money_short} that is {revenue_gain|money_short} ({revenue_gain_low|money_short} to "
            "{revenue_gain_high|money_short}) a year"
        )
        if gain["net_gain"] is not None:
            words += (
                "; at a gross margin of {gross_margin|percent} and a cost of {programme_cost|money_short}, {net_gain|money_short} net "
                "({net_gain_low|money_short} to {net_gain_high|money_short})"
            )
        told.append(
            say(words + ". Assumed: moved deals cost as much to work as the others.", gain, grade=gain["grade"])
        )
    return told


def _panels(context: Context, rows: list[Record]) -> Columns:
    write = context.writer
    advised = {row["rank"]: row for row in context.marts.rows("icp_recommendations")}
    told = [(row, advised[row["rank"]]) for row in rows if row["rank"] in advised]
    lifts = tuple(
        mark(claim, "expected_lift", "up" if row["action"] == "target_more" else "down") for row, claim in told
    )
    log = Scale(
        math.log(0.2), math.log(5.0), ((math.log(0.2), "0.2"), (0.0, "1"), (math.log(5.0), "5")), 0.0, "as much"
    )

    def ratio(row: Record) -> tuple[Mark, ...]:
        at, low, high = (math.log(row[name]) for name in ("value_ratio", "value_ratio_low", "value_ratio_high"))
        return (Mark("hollow" if row["agreement"] == "rate only" else "up" if at > 0 else "down", at, low, high),)

    return Columns(
        (
            table(
                "Win rate: points more or less than other segments",
                ["Claim", "Points"],
                [(write.cell(row, "segment_label"), context.figure(claim, "expected_lift", "points_bare")) for row, claim in told],
                "Expected difference after shrinking, other claims set aside.",
                Drawing(differences([one for marked in lifts for one in marked]), lifts, 1),
            ),
            table(
                "Value: an opportunity there, times that of others",
                ["Claim", "Times (95%)"],
                [(write.cell(row, "segment_label"), context.figure(row, "value_ratio", "two_decimals")) for row in rows],
                "Value per opportunity, won or not, on a logarithmic scale. Hollow: inconclusive.",
                Drawing(log, tuple(ratio(row) for row in rows), 1),
            ),
        )
    )  # fmt: skip
