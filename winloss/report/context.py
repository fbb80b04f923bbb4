"""What every section needs: the marts, the writer, the periods of the report, and figures with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from winloss import formatting
from winloss.report.charts import Mark, Shape
from winloss.report.document import FORMATS, GRADES, Cell, Grade, Pair, Sentence, Writer
from winloss.report.marts import Marts, Record
from winloss.settings import declared


@dataclass(frozen=True)
class Context:
    marts: Marts

    @cached_property
    def writer(self) -> Writer:
        baseline = self.marts.first("win_rate_baseline", period="all")
        money, money_short = formatting.money_format(baseline.get("value_currency") if baseline else None)
        return Writer({**FORMATS, "money": money, "money_short": money_short})

    def period(self, name: str) -> Record | None:
        return self.marts.first("dim_periods", period=name)

    def baseline(self, name: str) -> Record | None:
        return self.marts.first("win_rate_baseline", period=name)

    @property
    def quarter(self) -> str | None:
        row = self.period("quarter")
        return row["last_quarter"] if row else None

    @property
    def reviewed(self) -> Record | None:
        """The quarter under review among the quarters."""
        return self.marts.first("win_rates_by_quarter", quarter=self.quarter) if self.quarter else None

    @property
    def is_undated(self) -> bool:
        """Whether no deal has a closed date, so that there is no quarter and the window is all of them."""
        row = self.period("window")
        return bool(row and row.get("has_undated_deals"))

    @property
    def of_window(self) -> str:
        """Of which deals the trailing window is, in words; nothing where it is all of them, or none."""
        everything = self.baseline("all")
        is_empty = everything is not None and not everything["closed_deals"]
        return "" if self.is_undated or is_empty else " of the trailing quarters"

    def is_told(self, reason: str | None) -> bool:
        """Whether `reason` stands at the head of the page already, where it says why no quarter is reviewed."""
        quarter = self.baseline("quarter")
        return bool(self.quarter is None and quarter and reason and quarter["missing_reason"] == reason)

    def remedy(self, reason: str, words: str) -> str:
        """What to do about a figure that is missing; nothing where it is only not shown, for then no data are missing."""
        return "" if not words or reason.endswith("not shown") else f" {words}"

    @property
    def actions(self) -> list[Record]:
        """The actions, first ones first, without those whose evidence rests on figures too small to publish."""
        return [row for row in self.marts.rows("action_items") if row["title"] is not None]

    def setting(self, name: str) -> Record | None:
        return self.marts.first("dim_settings", setting=name)

    def whole(self, name: str) -> int:
        """A whole number of the settings that others may read, as declared where an older file does not state it."""
        row = self.setting(name)
        return int(float(row["value"] if row and row["value"] else declared()[name].default))

    @property
    def minimum_deals(self) -> int:
        return self.whole("minimum_deals")

    @property
    def has_deals(self) -> bool:
        row = self.baseline("all")
        return bool(row and row["closed_deals"])

    def compared(self, comparison: str) -> dict[str, Record]:
        """The parts of a change of the win rate by name, none where it cannot be told."""
        rows = self.marts.rows("win_rate_changes", comparison=comparison)
        return {row["part"]: row for row in rows if row["change"] is not None}

    def interval(self, row: Record, low: str, high: str, kind: str = "percent_bare") -> Sentence | str:
        """Both ends of an interval in one cell, or a dash where there is none."""
        if row[low] is None or row[high] is None:
            return "–"
        return self.writer.say(f"{{{low}|{kind}}} to {{{high}|{kind}}}", row)

    def figure(self, row: Record, column: str, kind: str = "percent", bare: str = "") -> Cell:
        """A figure with its 95% interval; a dash where there is none. `bare` is how the ends are written."""
        if row[column] is None:
            return "–"
        bare = bare or {"percent": "percent_bare", "points": "points_bare"}.get(kind, kind)
        shown = "percent_short" if kind == "percent" else kind
        return Pair(self.writer.cell(row, column, shown), self.interval(row, f"{column}_low", f"{column}_high", bare))

    def of(self, row: Record, part: str, whole: str) -> Sentence:
        """'101 of 124'."""
        return self.writer.say(f"{{{part}|count}} of {{{whole}|count}}", row)

    def or_dash(self, row: Record, column: str, kind: str = "text") -> Cell:
        """A cell, or a dash where there is nothing."""
        return "–" if row[column] is None else self.writer.cell(row, column, kind)

    def grade(self, row: Record) -> Grade:
        return GRADES[row["grade"]]


def mark(row: Record, column: str = "win_rate", shape: Shape = "hollow", start: float = 0.0) -> tuple[Mark, ...]:
    """The mark of a figure with its interval; none where there is no figure."""
    if row[column] is None:
        return ()
    return (Mark(shape, row[column], row.get(f"{column}_low"), row.get(f"{column}_high"), start),)
