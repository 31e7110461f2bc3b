"""How much memory this process has, and had at most."""

from __future__ import annotations

from pathlib import Path


def bytes_now() -> int:
    """Memory of this process that is in use."""
    return _status("VmRSS")


def most_bytes() -> int:
    """The most memory that this process ever had in use."""
    return _status("VmHWM")  # ru_maxrss is that of the parent where it had more


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="utf8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(name)
