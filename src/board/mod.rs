//! What board this is: model, module, SoC, release, and the vendor's tables of power modes and fan.
//!
//! [`Board::read`] looks once, at start or when asked; it reads files, runs nothing, and never
//! fails: a Jetson of which half is hidden (a container, an image without the release file, a
//! module of tomorrow) has fewer values. Priorities are those of [`module`] and [`release`]; RAM
//! size and number of cores name nothing, as they are the same on several modules.
//! [`nvpmodel`], [`fan`] and [`clocks`] read the vendor's files and prints, each on its own.

pub mod bootctl;
pub mod clocks;
pub mod fan;
pub mod hint;
pub mod library;
pub mod module;
pub mod number;
pub mod nvpmodel;
pub mod package;
pub mod release;
pub mod table;
pub mod tree;

use crate::root::Root;
use bootctl::BootControl;
use hint::Family;
use table::Table;
use tree::Tree;

/// A text, and what told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The text.
    pub text: String,
    /// The kind of file that it is from.
    pub source: &'static str,
}

impl Told {
    fn new(text: &str, source: &'static str) -> Told {
        Told { text: text.to_owned(), source }
    }
}

/// What is known about a board. What is `None` could not be found out.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// Whether it is a Jetson at all.
    pub is_jetson: bool,
    /// The device tree's free text, which differs between releases.
    pub model: Option<String>,
    /// NVIDIA's code name, `galen`.
    pub codename: Option<String>,
    /// `tegra234`.
    pub soc: Option<String>,
    /// The module's trade name; without a known number the name of its family.
    pub module: Option<String>,
    /// The module's number, `p3767-0005`, and what named it.
    pub board_id: Option<Told>,
    /// Private data: only for those who may control the board.
    pub serial_number: Option<String>,
    /// `36.4.4`, always three numbers.
    pub l4t: Option<Told>,
    /// `6.2.1`, `6.0 DP`.
    pub jetpack: Option<Told>,
    /// CUDA's number for the GPU, `8.7`.
    pub cuda_arch: Option<String>,
    /// The running kernel's release.
    pub kernel: Option<String>,
    /// The host's name.
    pub hostname: Option<String>,
    /// The carrier's number, `p3768-0000`.
    pub carrier: Option<String>,
    /// The carrier's name.
    pub carrier_name: Option<String>,
    /// The first entry of `compatible`.
    pub machine: Option<String>,
    /// `aarch64`.
    pub architecture: Option<String>,
    /// The clocks are those of the Super update.
    pub is_super: bool,
    /// The module that this one was flashed to behave like.
    pub emulates: Option<String>,
    /// Versions of the libraries of [`library::NAMES`]; all `None` unless they were asked for.
    pub libraries: [Option<String>; 6],
    /// What is wrong in the tables that extend ours, `file:line: why "text"`.
    pub warnings: Vec<String>,
}

impl Board {
    /// Finds out what board the root holds; versions of libraries only when they are asked for, as
    /// that reads megabytes.
    pub fn read(root: &Root, libraries: bool) -> Board {
        let mut board = Board::default();
        let (tree, boot) = (Tree::read(root), BootControl::read(root));
        let modules = Table::load(root, &table::MODULES, &mut board.warnings);
        let socs = Table::load(root, &table::SOCS, &mut board.warnings);
        let file = release::read_file(root);
        let family = if tree.is_foreign() { None } else { hint::find(&hints(&tree, &boot)) };

        let sure = own_soc(root, &tree, &boot, &socs);
        let found = module::find(root, &tree, &boot, &modules, sure.as_deref());
        let row = found.module.as_deref().and_then(|number| modules.find_family(number));
        let t210 = || file.as_ref().filter(|file| file.board == "t210ref").map(|_| "tegra210".to_owned());
        board.soc = sure.or_else(|| row?.text(4)).or_else(|| Some(family?.soc.to_owned())).or_else(t210);
        board.is_jetson = root.is_jetson() || board.soc.is_some();
        board.cuda_arch = board.soc.as_deref().and_then(|soc| socs.find_alias(soc)?.text(3));
        board.name(found, &modules, family);

        board.machine = tree.compatible.first().cloned();
        let code = hint::code_name(&tree.dtsfilename).or_else(|| tree.code_names().first().copied());
        // Where no code name is left (R36 and later), the carrier's number stands for it.
        let carrier = || Some(number::family(board.carrier.as_deref()?).to_ascii_uppercase());
        board.codename = code.map(str::to_owned).or_else(carrier);
        board.model = tree.model;
        board.serial_number = tree::property(root, "serial-number");
        board.kernel = root.text("proc/sys/kernel/osrelease");
        board.hostname = root.text("proc/sys/kernel/hostname");
        board.architecture = architecture(root, file.as_ref(), board.soc.as_deref());

        let packages = release::Packages::read(root, file.is_none(), libraries);
        board.l4t = release::l4t(file.as_ref(), &packages, &boot);
        let l4t = board.l4t.as_ref().map(|l4t| l4t.text.as_str());
        let releases = || Table::load(root, &table::RELEASES, &mut board.warnings);
        board.jetpack = release::jetpack(l4t, &packages, releases);
        board.libraries = packages.libraries;
        if libraries {
            library::read_files(root, &mut board.libraries);
        }
        board
    }

    /// Takes over what names the module and its carrier.
    fn name(&mut self, found: module::Found, modules: &Table, family: Option<Family>) {
        let number = found.module.as_deref();
        let exact = number.and_then(|number| modules.find(number)?.text(2));
        self.module = exact.or_else(|| Some(family?.name.to_owned()));
        self.carrier_name =
            found.carrier.as_deref().and_then(|carrier| modules.find_family(carrier)?.text(2));
        self.board_id = found.module.zip(found.source).map(|(text, source)| Told { text, source });
        self.carrier = found.carrier;
        self.emulates = found.emulates;
        self.is_super = found.is_super;
    }
}

/// The governors that the first core may have, with blanks between them.
pub fn governors(root: &Root) -> String {
    let place =
        |place: &str| root.text(&["sys/devices/system/cpu/", place, "/scaling_available_governors"].concat());
    place("cpufreq/policy0").or_else(|| place("cpu0/cpufreq")).unwrap_or_default()
}

/// The texts that may name the family, the most telling ones first.
fn hints<'a>(tree: &'a Tree, boot: &'a BootControl) -> Vec<&'a str> {
    let mut texts = tree.code_names();
    texts.splice(..0, tree.model.as_deref());
    texts.push(tree.dtsfilename.rsplit('/').next().unwrap_or_default());
    texts.push(&boot.board);
    texts.extend(tree.compatible.iter().chain(&boot.modules).map(String::as_str));
    texts
}

/// The SoC as the board itself names it: an entry of `compatible` that the table knows, an alias of
/// it, the chip's number, or an entry that nobody knows yet.
fn own_soc(root: &Root, tree: &Tree, boot: &BootControl, socs: &Table) -> Option<String> {
    let listed = tree.socs();
    for soc in &listed {
        if socs.find(soc).is_some() {
            return Some((*soc).to_owned());
        }
    }
    for soc in &listed {
        if let Some(row) = socs.find_alias(soc) {
            return row.text(0);
        }
    }
    let chip = || of_chip(boot.chip_id.or_else(|| chip_id(root))?);
    listed.first().copied().or_else(chip).map(str::to_owned)
}

/// The number that the fuses give the chip: a parameter up to R32, later in the description of the
/// SoC (drivers/soc/tegra/fuse), which a container sees too.
fn chip_id(root: &Root) -> Option<u32> {
    let fuse = || root.number("sys/module/tegra_fuse/parameters/tegra_chip_id");
    let soc = || {
        let tegra = root.text("sys/devices/soc0/family").is_some_and(|family| family == "Tegra");
        root.number("sys/devices/soc0/soc_id").filter(|_| tegra)
    };
    u32::try_from(fuse().or_else(soc)?).ok()
}

fn of_chip(chip_id: u32) -> Option<&'static str> {
    match chip_id {
        0x40 => Some("tegra124"),
        0x21 => Some("tegra210"),
        0x18 => Some("tegra186"),
        0x19 => Some("tegra194"),
        0x23 => Some("tegra234"),
        0x26 => Some("tegra264"),
        _ => None,
    }
}

/// The architecture of programs: what the kernel says (from Linux 6.1 on), the release file, or
/// what follows from the SoC; of this machine it is known anyway.
fn architecture(root: &Root, file: Option<&release::ReleaseFile>, soc: Option<&str>) -> Option<String> {
    let eabi = || Some(file?.eabi.clone()).filter(|eabi| eabi == "aarch64");
    let by_soc = || Some(if soc? == "tegra124" { "armv7l" } else { "aarch64" }.to_owned());
    let own = || root.is_system().then(|| std::env::consts::ARCH.to_owned());
    root.text("proc/sys/kernel/arch").or_else(eabi).or_else(by_soc).or_else(own)
}
