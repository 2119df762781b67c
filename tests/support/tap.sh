# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# TAP for tests that are shell scripts.
failures=0
number=0

# check NAME EXPECTED ACTUAL
check() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		failures=$((failures + 1))
		echo "not ok $number - $1"
		printf 'expected:\n%s\ngot:\n%s\n' "$2" "$3" | sed 's/^/# /'
	fi
}
