#!/usr/bin/env bash
# Pin every package with its hashes: the same versions on every system, for Python 3.11 and later.
# Pins that still fit are kept; `make lock ARGS=--upgrade` takes the newest of everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PATH=$PATH:$PWD/.venv/bin
if ! command -v uv >/dev/null 2>&1; then
    printf 'Pinning needs uv: install it first (pip install uv).\n' >&2
    exit 1
fi

lock() {
    uv pip compile pyproject.toml --quiet --group build --output-file "$@" \
        --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
        --custom-compile-command "make lock"
}

lock constraints.txt --extra dev --extra test "$@"
lock constraints-bench.txt --extra bench "$@"
