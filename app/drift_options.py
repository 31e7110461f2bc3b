"""The options of `mhras drift`, and what they say in `--help`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Reference = Annotated[
    str, typer.Argument(metavar="A", help="The reference: name@version, an id, or a file.")
]
Others = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[B]...", help="What is measured by it; over time also several, or a dataset."
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", metavar="NAMES", help="Only these; a,b or repeated."),
]
OverTime = Annotated[
    bool, typer.Option("--over-time", help="Compare each B with A, one after another.")
]
Time = Annotated[
    str | None,
    typer.Option(
        "--time", metavar="COLUMN", help="Over time: cut B by its dates; without B, A itself."
    ),
]
Every = Annotated[
    str | None,
    typer.Option("--every", metavar="SPAN", help="With --time: 7d, 1w, 1mo (the usual), 1q, 1y."),
]
Method = Annotated[
    Literal["exact", "sketch"],
    typer.Option("--method", help="sketch: what was counted at registration."),
]
By = Annotated[
    str | None, typer.Option("--by", metavar="COLUMN", help="Also within each subgroup.")
]
Target = Annotated[
    str | None, typer.Option("--target", metavar="COLUMN", help="What is to be predicted.")
]
Prediction = Annotated[
    str | None, typer.Option("--prediction", metavar="COLUMN", help="What was predicted.")
]
Correlations = Annotated[
    bool, typer.Option("--correlations", help="Also pairs of numeric columns.")
]
Multivariate = Annotated[bool, typer.Option("--multivariate", help="Also all columns together.")]
Cluster = Annotated[
    list[str] | None,
    typer.Option("--cluster", metavar="NAMES", help="Rows with equal values here are alike."),
]
Strata = Annotated[
    list[str] | None,
    typer.Option("--strata", metavar="NAMES", help="Clusters were drawn within these."),
]
SecondOpinion = Annotated[
    bool, typer.Option("--second-opinion", help="Also ask Evidently, and list who disagrees.")
]
OpinionHtml = Annotated[
    str | None,
    typer.Option("--opinion-html", metavar="FILE", help="Write the page of Evidently."),
]
Html = Annotated[
    str | None, typer.Option("--html", metavar="FILE", help="Write the report as one page.")
]
Markdown = Annotated[
    str | None, typer.Option("--markdown", metavar="FILE", help="Write the same as Markdown.")
]
JsonFile = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the report as JSON; - prints it."),
]
FailOnDrift = Annotated[
    bool, typer.Option("--fail-on-drift", help="End with exit code 1 when there is drift.")
]
Store = Annotated[bool, typer.Option("--store/--no-store", help="Keep the report of versions.")]
