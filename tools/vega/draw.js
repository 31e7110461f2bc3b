// What a report has of Vega: one function that draws a Vega-Lite chart as SVG, without `eval`.
import { transforms } from "vega-dataflow";
import * as encode from "vega-encode";
import { expressionInterpreter as expr } from "vega-interpreter";
import { compile } from "vega-lite";
import { parse } from "vega-parser";
import * as regression from "vega-regression";
import * as transform from "vega-transforms";
import * as util from "vega-util";
import { View } from "vega-view";
import * as viewTransform from "vega-view-transforms";
import * as nearest from "vega-voronoi";

util.extend(transforms, transform, viewTransform, encode, regression, nearest);

window.drawChart = (place, chart, { config, tooltip }) => {
  const { spec } = compile(chart, { config });
  place.replaceChildren();
  const options = { container: place, renderer: "svg", expr, tooltip, logLevel: util.Warn };
  return new View(parse(spec, {}, { ast: true }), options).runAsync();
};
