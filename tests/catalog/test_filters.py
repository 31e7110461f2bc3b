from __future__ import annotations

import math
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, strategies as st

from catalog.errors import CatalogError, FilterError
from catalog.filter_names import ATTRIBUTES, PREFIXES
from catalog.filters import Filter, Name, compile_filter, names_of

if TYPE_CHECKING:
    from collections.abc import Callable

NAN, INF = math.nan, math.inf

# What the runs of these tests hold; `a` holds nearly everything, `d` nearly nothing.
RUNS: dict[str, dict[str, Any]] = {
    "a": {
        "metrics": {"auc": 0.9, "loss": 0.1, "val auc": 0.8, "a.b": 1.0},
        "params": {"model": "rf", "depth": "4", "lr": "0.01", "model.depth": "8"},
        "tags": {"team": "a", "mlflow.user": "ana", "it's": 'say "hi"'},
        "status": "FINISHED",
        "start_time": "2026-01-01 10:00:00.123456",
        "end_time": "2026-01-01 12:00:00.123456",
        "duration": 7200.0,
        "run_name": "First",
        "actor": "ana",
        "dataset_name": ["phq9", "gad7"],
        "note": "50% done",
    },
    "b": {
        "metrics": {"auc": 0.7, "loss": NAN},
        "params": {"model": "RF", "depth": "10", "lr": "1e-2"},
        "tags": {"team": "b"},
        "status": "FAILED",
        "start_time": "2026-01-02 00:00:00",
        "end_time": "2026-01-02 00:15:00",
        "duration": 900.0,
        "run_name": "second one",
        "actor": "ben",
        "dataset_name": ["phq9"],
        "error": "ValueError: no",
        "parent_run_id": "a",
    },
    "c": {
        "metrics": {"auc": NAN, "loss": INF},
        "params": {"model": "svm", "depth": "auto"},
        "tags": {"team": "c"},
        "status": "RUNNING",
        "start_time": "2026-02-01 00:00:00",
        "run_name": "Third",
        "actor": "ana",
        "dataset_name": [],
    },
    "d": {"metrics": {}, "params": {}, "tags": {}, "start_time": "2025-12-31 23:59:59.999999"},
}
BEST = {"a": 0.95, "b": 0.75}
SQL_TYPES = {"text": "varchar", "texts": "varchar[]", "time": "timestamp", "seconds": "double"}


def column(name: Name) -> str:
    if name.kind == "attribute":
        return name.key
    if name.aggregate == "best":
        return "best_auc"
    return f"{name.kind}s['{name.key.replace(chr(39), chr(39) * 2)}']"


@pytest.fixture(scope="module")
def ids() -> Callable[[str], str]:
    """Give the ids of the runs that a filter matches, as one text."""
    connection = duckdb.connect()
    columns = {name: SQL_TYPES[kind] for name, kind in ATTRIBUTES.items()}
    columns |= {"metrics": "map(varchar, double)", "best_auc": "double"}
    columns |= dict.fromkeys(("params", "tags"), "map(varchar, varchar)")
    connection.execute(f"create table runs ({', '.join(map(' '.join, columns.items()))})")
    for run_id, run in RUNS.items():
        row = {"run_id": run_id, "best_auc": BEST.get(run_id), **run}
        marks = ", ".join("?" * len(columns))
        connection.execute(f"insert into runs values ({marks})", [row.get(c) for c in columns])

    def matching(filter_string: str) -> str:
        compiled = compile_filter(filter_string, column)
        query = f"select run_id from runs where {compiled.sql} order by run_id"
        rows = connection.execute(query, compiled.parameters).fetchall()
        return "".join(run_id for (run_id,) in rows)

    return matching


MATCHES = [
    ("", "abcd"),
    (" \n\t", "abcd"),
    # metrics
    ("metrics.auc > 0.8", "a"),
    ("metrics.auc >= .7 and metrics.auc <= 0.9", "ab"),
    ("metrics.auc < 0.8", "b"),
    ("metrics.auc <> 0.9", "bc"),
    ("metrics.auc == 0.9", "a"),
    ("metrics.auc > -1e3", "ab"),
    ("metrics.auc > -inf", "ab"),
    ("metrics.auc>- 1_000", "ab"),
    ("metrics.auc between 0.7 and 0.8", "b"),
    ("metrics.auc not between 0.7 and 0.8", "ac"),
    ("metrics.auc between -inf and +inf", "ab"),
    ("metrics.auc in (0.9, 0.7)", "ab"),
    ("metrics.auc not in (0.9)", "bc"),
    ("metrics.auc in (0.9, nan)", "ac"),
    ('metrics."val auc" > 0.5 and metrics.`a.b` = 1', "a"),
    ("metrics.a.b = 1 and metric.'val auc' = 0.8", "a"),
    # NaN and infinity
    ("metrics.loss = nan", "b"),
    ("metrics.loss != nan", "ac"),
    ("metrics.loss is nan", "b"),
    ("metrics.loss is not nan", "ac"),
    ("metrics.loss = inf", "c"),
    ("metrics.loss >= Infinity", "c"),
    ("metrics.loss > 0", "ac"),
    ("not metrics.loss > 0", "b"),
    # what is not there
    ("metrics.auc is null", "d"),
    ("metrics.auc is not null", "abc"),
    ("not metrics.auc is null", "abc"),
    ("params.lr is null and tags.team is not null", "c"),
    ("end_time is null", "cd"),
    ("error is not null", "b"),
    ("dataset.name is null", "cd"),
    ("best(metrics.auc) is null", "cd"),
    ("metrics.nowhere is null", "abcd"),
    ("metrics.nowhere != 1", ""),
    ("not metrics.nowhere = 1", ""),
    ("not metrics.auc > 0.8", "bc"),
    ("not (metrics.auc > 0.8 or metrics.auc <= 0.8)", "c"),
    # functions of a metric
    ("best(metrics.auc) > 0.9", "a"),
    ("BEST ( metric.`auc` ) between 0.7 and 0.8", "b"),
    ("min(metrics.auc) > 0.8 or max(metrics.auc) = 0.7 or last(metrics.auc) is nan", "abc"),
    # params and tags: text and numbers
    ("params.model = 'rf'", "a"),
    ('params.model != "rf"', "bc"),
    ("params.model.depth = 8", "a"),
    ("params.lr = '0.01'", "a"),
    ("params.lr = 0.01", "ab"),
    ("params.depth > 4", "b"),
    ("params.depth >= 4", "ab"),
    ("params.depth != 4", "bc"),
    ("not params.depth = 4", "bc"),
    ("params.depth not in (4, 'auto')", "b"),
    ("params.depth in (4, 'auto')", "ac"),
    ("params.depth between 3 and 5", "a"),
    ("params.model > 'a'", "ac"),
    ("params.model between 'a' and 'z'", "ac"),
    ("params.model like 'r%'", "a"),
    ("params.model ilike 'R_'", "ab"),
    ("params.model not like 'r%'", "bc"),
    ("params.model not ilike 'r%'", "c"),
    ("tags.team in ('a', \"b\",)", "ab"),
    ("tags.team NOT IN ('a')", "bc"),
    ("tags.mlflow.user = 'ana'", "a"),
    ('tags."it\'s" = "say ""hi"""', "a"),
    ("tags.'it''s' = 'say \"hi\"'", "a"),
    # attributes
    ("status = 'FINISHED' or run.status = 'FAILED'", "ab"),
    ("Status in ('FINISHED')", "a"),
    ("run_id not in ('a', 'b')", "cd"),
    ("\"Run ID\" = 'a' or `run name` = 'Third'", "ac"),
    ("name ilike 'first'", "a"),
    ("user = 'ana' and USER_ID != 'ben'", "ac"),
    ("parent = 'a' and parent_run_id = \"a\"", "b"),
    ("note like '50\\%%'", ""),
    ("note like '50%%'", "a"),
    ("note like '__% done'", "a"),
    # times
    ("start_time > '2026-01-01'", "abc"),
    ("start_time >= '2026-01-01T10:00:00.123456' and start_time < '2026-01-02'", "a"),
    ("start_time = '2026-01-01'", "a"),
    ("start_time != '2026-01-01'", "bcd"),
    ("start_time in ('2026-01-01', '2026-02-01')", "ac"),
    ("start_time between '2026-01-01' and '2026-01-02'", "ab"),
    ("start_time > '2026-01-02T01:00:00+02:00'", "bc"),
    ("start_time > '2026-01-02T00:00:00Z'", "c"),
    ("attributes.\"Start Time\" < '2026-01-01 00:00'", "d"),
    ("end_time < '2026-01-02'", "a"),
    ("Created = 1767261600123", "a"),
    ("attribute.created > 1767261600123", "bc"),
    ("start_time <= 1767225599999", "d"),
    ("start_time < 1767225600000.5", "d"),
    ("start_time < 99999999999999999999", "abcd"),
    # durations
    ("duration > 900", "a"),
    ("duration >= '15m' and duration < '2 hours'", "b"),
    ("duration = '1h 60m' or duration = '0:15:00'", "ab"),
    ("duration in ('2h', 900)", "ab"),
    # datasets: any of them
    ("dataset.name = 'phq9'", "ab"),
    ("datasets.name != 'phq9'", "a"),
    ("datasets.name not in ('phq9')", "a"),
    ("not dataset.name = 'gad7'", "bc"),
    ("dataset.name like 'g%'", "a"),
    # and, or, not
    ("status = 'FAILED' or status = 'RUNNING' and user = 'ana'", "bc"),
    ("(status = 'FAILED' or status = 'RUNNING') and user = 'ana'", "c"),
    ("not status = 'FAILED' and user = 'ana'", "ac"),
    ("not (status = 'FAILED' and user = 'ana')", "abc"),
    ("NOT NOT NOT status = 'FAILED'", "ac"),
    ("((((status='FAILED'))))AND(user='ben')", "b"),
]


@pytest.mark.parametrize(("filter_string", "expected"), MATCHES)
def test_a_filter_matches_its_runs(
    filter_string: str, expected: str, ids: Callable[[str], str]
) -> None:
    assert ids(filter_string) == expected


# Every form that MLflow 3.17 takes, with what it means there.
OF_MLFLOW = [
    *((f"{p}.auc>=0.9", "a") for p in ("metric", "metrics", "`metric`", "`metrics`")),
    *((f"{p}.model != 'rf'", "bc") for p in ("param", "params", "parameter", "parameters")),
    *((f'{p}.team = "a"', "a") for p in ("tag", "tags", "`tags`")),
    *((f"{p}.status = 'FAILED'", "b") for p in ("attribute", "attributes", "attr", "run")),
    *(
        (f"{a} >= 1767225600000", "abc")
        for a in ("start_time", "created", "Created", "run.created")
    ),
    *((f"{a} = 'First'", "a") for a in ("run_name", "`run name`", '"Run name"', "attr.`Run Name`")),
    ("metrics.`auc` > 5. and metrics.'auc' < 1E-5", ""),
    ("metrics.2x > 1 or metrics._x > 1 or metrics.é > 1 or metrics.x[0] > 1", ""),
    ("metrics.order > 1 or params.null = 'a' or params.and = 'a' or tags.date = 'a'", ""),
    ('metrics."X//Y #$$@&Z" = 3 or metrics."a`b" = -3', ""),
    ("params.model = '' or params.model = \"\"", ""),
    ("params.model = 'a; b' or params.model = '-- a' or params.model = 'C:\\'", ""),
    ("params.model = \"x' or '1'='1\"", ""),
    ("params.model LIKE 'r%' AND params.model ILIKE \"R%\"", "a"),
    ("tags.team IS  NULL AND params.lr is null", "d"),
    ("user_id = 'ana' and status != 'RUNNING'", "a"),
    ("run_id IN ('a',\"b\" , 'c',) and attribute.run_id not in ('b')", "ac"),
    ("artifact_uri like '%/a'", ""),
    ("datasets.name IN ('gad7', 'none') and dataset.digest != 'x'", ""),
    ("dataset.context = 'train'", ""),
    ("metrics.auc>0.5\nAND\tparams.model='rf'and tags.team='a'", "a"),
]


@pytest.mark.parametrize(("filter_string", "expected"), OF_MLFLOW)
def test_everything_mlflow_takes_means_the_same(
    filter_string: str, expected: str, ids: Callable[[str], str]
) -> None:
    assert ids(filter_string) == expected


# The mark § shows where the error is said to be.
REFUSED = [
    # names
    ("§m.acc >= 0.94", "is not a kind of name"),
    ("§metrik.auc > 1", "Did you mean metric"),
    ("§acc >= 0.94", "a run has no attribute 'acc'"),
    ("§satus = 'FAILED'", "Did you mean status"),
    ("attribute.§start > 1", "a run has no attribute 'start'"),
    ("attribute.§lifecycle_stage = 'active'", "a run has no attribute"),
    ('§"metrics.auc" > 1', "a run has no attribute 'metrics.auc'"),
    ("§metrics > 1", "says a kind of name, not which one"),
    ('metrics.§"" > 1', "the metric has no name"),
    ("metrics§. > 1", "a name is missing before or after this dot"),
    ("dataset.§profile = 'a'", "a dataset has no 'profile'"),
    ("§1 = 1", "a name is expected, not 1"),
    ("§0.8 < metrics.auc", "The name stands on the left"),
    ("§'a' = status", "The name stands on the left"),
    # values
    ("metrics.auc >§", "a value is missing"),
    ("metrics.auc > §and status = 'a'", "and is neither a number nor quoted text"),
    ("metrics.auc > -§", "a number is missing"),
    ("params.model = §rf", "rf is neither a number nor quoted text"),
    ("params.model = §`rf`", "neither a number nor quoted text"),
    ("params.shuffle = §true", "Text needs quotes"),
    ("params.model = §null", "null is no value"),
    ("metrics.auc > §metrics.loss", "metrics.loss is a name"),
    ("status = §params.model", "params.model is a name"),
    ("metrics.auc > §(select 1)", "a value is expected, not ("),
    ("run_id in (§select run_id from runs)", "select is neither"),
    ("params.model = §'rf", "never closed"),
    ("params.model = rf§'", "never closed"),
    ("params.model = §\"rf'", "never closed"),
    ("params.model = 'it's§'", "never closed"),
    ("params.model = §\u2018rf\u2019", "straight quotes"),
    ("metrics.auc > §0x1F", "0x1F is not a number"),
    ("metrics.auc > §1.2.3", "1.2.3 is not a number"),
    ("duration > §2h", "2h is not a number"),
    ("start_time > 2026§-01-01", "dates and text are quoted"),
    # operators
    ("metrics.auc§", "metrics.auc is compared with nothing"),
    ("metrics.auc §~ 1", "this is no comparison"),
    ("metrics.auc =§> 1", "a value is expected, not >"),
    ("status §! 'FAILED'", "this is no comparison"),
    ("params.model §rlike 'a'", "a comparison is expected after params.model, not rlike"),
    ("params.model §LR != 'a'", "not LR"),
    ("status not §= 'a'", "a comparison is expected"),
    ("status not§", "nothing follows `not`"),
    ("status is §'RUNNING'", "`is` is followed by null or nan"),
    ("status not §is null", "a comparison is expected"),
    ("metrics.auc between 1§", "`between` needs two values"),
    ("metrics.auc between 1 §or 2", "joined by `and`"),
    ("tags.team in§", "`in` needs values"),
    ("tags.team in §'a'", "stand in parentheses"),
    ("tags.team in (§)", "the list of values is empty"),
    ("tags.team in ('a' §'b')", "Put commas"),
    ("tags.team in ('a'§", "never closed"),
    ("tags.team in ('a', §, 'b')", "a value is expected"),
    ("metrics.auc §+ 1 > 2", "There is no arithmetic"),
    ("metrics.val§-auc > 2", "a name with - is quoted"),
    ("metrics.train§/loss > 2", "A name with such a sign is quoted"),
    ("metrics.auc > 1 §+ 1", "there is no arithmetic"),
    ("metrics.a§@b > 1", "in quotes only"),
    # functions
    ("§avg(metrics.auc) > 1", "there is no function 'avg'"),
    ("§bset(metrics.auc) > 1", "Did you mean best"),
    ("best(§params.lr) > 1", "best takes a metric"),
    ("best(§0.1) > 1", "best takes a metric"),
    ("best(metrics.auc§, 1) > 1", "best takes one metric only"),
    ("best(metrics.auc§", "a parenthesis is missing"),
    ("best(§", "best needs a metric"),
    # the whole
    ("metrics.auc > 1§; drop table runs", "a filter is one condition"),
    ("metrics.auc > 1 §-- really", "no comments"),
    ("metrics.auc > 1 §/* really */", "no comments"),
    ("metrics.auc > 1 §limit 5", "cannot follow a whole condition"),
    ("metrics.auc > 1 §metrics.loss < 1", "`and` or `or`"),
    ("metrics.auc = 1 §= 2", "cannot follow a whole condition"),
    ("metrics.auc > 1 and§", "a name is missing"),
    ("§and metrics.auc > 1", "a name is expected, not and"),
    ("metrics.auc > 1 or §or status = 'a'", "a name is expected, not or"),
    ("not§", "a name is missing"),
    ("§(metrics.auc > 1", "never closed"),
    ("(metrics.auc > 1 §status = 'a')", "cannot follow a whole condition"),
    ("metrics.auc > 1§)", "never opened"),
    ("(§)", "a name is expected, not )"),
    ("tags.team = '§\ud800'", "half a character"),
    ("(" * 50 + "§(metrics.auc > 1" + ")" * 51, "more than 50 levels"),
    ("not " * 50 + "§not metrics.auc > 1", "more than 50 levels"),
    # kinds
    ("metrics.auc = §'abc'", "metrics.auc is a number"),
    ("metrics.auc = §'0.8'", "metrics.auc is a number"),
    ("metrics.auc like §'1%'", "like compares text"),
    ("params.model like §5", "like needs quoted text"),
    ("status > §3", "status is text"),
    ("experiment_id = §1", "experiment_id is text and needs a quoted value"),
    ("run_id < §'a'", "run_id has no order"),
    ("dataset.name between §'a' and 'b'", "dataset.name has no order"),
    ("params.depth > §'4'", "not the number"),
    ("params.depth between 3 and §'b'", "both ends must be of a kind"),
    ("params.depth = §nan", "only metrics"),
    ("§params.depth is nan", "only metrics"),
    ("duration < §inf", "only metrics"),
    ("metrics.auc > §nan", "nothing is greater or less than nan"),
    ("start_time > §'yesterday'", "is not a date or time"),
    ("start_time = §'1767225600000'", "is not a date or time"),
    ("start_time > §'0001-01-01T00:00+14:00'", "is not a date or time"),
    ("start_time like §'2026%'", "like compares text"),
    ("duration > §'2 lightyears'", "is not a duration"),
    ("duration > §'fast'", "is not a duration"),
]


@pytest.mark.parametrize(("marked", "problem"), REFUSED)
def test_nonsense_is_refused_where_it_stands(marked: str, problem: str) -> None:
    text = marked.replace("§", "")
    with pytest.raises(FilterError) as raised:
        compile_filter(text, column)
    error = raised.value
    assert (error.position, error.filter) == (marked.index("§"), text)
    assert problem in str(error)
    assert str(error).startswith(f"At position {error.position}: ")


@pytest.mark.parametrize(("marked", "problem"), REFUSED)
def test_an_error_shows_an_example_that_is_right(marked: str, problem: str) -> None:  # noqa: ARG001
    with pytest.raises(FilterError) as raised:
        compile_filter(marked.replace("§", ""), column)
    assert str(raised.value.example) in str(raised.value)
    assert compile_filter(str(raised.value.example), column).sql


def test_a_filter_error_is_a_value_error_and_pickles() -> None:
    with pytest.raises(ValueError, match="a value is missing") as raised:
        compile_filter("metrics.auc >", column)
    copy = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 - made a line above
    assert isinstance(copy, CatalogError)
    assert (str(copy), copy.position) == (str(raised.value), 13)


def test_names_of_tells_what_a_filter_speaks_of() -> None:
    text = "best(metrics.auc) > 1 or not (Params.`a b` = 'x' and user is null) and metrics.auc = 1"
    assert names_of(text) == {
        Name("metric", "auc", "best"),
        Name("metric", "auc"),
        Name("param", "a b"),
        Name("attribute", "actor"),
    }
    assert names_of("") == frozenset()


def test_values_are_bound_and_never_part_of_the_sql() -> None:
    compiled = compile_filter(
        "params.x = 'a' and metrics.y in (1, 2) or duration > '2h'", lambda name: name.key
    )
    assert compiled == Filter(
        "(((x = $p0) and (y in ($p1, $p2))) or (duration > $p3))",
        {"p0": "a", "p1": 1.0, "p2": 2.0, "p3": 7200.0},
    )


ATTACKS = [
    "'; drop table runs; --",
    "' or '1'='1",
    "\\' or 1=1 --",
    "$p0",
    "?",
    "{0} %s {column}",
    "/* */ -- ;",
    "\x00",
    "\u02bc or 1=1",
    "\uff07 or 1=1",
    "\u202e\u2028\U0001f600",
    '" or ""="',
    "`",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_in_quotes_stays_a_value(attack: str, ids: Callable[[str], str]) -> None:
    quoted = "'{}'".format(attack.replace("'", "''"))
    compiled = compile_filter(f"params.model = {quoted} or status in ({quoted})", lambda n: n.key)
    assert compiled.sql == "((model = $p0) or (status in ($p1)))"
    assert set(compiled.parameters.values()) == {attack}
    assert ids(f"tags.team like {quoted}") == ""
    assert ids("run_id is not null") == "abcd"


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_in_a_quoted_name_stays_a_key(attack: str) -> None:
    seen: list[Name] = []

    def resolve(name: Name) -> str:
        seen.append(name)
        return "c0"

    quoted = '"{}"'.format(attack.replace('"', '""'))
    assert compile_filter(f"params.{quoted} = 'a'", resolve) == Filter("(c0 = $p0)", {"p0": "a"})
    assert seen == [Name("param", attack)]


@given(text=st.text())
def test_any_text_is_compiled_or_refused(text: str) -> None:
    for filter_string in (text, f"metrics.auc {text}", f"tags.team = 'a' {text}"):
        try:
            outcome: object = compile_filter(filter_string, lambda _: "c").sql
        except FilterError as error:
            outcome = error.position in range(len(filter_string) + 1)
        assert outcome


def test_the_docstring_of_names_lists_every_prefix() -> None:
    import catalog.filter_names

    for prefix in PREFIXES:
        assert f"{prefix}." in (catalog.filter_names.__doc__ or "")


def test_the_filter_language_loads_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from catalog.filters import compile_filter, compile_order\n"
        "compile_filter('metrics.auc > 1', lambda name: 'c')\n"
        "compile_order(['metrics.auc'], lambda name: 'c')\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(loaded - sys.stdlib_module_names - {'catalog', 'lake'}))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_list_of_ten_thousand_ids_is_fine(ids: Callable[[str], str]) -> None:
    many = ", ".join(f"'run {i}'" for i in range(10_000))
    assert ids(f"run_id in ({many}, 'b')") == "b"
    assert ids(f"run_id not in ({many}, 'b')") == "acd"


@pytest.mark.parametrize("piece", ["1", "a", "'a'", "''", "a.", "(", "`", "1e", "1_", " "])
def test_a_long_filter_is_refused_quickly(piece: str) -> None:
    with pytest.raises(FilterError):
        compile_filter(f"metrics.auc > {piece * 50_000}x", column)
