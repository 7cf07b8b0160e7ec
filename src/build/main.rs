//! Leaves the tables of the unwinder out of the programs of a release.
//!
//! A release aborts on a panic and has no unwinder (src/sys/unused.rs), so nothing ever reads these tables:
//! 130 kB of the static aarch64 executable. The linker script beside this file says so to GNU ld, the
//! only linker that can take a section out of its own script; where it is not to be had, the programs
//! are linked as ever, and larger. The C library's own start files keep their tables, which they
//! refer to.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/build");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let wanted =
        is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if wanted && has_gnu_ld() {
        let place = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bins=-fuse-ld=bfd");
        println!("cargo:rustc-link-arg-bins=-Wl,-T,{place}/src/build/no_unwind.ld");
    }
}

/// Whether the compiler that links for the target can call GNU ld.
fn has_gnu_ld() -> bool {
    let linker = std::env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(linker).args(["-fuse-ld=bfd", "-Wl,--version"]).output();
    output.is_ok_and(|output| output.status.success() && output.stdout.starts_with(b"GNU ld"))
}
