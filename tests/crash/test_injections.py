"""Hundreds of damaged lakes: each is noticed, and none misleads a reader.

A flipped bit, a truncated, missing or zeroed file, or two files that changed places: each done to
two files of every kind, with MHRAS_TEST_EVERY_POINT=1 to 16, which makes a thousand lakes.
`mhras verify` at level content names the file, and whoever reads gets the right answer or a typed
error that names it. INJECTION_SEED chooses other files. The lake of a failure is kept in the
folder that pytest names.

What nobody can notice, and why:

    journal deleted, cut off,     nothing else says that its last lines were there: they were
    last line break flipped       acknowledged moments ago, and are what a crash would take too
    two journals changed places   the same rows are still there
    spare, inventory, catalog.sql whoever wrote them might have failed to, or have deleted them:
    deleted                       they are copies, or made of the rest
    files replaced by compaction  they wait for their deletion, and nobody reads them

A deleted segment is found by `verify`, for the inventory has its name, but not by a reader. Damaged
lines of a journal are passed over by readers, with a warning in the log.
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import lake.keeper
from catalog.catalog import Catalog
from catalog.export import DATABASE, SCRIPT
from catalog.tables import SPECS
from catalog.view_names import VIEWS
from core.maintenance import repair_identity, repair_lake, verify_lake
from core.tracking.reader import RunReader
from core.tracking.storage import LakeStorage
from lake.errors import LakeError, MhrasError
from lake.identity import IDENTITY
from lake.lake import Lake
from lake.store import LocalStore
from lake.verify import verify
from tests.support.commands import Command
from tests.support.full_lake import full_lake, linked_copy
from tests.support.injections import Injection, choose, files_by_kind, inject
from tests.support.thorough import EVERY_POINT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

PARTS = 16 if EVERY_POINT else 2
SEED = os.environ.get("INJECTION_SEED", "7")
# Files that hold nothing a reader asks for: a sample of them is enough to see that it is so.
UNREAD = {"spare", "sentinel", "inventory", "claims", "catalog.sql", "catalog.duckdb", "objects"}
EVERY = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The lake, what it answers, where its objects are named, and which files nobody reads."""

    folder: Path
    answers: dict[str, Any]
    uris: dict[str, str]
    environments: tuple[str, ...]
    contents: dict[str, bytes]
    files: dict[str, list[str]]
    replaced: frozenset[str]

    def chosen(self, part: object, count: int | None = None) -> Iterator[tuple[str, Injection]]:
        """Yield injections of every kind, and how to get the same again."""
        chance = random.Random(f"{SEED} {part}")  # noqa: S311 - the same every time
        injections = choose(self.files, self.folder, chance)
        for number, injection in enumerate(itertools.islice(injections, count)):
            yield f"INJECTION_SEED={SEED}, part {part}, number {number}: {injection}", injection


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    folder = tmp_path_factory.mktemp("original") / "lake"
    with pytest.MonkeyPatch.context() as patch, full_lake(folder) as bench:
        # on a busy machine this takes so long that the living writer would begin another journal
        patch.setattr(lake.keeper, "OLDEST_JOURNAL_SECONDS", 1e9)
        replaced = set()
        for name in SPECS:
            table, head = bench.lake.table(name), bench.lake.table(name).log.head().manifest
            replaced |= {*map(table.tail_key, head.consumed), *map(table.data_key, head.retired)}
        kept, copy = folder.with_name("kept"), folder.with_name("copy")
        linked_copy(folder, kept)  # the living writer deletes after a while what was replaced
        linked_copy(folder, copy)  # questions would make segments of the dead writer's rows
        with Lake.open(copy) as opened:
            artifacts, runs = (_rows(Catalog(opened), view) for view in ("artifacts", "all_runs"))
        uris = {artifact["artifact_id"]: str(artifact["uri"]) for artifact in artifacts}
        environments = tuple(sorted({run["environment"] for run in runs if run["environment"]}))
        yield Original(
            folder=kept,
            answers=answers_of(copy),
            uris=uris,
            environments=environments,
            contents=contents_of(copy, uris, environments),
            files=files_by_kind(kept),
            replaced=frozenset(replaced),
        )


def _rows(source: Any, view: str) -> list[dict[str, Any]]:
    rows = source.sql(f"from {view}").to_pylist(maps_as_pydicts="strict")
    return sorted(map(_in_order, rows), key=repr)


def _in_order(row: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(v.items()) if isinstance(v, dict) else v for name, v in row.items()}


def answers_of(folder: Path) -> dict[str, Any]:
    """Ask a lake everything; what it answers, or the typed error it answers with."""
    found: dict[str, Any] = {}

    def ask(name: str, question: Callable[..., Any], *arguments: Any) -> None:
        try:
            found[name] = repr(question(*arguments))
        except MhrasError as error:
            found[name] = error

    with Lake.open(folder, create=False) as opened:
        catalog = Catalog(opened)
        reader = RunReader(catalog, LakeStorage(opened))
        for view in VIEWS:
            ask(view, _rows, catalog, view)
            if isinstance(found[view], MhrasError):
                return found  # so do the others
        ask("search", lambda: _found(reader.search_runs(None, "metrics.auc > 0.6", "metrics.auc")))
        for name in ("run 3", "living"):
            ask(name, _one, reader, name)
    return found


def _found(runs: Any) -> Any:
    return [(r.run_id, sorted(r.params.items()), r.tags, sorted(r.last_metrics)) for r in runs]


def _one(reader: RunReader, name: str) -> Any:
    runs = reader.search_runs(None, f"run_name = '{name}'")
    if not runs:
        return "absent"
    run = runs[0]
    same = reader.get_run(run.run_id)
    curve = reader.metric_history(run.run_id, "auc").to_pylist()
    return _found([same]), same.metrics, [a.path for a in same.artifacts], curve


def contents_of(folder: Path, uris: dict[str, str], environments: tuple[str, ...]) -> Any:
    """Read all objects as their names say; the bytes, or the typed error."""
    found: dict[str, Any] = {}
    with Lake.open(folder, create=False) as opened:
        storage = LakeStorage(opened)
        for name in (*uris, *environments):
            try:
                if name in uris:
                    found[name] = storage.load_artifact(uris[name])
                else:
                    found[name] = opened.objects.get(name)
            except MhrasError as error:
                found[name] = error
    return found


def found_by_verify(folder: Path) -> set[str]:
    """Name the files that `verify` complains of."""
    try:
        with Lake.open(folder, create=False) as opened:
            problems = verify_lake(opened, level="content", record=False).problems
    except LakeError:  # it has no identity any more
        problems = tuple(verify(LocalStore(folder), SPECS.values(), "content"))
    return {problem.path for problem in problems}


def nobody_can_notice(original: Original, injection: Injection, key: str) -> bool:
    """Tell whether an injection is one of those that the top of this file lists."""
    folder = key.partition("/")[0]
    if key in original.replaced:
        return True
    if injection.harm == "deleted":
        return folder in {"journal", "inventory", "catalog.sql"} or "/spare/" in key
    if {*injection.keys} == {DATABASE, SCRIPT}:
        return key == DATABASE  # the script would prove it, and is found
    if folder == "journal":
        last_byte = (original.folder / key).stat().st_size - 1
        break_flipped = injection.harm == "flipped" and injection.place // 8 == last_byte
        swapped = injection.key.startswith("journal/") and injection.other.startswith("journal/")
        return injection.harm == "truncated" or break_flipped or swapped
    return False


def misleads(injection: Injection) -> bool:
    """Tell whether rows may be missed: those that only the absent file had."""
    deleted_segment = injection.kind == "tail" and injection.harm == "deleted"
    return deleted_segment or any(key.startswith("journal/") for key in injection.keys)


def unsaid(answer: object, injection: Injection) -> bool:
    """Tell whether an answer is an error that does not name a damaged file, or no way out."""
    if not isinstance(answer, MhrasError):
        return False
    named = any(key.rpartition("/")[2] in str(answer) for key in injection.keys)
    return not (named and answer.hint)


def reading(original: Original, folder: Path, injection: Injection, number: int) -> list[str]:
    """Say which answers are wrong: not the right ones, and no error that says why."""
    try:
        found = contents_of(folder, original.uris, original.environments)
        expected = dict(original.contents)
        if injection.kind not in UNREAD or number % EVERY == 0:
            found |= answers_of(folder)
            expected |= original.answers
    except MhrasError as error:
        return ["opening"] if unsaid(error, injection) or IDENTITY not in str(error) else []
    wrong = [name for name, answer in found.items() if unsaid(answer, injection)]
    if not misleads(injection):
        right = [name for name, answer in found.items() if answer == expected[name]]
        said = [name for name, answer in found.items() if isinstance(answer, MhrasError)]
        wrong += sorted(found.keys() - {*right, *said})
    return wrong


@pytest.mark.parametrize("part", range(PARTS))
def test_every_injection_is_found_and_misleads_no_reader(
    original: Original, tmp_path: Path, part: int
) -> None:
    for number, (which, injection) in enumerate(original.chosen(part)):
        folder = tmp_path / f"lake-{number}"
        linked_copy(original.folder, folder)
        inject(folder, injection)
        found = found_by_verify(folder)
        missed = {
            key
            for key in {*injection.keys} - found
            if not nobody_can_notice(original, injection, key)
        }
        assert not missed, which
        assert reading(original, folder, injection, number) == [], which
        shutil.rmtree(folder)
    gc.collect()  # the catalogs: a hundred DuckDBs


def test_a_mirror_heals_every_injection(original: Original, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    linked_copy(original.folder, mirror)
    for number, (which, injection) in enumerate(
        original.chosen("repair", None if EVERY_POINT else 24)
    ):
        if any(key.startswith("journal/") for key in injection.keys):
            continue  # a mirror is older than what was logged a moment ago
        folder = tmp_path / f"lake-{number}"
        linked_copy(original.folder, folder)
        inject(folder, injection)
        if IDENTITY in injection.keys:
            assert repair_identity(LocalStore(folder), mirror=LocalStore(mirror)), which
        with Lake.open(folder, create=False) as opened:
            mended = repair_lake(opened, mirror=LocalStore(mirror))
        assert not mended.after.problems, which
        assert not mended.report.given_up, which
        assert answers_of(folder) == original.answers, which
        assert contents_of(folder, original.uris, original.environments) == original.contents
        shutil.rmtree(folder)


def test_commands_say_in_one_line_what_is_damaged(
    original: Original, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = Command(capsys)
    for number, (which, injection) in enumerate(original.chosen("commands", 12)):
        folder = tmp_path / f"lake-{number}"
        linked_copy(original.folder, folder)
        inject(folder, injection)
        questions = (["runs"], ["sql", "select count(*) from metrics"], ["verify"])
        for question in questions:
            status, _, remarks = command(*question, "--lake", str(folder))
            assert status in {0, 1}, which
            assert "Traceback" not in remarks, which
            errors = [line for line in remarks.splitlines() if line.startswith("error: ")]
            assert len(errors) == (status if question != ["verify"] else len(errors)), which
        shutil.rmtree(folder)
