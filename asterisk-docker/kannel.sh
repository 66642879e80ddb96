#!/usr/bin/env bash
# Puts Debian's Kannel (bearerbox, smsbox, fakesmsc) and the libraries it lacks here into a directory: installing the
# package would start a gateway of the machine's own. Needs no root. ccore and packages.sh call this by themselves.
#   kannel.sh DIRECTORY [PACKAGE...]
# DIRECTORY must not exist. The tests have other packages unpacked so, in place of Kannel's.
set -euo pipefail
target=$1
work=$(mktemp -d "$(dirname "$target")/making-kannel-XXXXXX")
trap 'rm -rf "$work"' EXIT
packages=("${@:2}")
[ ${#packages[@]} -gt 0 ] || packages=(kannel kannel-extras)
options=()
mkdir "$work/archives" "$work/root"

fetched() { # with the lists of packages that are there, or with fresh ones of our own
    local wanted
    wanted=$(apt-get "${options[@]}" install -s -q --no-install-recommends "${packages[@]}" 2>>"$work/log" |
        awk '$1 == "Inst" { print $2 }')
    # Of a Kannel that is installed already nothing is missing: then this script is not needed.
    [ -n "$wanted" ] && (cd "$work/archives" && apt-get "${options[@]}" download -q $wanted >>"$work/log" 2>&1)
}

if ! fetched; then
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    options=(-o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update -q >>"$work/log" 2>&1 || true
    if ! fetched; then
        tail -n 5 "$work/log" >&2
        echo "kannel.sh: Debian's packages ${packages[*]} could not be fetched" >&2
        exit 1
    fi
fi
for archive in "$work"/archives/*.deb; do
    dpkg-deb --extract "$archive" "$work/root"
done
rm -rf "$work/root/usr/share"
chmod 0755 "$work/root"
mv -T "$work/root" "$target"
