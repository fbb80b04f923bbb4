"""What may stand behind a day and leave it one: the time of day, and its zone. Anything else makes the cell no date.

The patterns are RE2's, letter case aside, and fit the whole of what stands behind the day.
"""

from __future__ import annotations

_BLANK = "[ \u00a0\u202f]"
_HOUR = r"(?:[01]?\d|2[0-3])"
_CLOCK = rf"(?:{_HOUR}:[0-5]\d(?::(?:[0-5]\d|60)(?:[.,:]\d+)?)?|24:00(?::00(?:[.,]0+)?)?)"
_WORD_BEFORE = rf"(?:(?:à|a las?|alle|às|at|kl\.?|klo|om|um|в|午前|午後|上午|下午|오전|오후){_BLANK}*)"
_HALF = rf"(?:[ap]\.?{_BLANK}?m\.?|[ap])"
_WORD_AFTER = "(?:uhr|hrs|h)"
_OFFSET = r"[+−-](?:0?\d|1[0-4])(?::?[0-5]\d)?"
_ABBREVIATIONS = "|".join(
    "z utc gmt wet west cet cest eet eest msk trt bst ist mez mesz est edt cst cdt mst mdt pst pdt akst akdt hst ast adt nst ndt brt "
    "art clt cot pet gst pkt npt ict wib sgt hkt pht jst kst awst acst acdt aest aedt nzst nzdt sast eat wat cat".split()
)
_PLACE = "[a-z]{2,}(?:/[a-z_-]+)+"
# a browser writes GMT+0100 (Central European Standard Time)
_ZONE = rf"(?:[\[(]?(?:(?:{_ABBREVIATIONS})(?:{_OFFSET})?|{_OFFSET}|{_PLACE})[\])]?(?:{_BLANK}*(?:\([\p{{L}} ]+\)|\[{_PLACE}\]))?)"

_TIME = rf"{_CLOCK}(?:{_BLANK}*{_HALF})?(?:{_BLANK}*{_WORD_AFTER})?(?:{_BLANK}*{_ZONE})?"
TIME = rf"(?i:(?:[T,]|{_BLANK})+{_WORD_BEFORE}?{_TIME})"
# Nothing but a time can stand behind 2025-03-04, so that fewer signs are asked of it.
_TIME_BEHIND_ISO = (
    rf"{_BLANK}{_HOUR}(?:[.h][0-5]\d){{1,2}}(?:[.,]\d+)?|{_BLANK}{_HOUR}{_BLANK}*{_HALF}"
    rf"|T(?:[01]\d|2[0-3])(?:[0-5]\d){{0,2}}(?:{_ZONE})?|z|{_OFFSET}"
)
TIME_BEHIND_ISO = rf"(?:{TIME}|(?i:{_TIME_BEHIND_ISO}))"

# Behind 2025年3月4日 where no time in numbers stands: the day of the week, and the time in signs.
_WEEKDAY_SIGN = "[(（]?(?:[月火水木金土日](?:曜日?)?|[월화수목금토일](?:요일)?|(?:星期|周|週)[一二三四五六日天])[)）]?"  # noqa: RUF001
_TIME_IN_SIGNS = rf"{_WORD_BEFORE}?{_HOUR}[時时点點시](?:{_BLANK}*[0-5]?\d[分분](?:{_BLANK}*[0-5]?\d[秒초])?)?"
BEHIND_SIGNS = rf"(?:{_BLANK}*{_WEEKDAY_SIGN})?(?:{_BLANK}*{_TIME_IN_SIGNS})?"
# Words that some languages put behind a date of which the month is a word: 13th, 13 марта 2025 г., 2025 m. kovo 13 d.  # noqa: RUF003
WORDS_BEHIND = ("st", "nd", "rd", "th", "er", "e", "º", "ª", "г", "года", "р", "року", "r", "d")  # noqa: RUF001

# What stands behind the day in a landing table: a time where a zone comes with it, or a text that could not be read. The models have the
# same patterns in macros/time_zone.sql.
_LANDED_CLOCK = r"[T ]([01]\d|2[0-4]):[0-5]\d(:[0-6]\d([.,]\d+)?)?"
_LANDED_ZONE = r" ?(Z|UTC|GMT|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
ZONED_MOMENT = rf"\d{{4}}-\d{{2}}-\d{{2}}{_LANDED_CLOCK}{_LANDED_ZONE}"


def landed_day_sql(text: str) -> str:
    """SQL of the day of a landed date; null where the text is none."""
    is_day = f"strlen({text}) <= 10 or regexp_full_match(substr({text}, 11), '{_LANDED_CLOCK}({_LANDED_ZONE})?')"
    return f"case when {is_day} then try_cast(left({text}, 10) as date) end"
