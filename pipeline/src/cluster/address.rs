//! The address of a scheduler in the settings: `df://host:port`.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// The port of a scheduler if the address names none.
const PORT: u16 = 50050;

/// Host and port of a scheduler.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SchedulerAddress {
    /// Name or IP address; an IPv6 address in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl FromStr for SchedulerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || format!("`{text}` is not the address of a scheduler; use df://host:50050");
        let url = url::Url::parse(text).map_err(|_| invalid())?;
        let is_plain = url.username().is_empty() && url.query().is_none() && matches!(url.path(), "" | "/");
        match url.host_str() {
            Some(host) if url.scheme() == "df" && is_plain => {
                Ok(Self { host: host.to_owned(), port: url.port().unwrap_or(PORT) })
            }
            _ => Err(invalid()),
        }
    }
}

impl TryFrom<String> for SchedulerAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for SchedulerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "df://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_a_host_and_perhaps_a_port() {
        let shown = |text: &str| text.parse::<SchedulerAddress>().map(|address| address.to_string());
        assert_eq!(shown("df://10.0.0.5:50060").as_deref(), Ok("df://10.0.0.5:50060"));
        assert_eq!(shown("df://scheduler").as_deref(), Ok("df://scheduler:50050"));
        assert_eq!(shown("df://[::1]:50050").as_deref(), Ok("df://[::1]:50050"));
        for wrong in ["http://scheduler:50050", "scheduler:50050", "df://", "df://scheduler/path", ""] {
            assert!(shown(wrong).is_err_and(|why| why.contains("df://host:50050")), "{wrong}");
        }
    }
}
