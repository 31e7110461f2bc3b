"""Settings: where they come from, which one wins, and what is said when they are wrong."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core import SettingsError, Workbench
from core.settings import KEYS, VARIABLES, Settings, login_name, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

# of every key: as the environment has it, as a file has it, and what both mean
EXAMPLES: dict[str, tuple[str, str, Any]] = {
    "lake": ("/data/risk", '"/data/risk"', "/data/risk"),
    "actor": ("ana", '"ana"', "ana"),
    "durability": ("Process", '"process"', "process"),
    "compaction": ("no", "false", False),
    "cache_folder": ("/data/cache", '"/data/cache"', Path("/data/cache")),
    "cache_bytes": ("1.5 GiB", "1_610_612_736", 3 * 2**29),
    "state_folder": ("/data/state", '"/data/state"', Path("/data/state")),
    "experiment_storage_backend": ("filesystem", '"filesystem"', "filesystem"),
    "experiment_artifacts_path": (
        "s3://bkt/artifacts",
        '"s3://bkt/artifacts"',
        "s3://bkt/artifacts",
    ),
    "experiment_db_table_prefix": ("exp_", '"exp_"', "exp_"),
    "data_version_storage_path": ("s3://bkt/data", '"s3://bkt/data"', "s3://bkt/data"),
    "data_version_compression": ("SNAPPY", '"snappy"', "snappy"),
    "data_version_deduplication": ("off", "false", False),
    "model_card_template": ("/house.yaml", '"/house.yaml"', Path("/house.yaml")),
    "model_card_include_fairness": ("no", "false", False),
    "model_card_include_shap": ("yes", "true", True),
    "eda_max_dataset_size": ("4 GiB", "4_294_967_296", 2**32),
    "eda_visualization_dpi": ("300", "300", 300),
    "eda_report_template": ("/etc/ours.html", '"/etc/ours.html"', Path("/etc/ours.html")),
}


def settings_in(folder: Path, text: str = "", **environment: str) -> Settings:
    if text:
        (folder / "mhras.toml").write_text(text)
    return read_settings(environment=environment, folder=folder)


def faults_in(folder: Path, text: str = "", **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings_in(folder, text, **environment)
    return [str(fault) for fault in caught.value.faults]


def test_every_key_has_an_example() -> None:
    assert list(EXAMPLES) == list(KEYS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_variable_sets_a_key(name: str, tmp_path: Path) -> None:
    written, _, value = EXAMPLES[name]
    variable = KEYS[name].variable
    settings = settings_in(tmp_path, **{variable: written})
    assert (getattr(settings, name), settings.source(name)) == (value, f"environment {variable}")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_file_sets_a_key(name: str, tmp_path: Path) -> None:
    _, written, value = EXAMPLES[name]
    settings = settings_in(tmp_path, f"# ours\n{name} = {written}\n")
    source = f"{tmp_path / 'mhras.toml'}, line 2"
    assert (getattr(settings, name), settings.source(name)) == (value, source)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_key_has_its_default_when_nobody_sets_it(name: str, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert settings == Settings()
    assert settings.source(name) == "default"
    assert getattr(settings, name) != EXAMPLES[name][2]


def test_an_argument_wins_over_a_variable_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "mhras.toml").write_text('lake = "/file"\nactor = "file"\ndurability = "process"\n')
    environment = {"MHRAS_LAKE": "/variable", "MHRAS_ACTOR": "variable"}
    found = read_settings(environment=environment, folder=tmp_path, lake="/argument", actor=None)
    assert (found.lake, found.actor, found.durability) == ("/argument", "variable", "process")
    assert found.source("lake") == "argument"


def test_the_file_is_found_from_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "mhras.toml").write_text('actor = "above"')
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert settings_in(tmp_path / "a" / "b").actor == "above"


def test_the_nearest_file_counts_alone(tmp_path: Path) -> None:
    (tmp_path / "mhras.toml").write_text('actor = "above"')
    (tmp_path / "near").mkdir()
    assert settings_in(tmp_path / "near", 'durability = "process"').actor == login_name()


def test_a_variable_names_another_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('actor = "other"')
    named = {"MHRAS_CONFIG": str(tmp_path / "other.toml")}
    assert settings_in(tmp_path, 'actor = "here"', **named).actor == "other"


def test_paths_of_the_file_begin_where_it_is(tmp_path: Path) -> None:
    assert settings_in(tmp_path, 'lake = "lakes/risk"').lake == str(tmp_path / "lakes/risk")


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    assert settings_in(tmp_path, MHRAS_LAKE="", MHRAS_CONFIG="") == Settings()


def test_all_faults_of_all_sources_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "mhras.toml"
    text = 'durabilty = "commit"\npassword = "geheim"\nactor = 7\ndurability = "never"\n'
    variable = "DATA_VERSION_DEDUPLICATION"
    faults = faults_in(tmp_path, text, MHRAS_DURABILITY="commit", **{variable: "perhaps"})
    assert faults == [
        f"durabilty ({path}, line 1) is no setting; did you mean durability?",
        f"password ({path}, line 2) is no setting; the settings are {', '.join(KEYS)}",
        f"actor is 7 ({path}, line 3), not a text that can be printed",
        f"durability is 'never' ({path}, line 4), not one of process, commit",
        f"data_version_deduplication is 'perhaps' (environment {variable}), not true or false",
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MHRAS_LAKE", "http://host/lake"),
        ("MHRAS_LAKE", "s3://b?x"),
        ("MHRAS_LAKE", "~nobody-of-this-name/lake"),
        ("MHRAS_ACTOR", " "),
        ("MHRAS_ACTOR", "ana\x1b[31m"),
        ("MHRAS_ACTOR", "ana\udcff"),
        ("EXPERIMENT_DB_TABLE_PREFIX", 'exp"; drop table runs; --'),
        ("MHRAS_CACHE_BYTES", "much"),
        ("MHRAS_CACHE_BYTES", "0"),
        ("MHRAS_CACHE_BYTES", "-1 GB"),
        ("MHRAS_CACHE_BYTES", "1e400"),
        ("MHRAS_CACHE_BYTES", "99999999999 TB"),
        ("MHRAS_CACHE_FOLDER", "s3://bkt/cache"),
        ("MHRAS_STATE", "file:///data/state"),
        ("EXPERIMENT_DB_TABLE_PREFIX", "1_"),
        ("EXPERIMENT_DB_TABLE_PREFIX", "Events_"),
        ("DATA_VERSION_COMPRESSION", "zip"),
        ("MHRAS_CONFIG", "/nowhere/mhras.toml"),
    ],
)
def test_a_wrong_value_is_refused(variable: str, value: str, tmp_path: Path) -> None:
    (fault,) = faults_in(tmp_path, **{variable: value})
    assert variable in fault


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"lake = \n", "line 1"),
        (b"lake = '\xff'", "codec"),
        (b"x = " + b"[" * 100_000, "not TOML"),
        (b"actor = 'a'\nactor = 'b'\n", "line 2"),
    ],
)
def test_a_file_that_is_not_toml_is_named(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "mhras.toml").write_bytes(content)
    (fault,) = faults_in(tmp_path)
    assert fault.startswith(f"{tmp_path / 'mhras.toml'} is not TOML: ")
    assert why in fault


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    assert faults_in(tmp_path, MHRAS_CONFIG=str(tmp_path)) == [
        f"{tmp_path} cannot be read: Is a directory"
    ]


def test_a_bucket_as_backend_needs_a_place_in_one(tmp_path: Path) -> None:
    (fault,) = faults_in(tmp_path, EXPERIMENT_STORAGE_BACKEND="s3")
    assert fault == (
        "experiment_storage_backend is 's3' (environment EXPERIMENT_STORAGE_BACKEND), but "
        "artifacts go into the lake: lake is 'lake' (default); "
        "set EXPERIMENT_ARTIFACTS_PATH to s3://bucket/prefix"
    )


@pytest.mark.parametrize(
    ("backend", "path"), [("s3", "/data/artifacts"), ("filesystem", "s3://bkt/artifacts")]
)
def test_the_backend_must_agree_with_the_place(backend: str, path: str, tmp_path: Path) -> None:
    both = {"EXPERIMENT_STORAGE_BACKEND": backend, "EXPERIMENT_ARTIFACTS_PATH": path}
    (fault,) = faults_in(tmp_path, **both)
    assert all(f"{value!r} (environment {name})" in fault for name, value in both.items())


@pytest.mark.parametrize(
    "agreeing",
    [
        {"experiment_storage_backend": "filesystem"},
        {"experiment_storage_backend": "filesystem", "experiment_artifacts_path": "/data"},
        {"experiment_storage_backend": "s3", "experiment_artifacts_path": "s3://bkt/artifacts"},
        {"experiment_storage_backend": "s3", "lake": "s3://bkt/lake"},
        {"experiment_artifacts_path": "s3://bkt/lake-artifacts", "lake": "s3://bkt/lake"},
    ],
)
def test_settings_that_agree_are_fine(agreeing: dict[str, Any]) -> None:
    assert {name: getattr(Settings(**agreeing), name) for name in agreeing} == agreeing


@pytest.mark.parametrize("name", ["experiment_artifacts_path", "data_version_storage_path"])
@pytest.mark.parametrize("lake", ["lake", "s3://bkt/lake"])
def test_a_place_outside_the_lake_is_not_inside_it(lake: str, name: str) -> None:
    for path in (lake, f"{lake}/objects"):
        inside: dict[str, Any] = {name: path}
        with pytest.raises(SettingsError, match=f"{name} is .* inside the lake: lake is"):
            read_settings(environment={}, lake=lake, **inside)


def test_an_unknown_argument_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"did you mean lake\?"):
        read_settings(environment={}, lakes="x")


def test_settings_and_their_errors_pass_between_processes(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, 'actor = "ana"')
    copied = pickle.loads(pickle.dumps(settings))  # noqa: S301 - our own
    assert (copied, copied.sources) == (settings, settings.sources)
    with pytest.raises(SettingsError) as caught:
        settings.given(durability="fast")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (str(again), again.faults) == (str(caught.value), caught.value.faults)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().lake = "other"  # type: ignore[misc] # which is the point


@pytest.mark.parametrize("opened", [Path, str])
def test_the_workbench_takes_what_is_not_given_from_the_settings(
    opened: Callable[[Path], Any], tmp_path: Path
) -> None:
    settings = Settings(lake=str(tmp_path / "unused"), actor="ana", durability="process")
    with Workbench(opened(tmp_path / "lake"), settings=settings) as wb:
        assert (wb.lake.url, wb.actor) == (str(tmp_path / "lake"), "ana")
        assert wb.settings.durability == "process"
        assert wb.tracker.start_run("risk").actor == "ana"
    assert not (tmp_path / "unused").exists()


def test_the_workbench_reads_variables_and_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mhras.toml").write_text('lake = "ours"\nactor = "file"')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MHRAS_CONFIG")
    monkeypatch.setenv("MHRAS_ACTOR", "variable")
    with Workbench() as wb:
        assert (wb.lake.url, wb.actor) == (str(tmp_path / "ours"), "variable")


def test_reading_settings_loads_the_standard_library_only(tmp_path: Path) -> None:
    (tmp_path / "mhras.toml").write_text('lake = "ours"\nexperiment_db_table_prefix = "exp_"')
    code = (
        "import sys; from core.settings import read_settings; read_settings()\n"
        "loaded = {module.partition('.')[0] for module in sys.modules}\n"
        "print(loaded & {'pydantic', 'pydantic_settings', 'duckdb', 'pyarrow', 's3fs', 'fsspec'})"
    )
    named = {"MHRAS_CONFIG": str(tmp_path / "mhras.toml"), "PYTHONPATH": ":".join(sys.path)}
    run = [sys.executable, "-c", code]
    out = subprocess.run(run, env=named, capture_output=True, text=True, check=True)
    assert out.stdout == "set()\n"


def test_no_two_keys_share_a_variable() -> None:
    assert len(VARIABLES) == len(KEYS)
