//! Plain lines of Orin and Thor boards (L4T R34 to R39) and rare forms of any board, with numbers
//! of our own, and what each must come to. Sizes stand in bytes, as the messages have them.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        name: "agx orin r34, user: sensors without power",
        line: "02-17-2023 06:07:08 RAM 2411/30536MB (lfb 5120x4MB) SWAP 0/15268MB (cached 0MB) \
            CPU \
            [2%@1113,0%@1113,0%@1113,1%@1113,0%@1113,0%@1113,0%@1113,3%@1113,off,off,off,off] \
            EMC_FREQ 0% GR3D_FREQ 0% CV0@-256C CPU@42.125C Tboard@30C SOC2@39.5C \
            Tdiode@31.25C SOC0@39.406C CV1@-256C GPU@-256C tj@42.218C SOC1@39.093C CV2@-256C",
        want: &[
            r#"/temps_off = ["CV0", "CV1", "GPU", "CV2"]"#,
            "/temps/GPU = absent",
            "/temps/tj = 42.218",
            "/temps_max = {}",
            r#"/cpus/11 = {"load_percent": null, "freq_mhz": null}"#,
        ],
    },
    Row {
        name: "agx orin r34, root: second GPC, two rails NC",
        line: "09-05-2023 17:18:19 RAM 1350/30623MB (lfb 6210x4MB) SWAP 0/15311MB (cached 0MB) \
            CPU [3%@1190,1%@1190,0%@1190,2%@1190] EMC_FREQ 1%@665 GR3D_FREQ 12%@408 \
            GR3D2_FREQ 12%@306 NVJPG1 652 VIC_FREQ 601 APE 233 CV0@-256C CPU@44.25C \
            Tdiode@33.75C SOC2@40.5C GPU@39.031C SOC1@39.75C VDD_GPU_SOC 4390mW/4402mW \
            VDD_CPU_CV 798mW/811mW VIN_SYS_5V0 3741mW/3750mW NC 0mW/0mW VDDQ_VDD2_1V8AO \
            606mW/612mW NC 4mW/2mW",
        want: &[
            r#"/power/NC = {"current_mw": 0, "average_mw": 0}"#,
            r#"/power/NC#2 = {"current_mw": 4, "average_mw": 2}"#,
            r#"/power/VDDQ_VDD2_1V8AO = {"current_mw": 606, "average_mw": 612}"#,
            r#"/engines/GR3D = {"usage_percent": 12, "freq_mhz": 408, "raw_value": null}"#,
            r#"/engines/GR3D2 = {"usage_percent": 12, "freq_mhz": 306, "raw_value": null}"#,
            "/engines/NVJPG1/freq_mhz = 652",
            r#"/temps_off = ["CV0"]"#,
        ],
    },
    Row {
        name: "agx orin r35, root: list of two, DLA clock",
        line: "06-30-2025 12:00:01 RAM 4100/62801MB (lfb 1602x4MB) SWAP 21/31400MB (cached 2MB) \
            CPU [5%@1420,0%@1420,2%@1420,0%@1420] EMC_FREQ 4%@3199 GR3D_FREQ 28%@[510,408] \
            NVDLA0_FREQ @1369 NVENC 588 VIC_FREQ 614 APE 174 CPU@46.062C Tboard@33C \
            GPU@43.5C tj@46.062C VDD_GPU_SOC 5201mW/5120mW VDD_CPU_CV 1170mW/1098mW \
            VIN_SYS_5V0 4429mW/4410mW NC 0mW/0mW VDDQ_VDD2_1V8AO 502mW/480mW NC 0mW/0mW",
        want: &[
            r#"/engines/GR3D = {"usage_percent": 28, "freq_mhz": 510, "raw_value": null, "freqs_mhz": [510, 408]}"#,
            r#"/engines/NVDLA0 = {"usage_percent": null, "freq_mhz": 1369, "raw_value": null}"#,
            r#"/power/NC#2 = {"current_mw": 0, "average_mw": 0}"#,
        ],
    },
    Row {
        name: "agx orin r36, root: all engines listed, second GPC gated",
        line: "03-21-2025 14:15:16 RAM 11322/62841MB (lfb 301x4MB) SWAP 7/31420MB (cached 0MB) \
            CPU [9%@1190,4%@883,off,off] EMC_FREQ 5%@1065 GR3D_FREQ 36%@[408,0] NVENC \
            61%@268 NVDEC off NVJPG off NVJPG1 off VIC 22%@192 OFA off NVDLA0 off NVDLA1 off \
            PVA0_FREQ off APE 174 cpu@48.562C soc2@46C soc0@46.843C gpu@45.312C tj@48.562C \
            soc1@46.25C VDD_GPU_SOC 3196mW/3011mW VDD_CPU_CV 799mW/702mW VIN_SYS_5V0 \
            3416mW/3390mW",
        want: &[
            "/engines/GR3D/freqs_mhz = [408, 0]",
            "/engines/GR3D/freq_mhz = 408",
            r#"/engines/NVENC = {"usage_percent": 61, "freq_mhz": 268, "raw_value": null}"#,
            r#"/engines/VIC = {"usage_percent": 22, "freq_mhz": 192, "raw_value": null}"#,
            r#"/engines/PVA0 = {"usage_percent": 0, "freq_mhz": null, "raw_value": null}"#,
            r#"/engines/NVDLA1 = {"usage_percent": 0, "freq_mhz": null, "raw_value": null}"#,
        ],
    },
    Row {
        name: "agx orin r36, user: idle rail below zero, gpu zone missing",
        line: "11-02-2025 03:04:05 RAM 6920/62841MB (lfb 31x4MB) SWAP 2/31421MB (cached 0MB) \
            CPU [0%@729,1%@729,0%@730,0%@729] GR3D_FREQ 0% cpu@41.125C tboard@33.25C \
            soc2@39.531C tdiode@34C soc0@39.718C tj@41.125C soc1@39.468C VDD_GPU_SOC \
            1991mW/1990mW VDD_CPU_CV -398mW/-132mW VIN_SYS_5V0 3421mW/3433mW VDDQ_VDD2_1V8AO \
            301mW/305mW",
        want: &[
            r#"/power/VDD_CPU_CV = {"current_mw": -398, "average_mw": -132}"#,
            "/temps/gpu = absent",
            "/temps_off = []",
            "/engines/EMC = absent",
        ],
    },
    Row {
        name: "agx orin r39, root: pairs and triples",
        line: "08-01-2026 10:11:12 RAM 18750/62817MB (lfb 3x1MB) CPU \
            [17%@1958,8%@1958,6%@1957,11%@1958] EMC_FREQ 2%@2133 GR3D_FREQ 24%@[1122,1020] \
            NVENC0 12%@704 NVDEC0 off NVJPG0 off NVJPG1 off VIC off OFA off NVDLA0 off \
            NVDLA1 off PVA0_FREQ off APE 174 cpu@50.125C/53.031C soc2@47.25C/47.406C \
            soc0@48.5C/49C gpu@46.093C/46.218C VDD_GPU_SOC 4740mW/4655mW/5139mW VDD_CPU_CV \
            2870mW/2901mW/3300mW VIN_SYS_5V0 5299mW/5310mW/5500mW",
        want: &[
            "/temps/cpu = 50.125",
            r#"/temps_max = {"cpu": 53.031, "soc2": 47.406, "soc0": 49, "gpu": 46.218}"#,
            r#"/power/VDD_GPU_SOC = {"current_mw": 4740, "average_mw": 4655, "max_mw": 5139}"#,
            "/power/cpu = absent",
            r#"/engines/NVENC0 = {"usage_percent": 12, "freq_mhz": 704, "raw_value": null}"#,
            "/engines/NVENC = absent",
            "/swap = null",
        ],
    },
    Row {
        name: "orin nano r36, root",
        line: "01-09-2025 20:21:22 RAM 5877/7620MB (lfb 6x1MB) SWAP 640/3810MB (cached 3MB) CPU \
            [18%@1510,14%@1510,off,16%@1510,9%@729,7%@729] EMC_FREQ 38%@2133 GR3D_FREQ \
            71%@[624] NVDEC 9%@192 NVJPG off NVJPG1 off VIC off OFA off APE 200 cpu@52.718C \
            soc2@51.031C soc0@49.843C gpu@52.187C tj@52.718C soc1@50.406C VDD_IN \
            11420mW/10988mW VDD_CPU_GPU_CV 4222mW/4001mW VDD_SOC 2701mW/2650mW",
        want: &[
            r#"/engines/GR3D = {"usage_percent": 71, "freq_mhz": 624, "raw_value": null, "freqs_mhz": [624]}"#,
            "/engines/NVDEC/usage_percent = 9",
            "/engines/NVENC = absent",
            "/engines/APE/freq_mhz = 200",
            r#"/cpus/2 = {"load_percent": null, "freq_mhz": null}"#,
        ],
    },
    Row {
        name: "orin nano r36, user",
        line: "04-30-2025 01:02:03 RAM 3199/7607MB (lfb 29x4MB) SWAP 1204/16384MB (cached \
            150MB) CPU [2%@1344,1%@1344,0%@1344,3%@1344,1%@729,0%@729] GR3D_FREQ 13% \
            cpu@47.5C soc2@46.843C soc0@47.125C gpu@47.031C tj@47.718C soc1@47.718C VDD_IN \
            4702mW/4688mW VDD_CPU_GPU_CV 497mW/480mW VDD_SOC 1437mW/1430mW",
        want: &[
            r#"/engines = {"GR3D": {"usage_percent": 13, "freq_mhz": null, "raw_value": null}}"#,
            "/temps/soc1 = 47.718",
        ],
    },
    Row {
        name: "orin nano r39, root",
        line: "10-11-2026 07:08:09 RAM 2933/7486MB (lfb 25x2MB) CPU \
            [4%@960,1%@960,0%@960,2%@960,0%@729,1%@729] EMC_FREQ 6%@2133 GR3D_FREQ 2%@[408] \
            NVDEC0 off NVJPG0 off NVJPG1 off VIC off OFA off APE 200 cpu@44.5C/46.031C \
            tj@45.281C/47.093C VDD_IN 3381mW/3440mW/3702mW VDD_SOC 1086mW/1102mW/1127mW",
        want: &[
            r#"/power/VDD_IN = {"current_mw": 3381, "average_mw": 3440, "max_mw": 3702}"#,
            "/temps_max/tj = 47.093",
            r#"/engines/NVJPG0 = {"usage_percent": 0, "freq_mhz": null, "raw_value": null}"#,
        ],
    },
    Row {
        name: "orin nx r35, user: second GPC with clock zero",
        line: "07-07-2024 07:07:07 RAM 1102/15389MB (lfb 3144x4MB) SWAP 0/7694MB (cached 0MB) \
            CPU [6%@1190,0%@1190,2%@1190,0%@1190] EMC_FREQ 0% GR3D_FREQ 3% GR3D2_FREQ 3%@0 \
            CV0@49.5C CPU@51.718C SOC2@50.25C tj@52.093C",
        want: &[
            r#"/engines/GR3D2 = {"usage_percent": 3, "freq_mhz": 0, "raw_value": null}"#,
            "/engines/GR3D/freq_mhz = null",
            "/temps/CV0 = 49.5",
        ],
    },
    Row {
        name: "orin nx r36, user: cv zones powered",
        line: "12-01-2025 18:19:20 RAM 1840/15657MB (lfb 14x4MB) SWAP 0/7828MB (cached 0MB) CPU \
            [3%@1190,1%@1190,0%@1190,2%@1190,off,off,off,off] GR3D_FREQ 4% cv0@42.718C \
            cpu@44.531C soc2@42.25C soc0@43.093C cv1@42.5C gpu@42.187C tj@45.25C soc1@45.25C \
            cv2@42.406C VDD_IN 5820mW/5799mW VDD_CPU_GPU_CV 404mW/399mW VDD_SOC \
            2301mW/2288mW",
        want: &["/temps/cv2 = 42.406", r#"/power/VDD_SOC = {"current_mw": 2301, "average_mw": 2288}"#],
    },
    Row {
        name: "thor r38, root: clock only, no load",
        line: "05-06-2026 16:17:18 RAM 98211/125772MB (lfb 51x4MB) CPU \
            [3%@1134,0%@1134,7%@1620,0%@972] EMC_FREQ 2%@3200 GR3D_FREQ @[612,612,314] \
            NVENC0_FREQ @612 NVENC1_FREQ @314 NVDEC0_FREQ @612 NVDEC1_FREQ @314 NVJPG0_FREQ \
            @612 VIC off OFA_FREQ @423 PVA0_FREQ off APE 300 cpu@39.093C tj@40.312C \
            soc012@38.843C gpu@40.312C soc345@38.75C VDD_GPU 2354mW/2110mW VDD_CPU_SOC_MSS \
            6280mW/6101mW VIN_SYS_5V0 5804mW/5722mW VIN 21044mW/20500mW",
        want: &[
            r#"/engines/GR3D = {"usage_percent": null, "freq_mhz": 612, "raw_value": null, "freqs_mhz": [612, 612, 314]}"#,
            r#"/engines/NVENC1 = {"usage_percent": null, "freq_mhz": 314, "raw_value": null}"#,
            "/engines/OFA/freq_mhz = 423",
            r#"/power/VIN = {"current_mw": 21044, "average_mw": 20500}"#,
            "/temps/soc345 = 38.75",
        ],
    },
    Row {
        name: "thor r38, user: neither GR3D nor EMC",
        line: "06-08-2026 19:20:21 RAM 40120/125772MB (lfb 44x4MB) CPU \
            [2%@972,0%@972,31%@1620,1%@972] cpu@35.218C tj@36.531C soc012@35.093C \
            gpu@36.031C soc345@36.531C VDD_GPU 2358mW/2360mW VDD_CPU_SOC_MSS 5503mW/5511mW \
            VIN_SYS_5V0 6168mW/6170mW VIN 24411mW/23987mW",
        want: &["/engines = {}", r#"/cpus/2 = {"load_percent": 31, "freq_mhz": 1620}"#, "/swap = null"],
    },
    Row {
        name: "thor r39, root: average of VIN starts at half",
        line: "09-10-2026 22:23:24 RAM 8870/125811MB (lfb 22x4MB) SWAP 0/2048MB (cached 0MB) \
            CPU [33%@2052,18%@1944,off,12%@972] EMC_FREQ 9%@2750 GR3D_FREQ @[708,708,0] \
            NVENC0_FREQ @1400 NVDEC0_FREQ @1400 NVJPG0_FREQ @1400 VIC 44%@510 OFA_FREQ @1400 \
            PVA0_FREQ off APE 300 cpu@33.718C/34.25C tj@34.843C/35.5C VDD_GPU \
            4530mW/4612mW/4925mW VIN_SYS_5V0 6567mW/6600mW/6767mW VIN 18200mW/9100mW/18200mW",
        want: &[
            "/engines/GR3D/freqs_mhz = [708, 708, 0]",
            "/engines/GR3D/usage_percent = null",
            r#"/engines/VIC = {"usage_percent": 44, "freq_mhz": 510, "raw_value": null}"#,
            r#"/power/VIN = {"current_mw": 18200, "average_mw": 9100, "max_mw": 18200}"#,
            r#"/temps_max = {"cpu": 34.25, "tj": 35.5}"#,
        ],
    },
    Row {
        name: "clock without load for the memory, loads for DLA and PVA",
        line: "RAM 5012/30697MB (lfb 77x4MB) CPU [5%@729,2%@729] EMC_FREQ @0 GR3D_FREQ \
            3%@[305,305] NVDLA0 41%@1369 NVDLA1 off PVA0_FREQ [12%,37%]@704 APE 174 cpu@40C",
        want: &[
            r#"/engines/EMC = {"usage_percent": null, "freq_mhz": 0, "raw_value": null}"#,
            r#"/engines/NVDLA0 = {"usage_percent": 41, "freq_mhz": 1369, "raw_value": null}"#,
            r#"/engines/PVA0 = {"usage_percent": 37, "freq_mhz": 704, "raw_value": null, "loads_percent": [12, 37]}"#,
        ],
    },
    Row {
        name: "clock of the memory alone",
        line: "RAM 5012/30697MB (lfb 77x4MB) CPU [5%@729,2%@729] EMC_FREQ @1331 APE 174",
        want: &[r#"/engines/EMC = {"usage_percent": null, "freq_mhz": 1331, "raw_value": null}"#],
    },
    Row {
        name: "names with _UTIL",
        line: "RAM 3300/15823MB (lfb 12x4MB) CPU [1%@1190] EMC_UTIL 14% ISP_UTIL 5% NVCSI_UTIL \
            8% PCIE_UTIL 3% NVLINK_UTIL 0%",
        want: &[
            "/engines/EMC/usage_percent = 14",
            r#"/engines/ISP = {"usage_percent": 5, "freq_mhz": null, "raw_value": null}"#,
            "/engines/NVCSI/usage_percent = 8",
            "/engines/PCIE/usage_percent = 3",
            "/engines/NVLINK/usage_percent = 0",
            "/engines/PCIE_UTIL = absent",
        ],
    },
    Row {
        name: "load and clock of one engine under two names",
        line: "RAM 3301/15823MB (lfb 12x4MB) CPU [1%@1190] EMC_FREQ @1600 EMC_UTIL 11% AO@30C",
        want: &[r#"/engines = {"EMC": {"usage_percent": 11, "freq_mhz": 1600, "raw_value": null}}"#],
    },
    Row {
        name: "memory controller and fabric",
        line: "RAM 3302/15823MB (lfb 12x4MB) CPU [1%@1190] MC_FREQ @665 AXI_FREQ 4%@408 AO@30C",
        want: &[
            r#"/engines/MC = {"usage_percent": null, "freq_mhz": 665, "raw_value": null}"#,
            r#"/engines/AXI = {"usage_percent": 4, "freq_mhz": 408, "raw_value": null}"#,
        ],
    },
    Row {
        name: "one name, three meanings of its value",
        line: "RAM 3303/15823MB (lfb 12x4MB) CPU [1%@1190] VIC 31% NVJPG1 729 NVJPG off NVDEC \
            @314",
        want: &[
            r#"/engines/VIC = {"usage_percent": 31, "freq_mhz": null, "raw_value": null}"#,
            r#"/engines/NVJPG1 = {"usage_percent": null, "freq_mhz": 729, "raw_value": 729}"#,
            r#"/engines/NVJPG = {"usage_percent": 0, "freq_mhz": null, "raw_value": null}"#,
            r#"/engines/NVDEC = {"usage_percent": null, "freq_mhz": 314, "raw_value": null}"#,
        ],
    },
    Row {
        name: "an engine of a later release",
        line: "RAM 3304/15823MB (lfb 12x4MB) CPU [1%@1190] NEWENG0_FREQ 12%@345 AO@30C",
        want: &[r#"/engines/NEWENG0 = {"usage_percent": 12, "freq_mhz": 345, "raw_value": null}"#],
    },
    Row {
        name: "unit lost on one value, second values cut by hand",
        line: "RAM 3012/7620MB (lfb 2x4MB) CPU [2%@729,off] cpu@60.5C VDD_IN 3811mW/3790 \
            VDD_CPU_GPU_CV 601mW VDD_SOC 1244",
        want: &[
            r#"/power/VDD_IN = {"current_mw": 3811, "average_mw": 3790}"#,
            r#"/power/VDD_CPU_GPU_CV = {"current_mw": 601, "average_mw": 601}"#,
            r#"/power/VDD_SOC = {"current_mw": 1244, "average_mw": 1244}"#,
            "/engines = {}",
        ],
    },
    Row {
        name: "brackets of memory and swap cut away",
        line: "05-05-2025 05:05:05 RAM 4211/30698MB SWAP 9/3810MB GR3D_FREQ 44% tj@51.25C \
            VDD_GPU_SOC 2090mW",
        want: &[
            r#"/ram = {"used_bytes": 4415553536, "total_bytes": 32189186048, "unit": "MB", "largest_free_block": null}"#,
            r#"/swap = {"used_bytes": 9437184, "total_bytes": 3995074560, "cached_bytes": null, "unit": "MB"}"#,
            "/cpus = []",
        ],
    },
    Row {
        name: "memory in kB, block without a count",
        line: "RAM 655360/1937408kB (lfb 4096kB) CPU [2%@1479]",
        want: &[
            r#"/ram = {"used_bytes": 671088640, "total_bytes": 1983905792, "unit": "KB", "largest_free_block": {"Size": {"size_bytes": 4194304}}}"#,
        ],
    },
    Row {
        name: "memory alone",
        line: "RAM 1/2MB",
        want: &["/ram/used_bytes = 1048576", "/cpus = []", "/engines = {}", "/temps = {}", "/power = {}"],
    },
];
