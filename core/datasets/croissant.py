"""A version in the words of Croissant 1.0 (ML Commons): JSON-LD that data catalogs and tools read.

Source of the terms: the Croissant Format Specification, version 1.0.

Columns become fields of one record set, `rows`. Where a version's rows stand in stored files as
they are, these files are its distribution, each with its SHA-256, and a tool can load the rows. A
version that is stored as overlays or patches of another one has no such files, and a field needs a
source: its distribution is the document that describes it (core/datasets/layout.py), and its
columns are `variableMeasured` of schema.org.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pyarrow.types as is_a

from core.datasets.names import NUMBERED
from core.storable import stored_type
from lake.objects import object_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def as_croissant(version: DatasetVersion, layout: Layout, root: str) -> dict[str, Any]:
    """Return a version as JSON-LD; `root` is where the stored objects are, a folder or s3://...

    What a version does not say, such as its licence, is left out.
    """
    files = [*_files(layout)]
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": _identifier(version.dataset_name),
        "alternateName": version.name,
        "description": version.description or f"{version.name}, from {version.source}",
        "conformsTo": _CONFORMS,
        "identifier": version.version_id,
        "datePublished": version.created_at.isoformat(),
        "distribution": [*_distribution(version, files, root)],
    }
    if files:
        document["recordSet"] = [_rows(version, layout)]
    else:
        document["variableMeasured"] = [*_variables(layout)]
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


def _files(layout: Layout) -> Iterator[str]:
    """Name the objects that hold all rows and nothing else; none where there are no such."""
    whole = all(not part.patched and len(part.pieces) == 1 for part in layout.parts)
    named = [part.pieces[0].object for part in layout.parts]
    if whole and len(set(named)) == len(named):
        yield from named


def _distribution(version: DatasetVersion, files: list[str], root: str) -> Iterator[dict[str, Any]]:
    for place, digest in enumerate(files):
        yield _file(f"chunk-{place}", f"{root}/{object_key(digest)}", digest, _PARQUET)
    if len(files) > 1:
        yield {
            "@type": "cr:FileSet",
            "@id": "chunks",
            "name": "chunks",
            "description": "All rows, one file after the other.",
            "containedIn": [{"@id": f"chunk-{place}"} for place in range(len(files))],
            "encodingFormat": _PARQUET,
            "includes": "*",
        }
    if not files:
        digest = version.storage_uri.rpartition("/")[2]
        about = "Names the stored pieces of which the rows are put together."
        url = f"{root}/{object_key(digest)}"
        yield {**_file("layout", url, digest, "application/json"), "description": about}


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
    for field in layout.schema:
        yield {"@type": "sc:PropertyValue", "name": field.name, "description": str(field.type)}


def _rows(version: DatasetVersion, layout: Layout) -> dict[str, Any]:
    several = len(layout.parts) > 1
    source = {"fileSet": {"@id": "chunks"}} if several else {"fileObject": {"@id": "chunk-0"}}
    rows: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        "description": f"{version.num_rows} rows, {version.num_columns} columns",
        "field": [_field(field, source) for field in layout.schema],
    }
    if version.key:
        rows["key"] = [{"@id": _id(name)} for name in version.key]
    return rows


def _field(field: pa.Field, source: dict[str, Any]) -> dict[str, Any]:
    kind = stored_type(field.type)
    inner = kind.value_type if is_a.is_large_list(kind) or is_a.is_fixed_size_list(kind) else kind
    document: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": _id(field.name),
        "name": field.name,
        "description": f"{field.name}, {field.type}",
        "dataType": _data_type(inner),
        "source": {**source, "extract": {"column": field.name}},
    }
    if inner is not kind:
        document["repeated"] = True
    return document


def _id(name: str) -> str:
    return f"rows/{quote(name, safe='')}"


def _data_type(kind: pa.DataType) -> str:
    return next((name for fits, name in _KINDS if fits(kind)), "sc:Text")
