#!/usr/bin/env bash
# Print the path of a Chromium that starts. Root on Debian gets one installed when there is none.
set -euo pipefail

find_browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        # Asked for its version, because Ubuntu's chromium-browser may be a stub that only talks.
        if command -v "$name" >/dev/null 2>&1 && "$name" --version >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

install_browser() {
    if [ "$(id -u)" != 0 ] || [ ! -e /etc/debian_version ]; then
        return 1
    fi
    printf 'Installing Chromium for the browser tests.\n' >&2
    export DEBIAN_FRONTEND=noninteractive
    {
        apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium
    } </dev/null >&2
}

if ! find_browser && ! { install_browser && find_browser; }; then
    printf 'The browser tests need Chromium: install chromium or google-chrome on the PATH.\n' >&2
    exit 1
fi
