//! The fan: left to the vendor, at a duty, at a profile of the vendor's, or on a curve of ours.
//!
//! Up to L4T R32 it is the device `pwm-fan`, and the kernel sets it unless `temp_control` is 0. From R34
//! on it is the hwmon sensor `pwmfan`, found by that name, and the service nvfancontrol sets it: it has
//! to be stopped first, or it overwrites a duty within seconds. `pwm1_enable` 0 is never written: it
//! switches the fan of Thor off. A fan that is ours is held by [`Holder`], in a program that stays.

mod hand;
mod hold;
mod profile;
pub mod regulator;

pub use hold::{Holder, full_speed};

use super::curve::{self, Curve};
use super::journal::{Journal, Undo};
use super::plan::{Hold, Plan};
use super::{Control, Kind, Range, Refusal, Scene};
use crate::board::fan as table;
use crate::board::nvpmodel;
use crate::root::Root;
use crate::snapshot::FanOwner;
use crate::source::sysfs::fan::{self as files, Place};
use crate::source::sysfs::thermal;

/// The control.
pub static CONTROL: Control = Control {
    name: "fan",
    description: "fan: automatic, a duty, a profile of the vendor's or a curve",
    unit: Some("%"),
    look,
    plan,
};

/// Above this temperature of the hottest zone a duty has a floor, milli-degrees Celsius. Throttling
/// begins at 97 to 99 C on these boards; a fan takes a while to win back 25 C.
pub const FLOOR_TEMP_MC: i32 = 70_000;
/// The floor, per mille.
pub const FLOOR_PM: u32 = 300;
/// The service that sets the fan from R34 on.
const SERVICE: &str = "nvfancontrol.service";
/// Profiles up to R32, which stand in no table (nvpmodel(8), `-d`).
const OLD_PROFILES: [&str; 2] = ["quiet", "cool"];
/// State of the power mode, in which releases up to R32 keep the profile.
const MODE_STATUS: &str = "var/lib/nvpmodel/status";

/// Whether a text may stand in a file of the fan: not what switches the fan of Thor off.
pub fn may_hold(path: &str, text: &str) -> bool {
    !path.ends_with("/pwm1_enable") || text != "0"
}

/// What may be put back into a file of the fan: a duty, but the floor where it has become hot, and full
/// speed where no temperature can be read. Nobody may look after it from then on.
pub fn safe(root: &Root, path: &str, text: &str) -> String {
    let duty_pm = text.parse().ok().filter(|_| files::places(root).iter().any(|fan| fan.target == path));
    let Some(duty_pm) = duty_pm.map(duty_of) else { return text.to_owned() };
    let safe_pm = floored(duty_pm, hottest(&thermal::zones(root), &|_| true));
    if safe_pm > duty_pm { pwm_of(safe_pm).to_string() } else { text.to_owned() }
}

/// A duty of 0 to 255 for one per mille.
fn pwm_of(duty_pm: u32) -> u32 {
    (duty_pm.min(1000) * 255 + 500) / 1000
}

/// And the other way.
fn duty_of(pwm: u32) -> u32 {
    (pwm.min(255) * 1000 + 127) / 255
}

/// The fans of a board, and who sets them.
struct Board {
    fans: Vec<Place>,
    owner: FanOwner,
    /// The service's table.
    table: Option<String>,
    /// The profile in force, or that of the next start; empty when unknown.
    profile: String,
}

impl Board {
    fn read(root: &Root) -> Result<Board, Refusal> {
        let fans = files::places(root);
        let Some(first) = fans.first() else {
            return Err(Refusal::unsupported("fan", "this board has none that can be set"));
        };
        let bytes = if first.old { None } else { root.read(files::TABLE, files::LARGEST).ok() };
        let table = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let owner = |fan: &Place| {
            let mode = root.number(&fan.mode).and_then(|mode| u32::try_from(mode).ok());
            if fan.old { files::old_owner(mode) } else { files::owner(root, mode, table.is_some()) }
        };
        let owners: Vec<FanOwner> = fans.iter().map(owner).collect();
        let loose = owners.iter().find(|owner| matches!(owner, FanOwner::Manual | FanOwner::Unknown));
        let owner = loose.or(owners.first()).copied().unwrap_or_default();
        let status = root.text(if first.old { MODE_STATUS } else { files::STATUS }).unwrap_or_default();
        let own = if first.old {
            nvpmodel::parse_status(&status).fan
        } else {
            table::parse_status(&status).profile
        };
        let default = || table::parse(table.as_deref()?).fans.first()?.default_profile;
        let profile = own.or_else(default).unwrap_or_default().to_owned();
        Ok(Board { fans, owner, table, profile })
    }

    fn is_old(&self) -> bool {
        self.fans.iter().any(|fan| fan.old)
    }

    /// The profiles that may be chosen.
    fn profiles(&self) -> Vec<String> {
        if self.is_old() {
            let known = if self.profile.is_empty() { &[][..] } else { &OLD_PROFILES };
            return known.iter().map(|name| (*name).to_owned()).collect();
        }
        let mut names: Vec<String> = Vec::new();
        let table = table::parse(self.table.as_deref().unwrap_or_default());
        for profile in table.fans.iter().flat_map(|fan| &fan.profiles) {
            if !names.iter().any(|name| name == profile.name) {
                names.push(profile.name.to_owned());
            }
        }
        names
    }

    /// The words that the control takes.
    fn options(&self, root: &Root) -> Vec<String> {
        let curves = curve::names(root).into_iter().map(|name| ["curve ", &name].concat());
        std::iter::once("auto".to_owned()).chain(self.profiles()).chain(curves).collect()
    }

    /// What the fan is at.
    fn value(&self, scene: &Scene) -> Option<String> {
        if let Some(hold) = &scene.journal.held {
            return Some(text_of(hold));
        }
        match self.owner {
            FanOwner::Unknown => None,
            FanOwner::Manual => {
                let pwm = scene.root.number(&self.fans.first()?.target)?;
                Some(((u32::try_from(pwm).ok()?.min(255) * 100 + 127) / 255).to_string())
            }
            FanOwner::Kernel if !self.is_old() => Some("auto".to_owned()),
            _ if self.profile.is_empty() => Some("auto".to_owned()),
            _ => Some(self.profile.clone()),
        }
    }
}

/// What is held, as the control takes it.
fn text_of(hold: &Hold) -> String {
    match hold {
        Hold::Duty(duty_pm) => (duty_pm / 10).to_string(),
        Hold::Curve(name) => ["curve ", name].concat(),
    }
}

/// What is asked for.
/// Where a curve is shown: temperatures, and from one to the next.
const SHOWN_MC: std::ops::RangeInclusive<i32> = 20_000..=110_000;
const SHOWN_STEP: usize = 5000;

enum Wanted {
    Auto,
    Duty(u32),
    Curve(String, Curve),
    Profile(String),
}

fn wanted(board: &Board, root: &Root, value: &str) -> Result<Wanted, Refusal> {
    let value = value.trim();
    if value.eq_ignore_ascii_case("auto") {
        return Ok(Wanted::Auto);
    }
    if let Some(duty_pm) = curve::percent(value) {
        return Ok(Wanted::Duty(duty_pm));
    }
    if let Some(name) = value.strip_prefix("curve ").map(str::trim) {
        let read =
            curve::load(root, name).map_err(|why| Refusal::new(Kind::Invalid, ["fan: ", &why].concat()));
        return Ok(Wanted::Curve(name.to_owned(), read?));
    }
    match board.profiles().into_iter().find(|name| name.eq_ignore_ascii_case(value)) {
        Some(name) => Ok(Wanted::Profile(name)),
        None => {
            let takes = ["0-100, ", &board.options(root).join(", ")].concat();
            Err(Refusal::value("fan", value, &takes))
        }
    }
}

fn look(scene: &Scene) -> Result<Range, Refusal> {
    let board = Board::read(scene.root)?;
    let value = board.value(scene);
    let name = value.as_deref().and_then(|value| value.strip_prefix("curve "));
    let own = name.and_then(|name| curve::load(scene.root, name).ok());
    let shown = |own: &Curve| SHOWN_MC.step_by(SHOWN_STEP).map(|mc| (mc, own.duty(mc))).collect();
    Ok(Range {
        curve: own.as_ref().map(shown).unwrap_or_default(),
        zones: own.map(|own| own.zones).unwrap_or_default(),
        options: board.options(scene.root),
        bounds: Some((0, 100)),
        value,
        ..Range::default()
    })
}

fn plan(scene: &Scene, value: &str) -> Result<Plan, Refusal> {
    let board = Board::read(scene.root)?;
    let wanted = wanted(&board, scene.root, value)?;
    let mut plan = Plan { control: "fan", old: board.value(scene).unwrap_or_default(), ..Plan::default() };
    match wanted {
        Wanted::Auto => {
            plan.new = "auto".to_owned();
            hand::back(&board, scene, &mut plan)?;
        }
        Wanted::Profile(name) => {
            plan.new.clone_from(&name);
            profile::choose(&board, scene, &name, &mut plan)?;
        }
        Wanted::Duty(duty_pm) => {
            check_floor(scene.root, duty_pm)?;
            hand::take(&board, scene, Hold::Duty(duty_pm), duty_pm, &mut plan)?;
        }
        Wanted::Curve(name, curve) => {
            let duty_pm = first_duty(scene.root, &name, &curve)?;
            hand::take(&board, scene, Hold::Curve(name), duty_pm, &mut plan)?;
        }
    }
    Ok(plan)
}

/// Whether the fan is ours, or was taken by a program that is gone.
fn is_ours(journal: &Journal) -> bool {
    journal.held.is_some() || journal.records().iter().any(|record| journal.took_fan(record))
}

/// What a fan's file held before we first wrote it.
fn before<'a>(journal: &'a Journal, file: &str) -> Option<&'a str> {
    journal.records().iter().find_map(|record| match &record.kind {
        Undo::Write { path, old, .. } if record.control == "fan" && path == file => Some(old.as_str()),
        _ => None,
    })
}

/// The hottest zone that counts.
fn hottest(zones: &[(String, Option<i32>)], counts: &dyn Fn(&str) -> bool) -> Option<i32> {
    // The PMIC's zone is a constant on every release.
    let counting = zones.iter().filter(|(name, _)| name != "PMIC" && counts(name));
    counting.filter_map(|(_, mc)| *mc).max()
}

fn check_floor(root: &Root, duty_pm: u32) -> Result<(), Refusal> {
    let hottest_mc = hottest(&thermal::zones(root), &|_| true);
    if duty_pm >= FLOOR_PM || hottest_mc.is_some_and(|mc| mc <= FLOOR_TEMP_MC) {
        return Ok(());
    }
    let (duty, least) = (duty_pm / 10, FLOOR_PM / 10);
    let why = match hottest_mc {
        Some(mc) => {
            let (now, limit) = (mc / 1000, FLOOR_TEMP_MC / 1000);
            format!("fan: {duty} % is too little at {now} C (at least {least} % above {limit} C)")
        }
        None => format!("fan: {duty} % is too little where no temperature can be read (at least {least} %)"),
    };
    Err(Refusal::new(Kind::Conflict, why))
}

/// The duty that a curve begins with.
fn first_duty(root: &Root, name: &str, curve: &Curve) -> Result<u32, Refusal> {
    let zones = thermal::zones(root);
    if !zones.is_empty() && !zones.iter().any(|(zone, _)| curve.counts(zone)) {
        let chosen = curve.zones.join(" ");
        let why =
            ["fan: curve ", name, ": this board has no zone \"", &chosen, "\" (jscopectl stats)"].concat();
        return Err(Refusal::new(Kind::Conflict, why));
    }
    let chosen_mc = hottest(&zones, &|zone| curve.counts(zone));
    Ok(floored(chosen_mc.map_or(1000, |mc| curve.duty(mc)), hottest(&zones, &|_| true)))
}

/// A duty, or the floor when it is hot; full when no temperature can be read.
fn floored(duty_pm: u32, hottest_mc: Option<i32>) -> u32 {
    match hottest_mc {
        None => 1000,
        Some(mc) if mc > FLOOR_TEMP_MC => duty_pm.max(FLOOR_PM),
        Some(_) => duty_pm,
    }
}
