"""Bugs that somebody could make, and for each the test that must notice it.

Each is a small change of the program's text. When a text is no longer there, the program was
changed at that place: plant the bug in the new text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """In a file, put one text in place of another that is there once."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """What is wrong, how it is planted, and the smallest test that catches it."""

    name: str
    test: str
    edits: tuple[Edit, ...]


def _bug(name: str, test: str, *edits: tuple[str, str, str]) -> Bug:
    changes = tuple(Edit(file=file, before=before, after=after) for file, before, after in edits)
    return Bug(name=name, test=test, edits=changes)


_STORE: Final = "tests/lake/test_store.py::"
_JOURNAL: Final = "tests/lake/test_journal.py::"
_RECOVER: Final = "tests/lake/test_recover.py::"
_COMPACT: Final = "tests/lake/test_compact.py::"
_RACES: Final = "tests/lake/test_compact_races.py::"
_ORDER: Final = "tests/lake/test_order.py::"
_GC: Final = "tests/lake/test_gc.py::"
_SYNCED: Final = f"{_STORE}test_bytes_are_on_disk_before_the_name_and_the_name_before_the_end"

BUGS: Final = (
    _bug(
        "a file gets its name before its bytes are on disk",
        _SYNCED,
        ("lake/store.py", "            os.fsync(descriptor)\n", ""),
    ),
    _bug(
        "a name is not waited for",
        _SYNCED,
        ("lake/store.py", "                sync_folder(target.parent)\n", ""),
    ),
    _bug(
        "a deleted file may come back after a power loss",
        _SYNCED,
        ("lake/store.py", "                sync_folder(folder)\n", "                pass\n"),
    ),
    _bug(
        "a name is given by rename, which replaces, instead of by link",
        f"{_STORE}TestLocalStore::test_an_exclusive_put_never_replaces",
        ("lake/store.py", "        if not exclusive:\n", "        if True:\n"),
    ),
    _bug(
        "an exclusive create looks first and renames then",
        f"{_STORE}test_nobody_comes_between_looking_for_a_name_and_giving_it",
        (
            "lake/store.py",
            "        if not exclusive:\n            fresh.replace(target)\n",
            "        if not (exclusive and target.exists()):\n            fresh.replace(target)\n",
        ),
    ),
    _bug(
        "a commit does not wait for the disk",
        f"{_JOURNAL}test_a_commit_waits_for_the_disk_and_no_other_append_does",
        (
            "lake/journal.py",
            "                    os.fdatasync(descriptor)\n                except",
            "                    pass\n                except",
        ),
    ),
    _bug(
        "a row is acknowledged before it is written",
        f"{_JOURNAL}test_rows_are_in_the_file_when_the_call_returns",
        (
            "lake/journal.py",
            "                    written += os.write(descriptor, lines[written:])\n",
            (
                "                    written = len(lines)\n"
                "                    threading.Timer(0.2, os.write, (descriptor, lines)).start()\n"
            ),
        ),
    ),
    _bug(
        "a living writer's journal is not locked",
        f"{_RECOVER}test_the_journal_of_a_living_process_is_left_alone",
        ("lake/journal.py", "                fcntl.flock(descriptor, fcntl.LOCK_EX)\n", ""),
    ),
    _bug(
        "what a failed call wrote of a row is not taken back",
        f"{_JOURNAL}test_a_limit_on_the_size_of_files_takes_whole_calls_or_nothing",
        (
            "lake/journal.py",
            "            os.ftruncate(descriptor, self._size)\n",
            "            pass\n",
        ),
    ),
    _bug(
        "a torn line is taken for a row",
        f"{_RECOVER}test_a_torn_last_line_is_ignored",
        (
            "lake/recover.py",
            'return data[: data.rfind(b"\\n") + 1]',
            'return data if data.endswith(b"\\n") else data + b"\\n"',
        ),
    ),
    _bug(
        "a journal that was merged already becomes a segment again",
        f"{_RECOVER}test_a_segment_that_another_version_made_of_a_journal_is_not_made_again",
        (
            "lake/recover.py",
            "if first or journal_id not in table.snapshot().journals:",
            "if True:",
        ),
    ),
    _bug(
        "a journal is deleted before its rows are in segments",
        f"{_RECOVER}test_a_full_disk_keeps_the_journal_for_later",
        (
            "lake/recover.py",
            "    made = make_segments(lake, journal_id, read_lines(path), ",
            (
                "    lines = read_lines(path)\n"
                "    path.unlink(missing_ok=True)\n"
                "    made = make_segments(lake, journal_id, lines, "
            ),
        ),
    ),
    _bug(
        "a journal becomes segments in the order in which they are read",
        f"{_ORDER}test_a_journal_becomes_segments_of_the_last_table_first",
        ("lake/recover.py", "for name in reversed(lake.specs) if", "for name in lake.specs if"),
    ),
    _bug(
        "segments are listed before the journals are read",
        f"{_ORDER}test_a_catalog_reads_the_journals_before_it_lists_the_segments",
        (
            "catalog/mirror.py",
            (
                "        update = self._reader.poll()\n"
                "        snapshots = self._snapshots.take(anew=bool(update.gone))\n"
            ),
            (
                "        snapshots = self._snapshots.take(anew=True)\n"
                "        update = self._reader.poll()\n"
            ),
        ),
    ),
    _bug(
        "the manifest is read before the tail is listed",
        f"{_ORDER}test_a_snapshot_lists_the_tail_before_it_reads_the_manifest",
        (
            "lake/table.py",
            "        return self.snapshot_of(self._list_tail(), self.log.head().manifest)\n",
            (
                "        manifest = self.log.head().manifest\n"
                "        return self.snapshot_of(self._list_tail(), manifest)\n"
            ),
        ),
    ),
    _bug(
        "a manifest is published before the data",
        f"{_ORDER}test_a_compacted_file_lies_there_for_a_while_before_a_manifest_names_it",
        (
            "lake/data_file.py",
            "    table.store.put(table.data_key(path), data)\n",
            "    table.__dict__['later'] = (table.data_key(path), data)\n",
        ),
        (
            "lake/compact.py",
            "            table.store.size(table.data_key(file.path))",
            "            pass",
        ),
        (
            "lake/compact.py",
            "        committed = table.log.commit(manifest)\n",
            (
                "        committed = table.log.commit(manifest)\n"
                "        table.store.put(*table.__dict__['later'])\n"
            ),
        ),
    ),
    _bug(
        "a compaction does not wait before it publishes",
        f"{_ORDER}test_a_compacted_file_lies_there_for_a_while_before_a_manifest_names_it",
        ("lake/compact.py", "        rewrite.pause(settle)\n", ""),
    ),
    _bug(
        "a compaction keeps the small files it has merged",
        f"{_COMPACT}test_a_small_data_file_is_merged_with_what_is_new",
        (
            "lake/compact.py",
            "files=(*(file for file in before.files if file.path not in merged), ",
            "files=(*before.files, ",
        ),
    ),
    _bug(
        "a compaction forgets the small files it has merged",
        f"{_COMPACT}test_a_small_data_file_is_merged_with_what_is_new",
        (
            "lake/rewrite.py",
            "                self.merged.append(file)\n",
            "                self.merged.append(file)\n                pile.pieces.pop()\n",
        ),
    ),
    _bug(
        "a consumed segment is forgotten while its journal is there",
        f"{_COMPACT}test_a_consumed_name_is_remembered_while_its_journal_is_there",
        ("lake/compact.py", "if name in listed or is_open(journal_of(name))", "if name in listed"),
    ),
    _bug(
        "a compaction that lost the race claims that it won",
        f"{_RACES}test_of_two_compactions_one_wins_and_the_other_clears_away",
        (
            "lake/manifest.py",
            "            if not self._holds(key, data):\n",
            "            if False:\n",
        ),
    ),
    _bug(
        "a commit whose answer was lost is taken for a lost race",
        f"{_RACES}test_a_commit_whose_answer_was_lost_is_recognised",
        (
            "lake/manifest.py",
            "            if not self._holds(key, data):\n",
            "            if True:\n",
        ),
    ),
    _bug(
        "what was replaced is deleted at once",
        f"{_COMPACT}test_collecting_waits_for_the_grace_to_be_over",
        ("lake/compact.py", "names.get(entry.name, oldest + 1) <= oldest", "entry.name in names"),
    ),
    _bug(
        "objects are deleted without looking again who names them",
        f"{_GC}test_what_is_named_again_in_time_stays",
        (
            "lake/gc.py",
            "if stored.digest not in named)",
            "if stored.digest not in named or _due_at(stored, lists) <= now)",
        ),
    ),
    _bug(
        "an object that may go soon is not stored again",
        f"{_GC}test_an_object_on_a_list_is_stored_again_once",
        ("lake/objects.py", " or is_marked(self._store, digest)", ""),
    ),
    _bug(
        "the digest of what is read is not compared",
        "tests/lake/test_checked.py::test_a_table_is_not_read_from_damaged_bytes",
        ("lake/checked.py", "        if not found.startswith(digest):\n", "        if False:\n"),
    ),
    _bug(
        "a commit in a bucket has no condition",
        "tests/lake/test_remote.py::TestS3Store::test_an_exclusive_put_never_replaces",
        ("lake/s3_upload.py", '{"IfNoneMatch": "*"} if exclusive else {}', "{}"),
    ),
)
