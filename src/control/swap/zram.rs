//! Swap that is compressed in RAM. L4T makes it at each boot by `nvzramconfig.service`, which turns it
//! on and ends; nothing turns it off, so that is done here.

use super::area::{self, Area};
use super::{SHOWN, ended, programs, turned_off};
use crate::control::Refusal;
use crate::control::desk::SYSTEMCTL;
use crate::control::journal::{Record, Undo};
use crate::control::plan::{Plan, Step};
use crate::root::Root;

const UNIT: &str = "nvzramconfig.service";
/// Where units are.
const UNITS: [&str; 3] = ["etc/systemd/system/", "lib/systemd/system/", "usr/lib/systemd/system/"];
/// The link of a unit that is started at each boot.
const WANTED: &str = "etc/systemd/system/multi-user.target.wants/";
const DEVICE: &str = "/dev/zram";

/// How to turn it on or off, now and at each boot.
pub fn plan(root: &Root, areas: &[Area], on: bool) -> Result<Plan, Refusal> {
    let word = |on: bool| if on { "on" } else { "off" }.to_owned();
    let is_on = areas.iter().any(is_zram);
    let mut plan = Plan { control: "zram", old: word(is_on), new: word(on), ..Plan::default() };
    let at_boot = root.status(&[WANTED, UNIT].concat()).is_some();
    let has_unit = UNITS.iter().any(|directory| root.status(&[directory, UNIT].concat()).is_some());
    let systemctl = |verb| Step::run("systemctl", &[verb, UNIT], SYSTEMCTL);
    if on {
        if !has_unit {
            return Err(Refusal::unsupported("zram", "no nvzramconfig.service, which makes it on a Jetson"));
        }
        if !(is_on && at_boot) {
            programs(root, &["systemctl"])?;
        }
        if !at_boot {
            plan.steps.push(Step::Note(Record::new("zram", Undo::Disable { unit: UNIT.to_owned() })));
            plan.steps.push(systemctl("enable"));
        }
        if !is_on {
            plan.steps.extend(left_off(root));
            plan.steps.push(systemctl("start"));
            let word = [DEVICE, "*"].concat();
            plan.steps.push(Step::Listed { path: area::PATH, word, there: true, within: SHOWN });
        }
        return Ok(ended(plan));
    }
    if is_on {
        programs(root, &["swapoff"])?;
        area::fit_elsewhere(root, areas, &is_zram)?;
        plan.steps.extend(areas.iter().filter(|area| is_zram(area)).flat_map(turned_off));
    }
    if has_unit && (is_on || at_boot) {
        programs(root, &["systemctl"])?;
        // It may count as started still, and would not start again.
        plan.steps.push(systemctl("stop"));
    }
    if has_unit && at_boot {
        // The last step: nothing has to take it back.
        plan.steps.push(systemctl("disable"));
    } else if is_on {
        plan.notes.push(
            "what turned it on may do so at the next boot: that is not nvzramconfig.service".to_owned(),
        );
    }
    Ok(ended(plan))
}

/// What a start that fails in the middle has turned on is turned off again.
fn left_off(root: &Root) -> Vec<Step> {
    let devices = root.names("sys/block").into_iter().filter(|name| name.starts_with("zram"));
    let undo = |name: String| Undo::Swap { area: ["/dev/", &name].concat(), priority: None };
    devices.map(|name| Step::Note(Record::new("zram", undo(name)))).collect()
}

fn is_zram(area: &Area) -> bool {
    area.name.starts_with(DEVICE)
}
