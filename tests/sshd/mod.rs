//! A server of SSH for one test, on a port of this machine and with keys of its own. It needs no privileges;
//! with them, it lets root in.

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../pty/mod.rs"]
pub mod pty;

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::wait::WaitStatus;
use pty::{PATIENCE, Pty};

const NORMAL: (u16, u16) = (80, 24);

/// Two ways to run a program at the far end: by a shell that looks at the terminal before and after, as
/// somebody does who has logged in; and alone, as what the session is about. Its environment is what it is
/// told and TERM, which has come by SSH.
pub const FAR: [(&str, &str); 2] = [
    (
        "shell",
        r#"stty -g >before
        sh -c 'echo $$ >pid; exec "$@"' sh env -i TERM="$TERM" "$@"
        code=$?
        stty -g >after
        exit $code"#,
    ),
    ("alone", r#"echo $$ >pid; exec env -i TERM="$TERM" "$@""#),
];

/// A server, gone when this is dropped.
pub struct Server {
    directory: PathBuf,
    port: u16,
    child: Child,
}

impl Server {
    /// `None`, and says so, where there is none to be had, or none that gives this user a terminal: an account
    /// may be locked, and without privileges it needs a devpts that is mounted with the group of terminals.
    pub fn start(name: &str) -> Option<Server> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ssh-{name}"));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("a directory");
        let missing = |tool: &str| eprintln!("skipped: needs {tool}");
        // It wants to be started by its whole path, to start itself anew for each client.
        let Some(sshd) =
            ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).exists())
        else {
            missing("sshd");
            return None;
        };
        for words in ["ssh -V", "ssh-keygen -qt ed25519 -f host -N", "ssh-keygen -qt ed25519 -f user -N"] {
            let mut words = words.split(' ');
            let tool = words.next().expect("a word");
            let mut command = Command::new(tool);
            command.args(words).args((tool != "ssh").then_some("")).current_dir(&directory);
            match command.stdin(Stdio::null()).stderr(Stdio::null()).status() {
                Ok(status) => assert!(status.success(), "{command:?}: {status}"),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    missing(tool);
                    return None;
                }
                Err(error) => panic!("{command:?}: {error}"),
            }
        }
        for (name, script) in FAR {
            fs::write(directory.join(name), script).expect("a script");
        }
        // Somebody else may take the port first, and as root it may want a directory that is made at boot.
        for _ in 0..5 {
            let mut server = Server::on_a_port(sshd, &directory);
            if server.listens() {
                let mut probe = server.client("exit 7", NORMAL);
                if probe.wait() == WaitStatus::Exited(probe.pid, 7) {
                    return Some(server);
                }
                break;
            }
        }
        missing("sshd that gives this user a terminal");
        eprintln!("{}", log(&directory));
        None
    }

    fn on_a_port(sshd: &str, directory: &Path) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        drop(listener);
        let at = directory.display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey \"{at}/host\"\nPidFile \"{at}/sshd.pid\"\n\
             AuthorizedKeysFile \"{at}/user.pub\"\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             PermitRootLogin yes\nPermitUserRC no\n"
        );
        fs::write(directory.join("config"), config).expect("a file");
        let key = fs::read_to_string(directory.join("host.pub")).expect("a key");
        fs::write(directory.join("known"), format!("[127.0.0.1]:{port} {key}")).expect("a file");
        let stderr = File::create(directory.join("log")).expect("a file");
        let mut command = Command::new(sshd);
        command.args(["-D", "-e", "-f"]).arg(directory.join("config"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn();
        Server { directory: directory.to_owned(), port, child: child.expect("a process") }
    }

    /// Whether it has come up, once it has or has ended.
    fn listens(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while !log(&self.directory).contains("Server listening on 127.0.0.1") {
            if self.child.try_wait().expect("our child").is_some() {
                let log = log(&self.directory);
                if let Some((_, path)) = log.split_once("Missing privilege separation directory: ") {
                    let _ = fs::create_dir(path.trim_end());
                }
                return false;
            }
            assert!(Instant::now() < deadline, "it does not listen: {}", log(&self.directory));
            std::thread::sleep(ms(5));
        }
        true
    }

    /// A client that has a terminal at the far end, too.
    fn client(&self, command: &str, size: (u16, u16)) -> Pty {
        let (at, port) = (self.directory.display(), self.port.to_string());
        let [key, known] = [format!("{at}/user"), format!("UserKnownHostsFile=\"{at}/known\"")];
        let words = ["ssh", "-tt", "-F", "none", "-i", &key, "-p", &port, "-o", &known];
        let options = ["-oStrictHostKeyChecking=yes", "-oIdentitiesOnly=yes", "-oBatchMode=yes"];
        let rest = ["-oLogLevel=ERROR", "127.0.0.1", command];
        Pty::start(&[&words[..], &options, &rest].concat(), &[], size)
    }

    /// The screen in one of the ways of [`FAR`], once it stands.
    pub fn screen(&self, way: &str, locale: &[&str]) -> Pty {
        let (at, locale) = (self.directory.display(), locale.join(" "));
        let program = concat!("'", env!("CARGO_BIN_EXE_jscope"), "'");
        let source = "--source synthetic:orin-nano:inference:1";
        let mut pty = self.client(&format!("cd '{at}'; exec sh {way} {locale} {program} {source}"), NORMAL);
        pty.see("RAM");
        pty.is_taken_over();
        pty
    }

    /// What a way of [`FAR`] has written into that file.
    pub fn note(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).expect("a note").trim_end().to_owned()
    }

    /// Ends with that code, and gives both terminals back; all that was written.
    pub fn ends(&self, mut pty: Pty, code: i32) -> Vec<u8> {
        assert_eq!(pty.wait(), WaitStatus::Exited(pty.pid, code), "{:?}", pty.tail());
        pty.take(ms(20));
        pty.is_given_back();
        assert!(pty.wrote("\x1b[?1006l\x1b[?1000l\x1b[?1049l\x1b[?25h").is_some(), "{:?}", pty.tail());
        assert_eq!(self.note("before"), self.note("after"));
        std::mem::take(&mut pty.bytes)
    }

    /// The processes of the session: the screen, and whatever is between it and the server.
    pub fn session(&self) -> Vec<u32> {
        let mut all = Vec::new();
        let mut next = self.note("pid").parse().expect("a number");
        while next != self.child.id() {
            all.push(next);
            let status = fs::read_to_string(format!("/proc/{next}/status")).expect("a process");
            let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).expect("a parent");
            next = parent.trim().parse().expect("a number");
            assert_ne!(next, 0, "not of this server: {all:?}");
        }
        all
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("sshd: {}", log(&self.directory));
        }
    }
}

fn log(directory: &Path) -> String {
    fs::read_to_string(directory.join("log")).unwrap_or_default()
}

/// So many milliseconds.
pub fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}
