//! Values, files and the order of what sets a key, each on a directory of its own.

use super::key::{PATH, position};
use super::*;

/// A root and a user's directory below it, gone afterwards.
pub(super) struct Place(PathBuf);

impl Place {
    pub(super) fn new(name: &str) -> Place {
        let path = std::env::temp_dir().join(format!("jetsonscope-config-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Place(path)
    }

    pub(super) fn write(&self, file: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).to_str().unwrap().to_owned()
    }

    /// Loads it as user 1000 (unless said otherwise) with these variables and options.
    pub(super) fn load_as(
        &self,
        uid: u32,
        set: &[(&str, &str)],
        given: &[(&str, &str)],
        file: Option<&Path>,
    ) -> Result<Loaded, Error> {
        let find = |name: &str| set.iter().find(|pair| pair.0 == name).map(|pair| pair.1.into());
        let mut options = Options { file: file.map(Path::to_owned), ..Options::default() };
        given.iter().for_each(|(option, value)| options.take(option, value.into()));
        load_as(&options, &Root::at(&self.0), &find, uid)
    }

    pub(super) fn load(&self, set: &[(&str, &str)], given: &[(&str, &str)]) -> Result<Loaded, Error> {
        self.load_as(1000, set, given, None)
    }

    /// Loads one file.
    fn parse(&self, content: impl AsRef<[u8]>) -> Result<Loaded, Error> {
        let file = self.write("file", content);
        self.load_as(1000, &[], &[], Some(&file))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn origin<'a>(loaded: &'a Loaded, key: &str) -> (&'a str, &'a str) {
    let origin = loaded.origins.iter().find(|origin| origin.key == key).unwrap();
    (&origin.value, &origin.from)
}

pub(super) const ETC: &str = "etc/jetsonscope/jetsonscope.conf";

#[test]
fn ok_defaults() {
    let place = Place::new("defaults");
    let config = place.load(&[("XDG_RUNTIME_DIR", "/run/user/1000")], &[]).unwrap().config;
    let wanted = Config {
        socket: config.socket.clone(),
        socket_mode: 0o666,
        group: "jetsonscope".into(),
        max_clients: 64,
        idle_timeout: Duration::from_secs(300),
        interval: Duration::from_secs(1),
        idle_interval: Duration::from_secs(10),
        telemetry_interval: Duration::from_secs(30),
        tegrastats: true,
        history: true,
        restore_on_exit: false,
        ..Config::default()
    };
    assert_eq!(config, wanted);
    for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
        let good = key.set(&mut Config::default(), OsStr::new(key.default));
        assert!(good.is_some(), "{}: {}", key.name, key.default);
    }
}

#[test]
fn ok_the_default_socket() {
    let writable = nix::unistd::access(RUN, nix::unistd::AccessFlags::W_OK).is_ok();
    let run = "/run/jetsonscope/jetsonscope.sock";
    for (uid, directory, wanted) in [
        (0, "/run/user/0", run),
        (0, "", run),
        (1000, "/run/user/1000", "/run/user/1000/jetsonscope.sock"),
        (1000, "", "/tmp/jetsonscope-1000.sock"),
        (1000, "relative", "/tmp/jetsonscope-1000.sock"),
    ] {
        let wanted = if writable { run } else { wanted };
        let socket = default_socket(&|_| Some(directory.into()), uid);
        assert_eq!(socket, Path::new(wanted), "{uid} {directory}");
    }
}

#[test]
fn ok_values() {
    let place = Place::new("values");
    let ms = Duration::from_millis;
    type Check = fn(&Config) -> bool;
    let table: &[(&str, Check)] = &[
        ("socket = /a/b.sock", |config| config.socket == Path::new("/a/b.sock")),
        ("socket = \"/a b\"", |config| config.socket == Path::new("/a b")),
        ("compat_tmp_socket = yes", |config| config.compat_tmp_socket),
        ("compat_tmp_socket=on\r\n", |config| config.compat_tmp_socket),
        ("tegrastats = false", |config| !config.tegrastats),
        ("history = off", |config| !config.history),
        ("restore_on_exit = 1", |config| config.restore_on_exit),
        ("socket_mode = 0660", |config| config.socket_mode == 0o660),
        ("socket_mode = 600", |config| config.socket_mode == 0o600),
        ("group = video", |config| config.group == "video"),
        ("max_clients = 10000", |config| config.max_clients == 10000),
        ("idle_timeout = 0", |config| config.idle_timeout.is_zero()),
        ("idle_timeout = 5", |config| config.idle_timeout.as_secs() == 5),
        ("idle_timeout = 5min", |config| config.idle_timeout.as_secs() == 300),
        ("source = \"command:cat '#'\"", |config| config.source.as_deref() == Some("command:cat '#'")),
        ("source = auto", |config| config.source.as_deref() == Some("auto")),
        ("source = command", |config| config.source.as_deref() == Some("command")),
        ("root = /a\nroot =", |config| config.root.is_none()),
        ("token = geheim", |config| config.token.as_deref() == Some("geheim")),
        ("telemetry_log = /var/log/a", |config| {
            config.telemetry_log.as_deref() == Some(Path::new("/var/log/a"))
        }),
        ("telemetry_interval = 24h", |config| config.telemetry_interval.as_secs() == 86400),
        ("http = 127.0.0.1:9100", |config| config.http.as_deref() == Some("127.0.0.1:9100")),
        ("http = [::1]:65535", |config| config.http.as_deref() == Some("[::1]:65535")),
        ("\u{feff}http = a:1", |config| config.http.as_deref() == Some("a:1")),
    ];
    for (text, check) in table {
        let loaded = place.parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(check(&loaded.config), "{text}: {:?}", loaded.config);
    }
    for (text, wanted) in [
        ("500", ms(500)),
        ("500ms", ms(500)),
        ("2s", ms(2000)),
        ("1h", ms(3_600_000)),
        ("60min", ms(3_600_000)),
    ] {
        assert_eq!(place.parse(format!("interval = {text}")).unwrap().config.interval, wanted, "{text}");
    }
}

#[test]
fn err_values() {
    let place = Place::new("wrong");
    for text in [
        "socket =",
        "socket = relative",
        "compat_tmp_socket =",
        "compat_tmp_socket = maybe",
        "tegrastats = Yes!",
        "socket_mode = 1000",
        "socket_mode = 0888",
        "socket_mode = -1",
        "socket_mode = +666",
        "socket_mode = rw-rw-rw-",
        "group =",
        "group = a b",
        "group = a:b",
        "group = -a",
        "max_clients = 0",
        "max_clients = 10001",
        "max_clients = 1e3",
        "max_clients = 99999999999999999999999",
        "idle_timeout = 500ms",
        "idle_timeout = 25h",
        "interval =",
        "interval = 0",
        "interval = 99",
        "interval = 3600001",
        "interval = 2h",
        "interval = 1 s",
        "interval = 1m",
        "interval = -1s",
        "interval = 1.5s",
        "interval = s",
        "interval = 99999999999999999999h",
        "idle_interval = 50ms",
        "source = nothing",
        "source = command:cat 'a",
        "root = relative",
        "token_file = relative",
        "telemetry_log = relative",
        "telemetry_interval = 0",
        "http = 9100",
        "http = :9100",
        "http = a:0",
        "http = a:65536",
        "http = a:+1",
        "http = a b:1",
    ] {
        let error = place.parse(text).map(|loaded| loaded.config).expect_err(text);
        let (key, value) = text.split_once('=').unwrap();
        let wanted = format!("{}:1: {}: bad value \"{}\" (", place.path("file"), key.trim(), value.trim());
        assert!(error.to_string().starts_with(&wanted) && !error.is_usage, "{text}: {error}");
    }
    let long = format!("socket = /{}", "a".repeat(107));
    place.parse(&long).expect_err("beyond sun_path");
    place.parse(&long[..long.len() - 1]).expect("as long as sun_path");
    place.parse(format!("token = {}", "a".repeat(1025))).expect_err("a long token");
    let shown = place.parse(format!("interval = {}", "x".repeat(60_000))).unwrap_err();
    assert!(shown.to_string().len() < 300, "{shown}");
}

/// The ends of each range that is given in words are taken, what is beyond them is not.
#[test]
fn ok_ranges() {
    for key in KEYS {
        let Some((least, most)) = key.range.split_once(" to ") else { continue };
        let (least, most) = (least.trim_start_matches("0 or "), most.split(',').next().unwrap());
        let takes = |text: &str| key.set(&mut Config::default(), OsStr::new(text)).is_some();
        assert!(takes(least) && takes(most), "{}: {}", key.name, key.range);
        let unit = most.trim_start_matches(|c: char| c.is_ascii_digit());
        let number: u64 = most.trim_end_matches(unit).parse().unwrap();
        assert!(!takes(&format!("{}{unit}", number + 1)), "{}: beyond {most}", key.name);
    }
}

#[test]
fn err_files() {
    let place = Place::new("files");
    let huge = format!("interval = 1s\n{}", "# filler\n".repeat(120_000));
    assert!(huge.len() > 1_000_000);
    for (content, wanted) in [
        (&b"interval = 1s\ngroup\n"[..], ":2: no \"=\" behind the key \"group\""),
        (b"\r\n\r\ninterval\r\n", ":3: no \"=\" behind the key \"interval\""),
        (b"= 1", ":1: no key before \"=\" \"= 1\""),
        (b"group = \"a", ":1: quote without an end \"group = \"a\""),
        (b"token = \"geheim", ":1: quote without an end \"token\""),
        (b" token geheim", ":1: no \"=\" behind the key \"token\""),
        (b"\x7fELF\x02\x01\x01\0\0\0", ":1: control character"),
        (b"# \xff\ngroup = a\n", ":1: not UTF-8"),
        (b"interval = 1s\ninterval = 1\n", ":2: interval: bad value \"1\" (100ms to 1h)"),
        (huge.as_bytes(), ": larger than 65536 bytes"),
    ] {
        let error = place.parse(content).map(|loaded| loaded.config).expect_err(wanted).to_string();
        assert!(error.starts_with(&(place.path("file") + wanted)), "{wanted}: {error}");
    }
    let absent = place.load_as(1000, &[], &[], Some(&place.0.join("absent"))).unwrap_err();
    assert_eq!(absent.to_string(), format!("{}: no such file or directory", place.path("absent")));
    std::fs::create_dir_all(place.0.join(ETC)).unwrap();
    let error = place.load(&[], &[]).unwrap_err().to_string();
    assert_eq!(error, format!("{}: is a directory", place.path(ETC)));
}

#[test]
fn ok_warnings() {
    let place = Place::new("warnings");
    for (content, wanted) in [
        ("", &[][..]),
        ("intervall = 5\n", &[":1: no such key \"intervall\""]),
        ("\nInterval = 5", &[":2: no such key \"Interval\""]),
        ("interval = 1s\r\ninterval = 2s\r\n", &[":2: key stands twice \"interval\" (this one counts)"]),
        ("token = a", &[":1: others can read the token (use token_file)"]),
        ("token =", &[]),
    ] {
        let loaded = place.parse(content).unwrap();
        let wanted: Vec<String> = wanted.iter().map(|line| place.path("file") + line).collect();
        assert_eq!(loaded.warnings, wanted, "{content:?}");
    }
    assert_eq!(place.parse("interval = 1s\ninterval = 2s").unwrap().config.interval.as_secs(), 2);
}

/// Each of the places that set a key wins over those before it.
#[test]
fn ok_precedence() {
    let place = Place::new("precedence");
    let from_file = |seconds: usize| format!("socket = /{seconds}\ninterval = {seconds}s\n");
    let home = place.path("home/.config");
    let files = [
        ETC,
        "etc/jetsonscope/conf.d/10-a.conf",
        "etc/jetsonscope/conf.d/9-b.conf",
        "home/.config/jetsonscope/jetsonscope.conf",
    ];
    place.write("etc/jetsonscope/conf.d/.hidden.conf", "broken");
    place.write("etc/jetsonscope/conf.d/99-backup.conf~", "broken");
    assert_eq!(origin(&place.load(&[], &[]).unwrap(), "interval"), ("1s", "default"));
    for (number, file) in files.into_iter().enumerate() {
        place.write(file, from_file(number + 2));
        for environment in [("XDG_CONFIG_HOME", home.clone()), ("HOME", place.path("home"))] {
            let loaded = place.load(&[(environment.0, &environment.1)], &[]).unwrap();
            assert_eq!(loaded.config.interval.as_secs() as usize, number + 2, "{file}");
            let from = format!("{}:2", place.path(file));
            assert_eq!(origin(&loaded, "interval"), (&*format!("{}s", number + 2), &*from));
        }
    }
    let user = ("XDG_CONFIG_HOME", &*home);
    let (old, new) = (("TEGRA_SOCKET_PATH", "/old"), ("JETSONSCOPE_SOCKET_PATH", "/new"));
    for (set, given, value, from) in [
        (&[user, old][..], &[][..], "/old", "TEGRA_SOCKET_PATH"),
        (&[user, old, new], &[], "/new", "JETSONSCOPE_SOCKET_PATH"),
        (&[user, old, ("JETSONSCOPE_SOCKET_PATH", "")], &[], "/old", "TEGRA_SOCKET_PATH"),
        (&[user, old, new], &[("socket", "/a"), ("socket", "/b")], "/b", "--socket"),
        (&[], &[("socket", "/a")], "/a", "--socket"),
    ] {
        let loaded = place.load(set, given).unwrap();
        assert_eq!(origin(&loaded, "socket"), (value, from), "{set:?} {given:?}");
        assert_eq!(loaded.config.socket, Path::new(value));
    }
    // Root obeys no user's file, wherever sudo left HOME; --config replaces all files.
    assert_eq!(place.load_as(0, &[user], &[], None).unwrap().config.interval.as_secs(), 4);
    let one = place.write("one", "interval = 7s");
    let loaded = place.load_as(1000, &[user, old], &[], Some(&one)).unwrap();
    assert_eq!((loaded.config.interval.as_secs(), loaded.config.socket), (7, PathBuf::from("/old")));
}

#[test]
fn ok_every_variable_and_option_sets_its_key() {
    let place = Place::new("all");
    for key in KEYS {
        let value = match key.name {
            "source" => "sysfs",
            "http" => "localhost:1",
            "telemetry_interval" | "interval" => "77s",
            _ if key.range == PATH || key.is_secret() => "/some/path",
            _ => continue,
        };
        let shown = if key.is_secret() { "set (10 characters)" } else { value };
        for name in key.variables {
            let loaded = place.load(&[(name, value)], &[]).unwrap();
            assert_eq!(origin(&loaded, key.name), (shown, *name));
        }
        assert_eq!(Options::has(key.option), !key.option.is_empty(), "{}", key.name);
        if Options::has(key.option) {
            let loaded = place.load(&[], &[(key.option, value)]).unwrap();
            assert_eq!(origin(&loaded, key.name), (value, &*format!("--{}", key.option)));
        }
    }
    let relative = place.load(&[], &[("socket", "a.sock"), ("root", "b")]).unwrap().config;
    let here = std::env::current_dir().unwrap();
    assert_eq!((relative.socket, relative.root), (here.join("a.sock"), Some(here.join("b"))));
    assert!(!Options::has("") && !Options::has("token"), "a token is nobody's option: ps(1) shows it");
}

#[test]
fn err_variables_and_options() {
    let place = Place::new("places");
    for (set, given, wanted) in [
        (
            &[("JETSONSCOPE_TELEMETRY_INTERVAL", "soon")][..],
            &[][..],
            "JETSONSCOPE_TELEMETRY_INTERVAL: telemetry_interval: bad value \"soon\" (1s to 24h)",
        ),
        (&[], &[("interval", "5")], "--interval: interval: bad value \"5\" (100ms to 1h)"),
        (
            &[],
            &[("interval", "5"), ("interval", "1s")],
            "--interval: interval: bad value \"5\" (100ms to 1h)",
        ),
        (&[], &[("socket", "")], "--socket: socket: bad value \"\" (an absolute path)"),
        (
            &[("TEGRA_AUTH_TOKEN", "a\nb")],
            &[],
            "TEGRA_AUTH_TOKEN: token: bad value \"set (3 characters)\" \
             (at most 1024 bytes, no control characters)",
        ),
    ] {
        let error = place.load(set, given).map(|loaded| loaded.config).expect_err(wanted);
        assert_eq!((error.to_string().as_str(), error.is_usage), (wanted, set.is_empty()));
    }
}

/// Whatever stands in a file, it is read or refused.
#[test]
fn ok_random_bytes() {
    let place = Place::new("random");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words: Vec<&[u8]> = KEYS.iter().map(|key| key.name.as_bytes()).collect();
    let parts =
        [&b" = "[..], b"\n", b"\"", b"#", b"1s", b"\xff", b"0", b"99999999999999999999", b"\r\n", b"'"];
    for _ in 0..500 {
        let mut text = Vec::new();
        for _ in 0..8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let list: &[&[u8]] = if state & 1 == 0 { &words } else { &parts };
            text.extend_from_slice(list[(state >> 8) as usize % list.len()]);
        }
        if let Err(error) = place.parse(&text) {
            assert!(!error.to_string().is_empty());
        }
    }
    assert_eq!(position("socket"), Some(0));
}
