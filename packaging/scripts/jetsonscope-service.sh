#!/bin/sh
# Starts and stops jscoped(8): through systemd where its unit is installed, else directly.
# JETSONSCOPE_SERVICE=systemd or =direct decides otherwise. Further arguments of start, restart and
# foreground are options for the daemon, where it is started directly.

fail() {
  echo "jetsonscope-service: $2" >&2
  exit "$1"
}

# Whether the daemon runs, with its number in $pid. The file alone proves nothing: the number may
# be another program's by now.
running() {
  pid='' comm='' state=''
  if [ -r "$pidfile" ]; then read -r pid <"$pidfile"; fi
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  { read -r _ comm state _ <"/proc/$pid/stat"; } 2>/dev/null
  [ "$comm" = '(jscoped)' ] && [ "$state" != Z ]
}

start() {
  if running; then
    echo "jscoped runs already, as process $pid"
    return 0
  fi
  jscoped --daemonize --pidfile "$pidfile" "$@"
}

# Asks it to end, which gives back what it holds; after 20 seconds it is killed.
stop() {
  tries=0
  while running; do
    case $tries in
    0) kill -TERM "$pid" || return 1 ;;
    100) kill -KILL "$pid" ;;
    102) fail 1 "process $pid does not end" ;;
    esac
    tries=$((tries + 1))
    sleep 0.2 2>/dev/null || sleep 1
  done
  rm -f "$pidfile"
}

status() {
  if running; then
    echo "jscoped runs as process $pid"
  else
    echo 'jscoped does not run'
    return 3
  fi
}

has_unit() {
  [ -d /run/systemd/system ] && systemctl cat jscoped.service >/dev/null 2>&1
}

usage="usage: $0 start|stop|restart|status|foreground [option ...]"
case ${1:-} in
start | stop | restart | status | foreground) verb=$1 ;;
--help)
  echo "$usage"
  exit
  ;;
*)
  echo "$usage" >&2
  exit 64
  ;;
esac
shift

if [ "$verb" != stop ] && [ "$verb" != status ] && ! command -v jscoped >/dev/null; then
  fail 69 'jscoped: not found (is it installed, and in PATH?)'
fi
if [ "$verb" = foreground ]; then exec jscoped "$@"; fi

manager=${JETSONSCOPE_SERVICE:-}
if [ -z "$manager" ]; then
  if has_unit; then manager=systemd; else manager=direct; fi
fi
case $manager in
systemd) exec systemctl "$verb" jscoped.service ;;
direct) ;;
*) fail 64 "JETSONSCOPE_SERVICE: \"$manager\" (systemd or direct)" ;;
esac

if [ -n "${JSCOPED_PIDFILE:-}" ]; then
  pidfile=$JSCOPED_PIDFILE
elif [ "$(id -u)" = 0 ]; then
  pidfile=/run/jscoped.pid
elif [ -n "${XDG_RUNTIME_DIR:-}" ]; then
  pidfile=$XDG_RUNTIME_DIR/jscoped.pid
else
  fail 73 'no place for a pid file (set XDG_RUNTIME_DIR or JSCOPED_PIDFILE)'
fi
case $verb in
restart) stop && start "$@" ;;
*) "$verb" "$@" ;;
esac
