use super::*;
use crate::control::journal::Journal;
use crate::root::Root;

fn on_board(name: &str, test: impl Fn(&Scene)) {
    let root = Root::at(format!("{}/fixtures/boards/{name}", env!("CARGO_MANIFEST_DIR")));
    test(&Scene { root: &root, journal: &Journal::default(), wishes: Wishes::default() });
}

fn lines(steps: &[Step]) -> String {
    let lines: Vec<String> = steps.iter().map(|step| step.line().replacen("set ", "", 1)).collect();
    lines.join("; ")
}

#[test]
fn ok_presets_on_each_board() {
    let usual = "cpu_governor schedutil; gpu_governor nvhost_podgov";
    let saving = "cpu_governor powersave; gpu_governor nvhost_podgov";
    for (board, highest, default, lowest, has_profiles) in [
        ("agx-orin-r36", "MAXN", "MODE_30W", "MODE_15W", true),
        ("thor-r38", "MAXN", "120W", "120W", true),
        ("nano-r32", "MAXN", "MAXN", "5W", false),
        ("tx2-r32", "MAXN", "MAXN", "MAXQ", false),
        ("xavier-nx-r35", "MODE_20W_6CORE", "MODE_20W_6CORE", "MODE_10W_2CORE", false),
        ("orin-nano-r36-super", "MAXN_SUPER", "25W", "15W", true),
    ] {
        let (cool, quiet) = if has_profiles { ("; fan cool", "quiet") } else { ("", "auto") };
        on_board(board, |scene| {
            let steps = |name| lines(&steps(scene, name).unwrap().0);
            let pinned = clocks::state(scene.root) == Some(Pinned::On);
            let first = if pinned { String::new() } else { format!("{usual}; ") };
            let wanted = format!("nvpmodel {highest}; {first}jetson_clocks on{cool}");
            assert_eq!(steps("performance"), wanted, "{board}");
            let wanted = format!("jetson_clocks free; nvpmodel {default}; {usual}; fan auto");
            assert_eq!(steps("balanced"), wanted, "{board}");
            let wanted = format!("jetson_clocks free; nvpmodel {lowest}; {saving}; fan {quiet}");
            assert_eq!(steps("powersave"), wanted, "{board}");
        });
    }
}

#[test]
fn ok_vendor_defaults_on_each_board() {
    let rest =
        "cpu_governor schedutil; gpu_governor nvhost_podgov; gpu_railgate auto; gpu_3d_scaling on; emc auto";
    for (board, first, limits) in [
        (
            "agx-orin-r36",
            "nvpmodel MODE_30W; cpu_cores 0-7",
            "cpu_min_freq min; cpu_max_freq policy0=1497600,policy4=1497600; gpu_min_freq min; gpu_max_freq 612000",
        ),
        (
            "nano-r32",
            "nvpmodel MAXN; cpu_cores 0-3",
            "cpu_min_freq min; cpu_max_freq max; gpu_min_freq min; gpu_max_freq max",
        ),
        (
            "container-r36",
            "cpu_cores all",
            "cpu_min_freq min; cpu_max_freq max; gpu_min_freq min; gpu_max_freq max",
        ),
        (
            "thor-r38",
            "nvpmodel 120W; cpu_cores 0-13",
            "cpu_min_freq min; cpu_max_freq 2601000; gpu_min_freq min; gpu_max_freq 1386000",
        ),
    ] {
        on_board(board, |scene| {
            let wanted = format!("jetson_clocks free; {first}; {rest}; {limits}; fan auto");
            assert_eq!(lines(&vendor_defaults(scene)), wanted, "{board}");
        });
    }
}

#[test]
fn ok_and_err_looking() {
    on_board("agx-orin-r36", |scene| {
        let range = (CONTROL.look)(scene).unwrap();
        assert_eq!((range.value.as_deref(), range.options.len()), (Some("balanced"), 3));
        for value in ["", "Performance", "default", "fast"] {
            let refusal = plan(scene, value).expect_err(value);
            assert!(refusal.why.contains("(performance, balanced, powersave)"), "{refusal}");
        }
    });
}

#[test]
fn ok_watts_of_names() {
    for (name, wanted) in [
        ("MAXN", Some(u32::MAX)),
        ("MAXN_SUPER", Some(u32::MAX)),
        ("MODE_15W_6CORE", Some(15)),
        ("120W", Some(120)),
        ("7W_AI", Some(7)),
        ("MODE_15W_DESKTOP", Some(15)),
        ("MAXQ", None),
        ("MAXP_CORE_ALL", None),
        ("W", None),
        ("-1W", Some(1)),
        ("99999999999W", None),
        ("", None),
    ] {
        assert_eq!(watts(name), wanted, "{name:?}");
    }
}

#[test]
fn ok_order_of_budgets() {
    let mode = |id: u32, name: &str, cores: u32, khz: i64| {
        let on: String = (0..cores).map(|core| format!("CPU_ONLINE CORE_{core} 1\n")).collect();
        format!("< POWER_MODEL ID={id} NAME={name} >\n{on}CPU_A MAX_FREQ {khz}\nGPU MAX_FREQ 1000000\n")
    };
    let param: String =
        (0..6).map(|core| format!("CORE_{core} /sys/devices/system/cpu/cpu{core}/online\n")).collect();
    for (modes, wanted) in [
        (&[("15W_2CORE", 2, 1900), ("15W_6CORE", 6, 1400), ("10W", 4, 1200), ("MAXN", 6, -1)][..], "2 0 1 3"),
        (&[("MAXN", 6, -1), ("MAXQ", 4, 1200), ("MAXP_CORE_ARM", 4, 2000)], "1 2 0"),
        (&[("A", 6, 3), ("B", 6, 2), ("99W", 6, 1)], "2 1 0"),
        (&[], ""),
    ] {
        let text: String = std::iter::once(format!("< PARAM TYPE=FILE NAME=CPU_ONLINE >\n{param}"))
            .chain(modes.iter().zip(0..).map(|((name, cores, khz), id)| mode(id, name, *cores, *khz)))
            .collect();
        let table = Table::parse(&text);
        let ids: Vec<String> = by_budget(&table, |_| false).iter().map(|mode| mode.id.to_string()).collect();
        assert_eq!(ids.join(" "), wanted, "{modes:?}");
        let highest = by_budget(&table, |mode| mode.name == "MAXN").pop();
        assert_ne!(highest.map(|mode| mode.name), Some("MAXN"), "one that needs a reboot is not chosen");
    }
}
