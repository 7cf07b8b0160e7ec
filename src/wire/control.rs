//! What the reply `Controls` holds.

use super::Value;
use super::message::map;
use crate::snapshot::Snapshot;

/// The controls, as ever.
pub const NAMES: [&str; 6] =
    ["jetson_clocks", "nvpmodel", "fan", "cpu_governor", "gpu_governor", "gpu_railgate"];
const DESCRIPTIONS: [&str; 6] = [
    "all clocks at their upper limit",
    "power mode",
    "duty of the fan",
    "what chooses the clocks of the cores",
    "what chooses the clock of the GPU",
    "power of the GPU when idle",
];

/// The reply `{"Controls": [...]}`: what is read of each; this release changes none.
pub fn controls(snapshot: Option<&Snapshot>) -> Value<'_> {
    let control = |(name, description): (&'static str, &'static str)| {
        map([
            ("name", Value::text(name)),
            ("description", Value::text(description)),
            (
                "value",
                snapshot.and_then(|s| value(name, s)).map_or(Value::Null, |text| Value::Text(text.into())),
            ),
            ("options", Value::List(Vec::new())),
            ("readonly", true.into()),
            ("min", Value::Null),
            ("max", Value::Null),
            ("step", Value::Null),
            ("requires_sudo", true.into()),
            ("supported", false.into()),
            ("unit", if name == "fan" { Value::text("percent") } else { Value::Null }),
        ])
    };
    Value::variant("Controls", Value::List(NAMES.into_iter().zip(DESCRIPTIONS).map(control).collect()))
}

fn value(name: &str, s: &Snapshot) -> Option<String> {
    match name {
        "jetson_clocks" => s.pinned.map(|pinned| pinned.name().to_owned()),
        "nvpmodel" => s.power_mode.id.map(|_| s.power_mode.name.clone()),
        "fan" => s.fans.first()?.duty_pm().map(|duty| ((duty + 5) / 10).to_string()),
        "cpu_governor" => s.clusters.first().map(|cluster| cluster.governor.clone()),
        "gpu_governor" => s.gpus.first().map(|gpu| gpu.governor.clone()),
        _ => s.gpus.first()?.railgate.map(|gated| if gated { "auto" } else { "on" }.to_owned()),
    }
}
