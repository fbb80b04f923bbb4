"""Names of segments as Markdown, mails and chats show them: words, and nothing that acts."""

from __future__ import annotations

import re

import pytest

from winloss.formatting import inert, markdown

JOINER = "\u2060"

ACTING = [
    "a | b",
    "*bold* and _slanted_ and **both**",
    "`code`",
    "~~gone~~",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "![x](http://evil.example/pixel.png)",
    "<http://evil.example>",
    "http://evil.example",
    "www.evil.example",
    "@channel",
    "<!channel>",
    "&lt;b&gt; &#x1F600;",
    "# heading",
    "1. one",
    "2) two",
    "- item",
    "+ item",
    "> quoted",
    "=== line",
    "--- line",
    "[x]: http://evil.example",
    "a\nb\n\n# c",
    "back\\\\slash",
]


@pytest.mark.parametrize("name", ACTING)
def test_a_name_means_nothing_in_markdown_and_reads_the_same(name: str) -> None:
    """By hand: without backslashes before signs, and without the invisible joiner, the text is the name on one line."""
    written = markdown(name)
    assert "\n" not in written
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", written).replace(JOINER, "") == " ".join(name.split())
    # every sign that could act has a backslash before it
    assert not re.search(r"(?<!\\)(?:\\\\)*[|<>*_`\[\]~&]", written)
    assert not re.match(r"[#\-+=>]|\d+[.)]", written)
    assert not re.search(r"://|www\.|@\w", written)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("https://evil.example", f"https:{JOINER}//evil.example"),
        ("www.evil.example", f"www{JOINER}.evil.example"),
        ("@channel", f"@{JOINER}channel"),
        ("<!channel>", f"<{JOINER}!channel>"),
        ("[x](javascript:alert(1))", f"[x]{JOINER}(javascript:alert(1))"),
        ("red \x1b[31m", "red \\u001b[31m"),
        ("two\nlines", "two lines"),
        ("turned \u202e round", "turned \\u202e round"),
        # what people write stays as it is
        ("Öl & Gas: 5 < 6 (*)", "Öl & Gas: 5 < 6 (*)"),
        ("\U0001f469\u200d\U0001f467 Family", "\U0001f469\u200d\U0001f467 Family"),
    ],
)
def test_a_mail_or_chat_makes_nothing_of_a_name(name: str, shown: str) -> None:
    assert inert(name) == shown
