#!/bin/sh
# place.sh install|uninstall MODE:FILE:PLACE ...
# Puts files of packaging/ into their places below DESTDIR, with the paths of this installation
# for @BINDIR@, @SYSCONFDIR@ and @RUNDIR@, or takes them away. A file below SYSCONFDIR belongs to
# the administrator once it is there: edited, it is neither replaced nor removed.
set -eu
umask 022
folder=$(dirname "$0")
action=$1
shift
filled=$(mktemp)
trap 'rm -f "$filled"' EXIT

for row in "$@"; do
  mode=${row%%:*}
  file=${row#*:}
  place=${DESTDIR}${file#*:}
  sed -e "s|@BINDIR@|$BINDIR|g" -e "s|@SYSCONFDIR@|$SYSCONFDIR|g" -e "s|@RUNDIR@|$RUNDIR|g" \
    "$folder/${file%%:*}" >"$filled"
  case $place in
  "$DESTDIR$SYSCONFDIR"/*)
    if [ -e "$place" ] && ! cmp -s "$filled" "$place"; then
      echo "kept, since it is not the one of this release: $place"
      continue
    fi
    ;;
  esac
  case $action in
  install)
    install -d "$(dirname "$place")"
    install -m "$mode" "$filled" "$place"
    ;;
  uninstall) rm -f "$place" ;;
  esac
done
