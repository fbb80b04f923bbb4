"""Problems a user can fix, each one sentence, and the nearest thing they may have meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

_SHOWN = 12
_LONGEST = 200

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Part of how letters of some scripts, and emoji, are written."""


class ReadingError(Exception):
    """The files cannot be read as asked. `sentences` says what to fix, one sentence each."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = list(dict.fromkeys(printable(sentence) for sentence in sentences))
        super().__init__("\n".join(self.sentences))


def printable(text: str) -> str:
    """The text on one line, with what steers a terminal or turns the reading direction shown as its code."""
    return "".join(
        f"\\u{ord(character):04x}"
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS
        else character
        for character in " ".join(text.splitlines())
    )


def shortened(stated: str) -> str:
    """What someone stated, as `printable` shows it: its beginning where it is too long for a sentence."""
    shown = printable(stated)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def is_utf_8(name: str) -> bool:
    """Whether a name of a file, or a variable of the environment, is made of UTF-8: Python keeps other bytes as lone surrogates."""
    return not any(unicodedata.category(character) == "Cs" for character in name)


def shown_name(name: str) -> str:
    """A name of a file with a question mark for each byte that is not UTF-8."""
    return "".join("?" if unicodedata.category(character) == "Cs" else character for character in name)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().casefold()


def nearest(wanted: str, known: Iterable[str]) -> str | None:
    """The known name most like `wanted`, letter case and punctuation aside; None when nothing is like it.

    Likeness is difflib's ratio (Ratcliff and Obershelp), or one name standing whole inside the other.
    """
    plain_wanted = _plain(wanted)
    best, best_likeness = None, 0.0
    for name in known:
        plain_name = _plain(name)
        likeness = difflib.SequenceMatcher(None, plain_wanted, plain_name).ratio()
        if plain_wanted and plain_name and (plain_wanted in plain_name or plain_name in plain_wanted):
            likeness = max(likeness, 0.7)
        if likeness > best_likeness:
            best, best_likeness = name, likeness
    return best if best_likeness >= 0.6 else None


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """' Did you mean "x"?', or what there is to choose from when nothing is near."""
    names = list(known)
    near = nearest(wanted, names)
    return f' Did you mean "{near}"?' if near else f" There is: {listed(names)}."


def listed(names: Iterable[str]) -> str:
    """Names in quotes with commas; a long list is cut and says how many more there are."""
    quoted = [f'"{name}"' for name in names]
    more = len(quoted) - _SHOWN
    return ", ".join(quoted[:_SHOWN]) + (f" and {more} more" if more > 0 else "") if quoted else "nothing"
