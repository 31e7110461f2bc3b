"""`mhras datasets` and `mhras dataset show`: what there is, and one version whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli_options import JsonOption, LakeOption, open_workbench
from app.cli_output import at_terminal, say, say_facts, say_json, say_table, say_wide_table
from app.wording import ago, clock, number, size, when

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.datasets.version import DatasetVersion

commands = typer.Typer()
dataset_commands = typer.Typer()

VersionArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME[@V]", help="V: a label, a tag, an id or a digest; else the newest version."
    ),
]
_FACTS: Final = (
    "version_id",
    "dataset_name",
    "version",
    "source",
    "num_rows",
    "num_columns",
    "size_bytes",
    "key",
    "description",
    "owner",
    "licence",
    "tags",
    "metadata",
    "created_at",
    "actor",
    "parent_version_id",
    "content_digest",
    "storage_uri",
)
# what the table shows of a column's statistics, and under which name
_SHOWN: Final = {
    "distinct": "distinct",
    "mean": "mean",
    "std": "sd",
    "min": "min",
    "p50": "median",
    "max": "max",
}


@commands.command("datasets")
def list_datasets(*, lake: LakeOption = None, as_json: JsonOption = False) -> None:
    """List the datasets; rows, columns and size are of the newest version."""
    with open_workbench(lake) as wb:
        found = wb.datasets.summaries()
    if as_json:
        say_json(
            [
                {
                    "dataset_name": summary.dataset_name,
                    "versions": summary.versions,
                    "newest": summary.newest,
                    "num_rows": summary.num_rows,
                    "num_columns": summary.num_columns,
                    "size_bytes": summary.size_bytes,
                    "created_at": summary.created_at,
                    "tags": dict(summary.tags),
                }
                for summary in found
            ]
        )
        return
    terminal = at_terminal()
    headers = ("dataset", "versions", "newest", "rows", "columns", "size", "registered", "tags")
    rows = [
        (
            summary.dataset_name,
            summary.versions,
            summary.newest,
            f"{summary.num_rows:,}" if terminal else summary.num_rows,
            summary.num_columns,
            size(summary.size_bytes) if terminal else summary.size_bytes,
            ago(summary.created_at) if terminal else clock(summary.created_at),
            ", ".join(f"{tag}={label}" for tag, label in summary.tags.items()),
        )
        for summary in found
    ]
    say_table(headers, rows)


@dataset_commands.callback()
def dataset() -> None:
    """Look at one dataset."""


@dataset_commands.command("show")
def show(name: VersionArgument, *, lake: LakeOption = None, as_json: JsonOption = False) -> None:
    """Show one version: what was said of it, its columns, and what was counted of each."""
    with open_workbench(lake) as wb:
        version = wb.datasets.get_version(name)
    if as_json:
        say_json(version_document(version))
        return
    facts = {fact: getattr(version, fact) for fact in _FACTS}
    say_facts(
        {
            **facts,
            "num_rows": f"{version.num_rows:,}",
            "size_bytes": size(version.size_bytes),
            "key": ", ".join(version.key),
            "tags": ", ".join(version.tags),
            "created_at": when(version.created_at),
        }
    )
    say()
    headers = ("column", "type", "missing", *_SHOWN.values(), "most frequent")
    labels = version.labels
    say_wide_table(
        (*headers, "label") if labels else headers,
        [
            (*_column(version, name), labels.get(name, "")) if labels else _column(version, name)
            for name in version.schema
        ],
    )


@dataset_commands.command("diff")
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A version: name@version, or an id.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The version that is compared to it.")],
    *,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="COLUMN", help="Finds rows again; may be repeated."),
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", min=0, help="At most so many rows of each kind.")
    ] = 5,
    lake: LakeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is different in B: columns, rows, statistics."""
    from app.difference_text import say_difference  # not needed for --help

    with open_workbench(lake) as wb:
        found = wb.datasets.diff(before, after, key=key, examples=examples)
    if as_json:
        say_json(found.to_dict())
    else:
        say_difference(found)


@dataset_commands.command("contract")
def contract(name: VersionArgument, *, lake: LakeOption = None) -> None:
    """Print a first contract for a dataset, made of one version, as JSON for `mhras import`."""
    from core.datasets.expectations import Contract  # not needed for --help

    with open_workbench(lake) as wb:
        version = wb.datasets.get_version(name)
    say_json(Contract.infer(version).to_dict())


@dataset_commands.command("croissant")
def croissant(
    name: VersionArgument,
    *,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write there; else print.")
    ] = None,
    lake: LakeOption = None,
) -> None:
    """Describe a version in the words of Croissant (ML Commons), as JSON-LD."""
    with open_workbench(lake) as wb:
        found = wb.datasets.croissant(wb.datasets.get_version(name).version_id)
    if output is None:
        say_json(found)
    else:
        from app.output_file import write_whole  # not needed to print

        text = json.dumps(found, indent=2, ensure_ascii=False)
        write_whole(Path(output).expanduser(), f"{text}\n".encode())


def version_document(version: DatasetVersion) -> dict[str, Any]:
    """Say everything that is known of a version, its rows excepted."""
    document = {fact: getattr(version, fact) for fact in _FACTS}
    statistics = {name: dict(found) for name, found in version.statistics.items()}
    named = {"schema": dict(version.schema), "labels": version.labels}
    return document | named | {"statistics": statistics}


def _column(version: DatasetVersion, name: str) -> tuple[object, ...]:
    found = version.statistics.get(name, {})
    missing = found.get("missing")
    share = "" if missing is None else f"{missing / max(1, version.num_rows):.1%}"
    numbers = (found.get(statistic) for statistic in _SHOWN)
    return (name, version.schema[name], share, *numbers, _most_frequent(found))


def _most_frequent(found: Mapping[str, Any]) -> str:
    """Say the most frequent value, unless every value is there once."""
    top = found.get("top") or []
    if not top or top[0]["count"] == 1:
        return ""
    value = top[0]["value"]
    return f"{number(value) if isinstance(value, float) else value} ({top[0]['count']:,})"
