#!/usr/bin/env bash
# Make or refresh a virtual environment: exactly the pinned packages, and this project editable.
#
#     tools/environment.sh .venv constraints.txt
#
# By uv when it is installed, else by venv and pip. PYTHON=... chooses the interpreter.
set -euo pipefail

venv=$1
constraints=$2
interpreter=$venv/bin/python

say() {
    printf '%s\n' "$*" >&2
}

is_recent() {
    "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Debian's python3 comes without ensurepip, and venv then makes an environment without pip.
can_make_venv() {
    have_uv || "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

have_uv() {
    command -v uv >/dev/null 2>&1
}

choose_python() {
    local candidate recent='' candidates=(python3 python3.11 python3.12 python3.13)
    if [ -n "${PYTHON:-}" ]; then candidates=("$PYTHON"); fi
    for candidate in "${candidates[@]}"; do
        is_recent "$candidate" || continue
        recent=$candidate
        can_make_venv "$candidate" || continue
        printf '%s\n' "$candidate"
        return
    done
    if [ -n "$recent" ]; then
        say "$recent cannot make an environment: install its venv package (python3-venv), or uv."
    else
        say "No Python 3.11 or newer found: install one, or name it as PYTHON=/path/to/python3."
    fi
    return 1
}

install_by_uv() {
    if ! is_recent "$interpreter"; then
        uv venv --quiet --clear --python "$python" "$venv"
    fi
    uv pip install --quiet --python "$interpreter" --require-hashes -r "$constraints"
    uv pip install --quiet --python "$interpreter" --no-deps --no-build-isolation -e .
}

install_by_pip() {
    if ! is_recent "$interpreter" || ! "$interpreter" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --clear "$venv"
    fi
    local pip=("$interpreter" -m pip --disable-pip-version-check --no-input install --quiet)
    "${pip[@]}" --require-hashes --no-deps -r "$constraints"
    "${pip[@]}" --no-deps --no-build-isolation -e .
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(choose_python)
installer=pip
if have_uv; then installer=uv; fi
say "Installing $constraints into $venv by $installer; the first time takes a minute or more."
"install_by_$installer"
