# Sourced by the scripts beside this folder: where things are, how they talk, how they pick ports.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export HEADRACE_CACHE=${HEADRACE_CACHE:-${HOME:-/root}/.cache/headrace}

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' red='' plain=''
fi

say() { printf '%s\n' "$*" >&2; }
die() { say "${red}${0##*/}: $*${plain}"; exit 1; }

# step TITLE: a heading; the time that the previous step took is printed when the next one starts.
step_started='' step_count=0
step_done() {
  [[ -z $step_started ]] || say "${dim}   $(awk -v a="$step_started" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f s", b - a}')${plain}"
  step_started=''
}
step() {
  step_done
  step_count=$((step_count + 1))
  say ""
  say "${bold}${step_count}. $*${plain}"
  step_started=$EPOCHREALTIME
}

# A usage text is the comment that opens the script.
usage() { sed -n '2,/^[^#]/ { /^#/ { s/^# \{0,1\}//; p } }' "$0" >&2; }

# quietly LOG COMMAND...: runs it into a log file, which is shown only if the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" > "$log" 2>&1 && return 0
  local status=$?
  tail -n 60 "$log" >&2
  say "${red}failed (status $status): $*${plain}; the whole output is in $log"
  return "$status"
}

# Memory decides too: a compiler of C++20 and Boost headers takes up to a gigabyte.
build_jobs() {
  local cores memory_gib
  cores=$(nproc)
  memory_gib=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  ((memory_gib >= 1)) || memory_gib=1
  echo $((cores < memory_gib ? cores : memory_gib))
}
