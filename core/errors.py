"""What can go wrong in the domain.

MhrasError (lake/errors.py)
  SettingsError           also ValueError: settings that are unknown, wrong, or do not fit together
  ExperimentError
    RunNotFoundError      also KeyError
    RunStateError         the run has ended, is deleted, or none is active
    ParamConflictError    also ValueError: a param logged twice with another value
    InvalidMetricError    also ValueError: names, values or steps that are not metrics
    ArtifactError         also ValueError: a path, a name or a type that cannot be kept
  DataVersionError        also ValueError: a dataset, a version or a setting that cannot be
    DatasetNotFoundError  also KeyError
    LineageError          a step from one thing to another that cannot be recorded
      LineageCycleError   something would be made of itself
    ContractError         data that is not what its contract says
  EDAError                also ValueError: a table or a setting that cannot be analyzed
  ModelError              also ValueError: a model, a version or a move of one that cannot be
    ModelNotFoundError    also KeyError
    ModelFormatError      bytes that are not loaded: they may run code, or hold no model
    PredictionError       predictions or outcomes that cannot be logged, with all that is wrong
  RenderError             also ValueError: a picture that cannot stand in a report
  DriftReportError        also ValueError: what is no report of drift, or cannot be made one of
    DriftReportNotFoundError  also KeyError
  EvaluationError         also ValueError: predictions that cannot be judged by these outcomes
  ModelCardError          also ValueError: a card that cannot be made, written or signed so
    StatementsError       what people say of a model is not in the form it must have
    CardIncompleteError   a card that lacks what it must have to be published
    CardNotFoundError     also KeyError
  CommentError            also ValueError: a comment that cannot be kept or changed so
    CommentNotFoundError  also KeyError: no such comment, or nothing to comment on
  QueryNotKeptError       also ValueError: a name or a query that cannot be kept
  QueryNotFoundError      also KeyError
  SavedViewError          also ValueError: a view of a page that cannot be kept so
    SavedViewNotFoundError  also KeyError
  JobError                also ValueError: work that cannot be asked for, or ended, so
    JobNotFoundError      also KeyError
    JobCancelledError     raised inside a job that somebody wants to end
  MissingExtraError       also ImportError: something optional is not installed
"""

from __future__ import annotations

from typing import ClassVar

from lake.errors import MhrasError


class SettingsError(MhrasError, ValueError):
    """Settings that cannot be used; the fact `faults` lists everything that is wrong at once."""

    code: ClassVar[str] = "settings"
    faults: tuple[object, ...]


class ExperimentError(MhrasError):
    """An experiment or a run cannot do what was asked."""

    code: ClassVar[str] = "experiment"


class RunNotFoundError(ExperimentError, KeyError):
    """No run has this id."""

    code: ClassVar[str] = "run_not_found"


class RunStateError(ExperimentError):
    """The run is not in a state that allows it."""

    code: ClassVar[str] = "run_state"


class ParamConflictError(ExperimentError, ValueError):
    """A param was logged before with another value."""

    code: ClassVar[str] = "param_conflict"


class InvalidMetricError(ExperimentError, ValueError):
    """Names, values or steps that cannot be logged; all of one call together."""

    code: ClassVar[str] = "invalid_metric"


class ArtifactError(ExperimentError, ValueError):
    """An artifact that cannot be kept or found."""

    code: ClassVar[str] = "artifact"


class DataVersionError(MhrasError, ValueError):
    """A dataset or a version of one cannot be registered or asked for so."""

    code: ClassVar[str] = "data_version"


class DatasetNotFoundError(DataVersionError, KeyError):
    """No dataset, or no version of it, has this name."""

    code: ClassVar[str] = "dataset_not_found"


class LineageError(DataVersionError):
    """A step from one thing to another cannot be recorded, or asked for, so."""

    code: ClassVar[str] = "lineage"


class LineageCycleError(LineageError):
    """Something would be made of itself; the fact `cycle` names what lies on the way."""

    code: ClassVar[str] = "lineage_cycle"
    cycle: tuple[str, ...]


class RenderError(MhrasError, ValueError):
    """Something that cannot stand in a report; the fact `faults` lists what is wrong with it."""

    code: ClassVar[str] = "render"


class DriftReportError(MhrasError, ValueError):
    """Not a report of drift, or one that cannot be used for this."""

    code: ClassVar[str] = "drift_report"


class DriftReportNotFoundError(DriftReportError, KeyError):
    """No stored report of drift has this id."""

    code: ClassVar[str] = "drift_report_not_found"


class EDAError(MhrasError, ValueError):
    """A table that cannot be analyzed, or an analysis nobody knows."""

    code: ClassVar[str] = "eda"


class EvaluationError(MhrasError, ValueError):
    """Predictions that cannot be judged so; the fact `faults` lists everything that is wrong."""

    code: ClassVar[str] = "evaluation"
    faults: tuple[str, ...]


class ModelError(MhrasError, ValueError):
    """A model or a version of one cannot be registered, moved or asked for so."""

    code: ClassVar[str] = "model"


class ModelNotFoundError(ModelError, KeyError):
    """No model, or no version of it, has this name."""

    code: ClassVar[str] = "model_not_found"


class ModelFormatError(ModelError):
    """Bytes that are not loaded: loading them may run code, or they hold no model."""

    code: ClassVar[str] = "model_format"


class PredictionError(ModelError):
    """Predictions or outcomes that cannot be logged; the fact `faults` lists all that is wrong."""

    code: ClassVar[str] = "prediction"
    faults: tuple[str, ...]


class ContractError(DataVersionError):
    """The data breaks its contract; the fact `violations` lists how, with examples."""

    code: ClassVar[str] = "contract"
    violations: tuple[object, ...]


class ModelCardError(MhrasError, ValueError):
    """A model card that cannot be made, written, stored or signed so."""

    code: ClassVar[str] = "model_card"


class StatementsError(ModelCardError):
    """A file of statements that cannot be used; the fact `faults` lists all that is wrong."""

    code: ClassVar[str] = "statements"
    faults: tuple[str, ...]


class CardIncompleteError(ModelCardError):
    """A card may not be published as it is; the fact `missing` lists what it lacks."""

    code: ClassVar[str] = "card_incomplete"
    missing: tuple[str, ...]


class CardNotFoundError(ModelCardError, KeyError):
    """No card is stored for this model, or none has this number or id."""

    code: ClassVar[str] = "card_not_found"


class CommentError(MhrasError, ValueError):
    """A comment that cannot be kept or changed so; the fact `faults` lists all that is wrong."""

    code: ClassVar[str] = "comment"


class CommentNotFoundError(CommentError, KeyError):
    """No comment has this id, or there is no such thing to comment on."""

    code: ClassVar[str] = "comment_not_found"


class QueryNotKeptError(MhrasError, ValueError):
    """A query that cannot be kept under this name, or at all."""

    code: ClassVar[str] = "query_not_kept"


class QueryNotFoundError(MhrasError, KeyError):
    """No query has this id."""

    code: ClassVar[str] = "query_not_found"


class SavedViewError(MhrasError, ValueError):
    """A view of a page that cannot be kept so."""

    code: ClassVar[str] = "saved_view"


class SavedViewNotFoundError(SavedViewError, KeyError):
    """No saved view has this id."""

    code: ClassVar[str] = "saved_view_not_found"


class JobError(MhrasError, ValueError):
    """Work that nobody can do, or that cannot be ended any more."""

    code: ClassVar[str] = "job"


class JobNotFoundError(JobError, KeyError):
    """No job has this id."""

    code: ClassVar[str] = "job_not_found"


class JobCancelledError(JobError):
    """Somebody asked the job to end; raised where it says how far it is."""

    code: ClassVar[str] = "job_cancelled"


class MissingExtraError(MhrasError, ImportError):
    """Something that is not installed by default is needed. Fact: extra."""

    code: ClassVar[str] = "missing_extra"
