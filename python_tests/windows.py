"""A system without what only Unix has, for the package and all that it starts; dbt asks for the name of the system instead."""

from __future__ import annotations

from pathlib import Path

# Taken away: locks, groups, rights, most signals, links. A folder cannot be opened, nothing is flushed that is open for reading, and what may
# only be read can be neither replaced nor removed.
_SITE = """
import builtins, errno, os, signal, stat, sys
if sys.platform != "win32":
    import fcntl
    found, opened, flushed = builtins.__import__, os.open, os.fsync
    def is_ours(depth=2):
        return str(sys._getframe(depth).f_globals.get("__name__")).startswith("winloss")
    def without_unix(name, globals=None, *further, **named):
        if name in ("fcntl", "resource") and str((globals or {}).get("__name__")).startswith("winloss"):
            raise ImportError(f"No module named {name}")
        return found(name, globals, *further, **named)
    def open_file(path, *further, **named):
        if is_ours() and os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *further, **named)
    def flush(descriptor):
        if is_ours() and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        return flushed(descriptor)
    def no_link(*further, **named):
        raise OSError(errno.EINVAL, "A required privilege is not held by the client")
    def guarded(step, place):
        def only_writable(*paths, **named):
            target = paths[place]
            if os.path.isfile(target) and not os.path.islink(target) and not os.lstat(target).st_mode & stat.S_IWUSR:
                raise PermissionError(errno.EACCES, "Access is denied", str(target))
            return step(*paths, **named)
        return only_writable
    builtins.__import__, os.open, os.fsync, os.symlink = without_unix, open_file, flush, no_link
    os.replace, os.unlink, os.remove = guarded(os.replace, 1), guarded(os.unlink, 0), guarded(os.remove, 0)
    for name in ("pread", "pwrite", "fchmod", "killpg"):
        delattr(os, name)
    for name in ("SIGALRM", "SIGHUP", "setitimer"):
        delattr(signal, name)
"""


def without_unix(folder: Path) -> Path:
    """A folder that, first on the path of Python, takes from it what Windows lacks."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_SITE, encoding="utf-8")
    return folder
