"""One folder per published build, and one link that says which of them is read: all published files change at once.

    published/.marts.duckdb.current     -> .marts.duckdb.k3x9q2.build
    published/marts.duckdb              -> .marts.duckdb.current/marts.duckdb
    published/csv/alerts.csv            -> ../.marts.duckdb.current/csv/alerts.csv

A build is switched to by renaming one link, so a reader who opens a file sees the files of one build, also after a kill between any
two steps. The build before stays for readers that have just found its folder. Where the file system has no links, the files are
put in place one by one.
"""

from __future__ import annotations

import errno
import glob
import os
import shutil
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from winloss.own_files import (
    IS_UNIX,
    MARK,
    Manifest,
    digest,
    is_published_database,
    new_folder,
    purpose_of,
    remove_folder,
)

MANIFEST = ".manifest"
_LINKS_FOLLOWED = 40
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


class OthersFilesError(Exception):
    """Files that no build published stand where published files go; `paths` are these."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__(str(paths[0]))
        self.paths = list(paths)


def published_place(path: Path) -> Path:
    """The absolute path of a published file as its readers know it, through links of the user's but not through those of a build.

    Raises OSError where the links lead in a circle.
    """
    # links that lead in a circle are found by what opens the file
    place = Path(os.path.realpath(path.parent)) / path.name
    for _ in range(_LINKS_FOLLOWED):
        if not place.is_symlink() or os.readlink(place) == f".{place.name}.current/{place.name}":
            return place
        there = place.parent / os.readlink(place)
        place = Path(os.path.realpath(there.parent)) / there.name
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


@dataclass
class BuildFolders:
    """The builds that stand published as `final`, an absolute path."""

    final: Path

    @cached_property
    def current(self) -> Path:
        """The link that says which build is read."""
        return self.final.with_name(f".{self.final.name}.current")

    @cached_property
    def _before(self) -> Manifest:
        """What publications listed that put real files in place."""
        return Manifest.read(self.final.with_name(f".{self.final.name}.manifest"))

    def put_in_place(self, folder: Path, names: Sequence[str], kept: Collection[str] = ()) -> None:
        """Makes the files `names` of `folder`, a new folder of this publication, those that are read.

        `names` are paths under the folder. Of the files that stand published, those under a folder in `kept` stay. Raises
        OthersFilesError, and changes nothing, where files of the user's stand in the way.
        """
        self._name_a_copied_folder()
        if others := [path for path in self._ways(names) if not self._is_ours(path)]:
            raise OthersFilesError(others)
        stays = self._carried(folder, names, kept)
        build = self._finished(folder, [*names, *stays])
        try:
            if self._can_link():
                self._adopt(names)
                self._link([*names, *stays])
                last = [path for path in [self._read_now()] if path]
                self._point(build)
            else:
                last = [path for path in self._builds() if path != build][-1:]
                self._copy(build, names)
        except BaseException:
            if self._read_now() != build:
                _remove_build(build)
            raise
        self._remove_what_is_no_longer_published([*names, *stays], build, kept)
        for other in self._builds():
            if other not in (build, *last):
                _remove_build(other)
        to_disk(self.final.parent)

    # ------------------------------------------------------------ what stands there

    def _place(self, name: str) -> Path:
        return self.final.parent / name

    def _text(self, name: str) -> str:
        """What the link at the place of a file says."""
        place = self._place(name)
        return os.path.relpath(self.current / name, os.path.realpath(place.parent))

    def _ways(self, names: Iterable[str]) -> list[Path]:
        """What stands where links and files go."""
        return [path for path in [self.current, *(self._place(name) for name in names)] if os.path.lexists(path)]

    def _is_ours(self, path: Path) -> bool:
        if path == self.current:
            return path.is_symlink() and self._is_build(path.parent / os.readlink(path), must_exist=False)
        name = path.relative_to(self.final.parent).as_posix()
        if path.is_symlink():
            return os.readlink(path) == self._text(name)
        return path.is_file() and (self._is_listed(path) or is_published_database(path))

    def _is_listed(self, path: Path) -> bool:
        """Whether a real file is what a publication put there."""
        if path.is_symlink() or not path.is_file():
            return False
        name = path.relative_to(self.final.parent).as_posix()
        known = {known for build in self._builds() for known in Manifest.read(build / MANIFEST).digests.get(name, ())}
        return self._before.lists(path) or (bool(known) and digest(path) in known)

    def _builds(self) -> list[Path]:
        """The folders of builds, the oldest first."""
        found = [
            path for path in self.final.parent.glob(f".{glob.escape(self.final.name)}.*.build") if self._is_build(path)
        ]
        return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def _is_build(self, path: Path, must_exist: bool = True) -> bool:
        is_named = (
            path.parent == self.final.parent
            and path.name.startswith(f".{self.final.name}.")
            and path.name.endswith(".build")
        )
        if not is_named or path.is_symlink() or not path.exists():
            return is_named and not must_exist and not os.path.lexists(path)
        return purpose_of(path) == self.final.name and (path / MANIFEST).is_file()

    def _read_now(self) -> Path | None:
        """The folder of the build that is read."""
        path = self.current.parent / os.readlink(self.current) if self.current.is_symlink() else None
        return path if path and self._is_build(path) else None

    def _names_of(self, build: Path | None) -> list[str]:
        return list(Manifest.read(build / MANIFEST).digests) if build else []

    def _is_linked(self, name: str) -> bool:
        place = self._place(name)
        return place.is_symlink() and os.readlink(place) == self._text(name)

    # ------------------------------------------------------------ steps

    def _name_a_copied_folder(self) -> None:
        """A published folder that was copied without its links has a folder in the place of the link."""
        path = self.current
        if not path.is_symlink() and purpose_of(path) == self.final.name and (path / MANIFEST).is_file():
            folder = new_folder(self.final.parent, self.final.name)
            remove_folder(folder)
            path.rename(folder.with_suffix(".build"))

    def _carried(self, folder: Path, names: Sequence[str], kept: Collection[str]) -> list[str]:
        """Takes over what stays of the build before, such as the copies of earlier quarters; the names."""
        before = self._read_now()
        stays = [
            name
            for name in self._names_of(before)
            if name not in names and name.split("/")[0] in kept and self._is_linked(name)
        ]
        for name in stays:
            assert before is not None
            _link_or_copy(before / name, folder / name)
        return stays

    def _finished(self, folder: Path, names: Sequence[str]) -> Path:
        """Makes a folder of files that of a build: complete on the disk, open to readers, and with a list of what is in it."""
        for name in names:
            _read_only(folder / name)
            to_disk(folder / name)
        Manifest(folder / MANIFEST, {name: [digest(folder / name)] for name in names}).write(folder)
        for path in (folder / MANIFEST, folder / MARK):
            _read_only(path)
        for path in sorted({folder, *(parent for name in names for parent in _folders(folder, name))}):
            path.chmod(0o755)
            to_disk(path)
        build = folder.with_suffix(".build")
        folder.rename(build)
        return build

    def _can_link(self) -> bool:
        folder = new_folder(self.final.parent, self.final.name)
        try:
            (folder / "link").symlink_to(MARK)
        except OSError as error:
            if error.errno in _NO_LINKS:
                return False
            raise
        finally:
            remove_folder(folder)
        return True

    def _adopt(self, names: Sequence[str]) -> None:
        """Takes real files of an earlier publication into a folder too, so that links can take their place unseen."""
        before = self._read_now()
        known = [*names, *self._names_of(before), *self._before.digests]
        real = [
            name
            for name in dict.fromkeys(known)
            if self._place(name).is_file() and not self._place(name).is_symlink() and self._is_ours(self._place(name))
        ]
        if not real:
            return
        folder = new_folder(self.final.parent, self.final.name)
        linked = [name for name in self._names_of(before) if name not in real]
        for name in [*linked, *real]:
            _link_or_copy(self._place(name) if name in real or before is None else before / name, folder / name)
        self._point(self._finished(folder, [*linked, *real]))
        self._link(real)

    def _link(self, names: Sequence[str]) -> None:
        for name in names:
            if not self._is_linked(name):
                make_folder(self._place(name).parent)
                self._replace_by_link(self._place(name), self._text(name))

    def _point(self, build: Path) -> None:
        """The one step in which a build takes the place of another."""
        self._replace_by_link(self.current, build.name)
        to_disk(self.final.parent)

    def _replace_by_link(self, place: Path, text: str) -> None:
        folder = new_folder(self.final.parent, self.final.name)
        os.symlink(text, folder / "link")
        os.replace(folder / "link", place)
        remove_folder(folder)

    def _copy(self, build: Path, names: Sequence[str]) -> None:
        """One by one, for a file system without links; the main file, which is the last of the names, comes last."""
        folder = new_folder(self.final.parent, self.final.name)
        for name in names:
            make_folder(self._place(name).parent)
            shutil.copyfile(build / name, folder / "copy")
            _read_only(folder / "copy")
            to_disk(folder / "copy")
            os.replace(folder / "copy", self._place(name))
        remove_folder(folder)

    def _remove_what_is_no_longer_published(self, names: Sequence[str], build: Path, kept: Collection[str]) -> None:
        """What a table or a format that is no longer published left goes; the copies of earlier quarters stay."""
        listed = [name for other in self._builds() if other != build for name in self._names_of(other)]
        for name in dict.fromkeys([*listed, *self._before.digests]):
            is_left = name not in names and name.split("/")[0] not in kept
            if is_left and (self._is_linked(name) or self._is_listed(self._place(name))):
                self._place(name).unlink()
        self._before.path.unlink(missing_ok=True)


def _remove_build(build: Path) -> None:
    """Removes what a publication put into a folder; a file that someone else put there stays, and the folder with it."""
    names = list(Manifest.read(build / MANIFEST).digests)
    for name in names:
        (build / name).unlink(missing_ok=True)
    folders = {parent for name in names for parent in _folders(build, name)} - {build}
    for folder in sorted(folders, reverse=True):
        with suppress(OSError):
            folder.rmdir()
    if {path.name for path in build.iterdir()} <= {MARK, MANIFEST}:
        # under a name that the next publication clears away, whatever a kill leaves in it
        remove_folder(build.rename(build.with_suffix(".tmp")))


def _folders(folder: Path, name: str) -> list[Path]:
    return [path for path in (folder / name).parents if path == folder or folder in path.parents]


def _link_or_copy(source: Path, place: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    try:
        os.link(source, place, follow_symlinks=True)
    except OSError:
        shutil.copyfile(source, place)


def _read_only(path: Path) -> None:
    """Readers cannot write; on Windows such a file could be neither replaced nor removed."""
    if IS_UNIX:
        path.chmod(0o444)


def make_folder(folder: Path) -> None:
    """Make a folder that others can open, whatever the umask of the build."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        with suppress(FileExistsError):
            path.mkdir()
            path.chmod(0o755)


def to_disk(path: Path) -> None:
    if not IS_UNIX:
        # Windows opens no folder, and flushes nothing that is open for reading
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
