"""What a word for the outcome of a deal most likely means, by the lists of words and stages and by how words are made."""

from __future__ import annotations

import re
from functools import cache

from winloss.load.aliases import seed_rows
from winloss.load.contents import plain_stage_words

# How the words of an outcome are made in the languages whose words the lists know.
_LIKE = (
    ("disqualified", r"disqual|unqual|not qualified|junk|spam|duplica|doublon|doppelt|no fit|test"),
    ("lost", r"^(not|no|n[ãa]o|non|nicht|niet|pas) (sold|won|clos|sign|vend|verk|gewonn|gan|gagn|vint|fech)|^(l|0)$|\blost\b|\bloss\b|verlor"
             r"|abgelehnt|abgesagt|perdu|perdid|persa|perso|prohr|przegran|rejected|declined|no decision"),
    ("won", r"^(w|100)$|\bsold\b|vendid|vendu|verkauft|verkocht|\bwon\b|\bwin\b|gewonn|beauftragt|gagn|ganad|ganho|ganha|vint[ao]|vyhr|wygran"
            r"|signed|success|erfolg|closed deal"),
    ("open", r"open|offen|working|lopend|in corso|商談|progress|pending|negoti|verhandl|prospect|qualif|proposal|angebot|en cours|abiert|aperto|aberto"
             r"|activ|aktiv|demo|discov|engag"),
)  # fmt: skip


@cache
def _known() -> dict[str, str]:
    stages = {row["stage"].strip().lower(): row["outcome"].strip().lower() for row in seed_rows("stage_map")}
    words = {row["word"].strip().lower(): row["outcome"] for row in seed_rows("outcome_words")}
    return {**plain_stage_words(stages), **stages, **words}


def known_outcome(word: str) -> str | None:
    """What the lists say of a word; None where they do not, or where it takes the deal out."""
    lower = " ".join(word.lower().split())
    words = re.sub(r"[\W_]+", " ", lower).strip()
    # a stage may bear its number before it
    found = _known().get(lower) or _known().get(words) or _known().get(re.sub(r"^\d+ ", "", words))
    return found if found in ("won", "lost", "open", "disqualified") else None


def likely_outcome(word: str) -> str | None:
    """What a word most likely means: by the lists, else by how it is made; None where nothing tells."""
    lower = re.sub(r"[\W_]+", " ", word.lower()).strip()
    return known_outcome(word) or next((outcome for outcome, like in _LIKE if re.search(like, lower)), None)
