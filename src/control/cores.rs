//! Which cores are on: `cpu_cores 0-3,5`, or `all`. The first one stays on: Tegra boots and sleeps on
//! it. A core that the power mode has switched off may refuse to come up; that is read back.

use super::plan::{Plan, Step};
use super::{Control, Range, Refusal, Scene};
use crate::order;
use crate::root::Root;
use crate::source::sysfs::cpu::{CPU, cores};

/// More than any board has.
const MOST: u16 = 255;
/// What the control takes, for its refusals.
const TAKES: &str = "a list like 0-3,5 with core 0, or all";

/// The cores that are on.
pub static CONTROL: Control =
    Control { name: "cpu_cores", description: "CPU cores that are on", unit: None, look, plan };

/// The cores that are on; none where the kernel does not tell.
pub fn online(root: &Root) -> Vec<u16> {
    listed(root, "online")
}

/// Whether one of some cores is on, or it is not told which are.
pub fn any_on(some: &[u16], online: &[u16]) -> bool {
    online.is_empty() || some.iter().any(|core| online.contains(core))
}

/// The cores as the kernel lists them, `0-3,5`.
pub fn list(cores: &[u16]) -> String {
    let mut text = String::new();
    let mut rest = cores;
    while let [first, ..] = rest {
        let run = rest.iter().zip(*first..).take_while(|(core, number)| *core == number).count();
        let (these, others) = rest.split_at(run);
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&first.to_string());
        if let [_, .., last] = these {
            text.push('-');
            text.push_str(&last.to_string());
        }
        rest = others;
    }
    text
}

fn listed(root: &Root, file: &str) -> Vec<u16> {
    let text = root.text(&[CPU, "/", file].concat()).unwrap_or_default();
    cores(text.as_bytes())
}

/// The cores that the board has.
fn present(root: &Root) -> Result<Vec<u16>, Refusal> {
    let present = ["present", "possible"].iter().map(|file| listed(root, file)).find(|list| !list.is_empty());
    present.ok_or_else(|| Refusal::unsupported(CONTROL.name, "the kernel does not list its cores"))
}

fn switch(core: u16) -> String {
    [CPU, "/cpu", &core.to_string(), "/online"].concat()
}

fn look(scene: &Scene) -> Result<Range, Refusal> {
    present(scene.root)?;
    let online = online(scene.root);
    let value = Some(list(&online)).filter(|list| !list.is_empty());
    Ok(Range { value, options: vec!["all".to_owned()], ..Range::default() })
}

fn plan(scene: &Scene, value: &str) -> Result<Plan, Refusal> {
    let root = scene.root;
    let (present, online) = (present(root)?, online(root));
    let refused = |takes: &str| Refusal::value(CONTROL.name, value, takes);
    let wanted = match value.trim() {
        "all" => present.clone(),
        value => parse(value).ok_or_else(|| refused(TAKES))?,
    };
    if !wanted.contains(&0) {
        return Err(refused("core 0 stays on"));
    }
    if wanted.iter().any(|core| !present.contains(core)) {
        return Err(refused(&["the board has ", &list(&present)].concat()));
    }
    let mut steps = Vec::new();
    for on in [true, false] {
        for &core in present.iter().filter(|core| wanted.contains(core) == on && online.contains(core) != on)
        {
            if core == 0 {
                continue;
            }
            if !root.has(&switch(core)) {
                let lacks = ["core ", &core.to_string(), " has no switch"].concat();
                return Err(Refusal::unsupported(CONTROL.name, &lacks));
            }
            steps.push(Step::write(switch(core), if on { "1" } else { "0" }));
        }
    }
    Ok(Plan { control: CONTROL.name, old: list(&online), new: list(&wanted), steps, ..Plan::default() })
}

/// Reads a list as people write it: every part of it must be a core or a range of them.
fn parse(text: &str) -> Option<Vec<u16>> {
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|&core: &u16| digits && core <= MOST)
    };
    let mut cores = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return None;
        }
        cores.extend(first..=last);
    }
    order::sort(&mut cores, |a, b| a < b);
    cores.dedup();
    Some(cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lists() {
        for (text, cores, wanted) in [
            ("0", &[0][..], "0"),
            ("0-3,5", &[0, 1, 2, 3, 5], "0-3,5"),
            ("5, 0-1 ,1-2", &[0, 1, 2, 5], "0-2,5"),
            ("0,1", &[0, 1], "0-1"),
            ("0,2,4", &[0, 2, 4], "0,2,4"),
            ("255", &[255], "255"),
            ("0-0", &[0], "0"),
        ] {
            let parsed = parse(text);
            assert_eq!(parsed.as_deref(), Some(cores), "{text:?}");
            assert_eq!(list(cores), wanted, "{text:?}");
        }
        assert_eq!(list(&[]), "");
    }

    #[test]
    fn err_lists() {
        for text in
            ["", ",", "0,", "0 1", "-", "0-", "-3", "3-1", "x", "+1", "256", "65536", "0-99999", "0--1"]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
