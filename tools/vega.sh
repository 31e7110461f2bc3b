#!/usr/bin/env bash
# Make core/render/vega.js.gz again from the Vega that vl-convert brings along, after an upgrade of
# vl-convert-python; a test says when that is due.
set -euo pipefail
cd "$(dirname "$0")/.."
"${PYTHON:-.venv/bin/python}" -c '
import gzip
from core.render.bundle import VEGA_PATH, fresh_bundle
VEGA_PATH.write_bytes(gzip.compress(fresh_bundle().encode(), compresslevel=9, mtime=0))
'
