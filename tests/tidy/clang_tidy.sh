#!/bin/bash
# tests/tidy/clang_tidy.sh BUILD_DIRECTORY [MINUTES]: the checks of .clang-tidy over each of our .cpp files, on all cores, what
# changed last first. After so many minutes it begins no further file and says how many it left: those whose own text changed
# longest ago. The build directory is one of the preset asan, already built (the generated header must be there). Files are read without the precompiled header, so that each must include what it uses.
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
{ git -C "$house" diff --name-only HEAD && git -C "$house" log --format= --name-only; } 2>/dev/null | awk '!seen[$0]++' >"$list/changed" || true
python3 - "$build/compile_commands.json" "$house" "$list" <<'EOF'
import json, shlex, sys

commands, house, place = sys.argv[1:]
rooms = ("events", "log", "projections", "coordinator", "replay", "tests")
changed = {name: at for at, name in enumerate(open(f"{place}/changed").read().split("\n"))}


def without_precompiled(words):
    kept = []
    words = iter(word for word in words if word not in ("-Winvalid-pch", "-fpch-instantiate-templates"))
    for word in words:
        if word == "-Xclang":
            value = next(words)
            if value in ("-include-pch", "-include"):
                next(words), next(words)
            elif value != "-fno-pch-timestamp":
                kept += [word, value]
        else:
            kept.append(word)
    return kept


checked = []
for command in json.load(open(commands)):
    if not command["file"].startswith(tuple(f"{house}/{room}/" for room in rooms)):
        continue
    words = shlex.split(command["command"])
    words = without_precompiled(words[next(at for at, word in enumerate(words) if "clang" in word.split("/")[-1]) :])
    for option in ("-o", "-c"):
        at = words.index(option)
        del words[at : at + 2]
    name = command["file"][len(house) + 1 :]
    checked.append((changed.get(name, -1), command["file"], command["directory"], shlex.join(words)))
checked.sort()
with open(f"{place}/files", "w") as files:
    for _, *fields in checked:
        print(*fields, sep="\t", file=files)
with open(f"{place}/compile_commands.json", "w") as database:
    json.dump([{"file": file, "directory": directory, "command": f"{words} -c {file}"} for _, file, directory, words in checked], database)
EOF

# check FILE DIRECTORY COMMAND: prints what is found, or remembers that nothing was.
check() {
  local text output key=
  if [ "$(date +%s)" -ge "$until" ]; then
    printf '%s\n' "$1" >>"$list/left"
    return 0
  fi
  # With comments, which hold the exceptions, and without what only tells where this checkout is.
  if text=$(cd "$2" && eval "$3 -E -CC $1" 2>/dev/null); then
    key=$({
      clang-tidy --version
      cat "$house/.clang-tidy" "$house/tests/.clang-tidy"
      sed "s#$house##g" <<<"$text"
    } | sha256sum | cut -d' ' -f1)
    [ ! -e "$passed/$key" ] || return 0
  fi
  if output=$(clang-tidy -quiet -p "$list" "$1" 2>&1); then
    [ -z "$key" ] || : >"$passed/$key"
  else
    sed 's/\x1b\[[0-9;]*m//g' <<<"$output" | grep -vE '^([0-9]+ warnings? |Suppressed |Use -header-filter)'
    return 1
  fi
}
export -f check
until=$(($(date +%s) + ${2:-1000000} * 60))
export house list passed until

status=0
tr '\n' '\0' <"$list/files" |
  xargs -0 -P "$(nproc)" -I{} bash -c 'IFS=$'"'\\t'"' read -r file directory command <<<"$1"; check "$file" "$directory" "$command"' _ {} >"$list/found" ||
  status=1
[ ! -e "$list/left" ] ||
  echo "left unchecked after ${2} minutes: $(wc -l <"$list/left") of $(wc -l <"$list/files") files; the one that changed last: $(head -1 "$list/left")"
if [ $status -ne 0 ]; then
  awk 'NF && !seen[$0]++' "$list/found"
  echo "clang-tidy found the above; mend it, or say why not with a NOLINT and its reason" >&2
fi
exit $status
