//! Runs the real program in a temporary folder.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home in a temporary folder, with space for files beside it.
pub struct Program {
    folder: TempDir,
}

impl Program {
    /// Creates an initialised home.
    pub fn new() -> Self {
        let program = Self::without_home();
        program.ok(&["init"]);
        program
    }

    /// Creates a folder without a home.
    pub fn without_home() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Returns the folder of the home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Returns a path beside the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file beside the home and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Returns the command with its home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zhihui"));
        command.arg("--home").arg(self.home()).args(arguments).env_remove("ZHIHUI_HOME").env_remove("LANG");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command, asserts exit code 0 and returns stdout.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command with `--json`, asserts exit code 0 and returns the value.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let (code, value) = self.json_and_code(arguments);
        assert_eq!(code, 0, "{arguments:?}: {value}");
        value
    }

    /// Runs a command with `--json` and returns exit code and value. Stdout must be exactly one JSON value.
    pub fn json_and_code(&self, arguments: &[&str]) -> (i32, Value) {
        let mut all = vec!["--json"];
        all.extend_from_slice(arguments);
        let output = self.run(&all);
        let code = output.status.code().unwrap();
        let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            panic!("{arguments:?} printed no JSON ({error}): {out} / {err}")
        });
        (code, value)
    }

    /// Returns exit code and stderr of a command that must fail.
    pub fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        let code = output.status.code().unwrap();
        assert_ne!(code, 0, "{arguments:?} succeeded");
        (code, String::from_utf8(output.stderr).unwrap())
    }

    /// Returns a count by SQL.
    pub fn count(&self, from: &str) -> i64 {
        let rows = self.json(&["sql", &format!("select count(*) as n from {from}")]);
        rows[0]["n"].as_i64().unwrap()
    }

    /// Serves the home on a free port until dropped.
    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// Serves as of an instant; the clock runs from there.
    pub fn serve_as_of(&self, as_of: &str) -> Server {
        self.serve_with(&["--as-of", as_of])
    }

    /// Serves with further arguments.
    pub fn serve_with(&self, arguments: &[&str]) -> Server {
        Server::start(self.command(&["serve", "--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Serves a simulated WeChat account on a free port until dropped.
    pub fn simulate_wechat(&self, arguments: &[&str]) -> Server {
        Server::start(self.command(&["wechat-sim", "--listen", "127.0.0.1:0"]).args(arguments))
    }
}

/// A running service.
pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("http://").map(|(_, rest)| rest.split(['/', ' ']).next().unwrap().to_owned())
            })
            .expect("the service says where it listens");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Status and body of a GET.
    pub fn get(&self, path: &str, key: Option<&str>) -> (u16, String) {
        self.get_with(path, key, &[])
    }

    /// Status and body of a GET with headers.
    pub fn get_with(&self, path: &str, key: Option<&str>, headers: &[(&str, &str)]) -> (u16, String) {
        let mut request = agent().get(self.url(path));
        if let Some(key) = key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// Status of a GET whose body may be of any kind.
    pub fn status(&self, path: &str, key: &str) -> u16 {
        let request = agent().get(self.url(path)).header("Authorization", format!("Bearer {key}"));
        let mut response = request.call().unwrap();
        response.body_mut().read_to_vec().unwrap();
        response.status().as_u16()
    }

    /// Status and bytes of a GET.
    pub fn bytes(&self, path: &str, key: &str) -> (u16, Vec<u8>) {
        let request = agent().get(self.url(path)).header("Authorization", format!("Bearer {key}"));
        let mut response = request.call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_vec().unwrap())
    }

    /// Status and JSON of a GET.
    pub fn get_json(&self, path: &str, key: &str) -> (u16, Value) {
        let (status, body) = self.get(path, Some(key));
        (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("no JSON: {body}")))
    }

    /// Status of a form; redirections are not followed.
    pub fn post_form(&self, path: &str, form: &str) -> u16 {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: ureq::Agent = config.max_redirects_will_error(false).build().into();
        let request = agent.post(self.url(path)).header("Content-Type", "application/x-www-form-urlencoded");
        request.send(form).unwrap().status().as_u16()
    }

    /// Status and page of a POST of a form with a key.
    pub fn post_form_as(&self, path: &str, key: &str, form: &str) -> (u16, String) {
        let request = agent().post(self.url(path)).header("Content-Type", "application/x-www-form-urlencoded");
        let mut response = request.header("Authorization", format!("Bearer {key}")).send(form).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// Bytes of the response to a browser, with headers and compressed.
    pub fn transferred(&self, path: &str, key: Option<&str>) -> usize {
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        let authorization = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: gzip\r\n{authorization}Connection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        assert!(
            bytes.starts_with(b"HTTP/1.1 200"),
            "{path}: {}",
            String::from_utf8_lossy(&bytes[..200.min(bytes.len())])
        );
        bytes.len()
    }

    /// Status and JSON of a PUT.
    pub fn put_json(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        Self::send(agent().put(self.url(path)), key, body)
    }

    /// Status and JSON of a POST.
    pub fn post_json(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        Self::send(agent().post(self.url(path)), key, body)
    }

    fn send(request: ureq::RequestBuilder<ureq::typestate::WithBody>, key: &str, body: &Value) -> (u16, Value) {
        let request = request.header("Authorization", format!("Bearer {key}"));
        let mut response = request.send_json(body).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}")))
    }

    /// Status and JSON of a DELETE.
    pub fn delete_json(&self, path: &str, key: &str) -> (u16, Value) {
        let request = agent().delete(self.url(path)).header("Authorization", format!("Bearer {key}"));
        let mut response = request.call().unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

/// Packs bytes as gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Says on the real stderr, which the test runner does not keep back, what was not tested.
pub fn warn(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// Copies a file out of the repository.
pub fn repository(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
