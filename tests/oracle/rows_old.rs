//! Plain lines of TK1 to Xavier boards in the printed forms of L4T R21 to R35, with numbers of our
//! own, and what each must come to. Sizes stand in bytes, as the messages have them.

use super::Row;

pub const ROWS: &[Row] = &[
    Row {
        name: "tk1 r21, root",
        line: "RAM 655/1892MB (lfb 97x4MB) SWAP 3/1024MB (cached 1MB) cpu [31%,9%,4%,2%]@1836 \
            EMC 7%@792 AVP 2%@102 VDE 168 GR3D 5%@396 EDP limit 2014",
        want: &[
            r#"/ram = {"used_bytes": 686817280, "total_bytes": 1983905792, "unit": "MB", "largest_free_block": {"Blocks": {"count": 97, "size_bytes": 4194304}}}"#,
            r#"/swap = {"used_bytes": 3145728, "total_bytes": 1073741824, "cached_bytes": 1048576, "unit": "MB"}"#,
            r#"/cpus/0 = {"load_percent": 31, "freq_mhz": 1836}"#,
            r#"/cpus/3 = {"load_percent": 2, "freq_mhz": 1836}"#,
            r#"/engines/VDE = {"usage_percent": null, "freq_mhz": 168, "raw_value": 168}"#,
            r#"/engines/AVP = {"usage_percent": 2, "freq_mhz": 102, "raw_value": null}"#,
            r#"/engines/GR3D = {"usage_percent": 5, "freq_mhz": 396, "raw_value": null}"#,
            "/engines/limit = absent",
            "/edp_limit_mhz = 2014",
            "/timestamp = null",
            "/temps = {}",
        ],
    },
    Row {
        name: "tk1 r21, limit zero and no swap token",
        line: "RAM 702/1876MB (lfb 12x2MB) cpu [8%,0%,0%,6%]@564 EMC 2%@528 AVP 0%@81 VDE 0 \
            GR3D 0%@180 EDP limit 0",
        want: &[
            "/edp_limit_mhz = 0",
            "/swap = null",
            "/engines/VDE/freq_mhz = 0",
            "/engines/VDE/raw_value = 0",
        ],
    },
    Row {
        name: "tx1 r24, codec on",
        line: "RAM 1290/3981MB (lfb 301x4MB) cpu [6%,12%,1%,9%]@1224 EMC 14%@1065 AVP 3%@192 \
            NVDEC 268 MSENC 384 GR3D 22%@844 EDP limit 1632",
        want: &[
            r#"/engines/NVDEC = {"usage_percent": null, "freq_mhz": 268, "raw_value": 268}"#,
            "/engines/MSENC/freq_mhz = 384",
            "/engines/NVENC = absent",
            r#"/cpus/1 = {"load_percent": 12, "freq_mhz": 1224}"#,
            "/edp_limit_mhz = 1632",
        ],
    },
    Row {
        name: "tx1 r28.1, old form with APE",
        line: "RAM 2217/3983MB (lfb 41x4MB) cpu [14%,51%,27%,33%]@1428 EMC 48%@1331 APE 25 \
            NVDEC 627 MSENC 652 GR3D 3%@153",
        want: &[
            r#"/engines/EMC = {"usage_percent": 48, "freq_mhz": 1331, "raw_value": null}"#,
            "/engines/APE/raw_value = 25",
            "/edp_limit_mhz = null",
        ],
    },
    Row {
        name: "tx1 r28, root, IRAM",
        line: "RAM 431/3984MB (lfb 655x4MB) IRAM 4/252kB(lfb 248kB) CPU \
            [3%@1555,1%@1555,0%@1555,7%@1555] EMC_FREQ 2%@1065 GR3D_FREQ 6%@537 APE 25 \
            AO@31.5C CPU@27.5C GPU@24C PLL@22C Tdiode@29.25C PMIC@100C Tboard@27C \
            thermal@25.5C VDD_IN 2381/2412 VDD_CPU 409/388 VDD_GPU 57/61",
        want: &[
            r#"/ram/largest_free_block = {"Blocks": {"count": 655, "size_bytes": 4194304}}"#,
            r#"/iram = {"used_bytes": 4096, "total_bytes": 258048, "lfb_bytes": 253952, "unit": "KB"}"#,
            "/temps/Tdiode = 29.25",
            "/temps/PMIC = 100",
            r#"/power/VDD_GPU = {"current_mw": 57, "average_mw": 61}"#,
        ],
    },
    Row {
        name: "tx2 r28.2, root, MTS and AO",
        line: "RAM 2048/7855MB (lfb 990x4MB) CPU \
            [12%@1880,3%@1881,1%@1880,5%@1882,9%@1880,4%@1881] EMC_FREQ 6%@1600 GR3D_FREQ \
            17%@1122 APE 150 MTS fg 3% bg 12% BCPU@33C MCPU@33.5C GPU@31C PLL@33C AO@34.5C \
            Tboard@29C Tdiode@30.75C PMIC@100C thermal@32.1C VDD_IN 4021/3877 VDD_CPU \
            655/598 VDD_GPU 402/377 VDD_SOC 803/798 VDD_WIFI 0/12 VDD_DDR 1401/1322",
        want: &[
            r#"/mts = {"fg_percent": 3, "bg_percent": 12}"#,
            "/engines/MTS = absent",
            "/engines/fg = absent",
            "/engines/bg = absent",
            r#"/engines/APE = {"usage_percent": null, "freq_mhz": 150, "raw_value": 150}"#,
            "/temps/AO = 34.5",
            r#"/power/VDD_WIFI = {"current_mw": 0, "average_mw": 12}"#,
        ],
    },
    Row {
        name: "tx2 r28, user: no EMC and no GR3D",
        line: "RAM 811/7854MB (lfb 1502x4MB) CPU [4%@652,0%@653,0%@652,2%@652,1%@652,0%@652] \
            BCPU@29C MCPU@29C GPU@28C PLL@29C Tboard@25C Tdiode@26.75C PMIC@100C \
            thermal@28.6C VDD_IN 1221/1198 VDD_CPU 191/180 VDD_GPU 153/150 VDD_SOC 402/391 \
            VDD_WIFI 19/44 VDD_DDR 211/204",
        want: &["/engines = {}", "/mts = null", "/temps/thermal = 28.6", "/cpus/1/freq_mhz = 653"],
    },
    Row {
        name: "tx2 r32, root, cores 1 and 2 off",
        line: "RAM 1450/7858MB (lfb 52x4MB) SWAP 12/3929MB (cached 2MB) CPU \
            [19%@1267,off,off,21%@1266,5%@1267,8%@1268] EMC_FREQ 4%@1331 GR3D_FREQ 9%@522 \
            APE 150 PLL@36C MCPU@36C PMIC@50C Tboard@31C GPU@34.5C BCPU@36C thermal@35.3C \
            Tdiode@33.25C VDD_SYS_GPU 229/201 VDD_SYS_SOC 535/520 VDD_4V0_WIFI 0/38 VDD_IN \
            2754/2699 VDD_SYS_CPU 459/440 VDD_SYS_DDR 402/396",
        want: &[
            r#"/cpus = [{"load_percent": 19, "freq_mhz": 1267}, {"load_percent": null, "freq_mhz": null}, {"load_percent": null, "freq_mhz": null}, {"load_percent": 21, "freq_mhz": 1266}, {"load_percent": 5, "freq_mhz": 1267}, {"load_percent": 8, "freq_mhz": 1268}]"#,
            "/power/VDD_4V0_WIFI/average_mw = 38",
            "/mts = null",
        ],
    },
    Row {
        name: "tx2 r32, one core of six",
        line: "RAM 1288/7829MB (lfb 1187x4MB) SWAP 0/768MB (cached 0MB) CPU \
            [7%@499,off,off,off,off,off] EMC_FREQ 9%@68 GR3D_FREQ 1%@216 APE 150 BCPU@34C \
            MCPU@34C GPU@37.5C thermal@34.8C VDD_IN 1888/1944",
        want: &[r#"/cpus/5 = {"load_percent": null, "freq_mhz": null}"#, "/cpus/6 = absent"],
    },
    Row {
        name: "tx2 4gb r32, root: no rail for wireless",
        line: "RAM 1702/3830MB (lfb 99x4MB) CPU \
            [11%@1651,4%@1652,6%@1651,3%@1650,2%@1651,9%@1651] EMC_FREQ 3%@1331 GR3D_FREQ \
            2%@318 APE 150 MTS fg 0% bg 4% PLL@41C MCPU@41C PMIC@50C Tboard@36C GPU@38.5C \
            BCPU@41C thermal@39.8C Tdiode@38.25C VDD_SYS_GPU 115/96 VDD_SYS_SOC 577/560 \
            VDD_IN 3122/3240 VDD_SYS_CPU 655/801 VDD_SYS_DDR 699/688",
        want: &[
            "/mts/bg_percent = 4",
            "/power/VDD_4V0_WIFI = absent",
            r#"/power/VDD_SYS_CPU = {"current_mw": 655, "average_mw": 801}"#,
        ],
    },
    Row {
        name: "tx2 nx r32",
        line: "RAM 988/3825MB (lfb 402x4MB) SWAP 0/1912MB (cached 0MB) CPU \
            [5%@1190,off,off,3%@1190,1%@1191,2%@1190] EMC_FREQ 0% GR3D_FREQ 2% PLL@38C \
            MCPU@38C GPU@36.5C BCPU@38C thermal@37.2C VDD_IN 2510/2388 VDD_CPU_GPU 702/610 \
            VDD_SOC 741/733",
        want: &[
            r#"/power/VDD_CPU_GPU = {"current_mw": 702, "average_mw": 610}"#,
            r#"/engines/EMC = {"usage_percent": 0, "freq_mhz": null, "raw_value": null}"#,
        ],
    },
    Row {
        name: "tx2 without a source of the gpu's load",
        line: "RAM 2600/7846MB (lfb 214x4MB) CPU [1%@345,0%@345,0%@346,3%@345,2%@345,1%@345] \
            EMC_FREQ 1%@408 GR3D_FREQ @0 APE 150 BCPU@30.5C GPU@29.5C",
        want: &[r#"/engines/GR3D = {"usage_percent": null, "freq_mhz": 0, "raw_value": null}"#],
    },
    Row {
        name: "nano r32, root",
        line: "RAM 1544/3964MB (lfb 7x2MB) SWAP 88/1982MB (cached 5MB) IRAM 0/252kB(lfb 252kB) \
            CPU [22%@1326,18%@1326,9%@1326,13%@1326] EMC_FREQ 5%@1331 GR3D_FREQ 12%@230 \
            VIC_FREQ 3%@345 APE 25 PLL@35.5C CPU@38C PMIC@50C GPU@37.5C AO@43C \
            thermal@37.75C POM_5V_IN 2422/2109 POM_5V_GPU 81/40 POM_5V_CPU 605/577",
        want: &[
            "/iram/lfb_bytes = 258048",
            r#"/ram/largest_free_block/Blocks = {"count": 7, "size_bytes": 2097152}"#,
            r#"/engines/VIC = {"usage_percent": 3, "freq_mhz": 345, "raw_value": null}"#,
            r#"/power/POM_5V_GPU = {"current_mw": 81, "average_mw": 40}"#,
            "/temps/thermal = 37.75",
        ],
    },
    Row {
        name: "nano r32, user",
        line: "RAM 2705/3956MB (lfb 9x1MB) SWAP 305/1978MB (cached 11MB) CPU \
            [33%@710,24%@710,28%@710,19%@710] EMC_FREQ 0% GR3D_FREQ 41% PLL@29.5C CPU@32C \
            PMIC@100C GPU@31C AO@38.5C thermal@31.5C POM_5V_IN 2870/2544 POM_5V_GPU 205/160 \
            POM_5V_CPU 533/498",
        want: &[
            r#"/engines/GR3D = {"usage_percent": 41, "freq_mhz": null, "raw_value": null}"#,
            "/engines/EMC/usage_percent = 0",
            "/iram = null",
            "/temps/PMIC = 100",
        ],
    },
    Row {
        name: "nano 2gb r32, user: swap larger than memory, no rails",
        line: "RAM 1377/1952MB (lfb 5x512kB) SWAP 2048/9216MB (cached 77MB) CPU \
            [44%@1479,off,off,100%@1479] EMC_FREQ 0% GR3D_FREQ 7% PLL@48C CPU@51.5C PMIC@50C \
            GPU@49.5C AO@55C thermal@50.5C",
        want: &[
            "/swap/total_bytes = 9663676416",
            "/ram/largest_free_block/Blocks/size_bytes = 524288",
            "/power = {}",
            r#"/cpus/2 = {"load_percent": null, "freq_mhz": null}"#,
        ],
    },
    Row {
        name: "nano r32, encoder and decoder on",
        line: "RAM 1299/3965MB (lfb 3x256kB) SWAP 60/1024MB (cached 4MB) IRAM 0/252kB(lfb \
            252kB) CPU [41%@921,38%@921,36%@921,29%@921] EMC_FREQ 13%@1331 GR3D_FREQ 0%@153 \
            NVENC 614 NVDEC 627 APE 25 PLL@50C CPU@53.5C GPU@52C POM_5V_IN 4011/3950",
        want: &[
            r#"/engines/NVENC = {"usage_percent": null, "freq_mhz": 614, "raw_value": 614}"#,
            r#"/ram/largest_free_block/Blocks = {"count": 3, "size_bytes": 262144}"#,
        ],
    },
    Row {
        name: "t210 carrier with a phone's zones",
        line: "RAM 1822/3983MB (lfb 66x4MB) CPU [6%@1020,3%@1020,2%@1020,1%@1020] EMC_FREQ 0% \
            GR3D_FREQ 0% LCPU@30.5C Charger@28C max170xx@27.5C iwlwifi@33C thermal@29.75C",
        want: &[
            r#"/temps = {"LCPU": 30.5, "Charger": 28, "max170xx": 27.5, "iwlwifi": 33, "thermal": 29.75}"#,
        ],
    },
    Row {
        name: "agx xavier r31, user: CPU and GPU with several meanings",
        line: "RAM 2011/15692MB (lfb 3102x4MB) CPU \
            [6%@1420,2%@1421,0%@1420,1%@1420,3%@1419,0%@1420,5%@1420,4%@1420] EMC_FREQ 0% \
            GR3D_FREQ 8% AO@33.5C GPU@34C Tboard@33C Tdiode@35.25C AUX@32.5C CPU@36.5C \
            thermal@34.1C PMIC@100C GPU 155/149 CPU 310/287 SOC 932/911 CV 0/0 VDDRQ 155/151 \
            SYS5V 1972/1966",
        want: &[
            r#"/cpus/0 = {"load_percent": 6, "freq_mhz": 1420}"#,
            "/temps/CPU = 36.5",
            "/temps/GPU = 34",
            r#"/power/CPU = {"current_mw": 310, "average_mw": 287}"#,
            r#"/power/GPU = {"current_mw": 155, "average_mw": 149}"#,
            "/engines/CPU = absent",
            "/engines/GPU = absent",
        ],
    },
    Row {
        name: "agx xavier r32, root, wireless zone, four cores off",
        line: "RAM 3188/31919MB (lfb 5511x4MB) SWAP 5/15959MB (cached 1MB) CPU \
            [27%@1344,22%@1345,31%@1344,18%@1343,off,off,off,off] EMC_FREQ 21%@1600 \
            GR3D_FREQ 64%@905 APE 150 MTS fg 1% bg 7% AO@41C GPU@45.5C iwlwifi@39C \
            Tdiode@44.25C PMIC@100C AUX@40.5C CPU@43C thermal@42.65C Tboard@40C GPU \
            7822/7510 CPU 1411/1388 SOC 3204/3188 CV 0/0 VDDRQ 1302/1299 SYS5V 3711/3702",
        want: &[
            r#"/mts = {"fg_percent": 1, "bg_percent": 7}"#,
            "/temps/iwlwifi = 39",
            "/power/SYS5V/average_mw = 3702",
            r#"/engines/GR3D = {"usage_percent": 64, "freq_mhz": 905, "raw_value": null}"#,
            "/cpus/7/load_percent = null",
        ],
    },
    Row {
        name: "agx xavier r35, root: list of one clock",
        line: "03-14-2024 08:09:10 RAM 3021/30991MB (lfb 6001x4MB) SWAP 0/15495MB (cached 0MB) \
            CPU [12%@2035,4%@2036,0%@2035,8%@2035,6%@2034,1%@2035,0%@2035,3%@2035] EMC_FREQ \
            2%@1600 GR3D_FREQ 19%@[522] VIC_FREQ 908 APE 150 AUX@42C CPU@44.5C thermal@43.5C \
            Tboard@43C AO@42.5C GPU@43C Tdiode@46.25C PMIC@50C GPU 621mW/598mW CPU \
            1554mW/1490mW SOC 1865mW/1811mW CV 0mW/0mW VDDRQ 310mW/288mW SYS5V 2844mW/2790mW",
        want: &[
            r#"/timestamp = "03-14-2024 08:09:10""#,
            r#"/engines/GR3D = {"usage_percent": 19, "freq_mhz": 522, "raw_value": null, "freqs_mhz": [522]}"#,
            r#"/engines/VIC = {"usage_percent": null, "freq_mhz": 908, "raw_value": 908}"#,
            r#"/power/CPU = {"current_mw": 1554, "average_mw": 1490}"#,
            r#"/cpus/1 = {"load_percent": 4, "freq_mhz": 2036}"#,
        ],
    },
    Row {
        name: "xavier nx r32, root",
        line: "RAM 4988/7771MB (lfb 13x4MB) SWAP 702/19456MB (cached 190MB) CPU \
            [51%@1190,19%@1190,28%@1190,33%@1190,26%@1190,88%@1190] EMC_FREQ 6%@1331 \
            GR3D_FREQ 37%@803 APE 150 MTS fg 2% bg 5% AO@34C GPU@36.5C PMIC@100C AUX@35C \
            CPU@38.5C thermal@36.35C VDD_IN 6920/6301 VDD_CPU_GPU_CV 3011/2744 VDD_SOC \
            1166/1120",
        want: &[
            r#"/power/VDD_CPU_GPU_CV = {"current_mw": 3011, "average_mw": 2744}"#,
            r#"/swap = {"used_bytes": 736100352, "total_bytes": 20401094656, "cached_bytes": 199229440, "unit": "MB"}"#,
            "/cpus/5/load_percent = 88",
        ],
    },
    Row {
        name: "xavier nx r32, user without rails",
        line: "RAM 3904/7770MB (lfb 140x4MB) SWAP 0/3885MB (cached 0MB) CPU \
            [8%@1420,6%@1420,5%@1420,off,off,2%@1420] EMC_FREQ 0% GR3D_FREQ 0% AO@55.5C \
            GPU@56C PMIC@50C AUX@56C CPU@58.5C thermal@56.25C",
        want: &[
            "/power = {}",
            r#"/engines/GR3D = {"usage_percent": 0, "freq_mhz": null, "raw_value": null}"#,
        ],
    },
    Row {
        name: "xavier nx r35, root",
        line: "12-24-2023 23:59:59 RAM 3044/6851MB (lfb 8x4MB) SWAP 97/3425MB (cached 0MB) CPU \
            [31%@1905,11%@1190,9%@1192,22%@1190,off,off] EMC_FREQ 3%@408 GR3D_FREQ 6%@[306] \
            VIC_FREQ 192 APE 150 AUX@43C CPU@45.5C thermal@44.1C AO@43.5C GPU@44C PMIC@50C \
            VDD_IN 3211mW/3077mW VDD_CPU_GPU_CV 812mW/780mW VDD_SOC 731mW/722mW",
        want: &[
            r#"/timestamp = "12-24-2023 23:59:59""#,
            "/engines/GR3D/freqs_mhz = [306]",
            r#"/power/VDD_IN = {"current_mw": 3211, "average_mw": 3077}"#,
        ],
    },
    Row {
        name: "below freezing, swap behind the cores, engines between rails",
        line: "RAM 4620/7844MB (lfb 2x128kB) CPU [45%@1880,off,off,51%@1881,40%@1880,38%@1880] \
            SWAP 120/1024MB (cached 6MB) EMC_FREQ 7%@1600 GR3D_FREQ 66%@1122 APE 150 \
            BCPU@-12C MCPU@-12.5C GPU@-0.25C PLL@3C thermal@-4.6C VDD_IN 9022/9100 NVENC 652 \
            NVDEC 601 VDD_DDR 1988/2001",
        want: &[
            r#"/temps = {"BCPU": -12, "MCPU": -12.5, "GPU": -0.25, "PLL": 3, "thermal": -4.6}"#,
            "/temps_off = []",
            "/swap/used_bytes = 125829120",
            "/engines/NVDEC/freq_mhz = 601",
            r#"/power/VDD_DDR = {"current_mw": 1988, "average_mw": 2001}"#,
            r#"/ram/largest_free_block/Blocks = {"count": 2, "size_bytes": 131072}"#,
        ],
    },
];
