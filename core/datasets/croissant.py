"""A version in the words of Croissant 1.0 (ML Commons): JSON-LD that data catalogs and tools read.

Source of the terms: the Croissant Format Specification, version 1.0.

    stored as it is        rows          a record set of all columns, from the stored files
    stored as changes      stored-1 ...  the stored files with the same columns: parts of the rows,
                                         or further columns beside them, position by position
                           deletions     stored rows that are left out: part, object, position
                           insertions    rows that are put in: part, position, and all columns

Every file has its SHA-256, and a tool can load each record set. Which of them are put together how
is told by a document that is a file as well (core/datasets/layout.py); the columns that come of it
are `variableMeasured` of schema.org.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pyarrow.types as is_a

from core.datasets.names import NUMBERED
from core.datasets.patch_files import patch_columns
from core.datasets.variable_labels import labels_of
from core.storable import stored_type
from lake.objects import object_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

    from core.datasets.layout import Layout
    from core.datasets.version import DatasetVersion

CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_CONFORMS: Final = "http://mlcommons.org/croissant/1.0"
_PARQUET: Final = "application/x-parquet"
_ROWS: Final = "rows"
_SEMANTIC: Final = re.compile(r"\d+\.\d+\.\d+")
_KINDS: Final[tuple[tuple[Callable[[pa.DataType], bool], str], ...]] = (
    (is_a.is_boolean, "sc:Boolean"),
    (is_a.is_integer, "sc:Integer"),
    (is_a.is_floating, "sc:Float"),
    (is_a.is_decimal, "sc:Float"),
    (is_a.is_date, "sc:Date"),
    (is_a.is_timestamp, "sc:DateTime"),
    (is_a.is_time, "sc:Time"),
    (is_a.is_duration, "sc:Integer"),
)


@dataclass(frozen=True, slots=True)
class _RecordSet:
    """Files with the same columns, one after the other: their names, and the SHA-256 of each."""

    name: str
    about: str
    files: Mapping[str, str]
    columns: Mapping[str, pa.DataType]

    @property
    def source(self) -> dict[str, Any]:
        """Where its fields are."""
        if len(self.files) > 1:
            return {"fileSet": {"@id": self.file_set}}
        return {"fileObject": {"@id": next(iter(self.files))}}

    @property
    def file_set(self) -> str:
        """What its files are called together, when there are several."""
        return f"{self.name}-files"


def as_croissant(version: DatasetVersion, layout: Layout, root: str) -> dict[str, Any]:
    """Return a version as JSON-LD; `root` is where the stored objects are, a folder or s3://...

    What a version does not say, such as its licence, is left out.
    """
    sets = _whole(version, layout) or _changed(layout)
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": _identifier(version.dataset_name),
        "alternateName": version.name,
        "description": version.description or f"{version.name}, from {version.source}",
        "conformsTo": _CONFORMS,
        "identifier": version.version_id,
        "datePublished": version.created_at.isoformat(),
        "distribution": [*_distribution(sets, root)],
    }
    if sets:
        document["recordSet"] = [_record_set(each) for each in sets]
    if [each.name for each in sets] != [_ROWS]:
        document["distribution"].append(_described(version, root))
        document["variableMeasured"] = [*_variables(layout)]
    elif version.key:
        document["recordSet"][0]["key"] = [{"@id": _id(_ROWS, name)} for name in version.key]
    number = NUMBERED.fullmatch(version.version)
    if number is not None:
        document["version"] = f"{number[1]}.0.0"
    elif _SEMANTIC.fullmatch(version.version):
        document["version"] = version.version
    if version.licence:
        document["license"] = version.licence
    if version.owner:
        document["creator"] = {"@type": "sc:Person", "name": version.owner}
    if version.tags:
        document["keywords"] = list(version.tags)
    return document


def _identifier(name: str) -> str:
    return re.sub(r"[^\w.-]", "-", name)


def _whole(version: DatasetVersion, layout: Layout) -> list[_RecordSet]:
    """Return the rows, when there are objects that hold all of them and nothing else."""
    named = dict.fromkeys(part.pieces[0].object for part in layout.parts)
    plain = all(not part.patched and len(part.pieces) == 1 for part in layout.parts)
    if not named or not plain or len(named) < len(layout.parts):
        return []
    about = f"{version.num_rows} rows, {version.num_columns} columns"
    types = {field.name: field.type for field in layout.schema}
    return [_RecordSet(_ROWS, about, _files("chunk", named), types)]


def _changed(layout: Layout) -> list[_RecordSet]:
    """Return the stored files that have the same columns together, and the patches."""
    files: dict[tuple[str, ...], dict[str, int]] = {}
    for part in layout.parts:
        for piece in part.pieces:
            files.setdefault(piece.columns, {})[piece.object] = part.stored_rows
    found = []
    for number, (names, rows) in enumerate(files.items(), 1):
        about = f"{sum(rows.values())} rows of {len(names)} columns, as they are stored"
        types = {name: layout.schema.field(name).type for name in names}
        name = f"stored-{number}"
        found.append(_RecordSet(name, about, _files(name, rows), types))
    for name, about, digest in (
        ("deletions", "Stored rows that are left out.", layout.deletions),
        ("insertions", "Rows that are put in.", layout.insertions),
    ):
        if digest:
            columns = patch_columns(layout)[digest]
            found.append(_RecordSet(name, about, _files(name, [digest]), columns))
    return found


def _files(name: str, digests: Iterable[str]) -> dict[str, str]:
    return {f"{name}-{place}": digest for place, digest in enumerate(digests)}


def _distribution(sets: list[_RecordSet], root: str) -> Iterator[dict[str, Any]]:
    for each in sets:
        for name, digest in each.files.items():
            yield _file(name, f"{root}/{object_key(digest)}", digest, _PARQUET)
        if len(each.files) > 1:
            yield {
                "@type": "cr:FileSet",
                "@id": each.file_set,
                "name": each.file_set,
                "description": "One file after the other.",
                "containedIn": [{"@id": name} for name in each.files],
                "encodingFormat": _PARQUET,
                "includes": "*",
            }


def _described(version: DatasetVersion, root: str) -> dict[str, Any]:
    digest = version.storage_uri.rpartition("/")[2]
    about = (
        "Names the stored pieces of which the rows are put together: columns beside each other,"
        " without the deletions, with the insertions at their positions."
    )
    url = f"{root}/{object_key(digest)}"
    return {**_file("layout", url, digest, "application/json"), "description": about}


def _file(name: str, url: str, digest: str, encoding: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": url,
        "encodingFormat": encoding,
        "sha256": digest,
    }


def _variables(layout: Layout) -> Iterator[dict[str, Any]]:
    labels = labels_of(layout.schema)
    for field in layout.schema:
        said = labels.get(field.name, "")
        about = f"{said}, {field.type}" if said else str(field.type)
        yield {"@type": "sc:PropertyValue", "name": field.name, "description": about}


def _record_set(found: _RecordSet) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": found.name,
        "name": found.name,
        "description": found.about,
        "field": [_field(found, name, kind) for name, kind in found.columns.items()],
    }


def _field(of: _RecordSet, name: str, given: pa.DataType) -> dict[str, Any]:
    kind = stored_type(given)
    inner = kind.value_type if is_a.is_large_list(kind) or is_a.is_fixed_size_list(kind) else kind
    document: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": _id(of.name, name),
        "name": name,
        "description": f"{name}, {given}",
        "dataType": _data_type(inner),
        "source": {**of.source, "extract": {"column": name}},
    }
    if inner is not kind:
        document["repeated"] = True
    return document


def _id(record_set: str, name: str) -> str:
    return f"{record_set}/{quote(name, safe='')}"


def _data_type(kind: pa.DataType) -> str:
    return next((name for fits, name in _KINDS if fits(kind)), "sc:Text")
