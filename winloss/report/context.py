"""What every section needs: the marts, the writer, and the periods of the report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from winloss import formatting
from winloss.report.document import FORMATS, GRADES, Cell, Grade, Writer
from winloss.report.marts import Marts, Record


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

    def setting(self, name: str) -> Record | None:
        return self.marts.first("dim_settings", setting=name)

    def whole(self, name: str, otherwise: int) -> int:
        row = self.setting(name)
        return int(float(row["value"])) if row and row["value"] else otherwise

    @property
    def minimum_deals(self) -> int:
        return self.whole("minimum_deals", 10)

    @property
    def has_deals(self) -> bool:
        row = self.baseline("all")
        return bool(row and row["closed_deals"])

    def segment_name(self, row: Record) -> str:
        return "unknown" if row["segment"] == "unknown" else str(row["segment"])

    def interval(self, row: Record, low: str, high: str, kind: str = "percent_short") -> Cell:
        """Both ends of an interval in one cell, or a dash where there is none."""
        if row[low] is None or row[high] is None:
            return "–"
        return self.writer.say(f"{{{low}|{kind}}} to {{{high}|{kind}}}", row)

    def or_dash(self, row: Record, column: str, kind: str = "text") -> Cell:
        """A cell, or a dash where there is nothing."""
        return "–" if row[column] is None else self.writer.cell(row, column, kind)

    def grade(self, row: Record) -> Grade:
        return GRADES[row["grade"]]
