//! The forms of the tokens, one row each; as many bad ones as good ones.

use super::*;
use crate::snapshot::Unit;

fn all(line: &str) -> Vec<Field<'_>> {
    fields(line.as_bytes(), true).collect()
}

/// The only field of a line.
fn one(line: &str) -> Field<'_> {
    let all = all(line);
    assert_eq!(all.len(), 1, "{line}: {all:?}");
    all[0]
}

fn engine(line: &str) -> Engine<'_> {
    match one(line) {
        Field::Engine(engine) => engine,
        other => panic!("{line}: {other:?}"),
    }
}

fn mb(used: u64, total: u64) -> Memory {
    Memory { used_bytes: used << 20, total_bytes: total << 20, unit: Unit::Mb }
}

fn kb(used: u64, total: u64) -> Memory {
    Memory { used_bytes: used << 10, total_bytes: total << 10, unit: Unit::Kb }
}

#[test]
fn ok_memory() {
    let blocks = |count, size_bytes| Some(FreeBlock::Blocks { count, size_bytes });
    for (line, wanted) in [
        ("RAM 534/3964MB (lfb 98x4MB)", Field::Ram(mb(534, 3964), blocks(98, 4 << 20))),
        ("RAM 534/3964MB (lfb 16x256kB)", Field::Ram(mb(534, 3964), blocks(16, 256 << 10))),
        ("RAM  534/3964MB  (lfb  1x2MB)", Field::Ram(mb(534, 3964), blocks(1, 2 << 20))),
        ("RAM 534/3964MB(lfb 4MB)", Field::Ram(mb(534, 3964), Some(FreeBlock::Size { size_bytes: 4 << 20 }))),
        ("RAM 9/10kB", Field::Ram(kb(9, 10), None)),
        ("SWAP 191/1982MB (cached 6MB)", Field::Swap(mb(191, 1982), Some(6 << 20))),
        ("SWAP 0/3810MB", Field::Swap(mb(0, 3810), None)),
        ("IRAM 0/252kB(lfb 252kB)", Field::Iram(kb(0, 252), Some(252 << 10))),
    ] {
        assert_eq!(one(line), wanted, "{line}");
    }
}

#[test]
fn err_memory() {
    for line in [
        "RAM",
        "RAM 1",
        "RAM 1/",
        "RAM 1/2",
        "RAM 1/2GB",
        "RAM /2MB",
        "RAM -1/2MB",
        "RAM 1/2MBx",
        "RAM 1/18446744073709551615MB",
        "RAM 99999999999999999999/2MB",
        "SWAP 1/MB",
        "IRAM x/252kB(lfb 252kB)",
    ] {
        let found = all(line);
        let unknown = |field: &Field| matches!(field, Field::Unknown { .. });
        assert!(!found.is_empty() && found.iter().all(unknown), "{line}: {found:?}");
    }
    // A bracket that does not read leaves the rest of the token as it is.
    let found = all("RAM 1/2MB (lfb 98x4QB) CPU@3C");
    assert_eq!(found[0], Field::Ram(mb(1, 2), None));
    assert!(matches!(found[..], [_, .., Field::Temp { now_mc: 3000, .. }]), "{found:?}");
    assert!(found.len() > 2, "{found:?}");
}

#[test]
fn ok_cores() {
    let on = |load_percent, freq_mhz| Core::On { load_percent, freq_mhz };
    for (line, wanted) in [
        ("CPU [19%@2214,off,4%@729]", vec![on(19, Some(2214)), Core::Off, on(4, Some(729))]),
        ("CPU [0%@1984]", vec![on(0, Some(1984))]),
        ("cpu [40%,45%]@1734", vec![on(40, Some(1734)), on(45, Some(1734))]),
        ("CPU [7%,off]", vec![on(7, None), Core::Off]),
        ("CPU [1%@2,x,3%@4]", vec![on(1, Some(2)), Core::Unknown(b"x"), on(3, Some(4))]),
        ("CPU [1%@2,...]", vec![on(1, Some(2)), Core::Cut(b"...")]),
        (
            "CPU [1%@,1%@2x,%@2,,off]",
            vec![
                Core::Unknown(b"1%@"),
                Core::Unknown(b"1%@2x"),
                Core::Unknown(b"%@2"),
                Core::Unknown(b""),
                Core::Off,
            ],
        ),
    ] {
        match one(line) {
            Field::Cores(cores) => assert_eq!(cores.collect::<Vec<_>>(), wanted, "{line}"),
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[test]
fn ok_engines() {
    for (line, name, load, freq, raw) in [
        ("EMC_FREQ 3%@204", "EMC", Some(3), Some(204), None),
        ("EMC_FREQ 0%", "EMC", Some(0), None, None),
        ("EMC_FREQ @1600", "EMC", None, Some(1600), None),
        ("EMC 55%@1600", "EMC", Some(55), Some(1600), None),
        ("GR3D_FREQ 4%", "GR3D", Some(4), None, None),
        ("GR3D2_FREQ 0%@0", "GR3D2", Some(0), Some(0), None),
        ("VIC_FREQ 115", "VIC", None, Some(115), Some(115)),
        ("VIC 59%@423", "VIC", Some(59), Some(423), None),
        ("VIC off", "VIC", Some(0), None, None),
        ("NVENC 716", "NVENC", None, Some(716), Some(716)),
        ("NVENC0_FREQ @1556", "NVENC0", None, Some(1556), None),
        ("NVJPG1 729", "NVJPG1", None, Some(729), Some(729)),
        ("PVA0_FREQ off", "PVA0", Some(0), None, None),
        ("APE 150", "APE", None, Some(150), Some(150)),
        ("AVP 1%@115", "AVP", Some(1), Some(115), None),
        ("VDE 0", "VDE", None, Some(0), Some(0)),
        ("MC_FREQ 800", "MC", None, Some(800), Some(800)),
        ("AXI @204", "AXI", None, Some(204), None),
        ("EMC_UTIL 43%", "EMC", Some(43), None, None),
        ("NVCSI_UTIL 5%", "NVCSI", Some(5), None, None),
        ("NVCSI_ERR 3", "NVCSI_ERR", None, None, Some(3)),
        ("NEW_FREQ 12", "NEW", None, Some(12), Some(12)),
        ("NEW7 12%@34", "NEW7", Some(12), Some(34), None),
    ] {
        let found = engine(line);
        assert_eq!(found.name, name.as_bytes(), "{line}");
        assert_eq!((found.load_percent, found.freq_mhz, found.raw), (load, freq, raw), "{line}");
        assert_eq!(found.util, line.contains("_UTIL"), "{line}");
    }
}

#[test]
fn ok_lists() {
    let numbers = |list: Numbers| list.collect::<Vec<_>>();
    let gpu = engine("GR3D_FREQ 43%@[305,0]");
    assert_eq!((gpu.load_percent, gpu.freq_mhz, numbers(gpu.freqs_mhz)), (Some(43), Some(305), vec![305, 0]));
    let gpu = engine("GR3D_FREQ @[314,314,315]");
    assert_eq!(
        (gpu.load_percent, gpu.freq_mhz, numbers(gpu.freqs_mhz)),
        (None, Some(315), vec![314, 314, 315])
    );
    let pva = engine("PVA0_FREQ [3%,11%]@512");
    assert_eq!(
        (pva.load_percent, pva.freq_mhz, numbers(pva.loads_percent)),
        (Some(11), Some(512), vec![3, 11])
    );
    assert_eq!(numbers(pva.freqs_mhz), [0; 0]);
}

#[test]
fn ok_temperatures_and_rails() {
    let temp = |name: &'static str, now_mc, max_mc| Field::Temp { name: name.as_bytes(), now_mc, max_mc };
    for (line, wanted) in [
        ("CPU@46C", temp("CPU", 46_000, None)),
        ("soc012@37.468C", temp("soc012", 37_468, None)),
        ("GPU@-256C", temp("GPU", -256_000, None)),
        ("AO@-0.5C", temp("AO", -500, None)),
        ("soc0@46.25C/47C", temp("soc0", 46_250, Some(47_000))),
        ("cpu-thermal@1.5C", temp("cpu-thermal", 1_500, None)),
    ] {
        assert_eq!(one(line), wanted, "{line}");
    }
    let rail = |name: &'static str, now_mw, avg_mw, max_mw| Field::Rail {
        name: name.as_bytes(),
        now_mw,
        avg_mw,
        max_mw,
    };
    for (line, wanted) in [
        ("VDD_IN 4520/4680", rail("VDD_IN", 4520, 4680, None)),
        ("CPU 310/311", rail("CPU", 310, 311, None)),
        ("CPU 310", rail("CPU", 310, 310, None)),
        ("VDD_SOC 12mW/13mW", rail("VDD_SOC", 12, 13, None)),
        ("VDD_SOC 12mW/13", rail("VDD_SOC", 12, 13, None)),
        ("VIN 12mW", rail("VIN", 12, 12, None)),
        ("VDD_CPU_CV -398mW/-401mW", rail("VDD_CPU_CV", -398, -401, None)),
        ("VDD_GPU 1mW/2mW/3mW", rail("VDD_GPU", 1, 2, Some(3))),
        ("NEWRAIL 1/2", rail("NEWRAIL", 1, 2, None)),
        ("NEWRAIL 5mW", rail("NEWRAIL", 5, 5, None)),
    ] {
        assert_eq!(one(line), wanted, "{line}");
    }
}

#[test]
fn ok_others() {
    let stamp = Field::Stamp { date: b"07-23-2026", time: b"15:29:26" };
    assert_eq!(one("07-23-2026 15:29:26"), stamp);
    assert_eq!(one("MTS fg 0% bg 10%"), Field::Mts { fg_percent: 0, bg_percent: 10 });
    assert_eq!(one("EDP limit 1734"), Field::EdpLimit(1734));
}

#[test]
fn err_values_are_unknown_and_whole() {
    for (line, wanted) in [
        ("GR3D_FREQ 4", None), // a clock: `_FREQ` says so
        ("FOO 12", Some(("FOO", "12"))),
        ("FOO bar", Some(("FOO", ""))),
        ("VIC 5%x", Some(("VIC", "5%x"))),
        ("GR3D_FREQ 4%@", Some(("GR3D_FREQ", "4%@"))),
        ("GR3D_FREQ 4%@[", Some(("GR3D_FREQ", "4%@["))),
        ("GR3D_FREQ 4%@[]", Some(("GR3D_FREQ", "4%@[]"))),
        ("GR3D_FREQ 4%@[1,]", Some(("GR3D_FREQ", "4%@[1,]"))),
        ("GR3D_FREQ @[1,x]", Some(("GR3D_FREQ", "@[1,x]"))),
        ("PVA0_FREQ [3,4]@5", Some(("PVA0_FREQ", "[3,4]@5"))),
        ("VIC offline", Some(("VIC", "offline"))),
        ("APE 99999999999", Some(("APE", "99999999999"))),
        ("CPU@46", Some(("CPU@46", ""))),
        ("CPU@C", Some(("CPU@C", ""))),
        ("CPU@46.C", Some(("CPU@46.C", ""))),
        ("CPU@46C/", Some(("CPU@46C/", ""))),
        ("CPU@46C/4", Some(("CPU@46C/4", ""))),
        ("CPU@46Cx", Some(("CPU@46Cx", ""))),
        ("CPU@99999999999C", Some(("CPU@99999999999C", ""))),
        ("@46C", Some(("@46C", ""))),
        ("VDD_IN 12mW/", Some(("VDD_IN", "12mW/"))),
        ("VDD_IN 12mW/13mW/", Some(("VDD_IN", "12mW/13mW/"))),
        ("VDD_IN 1/2/3/4", Some(("VDD_IN", "1/2/3/4"))),
        ("VDD_IN 12W", Some(("VDD_IN", "12W"))),
        ("VDD_IN --5mW", Some(("VDD_IN", "--5mW"))),
        ("VDD_IN 4294967296/1", Some(("VDD_IN", "4294967296/1"))),
        ("07-23-26 15:29:26", Some(("07-23-26", ""))),
        ("15:29:26", Some(("15:29:26", ""))),
        ("2026-07-23", Some(("2026-07-23", ""))),
        ("[2%@1728,44%@1728]", Some(("[2%@1728,44%@1728]", ""))),
        ("CPU", Some(("CPU", ""))),
        ("CPU []", Some(("CPU", "[]"))),
        ("CPU [1%@2", Some(("CPU", "[1%@2"))),
        ("...", Some(("...", ""))),
    ] {
        let Some((name, text)) = wanted else { continue };
        let first = all(line)[0];
        assert_eq!(first, Field::Unknown { name: name.as_bytes(), text: text.as_bytes() }, "{line}");
    }
    for line in
        ["MTS fg 0%", "MTS fg 0% bg", "MTS 0% 0%", "MTS fg 0% bg x%", "EDP limit", "EDP 3", "EDP limit x"]
    {
        assert!(matches!(all(line)[0], Field::Unknown { .. }), "{line}");
    }
}

#[test]
fn ok_what_stands_between_tokens() {
    let wanted = [Field::EdpLimit(5), Field::Temp { name: b"CPU", now_mc: 46_000, max_mc: None }];
    for line in [
        "EDP limit 5 CPU@46C",
        "  EDP   limit  5\t\tCPU@46C  ",
        "\u{feff}EDP limit 5 CPU@46C\r",
        "\x1b[32mEDP limit 5 CPU@46C\x1b[0m",
        "\x1b[1;32mEDP\x1b[0m limit 5 \x1b[1mCPU@46C\x1b[m\x1b(B",
        "**EDP limit 5** *CPU@46C*",
    ] {
        assert_eq!(all(line), wanted, "{line:?}");
    }
    for line in ["", " ", "\r", "\x1b[0m", "\x1b", "\x1b[", "\x1b[1;", "**"] {
        assert_eq!(all(line), [], "{line:?}");
    }
}

#[test]
fn ok_the_last_token_without_line_end() {
    for (line, unknown) in [
        ("CPU@46C VDD_IN 12mW/205", Some("VDD_IN")),
        ("CPU@46C VDD_IN 12mW/2053mW", Some("VDD_IN")),
        ("CPU@46C VDD_IN 12mW/2053mW ", None),
        ("CPU@46C CPU [1%@2,off]", None),
        ("CPU@46C RAM 1/2MB (lfb 1x4MB)", None),
        ("CPU@46C GR3D_FREQ 3%@[305]", None),
        ("CPU@46C GPU@4", Some("GPU@4")),
        ("CPU@46C GPU@47C", Some("GPU@47C")),
    ] {
        let found: Vec<Field> = fields(line.as_bytes(), false).collect();
        assert!(matches!(found[0], Field::Temp { .. }), "{line}");
        let last = found.last().copied();
        match unknown {
            Some(wanted) => assert!(
                matches!(last, Some(Field::Unknown { name, .. }) if name == wanted.as_bytes()),
                "{line}: {found:?}"
            ),
            None => assert!(!matches!(last, Some(Field::Unknown { .. })), "{line}: {found:?}"),
        }
    }
}

/// Every byte of a line that is no blank comes out again, in a field or as unknown: the names of
/// fields that were read, and the words of those that were not, appear in order.
#[test]
fn ok_random_lines_end_and_lose_no_word() {
    let pieces: Vec<&[u8]> = vec![
        b"RAM ",
        b"1/2MB",
        b" (lfb 3x4MB)",
        b"CPU ",
        b"[1%@2,off]",
        b"@46C",
        b"/",
        b"-",
        b" ",
        b"  ",
        b"mW",
        b"1",
        b"99999999999999999999",
        b"%",
        b"@",
        b"[",
        b"]",
        b",",
        b"off",
        b"GR3D_FREQ ",
        b"VDD_IN ",
        b"MTS fg 1% bg 2%",
        b"07-23-2026 15:29:26 ",
        b"\x1b[1m",
        b"*",
        b"\xff",
        b"\xe2\x80\xa6",
        b"_UTIL ",
        b"x",
        b".5",
        b"C",
        b"(",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for _ in 0..200_000 {
        let line: Vec<u8> = (0..random(12)).flat_map(|_| pieces[random(pieces.len())].to_vec()).collect();
        for complete in [true, false] {
            let mut tokens = fields(&line, complete);
            let mut left = line.len() + 1;
            while tokens.next().is_some() {
                assert!(tokens.rest().len() < left, "no progress in {:?}", String::from_utf8_lossy(&line));
                left = tokens.rest().len();
            }
            assert!(tokens.rest().is_empty());
        }
    }
}
