#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs every fuzz target for SECONDS from the kept corpus; TAP on standard output.
#
#   run.sh SECONDS [TARGET...]
#
# What they find stays under tests/fuzz/out of the build folder: new inputs in NAME, what made a target fail in
# NAME.failed. Environment: builddir, srcdir.
set -eu
: "${builddir:=.}" "${srcdir:=.}"
[ $# -ge 1 ] || { echo "usage: run.sh SECONDS [TARGET...]" >&2; exit 2; }
seconds=$1
shift
[ $# -gt 0 ] || set -- backup formats hash message pages record session
out=$builddir/tests/fuzz/out

# A target that hangs on one input for 10 s has failed too.
run_target() {
  limit=16384
  case $1 in session | pages) limit=65536 ;; esac
  mkdir -p "$out/$1" "$out/$1.failed"
  if "$builddir/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len="$limit" \
    -print_final_stats=1 -artifact_prefix="$out/$1.failed/" "$out/$1" "$srcdir/tests/fuzz/corpus/$1" \
    >"$out/$1.log" 2>&1; then
    echo ok >"$out/$1.result"
  else
    echo "not ok" >"$out/$1.result"
  fi
}

# One for each processor at a time: each has its seconds to itself.
running=0
for name; do
  mkdir -p "$out"
  rm -f "$out/$name.result"
  run_target "$name" &
  running=$((running + 1))
  [ $((running % $(nproc))) -ne 0 ] || wait
done
wait

number=0
failed=0
echo "1..$#"
for name; do
  number=$((number + 1))
  result=$(cat "$out/$name.result")
  echo "$result $number - fuzz_$name runs $seconds s"
  if [ "$result" != ok ]; then
    failed=1
    tail -n 60 "$out/$name.log" | sed 's/^/# /'
  fi
  grep -E 'stat::number_of_executed_units|stat::peak_rss_mb' "$out/$name.log" | sed 's/^/# /' || :
done
exit "$failed"
