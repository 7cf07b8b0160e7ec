//! A copy of a board's files, stand-ins for the vendor's tools, and a desk whose time is passed by
//! hand, so that nobody waits for a tool that hangs.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use jetsonscope::control::desk::{Change, Desk, Outcome, Which};
use jetsonscope::control::{Refusal, Wishes};
use jetsonscope::root::Root;

/// As fast as the clock on the wall, and many times as fast.
pub const REAL: u32 = 1;
pub const FAST: u32 = 40;

pub const NOW: Wishes = Wishes { reboot: false, at_next_boot: false, attended: true };

/// A copy of a board, gone afterwards.
pub struct Board(pub PathBuf);

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Board {
    pub fn of(fixture: &str, test: &str) -> Board {
        let name = format!("jetsonscope-modes-{test}-{fixture}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/boards").join(fixture);
        assert!(Command::new("cp").arg("-R").arg(from).arg(&path).status().unwrap().success());
        let board = Board(path);
        board.write("proc/sys/kernel/random/boot_id", "0f1e2d3c\n");
        board
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_default().trim().to_owned()
    }

    pub fn tool(&self, name: &str, script: &str) {
        let file = format!("usr/sbin/{name}");
        let (beside, tool) = (self.0.join(format!("{file}-new")), self.0.join(&file));
        self.write(&format!("{file}-new"), &format!("#!/bin/sh\nroot=$JETSONSCOPE_ROOT\n{script}"));
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).unwrap();
        // A file that this process wrote may still be open in a child that another test has just
        // begun, and cannot be run then; cp's file is its own.
        let _ = fs::remove_file(&tool);
        assert!(Command::new("cp").args([&beside, &tool]).status().unwrap().success());
        fs::remove_file(beside).unwrap();
    }

    pub fn desk(&self) -> Desk {
        Desk::open(Root::at(&self.0))
    }

    /// Files and what they hold; links are not followed.
    pub fn tree(&self) -> BTreeMap<String, String> {
        let mut tree = BTreeMap::new();
        let mut left = vec![self.0.clone()];
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(directory).unwrap().flatten() {
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    left.push(entry.path());
                } else if kind.is_file() && !entry.path().ends_with("run/jetsonscope/lock") {
                    let name = entry.path().strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned();
                    let bytes = fs::read(entry.path()).unwrap();
                    tree.insert(name, String::from_utf8_lossy(&bytes).trim_end().to_owned());
                }
            }
        }
        tree
    }

    /// What differs from `before`: path and text, or `gone`.
    pub fn changes(&self, before: &BTreeMap<String, String>) -> Vec<String> {
        let now = self.tree();
        let new = now.iter().filter(|(path, text)| before.get(*path) != Some(text));
        let mut changes: Vec<String> = new.map(|(path, text)| format!("{path} {text}")).collect();
        changes = self.lines(&changes);
        changes
            .extend(before.keys().filter(|path| !now.contains_key(*path)).map(|path| format!("{path} gone")));
        changes.sort();
        changes
    }

    /// The steps without the name of this directory.
    pub fn lines(&self, steps: &[String]) -> Vec<String> {
        steps.iter().map(|line| line.replace(self.0.to_str().unwrap(), "")).collect()
    }
}

pub fn change(control: &str, value: &str, wishes: Wishes) -> Change {
    Change { control: control.to_owned(), value: value.to_owned(), wishes, ..Change::default() }
}

/// Turns the desk until what was begun has ended.
pub fn finish(desk: &mut Desk, speed: u32) -> Result<Outcome, Refusal> {
    let start = Instant::now();
    loop {
        let passed = start.elapsed();
        if let Some(done) = desk.turn(None, start + passed * speed) {
            return done.result;
        }
        assert!(passed < Duration::from_secs(60), "no end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn set(
    desk: &mut Desk,
    control: &str,
    value: &str,
    wishes: Wishes,
    speed: u32,
) -> Result<Outcome, Refusal> {
    match desk.set(change(control, value, wishes), None, Instant::now())? {
        Some(outcome) => Ok(outcome),
        None => finish(desk, speed),
    }
}

/// Takes everything back; what is to be told.
pub fn undo(desk: &mut Desk) -> Vec<String> {
    let mut notes = Vec::new();
    while !desk.journal().records().is_empty() {
        desk.undo(&Which::Last, None).unwrap();
        notes.extend(finish(desk, REAL).unwrap().notes);
    }
    notes
}

/// nvpmodel as far as it is asked here: the upper limits of a mode that are there, as the nearest clock
/// that is offered, lower limits under them, and the state file.
pub const NVPMODEL: &str = r#"
test "$1" = -m || exit 1
awk -v id="$2" -v root="$root" '
    function far(hz) { return hz < 0 ? -hz : hz }
    function put(path, value) { print value > (root path); close(root path) }
    /^< PARAM/ { split($0, p, "NAME="); split(p[2], n, " "); param = n[1]; mode = ""; next }
    /^< POWER_MODEL/ { mode = ($0 ~ "ID=" id " "); param = ""; next }
    param != "" && NF == 2 { file[param, $1] = $2; next }
    mode && $2 == "MAX_FREQ" && ($1 ~ /^CPU/ || $1 == "GPU") && file[$1, $2] != "" {
        path = file[$1, $2]; dir = path; sub(/[^\/]*$/, "", dir)
        if ((getline now < (root path)) <= 0) next
        list = root dir ($1 == "GPU" ? "available_frequencies" : "scaling_available_frequencies")
        if ((getline offered < list) <= 0) next
        count = split(offered, hz, " "); best = hz[count]
        for (i = count; i > 0; i--) if ($3 > 0 && far($3 - hz[i]) < far($3 - best)) best = hz[i]
        put(path, best)
        low = path; sub(/max_freq/, "min_freq", low); getline min < (root low)
        if (min + 0 > best + 0) put(low, best)
    }
' "$root/etc/nvpmodel.conf"
fan=$(sed -n 's/^[^ ]* fmode/ fmode/p' "$root/var/lib/nvpmodel/status")
printf 'pmode:%04d%s\n' "$2" "$fan" > "$root/var/lib/nvpmodel/status"
"#;

/// jetson_clocks: asks before it writes over a store; pins what the test's boards have.
pub const JETSON_CLOCKS: &str = r#"
gpu=$(ls -d $root/sys/class/devfreq/*.g* | head -n 1)
test -n "$gpu" || exit 9
emc=$root/sys/kernel/debug/bpmp/debug/clk/emc
case $1 in
--store)
    if [ -e "$2" ]; then printf 'File %s already exists. Overwrite? Y/N: ' "$2"; read answer || exit 3; fi
    { for f in $root/sys/devices/system/cpu/cpufreq/policy*/scaling_min_freq $gpu/min_freq \
        $gpu/device/railgate_enable $emc/mrq_rate_locked; do echo "$f:$(cat $f)"; done
      echo /sys/class/hwmon/hwmon0/pwm1:0; } > "$2" ;;
--restore)
    while IFS=: read -r file value; do
        case $file in *pwm*) echo "$file" > $root/fan-was-set;; *) echo "$value" > "$file";; esac
    done < "$2" ;;
"")
    for p in $root/sys/devices/system/cpu/cpufreq/policy*; do cat $p/scaling_max_freq > $p/scaling_min_freq; done
    echo 0 > $gpu/device/railgate_enable
    cat $gpu/max_freq > $gpu/min_freq
    echo 1 > $emc/mrq_rate_locked ;;
esac
"#;
