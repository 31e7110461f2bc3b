// Put what draw.js needs of Vega and Vega-Lite into one packed script, and leave the rest out.
//
//   left out   maps (projections, shapes, TopoJSON), reading CSV, drawing on a canvas
//   once       every package once, though some ask for versions of their own beside it
//   shorter    the letters of names in expressions are asked of the browser, not listed
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipAsync as gzip } from "@gfx/zopfli";
import { build } from "esbuild";
import { minify } from "terser";

const here = import.meta.dirname;
const packages = path.join(here, "node_modules");
const sources = {
  "vega-lite": "vega-lite/src/compile/compile.ts", // the modules behind its one big file
  "vega-scenegraph": "vega-scenegraph/index.js",
};
const empty = /^(d3-geo|d3-dsv|topojson-client)$|\/(Canvas|Hybrid|SVGString)Renderer\.js$/;

const chosen = {
  name: "chosen",
  setup(bundler) {
    bundler.onResolve({ filter: empty }, ({ path }) => ({ path, namespace: "empty" }));
    bundler.onLoad({ filter: /./, namespace: "empty" }, () => ({ contents: "module.exports = {}" }));
    bundler.onResolve({ filter: /^(vega|d3-)/ }, ({ path: name, kind, pluginData }) => {
      if (pluginData === "again") return null;
      if (sources[name]) return { path: path.join(packages, sources[name]) };
      const needed = name === "vega" ? "vega-util" : name; // all that Vega-Lite asks of it
      return bundler.resolve(needed, { resolveDir: here, kind, pluginData: "again" });
    });
    bundler.onLoad({ filter: /d3-scale-chromatic\.mjs$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replaceAll(/= (colors|ramp\$?1?|new Array)\(/g, "= /* @__PURE__ */ $1("),
    }));
    bundler.onLoad({ filter: /vega-expression\/build\/vega-expression\.js$/ }, async ({ path }) => ({
      contents: replaced(await readFile(path, "utf8"), {
        "RegexNonAsciiIdentifierStart = new RegExp": "\\p{ID_Start}",
        "RegexNonAsciiIdentifierPart = new RegExp": "[\\p{ID_Continue}\\u200C\\u200D]",
      }),
    }));
  },
};

function replaced(source, classes) {
  for (const [start, letters] of Object.entries(classes)) {
    const from = source.indexOf(start) + start.length;
    const until = source.indexOf(")", from) + 1;
    if (from < start.length || !/^\('\[\\\\xAA.*'\)$/.test(source.slice(from, until))) {
      throw new Error(`vega-expression has changed: no ${start}`);
    }
    source = `${source.slice(0, from)}(${JSON.stringify(letters)}, "u")${source.slice(until)}`;
  }
  return source;
}

const bundle = await build({
  entryPoints: [path.join(here, "draw.js")],
  bundle: true,
  format: "iife",
  legalComments: "none",
  logLevel: "warning",
  minify: true,
  plugins: [chosen],
  target: "es2022",
  write: false,
});
const { code } = await minify(bundle.outputFiles[0].text, {
  compress: { ecma: 2020, passes: 3, unsafe_arrows: true },
  mangle: true,
});
const script = Buffer.from(`${await readFile(path.join(here, "notice.txt"), "utf8")}${code}\n`);
const packed = inText(await gzip(script, { numiterations: 50 }));
const digest = `sha256-${createHash("sha256").update(script).digest("base64")}`;
await writeFile(process.argv[2], `${digest}\n${packed}\n`);
console.log(`${script.length} bytes, ${packed.length} packed`);

// Base 85 as Python's b85encode has it, but for the three letters that mean something in HTML.
function inText(bytes) {
  const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%.()*+-;[=]?@^_`{|}~";
  const missing = (4 - (bytes.length % 4)) % 4;
  const whole = Buffer.concat([bytes, Buffer.alloc(missing)]);
  let text = "";
  for (let at = 0; at < whole.length; at += 4) {
    let value = whole.readUInt32BE(at);
    let five = "";
    for (let digit = 0; digit < 5; digit += 1) {
      five = letters[value % 85] + five;
      value = Math.floor(value / 85);
    }
    text += five;
  }
  return text.slice(0, text.length - missing);
}
