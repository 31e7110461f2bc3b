"""Views for outsiders: what any DuckDB needs to ask a lake, without this library.

    <lake>/catalog.duckdb     duckdb -readonly lake/catalog.duckdb     paths are absolute
    <lake>/catalog.sql        cd lake && duckdb -init catalog.sql      paths are relative

Both hold the same views and no rows. A view finds its files when it is asked, so what is appended
or compacted later is seen without another export. Only a lake that moved needs a new database.

    log/*.json ── highest ──┬── live ──> data/**/*.parquet, only these
                            ├── dead ──> tail/*.parquet, but for these
                            └── files ─> data/rollup/: summaries, instead of the points

DuckDB lists the folders before it reads the manifest, and a compacted file is there `settle`
seconds before a manifest names it: so each row is found once. Rows that a running process has
logged and not yet made into a segment are seen by the library only, as they are in its journal.

Of a lake in a bucket the paths begin with s3://. To read them DuckDB needs its extension httpfs,
which `install httpfs` fetches, and a secret that says who asks. The views of dataset versions are
in its database only: to make one anew takes a request for each of a version's files.

The files are plain Parquet: `read_parquet('tables/metrics/**/*.parquet')` finds each row once too,
unless files that a compaction has replaced still wait for their deletion, ten minutes later. Other
programs do not check them against their digests; `mhras verify --level content` does.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from catalog.cards import card_views
from catalog.comments import comment_views
from catalog.dataset_views import DATASETS, ExportedVersions, view_of_version
from catalog.descriptions import COLUMNS, VIEWS
from catalog.eda_search import LATEST_EDA_REPORTS
from catalog.errors import CatalogError
from catalog.job_rows import LATEST_JOBS
from catalog.kept import kept_views
from catalog.model_views import JUDGED_VIEWS, model_views
from catalog.rollup import METRIC_SUMMARY, PARTS
from catalog.tables import SPECS
from catalog.view_names import prefixed_views
from catalog.views import (
    DATA_LINEAGE,
    FOLD_RUNS,
    LATEST_ARTIFACTS,
    LATEST_DATASET_CONTRACTS,
    LATEST_DATASET_TAGS,
    LATEST_DATASET_VERSIONS,
    LATEST_DRIFT_REPORTS,
    LATEST_EXPERIMENTS,
    MERGE_SUMMARIES,
    SUMMARISE,
)
from lake.digest import digest_file
from lake.exported import DATABASE, SCRIPT, with_proof
from lake.store import LocalStore

__all__ = ["DATABASE", "SCRIPT", "export_catalog", "view_statements"]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lake.address import Place
    from lake.lake import Lake

# what versions before 2.0 can open
_STORAGE_VERSION: Final = "v1.0.0"

_ROWS: Final = """\
  with manifest as materialized (
    select live, dead
    from read_json({log}, format = 'unstructured',
                   columns = {{v: 'bigint', live: 'varchar[]', dead: 'varchar[]'}})
    order by v desc limit 1)
  select {columns}
  from read_parquet({data}, union_by_name = true, filename = true, hive_partitioning = false)
  where filename in (select {data_folder} || unnest(live) from manifest)
  union all
  select {columns}
  from read_parquet({tail}, union_by_name = true, filename = true, hive_partitioning = false)
  where filename not in (select {tail_folder} || unnest(dead) from manifest)"""

# A summary is made of the roll-ups there are, and of the points in the other files.
_PARTS: Final = """\
  with manifest as materialized (
    select files, dead
    from read_json({log}, format = 'unstructured',
                   columns = {{v: 'bigint', dead: 'varchar[]',
                              files: 'struct(path varchar, rollup struct(path varchar))[]'}})
    order by v desc limit 1),
  live as materialized (
    select {data_folder} || f.path as points, {data_folder} || f.rollup.path as summary
    from (select unnest(files) as f from manifest)),
  summarised as materialized (
    select * from live where summary in (select file from glob({rollups})))
  {parts}
  union all by name
  {summarise}"""
_SUMMARISED: Final = """\
(select * from read_parquet({rollups}, union_by_name = true, filename = true)
   where filename in (select summary from summarised))"""
_OTHERS: Final = """\
(select {columns}
   from read_parquet({data}, union_by_name = true, filename = true, hive_partitioning = false)
   where filename in (select points from live where points not in (select points from summarised))
   union all
   select {columns}
   from read_parquet({tail}, union_by_name = true, filename = true, hive_partitioning = false)
   where filename not in (select {tail_folder} || unnest(dead) from manifest))"""

_RUNS: Final = """\
with run_events as materialized (
{events})
select run_id, experiment_id, experiment_name, run_name, status, start_time, end_time,
       epoch(end_time - start_time) as duration, params, tags, metrics, git_commit, code_version,
       parent_run_id, environment, from_json(inputs, '["varchar"]') as inputs, error, note, actor
from ({fold}) where not deleted"""

_HEADER: Final = """\
-- The views of this lake for any DuckDB, made by `mhras export catalog`. They hold no rows, and
-- need to be made again only when the program has new tables or columns.
--     cd <this folder> && duckdb -init catalog.sql

"""
_REMOTE: Final = """\
-- The lake is in a bucket. DuckDB reads it with the extension httpfs, and needs to know who asks:
--     install httpfs; load httpfs;
--     create secret (type s3, provider credential_chain);    -- or key_id, secret, region, endpoint
-- Then:  .read catalog.sql    or, with catalog.duckdb:  attach 'catalog.duckdb' (read_only)
-- The database has views of the versions of datasets as well.

"""


def export_catalog(
    lake: Lake,
    *,
    folder: Path | None = None,
    view_prefix: str = "",
    datasets: Callable[[str], ExportedVersions] = lambda _root: ExportedVersions(),
) -> Path:
    """Write catalog.duckdb and catalog.sql into the lake, or into a folder; the database's path.

    The views are experiments, runs, metrics, metric_summary and artifacts; with a ``view_prefix``
    such as "exp_" also exp_runs and so on. Of a database in a bucket the path is that of a copy.
    `datasets` returns the dataset versions that are views, such as datasets."phq9@v3", for paths
    that begin with a root.
    Raises CatalogError when somebody has written into the database that is there, StoreError when
    the disk or the bucket refuses, InvalidNameError for a prefix that makes no names.

    >>> import duckdb
    >>> from lake.lake import Lake
    >>> with tempfile.TemporaryDirectory() as place, Lake.open(place + "/lake") as lake:
    ...     with duckdb.connect(export_catalog(lake), read_only=True) as connection:
    ...         connection.execute("select count(*) from runs").fetchall()
    [(0,)]
    """
    lake.define(*SPECS.values())
    store: Place = lake.store if folder is None else LocalStore(folder)
    _refuse_written(store)
    for name in SPECS:
        lake.table(name).ensure_sentinels()  # a view that finds no file at all is an error
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / DATABASE
        versions = datasets(lake.url)
        made = [*view_statements(lake.url, view_prefix=view_prefix), *_of_versions(versions)]
        _build(fresh, made, lake.store, versions.empty_files)
        _refuse_written(store)
        digest = digest_file(fresh)
        store.put(DATABASE, fresh, digest=digest)
    inside = store.folder is not None and store.url == lake.url
    root = "" if inside else lake.url
    statements = view_statements(root, view_prefix=view_prefix)
    if lake.store.folder is not None:
        statements += _of_versions(datasets(root))
    header = _REMOTE if lake.publishes else _HEADER
    store.put(SCRIPT, with_proof(header + ";\n\n".join(statements) + ";\n", digest))
    return store.local_path(DATABASE)


def _of_versions(versions: ExportedVersions) -> list[str]:
    views = [view_of_version(name, query) for name, query in versions.queries.items()]
    return [f"create schema if not exists {DATASETS}", *views] if views else []


def _refuse_written(store: Place) -> None:
    """Raise CatalogError when changes wait beside a database: they would be played into ours."""
    if store.folder is None:
        return
    database = store.folder / DATABASE
    log = database.with_name(f"{database.name}.wal")
    if log.exists():
        message = f"{database} is being written by another program: {log.name} is beside it."
        hint = "Close that program; open the file with `duckdb -readonly`, or copy it to change it."
        raise CatalogError(message, hint=hint, path=str(database))


def _build(
    path: Path, statements: list[str], place: Place, empty_files: Mapping[str, bytes]
) -> None:
    import duckdb  # 80 ms that only an export needs

    with duckdb.connect(":memory:") as connection:
        if place.folder is None:
            from catalog.listed_files import ListedFiles, WithoutRows  # fsspec, which few need

            connection.register_filesystem(ListedFiles(WithoutRows(place, empty_files)))
        version = f"(storage_version {_quoted(_STORAGE_VERSION)})"
        connection.execute(f"attach {_quoted(str(path))} as exported {version}")
        connection.execute("use exported")
        for statement in statements:
            connection.execute(statement)
        connection.execute("use memory")
        connection.execute("detach exported")


def view_statements(root: str, *, view_prefix: str = "") -> list[str]:
    """Return what makes the views of a lake at ``root``; empty for the current folder.

    >>> view_statements("/data/lake")[0].splitlines()[0]
    'create or replace view experiments as'
    """
    rows = {name: _ROWS.format(**_places(root, name)) for name in SPECS}
    fold = FOLD_RUNS.format(events="run_events")
    queries = {
        "experiments": LATEST_EXPERIMENTS.format(events=f"(\n{rows['experiments']})"),
        "runs": _RUNS.format(events=rows["runs"], fold=fold),
        "metrics": rows["metrics"],
        "metric_summary": MERGE_SUMMARIES.format(parts=f"(\n{_parts(root)})"),
        "artifacts": LATEST_ARTIFACTS.format(events=f"({rows['artifacts']})"),
        "dataset_versions": LATEST_DATASET_VERSIONS.format(events=f"({rows['dataset_versions']})"),
        "drift_reports": LATEST_DRIFT_REPORTS.format(events=f"({rows['drift_reports']})"),
        "eda_reports": LATEST_EDA_REPORTS.format(events=f"({rows['eda_reports']})"),
        "dataset_tags": LATEST_DATASET_TAGS.format(events=f"({rows['dataset_tags']})"),
        "data_lineage": DATA_LINEAGE.format(
            events=f"({rows['data_lineage']})", versions=f"({rows['dataset_versions']})"
        ),
        "dataset_contracts": LATEST_DATASET_CONTRACTS.format(
            events=f"({rows['dataset_contracts']})"
        ),
        **model_views(lambda table: f"({rows[table]})"),
        "predictions": rows["predictions"],
        "outcomes": rows["outcomes"],
        **JUDGED_VIEWS,
        "jobs": LATEST_JOBS.format(events=f"({rows['jobs']})"),
        **card_views(lambda table: f"({rows[table]})"),
        **kept_views(lambda table: f"({rows[table]})"),
        **comment_views(lambda table: f"({rows[table]})"),
    }
    statements = []
    for view, query in queries.items():
        statements += _described(view, view, query.strip("\n"))
    for name, view in prefixed_views(view_prefix).items():
        if view in queries:
            statements += _described(name, view, f"from {view}")
    return statements


def _described(name: str, view: str, query: str) -> list[str]:
    """Return what makes one view, with comments for whoever meets it in another tool."""
    comments = [
        f"comment on column {name}.{column} is {_quoted(text)}"
        for column, text in COLUMNS[view].items()
    ]
    about = f"comment on view {name} is {_quoted(VIEWS[view])}"
    return [f"create or replace view {name} as\n{query}", about, *comments]


def _parts(root: str) -> str:
    """Return the query that finds what there is to merge into a summary of all points."""
    places = _places(root, "metrics")
    return _PARTS.format(
        parts=PARTS.format(rollups=_SUMMARISED.format(**places)).strip(),
        summarise=SUMMARISE.format(points=_OTHERS.format(**places)).strip(),
        **places,
    )


def _places(root: str, name: str) -> dict[str, str]:
    """Return where the files of a table are, and its columns, as SQL writes them."""
    table = f"{root}/tables/{name}" if root else f"tables/{name}"
    pattern = _literal(table)
    return {
        "columns": ", ".join(SPECS[name].columns),
        "log": _quoted(f"{pattern}/log/*.json"),
        "data": _quoted(f"{pattern}/data/**/*.parquet"),
        "tail": _quoted(f"{pattern}/tail/*.parquet"),
        "rollups": _quoted(f"{pattern}/data/{METRIC_SUMMARY.folder}/*.rollup"),
        "data_folder": _quoted(f"{table}/data/"),
        "tail_folder": _quoted(f"{table}/tail/"),
    }


def _quoted(text: str) -> str:
    """Return a text as SQL writes it.

    >>> _quoted("ana's lake")
    "'ana''s lake'"
    """
    return "'" + text.replace("'", "''") + "'"


def _literal(path: str) -> str:
    """Return the pattern that matches this path only.

    >>> _literal("/data/lake [2]")
    '/data/lake [[]2]'
    """
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)
