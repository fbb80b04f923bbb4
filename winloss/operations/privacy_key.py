"""The key behind the keyed hashes of deals, accounts, contacts and owners.

The key comes from the environment variable WINLOSS_KEY, or is made once and kept beside the
private database in a file only its owner can read. It reaches SQL as the result of a function,
so that it stands in no statement, log or artifact.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

KEY_VARIABLE = "WINLOSS_KEY"
KEY_FILE = "winloss.key"
SHORTEST_KEY = 16
"""Characters a key has at least: one that is made has 64, and fewer were cut off or typed by hand."""


class KeyProblem(Exception):
    """There is no key to use; the message says why and what to do."""


def read_or_make_key(folder: Path) -> str:
    """Return the key: WINLOSS_KEY if set, else the text of `folder/winloss.key`, made if absent.

    The file has mode 0600 and appears whole, and builds that begin at once take the same. Raises KeyProblem where the key is too
    short to keep a secret, or its file cannot be used, or not be made.
    """
    stated = os.environ.get(KEY_VARIABLE, "").strip()
    if stated:
        if len(stated) < SHORTEST_KEY:
            raise KeyProblem(
                f"{KEY_VARIABLE} holds no key of {SHORTEST_KEY} letters and digits or more, so pseudonyms could be undone. State a longer "
                "one, such as the 64 that openssl rand -hex 32 prints; or none, and one is made and kept beside the private database."
            )
        return stated
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise KeyProblem(
            f"{path} cannot be used: {error.strerror}. Change the rights of its folder, or state a key in {KEY_VARIABLE}."
        ) from None
    except UnicodeDecodeError:
        key = ""
    if len(key) < SHORTEST_KEY:
        raise KeyProblem(
            f"{path} holds no key of {SHORTEST_KEY} letters and digits or more, so pseudonyms could be undone. Put your backup of it "
            "there; without one delete the file, and the next build makes a new key: owners and deals then get new pseudonyms."
        )
    return key


def _make(path: Path) -> None:
    """Puts a new key in place in one step, unless someone else has done so meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    waiting = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(waiting, path)
    finally:
        waiting.unlink(missing_ok=True)


def _put_in_place(waiting: Path, path: Path) -> None:
    """Gives a written file its name, if no one has that name yet."""
    try:
        os.link(waiting, path)
    except FileExistsError:
        pass
    except OSError:
        # a file system without links: only builds of two databases in one folder could still get in each other's way
        if not path.exists():
            waiting.rename(path)
