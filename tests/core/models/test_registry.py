"""Models are registered from runs, found, moved with a reason, and opened when that is safe."""

from __future__ import annotations

import os
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer

from core import Workbench
from core.errors import (
    DatasetNotFoundError,
    ModelError,
    ModelFormatError,
    ModelNotFoundError,
    RunNotFoundError,
)
from core.maintenance import collect_garbage, verify_lake
from core.models.evaluation import evaluate
from core.models.signature import Signature
from tests.core.models.conftest import PEOPLE, run_with
from tests.support.processes import Child

if TYPE_CHECKING:
    from pathlib import Path

    from sklearn.linear_model import LogisticRegression

JSON = '{"intercept": -2.1}'


def register(workbench: Workbench, text: str = JSON, **options: Any) -> Any:
    run_id = run_with(workbench, text, "model.json")
    return workbench.models.register_model("risk", run_id=run_id, artifact="model.json", **options)


def test_a_model_says_of_itself_what_it_is(
    workbench: Workbench, fitted: LogisticRegression, model_file: bytes
) -> None:
    people = workbench.datasets.register_dataset(PEOPLE, "people", "form")
    with workbench.tracker.start_run("risk", inputs=[people]) as run:
        run.log_bytes(model_file, "model/model.skops", "model")
    made = workbench.models.register_model("risk", run_id=run.run_id, description="First")
    assert (made.name, made.model_type, made.format) == ("risk@v1", "LogisticRegression", "skops")
    assert (made.stage, made.owner, made.description) == ("none", "ana", "First")
    assert made.signature == Signature(
        inputs={"age": "double", "score": "int64"}, task="binary", classes=("0", "1")
    )
    assert made.feature_names == ("age", "score")
    assert made.dataset_version_ids == (people.version_id,)
    assert made.run_id == run.run_id
    assert workbench.models.get_model(made.model_id) == made
    opened = workbench.models.load_model("risk")
    assert np.array_equal(opened.predict_proba(PEOPLE), fitted.predict_proba(PEOPLE))


def test_versions_are_numbered_and_may_have_labels(workbench: Workbench) -> None:
    names = [register(workbench, f'{{"a": {n}}}').version for n in range(2)]
    names.append(register(workbench, '{"a": 2}', version="2024.1").version)
    names.append(register(workbench, '{"a": 3}').version)
    assert names == ["v1", "v2", "2024.1", "v3"]
    assert [v.version for v in workbench.models.list_versions("risk")] == names[::-1]
    (summary,) = workbench.models.list_models()
    assert (summary.model_name, summary.versions, summary.version) == ("risk", 4, "v3")
    with pytest.raises(ModelError, match=r"another version 2024\.1 already"):
        register(workbench, '{"a": 4}', version="2024.1")


def test_the_same_file_of_a_run_is_the_same_version(workbench: Workbench) -> None:
    run_id = run_with(workbench, JSON, "model.json")
    options: dict[str, Any] = {"run_id": run_id, "artifact": "model.json"}
    first = workbench.models.register_model("risk", **options)
    assert workbench.models.register_model("risk", **options) == first
    with pytest.raises(ModelError, match="This file is risk@v1 already"):
        workbench.models.register_model("risk", **options, version="other")


def _register_many(pipe: Any, folder: Path, run_ids: list[str]) -> None:
    with Workbench(folder, durability="process") as wb:
        for run_id in run_ids:
            wb.models.register_model("risk", run_id=run_id, artifact="model.json")
    pipe.send("done")


def test_processes_that_register_at_once_get_every_version_once(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    with Workbench(folder, durability="process") as wb:
        run_ids = [run_with(wb, f'{{"a": {n}}}', "model.json") for n in range(6)]
        wb.lake.flush()
        with (
            Child(_register_many, folder, run_ids) as one,
            Child(_register_many, folder, run_ids[::-1]) as other,
        ):
            assert (one.hear(), other.hear()) == ("done", "done")
        versions = wb.models.list_versions("risk")
    assert sorted(v.version for v in versions) == [f"v{n}" for n in range(1, 7)]
    assert sorted(v.run_id for v in versions) == sorted(run_ids)


def test_faults_are_named_with_what_there_is(workbench: Workbench) -> None:
    models = workbench.models
    with pytest.raises(ModelNotFoundError, match=r"no model 'risk'.*None is registered"):
        models.get_model("risk")
    run_id = run_with(workbench, JSON, "model.json")
    with pytest.raises(ModelError, match=r"no file 'model.skops'. Its files: model.json"):
        models.register_model("risk", run_id=run_id)
    with pytest.raises(RunNotFoundError):
        models.register_model("risk", run_id="nothing")
    with pytest.raises(ModelError, match=r"'a/b' is not a name.*'production' is not a label"):
        models.register_model("a/b", run_id=run_id, version="production")
    with pytest.raises(ModelError, match=r"no dataset versions 'phq9@v7', 'nothing'"):
        register(workbench, datasets=["phq9@v7", "nothing"])
    register(workbench)
    with pytest.raises(ModelNotFoundError, match=r"no version 'v7'\. Versions: v1"):
        models.get_model("risk@v7")
    with pytest.raises(KeyError, match="is in the stage production"):
        models.get_model("risk@production")
    with pytest.raises(ModelError, match="Nothing is said"):
        models.describe_model("risk")


def test_moves_are_kept_with_reason_and_actor(workbench: Workbench) -> None:
    first, second = register(workbench), register(workbench, '{"a": 1}')
    models = workbench.models
    models.set_stage("risk@v1", "staging", reason="passed review")
    models.set_stage(first, "production", reason="approved")
    assert models.get_model("risk@production").version == "v1"
    assert models.set_stage("risk@v2", "production", reason="better").stage == "production"
    assert models.get_model("risk@production") == models.get_model(second.model_id)
    assert models.get_model(first.model_id).stage == "archived"
    history = models.stage_history("risk")
    assert [(m.version, m.previous, m.label, m.reason, m.actor) for m in history] == [
        ("v1", "none", "staging", "passed review", "ana"),
        ("v1", "staging", "production", "approved", "ana"),
        ("v1", "production", "archived", "v2 took its place: better", "ana"),
        ("v2", "none", "production", "better", "ana"),
    ]
    assert [m.label for m in models.stage_history("risk@v2")] == ["production"]
    with pytest.raises(ModelError, match=r"'live' is not a stage; a reason is missing"):
        models.set_stage("risk", "live", reason=" ")
    with pytest.raises(ModelError, match="is in the stage production already"):
        models.set_stage("risk", "production", reason="again")


def test_of_two_that_were_moved_at_once_the_later_is_in_production(workbench: Workbench) -> None:
    first, second = register(workbench), register(workbench, '{"a": 1}')
    for number, version in enumerate((second, first)):  # neither saw the other
        row = {"model_name": "risk", "model_id": version.model_id, "kind": "stage"}
        row |= {"label": "production", "event_at": 1000 + number, "writer": "w"}
        workbench.lake.append("model_stages", [row])
    stages = {v.version: v.stage for v in workbench.models.list_versions("risk")}
    assert stages == {"v1": "production", "v2": "archived"}


def test_aliases_move_and_go(workbench: Workbench) -> None:
    register(workbench)
    second = register(workbench, '{"a": 1}')
    models = workbench.models
    models.set_alias("risk@v1", "champion")
    assert models.set_alias(second, "champion", reason="won").aliases == ("champion",)
    assert models.get_model("risk@champion").version == "v2"
    models.remove_alias("risk", "champion")
    with pytest.raises(ModelNotFoundError):
        models.get_model("risk@champion")
    assert [m.version for m in models.stage_history("risk")] == ["v1", "v2", ""]
    for taken in ("v2", "v9"):
        with pytest.raises(ModelError, match="the label of a version"):
            models.set_alias("risk@v1", taken)
    with pytest.raises(ModelError, match="nor an alias"):
        models.set_alias("risk@v1", "staging")


class Payload:
    """What would be run if a pickle of it were loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (os.environ["MHRAS_TEST_PAYLOAD"],)


def test_a_pickle_is_kept_and_never_loaded(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv("MHRAS_TEST_PAYLOAD", str(trace))
    data = pickle.dumps(Payload())
    run_id = run_with(workbench, data, "model.skops")
    made = workbench.models.register_model("risk", run_id=run_id)
    assert (made.format, made.is_loadable) == ("pickle (not loaded)", False)
    with pytest.raises(ModelFormatError, match="loading one runs whatever is in it"):
        workbench.models.load_model("risk")
    assert workbench.models.read_model("risk") == data
    assert not trace.exists()


def test_types_that_nobody_trusts_are_named(workbench: Workbench) -> None:
    data = skops.io.dumps(FunctionTransformer(os.path.join))
    made = workbench.models.register_model("paths", run_id=run_with(workbench, data))
    assert (made.format, made.model_type, made.signature) == ("skops", "", None)
    with pytest.raises(ModelFormatError, match=r"posixpath\.join") as caught:
        workbench.models.load_model("paths")
    assert caught.value.facts["types"] == ("posixpath.join",)
    opened = workbench.models.load_model("paths", trusted=["posixpath.join"])
    assert opened.func is os.path.join


def test_a_model_stays_when_its_run_is_purged(workbench: Workbench) -> None:
    made = register(workbench)
    workbench.tracker.delete_run(made.run_id)
    workbench.lake.flush()
    collect_garbage(workbench, purge_deleted=timedelta(0))
    report = collect_garbage(workbench, keep=timedelta(hours=1))
    assert not report.marked
    assert workbench.models.load_model("risk") == {"intercept": -2.1}


def test_a_damaged_model_is_named_by_its_version(workbench: Workbench) -> None:
    made = register(workbench)
    workbench.lake.flush()
    path = workbench.lake.root / "objects" / made.digest[:2] / made.digest
    path.chmod(0o644)
    path.write_bytes(b"{}")
    findings = verify_lake(workbench.lake, level="content").findings
    assert ["version v1 of model 'risk'" in f.affects for f in findings] == [True]


def test_a_deleted_version_is_gone_until_its_file_is_registered_again(workbench: Workbench) -> None:
    made = register(workbench)
    workbench.models.delete_version(made)
    with pytest.raises(ModelNotFoundError):
        workbench.models.get_model("risk")
    again = workbench.models.register_model("risk", run_id=made.run_id, artifact="model.json")
    assert (again.model_id, again.version) == (made.model_id, "v1")
    workbench.models.set_stage("risk", "production", reason="ok")
    with pytest.raises(ModelError, match="is in production"):
        workbench.models.delete_version("risk")


def test_what_is_said_of_a_version_may_change(workbench: Workbench) -> None:
    register(workbench, metadata={"site": "A"})
    said = workbench.models.describe_model("risk", description="Better", metadata={"n": 3})
    assert (said.description, said.owner, said.metadata) == ("Better", "ana", {"site": "A", "n": 3})
    assert said.version == "v1"


def test_a_model_is_in_the_lineage_of_its_data(workbench: Workbench) -> None:
    people = workbench.datasets.register_dataset(PEOPLE, "people", "form")
    with workbench.tracker.start_run("risk", inputs=[people]) as run:
        run.log_bytes(JSON, "model.json", "model")
    made = workbench.models.register_model("risk", run_id=run.run_id, artifact="model.json")
    down = workbench.lineage.graph(people, "downstream")
    assert ("model", made.model_id, "risk@v1") in {(n.kind, n.id, n.label) for n in down.nodes}
    up = workbench.lineage.graph(made, "upstream")
    assert {n.id for n in up.nodes} == {made.model_id, run.run_id, people.version_id}
    with pytest.raises(DatasetNotFoundError):
        workbench.lineage.graph("nothing")


def test_a_signature_says_all_that_is_wrong() -> None:
    signature = Signature.from_frame(PEOPLE, task="binary", classes=[0, 1])
    assert Signature.from_dict(signature.to_dict()) == signature
    assert signature.faults(pa.schema({"age": pa.string()})) == [
        "age is string, the model takes double",
        "the input 'score' is missing",
    ]
    with pytest.raises(ModelError, match="'ranking' is not a task"):
        Signature(task="ranking")  # type: ignore[arg-type]


def test_an_evaluation_is_kept_to_the_last_digit(workbench: Workbench) -> None:
    register(workbench)
    people = workbench.datasets.register_dataset(PEOPLE, "people", "form")
    found = evaluate([0, 0, 1, 1, 0, 1], [0.1, 0.4, 0.35, 0.8, 0.3, 0.9], resamples=100)
    kept = workbench.models.save_evaluation("risk", found, dataset_version_id="people@v1")
    (stored,) = workbench.models.evaluations("risk")
    assert (stored.evaluation_id, stored.name, stored.actor) == (kept, "test", "ana")
    assert stored.dataset_version_id == people.version_id
    assert stored.evaluation.to_dict() == found.to_dict()
    (row,) = workbench.sql(
        "select metrics['auroc'] as auroc, num_rows from model_evaluations"
    ).to_pylist()
    assert row == {"auroc": found.metrics["auroc"].value, "num_rows": 6}
    with pytest.raises(ModelError, match="no dataset version 'people@v9'"):
        workbench.models.save_evaluation("risk", found, dataset_version_id="people@v9")
