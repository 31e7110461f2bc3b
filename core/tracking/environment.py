"""The surroundings of a run: code, command, packages, machine. Taken once per process.

The commit is read from git's files at once. What takes longer (packages 40 ms, git's status and
diff 10 ms and more) is gathered by a thread, kept in the lake as one JSON object, and named by
the runs through its digest: ten thousand runs of one process share it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lake.errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lake.lake import Lake

LARGEST_DIFF: Final = 1024 * 1024
GIT_SECONDS: Final = 20
_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")
_SECRET: Final = re.compile(
    r"""(?ix) ( (?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|credential)s?
        [\w-]* ["']? \s* (?:[=:]|\s) \s* ) ( "[^"]*" | '[^']*' | \S+ )"""
)


def without_secrets(text: str) -> str:
    """Mask what follows a word such as password, token or api_key.

    >>> without_secrets("train.py --api-key abc123 --depth 4")
    'train.py --api-key *** --depth 4'
    """
    return _SECRET.sub(r"\1***", text)


def git_folder(start: Path) -> Path | None:
    """The git folder that rules a directory, followed through worktrees; None outside of git.

    What this user may not look into is outside.
    """
    for folder in (start, *start.parents):
        place = folder / ".git"
        if os.path.isdir(place):  # noqa: PTH112 - never fails, as Path.is_dir does
            return place if os.access(place, os.R_OK | os.X_OK) else None
        if os.path.isfile(place):  # noqa: PTH113 - the same
            pointer = place.read_text(encoding="utf8").removeprefix("gitdir:").strip()
            return (folder / pointer).resolve()
    return None


def head_commit(start: Path) -> str | None:
    """The commit that is checked out, read from git's files; None when there is none.

    Half a millisecond, where asking git takes ten.
    """
    folder = git_folder(start)
    if folder is None or not (folder / "HEAD").is_file():
        return None
    head = (folder / "HEAD").read_text(encoding="utf8").strip()
    if not head.startswith("ref:"):
        return head if _COMMIT.fullmatch(head) else None
    name = head.removeprefix("ref:").strip()
    common = folder
    if (folder / "commondir").is_file():
        common = (folder / (folder / "commondir").read_text(encoding="utf8").strip()).resolve()
    for place in (folder, common):
        if (place / name).is_file():
            return (place / name).read_text(encoding="utf8").strip()
    if (common / "packed-refs").is_file():
        for line in (common / "packed-refs").read_text(encoding="utf8").splitlines():
            if line.endswith(f" {name}"):
                return line.split(" ")[0]
    return None


def _git(*arguments: str) -> str | None:
    import subprocess  # 10 ms, in the thread only

    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None if isinstance(error, FileNotFoundError) else f"git did not answer: {error}"
    return done.stdout.decode("utf8", "replace") if done.returncode == 0 else None


def _code() -> tuple[dict[str, Any], bytes]:
    """What git says of the code, and the uncommitted changes as a patch."""
    if git_folder(Path.cwd()) is None:
        return {"git": None}, b""
    status = _git("status", "--porcelain", "--untracked-files=no") or ""
    patch = without_secrets(_git("diff", "HEAD") or "").encode()
    cut = len(patch) > LARGEST_DIFF
    if cut:
        patch = patch[:LARGEST_DIFF] + b"\n... cut: the rest is larger than is kept\n"
    facts = {
        "commit": head_commit(Path.cwd()),
        "branch": (_git("rev-parse", "--abbrev-ref", "HEAD") or "").strip() or None,
        "remote": without_secrets((_git("remote", "get-url", "origin") or "").strip()) or None,
        "dirty": bool(status.strip()),
        "changed_files": [line[3:] for line in status.splitlines()][:200],
        "patch_cut": cut,
    }
    return {"git": facts}, patch if status.strip() else b""


def _packages() -> dict[str, str]:
    from importlib.metadata import distributions  # 40 ms for a hundred packages

    found = {d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _main_script() -> dict[str, str | None]:
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    if path is None or not Path(path).is_file():
        return {"path": None, "sha256": None}
    content = Path(path).read_bytes()
    return {"path": str(path), "sha256": hashlib.sha256(content).hexdigest()}


def _machine() -> dict[str, Any]:
    import platform  # 1 ms, in the thread only
    import subprocess  # noqa: F401 - for git, which runs without the lock: it may take long

    return {
        "command": without_secrets(" ".join(sys.orig_argv)),
        "folder": str(Path.cwd()),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "host": platform.node(),
        "cpus": os.cpu_count(),
        "pid": os.getpid(),
        "packages": _packages(),
    }


# Importing and asking for the platform take locks of Python's own. A fork waits until they are
# free: in the child nobody would ever let go of them.
_machine_lock = threading.Lock()
os.register_at_fork(
    before=_machine_lock.acquire,
    after_in_parent=_machine_lock.release,
    after_in_child=_machine_lock.release,
)


class Environment:
    """This process's surroundings, gathered once by a thread of its own."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiting: list[Callable[[Environment], None]] = []
        self._pid = os.getpid()
        self.commit = head_commit(Path.cwd())
        self.digest: str | None = None
        self.patch_digest: str | None = None
        self.patch_size = 0
        self.code_version: str | None = None

    def when_ready(self, tell: Callable[[Environment], None]) -> None:
        """Call back once everything is gathered; at once when it is."""
        if self._pid != os.getpid():  # a fork: the thread stayed in the parent
            self._pid, self._lock, self._thread, self._waiting = (
                os.getpid(),
                threading.Lock(),
                None,
                [],
            )
        with self._lock:
            if self.digest is None:
                self._waiting.append(tell)
                if self._thread is None:
                    # not a daemon: the interpreter waits for it, so no run loses its surroundings
                    self._thread = threading.Thread(target=self._work, name="environment")
                    self._thread.start()
                return
        tell(self)

    def wait(self) -> None:
        """Wait until everything asked for is gathered and told."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _work(self) -> None:
        try:
            self._gather()
        except LakeError as error:  # no run fails for what surrounds it: the next one tries again
            with self._lock:
                self._thread = None
            _warn(error)
            return
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for tell in waiting:
            try:
                tell(self)
            except LakeError as error:  # of one run, which must not keep it from the others
                _warn(error)

    def _gather(self) -> None:
        with _machine_lock:
            facts = _machine()
        code, patch = _code()
        script = _main_script()
        facts |= {**code, "script": script}
        if patch:
            self.patch_digest, self.patch_size = self._lake.objects.put(patch), len(patch)
        commit = (code["git"] or {}).get("commit")
        if commit:
            changed = f"+{self.patch_digest[:8]}" if self.patch_digest else ""
            self.code_version = f"{commit[:12]}{changed}"
        elif script["sha256"]:
            self.code_version = f"sha256:{script['sha256'][:12]}"
        self.digest = self._lake.objects.put(json.dumps(facts, sort_keys=True).encode())


def _warn(error: LakeError) -> None:
    import logging  # 5 ms of every program's start, and wanted once in a while

    text = "the surroundings of a run could not be kept: %s"
    logging.getLogger(__name__).warning(text, error)
