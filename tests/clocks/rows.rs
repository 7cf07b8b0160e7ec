//! What is asked for on each board, and what comes of it.

use jetsonscope::control::Kind;

/// What is asked for, the paths below these and what is written into them, what it was, what it is.
pub type Row = (&'static str, &'static str, &'static [&'static str], &'static str, &'static str);

pub const CPU: &str = "write /sys/devices/system/cpu/";
pub const DEVFREQ: &str = "write /sys/class/devfreq/";
pub const EMC: &str = "write /sys/kernel/debug/bpmp/debug/clk/emc/";

const ORIN_NX: &[Row] = &[
    (
        "cpu_governor",
        "performance",
        &["C:cpufreq/policy0/scaling_governor performance", "C:cpufreq/policy4/scaling_governor performance"],
        "schedutil",
        "performance",
    ),
    (
        "cpu_governor",
        "policy4=powersave",
        &["C:cpufreq/policy4/scaling_governor powersave"],
        "schedutil",
        "policy4=powersave",
    ),
    ("cpu_governor", "schedutil", &[], "schedutil", "schedutil"),
    (
        "cpu_min_freq",
        "max",
        &["C:cpufreq/policy0/scaling_min_freq 1984000", "C:cpufreq/policy4/scaling_min_freq 1984000"],
        "115200",
        "1984000",
    ),
    (
        "cpu_max_freq",
        "policy0=115.2MHz",
        &["C:cpufreq/policy0/scaling_max_freq 115200"],
        "1984000",
        "policy0=115200",
    ),
    ("cpu_max_freq", "1.984GHz", &[], "1984000", "1984000"),
    ("gpu_governor", "performance", &["D:17000000.gpu/governor performance"], "nvhost_podgov", "performance"),
    ("gpu_min_freq", "510MHz", &["D:17000000.gpu/min_freq 510000000"], "306000", "510000"),
    ("gpu_max_freq", "min", &["D:17000000.gpu/max_freq 306000000"], "918000", "306000"),
    ("gpu_max_freq", "max", &[], "918000", "918000"),
    ("gpu_railgate", "auto", &["D:17000000.gpu/device/railgate_enable 1"], "on", "auto"),
    ("gpu_railgate", "on", &[], "on", "on"),
    ("gpu_3d_scaling", "off", &["D:17000000.gpu/device/enable_3d_scaling 0"], "on", "off"),
    ("emc", "max", &["E:mrq_rate_locked 1", "E:rate 3199000000"], "auto", "3199000"),
    ("emc", "2.133GHz", &["E:mrq_rate_locked 1", "E:rate 2133000000"], "auto", "2133000"),
    ("emc", "auto", &[], "auto", "auto"),
    ("cpu_cores", "0-3,5", &["C:cpu4/online 0", "C:cpu6/online 0", "C:cpu7/online 0"], "0-7", "0-3,5"),
    ("cpu_cores", "all", &[], "0-7", "0-7"),
];

const AGX_ORIN: &[Row] = &[
    (
        "cpu_governor",
        "policy0=performance,policy8=ondemand",
        &["C:cpufreq/policy0/scaling_governor performance", "C:cpufreq/policy8/scaling_governor ondemand"],
        "schedutil",
        "policy0=performance,policy8=ondemand",
    ),
    (
        "cpu_max_freq",
        "max",
        &[
            "C:cpufreq/policy0/scaling_max_freq 2201600",
            "C:cpufreq/policy4/scaling_max_freq 2201600",
            "C:cpufreq/policy8/scaling_max_freq 2201600",
        ],
        "1497600",
        "2201600",
    ),
    ("gpu_max_freq", "1300500", &["D:17000000.gpu/max_freq 1300500000"], "816000", "1300500"),
    ("gpu_railgate", "on", &["D:17000000.gpu/device/railgate_enable 0"], "auto", "on"),
    ("cpu_cores", "all", &["C:cpu10/online 1", "C:cpu11/online 1"], "0-9", "0-11"),
    (
        "cpu_cores",
        "0,10",
        &[
            "C:cpu10/online 1",
            "C:cpu1/online 0",
            "C:cpu2/online 0",
            "C:cpu3/online 0",
            "C:cpu4/online 0",
            "C:cpu5/online 0",
            "C:cpu6/online 0",
            "C:cpu7/online 0",
            "C:cpu8/online 0",
            "C:cpu9/online 0",
        ],
        "0-9",
        "0,10",
    ),
];

const THOR: &[Row] = &[
    (
        "cpu_governor",
        "policy12=performance",
        &["C:cpufreq/policy12/scaling_governor performance"],
        "schedutil",
        "policy12=performance",
    ),
    (
        "cpu_max_freq",
        "policy2=min",
        &["C:cpufreq/policy2/scaling_max_freq 972000"],
        "2601000",
        "policy2=972000",
    ),
    ("gpu_governor", "performance", &["D:gpu-gpc-0/governor performance"], "nvhost_podgov", "performance"),
    ("gpu_max_freq", "1.575GHz", &["D:gpu-gpc-0/max_freq 1575000000"], "1386000", "1575000"),
    ("gpu_railgate", "on", &["D:gpu-gpc-0/device/power/control on"], "auto", "on"),
    ("cpu_cores", "0-13", &["C:cpu13/online 1"], "0-12", "0-13"),
];

const NANO: &[Row] = &[
    (
        "cpu_governor",
        "interactive",
        &["C:cpufreq/policy0/scaling_governor interactive"],
        "schedutil",
        "interactive",
    ),
    ("cpu_max_freq", "max", &["C:cpufreq/policy0/scaling_max_freq 1479000"], "918000", "1479000"),
    ("cpu_min_freq", "716.8MHz", &["C:cpufreq/policy0/scaling_min_freq 716800"], "102000", "716800"),
    ("gpu_max_freq", "230.399MHz", &["D:57000000.gpu/max_freq 230399000"], "614400", "230399"),
    ("gpu_railgate", "on", &["D:57000000.gpu/device/railgate_enable 0"], "auto", "on"),
    ("gpu_3d_scaling", "off", &["D:57000000.gpu/device/enable_3d_scaling 0"], "on", "off"),
    ("cpu_cores", "0,2", &["C:cpu2/online 1", "C:cpu1/online 0"], "0-1", "0,2"),
];

const TX2: &[Row] = &[
    (
        "cpu_max_freq",
        "max",
        &["C:cpufreq/policy0/scaling_max_freq 2035200", "C:cpufreq/policy1/scaling_max_freq 2035200"],
        "1382400",
        "2035200",
    ),
    (
        "cpu_max_freq",
        "policy0=1190400",
        &["C:cpufreq/policy0/scaling_max_freq 1190400"],
        "1382400",
        "policy0=1190400",
    ),
    (
        "cpu_min_freq",
        "policy0=1190400, policy1=1382400",
        &["C:cpufreq/policy0/scaling_min_freq 1190400", "C:cpufreq/policy1/scaling_min_freq 1382400"],
        "345600",
        "policy0=1190400,policy1=1382400",
    ),
    ("emc", "max", &["E:mrq_rate_locked 1", "E:rate 1600000000"], "auto", "1600000"),
    ("gpu_max_freq", "max", &["D:17000000.gp10b/max_freq 1300500000"], "1122000", "1300500"),
    ("cpu_cores", "0-5", &["C:cpu2/online 1"], "0-1,3-5", "0-5"),
];

const XAVIER_NX: &[Row] = &[
    (
        "cpu_min_freq",
        "min",
        &["C:cpufreq/policy0/scaling_min_freq 115200", "C:cpufreq/policy2/scaling_min_freq 115200"],
        "policy0=1420800,policy2=1420800,policy4=115200",
        "115200",
    ),
    ("gpu_min_freq", "599250", &["D:17000000.gv11b/min_freq 599250000"], "1109250", "599250"),
    ("gpu_3d_scaling", "off", &["D:17000000.gv11b/device/enable_3d_scaling 0"], "on", "off"),
    ("emc", "1866000", &["E:mrq_rate_locked 1", "E:rate 1866000000"], "auto", "1866000"),
    (
        "cpu_cores",
        "0-1",
        &["C:cpu2/online 0", "C:cpu3/online 0", "C:cpu4/online 0", "C:cpu5/online 0"],
        "0-5",
        "0-1",
    ),
];

pub const BOARDS: [(&str, &[Row]); 6] = [
    ("orin-nx-r36", ORIN_NX),
    ("agx-orin-r36", AGX_ORIN),
    ("thor-r38", THOR),
    ("nano-r32", NANO),
    ("tx2-r32", TX2),
    ("xavier-nx-r35", XAVIER_NX),
];

/// The board, what is asked for, and the refusal.
pub const REFUSED: &[(&str, &str, &str, Kind, &str)] = &[
    ("agx-orin-r36", "cpu_governor", "turbo", Kind::Invalid, "policy0 takes conservative, ondemand"),
    ("agx-orin-r36", "cpu_governor", "", Kind::Invalid, "no such value \"\""),
    (
        "agx-orin-r36",
        "cpu_governor",
        "policy1=powersave",
        Kind::Invalid,
        "the board has policy0, policy4, policy8",
    ),
    ("agx-orin-r36", "cpu_governor", "policy0=", Kind::Invalid, "each policy once"),
    ("agx-orin-r36", "cpu_governor", "policy0=powersave,policy0=ondemand", Kind::Invalid, "each policy once"),
    ("agx-orin-r36", "cpu_governor", "policy0=powersave,", Kind::Invalid, "no such value \"\""),
    ("agx-orin-r36", "cpu_max_freq", "729601", Kind::Invalid, "policy0 takes 729600 or 1420800 kHz"),
    ("agx-orin-r36", "cpu_max_freq", "1", Kind::Invalid, "takes 115200 kHz or more"),
    ("agx-orin-r36", "cpu_max_freq", "9GHz", Kind::Invalid, "no such value \"9GHz\""),
    ("agx-orin-r36", "cpu_max_freq", "-1", Kind::Invalid, "kHz as 729600, 729.6MHz or 1.2GHz; min or max"),
    (
        "agx-orin-r36",
        "cpu_max_freq",
        "min",
        Kind::Conflict,
        "below the lower limit of policy0, 729600 kHz (set cpu_min_freq first)",
    ),
    (
        "agx-orin-r36",
        "cpu_min_freq",
        "max",
        Kind::Conflict,
        "above the upper limit of policy0, 1497600 kHz (set cpu_max_freq first)",
    ),
    ("agx-orin-r36", "gpu_governor", "turbo", Kind::Invalid, "one of nvhost_podgov, userspace"),
    ("agx-orin-r36", "gpu_max_freq", "500000", Kind::Invalid, "the GPU takes 408000 or 510000 kHz"),
    ("agx-orin-r36", "gpu_max_freq", "1300500000", Kind::Invalid, "the GPU takes 1300500 kHz or less"),
    (
        "agx-orin-r36",
        "gpu_min_freq",
        "918MHz",
        Kind::Conflict,
        "above the upper limit of the GPU, 816000 kHz (set gpu_max_freq first)",
    ),
    ("agx-orin-r36", "gpu_railgate", "off", Kind::Invalid, "(auto or on)"),
    ("agx-orin-r36", "gpu_3d_scaling", "auto", Kind::Invalid, "(on or off)"),
    ("agx-orin-r36", "emc", "1", Kind::Invalid, "the memory takes 204000 to 3199000 kHz"),
    ("agx-orin-r36", "emc", "3199001", Kind::Invalid, "the memory takes 204000 to 3199000 kHz"),
    ("agx-orin-r36", "emc", "on", Kind::Invalid, "no such value \"on\""),
    ("agx-orin-r36", "cpu_cores", "1-3", Kind::Invalid, "core 0 stays on"),
    ("agx-orin-r36", "cpu_cores", "0-12", Kind::Invalid, "the board has 0-11"),
    ("agx-orin-r36", "cpu_cores", "0-", Kind::Invalid, "a list like 0-3,5 with core 0, or all"),
    ("agx-orin-r36", "cpu_cores", "none", Kind::Invalid, "a list like"),
    ("tx2-r32", "cpu_max_freq", "1190400", Kind::Invalid, "policy1 takes 345600 or 1382400 kHz"),
    ("tx2-r32", "emc", "1866000", Kind::Invalid, "the memory takes 40800 to 1600000 kHz"),
    ("tx2-r32", "gpu_min_freq", "max", Kind::Conflict, "(set gpu_max_freq first)"),
    ("nano-r32", "emc", "max", Kind::Unsupported, "no lock in debugfs"),
    ("nano-r32", "emc", "auto", Kind::Unsupported, "no lock in debugfs"),
    ("thor-r38", "emc", "max", Kind::Unsupported, "no lock in debugfs"),
    ("thor-r38", "gpu_3d_scaling", "off", Kind::Unsupported, "JetPack 7 on has (set gpu_governor instead)"),
    ("agx-orin-r39", "gpu_3d_scaling", "on", Kind::Unsupported, "set gpu_governor instead"),
    ("container-r36", "emc", "max", Kind::Unsupported, "no lock in debugfs"),
    (
        "orin-nx-r36",
        "cpu_governor",
        "performance",
        Kind::Conflict,
        "(jetson_clocks is on: jscopectl set jetson_clocks off)",
    ),
    ("orin-nx-r36", "cpu_min_freq", "min", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "cpu_max_freq", "min", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "gpu_governor", "userspace", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "gpu_min_freq", "min", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "gpu_max_freq", "min", Kind::Conflict, "jetson_clocks is on"),
    ("orin-nx-r36", "emc", "auto", Kind::Conflict, "jetson_clocks is on"),
    ("pc", "cpu_governor", "performance", Kind::Unsupported, "this is no Jetson"),
    ("pc", "cpu_cores", "all", Kind::Unsupported, "this is no Jetson"),
    // Nothing can name a clock, a mask, a trip point or a limit of current.
    ("agx-orin-r36", "gpu_max_freq", "../../../tpc_pg_mask", Kind::Invalid, "no such value"),
    ("agx-orin-r36", "cpu_governor", "../cpu0=1", Kind::Invalid, "the board has policy0"),
    ("agx-orin-r36", "emc", "vic=max", Kind::Invalid, "no such value"),
    ("agx-orin-r36", "tpc_pg_mask", "0", Kind::Invalid, "no control \"tpc_pg_mask\""),
    ("agx-orin-r36", "bwmgr", "0", Kind::Invalid, "no control"),
    ("agx-orin-r36", "curr1_max", "99999", Kind::Invalid, "no control"),
    ("agx-orin-r36", "trip_point_0_temp", "120000", Kind::Invalid, "no control"),
    ("agx-orin-r36", "vic", "max", Kind::Invalid, "no control"),
];
