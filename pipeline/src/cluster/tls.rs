//! Mutual TLS between the parts of a cluster. Every part shows a certificate of the same authority.

use std::sync::Arc;

use ballista_core::extension::EndpointOverrideFn;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};

use super::error::with_causes;
use super::{ClusterError, ClusterTls};

/// Rejects certificates and keys that cannot be used.
pub(super) fn check(tls: &ClusterTls) -> Result<(), ClusterError> {
    let endpoint = Endpoint::from_static("https://localhost").tls_config(client_settings(tls));
    endpoint.map(|_| ()).map_err(|error| ClusterError::Tls(with_causes(&error)))
}

/// The settings of a server, which refuses clients without a certificate.
pub(super) fn server(tls: &ClusterTls) -> ServerTlsConfig {
    choose_cryptography();
    ServerTlsConfig::new()
        .identity(Identity::from_pem(&tls.certificate, &tls.key))
        .client_ca_root(Certificate::from_pem(&tls.authority))
}

/// Changes the connections that Ballista opens: it always asks for http.
pub(super) fn client(tls: &ClusterTls) -> EndpointOverrideFn {
    let settings = client_settings(tls);
    Arc::new(move |endpoint| {
        let plain = endpoint.uri().to_string();
        let address = plain.strip_prefix("http://").map_or(plain.clone(), |rest| format!("https://{rest}"));
        Ok(Endpoint::from_shared(address)?.tcp_nodelay(true).tls_config(settings.clone())?)
    })
}

/// Connections of gRPC use the implementation that the process chose. Two are compiled in, so rustls does not choose one itself.
fn choose_cryptography() {
    // An error means that it was chosen before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn client_settings(tls: &ClusterTls) -> ClientTlsConfig {
    choose_cryptography();
    ClientTlsConfig::new()
        .identity(Identity::from_pem(&tls.certificate, &tls.key))
        .ca_certificate(Certificate::from_pem(&tls.authority))
}
