"""What anybody may ask in SQL, and that nothing else can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from catalog.errors import QueryError
from catalog.guard import Limits, Question, answer, closed_duckdb
from core import Workbench
from core.errors import DatasetNotFoundError
from tests.support.sample_lake import make_sample_lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.console import Console

TABLES = {"runs": pa.table({"depth": [2, 4, 6]})}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A lake with runs, and with a dataset whose file may be read."""
    folder = tmp_path_factory.mktemp("lakes") / "ana's lake"
    make_sample_lake(folder)
    with Workbench(folder) as opened:
        opened.datasets.register_dataset({"score": [3, 17], "it's": ["a", "b"]}, "phq9", "form")
        yield opened


@pytest.fixture
def console(bench: Workbench) -> Console:
    return bench.console


def ask(sql: str, **given: object) -> pa.Table:
    """Ask in this process, in which everything but the limits of a process holds."""
    question = Question(sql=sql, **given)  # type: ignore[arg-type]
    with closed_duckdb(question, TABLES) as connection:
        return answer(connection, question)[0]


OUTSIDE = [
    "select * from read_csv('{file}')",
    "select * from read_text('{file}')",
    "select * from read_blob('{file}')",
    "select * from read_json('{file}')",
    "select * from read_parquet('{file}')",
    "select * from parquet_metadata('{file}')",
    "select * from sniff_csv('{file}')",
    "select * from glob('{folder}/*')",
    "select * from '{file}'",
    "select * from query('select * from read_text(''{file}'')')",
    "select * from query_table('{file}')",
    "select * from '{folder}/../{name}/secret.csv'",
    "select * from read_csv('{link}')",
    "select * from read_csv('file://{file}')",
    "select * from read_csv('http://127.0.0.1:1/x.csv')",
    "select * from 's3://bucket/x.parquet'",
    "select * from 'https://127.0.0.1:1/x.parquet'",
    "select * from duckdb_secrets()",
    "select * from which_secret('s3://bucket', 's3')",
    "select getenv('HOME')",
    "select load_aws_credentials()",
    "select * from outside_of_the_query",
    "from read_blob('/proc/self/environ')",
    "from read_text('/dev/stdin')",
    "from read_duckdb('{file}')",
    "from query('copy (select 1) to ''{folder}/new.csv''')",
    "from query('select 1; attach ''{folder}/new.duckdb''')",
    "with new as (insert into runs values (8) returning depth) from new",
    "from duckdb_extensions() where loaded",
    "select nextval('numbers')",
    "select add_parquet_key('k', '0123456789112345')",
    "from pandas_scan(1)",
    "from sqlite_scan('{file}', 'x')",
    "from postgres_scan('host=127.0.0.1', 'public', 'x')",
    "select http_get('http://127.0.0.1:1')",
    "select system('id')",
    "select " + "(" * 20_000 + "1" + ")" * 20_000,
]
STATEMENTS = [
    "copy (select 1) to '{folder}/new.csv'",
    "copy runs to '{folder}/new.parquet' (use_tmp_file false)",
    "attach '{folder}/new.duckdb' as other",
    "export database '{folder}/new'",
    "install httpfs",
    "load httpfs",
    "load '{file}'",
    "set enable_external_access = true",
    "set allowed_paths = ['{file}']",
    "reset lock_configuration",
    "pragma memory_limit = '100 GB'",
    "pragma database_list",
    "call pragma_version()",
    "create table x as select 1",
    "create macro f() as 1",
    "create secret (type s3)",
    "insert into runs values (8)",
    "update runs set depth = 1",
    "delete from runs",
    "drop view runs",
    "truncate runs",
    "begin",
    "checkpoint",
    "vacuum",
    "use memory",
    "prepare x as select 1",
    "set variable x = 1",
    "explain analyze copy (select 1) to '{folder}/new.csv'",
    "select 1; copy (select 1) to '{folder}/new.csv'",
    "select 1; select 2",
    "create or replace temp macro f() as table from read_csv('{file}')",
    "execute x",
    "deallocate x",
    "force install httpfs",
    "update extensions",
    "call enable_logging('QueryLog')",
    "pragma enable_profiling",
    "set session threads = 64",
    "set global memory_limit = '100 GB'",
    "comment on table runs is 'x'",
    "alter table runs rename to x",
    "detach memory",
    "import database '{folder}'",
    "load json; select 1",
    "",
    "-- nothing",
]


@pytest.mark.parametrize("attempt", [*OUTSIDE, *STATEMENTS])
def test_an_attempt_fails_and_leaves_nothing(attempt: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("name\nana\n", encoding="utf8")
    (tmp_path / "link.csv").symlink_to(secret)
    before = sorted(path.name for path in tmp_path.iterdir())
    outside_of_the_query = pa.table({"name": ["ana"]})
    places = {"file": secret, "folder": tmp_path, "link": tmp_path / "link.csv"}
    with pytest.raises(QueryError) as refused:
        ask(attempt.format(**places, name=tmp_path.name))
    assert "ana" not in str(refused.value).replace(str(tmp_path), "")
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert outside_of_the_query.num_rows == 1


@pytest.mark.parametrize("attempt", [sql for sql in STATEMENTS if sql.startswith(("set", "reset"))])
def test_settings_stay_even_when_the_statement_is_let_through(attempt: str, tmp_path: Path) -> None:
    import duckdb

    with closed_duckdb(Question(sql=attempt), TABLES) as connection:
        if "variable" in attempt:
            return
        with pytest.raises(duckdb.Error, match=r"locked|Cannot"):
            connection.execute(attempt.format(file=tmp_path / "x"))


def test_only_the_files_given_can_be_read(tmp_path: Path) -> None:
    for name in ("given", "other"):
        parquet.write_table(pa.table({"x": [name]}), tmp_path / f"{name}.parquet")
    given, other = (str(tmp_path / f"{name}.parquet") for name in ("given", "other"))
    view = f"create view data as from read_parquet(['{given}'])"
    granted = {"files": (given,), "views": (view,)}
    assert ask("from data", **granted).to_pylist() == [{"x": "given"}]
    with pytest.raises(QueryError, match="Permission"):
        ask(f"from '{other}'", **granted)
    with pytest.raises(QueryError, match="Permission"):
        ask(f"from '{tmp_path}/sub/../other.parquet'", **granted)


def test_a_question_is_answered_with_its_parameters() -> None:
    found = ask(
        "select depth as d, depth as D from runs where depth > $least", parameters={"least": 3}
    )
    assert found.to_pylist() == [{"d": 4, "D_2": 4}, {"d": 6, "D_2": 6}]


def test_values_without_a_plain_form_are_text() -> None:
    (row,) = ask(
        "select interval 40 day as a, '101'::bit as b, union_value(x := 1) as c"
    ).to_pylist()
    assert row == {"a": "40 days", "b": "101", "c": "1"}


def test_no_more_rows_and_bytes_than_the_limits_are_given() -> None:
    question = Question(sql="from range(1000000000)", limits=Limits(rows=3))
    with closed_duckdb(question, {}) as connection:
        table, more = answer(connection, question)
    assert (table.num_rows, more) == (3, True)
    wide = Question(
        sql="select repeat('x', 10000) as x from range(3000)", limits=Limits(answer_bytes=100_000)
    )
    with closed_duckdb(wide, {}) as connection:
        table, more = answer(connection, wide)
    assert more
    assert 0 < table.nbytes <= 110_000


def test_a_row_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(QueryError, match="The first row alone"):
        ask("select repeat('x', 10000)", limits=Limits(answer_bytes=5_000))


def test_the_plan_is_told_and_measured() -> None:
    (row,) = ask("select count(*) from runs", explain=True).to_pylist()
    assert "Aggregate" in row["plan"]


def test_an_answer_comes_from_the_whole_lake(console: Console) -> None:
    sql = """select (select count(*) from runs) as runs, (select count(*) from metrics) as points,
             (select max(score) from datasets."phq9@v1") as score, count(*) as versions
             from dataset_versions"""
    asked = console.ask(sql)
    points = 8 * 20 * 2 + 2
    found = asked.answer()
    expected = {"runs": 10, "points": points, "score": 17, "versions": 1}
    assert (found.table.to_pylist(), found.more) == ([expected], False)


def test_a_version_that_is_not_there_is_named(console: Console) -> None:
    with pytest.raises(DatasetNotFoundError, match="phq9 has no version 'v9'"):
        console.ask('from datasets."phq9@v9"').answer()


def test_what_takes_too_long_is_ended(console: Console) -> None:
    endless = "with recursive t(i) as (select 1 union all select i + 1 from t) select max(i) from t"
    with pytest.raises(QueryError, match="took longer than 1 seconds"):
        console.ask(endless, limits=Limits(seconds=1)).answer()


@pytest.mark.parametrize(
    "bomb", ["select repeat('x', 3000000000)", "select list_sum(range(3000000000))"]
)
def test_what_takes_too_much_memory_is_ended(console: Console, bomb: str) -> None:
    limits = Limits(memory_bytes=200 * 1024**2)
    with pytest.raises(QueryError, match=r"[mM]emory"):
        console.ask(bomb, limits=limits).answer()


def test_a_text_that_is_too_long_is_refused(console: Console) -> None:
    with pytest.raises(QueryError, match="The query has 100,010 letters") as refused:
        console.ask("select '" + "x" * 100_001 + "'").answer()
    assert "At most 100,000" in refused.value.hint


def test_a_question_is_cancelled(console: Console) -> None:
    asked = console.ask("select count(*) from range(10000000) a, range(10000000) b")
    assert not asked.wait(0.05)
    asked.cancel()
    with pytest.raises(QueryError, match="was cancelled"):
        asked.answer()
    assert asked.done


def test_a_process_knows_no_secrets_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    from catalog.console import _start

    process = _start()
    try:
        with open(f"/proc/{process.pid}/environ", "rb") as file:  # noqa: PTH123
            assert b"hush" not in file.read()
    finally:
        process.kill()
        process.communicate()
