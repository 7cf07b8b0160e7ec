//! The fan service's table, etc/nvfancontrol.conf, and its state.
//!
//! The file is a list of fans between `<FAN 1>` and an end tag that may be missing, in them
//! settings and blocks in braces. What is not understood is skipped; nothing here fails.

/// Lines taken of a table; the longest seen has 50.
const MOST_LINES: usize = 4096;

/// A table, as it stands in its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table<'a> {
    /// How often the service looks, seconds.
    pub polling_s: Option<u32>,
    /// The fans, in the order of the table.
    pub fans: Vec<Fan<'a>>,
    /// Lines that were not understood.
    pub odd_lines: u32,
}

/// One fan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fan<'a> {
    /// Its number, from 1.
    pub number: u32,
    /// The first column of a profile is the distance to the limit, not a temperature: curves then
    /// look turned round.
    pub tmargin: bool,
    /// Governors that have settings (`pid`, `cont`).
    pub governors: Vec<&'a str>,
    /// Ways of control that have settings (`close_loop`).
    pub controls: Vec<&'a str>,
    /// The profiles.
    pub profiles: Vec<Profile<'a>>,
    /// The temperature that margins count from, degrees Celsius: the lowest of all groups.
    pub group_max_c: Option<i32>,
    /// The profile at start; the service does not start when there is none of that name.
    pub default_profile: Option<&'a str>,
    /// The governor at start.
    pub default_governor: Option<&'a str>,
    /// The way of control at start (`open_loop`, `close_loop`).
    pub default_control: Option<&'a str>,
    /// PWM that gets it to turn, 0 to 255.
    pub kickstart_pwm: Option<u32>,
}

/// One curve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile<'a> {
    /// `quiet`, `cool`.
    pub name: &'a str,
    /// Its points, in the order of the table.
    pub points: Vec<Point>,
}

/// One point of a curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// Temperature, or distance to the limit (see [`Fan::tmargin`]), degrees Celsius.
    pub temp_c: i32,
    /// Hysteresis, degrees Celsius.
    pub hyst_c: i32,
    /// 0 to 255.
    pub pwm: u32,
    /// Revolutions per minute that the PWM stands for.
    pub rpm: u32,
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    None,
    Profile,
    Group,
    Other,
}

/// Reads a table; never fails.
pub fn parse(text: &str) -> Table<'_> {
    let mut table = Table::default();
    let mut block = Block::None;
    for line in text.lines().take(MOST_LINES) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let next = if let Some(tag) = line.strip_prefix('<') {
            open_fan(tag, &mut table)
        } else if line == "}" {
            Some(Block::None)
        } else if block == Block::None {
            setting(line, &mut table)
        } else {
            inside(line, block, &mut table).map(|()| block)
        };
        match next {
            Some(next) => block = next,
            None => table.odd_lines += 1,
        }
    }
    table
}

/// `FAN 1>` opens a fan, `/FAN 1>` ends one.
fn open_fan(tag: &str, table: &mut Table) -> Option<Block> {
    let tag = tag.trim_end_matches('>').trim();
    if !tag.starts_with('/') {
        let number = tag.strip_prefix("FAN")?.trim().parse().ok()?;
        table.fans.push(Fan { number, ..Fan::default() });
    }
    Some(Block::None)
}

/// A line outside of braces, which may open them.
fn setting<'a>(line: &'a str, table: &mut Table<'a>) -> Option<Block> {
    let mut words = line.trim_end_matches('{').split_ascii_whitespace();
    let (name, value) = (words.next()?, words.next()?);
    let opens = line.ends_with('{');
    if name == "POLLING_INTERVAL" {
        table.polling_s = Some(value.parse().ok()?);
        return Some(Block::None);
    }
    let fan = table.fans.last_mut()?;
    let mut block = Block::Other;
    match name {
        "TMARGIN" => fan.tmargin = value == "ENABLED",
        "FAN_GOVERNOR" => fan.governors.push(value),
        "FAN_CONTROL" => fan.controls.push(value),
        "FAN_PROFILE" => {
            fan.profiles.push(Profile { name: value, points: Vec::new() });
            block = Block::Profile;
        }
        "THERMAL_GROUP" => block = Block::Group,
        "FAN_DEFAULT_PROFILE" => fan.default_profile = Some(value),
        "FAN_DEFAULT_GOVERNOR" => fan.default_governor = Some(value),
        "FAN_DEFAULT_CONTROL" => fan.default_control = Some(value),
        "KICKSTART_PWM" => fan.kickstart_pwm = Some(value.parse().ok()?),
        // A block that nobody knows is passed over as a whole.
        _ if !opens => return None,
        _ => {}
    }
    Some(if opens { block } else { Block::None })
}

/// A line in braces.
fn inside(line: &str, block: Block, table: &mut Table) -> Option<()> {
    let fan = table.fans.last_mut()?;
    match block {
        Block::Profile => fan.profiles.last_mut()?.points.push(point(line)?),
        Block::Group => {
            if let Some(limit) = line.strip_prefix("GROUP_MAX_TEMP") {
                let limit = limit.trim().parse().ok()?;
                fan.group_max_c = Some(fan.group_max_c.map_or(limit, |old| old.min(limit)));
            }
        }
        Block::Other | Block::None => {}
    }
    Some(())
}

/// `30 11 202 2300`; the speed may be missing.
fn point(line: &str) -> Option<Point> {
    let mut words = line.split_ascii_whitespace();
    let (temp_c, hyst_c) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let pwm = words.next()?.parse().ok().filter(|pwm| *pwm <= 255)?;
    let rpm = words.next().map_or(Some(0), |rpm| rpm.parse().ok())?;
    Some(Point { temp_c, hyst_c, pwm, rpm })
}

/// The state of a fan: var/lib/nvfancontrol/status, or what `nvfancontrol -q` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status<'a> {
    /// The profile in force.
    pub profile: Option<&'a str>,
    /// The governor in force.
    pub governor: Option<&'a str>,
    /// The way of control in force.
    pub control: Option<&'a str>,
}

/// Reads the lines `FAN1:FAN_PROFILE:cool` of the first fan that is named.
pub fn parse_status(text: &str) -> Status<'_> {
    let mut status = Status::default();
    let mut own = None;
    for line in text.lines().take(MOST_LINES) {
        let mut parts = line.splitn(3, ':').map(str::trim);
        let (Some(fan), Some(name), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        if !fan.starts_with("FAN") || *own.get_or_insert(fan) != fan || value.is_empty() {
            continue;
        }
        match name {
            "FAN_PROFILE" => status.profile = Some(value),
            "FAN_GOVERNOR" => status.governor = Some(value),
            "FAN_CONTROL" => status.control = Some(value),
            _ => {}
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
POLLING_INTERVAL 2\r
<FAN 1>\r
\tTMARGIN ENABLED
\tFAN_GOVERNOR pid {
\t\tSTEP_SIZE 10
\t}
\tFAN_PROFILE quiet {
\t\t#TEMP HYST PWM RPM
\t\t0 0 255 2900
\t\t-5 9 62
\t\tx 0 1 1
\t\t1 1 256 1
\t}
\tNEW_THING x {
\t\t1 2 3
\t}
\tFAN_PROFILE cool {
\t}
\tTHERMAL_GROUP 0 {
\t\tGROUP_MAX_TEMP 105
\t\tCPU-therm 20,0 0
\t}
\tFAN_DEFAULT_CONTROL open_loop
\tFAN_DEFAULT_PROFILE cool
\tFAN_DEFAULT_GOVERNOR pid
\tKICKSTART_PWM 64
</FAN 1>
<FAN 2>
\tFAN_PROFILE quiet {
\t\t10 0 9 9";

    #[test]
    fn ok_a_table() {
        let table = parse(TABLE);
        assert_eq!((table.polling_s, table.fans.len(), table.odd_lines), (Some(2), 2, 2));
        let fan = &table.fans[0];
        assert_eq!((fan.number, fan.tmargin, fan.group_max_c), (1, true, Some(105)));
        assert_eq!((fan.kickstart_pwm, &fan.governors[..]), (Some(64), &["pid"][..]));
        assert_eq!((fan.default_profile, fan.default_governor), (Some("cool"), Some("pid")));
        assert_eq!(fan.default_control, Some("open_loop"));
        let names: Vec<_> = fan.profiles.iter().map(|profile| profile.name).collect();
        assert_eq!(names, ["quiet", "cool"]);
        let points = [(0, 0, 255, 2900), (-5, 9, 62, 0)];
        let points = points.map(|(temp_c, hyst_c, pwm, rpm)| Point { temp_c, hyst_c, pwm, rpm });
        assert_eq!(fan.profiles[0].points, points);
        assert_eq!(table.fans[1].profiles[0].points.len(), 1, "neither the brace nor the tag is closed");
    }

    #[test]
    fn err_broken_tables() {
        for (text, fans, odd) in [
            ("", 0, 0),
            ("FAN_PROFILE quiet {\n1 2 3 4\n}", 0, 2),
            ("<FAN>", 0, 1),
            ("<FAN x>", 0, 1),
            ("<FAN 1", 1, 0),
            ("<", 0, 1),
            ("}", 0, 0),
            ("{", 0, 1),
            ("POLLING_INTERVAL", 0, 1),
            ("POLLING_INTERVAL x", 0, 1),
            ("<FAN 1>\nKICKSTART_PWM -1\nNOBODY knows\n", 1, 2),
            ("<FAN 1>\nFAN_PROFILE a {\n1 2 3 x\n99999999999 0 0 0\n1\n", 1, 3),
            ("\u{fffd} \u{fffd}", 0, 1),
        ] {
            let table = parse(text);
            assert_eq!((table.fans.len(), table.odd_lines), (fans, odd), "{text:?}");
        }
        assert_eq!(parse(&"<FAN 1>\n".repeat(100_000)).fans.len(), MOST_LINES);
    }

    #[test]
    fn ok_and_err_status() {
        for (text, profile, governor, control) in [
            (
                "FAN1:FAN_PROFILE:cool\nFAN1:FAN_GOVERNOR:pid\r\nFAN1:FAN_CONTROL:open_loop",
                Some("cool"),
                Some("pid"),
                Some("open_loop"),
            ),
            ("FAN1:FAN_PROFILE:cool\nFAN2:FAN_PROFILE:quiet\n", Some("cool"), None, None),
            ("FAN_PROFILE:cool", None, None, None),
            ("FAN1:FAN_PROFILE:", None, None, None),
            ("x:FAN_PROFILE:cool", None, None, None),
            ("", None, None, None),
        ] {
            assert_eq!(parse_status(text), Status { profile, governor, control }, "{text:?}");
        }
    }
}
