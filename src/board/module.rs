//! Which module and carrier a board has.
//!
//! The device tree's `compatible` goes first: a board without it is named by `nvidia,boardids`, the
//! boot control file, or the EEPROM of the module. One device tree may serve several modules and
//! carriers and lists them all (R35: both kinds of Orin Nano 8GB; Xavier NX: the carrier of the
//! Nano beside its own). Then the module is the one that a later source names too; else that of
//! the developer kit when the model string calls the board so; else the first. The carrier is the
//! one whose device tree source was built; else the first that is known to carry this SoC.

use super::bootctl::BootControl;
use super::number;
use super::table::Table;
use super::tree::Tree;
use crate::root::Root;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The module's number, `p3767-0005`.
    pub module: Option<String>,
    /// What named it.
    pub source: Option<&'static str>,
    /// The carrier's number, `p3768-0000`.
    pub carrier: Option<String>,
    /// The module that this one pretends to be (flashed as another one, for development).
    pub emulates: Option<String>,
    /// Its clocks are those of the Super update.
    pub is_super: bool,
}

/// Takes the numbers of all sources together, as few of these as decide it.
pub fn find(root: &Root, tree: &Tree, boot: &BootControl, table: &Table, soc: Option<&str>) -> Found {
    let mut found = Found {
        is_super: tree.compatible.iter().any(|entry| entry.ends_with("-super"))
            || tree.model.as_deref().is_some_and(|model| model.ends_with(" Super"))
            || boot.board.ends_with("-super"),
        ..Found::default()
    };
    let (mut modules, mut carriers) = (Vec::new(), Vec::new());
    for entry in &tree.compatible {
        let (real, emulated) = entry.split_once("-as-").unwrap_or((entry.as_str(), ""));
        found.emulates = found.emulates.take().or_else(|| number::numbers(emulated).into_iter().next());
        sort(real, table, &mut modules, &mut carriers);
    }
    if modules.len() == 1 {
        found.source = Some("compatible");
        found.module = modules.pop();
    } else {
        let later = Later { root, boot, table, jetson: soc.is_some() || root.is_jetson() };
        choose(&mut found, modules, tree, &later);
    }
    let mut dts = number::numbers(&tree.dtsfilename);
    // `p2597-2180` is a carrier and its module (T210, T186), not a carrier and its SKU.
    let own = found.module.as_deref().map(|module| number::family(module).trim_start_matches('p').to_owned());
    dts.retain(|number| own.is_none() || number.split('-').nth(1) != own.as_deref());
    if carriers.is_empty() {
        carriers.extend(dts.iter().filter(|number| is_carrier(table, number) == Some(true)).cloned());
    }
    let built = carriers.iter().find(|carrier| dts.contains(carrier));
    let fits = |carrier: &&String| {
        table.find_family(carrier).is_some_and(|row| row.field(4).split(' ').any(|own| Some(own) == soc))
    };
    found.carrier = built.or_else(|| carriers.iter().find(fits)).or(carriers.first()).cloned();
    found
}

/// Puts the numbers of an entry of `compatible` to modules and carriers. One that the table does
/// not know is the carrier when it stands before a plus sign.
fn sort(entry: &str, table: &Table, modules: &mut Vec<String>, carriers: &mut Vec<String>) {
    let (head, _) = entry.split_once('+').unwrap_or(("", entry));
    let before = number::numbers(head).len();
    for (n, number) in number::numbers(entry).into_iter().enumerate() {
        let carrier = is_carrier(table, &number).unwrap_or(n < before);
        let list = if carrier { &mut *carriers } else { &mut *modules };
        if !list.contains(&number) {
            list.push(number);
        }
    }
}

#[inline(never)]
fn is_carrier(table: &Table, number: &str) -> Option<bool> {
    table.find_family(number).map(|row| row.field(1) == "carrier")
}

/// What is asked when `compatible` does not decide.
struct Later<'a> {
    root: &'a Root,
    boot: &'a BootControl,
    table: &'a Table,
    /// Elsewhere what answers at the EEPROM's address is memory.
    jetson: bool,
}

/// One of several modules, or the first that a later source names when there is none.
fn choose(found: &mut Found, modules: Vec<String>, tree: &Tree, more: &Later) {
    let Later { root, boot, table, jetson } = *more;
    let good = |number: &String| match modules.is_empty() {
        true => is_carrier(table, number) != Some(true),
        false => modules.contains(number),
    };
    // Among the specifications, one that is known; a stand-in file may hold a number that is none.
    let known = |number: &&String| table.find(number).is_some();
    let of_boot = || boot.modules.iter().find(known).or(boot.modules.first()).cloned().filter(good);
    let later = board_ids(&tree.boardids).into_iter().find(good).map(|number| (number, "boardids"));
    let later = later.or_else(|| Some((of_boot()?, "boot control")));
    let later = later.or_else(|| Some((jetson.then(|| eeprom(root))?.filter(good)?, "eeprom")));
    if modules.is_empty() {
        (found.module, found.source) = later.unzip();
        return;
    }
    let kit = tree.model.as_deref().is_some_and(|model| model.contains("Developer Kit"));
    let is_kit = |number: &&String| {
        kit && table.find(number).is_some_and(|row| row.field(2).contains("developer kit"))
    };
    let own = || modules.iter().find(is_kit).or(modules.first()).cloned();
    found.module = later.map(|(number, _)| number).or_else(own);
    found.source = Some("compatible");
}

/// The numbers of `nvidia,boardids`: `3310:1000:B01` or `p3448-0000-300`, NULs or blanks between.
fn board_ids(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c == '\0' || c.is_whitespace());
    parts
        .filter_map(|part| {
            let mut fields = part.split([':', '-']);
            number::from_digits(fields.next()?, fields.next().unwrap_or_default())
        })
        .collect()
}

/// The module's EEPROM, at address 0x50 of a bus that differs by board, where the at24 driver (or
/// its nvmem device) lets this user read it. The part number stands at offset 20; monitors and
/// memories answer at that address, too, and have none.
fn eeprom(root: &Root) -> Option<String> {
    let devices = root.names("sys/bus/i2c/devices");
    devices.iter().filter(|name| name.ends_with("-0050")).find_map(|name| {
        let device = ["sys/bus/i2c/devices/", name, "/eeprom"].concat();
        let memory = ["sys/bus/nvmem/devices/", name, "0/nvmem"].concat();
        let bytes = root.read(&device, 256).or_else(|_| root.read(&memory, 256)).ok()?;
        bytes.get(20..).and_then(number::from_part).or_else(|| number::from_part(&bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_and_err_board_ids() {
        for (text, wanted) in [
            ("3310:1000:B01", &["p3310-1000"][..]),
            ("p2595-0000-A0\0", &["p2595-0000"]),
            ("3448", &["p3448"]),
            ("2180:1000:A0\x003310", &["p2180-1000", "p3310"]),
            ("", &[]),
            ("331", &[]),
            ("No such file or directory", &[]),
            (":::", &[]),
        ] {
            assert_eq!(board_ids(text), wanted, "{text:?}");
        }
    }
}
