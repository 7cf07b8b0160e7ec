//! What `jetson_clocks --show` prints, in the styles of R28 to R39, and what state the clocks are
//! in: on, when every limit is pinned to one clock and the memory controller is locked.

use crate::recycled::Recycled;
use crate::snapshot::Pinned;

/// Lines taken of a print; the longest seen has 30.
const MOST_LINES: usize = 512;

/// The print.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown<'a> {
    /// `tegra234`.
    pub soc_family: Option<&'a str>,
    /// The device tree's model.
    pub machine: Option<&'a str>,
    /// Cores that are on, as a list like `0-3,6`.
    pub online: Option<&'a str>,
    /// Cores that are off (R39), as such a list.
    pub offline: Option<&'a str>,
    /// `Disabled` or `Enabled`, up to R32.
    pub cluster_switching: Option<&'a str>,
    /// CPU cores, GPU, EMC and engines, in the order of the print.
    pub clocks: Vec<Clock<'a>>,
    /// GPU TPCs in use (R36 and later).
    pub active_tpcs: Option<u32>,
    /// The fan.
    pub fan: Option<Fan<'a>>,
    /// The power mode's name.
    pub mode: Option<&'a str>,
    /// Lines that were not understood, errors of the tool among them.
    pub odd_lines: u32,
}

/// A line `NAME MinFreq=.. MaxFreq=..`. Clocks are in Hz; for CPU cores the tool prints kHz.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock<'a> {
    /// `cpu0`, `GPU`, `EMC`, `DLA0_CORE`.
    pub name: &'a str,
    /// Whether it is on; not printed by R28 and R39.
    pub online: Option<bool>,
    /// Governor of a core.
    pub governor: Option<&'a str>,
    /// Lower limit, Hz.
    pub min_hz: Option<u64>,
    /// Upper limit, Hz.
    pub max_hz: Option<u64>,
    /// Clock now, Hz.
    pub now_hz: Option<u64>,
    /// Whether the memory controller is locked to its clock.
    pub locked: Option<bool>,
}

/// The fan's line in either of its forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fan<'a> {
    /// Who steers it: `nvfancontrol`, `kernel`, `active`; `None` up to R32.
    pub control: Option<&'a str>,
    /// 0 to 255.
    pub pwm: Option<u32>,
    /// The mode of the PWM (R39).
    pub pwm_enable: Option<u32>,
}

/// Reads a print; never fails.
pub fn parse(text: &str) -> Shown<'_> {
    let mut shown = Shown::default();
    for line in text.lines().take(MOST_LINES).map(str::trim) {
        if !line.is_empty() && take(line, &mut shown).is_none() {
            shown.odd_lines += 1;
        }
    }
    shown
}

fn take<'a>(line: &'a str, shown: &mut Shown<'a>) -> Option<()> {
    if let Some(rest) = line.strip_prefix("SOC family:") {
        let (family, machine) = rest.split_once("Machine:").unwrap_or((rest, ""));
        shown.soc_family = Some(family.trim());
        shown.machine = Some(machine.trim()).filter(|machine| !machine.is_empty());
    } else if let Some(rest) = line.strip_prefix("Online CPUs:") {
        let (on, off) = rest.split_once("Offline CPUs:").unwrap_or((rest, ""));
        shown.online = Some(on.trim());
        shown.offline = Some(off.trim()).filter(|off| !off.is_empty());
    } else if let Some(rest) = line.strip_prefix("Offline CPUs:") {
        shown.offline = Some(rest.trim());
    } else if let Some(rest) = line.strip_prefix("CPU Cluster Switching:") {
        shown.cluster_switching = Some(rest.trim());
    } else if let Some(rest) = line.strip_prefix("Active GPU TPCs:") {
        shown.active_tpcs = Some(rest.trim().parse().ok()?);
    } else if let Some(rest) = line.strip_prefix("NV Power Mode:") {
        shown.mode = Some(rest.trim());
    } else if let Some(rest) = line.strip_prefix("FAN ").or_else(|| line.strip_prefix("Fan:")) {
        shown.fan = Some(fan(rest)?);
    } else {
        shown.clocks.push(clock(line)?);
    }
    Some(())
}

/// `Dynamic Speed Control=nvfancontrol hwmon0_pwm1=69` (R35 `control=`), or `speed=255`.
fn fan(text: &str) -> Option<Fan<'_>> {
    let mut fan = Fan::default();
    for (name, value) in text.split_ascii_whitespace().filter_map(|word| word.split_once('=')) {
        if name.eq_ignore_ascii_case("control") {
            fan.control = Some(value);
        } else if name.ends_with("_enable") {
            fan.pwm_enable = value.parse().ok();
        } else if name == "speed" || name.ends_with("_pwm1") {
            fan.pwm = value.parse().ok();
        }
    }
    (fan != Fan::default()).then_some(fan)
}

fn clock(line: &str) -> Option<Clock<'_>> {
    let (name, values) = line.split_once(|c: char| c == ':' || c.is_ascii_whitespace())?;
    let mut clock = Clock { name, ..Clock::default() };
    // sysfs has kHz for cores and Hz for everything else, and the tool prints what it reads.
    let scale = if name.starts_with("cpu") { 1000 } else { 1 };
    let hz = |value: &str| value.parse::<u64>().ok()?.checked_mul(scale);
    for (name, value) in values.split_ascii_whitespace().filter_map(|word| word.split_once('=')) {
        match name {
            "Online" => clock.online = bit(value),
            // R28 spells it so.
            "Governor" | "Gonvernor" => clock.governor = Some(value),
            "MinFreq" => clock.min_hz = hz(value),
            "MaxFreq" => clock.max_hz = hz(value),
            "CurrentFreq" => clock.now_hz = hz(value),
            "FreqOverride" => clock.locked = bit(value),
            _ => {}
        }
    }
    (clock.min_hz.or(clock.max_hz).or(clock.now_hz)).is_some().then_some(clock)
}

fn bit(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

impl Shown<'_> {
    /// Whether the clocks that [`state`] asks about are held: those that are on and have both
    /// limits, and the memory controller by its lock.
    pub fn held(&self) -> impl Iterator<Item = (&str, bool)> {
        let on = self.clocks.iter().filter(|clock| clock.online != Some(false));
        on.filter_map(|clock| match clock.name {
            "EMC" => Some(("EMC", clock.locked?)),
            name => Some((name, clock.min_hz? >= clock.max_hz?)),
        })
    }
}

/// What jetson_clocks has done, judged from the clocks that it holds at their upper limit and
/// those that it does not; the names of these go to `loose` when there are both. Cores that are
/// off do not count. Without any clock there is no state.
pub fn state<'a>(
    held: impl Iterator<Item = (&'a str, bool)>,
    loose: &mut Recycled<String>,
) -> Option<Pinned> {
    loose.clear();
    let mut any = false;
    for (name, held) in held {
        if held {
            any = true;
        } else {
            loose.entry(name);
        }
    }
    match (any, loose.is_empty()) {
        (false, true) => None,
        (true, true) => Some(Pinned::On),
        (true, false) => Some(Pinned::Partial),
        (false, false) => {
            loose.clear();
            Some(Pinned::Off)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lines_of_all_styles() {
        let text = "SOC family:tegra210  Machine:a board\r\nOnline CPUs: 0-3  Offline CPUs: 4-5\n\
            CPU Cluster Switching: Disabled\ncpu0: Gonvernor=interactive MinFreq=102000 MaxFreq=1734000 \
            CurrentFreq=1734000\ncpu1:  Online=0 Governor=schedutil MinFreq=1 MaxFreq=2 IdleStates: WFI=1 c7=1 \n\
            GPU MinFreq=76800000 MaxFreq=76800000 CurrentFreq=76800000\nActive GPU TPCs: 4\n\
            EMC MinFreq=204000000 MaxFreq=1600000000 CurrentFreq=1600000000 FreqOverride=1\n\
            PVA0_AXI:  Online=1 MinFreq=0 MaxFreq=486400000 CurrentFreq=486400000\n\
            Failed to retrieve unit state: Access denied\nFAN Dynamic Speed control=active hwmon2_pwm1=88\n\
            NV Power Mode: MAXN\n";
        let shown = parse(text);
        assert_eq!((shown.soc_family, shown.machine), (Some("tegra210"), Some("a board")));
        assert_eq!((shown.online, shown.offline), (Some("0-3"), Some("4-5")));
        assert_eq!((shown.cluster_switching, shown.mode), (Some("Disabled"), Some("MAXN")));
        assert_eq!((shown.active_tpcs, shown.odd_lines), (Some(4), 1));
        assert_eq!(shown.fan, Some(Fan { control: Some("active"), pwm: Some(88), pwm_enable: None }));
        let names: Vec<_> = shown.clocks.iter().map(|clock| (clock.name, clock.online)).collect();
        let some =
            [("cpu0", None), ("cpu1", Some(false)), ("GPU", None), ("EMC", None), ("PVA0_AXI", Some(true))];
        assert_eq!(names, some);
        assert_eq!(shown.clocks[0].max_hz, Some(1_734_000_000));
        assert_eq!(shown.clocks[0].governor, Some("interactive"));
        let mut loose = Recycled::default();
        assert_eq!(state(shown.held(), &mut loose), Some(Pinned::Partial));
        assert_eq!(*loose, ["cpu0", "PVA0_AXI"]);
    }

    #[test]
    fn ok_and_err_single_lines() {
        for (line, pwm, enable) in [
            ("Fan: speed=255", Some(255), None),
            ("FAN Dynamic Speed Control=nvfancontrol hwmon0_pwm1=69", Some(69), None),
            ("FAN Dynamic Speed Control=nvfancontrol hwmon1_pwm1=64 hwmon1_pwm1_enable=1", Some(64), Some(1)),
            ("FAN Dynamic Speed Control=kernel hwmon0_pwm1=", None, None),
        ] {
            let fan = parse(line).fan.unwrap_or_default();
            assert_eq!((fan.pwm, fan.pwm_enable), (pwm, enable), "{line}");
        }
        for line in [
            "Fan:",
            "FAN x",
            "cpu0:",
            "cpu0: MinFreq=x",
            "GPU",
            "=",
            ":",
            "Active GPU TPCs: many",
            "\u{fffd}=",
        ] {
            let shown = parse(line);
            assert_eq!((shown.odd_lines, shown.clocks.len(), shown.fan), (1, 0, None), "{line}");
        }
        assert_eq!(parse(""), Shown::default());
        assert_eq!(parse("cpu0: MaxFreq=99999999999999999999 MinFreq=1").clocks[0].max_hz, None);
        assert_eq!(parse(&"GPU MinFreq=1\n".repeat(10_000)).clocks.len(), MOST_LINES);
    }

    #[test]
    fn ok_states() {
        for (held, wanted, names) in [
            (&[][..], None, &[][..]),
            (&[("a", true)], Some(Pinned::On), &[]),
            (&[("a", false)], Some(Pinned::Off), &[]),
            (&[("a", true), ("b", false), ("EMC", false)], Some(Pinned::Partial), &["b", "EMC"]),
            (&[("a", false), ("EMC", true)], Some(Pinned::Partial), &["a"]),
        ] {
            let mut loose = Recycled::default();
            assert_eq!(state(held.iter().copied(), &mut loose), wanted, "{held:?}");
            assert_eq!(*loose, *names, "{held:?}");
        }
    }
}
