#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Includes point downward (design §3): a file of libpbxcred/LAYER includes its own and earlier layers only, the PAM
# module and the C interface (api) base, wire, client and themselves. Header-only giants are included by one source file
# each. Speaks TAP.
set -eu

root=${srcdir:-.}
layers='base wire client formats model rules crypto store mail service'
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
trap 'exit 1' HUP INT TERM

# check_folder DIR ALLOWED: prints a line for every include of a file in DIR that is not of a folder in ALLOWED.
check_folder() {
  find "$1" \( -name '*.h' -o -name '*.cc' \) -exec awk -v allowed=" $2 " '
    /^[ \t]*#[ \t]*include[ \t]*"/ {
      split($0, part, "\"")
      folder = part[2]
      sub("/[^/]*$", "", folder)
      if (!index(allowed, " " folder " ")) print FILENAME " includes " part[2]
    }' {} +
}

# check_layers TREE: a line for every fault in it.
check_layers() {
  below=
  for layer in $layers; do
    below="$below $layer"
    if [ -d "$1/libpbxcred/$layer" ]; then check_folder "$1/libpbxcred/$layer" "$below"; fi
  done
  for folder in "$1"/libpbxcred/*/; do
    folder=$(basename "$folder")
    case " $layers api " in
      *" $folder "*) ;;
      *) echo "libpbxcred/$folder is no layer" ;;
    esac
  done
  # Nothing is built on these two.
  check_folder "$1/libpbxcred/api" 'base wire client api'
  check_folder "$1/pam_pbx" 'base wire client pam_pbx'
}

# check_giant TREE HEADER: a line unless exactly one source file includes it.
check_giant() {
  users=$(cd "$1" && grep -rl "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$2" libpbxcred pam_pbx tools) || :
  case $(echo "$users" | wc -l):$users in
    1:*.cc) ;;
    *) echo "$2 is included by: ${users:-none}" ;;
  esac
}

number=0
report() { # NAME FAULTS: passes if there are none
  number=$((number + 1))
  if [ -z "$2" ]; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1"
    echo "$2" | sed 's/^/# /'
  fi
}
report_red() { # NAME FAULTS WANTED: passes if WANTED is among them
  case $2 in
    *"$3"*) report "$1" '' ;;
    *) report "$1" "not noticed: $3 (said: $2)" ;;
  esac
}

# A private copy with one more line in one of its files.
plant() { # FILE LINE
  rm -rf "$planted/tree"
  mkdir "$planted/tree"
  cp -R "$root/libpbxcred" "$root/pam_pbx" "$root/tools" "$planted/tree/"
  chmod -R u+w "$planted/tree"
  echo "$2" >> "$planted/tree/$1"
}

echo 1..10
report 'layers_hold_in_this_tree' "$(check_layers "$root")"
report 'layers_cli11_has_one_user' "$(check_giant "$root" 'CLI/CLI.hpp')"
report 'layers_json_has_one_user' "$(check_giant "$root" 'nlohmann/json.hpp')"

plant libpbxcred/rules/lockout.cc '#include "store/database.h"'
report_red 'layers_notice_an_upward_include' "$(check_layers "$planted/tree")" 'lockout.cc includes store/database.h'
plant libpbxcred/base/clock.h '  #  include "wire/kind.h"'
report_red 'layers_notice_it_in_a_header_when_spaced' "$(check_layers "$planted/tree")" 'clock.h includes wire/kind.h'
plant pam_pbx/entry.cc '#include "model/name.h"'
report_red 'layers_notice_what_the_module_may_not_include' "$(check_layers "$planted/tree")" \
  'entry.cc includes model/name.h'
plant libpbxcred/api/verify.cc '#include "formats/csv.h"'
report_red 'layers_notice_what_the_c_interface_may_not_include' "$(check_layers "$planted/tree")" \
  'verify.cc includes formats/csv.h'
plant libpbxcred/service/engine.cc '#include "api/pbxcred.h"'
report_red 'layers_notice_a_user_of_the_c_interface' "$(check_layers "$planted/tree")" \
  'engine.cc includes api/pbxcred.h'
plant libpbxcred/store/names.h '#include "check.h"'
report_red 'layers_notice_an_include_without_a_folder' "$(check_layers "$planted/tree")" 'names.h includes check.h'
plant tools/pbxcredctl/format.cc '#include <nlohmann/json.hpp>'
report_red 'layers_notice_a_second_user_of_a_giant' "$(check_giant "$planted/tree" 'nlohmann/json.hpp')" 'format.cc'
