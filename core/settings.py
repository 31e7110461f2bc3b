"""What the surroundings say, read once at the edge and passed down.

    option or argument  >  variable of the environment  >  mhras.toml  >  default

`Settings` is the one definition of the keys: `mhras config`, docs/configuration.md, the errors and
the reading of every source are made from it. It is a plain dataclass: pydantic-settings takes
125 ms to import, where the whole library takes 70 ms, and it would judge only the value that wins,
while here the faults of all sources are told together, each with its place.
"""

from __future__ import annotations

import getpass
import os
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast

from core import setting_sources, setting_values as values
from core.errors import SettingsError
from core.setting_values import Fault, Key, key_of
from lake.address import is_folder, is_within
from lake.spool import CACHE_BYTES, BucketOptions, state_folder as usual_state_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lake.lake import Durability

Backend = Literal["filesystem", "s3"]
Compression = Literal["zstd", "snappy", "gzip", "lz4", "brotli", "none"]
DEFAULT: Final = "default"
_PLACES: Final = frozenset(
    {
        "lake",
        "experiment_storage_backend",
        "experiment_artifacts_path",
        "data_version_storage_path",
    }
)


def _usual_cache() -> Path:
    from lake.cache import default_folder  # only who asks for it needs it

    return default_folder()


def login_name() -> str:
    """Who is logged in; the number of a user without a name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Every value is checked when one is made, whoever makes it.

    `read_settings` reads the surroundings; this alone does not look at them. ``sources`` says
    where each value came from. Raises SettingsError with all faults together.

    >>> Settings(lake="risk", cache_bytes="10 GB").cache_bytes
    10000000000
    >>> Settings(durability="fast")
    Traceback (most recent call last):
    ...
    core.errors.SettingsError: durability is 'fast' (argument), not one of process, commit. ...
    """

    lake: str = field(
        default="lake",
        metadata=key_of("MHRAS_LAKE", "The lake: a folder or s3://bucket/prefix.", values.place),
    )
    actor: str = field(
        default_factory=login_name,
        metadata=key_of("MHRAS_ACTOR", "Who acts.", values.text, otherwise="the login name"),
    )
    durability: Durability = field(
        default="commit",
        metadata=key_of(
            "MHRAS_DURABILITY",
            "What a returned call survives: `commit` a power loss, `process` the end of a process.",
            values.one_of("process", "commit"),
        ),
    )
    compaction: bool = field(
        default=True,
        metadata=key_of(
            "MHRAS_COMPACTION",
            "Merge small files of the lake in the background, while it is open.",
            values.yes_or_no,
        ),
    )
    cache_folder: Path | None = field(
        default=None,
        metadata=key_of(
            "MHRAS_CACHE_FOLDER",
            "Where copies are of what was read from a bucket; they may go at any time.",
            values.folder,
            otherwise="`$XDG_CACHE_HOME/mhras/objects`, else `~/.cache/mhras/objects`",
            usual=_usual_cache,
        ),
    )
    cache_bytes: int = field(
        default=CACHE_BYTES,
        metadata=key_of(
            "MHRAS_CACHE_BYTES",
            "How much these copies may take: `20 GB`, `512 MiB` or a number of bytes.",
            values.byte_count,
            otherwise="10 GiB",
        ),
    )
    state_folder: Path | None = field(
        default=None,
        metadata=key_of(
            "MHRAS_STATE",
            "Where rows wait that are on their way to a bucket: never delete it.",
            values.folder,
            otherwise="`$XDG_STATE_HOME/mhras`, else `~/.local/state/mhras`",
            usual=usual_state_folder,
        ),
    )
    experiment_storage_backend: Backend | None = field(
        default=None,
        metadata=key_of(
            "EXPERIMENT_STORAGE_BACKEND",
            "What keeps artifacts: `filesystem` or `s3`. It must agree with where they go.",
            values.one_of("filesystem", "s3"),
            otherwise="what that place is",
        ),
    )
    experiment_artifacts_path: str | None = field(
        default=None,
        metadata=key_of(
            "EXPERIMENT_ARTIFACTS_PATH",
            "A folder or s3://bucket/prefix outside the lake, for new artifacts.",
            values.place,
            otherwise="the lake",
        ),
    )
    experiment_db_table_prefix: str = field(
        default="",
        metadata=key_of(
            "EXPERIMENT_DB_TABLE_PREFIX",
            "The views are there by names that begin so as well: `exp_` makes `exp_runs`.",
            values.view_prefix,
            otherwise="no other names",
        ),
    )
    data_version_storage_path: str | None = field(
        default=None,
        metadata=key_of(
            "DATA_VERSION_STORAGE_PATH",
            "A folder or s3://bucket/prefix for the files of dataset versions.",
            values.place,
            otherwise="the lake",
        ),
    )
    data_version_compression: Compression = field(
        default="zstd",
        metadata=key_of(
            "DATA_VERSION_COMPRESSION",
            "How the Parquet files of dataset versions are compressed.",
            values.one_of("zstd", "snappy", "gzip", "lz4", "brotli", "none"),
        ),
    )
    data_version_deduplication: bool = field(
        default=True,
        metadata=key_of(
            "DATA_VERSION_DEDUPLICATION",
            "Keep equal content of dataset versions once.",
            values.yes_or_no,
        ),
    )
    model_card_template: Path | None = field(
        default=None,
        metadata=key_of(
            "MODEL_CARD_TEMPLATE",
            "A YAML file of statements that hold for all models: docs/cards.md.",
            values.file,
            otherwise="no statements",
        ),
    )
    model_card_include_fairness: bool = field(
        default=True,
        metadata=key_of(
            "MODEL_CARD_INCLUDE_FAIRNESS",
            "Put groups of people, and how they differ, into model cards.",
            values.yes_or_no,
        ),
    )
    model_card_include_shap: bool = field(
        default=False,
        metadata=key_of(
            "MODEL_CARD_INCLUDE_SHAP",
            "Put SHAP values into cards made of data; it needs the extra `shap`.",
            values.yes_or_no,
        ),
    )
    eda_max_dataset_size: int = field(
        default=2 * 1024**3,
        metadata=key_of(
            "EDA_MAX_DATASET_SIZE",
            "Of a table that takes more memory than this, an analysis looks at every n-th row.",
            values.byte_count,
            otherwise="2 GiB",
        ),
    )
    eda_visualization_dpi: int = field(
        default=144,
        metadata=key_of(
            "EDA_VISUALIZATION_DPI", "Dots per inch of charts in PNG files.", values.dots_per_inch
        ),
    )
    eda_report_template: Path | None = field(
        default=None,
        metadata=key_of(
            "EDA_REPORT_TEMPLATE",
            "A Jinja template of HTML reports, such as one that extends `page.html`.",
            values.file,
            otherwise="that of the workbench",
        ),
    )
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        faults = []
        for name, key in KEYS.items():
            value = getattr(self, name)
            try:
                if value != default_of(name):
                    object.__setattr__(self, name, key.read(value))
            except ValueError as error:
                faults.append(_misfit(name, value, self.source(name), error))
        if not {fault.key for fault in faults} & _PLACES:
            faults += _disagreements(self)
        if faults:
            raise _settings_error(faults)

    def source(self, name: str) -> str:
        """Where the value of a key came from."""
        if name in self.sources:
            return self.sources[name]
        return DEFAULT if getattr(self, name) == default_of(name) else "argument"

    def effective(self, name: str) -> object:
        """The value of a key, or what happens without one, in words where need be."""
        value, key = getattr(self, name), KEYS[name]
        if value not in (None, ""):
            return value
        try:
            return key.otherwise if key.usual is None else key.usual()
        except RuntimeError:  # from pathlib: there is no home folder
            return key.otherwise

    @property
    def bucket_options(self) -> BucketOptions:
        """How a lake in a bucket uses this machine."""
        return BucketOptions(
            state_folder=self.state_folder,
            cache_folder=self.cache_folder,
            cache_bytes=self.cache_bytes,
        )

    def given(self, *, source: str = "argument", **chosen: object) -> Self:
        """The same, but for what is chosen; None chooses nothing. Raises SettingsError.

        >>> settings = Settings(lake="risk", sources={"lake": "environment MHRAS_LAKE"})
        >>> settings.given(lake=None, actor="ana").source("lake")
        'environment MHRAS_LAKE'
        """
        chosen = {name: value for name, value in chosen.items() if value is not None}
        sources = {**self.sources, **dict.fromkeys(chosen, source)}
        return replace(self, **chosen, sources=sources)  # type: ignore[arg-type] # checked there


def read_settings(
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    source: str = "argument",
    **chosen: object,
) -> Settings:
    """Read what is chosen here, else the environment, else `mhras.toml`, else the defaults.

    What is None is not chosen; ``source`` names where the rest comes from. ``environment`` and
    ``folder`` are those of this process. Raises SettingsError with the faults of all sources, also
    of values that another one overrides.

    >>> settings = read_settings(environment={"MHRAS_LAKE": "/data"}, source="argument")
    >>> settings.lake, settings.source("lake")
    ('/data', 'environment MHRAS_LAKE')
    """
    around = os.environ if environment is None else environment
    faults: list[Fault] = []
    entries = _file_entries(around, folder, faults)
    entries += setting_sources.read_environment(around, VARIABLES)
    entries += [
        setting_sources.Entry(key=name, raw=raw, source=source)
        for name, raw in chosen.items()
        if raw is not None
    ]
    understood: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for entry in entries:  # the later ones win
        key = KEYS.get(entry.key)
        if key is None:
            faults.append(_unknown(entry))
            continue
        try:
            understood[entry.key] = key.read(entry.raw, entry.beside)
            sources[entry.key] = entry.source
        except ValueError as error:
            faults.append(_misfit(entry.key, entry.raw, entry.source, error))
    if not {fault.key for fault in faults} & _PLACES:
        try:
            settings = Settings(**understood, sources=sources)
        except SettingsError as error:
            faults += cast("tuple[Fault, ...]", error.faults)
    if faults:
        raise _settings_error(faults)
    return settings


def _file_entries(
    environment: Mapping[str, str], folder: Path | None, faults: list[Fault]
) -> list[setting_sources.Entry]:
    try:
        path = setting_sources.find_file(environment, folder)
        return [] if path is None else setting_sources.read_file(path)
    except setting_sources.UnreadableFileError as error:
        faults.append(Fault(key="", source=setting_sources.FILE_NAME, text=str(error)))
        return []


def _misfit(name: str, raw: object, source: str, error: ValueError) -> Fault:
    return Fault(key=name, source=source, text=f"{name} is {raw!r} ({source}), not {error}")


def _unknown(entry: setting_sources.Entry) -> Fault:
    # without the value: what does not belong there may be a password
    meant = setting_sources.nearest_key(entry.key, VARIABLES)
    advice = f"did you mean {meant}?" if meant else f"the settings are {', '.join(KEYS)}"
    text = f"{entry.key} ({entry.source}) is no setting; {advice}"
    return Fault(key=entry.key, source=entry.source, text=text)


def _disagreements(settings: Settings) -> list[Fault]:
    """Say where settings that are fine alone do not fit each other."""
    backend, path = settings.experiment_storage_backend, settings.experiment_artifacts_path
    faults = []
    kind = "filesystem" if is_folder(path or settings.lake) else "s3"
    if backend is not None and backend != kind:
        wanted = "a folder" if backend == "filesystem" else "s3://bucket/prefix"
        where = _told(settings, "experiment_artifacts_path")
        if path is None:
            where = f"artifacts go into the lake: {_told(settings, 'lake')}"
        advice = f"set EXPERIMENT_ARTIFACTS_PATH to {wanted}"
        text = f"{_told(settings, 'experiment_storage_backend')}, but {where}; {advice}"
        faults.append(_fault(settings, "experiment_storage_backend", text))
    for name in ("experiment_artifacts_path", "data_version_storage_path"):
        place = getattr(settings, name)
        if place is not None and is_within(place, settings.lake):
            text = f"{_told(settings, name)}, which is inside the lake: {_told(settings, 'lake')}"
            faults.append(_fault(settings, name, f"{text}; leave it out to use the lake"))
    return faults


def _told(settings: Settings, name: str) -> str:
    return f"{name} is {getattr(settings, name)!r} ({settings.source(name)})"


def _fault(settings: Settings, name: str, text: str) -> Fault:
    return Fault(key=name, source=settings.source(name), text=text)


def _settings_error(faults: list[Fault]) -> SettingsError:
    message = f"{'; '.join(map(str, faults))}."
    hint = "docs/configuration.md explains every setting."
    return SettingsError(message, hint=hint, faults=tuple(faults))


def default_of(name: str) -> Any:
    """The value of a key that nobody sets."""
    found = Settings.__dataclass_fields__[name]
    return found.default if found.default_factory is MISSING else found.default_factory()


KEYS: Final[dict[str, Key]] = {f.name: f.metadata["key"] for f in fields(Settings) if f.metadata}
VARIABLES: Final = {key.variable: name for name, key in KEYS.items()}
