#!/bin/bash
# tests/tidy/clang_tidy.sh BUILD_DIRECTORY: the checks of .clang-tidy over each of our .cpp files, on all cores. The build
# directory is one of the preset asan, already built (the generated header must be there).
#
# A file that passed is not checked again while its preprocessed text, the checks and clang-tidy stay as they were: who passed
# is remembered in ~/.cache/wattledger/clang-tidy, which may be deleted at any time.
set -euo pipefail
build=$(cd "$1" && pwd)
house=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
passed=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/wattledger/clang-tidy
mkdir -p "$passed"

# What is compiled is what is checked; the compile commands know nothing of build/ but our own files.
list=$(mktemp -d)
trap 'rm -rf "$list"' EXIT
python3 - "$build/compile_commands.json" "$house" >"$list/files" <<'EOF'
import json, shlex, sys

rooms = ("events", "log", "projections", "coordinator", "replay", "tests")
for command in json.load(open(sys.argv[1])):
    if not command["file"].startswith(tuple(f"{sys.argv[2]}/{room}/" for room in rooms)):
        continue
    words = [word for word in shlex.split(command["command"]) if not word.endswith("/ccache")]
    for option in ("-o", "-c"):
        at = words.index(option)
        del words[at : at + 2]
    print(command["file"], command["directory"], shlex.join(words), sep="\t")
EOF

# check FILE DIRECTORY COMMAND: prints what is found, or remembers that nothing was.
check() {
  local text output key=
  # With comments, which hold the exceptions, and without what only tells where this checkout is.
  if text=$(cd "$2" && eval "$3 -E -CC $1" 2>/dev/null); then
    key=$({
      clang-tidy --version
      cat "$house/.clang-tidy" "$house/tests/.clang-tidy"
      sed "s#$house##g" <<<"$text"
    } | sha256sum | cut -d' ' -f1)
    [ ! -e "$passed/$key" ] || return 0
  fi
  if output=$(clang-tidy -quiet -p "$build" "$1" 2>&1); then
    [ -z "$key" ] || : >"$passed/$key"
  else
    sed 's/\x1b\[[0-9;]*m//g' <<<"$output" | grep -vE '^([0-9]+ warnings? |Suppressed |Use -header-filter)'
    return 1
  fi
}
export -f check
export house build passed

if ! tr '\n' '\0' <"$list/files" |
  xargs -0 -P "$(nproc)" -I{} bash -c 'IFS=$'"'\\t'"' read -r file directory command <<<"$1"; check "$file" "$directory" "$command"' _ {} >"$list/found"; then
  awk 'NF && !seen[$0]++' "$list/found"
  echo "clang-tidy found the above; mend it, or say why not with a NOLINT and its reason" >&2
  exit 1
fi
