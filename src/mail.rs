//! Sends mail with attachments through the server of `[mail]`.

mod smtp;
mod stream;

use std::time::SystemTime;

use anyhow::{Context as _, bail};
use lettre::Message;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use zhihui_pipeline::config::MailSecurity;

use crate::home::Home;

/// A file in a mail.
#[derive(Debug, Clone)]
pub(crate) struct AttachedFile {
    pub(crate) name: String,
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// A mail to send.
#[derive(Debug)]
pub(crate) struct Mail<'a> {
    pub(crate) to: &'a [String],
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) files: Vec<AttachedFile>,
    /// Equal mails have the same id, so that a server can drop a second one.
    pub(crate) id: String,
}

/// Sends a mail to all of its recipients, or to none.
///
/// # Errors
/// If the settings are incomplete, or the server refuses the connection, the sign-in, an address or the mail.
pub(crate) async fn send(home: &Home, mail: Mail<'_>, now: SystemTime) -> anyhow::Result<()> {
    let config = home.config.mail.clone();
    if !config.is_set() {
        bail!("there is no mail server; set host and from in [mail] of zhihui.toml");
    }
    let from: Mailbox = config.from.parse().with_context(|| format!("mail.from {:?}: not an address", config.from))?;
    let recipients = mail.to.iter().map(|text| text.parse().with_context(|| format!("{text:?}: not an address")));
    let recipients: Vec<Mailbox> = recipients.collect::<anyhow::Result<_>>()?;
    let addresses: Vec<String> = recipients.iter().map(|recipient| recipient.email.to_string()).collect();
    let sender = from.email.to_string();
    let message = message(mail, from, recipients, now)?;
    let login = match config.user.as_str() {
        "" => None,
        user => Some((user.to_owned(), password(home)?)),
    };
    let ca_file = config.ca_file.as_ref().map(|file| home.folder.join(file));
    let server = smtp::Server {
        host: config.host.clone(),
        port: config.port(),
        is_tls: config.security == MailSecurity::Tls,
        starts_tls: config.security == MailSecurity::Starttls,
        login,
        ca_file,
        timeout: std::time::Duration::from_secs(config.timeout_seconds),
    };
    tokio::task::spawn_blocking(move || smtp::send(&server, &sender, &addresses, &message)).await?
}

/// Reads the password from where the settings say.
fn password(home: &Home) -> anyhow::Result<String> {
    let config = &home.config.mail;
    let password = match &config.password_file {
        Some(file) => {
            let path = home.folder.join(file);
            std::fs::read_to_string(&path).with_context(|| format!("mail.password_file {}", path.display()))?
        }
        None => std::env::var(&config.password_env).with_context(|| {
            format!("mail.password_env: the environment variable {} has no password", config.password_env)
        })?,
    };
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

fn message(mail: Mail<'_>, from: Mailbox, to: Vec<Mailbox>, now: SystemTime) -> anyhow::Result<Vec<u8>> {
    let domain = from.email.domain().to_owned();
    let mut builder = Message::builder()
        .from(from)
        .subject(mail.subject)
        .date(now)
        .message_id(Some(format!("<{}@{domain}>", mail.id)));
    for recipient in to {
        builder = builder.to(recipient);
    }
    let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(mail.text));
    for file in mail.files {
        let media_type = ContentType::parse(file.media_type).context(file.media_type)?;
        parts = parts.singlepart(Attachment::new(file.name).body(file.bytes, media_type));
    }
    Ok(builder.multipart(parts).context("the mail")?.formatted())
}
