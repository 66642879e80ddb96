#!/usr/bin/env bash
# Installs the Debian packages that `make run` and `make test` need and this machine lacks.
set -euo pipefail

declare -A package_of=(
    [mmdebstrap]=mmdebstrap   # makes the root file system of Asterisk
    [newuidmap]=uidmap        # lets mmdebstrap work for a user who is not root
    [sipp]=sip-tester         # places the SIP calls
    [faketime]=faketime       # lets clocks jump (tests/chaos)
)
missing=()
for command in "${!package_of[@]}"; do
    command -v "$command" >/dev/null || missing+=("${package_of[$command]}")
done
python=${PYTHON:-python3}
"$python" -c 'import ensurepip' 2>/dev/null || missing+=("${python##*/}-venv")   # brings that Python, too
[ ${#missing[@]} -eq 0 ] && exit 0

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
