//! A real mail server (aiosmtpd) with a folder of what it received.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A running server. Dropping it ends it.
pub struct MailServer {
    folder: TempDir,
    child: Child,
    port: u16,
}

impl MailServer {
    /// Starts a server with these arguments of `tests/mail/server.py`.
    pub fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/server.py");
        let mut child = Command::new("python3")
            .arg(script)
            .arg("--out")
            .arg(folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("no mail server; `make tools` installs aiosmtpd");
        Self { folder, child, port }
    }

    /// Settings for this server, with the password in a variable of the environment.
    pub fn settings(&self, security: &str) -> String {
        format!(
            "[mail]\nhost = \"localhost\"\nport = {}\nsecurity = \"{security}\"\nfrom = \"知会 <zhihui@example.org>\"\n\
             user = \"zhihui\"\npassword_env = \"ZHIHUI_TEST_MAIL\"\nca_file = \"{}\"\n",
            self.port,
            self.folder.path().join("ca.pem").display()
        )
    }

    /// The mails so far, in order.
    pub fn mails(&self) -> Vec<Value> {
        let read = |at: usize| std::fs::read(self.folder.path().join(format!("{at}.json"))).ok();
        (0..).map_while(read).map(|bytes| serde_json::from_slice(&bytes).unwrap()).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
