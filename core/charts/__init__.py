"""Describe charts as Vega-Lite dicts, for pages, reports and files alike.

    palette     colours that colour-blind readers can tell apart, light and dark
    theme       one look for every chart outside the browser
    lines       metric curves of runs
    bars        bars and histograms
    points      scatter plots
    comparison  the same measure twice, as ranges and as names
    parallel    parallel coordinates, for ECharts
    axes        numbers, numbers of many sizes, or words
    contour     a measure over two others
    matrix      correlations, missing values, binned scatter plots
    intervals   forest and box plots, lines with bands, calibration, densities
    decision    net benefit by threshold of risk
    ranking     ROC and precision-recall curves
    reliability tenths, a smooth curve and a histogram: calibration in one picture
    operating   sensitivity, predictive values, ... by threshold
    series      smoothing, thinning and sparkline points, on plain lists
    export      SVG and PNG without a browser

A chart is a dict without data. Its columns bear fixed names ("run", "step", "value"), so a metric
may be called anything. `title` names the unit and `description` is the text for who cannot see it.
"""

from __future__ import annotations
