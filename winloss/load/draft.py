"""A mapping drafted for files of no known CRM: by headers, names of files and what stands in the columns. A person looks at a few lines of it."""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import duckdb

from winloss.errors import ReadingError
from winloss.load.aliases import aliases, header_words, seed_rows
from winloss.load.columns import DATED, DESCRIBING_A_CONTACT, OBJECTS, Kind, reserved_names
from winloss.load.contents import A_PERSON
from winloss.load.encodings import check_encodings
from winloss.load.folder import Folder
from winloss.load.headers import TO_FILL_IN, is_header, normal, plain
from winloss.load.outcome_words import known_outcome, likely_outcome
from winloss.load.parsing import OUTCOMES
from winloss.load.plan import Request, make_plan
from winloss.load.profiles import MOST_WORDS, ColumnProfile, FileProfile, profiled, shared, words_of
from winloss.quoting import identifier

# A header is taken for a column whose name it is more like than this: an age is no stage.
SIMILAR = 0.75
# What files are called that hold deals, and those that hold something else.
_DEALS_IN_NAMES = "deal opportunit pipeline sales geschäft verkaufschance affaire negocio oportunidad trattativ opportunità 商談 案件".split()
_OTHERS_IN_NAMES = "task lead activit contact kontakt account compan unternehmen firm customer ticket call note event user campaign product team".split()
_EXPECTED = re.compile(r"expect|forecast|estimat|planned|target|next|erwartet|geplant|prévu|previst", re.IGNORECASE)
_NO_AMOUNT = re.compile(
    r"prob|wahrsch|%|score|rating|day|tage|year|jahr|age\b|qty|quantity|discount|count|number|no\b", re.IGNORECASE
)
# Every dimension is one more question asked of the same deals: a draft offers no more than this, and the user adds the others.
MOST_DRAFTED_DIMENSIONS = 6
_NO_DIMENSION = re.compile(
    r"prob|forecast|status|outcome|stage|phase|note|comment|descri|phone|url|web|\bid\b", re.IGNORECASE
)
_UNITS = (
    (0.01, re.compile(r"(?i)(^|[ _(])cents?\)?$")),
    (10000, re.compile("万")),
    (1000, re.compile(r"(?i)\(.*\b(k|tsd|thousands?)\b.*\)|[kt][€$£]|[€$£]k|\bin (k|tsd|thousands?)\b|_k$|thousands?$|(^|[^\d.,])000'?s?\b")),
    (1000000, re.compile(r"(?i)\(.*\b(m|mn|mm|mio|mln|millions?)\b.*\)|m[€$£]|[€$£]m|\bin (mio|millions?)\b|_m$|millions?$")),
)  # fmt: skip
_UNIT_NAMES = {0.01: "cents", 1000: "thousands", 10000: "tens of thousands", 1000000: "millions"}
# A quarter, a half or a year says when, not of what kind a deal is.
_A_PERIOD = re.compile(
    r"(?i)((fy|cy|gj)?[ '-]?(20)?\d\d[ /-]*)?[qh][1-4]([ /-]*(fy|cy|gj)?[ '-]?(20)?\d\d)?|(fy|cy|gj)[ '-]?(20)?\d\d|20\d\d"
)
# What anything may be numbered under: two files with such a header need not speak of the same.
_ANY_NUMBER = ("id", "number", "no", "nr", "nummer", "#", "name", "key", "record id")
_AN_ID = re.compile(r"\b(id|no|nr|num|nummer|number|code|key|ref)\b", re.IGNORECASE)
# Shares of values in common from which one column is taken for a key to another.
_LINKED = 0.5
_LINKED_ACCOUNTS = 0.3
# What is read first: of several columns a header may be, the first is it.
_DATES = tuple(column.name for column in OBJECTS["deals"] if column.kind in DATED)
_FIRST = ("outcome", "deal_id", "closed_on", "created_on", "modified_at", "amount")
_FROM_LOOKUPS = tuple(
    column.name
    for column in OBJECTS["deals"]
    if column.is_dimension or column.name in ("owner", "employees", "annual_revenue")
)


@dataclass
class Draft:
    """A mapping in the making. `asks` are what a person should look at, by the place in the mapping; `unused` headers by file."""

    files: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, dict[str, object]] = field(default_factory=dict)
    lookups: list[dict[str, object]] = field(default_factory=list)
    outcomes: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    dimensions: dict[str, object] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    asks: dict[str, str] = field(default_factory=dict)
    unused: dict[str, list[str]] = field(default_factory=dict)
    without_header: list[str] = field(default_factory=list)

    def mapping(self) -> dict[str, object]:
        """As the setting `mapping` is stated."""
        found: dict[str, object] = {
            "files": {name: files[0] if len(files) == 1 else files for name, files in self.files.items()},
            "columns": self.columns,
            "outcomes": {outcome: [word for word, _ in words] for outcome, words in self.outcomes.items()},
        }
        found |= {"lookups": self.lookups} if self.lookups else {}
        return found | ({"dimensions": self.dimensions} if self.dimensions else {}) | self.settings


def draft(path: str, variables: Mapping[str, object] | None = None) -> Draft:
    """A mapping of the files of a folder. Of `variables`, only `encoding` counts.

    Of several files that could hold deals, the one that looks most like it is taken: by the words of its outcomes, a close date, an amount, an
    id, and its name. Raises ReadingError where no file can be opened.
    """
    workplace = Path(tempfile.mkdtemp(prefix="winloss_check_"))
    engine = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        engine.execute(f"set temp_directory = '{str(workplace / 'spilled').replace(chr(39), chr(39) * 2)}'")
        encodings = check_encodings((variables or {}).get("encoding"))
        profiles = _profiles(Folder(Path(path), engine, workplace / "copies", encodings), engine)
        found = _Drafter(profiles, engine).drafted()
        _settle(found, Request("custom", path, str(workplace / "check.duckdb"), dict(variables or {})), profiles)
        return found
    finally:
        engine.close()
        shutil.rmtree(workplace, ignore_errors=True)


def _profiles(folder: Folder, engine: duckdb.DuckDBPyConnection) -> list[FileProfile]:
    """Every file with what its columns hold; one whose headers are known by no list may have those of another file."""
    wanted = [alias.header for alias in (*aliases(), *header_words())]
    wanted += [word.replace(" ", "_") for word in wanted if " " in word]
    files = folder.examine_all(wanted)
    met = {header for file in files for header in file.nameable_headers}
    files = [replace(file, has_header=file.has_header or is_header(file.headers, met)) for file in files]
    return [profiled(file, f"file_{number}", engine) for number, file in enumerate(files, 1)]


def _settle(found: Draft, request: Request, profiles: Sequence[FileProfile]) -> None:
    """States what the files leave open, as a guess to look at: whether day or month comes first, and the decimal mark."""
    if TO_FILL_IN in found.columns["deals"].values():
        return
    for setting, by_comma, otherwise in (("date_order", "dmy", "mdy"), ("decimal", "comma", "point")):
        try:
            make_plan(replace(request, variables={**request.variables, "mapping": found.mapping()}))
            return
        except ReadingError as error:
            said = [sentence for sentence in error.sentences if f"mapping.{setting}" in sentence]
            if said:
                is_european = any(profile.file.delimiter == ";" for profile in profiles)
                # of numbers that could be either, three digits behind every point are thousands
                is_european = is_european or (setting == "decimal" and re.search(r"\d\.\d{3}\b", said[0]) is not None)
                found.settings[setting] = by_comma if is_european else otherwise
                found.asks[setting] = f"a guess, since nothing tells: {said[0]}"


# ---------------------------------------------------------------- words above columns


@cache
def _words(object_name: str) -> dict[str, dict[str, int]]:
    """For each column of an object the headers it may have, and how likely each is: 0 for the likeliest."""
    found: dict[str, dict[str, int]] = {}
    for alias in header_words():
        is_shared = alias.object == "*" and object_name in ("deals", "accounts")
        if alias.object == object_name or is_shared:
            ranks = found.setdefault(alias.column, {})
            ranks.setdefault(alias.header, len(ranks) + 100 * is_shared * (object_name == "deals"))
    for alias in aliases():
        if alias.object == object_name:
            found.setdefault(alias.column, {}).setdefault(normal(alias.header), 500)
    return found


def _fits(column: ColumnProfile, kind: Kind) -> bool:
    """Whether what stands in a column can be of the kind."""
    if not column.filled:
        return True
    if kind in DATED:
        low, high = column.low or 0, column.high or 0
        # days of a spreadsheet; seconds and milliseconds since 1970
        is_serial = any(unit * 20_000 < low and high < unit * 80_000 for unit in (1, 50_000, 50_000_000))
        return column.are_days or (column.are_numbers and is_serial)
    if kind is Kind.NUMBER:
        return column.are_numbers
    if kind is Kind.BOOLEAN:
        return column.distinct <= 3
    if kind is Kind.OUTCOME:
        return column.distinct <= MOST_WORDS and not column.are_days
    if kind in (Kind.CATEGORY, Kind.STATED):
        return not column.are_days and not (column.are_numbers and column.distinct > MOST_WORDS)
    return not column.are_days


def _likely(profile: FileProfile, object_name: str, taken: Collection[str] = ()) -> dict[str, str]:
    """Column to header, each header once: by the words known of it where the cells fit, then by likeness of the names."""
    columns = {column.name: column for column in OBJECTS[object_name]}
    order = [name for name in _FIRST if name in columns] + [name for name in columns if name not in _FIRST]
    found: dict[str, str] = {}
    used = set(taken)
    words = _words(object_name)
    for name in order:
        ranked = [
            (words[name][normal(column.header)], place, column.header)
            for place, column in enumerate(profile.columns)
            if normal(column.header) in words.get(name, {})
            and column.header not in used
            and _fits(column, columns[name].kind)
            and not (name == "closed_on" and _EXPECTED.search(column.header))
            and not (name == "deal_id" and object_name == "deals" and 2 * column.distinct < column.filled)
        ]
        if ranked:
            found[name] = min(ranked)[2]
            used.add(found[name])
    for name in order:
        if name not in found:
            alike = [
                (SequenceMatcher(None, name.replace("_", " "), normal(column.header)).ratio(), column.header)
                for column in profile.columns
                if column.header not in used
                and _fits(column, columns[name].kind)
                and not _EXPECTED.search(column.header)
                and (name != "deal_id" or object_name != "deals" or column.is_unique)
            ]
            if alike and max(alike)[0] > SIMILAR:
                found[name] = max(alike)[1]
                used.add(found[name])
    return found


# ---------------------------------------------------------------- which file holds what


class _Drafter:
    """Drafts a mapping over profiled files."""

    def __init__(self, profiles: Sequence[FileProfile], engine: duckdb.DuckDBPyConnection) -> None:
        self.profiles = profiles
        self.engine = engine
        self.draft = Draft(without_header=[profile.name for profile in profiles if not profile.file.has_header])
        self.used: dict[str, set[str]] = {profile.name: set() for profile in profiles}

    def drafted(self) -> Draft:
        known = [profile for profile in self.profiles if profile.file.has_header]
        rated = [
            (self._rating(profile, columns), profile, columns) for profile in known if (columns := self._deals(profile))
        ]
        told = None if rated else _told_by_name(known)
        if not rated and not told:
            self._to_fill_in()
            return self._finished()
        if told:
            deals = told
            self._take("deals", deals, {"outcome": {"file_name": True}, **_likely(told, "deals", [])})
        else:
            _, deals, columns = max(rated, key=lambda entry: (entry[0], len(entry[2])))
            self._take("deals", deals, columns)
        self._closed_beside_won(deals)
        same = [
            other
            for other in known
            if other is not deals and set(map(plain, other.file.headers)) == set(map(plain, deals.file.headers))
        ]
        self.draft.files["deals"] += [other.name for other in same]
        for other in same:
            self.used[other.name] = set(other.by_header)
        self._fill_by_values(deals)
        self._outcomes([deals, *same])
        rest = [profile for profile in known if profile is not deals and profile not in same]
        self._objects(deals, rest)
        self._flat_contacts(deals)
        self._units([profile for profile in known if profile not in same])
        self._dimensions(deals)
        return self._finished()

    def _take(self, object_name: str, profile: FileProfile, columns: Mapping[str, object]) -> None:
        self.draft.files[object_name] = [profile.name]
        self.draft.columns[object_name] = _in_order(object_name, columns)
        self.used[profile.name] |= {header for header in columns.values() if isinstance(header, str)}

    def _finished(self) -> Draft:
        self.draft.unused = {
            profile.name: headers
            for profile in self.profiles
            if profile.file.has_header
            and (
                headers := [header for header in profile.file.nameable_headers if header not in self.used[profile.name]]
            )
        }
        return self.draft

    # ------------------------------------------------------------ deals

    def _deals(self, profile: FileProfile) -> dict[str, str]:
        """The columns of a file read as deals; none where nothing in it says how deals ended."""
        outcome = self._outcome_column(profile)
        if outcome is None:
            return {}
        columns = {"outcome": outcome, **_likely(profile, "deals", [outcome])}
        return columns if len(columns) > 1 or len(profile.columns) > 1 else {}

    def _outcome_column(self, profile: FileProfile) -> str | None:
        """The column that says how deals ended: words for won and lost, under a header that may be it."""
        ranks = {**{word: rank + 50 for word, rank in _words("deals")["stage"].items()}, **_words("deals")["outcome"]}
        rated = []
        for place, column in enumerate(profile.columns):
            rank = ranks.get(normal(column.header), 999)
            if known_outcome(normal(column.header)) == "won":
                rank = min(rank, 60)
            if not column.filled or column.distinct > MOST_WORDS or not _fits(column, Kind.OUTCOME):
                continue
            words = [word for word, _, _ in words_of(profile, column, self.engine)]
            covered = len({known_outcome(word) for word in words} & {"won", "lost"})
            is_like_won = column.are_words and "won" in {likely_outcome(word) for word in words}
            if covered == 2 or rank < 999 or is_like_won:
                rated.append((-covered, rank, place, column.header))
        return min(rated)[3] if rated else None

    def _rating(self, profile: FileProfile, columns: Mapping[str, str]) -> int:
        """How much a file looks like one of deals; tasks and leads have a status too."""
        column = profile.by_header[columns["outcome"]]
        meant = {known_outcome(word) for word, _, _ in words_of(profile, column, self.engine)}
        has = {name: name in columns for name in ("closed_on", "amount", "deal_id", "created_on", "owner")}
        has["closed_on"] |= bool(columns.keys() & {"won_on", "lost_on"})
        # a history of stages has the words and the days, and each deal on several lines
        key = columns.get("deal_id")
        repeats = key is not None and profile.by_header[key].distinct < 0.6 * profile.by_header[key].filled
        return (
            2 * len(meant & {"won", "lost"}) + 2 * has["closed_on"] + 2 * has["amount"] + has["deal_id"] + has["created_on"] + has["owner"]
            + 2 * _named_like_deals(profile.name) - 3 * repeats
        )  # fmt: skip

    def _closed_beside_won(self, deals: FileProfile) -> None:
        """Two flags, closed and won, say the outcome together: of what is not won the first tells the lost from the open."""
        won = self.draft.columns["deals"]["outcome"]
        closed = [
            column.header
            for column in deals.columns
            if _is_flag(column.header, "is_closed") and column.filled and _fits(column, Kind.BOOLEAN)
        ]
        if isinstance(won, str) and _is_flag(won, "is_won") and closed:
            self.draft.columns["deals"]["outcome"] = {"headers": [closed[0], won]}
            self.used[deals.name].add(closed[0])

    def _to_fill_in(self) -> None:
        """Headers in a language no one told us: the person says which of them are the two that must be there; values tell the rest."""
        several = [profile for profile in self.profiles if len(profile.file.headers) > 1] or list(self.profiles)

        def signs(profile: FileProfile) -> tuple[int, int, int, str]:
            seen = [
                any(column.filled and column.are_days for column in profile.columns),
                any(column.are_words for column in profile.columns),
                any(column.are_numbers and column.distinct > 12 for column in profile.columns),
            ]
            return _named_like_deals(profile.name), sum(seen), profile.file.records, profile.name

        deals = max(several, key=signs)
        self._take("deals", deals, {"outcome": TO_FILL_IN})
        self.used[deals.name].discard(TO_FILL_IN)
        # without a line of headers the first line is a deal, which no one is told
        few: list[str] = []
        if deals.file.has_header:
            self._fill_by_values(deals)
            few = [column.header for column in deals.columns if column.are_words and not column.are_numbers]
        if not isinstance(self.draft.columns["deals"].get("deal_id"), str):
            self.draft.columns["deals"] = _in_order("deals", {**self.draft.columns["deals"], "deal_id": TO_FILL_IN})
        self.draft.outcomes = {outcome: [] for outcome in OUTCOMES if outcome != "deleted"}
        self.draft.asks["files.deals"] = f"is it {deals.name} that holds the deals?"
        for name in ("deal_id", "outcome"):
            if self.draft.columns["deals"][name] == TO_FILL_IN:
                self.draft.asks[f"columns.deals.{name}"] = "write the header it has in the file"
        if few:
            self.draft.asks["columns.deals.outcome"] += f"; of few words are {', '.join(few)}"

    def _fill_by_values(self, deals: FileProfile) -> None:
        """What no header tells and the cells do: dates, the amount, the id."""
        columns = self.draft.columns["deals"]

        def free(kept: Iterable[ColumnProfile]) -> list[ColumnProfile]:
            return [column for column in kept if column.filled and column.header not in self.used[deals.name]]

        def take(name: str, column: ColumnProfile, why: str) -> None:
            columns[name] = column.header
            self.used[deals.name].add(column.header)
            self.draft.asks[f"columns.deals.{name}"] = why

        days = free(column for column in deals.columns if column.are_days and not _EXPECTED.search(column.header))
        if not columns.keys() & {"closed_on", "won_on", "lost_on"} and days:
            # an open deal has no day on which it closed
            last = min(days, key=lambda column: (column.filled, -deals.columns.index(column)))
            take("closed_on", last, f"{last.header} holds days, and no other column could be the day of the outcome")
            days.remove(last)
        if (
            "created_on" not in columns
            and len(days) == 1
            and normal(days[0].header) not in _words("deals")["modified_at"]
        ):
            take("created_on", days[0], f"{days[0].header} holds days: is it when deals began?")
        if "deal_id" not in columns:
            ids = free(
                column for column in deals.columns if column.is_unique and not column.are_days and not column.addresses
            )
            repeated = free(column for column in deals.columns if normal(column.header) in _words("deals")["deal_id"])
            named = [column for column in ids if _AN_ID.search(normal(column.header))]
            first = [column for column in ids if column is deals.columns[0] and not A_PERSON.search(column.header)]
            if repeated and "modified_at" in columns:
                is_newest = f"the line of the latest {columns['modified_at']} counts"
                take("deal_id", repeated[0], f"{repeated[0].header} stands on several lines: {is_newest}")
            elif named or first:
                chosen = (named or first)[0]
                take("deal_id", chosen, f"{chosen.header} has another value on each line: does it number the deals?")
            else:
                self.draft.columns["deals"] = columns = {"deal_id": {"line_number": True}, **columns}
                if repeated:
                    why = f"each line is taken for a deal, since {repeated[0].header} stands on several: are they one deal?"
                    self.draft.asks["columns.deals.deal_id"] = why
        if "amount" not in columns:
            known = {word for words in _words("deals").values() for word in words}
            numbers = [
                column
                for column in free(column for column in deals.columns if column.are_numbers)
                if not _NO_AMOUNT.search(column.header) and normal(column.header) not in known
            ]
            if len(numbers) == 1:
                take("amount", numbers[0], f"{numbers[0].header} holds numbers: {_range(numbers[0])}")
        self.draft.columns["deals"] = _in_order("deals", columns)

    def _outcomes(self, files: Sequence[FileProfile]) -> None:
        """Every word of the outcome with how many lines it stands on, and a proposal of what it means."""
        stated = self.draft.columns["deals"]["outcome"]
        if isinstance(stated, dict) and "file_name" in stated:
            self._outcomes_by_name(files)
            return
        first, *second = stated["headers"] if isinstance(stated, dict) else [str(stated)]
        closed = self.draft.columns["deals"].get("closed_on")
        counted: dict[str, tuple[str, int, int]] = {}
        for profile in files:
            dated = profile.by_header.get(str(closed))
            beside_it = profile.by_header[second[0]] if second else None
            for word, uses, beside in words_of(profile, profile.by_header[first], self.engine, dated, beside_it):
                shown, before, before_dated = counted.get(word.lower(), (word, 0, 0))
                counted[word.lower()] = shown, before + uses, before_dated + beside
        self.draft.outcomes = {outcome: [] for outcome in ("won", "lost", "open", "disqualified")}
        is_flag = not second and _is_flag(first, "is_won")
        for word, uses, dated_uses in sorted(counted.values(), key=lambda entry: (-entry[1], entry[0])):
            meant = known_outcome(word) or (_flag(word) if is_flag else None) or likely_outcome(word)
            by_both = _flags(word) if second else None
            if by_both:
                meant = by_both
            elif known_outcome(word) is None or meant is None:
                is_dated = closed is not None and dated_uses * 2 > uses
                why = f'"{word}" stands on {uses:,} line{"s" * (uses != 1)}' + (
                    "" if closed is None else f", {dated_uses:,} of them with a closed date"
                )
                guess = meant or ("lost" if is_dated else "open")
                self.draft.asks[f"outcomes.{guess}"] = "; ".join(
                    part for part in (self.draft.asks.get(f"outcomes.{guess}"), why) if part
                )
                meant = guess
            self.draft.outcomes[meant].append((word, uses))
        for outcome in ("won", "lost"):
            if not self.draft.outcomes[outcome]:
                self.draft.asks[f"outcomes.{outcome}"] = f"no word was found that means {outcome}"

    def _outcomes_by_name(self, files: Sequence[FileProfile]) -> None:
        """The files of each outcome, by what they are called; a number in the name is another one in the next export."""
        self.draft.outcomes = {outcome: [] for outcome in ("won", "lost", "open", "disqualified")}
        records: dict[str, int] = {}
        for profile in files:
            pattern = re.sub(r"\d+", "*", profile.name)
            records[pattern] = records.get(pattern, 0) + profile.file.records
        for pattern, uses in records.items():
            self.draft.outcomes[_outcome_of_name(pattern) or "open"].append((pattern, uses))
        self.draft.files["deals"] = list(records)

    # ------------------------------------------------------------ other objects

    def _objects(self, deals: FileProfile, rest: Sequence[FileProfile]) -> None:
        waiting = [
            profile for profile in rest if not (self._of_deals(deals, profile) or self._accounts(deals, profile))
        ]
        waiting = [profile for profile in waiting if not self._contacts(profile)]
        # a lookup may lead to another: those that the deals lead to first
        sources, before = [deals], 0
        while len(sources) > before:
            before = len(sources)
            sources += [profile for profile in waiting if profile not in sources and self._lookup(sources, profile)]

    def _key_of_deals(self, deals: FileProfile, profile: FileProfile) -> str | None:
        """The column of another file that holds ids of deals."""
        own = self.draft.columns["deals"]["deal_id"]
        if not isinstance(own, str):
            return None
        words = _words("deal_contacts")["deal_id"]
        named = [
            column
            for column in profile.columns
            if column.filled
            and (
                normal(column.header) in words
                or (plain(column.header) == plain(own) and normal(own) not in _ANY_NUMBER)
            )
        ]
        linked = [
            (shared(profile, column, deals, deals.by_header[own], self.engine), column.header) for column in named
        ]
        return _most(linked, _LINKED)

    def _of_deals(self, deals: FileProfile, profile: FileProfile) -> bool:
        """Takes a file whose lines belong to deals: stages, contacts, competitors."""
        key = self._key_of_deals(deals, profile)
        if key is None:
            return False
        for object_name, needed in (("stage_history", {"stage", "entered_on"}), ("deal_competitors", {"competitor"})):
            columns = _likely(profile, object_name, [key]) | {"deal_id": key}
            days = [column.header for column in profile.columns if column.filled and column.are_days]
            if "stage" in columns and "entered_on" not in columns and len(days) == 1:
                columns |= {"entered_on": days[0]}
            if needed <= columns.keys() and object_name not in self.draft.files:
                if object_name == "stage_history" and not profile.by_header[columns["entered_on"]].filled:
                    continue
                self._take(object_name, profile, columns)
                return True
        people = _likely(profile, "contacts", [key])
        if "deal_contacts" in self.draft.files or not people.keys() & {"contact_id", *DESCRIBING_A_CONTACT}:
            return False
        links = _likely(profile, "deal_contacts", [key]) | {"deal_id": key}
        self._take("deal_contacts", profile, links)
        described = {
            name: header
            for name, header in people.items()
            if name in ("contact_id", "title", "department", "modified_at")
        }
        if described.keys() & {"title", "department"}:
            self._take("contacts", profile, described)
        return True

    def _accounts(self, deals: FileProfile, profile: FileProfile) -> bool:
        """Takes a file with one line for each account of the deals."""
        own = self.draft.columns["deals"].get("account_id")
        if not isinstance(own, str) or "accounts" in self.draft.files:
            return False
        linked = [
            (shared(deals, deals.by_header[own], profile, column, self.engine), column.header)
            for column in profile.columns
            if column.distinct >= 0.9 * column.filled > 0 and not column.are_days
        ]
        key = _most(linked, _LINKED_ACCOUNTS)
        if key is None:
            return False
        columns = _likely(profile, "accounts", [key]) | {"account_id": key}
        if not columns.keys() & {"industry", "annual_revenue", "employees", "region", "country"}:
            return False
        self._take("accounts", profile, columns)
        return True

    def _contacts(self, profile: FileProfile) -> bool:
        """Takes a file of contacts that belong to accounts, or are named by those of deals."""
        if "contacts" in self.draft.files:
            return False
        columns = _likely(profile, "contacts")
        is_linked = False
        for object_name, name in (("deals", "account_id"), ("deal_contacts", "contact_id")):
            header, theirs = columns.get(name), self.draft.columns.get(object_name, {}).get(name)
            if header and isinstance(theirs, str):
                other = next(found for found in self.profiles if found.name == self.draft.files[object_name][0])
                part = shared(profile, profile.by_header[header], other, other.by_header[theirs], self.engine)
                is_linked = is_linked or part >= _LINKED_ACCOUNTS
        if not is_linked or not columns.keys() & set(DESCRIBING_A_CONTACT):
            return False
        self._take("contacts", profile, columns)
        return True

    def _lookup(self, sources: Sequence[FileProfile], profile: FileProfile) -> bool:
        """Takes a file as a lookup of the deals where a column of theirs, or of a lookup before, leads to lines of its own."""
        best: tuple[bool, float, str, str] | None = None
        for source in sources:
            for column in source.columns:
                if not column.filled or column.are_days:
                    continue
                for theirs in profile.columns:
                    if theirs.distinct != theirs.filled or not theirs.filled or theirs.are_days:
                        continue
                    is_same = plain(theirs.header) == plain(column.header) and normal(theirs.header) not in _ANY_NUMBER
                    # numbers agree by chance, unless their names or the name of the file say what they number
                    if not is_same and (
                        (theirs.are_numbers and not _is_named_alike(column.header, theirs.header, profile.name))
                        or column.header == self.draft.columns["deals"]["deal_id"]
                    ):
                        continue
                    part = shared(source, column, profile, theirs, self.engine)
                    rated = (is_same, part, theirs.header, column.header)
                    if part >= _LINKED and (best is None or rated[:2] > best[:2]):
                        best = rated
            if best:
                break
        if best is None:
            return False
        _, _, theirs_header, ours = best
        added = self._from_lookup(profile, theirs_header, sources)
        leads_on = any(
            other is not profile
            and other not in sources
            and set(map(plain, other.by_header)) & set(map(plain, profile.by_header))
            for other in self.profiles
        )
        if not added and not leads_on:
            return False
        self.draft.lookups.append(
            {
                "object": "deals",
                "file": profile.name,
                "key": ours if plain(ours) == plain(theirs_header) else {theirs_header: ours},
            }
        )
        self.used[profile.name].add(theirs_header)
        self.used[sources[0].name] |= {ours} & set(sources[0].by_header)
        # what leads on to further columns is a key of two files, and no dimension
        self.draft.dimensions = {name: header for name, header in self.draft.dimensions.items() if header != ours}
        return True

    def _from_lookup(self, profile: FileProfile, key: str, sources: Sequence[FileProfile]) -> bool:
        """Takes what a lookup adds to the deals: columns known by their words, and words of few values as dimensions."""
        taken = {plain(header) for source in sources for header in source.by_header}
        columns = self.draft.columns["deals"]
        likely = _likely(profile, "deals", [key])
        added = False
        for name in _FROM_LOOKUPS:
            header = likely.get(name)
            is_number = header is not None and profile.by_header[header].are_numbers
            # a number under a word for a category is the key of something else
            is_key = is_number and name not in ("employees", "annual_revenue")
            if (
                header
                and name not in columns
                and plain(header) not in taken
                and not is_key
                and (name == "owner" or not A_PERSON.search(header))
            ):
                columns[name] = header
                self.used[profile.name].add(header)
                added = True
        for column in profile.columns:
            is_new = plain(column.header) not in taken and column.header not in (key, *self.used[profile.name])
            if (
                is_new
                and 2 <= column.distinct <= MOST_WORDS
                and column.distinct < column.filled
                and not (column.are_days or column.are_numbers)
            ):
                added = self._dimension(profile, column) or added
        return added

    def _flat_contacts(self, deals: FileProfile) -> None:
        """Takes the contact that stands on the line of each deal, where no file of contacts does."""
        if self.draft.files.keys() & {"contacts", "deal_contacts"}:
            return
        likely = _likely(deals, "contacts", self.used[deals.name])
        described = {name: header for name, header in likely.items() if name in DESCRIBING_A_CONTACT}
        # a department alone is the seller's team as likely as a buyer's
        if not described.keys() & {"title", "buying_role"}:
            return
        self._take("contacts", deals, described)
        self._take("deal_contacts", deals, {"deal_id": self.draft.columns["deals"]["deal_id"]})

    # ------------------------------------------------------------ units and dimensions

    def _units(self, profiles: Sequence[FileProfile]) -> None:
        """States what numbers are to be multiplied by: as the header says it, or as their size suggests."""
        by_header = {column.header: (profile, column) for profile in reversed(profiles) for column in profile.columns}
        for object_name, columns in self.draft.columns.items():
            for name in ("annual_revenue", "amount", "qualification_score"):
                header = columns.get(name)
                if not isinstance(header, str) or header not in by_header:
                    continue
                profile, column = by_header[header]
                factor, why = self._unit(name, profile, column)
                if factor:
                    columns[name] = {"header": header, "multiply_by": factor}
                    self.draft.asks[f"columns.{object_name}.{name}"] = why

    def _unit(self, name: str, profile: FileProfile, column: ColumnProfile) -> tuple[float | None, str]:
        if not column.filled or column.middle is None or column.high is None:
            return None, ""
        if name == "qualification_score":
            factor = None if column.high <= 1 else 0.1 if column.high <= 10 else 0.01 if column.high <= 100 else None
            return factor, f"{column.header} runs {_range(column)}: the score here runs from 0 to 1"
        by_header = next((factor for factor, unit in _UNITS if unit.search(column.header)), None)
        if by_header:
            return by_header, f"the header says {_UNIT_NAMES[by_header]}: {_range(column)}"
        cell = identifier(column.place)
        says_itself = self.engine.execute(
            f"select count_if(regexp_matches({cell}, '(?i)\\d *(k|m|mn|mio|bn|tsd|lakh)')) from {profile.table}"
        ).fetchone()
        if (
            name == "annual_revenue"
            and column.high < 1_000_000
            and column.middle < 20_000
            and not (says_itself or (0,))[0]
        ):
            return 1_000_000, f"{column.header} looks like millions: {_range(column)}"
        return None, ""

    def _dimensions(self, deals: FileProfile) -> None:
        """Takes what is left of the deals' columns of few words as dimensions of the company's own."""
        for column in deals.columns:
            # a quarter or month under a word for a date is neither a day nor a dimension
            is_left = column.header not in self.used[deals.name] and column.are_words and not column.are_numbers
            is_left = is_left and not any(normal(column.header) in _words("deals").get(name, {}) for name in _DATES)
            if is_left and not column.addresses and not _NO_DIMENSION.search(normal(column.header)):
                words = [word for word, _, _ in words_of(deals, column, self.engine)]
                if not all(map(_A_PERIOD.fullmatch, words)):
                    self._dimension(deals, column)

    def _dimension(self, profile: FileProfile, column: ColumnProfile) -> bool:
        ascii_only = unicodedata.normalize("NFKD", normal(column.header)).encode("ascii", "ignore").decode()
        name = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")[:32]
        name = name if re.match(r"[a-z]", name) else f"own_{name or len(self.draft.dimensions) + 1}"
        name = f"own_{name}" if name in reserved_names() or name in self.draft.dimensions else name
        if len(self.draft.dimensions) >= MOST_DRAFTED_DIMENSIONS or name in self.draft.dimensions:
            return False
        is_person = A_PERSON.search(column.header) is not None
        self.draft.dimensions[name] = {"header": column.header, "is_person": True} if is_person else column.header
        self.used[profile.name].add(column.header)
        return True


def _named_like_deals(file: str) -> int:
    """1 where a file is called like one of deals, -1 where like one of something else."""
    name = file.casefold()
    return any(word in name for word in _DEALS_IN_NAMES) - any(word in name for word in _OTHERS_IN_NAMES)


def _most(linked: Iterable[tuple[float, str]], least: float) -> str | None:
    """The header that shares the most values, where it shares enough."""
    share, header = max(linked, default=(0.0, ""))
    return header if header and share >= least else None


def _in_order(object_name: str, columns: Mapping[str, object]) -> dict[str, object]:
    """The columns of an object in the order in which they are declared."""
    return {column.name: columns[column.name] for column in OBJECTS[object_name] if column.name in columns}


def _flag(word: str) -> str | None:
    """What yes or no means under a header such as Won."""
    meant = {row["word"].strip().lower(): row["means"].strip().lower() for row in seed_rows("boolean_words")}.get(
        word.lower()
    )
    return {"true": "won", "false": "lost"}.get(meant or "")


def _flags(word: str) -> str | None:
    """What a flag of closed and one of won say together, as in Y / N."""
    closed, won = (_flag(part) for part in word.split(" / ", 1))
    return "open" if closed == "lost" else won if closed == "won" else None


def _is_flag(header: str, column: str) -> bool:
    """Whether a header is one of those of a flag, such as Closed? or Is Won."""
    apart = re.sub(r"[\W_]+", " ", normal(header)).strip()
    return apart in {normal(alias.header) for alias in aliases() if alias.column == column} or (
        column == "is_won" and known_outcome(apart) == "won"
    )


def _outcome_of_name(file: str) -> str | None:
    """The outcome that a file is called by, as in Won deals 2025.csv."""
    found = {meant for word in re.split(r"[\W\d_]+", file) if (meant := known_outcome(word))}
    return found.pop() if len(found) == 1 else None


def _told_by_name(known: Sequence[FileProfile]) -> FileProfile | None:
    """The first of several files with the same headers that are called by their outcomes, won and lost among them."""
    for profile in known:
        alike = [
            other for other in known if set(map(plain, other.file.headers)) == set(map(plain, profile.file.headers))
        ]
        called = [_outcome_of_name(other.name) for other in alike]
        if {"won", "lost"} <= set(called) and None not in called:
            return profile
    return None


def _is_named_alike(header: str, theirs: str, file: str) -> bool:
    """Whether a header names what another header, or a file, is called: product_id that of products.csv."""
    apart = {word for word in normal(header).split() if word not in ("id", "no", "nr", "key", "code", "number")}
    return any(word in normal(theirs).split() or word in file.casefold() for word in apart)


def _range(column: ColumnProfile) -> str:
    return f"{column.low or 0:,.0f} to {column.high or 0:,.0f}"
