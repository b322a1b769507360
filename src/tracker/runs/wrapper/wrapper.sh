# Runs one command in a run directory and records truthfully how it ended: sh wrapper.sh RUNDIR COMMAND [ARGUMENT...]
#
# The files are specified in src/shared/runDirectory.ts; wrapper.ts is the same program for Windows, and both pass
# wrapper.test.ts. POSIX sh only (dash, bash, busybox). Started detached, so that it leads its own session and group.
#
# The command runs in the foreground of this shell: then signals sent to the whole group end the command first, the
# traps below run afterwards, and, unlike with `&`, the command does not inherit ignored INT and QUIT.

mask=$(umask)
umask 077
run=$1
shift
cd "$run" || exit 125
# A tracker that was killed at the launch may launch again: the run is still run once. A disk that is full is no claim.
mkdir claimed 2>/dev/null || [ ! -d claimed ] || exit 0
exec </dev/null >>wrapper.log 2>&1
cwd=. home= poll=5
. ./wrapper.conf
# Handlers, not '': ignored signals would stay ignored in the command.
trap : HUP INT QUIT TERM USR1 USR2

now_ms() { # Unix time in milliseconds; %3N is GNU and busybox only.
  now=$(date +%s%3N)
  case $now in *[!0-9]* | ??????????) now=$(date +%s)000 ;; esac
}

up_cs() { # A clock that does not jump, in hundredths of a second; the wall clock where there is no /proc.
  if read -r up _ 2>/dev/null </proc/uptime; then
    up=${up%.*}${up#*.}
  else
    up=$(date +%s)00
  fi
}

identity() { # identity PID: sets start and boot, the part of a process identity beside the pid; start= if unknown.
  start= boot= state=
  if [ -r /proc/self/stat ]; then
    # The name, in parentheses, may hold spaces and parentheses: cut up to the last one.
    { read -r stat <"/proc/$1/stat" && read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || return 1
    set -f
    set -- ${stat##*) }
    state=$1 start=${20}
    set +f
  else
    start=$(LC_ALL=C TZ=UTC ps -o lstart= -p "$1") || return 1
    start=$(echo $start)
  fi
}

put() { # put NAME CONTENT: whole or not at all.
  printf '%s\n' "$2" >"$1.tmp" && [ -s "$1.tmp" ] && mv -f "$1.tmp" "$1"
}

record_process() { # record_process NAME PID
  identity "$2"
  now_ms
  put "$1" "{\"v\":1,\"pid\":$2,\"start\":\"$start\",\"boot\":\"$boot\",\"timeMs\":$now}"
}

oom_counts() { # Sets oom_group and oom_machine: processes ever killed for memory, empty where the kernel does not say.
  oom_group= oom_machine= peak_group=
  if [ -r /proc/vmstat ]; then
    oom_machine=$(sed -n 's/^oom_kill //p' /proc/vmstat)
    group=$(sed -n 's/^0:://p' /proc/self/cgroup)
    oom_group=$(sed -n 's/^oom_kill //p' "/sys/fs/cgroup$group/memory.events")
  fi 2>/dev/null
}

since() { # since BEFORE AFTER: the growth, or null.
  if [ -n "$1" ] && [ -n "$2" ]; then echo $(($2 - $1)); else echo null; fi
}

to_ms() { # to_ms 1m2.345s: milliseconds; the fraction has two to six digits, depending on the shell.
  minutes=${1%%m*} rest=${1#*m}
  rest=${rest%s}
  seconds=${rest%.*} fraction=${rest#*.}000
  fraction=${fraction%"${fraction#???}"}
  # A leading 1 keeps 08 and 09 from being read as octal.
  echo $((minutes * 60000 + seconds * 1000 + 1$fraction - 1000))
}

# --- Revival of a dead tracker while the command lives -----------------------------------------------------------

tracker_alive() { # A missing file means that the tracker left on purpose; then nobody is to be revived.
  read -r tpid tstart 2>/dev/null <"$home/tracker.pid" || return 0
  case $tpid in '' | *[!0-9]*) return 0 ;; esac
  kill -0 "$tpid" 2>/dev/null || return 1
  [ -r /proc/self/stat ] || return 0
  identity "$tpid" || return 1
  [ "$state" != Z ] && [ "$state" != X ] && [ "$tstart" = "$start $boot" ]
}

detached() { # Runs its arguments in a session of their own: a run's cancellation must never reach the tracker.
  if command -v setsid >/dev/null 2>&1; then
    setsid "$@" </dev/null >/dev/null 2>&1 &
  elif command -v perl >/dev/null 2>&1; then
    perl -e 'use POSIX; POSIX::setsid(); exec @ARGV' "$@" </dev/null >/dev/null 2>&1 &
  else
    nohup "$@" </dev/null >/dev/null 2>&1 &
  fi
}

revive() { # One wrapper at a time: whoever makes the directory. A lock whose owner is dead is taken away first.
  if ! mkdir "$home/revive.lock" 2>/dev/null; then
    if read -r owner ostart 2>/dev/null <"$home/revive.lock/owner"; then
      kill -0 "$owner" 2>/dev/null && identity "$owner" && [ "$ostart" = "$start $boot" ] && return 1
    elif [ "${ownerless:=0}" -lt 3 ]; then
      ownerless=$((ownerless + 1)) # It may be just between mkdir and its first line.
      return 1
    fi
    ownerless=0
    # Renaming succeeds for one of many, and what was renamed can be removed at leisure.
    mv "$home/revive.lock" "$home/revive.stale.$me" 2>/dev/null && rm -rf "$home/revive.stale.$me"
    return 1
  fi
  identity "$me"
  echo "$me $start $boot" >"$home/revive.lock/owner"
  if ! tracker_alive && [ -r "$home/revive.sh" ]; then
    detached sh "$home/revive.sh"
    waited=0
    while [ $waited -lt 20 ] && ! tracker_alive; do
      nap 1
      waited=$((waited + 1))
    done
  fi
  rm -rf "$home/revive.lock"
}

nap() { # Interruptible, so that a finished run leaves no sleep behind.
  [ ! -e "$run/exit.json" ] || exit 0
  sleep "$1" &
  napping=$!
  wait $napping 2>/dev/null
  [ ! -e "$run/exit.json" ] && [ -z "$leave" ] && return 0
  kill $napping 2>/dev/null
  wait $napping 2>/dev/null
  exit 0
}

watch() { # watch WRAPPERPID: beside the command, until the wrapper has recorded its end.
  me=$(exec sh -c 'echo "$PPID"') leave= child= peak=0 wait_s=1
  # A TERM for the whole group is not meant for the watch: only one after the exit record is.
  trap '[ -e "$run/exit.json" ] && leave=1' TERM
  trap : HUP INT QUIT USR1 USR2
  while kill -0 "$1" 2>/dev/null; do
    nap $wait_s
    remember_peak
    if [ -z "$home" ] || tracker_alive; then
      [ $wait_s -lt "$poll" ] && wait_s=$((wait_s * 2))
      [ $wait_s -gt "$poll" ] && wait_s=$poll
    else
      revive
      tracker_alive || { [ $wait_s -lt 60 ] && wait_s=$((wait_s * 2)); }
    fi
  done
}

remember_peak() { # The kernel's own high-water mark, read while the command lives.
  [ -n "$child" ] || { read -r child 2>/dev/null <child.json && child=${child#*\"pid\":} && child=${child%%,*}; }
  while read -r key value _; do
    [ "$key" = VmHWM: ] && break
  done 2>/dev/null <"/proc/$child/status" || return 0
  [ "$key" = VmHWM: ] && [ "$value" -gt "$peak" ] && peak=$value && echo "$peak" >peak
}

# --- The command ---------------------------------------------------------------------------------------------------

refuse() { # refuse REASON STATUS MESSAGE: the command cannot start; said in the log that a person reads.
  trap - EXIT
  echo "trainyard: $3"
  PATH=$trainyard_path
  cd "$trainyard_run" && put refused "$1"
  exit "$2"
}

execute() (
  # Names that the environment of the run will hardly have: it is about to be read into this very shell.
  trainyard_run=$run trainyard_cwd=$cwd trainyard_path=$PATH
  pid=$(exec sh -c 'echo "$PPID"')
  record_process child.json "$pid"
  exec >>output.log 2>&1
  [ ! -e cancel ] || refuse canceled 130 'Canceled before the command was started.'
  umask "$mask"
  if [ -e env ]; then
    trainyard_env=$(cat env)
    rm -f env
    eval "$trainyard_env"
    unset trainyard_env
  fi
  cd "$trainyard_cwd" || refuse no-directory 126 "The working directory $trainyard_cwd cannot be entered (see above)."
  case $1 in
  */*) [ -e "$1" ] || refuse not-found 127 "Cannot start $1: there is no such file." ;;
  *) command -v -- "$1" >/dev/null || refuse not-found 127 "Cannot start $1: no such program on PATH ($PATH)." ;;
  esac
  # What remains to go wrong is exec itself: no permission, a missing #! interpreter, another machine's binary.
  # dash and busybox then exit through this trap; bash does not, see finish.
  trap 'refuse not-executable 126 "Cannot start $1: it is there but cannot be executed (see above)."' EXIT
  exec "$@"
)

finish() { # finish STATUS
  now_ms
  up_cs
  duration=$(((up - began) * 10))
  times >times 2>/dev/null
  user=null system=null
  { read -r _ && read -r u s; } 2>/dev/null <times && user=$(to_ms "$u") && system=$(to_ms "$s")
  before_group=$oom_group before_machine=$oom_machine
  oom_counts
  reason=exited code=$1 signal=null
  if [ -e refused ]; then
    read -r reason <refused
  elif [ -n "$BASH_VERSION" ] && [ "$1" -eq 126 ]; then
    reason=not-executable
  elif [ "$1" -gt 128 ] && [ "$1" -lt 193 ] && name=$(kill -l $(($1 - 128)) 2>/dev/null) && [ -n "$name" ]; then
    name=${name#SIG}
    case $name in *[!A-Z0-9+-]*) name=$(($1 - 128)) ;; esac
    reason=signaled code=null signal=\"$name\"
  fi
  canceled=false
  [ -e cancel ] && canceled=true
  peak=null
  [ -s peak ] && read -r peak <peak
  record="{\"v\":1,\"reason\":\"$reason\",\"status\":$1,\"code\":$code,\"signal\":$signal,\"endedMs\":$now,\
\"durationMs\":$duration,\"userMs\":$user,\"systemMs\":$system,\"peakKb\":$peak,\"canceled\":$canceled,\
\"oomCgroup\":$(since "$before_group" "$oom_group"),\"oomMachine\":$(since "$before_machine" "$oom_machine")}"
  for pause in 1 1 2 4 8 0; do
    put exit.json "$record" && break
    # No room. An empty file needs none: its name tells the status until the record fits.
    : >"exit.$1"
    sleep $pause
  done
  rm -f exit.json.tmp times peak refused
}

record_process wrapper.json $$
oom_counts
up_cs
began=$up
watch $$ &
watcher=$!
execute "$@"
finish $?
kill $watcher 2>/dev/null
exit 0
