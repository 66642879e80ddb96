#!/usr/bin/env bash
# Installs the Debian packages that `make run` and `make test` need and this machine lacks, and fetches Kannel.
set -euo pipefail

# Not installed: that would start a gateway of the machine's own. ccore looks there (ccore/messaging/kannel_programs.py).
fetch_kannel() {
    local release kannel
    command -v bearerbox >/dev/null && [ -x /usr/lib/kannel/test/fakesmsc ] && return
    release=$(. /etc/os-release 2>/dev/null && echo "${ID:-}${VERSION_ID:-}")
    kannel="${XDG_CACHE_HOME:-$HOME/.cache}/ccore/kannel-$release-1"
    [ -d "$kannel" ] && return
    echo "debian: fetching Kannel"
    mkdir -p "$(dirname "$kannel")"
    "$(dirname "$0")/kannel.sh" "$kannel" || echo "there is no Kannel for this machine: text messages will wait" >&2
}

declare -A package_of=(
    [mmdebstrap]=mmdebstrap   # makes the root file system of Asterisk
    [newuidmap]=uidmap        # lets mmdebstrap work for a user who is not root
    [sipp]=sip-tester         # places the SIP calls
    [faketime]=faketime       # lets clocks jump (tests/chaos)
    [chromium]=chromium       # shows the console (tests/browser)
    [fc-list]=fontconfig      # says which fonts there are
)
missing=()
for command in "${!package_of[@]}"; do
    command -v "$command" >/dev/null || missing+=("${package_of[$command]}")
done
fc-list :lang=zh 2>/dev/null | grep -q . || missing+=(fonts-wqy-microhei)   # for pictures of the console
python=${PYTHON:-python3}
"$python" -c 'import ensurepip' 2>/dev/null || missing+=("${python##*/}-venv")   # brings that Python, too
if [ ${#missing[@]} -eq 0 ]; then
    fetch_kannel
    exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    echo "ccore needs these Debian packages, and you are not root: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "ccore needs these Debian packages, but this machine has no apt-get: ${missing[*]}" >&2
    exit 1
fi
echo "debian: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update -q &&
       "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
fetch_kannel
