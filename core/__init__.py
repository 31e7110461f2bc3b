"""The library: experiments, datasets, features, models. Headless; `Workbench` is the way in.

Names load when first used: `from core import Workbench` imports no DuckDB, Arrow or pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.errors import CatalogError, FilterError, QueryError
    from core.eda.issue import DataQualityIssue
    from core.eda.module import EDAModule
    from core.eda.report import EDAReport
    from core.errors import (
        ArtifactError,
        EDAError,
        ExperimentError,
        InvalidMetricError,
        ModelCardError,
        ParamConflictError,
        RunNotFoundError,
        RunStateError,
        SettingsError,
    )
    from core.models.card import ModelCard
    from core.models.generate import ModelCardGenerator
    from core.settings import Settings
    from core.tracking.run import Artifact, Run
    from core.tracking.storage import (
        FileSystemStorage,
        LakeStorage,
        S3Storage,
        StorageBackend,
    )
    from core.tracking.tracker import ExperimentTracker
    from core.workbench import Workbench
    from lake.errors import LakeError, MhrasError

_HOME = {
    "Artifact": "core.tracking.run",
    "ArtifactError": "core.errors",
    "CatalogError": "catalog.errors",
    "DataQualityIssue": "core.eda.issue",
    "EDAError": "core.errors",
    "EDAModule": "core.eda.module",
    "EDAReport": "core.eda.report",
    "ExperimentError": "core.errors",
    "ExperimentTracker": "core.tracking.tracker",
    "FileSystemStorage": "core.tracking.storage",
    "FilterError": "catalog.errors",
    "InvalidMetricError": "core.errors",
    "LakeError": "lake.errors",
    "LakeStorage": "core.tracking.storage",
    "MhrasError": "lake.errors",
    "ModelCard": "core.models.card",
    "ModelCardError": "core.errors",
    "ModelCardGenerator": "core.models.generate",
    "ParamConflictError": "core.errors",
    "QueryError": "catalog.errors",
    "Run": "core.tracking.run",
    "RunNotFoundError": "core.errors",
    "RunStateError": "core.errors",
    "S3Storage": "core.tracking.storage",
    "Settings": "core.settings",
    "SettingsError": "core.errors",
    "StorageBackend": "core.tracking.storage",
    "Workbench": "core.workbench",
}
__all__ = [
    "Artifact",
    "ArtifactError",
    "CatalogError",
    "DataQualityIssue",
    "EDAError",
    "EDAModule",
    "EDAReport",
    "ExperimentError",
    "ExperimentTracker",
    "FileSystemStorage",
    "FilterError",
    "InvalidMetricError",
    "LakeError",
    "LakeStorage",
    "MhrasError",
    "ModelCard",
    "ModelCardError",
    "ModelCardGenerator",
    "ParamConflictError",
    "QueryError",
    "Run",
    "RunNotFoundError",
    "RunStateError",
    "S3Storage",
    "Settings",
    "SettingsError",
    "StorageBackend",
    "Workbench",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        message = f"module 'core' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
