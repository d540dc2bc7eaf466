#!/bin/bash
# tests/fuzz/run.sh BUILD_DIRECTORY [target…]: runs the fuzzers (all, or those named) one after the other, each at most a
# minute and all together at most five. BUILD_DIRECTORY is one of the preset asan, its target `fuzzers` built. The corpus that
# grows is in BUILD_DIRECTORY/corpus, an input that fails in BUILD_DIRECTORY/findings: make it small
# (fuzz_NAME -minimize_crash=1 FILE), mend the fault, and keep it in tests/fuzz/corpus/NAME.
#   WATTLEDGER_FUZZ_SECONDS   for all together instead of 300
#   WATTLEDGER_FUZZ_SEED      libFuzzer's seed instead of 1: the same inputs each time, so that a gate says the same twice;
#                             other seeds look further
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(find "$build/tests/fuzz" -maxdepth 1 -type f -executable -name 'fuzz_*' -printf '%f\n' | sed 's/^fuzz_//' | sort)
[ ${#targets[@]} -gt 0 ] || { echo "no fuzzers in $build: cmake --preset asan && cmake --build $build --target fuzzers" >&2; exit 3; }

together=${WATTLEDGER_FUZZ_SECONDS:-300}
seed=${WATTLEDGER_FUZZ_SEED:-1}
echo "WATTLEDGER_FUZZ_SEED=$seed, ${#targets[@]} fuzzers, $together s together"

# Leaks are the preset asan's to find: the search for them at a process's end costs more than it brings here.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
failed=()
left=${#targets[@]}
for target in "${targets[@]}"; do
  # Starting, reading the corpus and ending take time too, of the same budget: each has its share of what the others left.
  each=$(((together - SECONDS) / left - 3))
  left=$((left - 1))
  [ "$each" -le 60 ] || each=60
  [ "$each" -ge 1 ] || each=1
  corpus=$build/corpus/$target
  mkdir -p "$corpus" "$build/findings"
  log=$build/findings/$target.log
  if timeout --kill-after=10 $((each + 120)) "$build/tests/fuzz/fuzz_$target" -seed="$seed" -max_total_time="$each" -timeout=100 -rss_limit_mb=2048 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix="$build/findings/$target-" "$corpus" "$here/corpus/$target" >"$log" 2>&1; then
    runs=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
    coverage=$(grep -oE 'cov: [0-9]+' "$log" | tail -1 || true)
    echo "$target: $each s, $runs inputs, ${coverage:-nothing covered}, nothing found"
  else
    tail -50 "$log"
    echo "$target: FOUND SOMETHING (above; the input is in $build/findings)"
    failed+=("$target")
  fi
done
[ ${#failed[@]} -eq 0 ] || { echo "fuzzers that found something: ${failed[*]}" >&2; exit 1; }
