# bash completion for pbxcredctl: the command itself knows what it accepts.
# SPDX-License-Identifier: BSD-2-Clause
_pbxcredctl() {
  local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  [ "$COMP_CWORD" -lt "${#COMP_WORDS[@]}" ] || words+=("")
  mapfile -t COMPREPLY < <(pbxcredctl --complete "${words[@]}" 2>/dev/null)
}
complete -o bashdefault -o default -F _pbxcredctl pbxcredctl
