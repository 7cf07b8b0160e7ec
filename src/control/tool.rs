//! The vendor's tools: how they are started, and what their words mean.

use std::io::Read;

use super::run::failed;
use super::{Kind, Refusal};
use crate::child::Child;
use crate::root::Root;

/// Bytes kept of what a tool prints; the rest is read and thrown away.
const KEPT: usize = 4096;
/// What the vendor's tools say of a failure, even when they end with 0.
pub(super) const ERROR: &str = "ERROR";

/// Starts a program of the board.
pub(super) fn started(program: &str, arguments: &[String], root: &Root) -> Result<Child, Refusal> {
    let absent = || Refusal::new(Kind::Unsupported, [program, ": no such program on this board"].concat());
    let path = root.program(program).ok_or_else(absent)?;
    Child::start_heard(&path, arguments, root).map_err(|error| failed(program, &error))
}

/// Reads what there is of a tool's output, of which only the beginning is kept; true when there will
/// be no more.
pub(super) fn take_output(child: &mut Child, printed: &mut Vec<u8>) -> bool {
    let mut piece = [0; 4096];
    // A tool that prints without end must not hold us here.
    for _ in 0..16 {
        match child.output.read(&mut piece) {
            Ok(0) => return true,
            Ok(taken) => {
                let room = KEPT.saturating_sub(printed.len()).min(taken);
                printed.extend_from_slice(piece.get(..room).unwrap_or_default());
            }
            Err(_) => return false,
        }
    }
    false
}

pub(super) fn overdue(name: &str, printed: &[u8]) -> Refusal {
    Refusal::new(Kind::Timeout, [name, ": did not end in time, and was ended", &said(printed)].concat())
}

/// Why a tool that has ended is a failure. nvpmodel asks whether it may reboot, gets no answer, and
/// changes nothing.
pub(super) fn failure_of(name: &str, ending: &str, printed: &[u8]) -> Refusal {
    let asks = String::from_utf8_lossy(printed).to_ascii_lowercase().contains("reboot required");
    let (kind, hint) = match asks {
        true => (Kind::Reboot, " (needs a reboot: --at-next-boot)"),
        false => (Kind::Failed, ""),
    };
    Refusal::new(kind, [name, ": ", ending, &said(printed), hint].concat())
}

/// The last line with an error that a tool has printed, or the last one, as a part of a message.
pub(super) fn said(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let lines = || text.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let line = lines().find(|line| line.contains(ERROR)).or_else(|| lines().next());
    line.map_or(String::new(), |line| {
        let line: String = line.chars().filter(|c| !c.is_control()).take(120).collect();
        [" \"", &line, "\""].concat()
    })
}
