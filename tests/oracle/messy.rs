//! Input that terminals, loggers, editors and a full disk leave behind. Each wish points into the
//! list of all samples, so `/1/raw` is the line of the second one.

pub struct Messy {
    pub name: &'static str,
    pub args: &'static [&'static str],
    pub input: &'static [u8],
    pub samples: usize,
    pub want: &'static [&'static str],
}

/// Spacing, line ends and the marks that terminals and documents put around a line.
pub const MARKS: &[Messy] = &[
    Messy {
        name: "repeated and trailing blanks",
        args: &[],
        input: b"RAM   655/3964MB  (lfb   9x4MB)  CPU  [4%@921,off]   GR3D_FREQ  8%   APE   25  CPU@31C   \n",
        samples: 1,
        want: &[
            r#"/0/ram/largest_free_block = {"Blocks": {"count": 9, "size_bytes": 4194304}}"#,
            r#"/0/cpus/0 = {"load_percent": 4, "freq_mhz": 921}"#,
            "/0/engines/GR3D/usage_percent = 8",
            "/0/engines/APE/raw_value = 25",
            "/0/temps/CPU = 31",
            "/0/unknown = []",
        ],
    },
    Messy {
        name: "line ends of another system",
        args: &[],
        input: b"RAM 10/3964MB (lfb 9x4MB) CPU@31.5C VDD_IN 200/300\r\nRAM 11/3964MB (lfb 9x4MB) VDD_IN 7mW/8mW/9mW\r\n",
        samples: 2,
        want: &[
            r#"/0/power/VDD_IN = {"current_mw": 200, "average_mw": 300}"#,
            r#"/0/raw = "RAM 10/3964MB (lfb 9x4MB) CPU@31.5C VDD_IN 200/300""#,
            "/0/unknown = []",
            "/1/power/VDD_IN/max_mw = 9",
            "/1/unknown = []",
        ],
    },
    Messy {
        name: "colour codes around the line and around a token",
        args: &[],
        input: b"\x1b[1;32mRAM 10/3964MB (lfb 9x4MB) \x1b[31mGR3D_FREQ 97%\x1b[0m CPU@31.5C\x1b[0m\n",
        samples: 1,
        want: &[
            "/0/ram/used_bytes = 10485760",
            "/0/engines/GR3D/usage_percent = 97",
            "/0/temps = {\"CPU\": 31.5}",
            "/0/unknown = []",
        ],
    },
    Messy {
        name: "bold marks",
        args: &[],
        input: b"RAM 10/7620MB (lfb 9x4MB) **GR3D_FREQ 88%** cpu@31.5C **VDD_IN 900mW/800mW**\n",
        samples: 1,
        want: &[
            "/0/engines = {\"GR3D\": {\"usage_percent\": 88, \"freq_mhz\": null, \"raw_value\": null}}",
            r#"/0/power = {"VDD_IN": {"current_mw": 900, "average_mw": 800}}"#,
            "/0/unknown = []",
        ],
    },
    Messy {
        name: "finer stamp of a log wrapper in front",
        args: &[],
        input: b"2026-03-04T10:11:12.345Z 03-04-2026 10:11:12 RAM 10/7620MB (lfb 9x4MB) cpu@31.5C\n",
        samples: 1,
        want: &[
            r#"/0/timestamp = "03-04-2026 10:11:12""#,
            r#"/0/unknown/joined = "2026-03-04T10:11:12.345Z""#,
            "/0/ram/total_bytes = 7990149120",
        ],
    },
    Messy {
        name: "the same stamp twice, then a jump back",
        args: &[],
        input: b"03-04-2026 10:11:12 RAM 1/9MB (lfb 1x4MB)\n03-04-2026 10:11:12 RAM 2/9MB (lfb 1x4MB)\n01-01-1970 00:00:03 RAM 3/9MB (lfb 1x4MB)\n",
        samples: 3,
        want: &[
            r#"/1/timestamp = "03-04-2026 10:11:12""#,
            r#"/2/timestamp = "01-01-1970 00:00:03""#,
            "/2/ram/used_bytes = 3145728",
        ],
    },
];

/// Several samples on one line, and a last line that was cut.
pub const SEAMS: &[Messy] = &[
    Messy {
        name: "two samples with a blank between",
        args: &[],
        input: b"03-04-2026 10:11:12 RAM 1/9MB (lfb 1x4MB) cpu@31C VDD_IN 5mW/6mW 03-04-2026 10:11:13 RAM 2/9MB (lfb 1x4MB) cpu@32C\n",
        samples: 2,
        want: &[
            "/0/temps/cpu = 31",
            r#"/0/raw/trimmed = "03-04-2026 10:11:12 RAM 1/9MB (lfb 1x4MB) cpu@31C VDD_IN 5mW/6mW""#,
            "/0/unknown = []",
            "/1/temps/cpu = 32",
            r#"/1/timestamp = "03-04-2026 10:11:13""#,
            r#"/1/raw/trimmed = "03-04-2026 10:11:13 RAM 2/9MB (lfb 1x4MB) cpu@32C""#,
            "/1/unknown = []",
        ],
    },
    Messy {
        name: "three samples without stamps",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) POM_5V_CPU 41/42RAM 2/9MB (lfb 1x4MB) CPU@41C RAM 3/9MB (lfb 1x4MB) CPU@42C\n",
        samples: 3,
        want: &[
            r#"/0/power/POM_5V_CPU = {"current_mw": 41, "average_mw": 42}"#,
            r#"/0/raw = "RAM 1/9MB (lfb 1x4MB) POM_5V_CPU 41/42""#,
            "/0/unknown = []",
            "/1/temps/CPU = 41",
            "/1/unknown = []",
            "/2/temps/CPU = 42",
            r#"/2/raw = "RAM 3/9MB (lfb 1x4MB) CPU@42C""#,
        ],
    },
    Messy {
        name: "a stamp right behind a unit",
        args: &[],
        input: b"03-04-2026 10:11:12 RAM 1/9MB (lfb 1x4MB) VDD_SOC 50mW/60mW03-04-2026 10:11:13 RAM 2/9MB (lfb 1x4MB) cpu@32C\n",
        samples: 2,
        want: &[
            r#"/0/power/VDD_SOC = {"current_mw": 50, "average_mw": 60}"#,
            "/0/unknown = []",
            r#"/1/timestamp = "03-04-2026 10:11:13""#,
            "/1/ram/used_bytes = 2097152",
        ],
    },
    Messy {
        name: "rail cut in its number",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) VDD_IN 900/901 SYS5V 1972/19",
        samples: 1,
        want: &[
            "/0/power/SYS5V = absent",
            "/0/power/VDD_IN/average_mw = 901",
            r#"/0/unknown/joined = "SYS5V 1972/19""#,
        ],
    },
    Messy {
        name: "whole line before the cut one",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) SYS5V 1972/1966\nRAM 2/9MB (lfb 1x4MB) CPU@41C GPU@4",
        samples: 2,
        want: &[
            "/0/power/SYS5V/average_mw = 1966",
            "/0/unknown = []",
            r#"/1/temps = {"CPU": 41}"#,
            r#"/1/unknown = ["GPU@4"]"#,
        ],
    },
    Messy {
        name: "last token looks whole and is still not trusted",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) CPU@41C GPU@40.5C",
        samples: 1,
        want: &["/0/temps/GPU = absent", r#"/0/unknown = ["GPU@40.5C"]"#],
    },
    Messy {
        name: "old limit cut",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) cpu [1%,2%]@564 EMC 2%@528 EDP limit 17",
        samples: 1,
        want: &["/0/edp_limit_mhz = null", r#"/0/unknown/joined = "EDP limit 17""#],
    },
    Messy {
        name: "a closing bracket ends a token for sure",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) CPU [3%@729,off] GR3D_FREQ 5%@[305,306]",
        samples: 1,
        want: &["/0/engines/GR3D/freqs_mhz = [305, 306]", "/0/unknown = []"],
    },
];

/// Words that no release has printed yet, and fragments.
pub const ODDITIES: &[Messy] = &[
    Messy {
        name: "unknown word between known ones",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) CPU [3%@729] wat? CPU@41C VDD_IN 5/6\n",
        samples: 1,
        want: &[r#"/0/unknown = ["wat?"]"#, "/0/temps/CPU = 41", "/0/power/VDD_IN/current_mw = 5"],
    },
    Messy {
        name: "unknown name and value",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) CPU [3%@729] FANMODE quiet! CPU@41C\n",
        samples: 1,
        want: &[r#"/0/unknown/joined = "FANMODE quiet!""#, "/0/engines = {}", r#"/0/temps = {"CPU": 41}"#],
    },
    Messy {
        name: "dots for a part left out",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) GR3D_FREQ 5% ... VDD_IN 5mW/6mW\n",
        samples: 1,
        want: &[
            r#"/0/unknown = ["..."]"#,
            "/0/engines/GR3D/usage_percent = 5",
            "/0/power/VDD_IN/average_mw = 6",
        ],
    },
    Messy {
        name: "text in front of quotes and commas",
        args: &[],
        input: b"RAM 1/9MB (lfb 1x4MB) say\"x,\"\"y CPU@41C\n",
        samples: 1,
        want: &[r#"/0/unknown = ["say\"x,\"\"y"]"#, "/0/temps/CPU = 41"],
    },
    Messy {
        name: "fragment in lenient mode",
        args: &["--lenient"],
        input: b"CPU [11%@1190,off] EMC_FREQ 0% GR3D_FREQ 2% AO@31C\nGPU@30.5C VDD_IN 70/80\n",
        samples: 2,
        want: &[
            "/0/ram = null",
            r#"/0/cpus/1 = {"load_percent": null, "freq_mhz": null}"#,
            "/0/temps/AO = 31",
            "/1/ram = null",
            "/1/temps/GPU = 30.5",
            r#"/1/raw = "GPU@30.5C VDD_IN 70/80""#,
        ],
    },
    Messy {
        name: "fragment in strict mode is noise",
        args: &[],
        input: b"GPU@30.5C VDD_IN 70/80\nRAM 1/9MB (lfb 1x4MB) GPU@31C\n",
        samples: 1,
        want: &["/0/temps/GPU = 31"],
    },
    Messy {
        name: "memory without its unit is noise",
        args: &[],
        input: b"RAM 1/9 (lfb 1x4MB) GPU@30C\nRAM 2/9MB (lfb 1x4MB) GPU@31C\n",
        samples: 1,
        want: &["/0/ram/used_bytes = 2097152"],
    },
    Messy {
        name: "question of sudo in front of the first line",
        args: &[],
        input: b"[sudo] password for nvidia: \nRAM 2/9MB (lfb 1x4MB) GPU@31C\n",
        samples: 1,
        want: &["/0/temps/GPU = 31"],
    },
];
