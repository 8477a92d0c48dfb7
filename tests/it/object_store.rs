//! Real S3 servers on a free port of loopback: moto, and versitygw where it is installed.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{Program, warn};

/// The bucket of the tests.
const BUCKET: &str = "lake";

/// A running server with an empty bucket. Dropping it ends it.
pub struct ObjectStore {
    folder: TempDir,
    server: Server,
    child: Option<Child>,
    port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Moto,
    /// Checks signatures, and keeps every object as a file.
    Versitygw,
}

impl ObjectStore {
    /// Starts moto, which `make tools` installs.
    pub fn moto() -> Self {
        Self::start(Server::Moto)
    }

    /// Starts versitygw. Says what was not tested if it is not installed.
    pub fn versitygw(what: &str) -> Option<Self> {
        if Command::new("versitygw").arg("--version").output().is_err() {
            warn(&format!("NOT TESTED: versitygw is missing (`make tools` installs it if there is Go): {what}"));
            return None;
        }
        Some(Self::start(Server::Versitygw))
    }

    fn start(server: Server) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut store = Self { folder: tempfile::tempdir().unwrap(), server, child: None, port };
        std::fs::create_dir(store.folder.path().join(BUCKET)).unwrap();
        store.restart();
        if server == Server::Moto {
            let url = format!("http://127.0.0.1:{port}/{BUCKET}");
            assert_eq!(ureq::put(&url).send_empty().unwrap().status().as_u16(), 200);
        }
        store
    }

    /// Starts the server again on the same port. Objects of versitygw are still there.
    pub fn restart(&mut self) {
        let address = format!("127.0.0.1:{}", self.port);
        let mut command = match self.server {
            Server::Moto => Command::new("moto_server"),
            Server::Versitygw => Command::new("versitygw"),
        };
        match self.server {
            Server::Moto => command.args(["-H", "127.0.0.1", "-p", &self.port.to_string()]),
            Server::Versitygw => command
                .args(["--access", "key", "--secret", "secret", "--port", &address, "--quiet", "posix"])
                .arg(self.folder.path()),
        };
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(child.expect("no moto_server; `make tools` installs it"));
        let started = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "{:?} does not listen", self.server);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills the server (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Settings of a lake below a prefix of the bucket.
    pub fn settings(&self, prefix: &str, lease_seconds: u64) -> String {
        settings(self.port, prefix, lease_seconds)
    }

    /// Creates a home whose lake is below a prefix.
    pub fn home(&self, prefix: &str, lease_seconds: u64) -> Program {
        home_with(&self.settings(prefix, lease_seconds))
    }

    /// The keys of all objects below a prefix.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        if self.server == Server::Versitygw {
            let root = self.folder.path().join(BUCKET);
            let mut files = Vec::new();
            files_below(&root, &mut files);
            let keys = files.iter().map(|file| file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            return keys.filter(|key| key.starts_with(prefix)).collect();
        }
        let mut keys: Vec<String> = Vec::new();
        loop {
            let after = keys.last().map(|key| format!("&start-after={key}")).unwrap_or_default();
            let url = format!("http://127.0.0.1:{}/{BUCKET}?list-type=2&prefix={prefix}{after}", self.port);
            let text = ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
            let found = text.split("<Key>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
            keys.extend(found);
            if !text.contains("<IsTruncated>true") {
                return keys;
            }
        }
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Settings of a lake in the store on a port. Small commits, so that a file takes many of them.
fn settings(port: u16, prefix: &str, lease_seconds: u64) -> String {
    format!(
        "[lake]\nurl = \"s3://{BUCKET}/{prefix}\"\nlease_seconds = {lease_seconds}\n[lake.options]\n\
         endpoint = \"http://127.0.0.1:{port}\"\nregion = \"us-east-1\"\naccess_key_id = \"key\"\n\
         secret_access_key = \"secret\"\nallow_http = \"true\"\n[ingest]\ncommit_rows = 1000\n"
    )
}

fn home_with(settings: &str) -> Program {
    let program = Program::new();
    std::fs::write(program.home().join("zhihui.toml"), settings).unwrap();
    program
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// A home whose lake is in a store that accepts every put and ignores conditions.
pub fn home_of_careless_store() -> Program {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer_carelessly(stream));
        }
    });
    home_with(&settings(port, "careless", 5))
}

/// Answers one request and closes the connection.
fn answer_carelessly(mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&part[..read]),
        }
    }
    let status = if request.starts_with(b"PUT") { "200 OK" } else { "204 No Content" };
    let response = format!("HTTP/1.1 {status}\r\nETag: \"0\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(response.as_bytes());
}
