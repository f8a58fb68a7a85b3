# Sourced by scripts/kafka and scripts/redis: one background process per directory.
# shellcheck shell=bash
#
# DIR/pid holds "PID START", where START is the process's start time in clock ticks. Both must match
# before anything is signalled, so that a recycled process id never costs a stranger its life.

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

start_ticks() { # PID
  local stat
  stat=$(cat "/proc/$1/stat" 2> /dev/null) || return 1
  # The command in parentheses may hold spaces; field 22 is the 20th after it.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [[ $1 != Z ]] && echo "${20}"
}

service_pid() { # DIR -> the pid if it is alive
  local pid ticks
  [[ -s $1/pid ]] || return 1
  read -r pid ticks < "$1/pid"
  [[ $(start_ticks "$pid") == "$ticks" ]] && echo "$pid"
}

# service_spawn DIR LOG COMMAND...: starts it detached from the terminal and from every open pipe.
service_spawn() {
  local dir=$1 log=$2 pid
  shift 2
  setsid "$@" > "$log" 2>&1 < /dev/null &
  pid=$!
  disown "$pid"
  echo "$pid $(start_ticks "$pid")" > "$dir/pid"
}

service_stop() { # DIR SECONDS: asks, waits, then insists
  local pid deadline
  if pid=$(service_pid "$1"); then
    kill -TERM "$pid" 2> /dev/null || true
    deadline=$((SECONDS + $2))
    while service_pid "$1" > /dev/null; do
      if ((SECONDS >= deadline)); then
        kill -KILL "$pid" 2> /dev/null || true
        break
      fi
      sleep 0.05
    done
  fi
  rm -f "$1/pid"
}

# service_watch_owner DIR: when HEADRACE_OWNER_PID is set, the service ends with that process, however
# it ends. A test run that is killed leaves nothing behind.
service_watch_owner() {
  local owner=${HEADRACE_OWNER_PID:-} ticks
  [[ -n $owner ]] || return 0
  ticks=$(start_ticks "$owner") || die "HEADRACE_OWNER_PID=$owner is not a process"
  # shellcheck disable=SC2016
  service_watcher=$(declare -f start_ticks service_pid service_stop)'
    while service_pid "$1" > /dev/null; do
      [[ $(start_ticks "$2") == "$3" ]] || service_stop "$1" 10
      sleep 0.5
    done'
  setsid bash -c "$service_watcher" watch "$1" "$owner" "$ticks" > /dev/null 2>&1 < /dev/null &
  disown $!
}

free_ports() { # COUNT -> ports that nobody listens on right now
  python3 - "$1" << 'P'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
P
}

port_answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
