"""The shape of this repository, kept by tests."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("lake", "catalog", "core", "app", "pages")
HEADLESS = PACKAGES[:3]
FILES = [p for name in PACKAGES for p in sorted((ROOT / name).rglob("*.py"))]
PAGES = sorted((ROOT / "pages").glob("*.py"))
LONGEST_FILE = 400
LONGEST_PAGE = 150
LONGEST_FUNCTION = 60

# Names that say nothing about what is inside.
NAMELESS = {"base", "common", "handlers", "helpers", "manager", "misc", "types", "utils"}

# A page asks `core` and draws; it neither queries by itself, nor trusts markup, nor goes around
# the drawing functions of `app`. The last one is a deprecated argument of Streamlit.
NOT_IN_PAGES = {"altair_chart", "duckdb", "execute", "unsafe_allow_html", "use_container_width"}

# Who may create, replace or rename files, and why. Everybody else goes through the store, which
# makes bytes durable before it gives them a name.
WRITERS = {
    "lake/store.py": "the store: the only place that knows how a file becomes durable",
    "lake/journal.py": "appends to a file that stays open, which a store cannot do",
    "lake/exported_file.py": "one file outside of any lake, where somebody asked for it",
    "lake/cache.py": "copies of a bucket's files, which may be lost at any time",
}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf8"))


@pytest.mark.parametrize("path", FILES, ids=named)
def test_file_is_small(path: Path) -> None:
    longest = LONGEST_PAGE if path in PAGES else LONGEST_FILE
    assert path.read_text(encoding="utf8").count("\n") <= longest
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(node, clean=False) or ""
            body = (node.end_lineno or 0) - node.lineno - doc.count("\n")
            assert body <= LONGEST_FUNCTION, f"{node.name} has {body} lines"


def test_every_module_has_a_name_that_says_something() -> None:
    assert [named(p) for p in FILES if {p.stem, p.parent.name} & NAMELESS] == []


def test_imports_are_absolute() -> None:
    relative = [
        f"{named(path)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_nothing_is_left_to_do() -> None:
    mark = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X)\b")
    texts = [
        *FILES,
        *(ROOT / "tests").rglob("*.py"),
        *filter(Path.is_file, (ROOT / "tools").rglob("*")),
    ]
    assert [named(p) for p in texts if mark.search(p.read_text(encoding="utf8"))] == []


def test_no_file_of_app_hides_another_module() -> None:
    """`streamlit run app/main.py` puts app/ first on sys.path."""
    names = {p.stem for p in (ROOT / "app").iterdir()} - {"__init__", "__pycache__", "py"}
    assert not names & (set(PACKAGES) | sys.stdlib_module_names)


def test_all_packages_come_from_one_place(tmp_path: Path) -> None:
    """Their names are generic: another distribution in the environment could shadow them."""
    code = (
        "from importlib.util import find_spec\n"
        "from pathlib import Path\n"
        f"places = [Path(find_spec(name).origin).parents[1] for name in {PACKAGES}]\n"
        "print(*sorted(set(map(str, places))), sep='\\n')"
    )
    run = [sys.executable, "-c", code]
    out = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert out.stdout.splitlines() == [str(ROOT)], "installed in this environment? try `make`"


@pytest.mark.parametrize("name", HEADLESS)
def test_import_loads_the_standard_library_only(name: str) -> None:
    """20 ms to 3 s for each of the others, which a script that only logs does not need."""
    code = (
        f"import sys; before = set(sys.modules); import {name}\n"
        "loaded = {module.partition('.')[0] for module in set(sys.modules) - before}\n"
        f"print(sorted(loaded - sys.stdlib_module_names - set({PACKAGES})))"
    )
    run = [sys.executable, "-c", code]
    out = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_script_that_only_logs_loads_nothing_that_reads_tables() -> None:
    """A quarter of what the import costs, and of no use to it."""
    code = "import sys; from core import Workbench; print(*sys.modules)"
    run = [sys.executable, "-c", code]
    out = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    reading = {"catalog.mirror", "lake.manifest", "lake.segment", "lake.table", "pyarrow"}
    assert reading & set(out.stdout.split()) == set()


def test_every_public_name_has_a_home() -> None:
    import core

    assert sorted(core.__all__) == core.__all__
    assert set(core.__all__) == set(core._HOME)
    for name in core.__all__:
        assert getattr(core, name) is not None


def test_files_are_written_in_few_places() -> None:
    headless = [p for p in FILES if p.relative_to(ROOT).parts[0] in HEADLESS]
    assert [
        f"{named(path)}:{line}"
        for path in headless
        if named(path) not in WRITERS
        for line in writes(tree_of(path))
    ] == []


@pytest.mark.parametrize(
    "code",
    [
        'open(p, "w")',
        'open(p, mode="ab")',
        'p.open("wb")',
        'p.open("r+b")',
        "os.open(p, os.O_CREAT | os.O_RDWR)",
        "os.rename(a, b)",
        "os.replace(a, b)",
        "os.link(a, b)",
        "a.replace(b)",
        "a.rename(b)",
        "p.write_bytes(data)",
        "p.write_text(text)",
        "frame.write_parquet(p)",
        "frame.to_parquet(p)",
        "shutil.copyfile(a, b)",
    ],
)
def test_a_write_is_recognized(code: str) -> None:
    assert list(writes(ast.parse(code))) == [1]


@pytest.mark.parametrize(
    "code",
    [
        "open(p)",
        'open(p, "rb")',
        'p.open("rb")',
        'Lake.open("w")',
        "os.open(p, os.O_RDONLY)",
        'text.replace("a", "b")',
        "moment.replace(tzinfo=None)",
        'frame.rename(columns={"a": "b"})',
    ],
)
def test_other_calls_are_not_taken_for_writes(code: str) -> None:
    assert list(writes(ast.parse(code))) == []


def writes(tree: ast.Module) -> Iterator[int]:
    """Yield the line of everything that creates, changes or moves a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (_opens_to_write(node) or _moves_or_writes(node)):
            yield node.lineno


def _opens_to_write(call: ast.Call) -> bool:
    match call.func:
        case ast.Name("open"):
            modes = call.args[1:2]
        case ast.Attribute(ast.Name("os"), "open"):
            flags = {n.attr for n in ast.walk(call) if isinstance(n, ast.Attribute)}
            return bool(flags & {"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC"})
        case ast.Attribute(attr="open"):
            # A mode is "wb", "a+", ... beside "r" or "b": a name alone may look like one.
            modes = [] if _is_class(call.func.value) else call.args[:1]
        case _:
            return False
    modes = [*modes, *(k.value for k in call.keywords if k.arg == "mode")]
    return any(
        isinstance(m, ast.Constant) and re.fullmatch(r"[rwaxbt+]*[wax+][rwaxbt+]*", str(m.value))
        for m in modes
    )


def _moves_or_writes(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(ast.Name("os"), "rename" | "renames" | "replace" | "link" | "symlink"):
            return True
        case ast.Attribute(ast.Name("shutil"), name):
            return name.startswith(("copy", "move"))
        case ast.Attribute(attr="write_bytes" | "write_text" | "write_parquet" | "to_parquet"):
            return True
        case ast.Attribute(attr="rename" | "replace"):
            # Path.replace(target); the method of str takes two, that of datetime keywords.
            return len(call.args) == 1 and not call.keywords
    return False


def _is_class(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id[:1].isupper()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_page_only_asks_and_draws(page: Path) -> None:
    with tokenize.open(page) as file:
        names = {t.string for t in tokenize.generate_tokens(file.readline)}
    assert names & NOT_IN_PAGES == set()
