//! What systemd is told, and what it hands over: sd_notify(3), the watchdog and listening sockets
//! (sd_listen_fds(3)). Without systemd there is no address, and all of this does nothing. Nothing
//! waits: a message that would have to is lost.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::sys;

/// Looks a variable up.
type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// No manager hands over more sockets than this.
const MOST_LISTENERS: u32 = 64;
/// The watchdog is not fed more often.
const LEAST_PERIOD: Duration = Duration::from_millis(1);

/// The way to the service manager.
pub struct Notify {
    to: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notify {
    /// That of NOTIFY_SOCKET, a path or (with `@` at its front) an abstract name, and of
    /// WATCHDOG_USEC, unless WATCHDOG_PID says that another process is meant.
    pub fn from_env(environment: Environment) -> Notify {
        let address = environment("NOTIFY_SOCKET").as_deref().and_then(address);
        let socket = || {
            let socket = UnixDatagram::unbound().ok()?;
            socket.set_nonblocking(true).ok().map(|()| socket)
        };
        Notify { to: address.and_then(|address| Some((socket()?, address))), watchdog: watchdog(environment) }
    }

    /// The same of this process, whose children are then told nothing of it.
    ///
    /// Call it before anything else reads the environment.
    pub fn take() -> Notify {
        let notify = Notify::from_env(&|name| std::env::var_os(name));
        ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"].into_iter().for_each(sys::forget_variable);
        notify
    }

    /// The server serves (again); `status` is for people.
    pub fn ready(&self, status: &str) {
        self.send("READY=1\nSTATUS=", status);
    }

    /// What the server does, for people; one line.
    pub fn status(&self, text: &str) {
        self.send("STATUS=", text);
    }

    /// The configuration is read again; [`Notify::ready`] ends that.
    pub fn reloading(&self) {
        self.send("RELOADING=1", "");
    }

    /// The server ends.
    pub fn stopping(&self) {
        self.send("STOPPING=1", "");
    }

    /// The loop is alive; to be said each [`Notify::watchdog_period`].
    pub fn watchdog(&self) {
        self.send("WATCHDOG=1", "");
    }

    /// How often the watchdog wants to hear, which is twice as often as it must: at least 1 ms.
    /// `None` when there is none.
    pub fn watchdog_period(&self) -> Option<Duration> {
        self.watchdog
    }

    fn send(&self, fields: &str, text: &str) {
        let Some((socket, address)) = &self.to else { return };
        // A line end in the text would begin a field.
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let _ = socket.send_to_addr([fields, &text].concat().as_bytes(), address);
    }
}

fn address(text: &OsStr) -> Option<SocketAddr> {
    match text.as_bytes() {
        [b'/', ..] => SocketAddr::from_pathname(text).ok(),
        [b'@', name @ ..] if !name.is_empty() => abstract_name(name),
        _ => None,
    }
}

#[cfg(target_os = "linux")]
fn abstract_name(name: &[u8]) -> Option<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(name).ok()
}

#[cfg(not(target_os = "linux"))]
fn abstract_name(_: &[u8]) -> Option<SocketAddr> {
    None
}

fn number<T: std::str::FromStr>(environment: Environment, name: &str) -> Option<T> {
    environment(name)?.to_str()?.parse().ok()
}

fn watchdog(environment: Environment) -> Option<Duration> {
    let own = environment("WATCHDOG_PID").is_none() || is_own(environment, "WATCHDOG_PID");
    let microseconds: u64 = number(environment, "WATCHDOG_USEC").filter(|n| own && *n > 0)?;
    Some(Duration::from_micros(microseconds / 2).max(LEAST_PERIOD))
}

fn is_own(environment: Environment, name: &str) -> bool {
    number(environment, name) == Some(std::process::id())
}

/// How many descriptors the variables hand to this process.
fn listeners(environment: Environment) -> u32 {
    let count = number(environment, "LISTEN_FDS").filter(|_| is_own(environment, "LISTEN_PID"));
    count.unwrap_or(0).min(MOST_LISTENERS)
}

/// The listening sockets that were handed over (LISTEN_PID, LISTEN_FDS: from descriptor 3 on), which
/// children do not get. The variables are gone afterwards, so that a second call gives none.
///
/// Call it before anything else opens a file: a variable that lies can then only name what the
/// caller left open, of which everything but a listening UNIX socket is passed over.
pub fn take_listeners() -> Vec<OwnedFd> {
    let count = listeners(&|name| std::env::var_os(name));
    ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"].into_iter().for_each(sys::forget_variable);
    let mut taken = sys::daemon::take_listening(count);
    taken.retain(is_unix);
    taken
}

/// The peers of a network's socket have neither user nor group.
fn is_unix(socket: &OwnedFd) -> bool {
    nix::sys::socket::getsockname::<nix::sys::socket::UnixAddr>(socket.as_raw_fd()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("jetsonscope-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    fn with(variables: &[(&str, &str)]) -> Notify {
        let find = |name: &str| variables.iter().find(|pair| pair.0 == name).map(|pair| pair.1.into());
        Notify::from_env(&find)
    }

    fn messages(manager: &UnixDatagram, address: &str) {
        let notify = with(&[("NOTIFY_SOCKET", address)]);
        manager.set_nonblocking(true).unwrap();
        for (send, wanted) in [
            (&(|| notify.ready("64 clients")) as &dyn Fn(), "READY=1\nSTATUS=64 clients"),
            (&|| notify.status("a\nREADY=1\0"), "STATUS=a READY=1 "),
            (&|| notify.reloading(), "RELOADING=1"),
            (&|| notify.stopping(), "STOPPING=1"),
            (&|| notify.watchdog(), "WATCHDOG=1"),
        ] {
            send();
            let mut buffer = [0; 256];
            let length = manager.recv(&mut buffer).expect(wanted);
            assert_eq!(String::from_utf8_lossy(&buffer[..length]), wanted, "{address}");
        }
        // A manager that does not read loses messages and holds nobody up.
        (0..5000).for_each(|_| notify.watchdog());
    }

    #[test]
    fn ok_messages_to_a_path() {
        let path = scratch("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        messages(&manager, path.to_str().unwrap());
        let _ = std::fs::remove_file(&path);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn ok_messages_to_an_abstract_name() {
        let name = format!("jetsonscope-notify-{}", std::process::id());
        let address = abstract_name(name.as_bytes()).unwrap();
        messages(&UnixDatagram::bind_addr(&address).unwrap(), &format!("@{name}"));
    }

    #[test]
    fn err_no_manager() {
        let long = "/".repeat(200);
        for address in ["", "@", "relative", "/nonexistent/notify", "@jetsonscope-nobody", &long] {
            let notify = with(&[("NOTIFY_SOCKET", address)]);
            notify.ready("");
            assert_eq!(notify.watchdog_period(), None, "{address}");
        }
    }

    #[test]
    fn ok_the_watchdog() {
        let own = std::process::id().to_string();
        for (microseconds, process, wanted) in [
            (Some("20000000"), None, Some(10_000)),
            (Some("20000000"), Some(&*own), Some(10_000)),
            (Some("20000000"), Some("1"), None),
            (Some("20000000"), Some(""), None),
            (Some("20000000"), Some("x"), None),
            (Some("1"), None, Some(1)),
            (Some("0"), None, None),
            (Some("-1"), None, None),
            (Some(""), None, None),
            (Some("1s"), None, None),
            (Some("99999999999999999999999"), None, None),
            (None, Some(&*own), None),
        ] {
            let set = [("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", process)];
            let set: Vec<_> = set.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            let period = with(&set).watchdog_period();
            assert_eq!(period, wanted.map(Duration::from_millis), "{microseconds:?} {process:?}");
        }
    }

    #[test]
    fn ok_how_many_listeners() {
        let own = std::process::id().to_string();
        for (process, count, wanted) in [
            (&*own, "1", 1),
            (&own, "3", 3),
            (&own, "100000", MOST_LISTENERS),
            (&own, "-1", 0),
            (&own, "", 0),
            (&own, "x", 0),
            ("1", "1", 0),
            ("", "1", 0),
        ] {
            let find = |name: &str| Some(if name == "LISTEN_PID" { process.into() } else { count.into() });
            assert_eq!(listeners(&find), wanted, "{process} {count}");
        }
    }

    const CHILD: &str = "JETSONSCOPE_TEST_CHILD";

    /// Run in a process of its own by the test below; does nothing elsewhere.
    #[test]
    fn ok_child_with_listeners() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        let taken = take_listeners();
        let [one] = <[OwnedFd; 1]>::try_from(taken).expect("one listening socket");
        let flags = nix::fcntl::fcntl(&one, nix::fcntl::FcntlArg::F_GETFD).unwrap();
        assert_eq!(flags, libc::FD_CLOEXEC);
        assert!(std::env::var_os("LISTEN_FDS").is_none() && take_listeners().is_empty());
        let (mut client, _) = UnixListener::from(one).accept().unwrap();
        client.write_all(b"served").unwrap();
    }

    #[test]
    fn ok_listeners_of_a_child() {
        let path = scratch("listen");
        let listener = UnixListener::bind(&path).unwrap();
        let mut client = UnixStream::connect(&path).unwrap();
        let name = "server::notify::tests::ok_child_with_listeners";
        // Descriptor 3 is the socket, 4 a file, 5 closed.
        let script = "LISTEN_PID=$$ LISTEN_FDS=3 exec \"$@\" 3<&0 4</dev/null 5<&- </dev/null";
        let mut child = Command::new("/bin/sh");
        child.args(["-c", script, "sh"]).arg(std::env::current_exe().unwrap()).args(["--exact", name]);
        child.env(CHILD, "1").stdin(OwnedFd::from(listener)).stdout(Stdio::piped());
        let output = child.output().unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).unwrap();
        let _ = std::fs::remove_file(&path);
        assert_eq!(said, "served", "{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.status.success());
    }
}
