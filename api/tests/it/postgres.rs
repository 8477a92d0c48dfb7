//! A PostgreSQL server for tests: that of the Debian package `postgresql`, in a temporary folder, on a free loopback port.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long the server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Starts the server again whenever it ends, until its input ends: when the value is dropped, or the process of the test has
/// ended, however that happened. Says the folder.
const KEEPER: &str = r#"
dir=$(mktemp -d) && "$0/initdb" -D $dir --auth trust -U postgres --no-sync -E UTF8 --locale C >/dev/null || exit 1
while :; do "$0/postgres" -D $dir -h 127.0.0.1 -p $1 -k '' -c fsync=off -c max_connections=300; sleep 0.2; done </dev/null >/dev/null &
loop=$!
echo $dir
cat >/dev/null
kill $loop
"$0/pg_ctl" -D $dir stop -m immediate >/dev/null
rm -rf $dir
"#;

/// A running server. It is stopped and deleted when dropped.
pub struct Postgres {
    keeper: Child,
    programs: PathBuf,
    folder: String,
    port: u16,
}

impl Postgres {
    /// Starts a server. `None` where it cannot be started, which is said on stderr.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            let text = b"NOT TESTED on PostgreSQL: there is no initdb (package postgresql)\n";
            std::io::stderr().write_all(text).unwrap();
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut keeper = as_postgres("sh");
        keeper.args(["-c", KEEPER]).arg(&programs).arg(port.to_string());
        let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().unwrap();
        let mut folder = String::new();
        BufReader::new(keeper.stdout.as_mut().unwrap()).read_line(&mut folder).unwrap();
        let server = Self { keeper, programs, folder: folder.trim().to_owned(), port };
        server.wait();
        Some(server)
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends the server as a crash does, without a checkpoint, and waits until it has started again.
    pub fn crash(&self) {
        self.stop("immediate");
        self.wait();
    }

    fn stop(&self, mode: &str) {
        let mut stop = as_postgres(self.programs.join("pg_ctl").to_str().unwrap());
        let Output { status, stderr, .. } = stop.args(["-D", &self.folder, "stop", "-m", mode]).output().unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    }

    fn wait(&self) {
        let begun = Instant::now();
        let is_ready = || {
            let mut check = Command::new(self.programs.join("pg_isready"));
            check.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
            check.output().unwrap().status.success()
        };
        while !is_ready() {
            assert!(begun.elapsed() < START_TIMEOUT, "PostgreSQL does not start on port {}", self.port);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// PostgreSQL does not run as root.
fn as_postgres(program: &str) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut command = Command::new(if is_root { "runuser" } else { program });
    if is_root {
        command.args(["-u", "postgres", "--", program]);
    }
    command.current_dir("/");
    command
}

/// The folder of `initdb` with the highest version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    folders.retain(|folder| folder.join("initdb").exists());
    folders.sort();
    folders.pop()
}
