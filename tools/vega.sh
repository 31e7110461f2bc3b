#!/usr/bin/env bash
# Make core/render/vega.packed again, after an upgrade of vl-convert-python (which draws SVG and PNG)
# or a change in tools/vega; a test says when the versions differ. Needs Node 20.11 and npm.
set -euo pipefail
cd "$(dirname "$0")/vega"
npm ci --ignore-scripts --no-audit --no-fund
node build.mjs ../../core/render/vega.packed
