from __future__ import annotations

from pathlib import Path

import pytest

from lake.address import is_folder, open_store
from lake.cache import ObjectCache
from lake.errors import InvalidNameError
from lake.remote import S3Store
from lake.store import LocalStore

WRONG = [
    "",
    " ",
    "http://169.254.169.254/latest/meta-data",
    "https://example.org/lake",
    "gs://bucket/lake",
    "S3://bucket/lake",
    "s3a://bucket/lake",
    "s3:/bucket/lake",
    "zip://lake::http://example.org/a.zip",
    "s3://bucket/a::s3://bucket/b",
    "/data/lake::http://example.org",
    "reference://x",
    "s3://bucket/../other",
    "s3://bucket/a/./b",
    "s3://bucket?versionId=3",
    "s3://user:secret@bucket/lake",
    "s3://",
    "file:///data/../etc",
    "file:///data/%2e%2e/etc",
    "file:///data?mode=w",
    "file://host/share/lake",
    "lake\nwith lines",
]


@pytest.mark.parametrize("place", WRONG)
def test_what_is_neither_a_folder_nor_a_bucket_is_refused_unasked(place: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        open_store(place)
    assert caught.value.facts["url"] == place
    assert caught.value.hint


@pytest.mark.parametrize("place", ["lake", "./lake", "sub/../lake", Path("lake")])
def test_a_path_is_a_folder_from_here(
    place: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(place)
    assert isinstance(store, LocalStore)
    assert store.root == tmp_path / "lake"
    assert not store.root.exists()


@pytest.mark.parametrize("name", ["lake", "my lake", "100%", "räume"])
def test_a_file_url_is_the_folder_that_python_would_write_so(name: str, tmp_path: Path) -> None:
    store = open_store((tmp_path / name).as_uri())
    assert isinstance(store, LocalStore)
    assert store.root == tmp_path / name


def test_a_folder_in_the_home_of_somebody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    store = open_store("~/lake")
    assert isinstance(store, LocalStore)
    assert store.root == tmp_path / "lake"


def test_a_prefix_of_a_bucket_with_its_copies_where_told(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    store = open_store("s3://research/lakes/risk/", cache=cache)
    assert isinstance(store, S3Store)
    assert (store.url, store.cache) == ("s3://research/lakes/risk", cache)


def test_a_path_made_of_a_bucket_s_url_is_no_folder() -> None:
    with pytest.raises(InvalidNameError, match="s3: is not the name of a folder"):
        open_store(Path("s3://bucket/lake"))


def test_an_address_is_judged_without_a_look() -> None:
    assert is_folder("/nowhere/at/all")
    assert is_folder(Path("here"))
    assert not is_folder("s3://bucket/lake")
