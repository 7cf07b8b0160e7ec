use super::*;

const TABLE: &str = "\
# made up
< PARAM TYPE=FILE NAME=CPU_ONLINE >
CORE_1 /sys/devices/system/cpu/cpu1/online

<PARAM TYPE=CLOCK NAME=GPU>\r
MAX_FREQ /sys/old/max_freq\r
MAX_FREQ_KNEXT /sys/new/max_freq
FREQ_TABLE_KNEXT /sys/new/available_frequenc     ies
MIN_FREQ_KNEXT /sys/new/min_freq

< PARAM TYPE=HWMON NAME=LIMIT >
CRIT /sys/bus/i2c/devices/7-0040/hwmon curr1_crit

< POWER_MODEL ID=0 NAME=MAXN >
CPU_ONLINE CORE_1 1
GPU MAX_FREQ  -1
< POWER_MODEL ID = 1  NAME = MODE_15W >
GPU MAX_FREQ 640000000
GPU MIN_FREQ zero
< POWER_MODEL ID=1 NAME=TWICE >
< PM_CONFIG DEFAULT=1 >
";

#[test]
fn ok_a_table() {
    let table = Table::parse(TABLE);
    let modes: Vec<_> = table.modes.iter().map(|mode| (mode.id, mode.name, mode.settings.len())).collect();
    assert_eq!(modes, [(0, "MAXN", 2), (1, "MODE_15W", 2), (1, "TWICE", 0)]);
    assert_eq!((table.default, table.odd_lines), (Some(1), 1));
    assert_eq!(table.mode(1).map(|mode| mode.name), Some("MODE_15W"));
    assert_eq!(table.mode(2), None);
    let max = table.arg("GPU", "MAX_FREQ").map(|arg| (arg.path, arg.next_path, arg.file));
    assert_eq!(max, Some(("/sys/old/max_freq", Some("/sys/new/max_freq"), None)));
    let min = table.arg("GPU", "MIN_FREQ").map(|arg| (arg.path, arg.next_path));
    assert_eq!(min, Some(("", Some("/sys/new/min_freq"))));
    assert_eq!(table.arg("LIMIT", "CRIT").and_then(|arg| arg.file), Some("curr1_crit"));
    assert_eq!(table.arg("GPU", "FREQ_TABLE"), None, "a broken path is none");
    let numbers: Vec<_> = table.modes.iter().flat_map(|mode| &mode.settings).map(Setting::number).collect();
    assert_eq!(numbers, [Some(1), Some(-1), Some(640_000_000), None]);
}

#[test]
fn ok_the_same_as_printed() {
    let printed = "NVPM VERB: Config file: /etc/nvpmodel.conf\nsucceed to parse file /etc/nvpmodel.conf.\n\
        NVPM VERB: PM_CONFIG: DEFAULT=MODE_30W(2)\nNVPM VERB: PARAM TYPE=CLOCK NAME=EMC\n\
        NVPM VERB: MAX_FREQ /sys/kernel/cap\nNVPM VERB:\nNVPM VERB: POWER_MODEL: ID=2 NAME=MODE_30W\n\
        NVPM VERB: EMC MAX_FREQ 2147483647\n";
    let table = Table::parse(printed);
    assert_eq!((table.params.len(), table.modes.len(), table.default, table.odd_lines), (1, 1, Some(2), 2));
    assert_eq!(table.arg("EMC", "MAX_FREQ").map(|arg| arg.path), Some("/sys/kernel/cap"));
    assert_eq!(table.mode(2).map(|mode| mode.settings.len()), Some(1));
}

#[test]
fn err_broken_tables() {
    for (text, modes, params, default, odd) in [
        ("", 0, 0, None, 0),
        ("\u{fffd}\u{0}<", 0, 0, None, 1),
        ("<", 0, 0, None, 1),
        ("< >", 0, 0, None, 1),
        ("< POWER_MODEL >", 0, 0, None, 1),
        ("< POWER_MODEL ID=x NAME=A >\nGPU MAX_FREQ 1", 0, 0, None, 2),
        ("< POWER_MODEL ID=99999999999 NAME=A >", 0, 0, None, 1),
        ("< POWER_MODEL ID=-1 NAME=A >", 0, 0, None, 1),
        ("< POWER_MODEL NAME=A ID=3", 1, 0, None, 0),
        ("< POWER_MODEL ID=3 >\nGPU\nGPU MAX_FREQ\nGPU MAX_FREQ 1 2", 1, 0, None, 3),
        ("< PARAM NAME=GPU >\nMAX_FREQ\nMAX_FREQ sys/x\n", 0, 1, None, 2),
        ("< PARAM >\n", 0, 0, None, 1),
        ("< PM_CONFIG DEFAULT= >", 0, 0, None, 0),
        ("< PM_CONFIG DEFAULT=FAST >", 0, 0, None, 0),
        ("< POWER_MODEL ID=7 NAME=FAST >\n< PM_CONFIG DEFAULT=FAST >", 1, 0, Some(7), 0),
        ("< PM_CONFIG DEFAULT=9 >", 0, 0, Some(9), 0),
        ("CPU_ONLINE CORE_0 1", 0, 0, None, 1),
    ] {
        let table = Table::parse(text);
        let got = (table.modes.len(), table.params.len(), table.default, table.odd_lines);
        assert_eq!(got, (modes, params, default, odd), "{text:?}");
    }
    let long = "< POWER_MODEL ID=1 NAME=A >\n".repeat(100_000);
    assert_eq!(Table::parse(&long).modes.len(), MOST_LINES);
}

#[test]
fn ok_and_err_status() {
    for (text, mode, fan) in [
        ("pmode:0002", Some(2), None),
        ("pmode:0002 fmode:quiet\n", Some(2), Some("quiet")),
        ("fmode:cool\r\npmode:10", Some(10), Some("cool")),
        ("pmode:", None, None),
        ("pmode:-1 fmode:", None, None),
        ("pmode 2", None, None),
        ("", None, None),
    ] {
        assert_eq!(parse_status(text), Status { mode, fan }, "{text:?}");
    }
}

#[test]
fn ok_queries() {
    let query = parse_query(
        "NVPM VERB: Current mode: NV Power Mode: 25W\n1\nNVPM ERROR: Error opening /sys/x: 2\n\
         NVPM VERB: PARAM GPU: ARG MIN_FREQ: PATH /sys/x: REAL_VAL: auto CONF_VAL: on\nPARAM GPU: ARG\n",
    );
    assert_eq!((query.name, query.id, query.errors), (Some("25W"), Some(1), 1));
    let wanted = Compared { param: "GPU", arg: "MIN_FREQ", path: "/sys/x", real: "auto", wanted: "on" };
    assert_eq!(query.values, [wanted]);
    assert_eq!(parse_query("NV Fan Mode:quiet\nNV Power Mode: MAXN\n0\n").fan, Some("quiet"));
    for text in ["", "\n", "x", "-1", "NVPM VERB:"] {
        assert_eq!(parse_query(text), Query::default(), "{text:?}");
    }
}
