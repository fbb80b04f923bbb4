"""The encoding of a file that is not UTF-8: as stated, else Windows-1252 where the file can be that, else a question to the user."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path

from winloss.errors import ReadingError

EXAMPLES = "cp1250, cp932, gb18030 or mac_roman"
WINDOWS_1252 = "windows-1252"

# In a file that is UTF-8, as many lines may be pasted from elsewhere; beyond it the file has another encoding, or two.
FEW_LINES = 3
# Of the words that Windows-1252 makes of a file's bytes, this share may look odd: names have odd spellings.
ODD_SHARE = 0.2

# Codecs of Python that are no encoding of a file.
_NO_ENCODINGS = {"undefined", "idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape"}
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_WORD = re.compile(r"[^\s,;|\"]*[^\x00-\x7f\s,;|\"][^\s,;|\"]*")
_REPEATED = re.compile(r"(.)\1+")
# What no Western language writes: three accented letters in a row, a capital inside a word, a symbol between or before letters.
_ODD = re.compile(
    "[À-ÖØ-öø-ÿŠŽŒšžœŸ]{3}"
    "|[a-zß-öø-ÿ][ÀÁÂÄ-ÖØ-ÞŠŽŒŸ]"
    "|[A-Za-z][ÀÁÂÄ-ÖØ-ÞŠŽŒŸ][a-zß-öø-ÿ]"
    "|[ƒˆ\u02dc¯¨¤†‡‰][A-Za-z]|[A-Za-z][ƒˆ\u02dc]"
    "|[A-Za-z][¹²³\u00b8¼½¾¿¡§¦¬±¥£¢][A-Za-zß-öø-ÿ]"
)


def encoding_problem(name: str) -> str | None:
    """Why text cannot be in the encoding of this name, None where it can."""
    try:
        found = codecs.lookup(name)
        if found.name in _NO_ENCODINGS or not found._is_text_encoding:
            return f'"{name}" is no encoding of text'
        "a,b\n".encode(found.name)
    except (LookupError, UnicodeError, ValueError):
        return f'"{name}" is no encoding that Python knows'
    return None


def stated_encoding(path: Path, name: str, stated: str) -> str:
    """The name of a stated encoding, as it is read. Raises ReadingError where the file is clearly another."""
    encoding = codecs.lookup(stated).name
    if encoding in ("utf-8", "utf-8-sig"):
        return "utf-8"
    odd, first = 0, 0
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            for number, line in enumerate(file, 1):
                if "\ufffd" in line:
                    odd, first = odd + 1, first or number
    except UnicodeError:
        odd, first = FEW_LINES + 1, 1
    if odd > FEW_LINES:
        raise ReadingError(
            f"{name} is not {stated}, which the setting encoding states for it: {odd} lines are not, line {first} first. State another, "
            f"such as {EXAMPLES}, or leave it out."
        )
    return encoding


def told_encoding(path: Path, name: str) -> tuple[str, str]:
    """The encoding of a file that is not UTF-8 throughout, and a notice about it. Raises ReadingError where nothing tells it.

    One for the whole file. Bytes that Windows-1252 does not define, or words of it that no Western language writes, are another encoding.
    """
    lines, others, first, undefined, words, odd = 0, 0, 0, 0, 0, 0
    with path.open(encoding="latin-1", newline="") as file:
        for number, line in enumerate(file, 1):
            if line.isascii():
                continue
            raw = line.encode("latin-1")
            if _is_utf_8(raw):
                lines += 1
                continue
            others, first = others + 1, first or number
            if len(raw.translate(None, _UNDEFINED)) < len(raw):
                undefined = undefined or number
            else:
                found = _WORD.findall(raw.decode("cp1252"))
                words, odd = words + len(found), odd + sum(map(_is_odd, found))
    if lines and others <= FEW_LINES:
        several = f"{others} lines, line {first} first" if others > 1 else f"line {first}"
        return "utf-8", f"{name} is UTF-8 but for {several}, read as Windows-1252."
    remedy = f"State its encoding in winloss.yml, such as  encoding: {{{name!r}: cp1251}}  (or {EXAMPLES}), or export it again as UTF-8."
    if lines > FEW_LINES:
        raise ReadingError(
            f"{name} is UTF-8 on some lines and not on {others} others (line {first} first): were two files put together? {remedy}"
        )
    if undefined or odd > ODD_SHARE * words:
        raise ReadingError(f"{name} is neither UTF-8 nor Windows-1252 (line {undefined or first}). {remedy}")
    return WINDOWS_1252, (
        f"{name} is not UTF-8; it was read as Windows-1252. Where letters look wrong, state the setting encoding."
    )


def _is_odd(word: str) -> bool:
    # a letter may well be written several times: jäääär
    return _ODD.search(_REPEATED.sub(r"\1", word)) is not None


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_encodings(given: object) -> Mapping[str, str]:
    """The setting `encoding`: one for all files, or by file name or pattern. Raises ReadingError with one sentence per problem."""
    if not given:
        return {}
    stated = given if isinstance(given, dict) else {"*": given}
    problems = []
    for pattern, value in stated.items():
        problem = encoding_problem(value) if isinstance(value, str) else "it must be a name in quotes"
        if problem:
            place = "encoding" if pattern == "*" else f"encoding.{pattern}"
            problems.append(f"{place}: {problem}. Write a name such as {EXAMPLES}.")
    if problems:
        raise ReadingError(*problems)
    return {str(pattern): str(value) for pattern, value in stated.items()}
