"""What a fresh clone relies on: commands, pins, and nothing of the machine it was made on."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_layout import FILES, PACKAGES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))
LOCKS = {"constraints.txt": ("test", "dev"), "constraints-bench.txt": ("bench",)}
HASH = r" \\\n {4}--hash=sha256:[0-9a-f]{64}"
PIN = re.compile(rf"^([a-z0-9._-]+)==(\S+)(?: ;[^\\]*?)?(?:{HASH})+$", re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf8")


def repository_files() -> list[Path]:
    """List what is committed, and what the next commit could take along."""
    # The clone of another user, as in a container, is as good here.
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    out = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in out.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def imported(path: Path) -> set[str]:
    """Name the top-level packages that a file imports, early or late."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def recipes() -> set[str]:
    return set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))


def test_every_command_in_the_documents_exists() -> None:
    for document in ("README.md", "CONTRIBUTING.md"):
        code = "\n".join(re.findall(r"```.*?```|`[^`]+`", text_of(document), re.DOTALL))
        named = set(re.findall(r"(?:^|`)make ([a-z]+)", code, re.MULTILINE))
        assert named
        assert named <= recipes()


def test_make_prints_every_recipe() -> None:
    out = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^  make (\w+) +\S", out.stdout, re.MULTILINE)) == recipes()


def test_continuous_integration_checks_and_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.findall(r"^make (\w+)", text_of(".ci/run"), re.MULTILINE) == ["check", "test"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_pinned_with_its_hashes(lock: str) -> None:
    pins = {canonicalize_name(name): version for name, version in PIN.findall(text_of(lock))}
    assert len(pins) == len(re.findall(r"^[^\s#]", text_of(lock), re.MULTILINE)), "a line is no pin"
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"]]
    wanted += [line for extra in LOCKS[lock] for line in extras[extra]]
    for requirement in map(Requirement, wanted):
        if requirement.name != PROJECT["project"]["name"]:
            version = pins.get(canonicalize_name(requirement.name), "no pin")
            assert requirement.specifier.contains(version), f"{requirement}: {version}; `make lock`"


def test_every_import_is_of_a_declared_dependency() -> None:
    """What another package happens to bring along may be gone with its next version."""
    extras = PROJECT["project"]["optional-dependencies"]
    lines = [*PROJECT["project"]["dependencies"], *extras["evidently"], *extras["shap"]]
    declared = {Requirement(line).name for line in lines}
    distributions = packages_distributions()
    borrowed = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in FILES
        for name in sorted(imported(path) - sys.stdlib_module_names - set(PACKAGES))
        if not declared & set(distributions.get(name, (name,)))
    ]
    assert borrowed == []


def test_build_requirements_are_pinned() -> None:
    assert set(PROJECT["build-system"]["requires"]) <= set(PROJECT["dependency-groups"]["build"])


def test_no_file_names_a_registry_or_a_path_of_this_machine() -> None:
    # The brackets keep this file itself out of what it looks for.
    address = re.compile(rb"index[-]url|[/]simple/|packages/[0-9a-f]{2}/[0-9a-f]{2}/|[/]work/")
    files = repository_files()
    assert ROOT / "pyproject.toml" in files
    assert [str(p.relative_to(ROOT)) for p in files if address.search(p.read_bytes())] == []
