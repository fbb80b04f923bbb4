"""The reader for `crm: custom`: files and headers as the user's mapping names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase

from winloss.errors import ReadingError
from winloss.load.columns import COLUMNS, DESCRIBING_A_CONTACT, OBJECTS, Column, with_dimensions
from winloss.load.file_inspection import ExportFile
from winloss.load.folder import Folder
from winloss.load.headers import missing_header, no_header, only_position, positions
from winloss.load.layout import Layout, fiscal_year_start_month, placed
from winloss.load.mapping import CustomMapping, HeaderRule, LookupRule, check_mapping
from winloss.load.statements import LINES, Binding, Cell, FileReading, Lookup

_KEY = "the key of mapping.lookups"


def custom_layout(folder: Folder, variables: Mapping[str, object]) -> Layout:
    """The layout the setting `mapping` describes. Raises ReadingError with every problem found."""
    mapping = check_mapping(variables.get("mapping"))
    readings = _Resolver(folder, mapping, fiscal_year_start_month(variables)).readings()
    return Layout(
        objects=with_dimensions(COLUMNS, mapping.dimensions),
        readings=readings,
        outcome_words=mapping.outcomes,
        date_order=mapping.date_order,
        decimal=mapping.decimal,
        settings_prefix="mapping.",
        is_order_stated=bool(mapping.file_order),
        notices=folder.notices(),
    )


class _Resolver:
    """Finds the files and headers of a mapping, collecting what is not there."""

    def __init__(self, folder: Folder, mapping: CustomMapping, fiscal_year_start_month: int) -> None:
        self.folder = folder
        self.fiscal_year_start_month = fiscal_year_start_month
        self.mapping = mapping
        self.problems: list[str] = []

    @contextmanager
    def _collecting(self) -> Iterator[None]:
        try:
            yield
        except ReadingError as error:
            self.problems += [sentence for sentence in error.sentences if sentence not in self.problems]

    def readings(self) -> list[FileReading]:
        self.folder.names()
        paths = {object_name: self._paths(object_name) for object_name in self.mapping.files}
        lookup_paths = [self._lookup_path(rule) for rule in self.mapping.lookups]
        files = self._examined(paths, lookup_paths)
        found_lookups = zip(self.mapping.lookups, lookup_paths, strict=True)
        lookups = [(rule, files.get(path)) for rule, path in found_lookups if path]
        found: list[FileReading] = []
        for object_name, object_paths in paths.items():
            object_files = [files[path] for path in object_paths if path in files]
            rules = [pair for pair in lookups if pair[0].object == object_name]
            readings = [self._reading(object_name, file, rules) for file in object_files]
            with self._collecting():
                found += placed(readings, self.mapping.file_order, "mapping.file_order", self.fiscal_year_start_month)
        if not self.problems:
            found = [self._with_contact_id(reading, found) for reading in found]
        if self.problems:
            raise ReadingError(*self.problems)
        return found

    def _paths(self, object_name: str) -> list[str]:
        paths: list[str] = []
        for pattern in self.mapping.files[object_name]:
            with self._collecting():
                paths += self.folder.find(pattern, f"mapping.files.{object_name}")
        return list(dict.fromkeys(paths))

    def _lookup_path(self, rule: LookupRule) -> str | None:
        with self._collecting():
            found = self.folder.find(rule.file, "mapping.lookups")
            if len(found) > 1:
                raise ReadingError(f'mapping.lookups: "{rule.file}" means {len(found)} files; a lookup is one file.')
            return found[0]
        return None

    def _examined(self, paths: Mapping[str, list[str]], lookup_paths: list[str | None]) -> dict[str, ExportFile]:
        headers = [
            header
            for rules in self.mapping.columns.values()
            for rule in rules.values()
            for header in (rule.header, rule.beside)
            if header
        ]
        headers += [rule.file_header for rule in self.mapping.lookups]
        files: dict[str, ExportFile] = {}
        for path in [path for several in paths.values() for path in several] + [path for path in lookup_paths if path]:
            if path not in files:
                with self._collecting():
                    file = self.folder.examine(path, headers)
                    if not file.has_header:
                        raise ReadingError(no_header(file, list(dict.fromkeys(self._expected(path, paths)))))
                    files[path] = file
        return files

    def _expected(self, path: str, paths: Mapping[str, list[str]]) -> list[str]:
        """The headers that the mapping names for a file, or for lookups."""
        named = [
            rule.header
            for object_name, object_paths in paths.items()
            if path in object_paths
            for rule in self.mapping.columns.get(object_name, {}).values()
            if rule.header
        ]
        return named or [rule.file_header for rule in self.mapping.lookups]

    def _reading(
        self, object_name: str, file: ExportFile, rules: list[tuple[LookupRule, ExportFile | None]]
    ) -> FileReading:
        lookups = self._lookups(file, [(rule, lookup_file) for rule, lookup_file in rules if lookup_file])
        bindings: dict[str, Binding] = {}
        for column in with_dimensions(OBJECTS, self.mapping.dimensions)[object_name]:
            header_rule = self.mapping.columns.get(object_name, {}).get(column.name)
            if header_rule:
                with self._collecting():
                    bindings[column.name] = self._binding(object_name, column, header_rule, file, lookups)
        return FileReading(object_name, file, bindings, tuple(lookups))

    def _lookups(self, file: ExportFile, rules: list[tuple[LookupRule, ExportFile]]) -> list[Lookup]:
        """The lookups of a file, each after the one that has its key: a line item, its price book entry, the product of that."""
        lookups: list[Lookup] = []
        waiting = [(f"lookup_{number}", rule, found) for number, (rule, found) in enumerate(rules, 1)]
        while waiting:
            ready = [
                (alias, rule, found)
                for alias, rule, found in waiting
                if positions(rule.object_header, file.headers)
                or any(positions(rule.object_header, lookup.file.headers) for lookup in lookups)
            ]
            if not ready:
                # no chain leads to these: say of each what its key is missing from
                ready = waiting
            for alias, rule, found in ready:
                with self._collecting():
                    theirs = only_position(rule.file_header, _KEY, found)
                    lookups.append(Lookup(alias, found, Cell(alias, found, theirs), self._key(rule, file, lookups)))
            waiting = [entry for entry in waiting if entry not in ready]
        return lookups

    def _key(self, rule: LookupRule, file: ExportFile, lookups: list[Lookup]) -> Cell:
        """Where the key of a lookup stands: in the object's own file, else in the one lookup before that has the header."""
        having = [lookup for lookup in lookups if positions(rule.object_header, lookup.file.headers)]
        if positions(rule.object_header, file.headers) or not having:
            if lookups and not positions(rule.object_header, file.headers):
                raise ReadingError(missing_header(rule.object_header, _KEY, file, [lookup.file for lookup in lookups]))
            return Cell(LINES, file, only_position(rule.object_header, _KEY, file))
        if len(having) > 1:
            raise ReadingError(
                f'The column "{rule.object_header}" (for {_KEY}) stands in both {having[0].file.name} and {having[1].file.name}: '
                f"rename it in one of them."
            )
        before = having[0]
        return Cell(before.alias, before.file, only_position(rule.object_header, _KEY, before.file))

    def _binding(
        self, object_name: str, column: Column, rule: HeaderRule, file: ExportFile, lookups: list[Lookup]
    ) -> Binding:
        """Where a column comes from: the object's own file, else the one lookup that has the header."""
        if rule.is_line_number:
            return Binding(column, (), is_line_number=True)
        if rule.is_file_name:
            return Binding(column, (), file_says=self._said_by_the_name(file.name))
        if rule.beside:
            both = [
                self._binding(object_name, column, HeaderRule(header), file, lookups)
                for header in (rule.header, rule.beside)
            ]
            return Binding(column, tuple(cell for binding in both for cell in binding.cells), is_together=True)
        name = f"the dimension {column.name}" if column.is_own else f"{object_name}.{column.name}"
        offering = [lookup for lookup in lookups if positions(rule.header, lookup.file.headers)]
        if positions(rule.header, file.headers) or not offering:
            if lookups and not positions(rule.header, file.headers):
                raise ReadingError(missing_header(rule.header, name, file, [lookup.file for lookup in lookups]))
            position = only_position(rule.header, name, file)
            return Binding(column, (Cell(LINES, file, position),), rule.multiply_by)
        if len(offering) > 1:
            raise ReadingError(
                f'The column "{rule.header}" (for {name}) stands in both {offering[0].file.name} and '
                f"{offering[1].file.name}: rename it in one of them."
            )
        lookup = offering[0]
        position = only_position(rule.header, name, lookup.file)
        return Binding(column, (Cell(lookup.alias, lookup.file, position),), rule.multiply_by)

    def _said_by_the_name(self, name: str) -> str:
        """The outcome whose words, or patterns, a file is called by; else its name, which is then a word that no one mapped."""
        called = (name.casefold(), name.casefold().rsplit("/", 1)[-1])
        for outcome, said in self.mapping.outcomes.items():
            if any(fnmatchcase(one, pattern.casefold()) for pattern in said for one in called):
                return outcome
        return name

    def _with_contact_id(self, reading: FileReading, found: list[FileReading]) -> FileReading:
        """A reading of contacts or of their deals, with a way to an identifier where the mapping names none.

        Both readings of one file make it from the same cells, so that they meet.
        """
        if reading.object not in ("contacts", "deal_contacts") or "contact_id" in reading.bindings:
            return reading
        same = {other.object: other for other in found if other.file is reading.file}
        contacts, links = same.get("contacts"), same.get("deal_contacts")
        if contacts is None:
            raise ReadingError(
                f"mapping.columns.deal_contacts lacks contact_id: name its header, or read contacts from "
                f"{reading.file.name} too."
            )
        if "contact_id" in contacts.bindings:
            return replace(reading, bindings={**reading.bindings, "contact_id": contacts.bindings["contact_id"]})
        owners = [links.bindings.get("deal_id") if links else None, contacts.bindings.get("account_id")]
        belongs_to = tuple(cell for binding in owners if binding for cell in binding.cells)
        described_by = tuple(
            cell
            for name in DESCRIBING_A_CONTACT
            if (binding := contacts.bindings.get(name))
            for cell in binding.cells
            if cell.source == LINES
        )
        return replace(reading, belongs_to=belongs_to, described_by=described_by)
