//! Versions of the libraries that JetPack brings: from the files in which they say it themselves,
//! which are there without dpkg too, else from installed packages. No program is run.

use super::package::Wanted;
use crate::root::Root;

/// The libraries, in the order of all lists here.
pub const NAMES: [&str; 6] = ["cuda", "cudnn", "tensorrt", "vpi", "opencv", "vulkan"];

/// Their packages: `cuda-cudart-12-6`, `libcudnn9-cuda-12`, `libnvinfer10`, `libnvvpi3`, `libopencv` (the
/// vendor's) or `libopencv-core4.5d` (the distribution's), `libvulkan1`.
pub const PACKAGES: [Wanted; 7] = [
    Wanted { name: "cuda-cudart-", digits: true, any: true },
    Wanted { name: "libcudnn", digits: true, any: true },
    Wanted { name: "libnvinfer", digits: true, any: false },
    Wanted { name: "libnvvpi", digits: true, any: false },
    Wanted::exactly("libopencv"),
    Wanted { name: "libvulkan", digits: true, any: false },
    Wanted { name: "libopencv-core", digits: true, any: true },
];

/// Headers are longer than values: TensorRT's begins with fifty lines of licence.
const LARGEST: u64 = 32 * 1024;

/// A header that defines three numbers.
struct Header {
    library: usize,
    paths: &'static [&'static str],
    prefix: &'static str,
    parts: [&'static str; 3],
}

const HEADERS: [Header; 3] = [
    Header {
        library: 1,
        paths: &["usr/include/cudnn_version.h", "usr/include/aarch64-linux-gnu/cudnn_version.h"],
        prefix: "CUDNN_",
        parts: ["MAJOR", "MINOR", "PATCHLEVEL"],
    },
    Header {
        library: 2,
        paths: &["usr/include/NvInferVersion.h", "usr/include/aarch64-linux-gnu/NvInferVersion.h"],
        prefix: "NV_TENSORRT_",
        parts: ["MAJOR", "MINOR", "PATCH"],
    },
    Header {
        library: 4,
        paths: &["usr/include/opencv4/opencv2/core/version.hpp", "usr/include/opencv2/core/version.hpp"],
        prefix: "CV_VERSION_",
        parts: ["MAJOR", "MINOR", "REVISION"],
    },
];

/// Fills in what version files say, in the order of [`NAMES`].
pub fn read_files(root: &Root, versions: &mut [Option<String>; 6]) {
    let file = |path: &str| {
        let bytes = root.read(path, LARGEST).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let [cuda, .., vulkan] = versions;
    // CUDA 11 and newer have the JSON, older ones the line "CUDA Version 10.2.300".
    let json = file("usr/local/cuda/version.json").and_then(|text| cuda_version(&text));
    let line = || Some(file("usr/local/cuda/version.txt")?.trim().strip_prefix("CUDA Version ")?.to_owned());
    *cuda = json.or_else(line).filter(|version| is_version(version)).or(cuda.take());
    let paths = ["etc/vulkan/icd.d/nvidia_icd.json", "usr/share/vulkan/icd.d/nvidia_icd.json"];
    let api = paths.iter().find_map(|path| quoted_after(&file(path)?, "\"api_version\""));
    *vulkan = api.filter(|version| is_version(version)).or(vulkan.take());
    for header in &HEADERS {
        let text = header.paths.iter().find_map(|path| file(path));
        let version = text.and_then(|text| defined(&text, header.prefix, header.parts));
        if let Some(slot) = versions.get_mut(header.library).filter(|_| version.is_some()) {
            *slot = version;
        }
    }
}

/// The member `cuda.version` of CUDA's version.json.
fn cuda_version(text: &str) -> Option<String> {
    let (_, object) = text.split_once("\"cuda\"")?;
    quoted_after(object, "\"version\"")
}

/// The text in quotes behind a member's name.
fn quoted_after(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(name)?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    Some(value.split_once('"')?.0.to_owned())
}

/// `8.9.6` from `#define CUDNN_MAJOR 8` and so on; a number that is no literal is none.
fn defined(text: &str, prefix: &str, parts: [&str; 3]) -> Option<String> {
    let mut version = String::new();
    for part in parts {
        let value = text.lines().find_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let name = (words.next()? == "#define").then(|| words.next())??;
            (name.strip_prefix(prefix)? == part).then(|| words.next())?
        })?;
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if !version.is_empty() {
            version.push('.');
        }
        version.push_str(value);
    }
    Some(version)
}

fn is_version(text: &str) -> bool {
    text.len() < 32 && text.starts_with(|c: char| c.is_ascii_digit()) && text.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_and_err_version_files() {
        for (text, wanted) in [
            (r#"{"cuda" : {"name" : "CUDA SDK", "version" : "12.6.11"}}"#, Some("12.6.11")),
            (r#"{"cuda_cudart":{"version":"1"},"cuda":{"version":"2"}}"#, Some("2")),
            (r#"{"cuda":{"version":12}}"#, None),
            (r#"{"cuda":{"version":"12"#, None),
            (r#"{"version":"12"}"#, None),
            ("", None),
        ] {
            assert_eq!(cuda_version(text).as_deref(), wanted, "{text}");
        }
        let parts = ["MAJOR", "MINOR", "PATCH"];
        for (text, wanted) in [
            ("// x\n#define V_MAJOR 8\n#define V_MINOR 6 //!< m\r\n#define V_PATCH 1\n", Some("8.6.1")),
            ("#define V_MAJOR 8\n#define V_MINOR TRT\n#define V_PATCH 1\n", None),
            ("#define V_MAJOR 8\n#define V_MINOR 6\n", None),
            ("#define V_MAJOR\n#define\n", None),
            ("", None),
        ] {
            assert_eq!(defined(text, "V_", parts).as_deref(), wanted, "{text}");
        }
    }
}
