//! Stand-ins for the vendor's tools, so that controls find on a simulated board what they find on a
//! real one. Each is a script that knows its tree by its own path, and ends when the board has
//! followed: a tool of a real board ends when the kernel has.

use super::Scene;
use super::sheet::Sheet;

/// Where they are; files there may be run.
pub(super) const PLACE: &str = "usr/sbin";

/// What all begin with: waits for two beats, the second of which was whole, or for five seconds.
const HEAD: &str = r#"#!/bin/sh
# Stands for the tool of that name on a simulated board.
root=${0%/usr/sbin/*}
beats() {
    for beat in 1 2; do
        before=$(cat "$root/proc/uptime")
        for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
            test "$(cat "$root/proc/uptime")" = "$before" || break
            sleep 0.1
        done
    done
}
"#;

const NVPMODEL: &str = r#"status=$root/var/lib/nvpmodel/status
mode() { sed -n "s/^< POWER_MODEL ID=$1 NAME=\(.*\) >/\1/p" "$root/etc/nvpmodel.conf"; }
case $1 in
-m)
    test -n "$(mode "$2")" || { echo "NVPM ERROR: no mode $2"; exit 255; }
    printf 'pmode:%04d\n' "$2" > "$status"
    beats ;;
-q)
    id=$(sed -n 's/^pmode:0*\([0-9][0-9]*\).*/\1/p' "$status")
    printf 'NV Power Mode: %s\n%s\n' "$(mode "$id")" "$id" ;;
*)
    echo "usage: nvpmodel -q | -m ID"
    exit 1 ;;
esac
"#;

/// The fan's service is its control group.
const SYSTEMCTL: &str = r#"case "$1 ${2%.service}" in
"start nvfancontrol" | "restart nvfancontrol")
    # It goes on with the profile that it had, else with that of its table.
    if ! test -e "$status"; then
        profile=$(sed -n 's/^.*FAN_DEFAULT_PROFILE *//p' "$root/etc/nvfancontrol.conf")
        printf 'FAN1:FAN_PROFILE:%s\nFAN1:FAN_GOVERNOR:cont\nFAN1:FAN_CONTROL:close_loop\n' "$profile" > "$status"
    fi
    mkdir -p "$group" && echo 1187 > "$group/cgroup.procs"
    beats ;;
"stop nvfancontrol")
    rm -rf "$group"
    beats
    rm -rf "$group" ;;
"is-active nvfancontrol")
    test -e "$group/cgroup.procs" && echo active || { echo inactive; exit 3; } ;;
*)
    echo "systemctl: a simulated board has no more than nvfancontrol" >&2
    exit 5 ;;
esac
"#;

/// The tools of the board.
pub(super) fn draw(scene: &Scene, sheet: &mut Sheet) {
    sheet.enter(format_args!("{PLACE}"));
    sheet.put("nvpmodel", format_args!("{HEAD}{NVPMODEL}"));
    if !scene.place.is_r32() {
        let groups = super::heat::groups(scene);
        sheet.put(
            "systemctl",
            format_args!(
                "{HEAD}group=$root/{groups}/system.slice/nvfancontrol.service\n\
                 status=$root/var/lib/nvfancontrol/status\n{SYSTEMCTL}"
            ),
        );
    }
}
