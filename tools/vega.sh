#!/usr/bin/env bash
# Make core/render/vega.packed again, after an upgrade of vl-convert-python (which draws SVG and PNG)
# or a change in tools/vega; a test says when the versions differ. Needs Node 20.11 and npm.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d) # not in the repository, where 50 MB of packages would be in the way
trap 'rm -rf "$folder"' EXIT
cp tools/vega/* "$folder"
npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
node "$folder/build.mjs" core/render/vega.packed
