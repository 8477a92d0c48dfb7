//! The conversation with a mail server (RFC 5321): greeting, STARTTLS (RFC 3207), sign-in (RFC 4954), one message.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::stream::Stream;

/// Maximum length of a line of the server in bytes, and maximum number of lines of a reply.
const MAX_LINE: u64 = 4_096;
const MAX_LINES: usize = 200;

/// A mail server.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    /// Whether the connection begins with TLS.
    pub(super) is_tls: bool,
    /// Whether the connection is upgraded to TLS with STARTTLS.
    pub(super) starts_tls: bool,
    /// Account and password.
    pub(super) login: Option<(String, String)>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) timeout: Duration,
}

/// Sends a message to all recipients. If the server refuses one of them, it gets no message.
pub(super) fn send(server: &Server, from: &str, to: &[String], message: &[u8]) -> anyhow::Result<()> {
    let named = || format!("mail server {}:{}", server.host, server.port);
    let mut stream = Stream::connect(&server.host, server.port, server.timeout).with_context(named)?;
    if server.is_tls {
        stream.encrypt(&server.host, server.ca_file.as_deref()).with_context(named)?;
    }
    let mut connection = Connection { stream: BufReader::new(stream), offers: Vec::new() };
    connection.converse(server, from, to, message).with_context(named)
}

/// An open conversation.
struct Connection {
    stream: BufReader<Stream>,
    /// The extensions that the server named.
    offers: Vec<String>,
}

impl Connection {
    fn converse(&mut self, server: &Server, from: &str, to: &[String], message: &[u8]) -> anyhow::Result<()> {
        self.expect("the greeting", 2)?;
        self.hello()?;
        if server.starts_tls {
            self.start_tls(server)?;
        }
        if let Some((user, password)) = &server.login {
            self.sign_in(user, password)?;
        }
        let most = self.parameters("SIZE").and_then(|sizes| sizes.first()?.parse::<usize>().ok());
        if let Some(most) = most.filter(|most| (1..message.len()).contains(most)) {
            bail!("the mail has {} bytes, the server takes {most}; leave out a format", message.len());
        }
        self.command(&format!("MAIL FROM:<{from}>"), &format!("the sender {from}"), 2)?;
        for address in to {
            self.command(&format!("RCPT TO:<{address}>"), &format!("the recipient {address}"), 2)?;
        }
        self.command("DATA", "the mail", 3)?;
        let sent = dotted(message);
        self.stream.get_mut().write_all(&sent).context("the mail")?;
        self.stream.get_mut().flush().context("the mail")?;
        self.expect("the mail", 2)?;
        // The server has accepted the mail, so an error of QUIT does not matter.
        let _ = self.command("QUIT", "the end", 2);
        Ok(())
    }

    fn hello(&mut self) -> anyhow::Result<()> {
        let hello = format!("EHLO {}", self.stream.get_ref().local_address());
        let lines = self.command(&hello, "the introduction", 2)?;
        self.offers = lines.into_iter().skip(1).collect();
        Ok(())
    }

    fn start_tls(&mut self, server: &Server) -> anyhow::Result<()> {
        if self.parameters("STARTTLS").is_none() {
            bail!("it offers no STARTTLS; set mail.security of zhihui.toml to what it offers");
        }
        self.command("STARTTLS", "STARTTLS", 2)?;
        // Bytes that arrived before the encryption may have been inserted by an attacker.
        if !self.stream.buffer().is_empty() {
            bail!("it sent more than its answer to STARTTLS");
        }
        self.stream.get_mut().encrypt(&server.host, server.ca_file.as_deref())?;
        self.hello()
    }

    fn sign_in(&mut self, user: &str, password: &str) -> anyhow::Result<()> {
        let Some(ways) = self.parameters("AUTH") else {
            bail!("it offers no sign-in; remove mail.user of zhihui.toml")
        };
        let what = format!("the sign-in as {user}");
        let offers = |name: &str| ways.iter().any(|way| way.eq_ignore_ascii_case(name));
        if offers("PLAIN") {
            let secret = STANDARD.encode(format!("\0{user}\0{password}"));
            self.command(&format!("AUTH PLAIN {secret}"), &what, 2)?;
        } else if offers("LOGIN") {
            self.command("AUTH LOGIN", &what, 3)?;
            self.command(&STANDARD.encode(user), &what, 3)?;
            self.command(&STANDARD.encode(password), &what, 2)?;
        } else {
            bail!("it offers the sign-ins {}, and not PLAIN or LOGIN", ways.join(", "));
        }
        Ok(())
    }

    /// The parameters of an extension that the server offers.
    fn parameters(&self, name: &str) -> Option<Vec<String>> {
        self.offers.iter().find_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let is_it = words.next()?.eq_ignore_ascii_case(name);
            is_it.then(|| words.map(str::to_owned).collect())
        })
    }

    /// Sends a line and reads the reply. `what` is named in errors, the line is not: it may contain the password.
    fn command(&mut self, line: &str, what: &str, class: u16) -> anyhow::Result<Vec<String>> {
        if line.contains(['\r', '\n']) {
            bail!("{what} contains a line break");
        }
        let stream = self.stream.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes()).with_context(|| what.to_owned())?;
        stream.flush().with_context(|| what.to_owned())?;
        self.expect(what, class)
    }

    /// Reads a reply and returns its lines, if its code begins with `class`.
    fn expect(&mut self, what: &str, class: u16) -> anyhow::Result<Vec<String>> {
        let (code, lines) = match self.reply() {
            Err(error) if is_timeout(&error) => bail!("it did not answer about {what} in time"),
            reply => reply.with_context(|| format!("no answer about {what}"))?,
        };
        if code / 100 != class {
            bail!("it refused {what}: {code} {}", lines.join(" "));
        }
        Ok(lines)
    }

    fn reply(&mut self) -> anyhow::Result<(u16, Vec<String>)> {
        let mut lines = Vec::new();
        while lines.len() < MAX_LINES {
            let mut line = Vec::new();
            self.stream.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            if line.last() != Some(&b'\n') {
                bail!("the connection ended");
            }
            let code = text.get(..3).and_then(|digits| digits.parse::<u16>().ok());
            let Some(code) = code else { bail!("{text:?} is no answer of a mail server") };
            lines.push(text.get(4..).unwrap_or_default().to_owned());
            if text.as_bytes().get(3) != Some(&b'-') {
                return Ok((code, lines));
            }
        }
        bail!("the answer does not end")
    }
}

fn is_timeout(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    matches!(kind, Some(std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
}

/// The message as data: a dot at the beginning of a line is doubled, a lone dot ends it.
fn dotted(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_at_the_beginning_of_a_line_does_not_end_the_mail() {
        assert_eq!(dotted(b"a\r\n.\r\n.b\r\n"), b"a\r\n..\r\n..b\r\n.\r\n");
        assert_eq!(dotted(b"a"), b"a\r\n.\r\n");
    }
}
