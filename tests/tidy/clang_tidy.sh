#!/bin/bash
# tests/tidy/clang_tidy.sh BUILD_DIRECTORY: the checks of .clang-tidy over each of our .cpp files, on all cores. The build
# directory is one of the preset clang, already built (the generated header must be there).
set -euo pipefail
build=$1
house=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# What is compiled is what is checked; the compile commands know nothing of build/ but our own files.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! run-clang-tidy -quiet -p "$build" -j "$(nproc)" "^$house/(events|log|projections|coordinator|replay|tests)/" >"$log" 2>&1; then
  sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -vE '^(clang-tidy-14 |[0-9]+ warnings? |Suppressed |Use -header-filter)' | awk 'NF && !seen[$0]++'
  echo "clang-tidy found the above; mend it, or say why not with a NOLINT and its reason" >&2
  exit 1
fi
