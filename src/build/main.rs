//! Leaves the tables of the unwinder out of the programs of a release.
//!
//! A release aborts on a panic and has no unwinder (src/sys/unused.rs), so nothing ever reads these tables:
//! 130 kB of the static aarch64 executable. The linker script beside this file says so to GNU ld, the
//! only linker that can take a section out of its own script; where it is not to be had, the programs
//! are linked as ever, and larger. The C library's own start files keep their tables, which they
//! refer to.
//!
//! Where the programs are built for the machine that builds them, their relocations are packed too
//! (DT_RELR): 57 kB less of the dynamic executable. The loader of glibc 2.36 is the first that reads them.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/build");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let wanted =
        is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if wanted && has_gnu_ld() {
        // A copy beside what is built: a checkout may move while that stays.
        let script = std::env::var("OUT_DIR").unwrap_or_default() + "/no_unwind.ld";
        std::fs::write(&script, include_str!("no_unwind.ld")).expect("OUT_DIR can be written");
        println!("cargo:rustc-link-arg-bins=-fuse-ld=bfd");
        println!("cargo:rustc-link-arg-bins=-Wl,-T,{script}");
        let native = std::env::var("HOST").is_ok_and(|host| is("TARGET", &host));
        if native && !is_static() && loader_reads_relr() && ld_knows("-z pack-relative-relocs") {
            println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
    }
}

/// Whether the C library becomes part of the programs; such start by code of their own, not by a loader.
fn is_static() -> bool {
    std::env::var("CARGO_CFG_TARGET_FEATURE")
        .is_ok_and(|features| features.split(',').any(|feature| feature == "crt-static"))
}

/// Whether this machine's glibc is 2.36 or newer, as `ldd` says in the last word of its first line.
fn loader_reads_relr() -> bool {
    let Ok(output) = Command::new("ldd").arg("--version").output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().next().and_then(|line| line.rsplit(' ').next()?.split_once('.'));
    version.is_some_and(|(major, minor)| {
        let minor = minor.parse::<u32>().unwrap_or(0);
        major.parse::<u32>().is_ok_and(|major| (major, minor) >= (2, 36))
    })
}

/// Whether the help of the linker names `option`.
fn ld_knows(option: &str) -> bool {
    let linker = std::env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(linker).args(["-fuse-ld=bfd", "-Wl,--help"]).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(option))
}

/// Whether the compiler that links for the target can call GNU ld.
fn has_gnu_ld() -> bool {
    let linker = std::env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(linker).args(["-fuse-ld=bfd", "-Wl,--version"]).output();
    output.is_ok_and(|output| output.status.success() && output.stdout.starts_with(b"GNU ld"))
}
