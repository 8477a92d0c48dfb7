//! A connection to a mail server, in clear or with TLS.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_platform_verifier::Verifier;

/// An open connection.
pub(super) enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// Connects to the first address of the host that answers.
    pub(super) fn connect(host: &str, port: u16, timeout: Duration) -> anyhow::Result<Self> {
        let addresses = (host, port).to_socket_addrs().with_context(|| format!("unknown host {host}"))?;
        let mut last = anyhow!("the name has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(timeout))?;
                    stream.set_write_timeout(Some(timeout))?;
                    return Ok(Self::Clear(stream));
                }
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    /// Encrypts a connection. Trusts the certificates of the system and those of a file.
    pub(super) fn encrypt(&mut self, host: &str, ca_file: Option<&Path>) -> anyhow::Result<()> {
        let Self::Clear(stream) = self else { return Ok(()) };
        let name = ServerName::try_from(host.to_owned()).with_context(|| format!("{host} is no name of a server"))?;
        let mut session = ClientConnection::new(Arc::new(tls_config(ca_file)?), name)?;
        while session.is_handshaking() {
            session.complete_io(stream).context("TLS")?;
        }
        let stream = stream.try_clone().context("TLS")?;
        *self = Self::Tls(Box::new(StreamOwned::new(session, stream)));
        Ok(())
    }

    /// The address of this end.
    pub(super) fn local_address(&self) -> String {
        let stream = match self {
            Self::Clear(stream) => stream,
            Self::Tls(stream) => stream.get_ref(),
        };
        match stream.local_addr().map(|address| address.ip()) {
            Ok(std::net::IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Ok(ip) => format!("[{ip}]"),
            Err(_) => "[127.0.0.1]".to_owned(),
        }
    }
}

fn tls_config(ca_file: Option<&Path>) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut extra = Vec::new();
    if let Some(path) = ca_file {
        let named = || format!("mail.ca_file {}", path.display());
        for certificate in CertificateDer::pem_file_iter(path).with_context(named)? {
            extra.push(certificate.with_context(named)?);
        }
    }
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).context("the trusted certificates")?;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    // The verifier checks names and certificates as the system does.
    Ok(config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(out),
            Self::Tls(stream) => stream.read(out),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Clear(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
