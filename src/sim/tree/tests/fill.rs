//! What is put into a sample without files is what the files say.

use super::*;
use crate::root::Root;
use crate::sim::{BOARDS, fill, print};
use crate::snapshot::Snapshot;
use crate::tegrastats::fill::{Reading, samples};

/// What both have, as text.
fn common(s: &Snapshot, differs: &[&str]) -> Vec<String> {
    let mut found = vec![
        format!("mode {:?} {}", s.power_mode.id, s.power_mode.name),
        format!("up {:?}", s.uptime_ms.map(|ms| ms / 1000)),
        format!("available {:?}", s.ram_parts.available_bytes),
        format!("GPU memory {:?}", s.ram_parts.gpu_bytes),
    ];
    for own in s.clusters.iter() {
        found.push(format!(
            "{} {:?} {:?} {:?} {:?}",
            own.name, own.cores, own.min_khz, own.max_khz, own.governor
        ));
    }
    for gpu in s.gpus.iter().take(1) {
        found.push(format!("gpu {:?} {:?} {}", gpu.min_khz, gpu.max_khz, gpu.governor));
    }
    for fan in s.fans.iter() {
        found.push(format!("fan {:?} {:?} {}", fan.pwm, fan.owner, fan.profile));
    }
    for temp in s.temps.iter().filter(|temp| temp.reading_mc().is_some()) {
        let trips: Vec<i32> = temp.trips.iter().map(|trip| trip.mc).collect();
        found.push(format!("trips {trips:?}"));
    }
    found.retain(|line| !differs.iter().any(|head| line.starts_with(head)));
    found.sort();
    found
}

#[test]
fn what_is_filled_in_is_what_the_files_say() {
    let scratch = Scratch::new("fill");
    for board in BOARDS.iter().filter(|board| Place::of(board).is_some()) {
        let mut tree = scratch.tree(board.name);
        seconds(&mut tree, 5);
        let mut read = Snapshot::default();
        crate::source::look(&Root::at(tree.disk.path()), &mut read);
        let mut line = Vec::new();
        print::line(&tree.sim, tree.layout.release, false, crate::sys::local_time(), &mut line);
        let (mut scratch, mut filled) = (Snapshot::default(), Snapshot::default());
        let how = Reading { complete: true, lenient: false };
        samples(&line, how, &mut scratch, |sample| std::mem::swap(sample, &mut filled));
        fill::beyond(&tree.sim, &mut filled);
        assert_eq!(common(&filled, &[]), common(&read, &[]), "{}", board.name);
    }
}
