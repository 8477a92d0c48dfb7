//! What a callback reports.

use super::error::CallbackError;
use super::mass_send_result::MassSendResult;
use super::xml::{Element, push_number, push_text};

/// Prefix of the scene of a follower who came by a QR code.
const SCENE_PREFIX: &str = "qrscene_";

/// What a callback reports.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackEvent {
    /// Someone follows the account.
    Subscribe {
        /// Scene of the QR code, without `qrscene_`.
        scene: Option<String>,
        /// Ticket of the QR code.
        ticket: Option<String>,
    },
    /// Someone no longer follows the account. Their data must be deleted.
    Unsubscribe,
    /// A follower opened a QR code of the account.
    Scan {
        /// Scene of the QR code.
        scene: String,
        /// Ticket of the QR code.
        ticket: Option<String>,
    },
    /// A follower chose a menu item that sends a message.
    Click {
        /// Key of the menu item.
        key: String,
    },
    /// A follower chose a menu item that opens a page.
    View {
        /// Address of the page.
        url: String,
        /// Id of the menu, for individual menus.
        menu_id: Option<String>,
    },
    /// A mass send ended.
    MassSendFinished(MassSendResult),
    /// A template message was delivered or not.
    TemplateSendFinished {
        /// The `msgid` that the request was answered with.
        msg_id: u64,
        /// `success`, or `failed:` and the reason.
        status: String,
    },
    /// A person withdrew permissions from the account. The data that they cover must be deleted.
    AuthorizationRevoked {
        /// The person.
        openid: String,
        /// Codes of the withdrawn permissions, such as 301.
        revoke_info: Option<String>,
    },
    /// A person deleted their WeChat account. Their data must be deleted.
    AuthorizationCancelled {
        /// The person.
        openid: String,
    },
    /// A message or an event that is not handled.
    Other {
        /// `MsgType`, such as `text`.
        msg_type: String,
        /// `Event`, if the type is `event`.
        event: Option<String>,
    },
}

impl CallbackEvent {
    pub(super) fn parse(root: &Element) -> Result<Self, CallbackError> {
        let msg_type = root.text_of("MsgType").ok_or(CallbackError::InvalidElement("MsgType"))?;
        let event = root.text_of("Event");
        let text = |name: &str| root.text_of(name).map(str::to_owned);
        let required = |name: &'static str| text(name).ok_or(CallbackError::InvalidElement(name));
        let person = || text("OpenID").map_or_else(|| required("FromUserName"), Ok);
        if msg_type != "event" {
            return Ok(Self::Other { msg_type: msg_type.to_owned(), event: None });
        }
        Ok(match event.ok_or(CallbackError::InvalidElement("Event"))? {
            "subscribe" => {
                let scene = text("EventKey").map(|key| key.strip_prefix(SCENE_PREFIX).unwrap_or(&key).to_owned());
                Self::Subscribe { scene: scene.filter(|scene| !scene.is_empty()), ticket: text("Ticket") }
            }
            "unsubscribe" => Self::Unsubscribe,
            "SCAN" => Self::Scan { scene: text("EventKey").unwrap_or_default(), ticket: text("Ticket") },
            "CLICK" => Self::Click { key: text("EventKey").unwrap_or_default() },
            "VIEW" => Self::View { url: text("EventKey").unwrap_or_default(), menu_id: text("MenuId") },
            "MASSSENDJOBFINISH" => Self::MassSendFinished(MassSendResult::parse(root)?),
            "TEMPLATESENDJOBFINISH" => Self::TemplateSendFinished {
                msg_id: root.number_of("MsgID")?.ok_or(CallbackError::InvalidElement("MsgID"))?,
                status: required("Status")?,
            },
            "user_authorization_revoke" => {
                Self::AuthorizationRevoked { openid: person()?, revoke_info: text("RevokeInfo") }
            }
            "user_authorization_cancellation" => Self::AuthorizationCancelled { openid: person()? },
            other => Self::Other { msg_type: msg_type.to_owned(), event: Some(other.to_owned()) },
        })
    }

    /// Returns WeChat's name, such as `subscribe`, or `None` for a message.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Subscribe { .. } => Some("subscribe"),
            Self::Unsubscribe => Some("unsubscribe"),
            Self::Scan { .. } => Some("SCAN"),
            Self::Click { .. } => Some("CLICK"),
            Self::View { .. } => Some("VIEW"),
            Self::MassSendFinished(_) => Some("MASSSENDJOBFINISH"),
            Self::TemplateSendFinished { .. } => Some("TEMPLATESENDJOBFINISH"),
            Self::AuthorizationRevoked { .. } => Some("user_authorization_revoke"),
            Self::AuthorizationCancelled { .. } => Some("user_authorization_cancellation"),
            Self::Other { event, .. } => event.as_deref(),
        }
    }

    /// Returns the id that the event itself carries: that of a mass send or a template message.
    #[must_use]
    pub fn msg_id(&self) -> Option<u64> {
        match self {
            Self::MassSendFinished(result) => Some(result.msg_id),
            Self::TemplateSendFinished { msg_id, .. } => Some(*msg_id),
            _ => None,
        }
    }

    pub(super) fn write(&self, xml: &mut String) {
        let msg_type = if let Self::Other { msg_type, .. } = self { msg_type } else { "event" };
        push_text(xml, "MsgType", msg_type);
        if let Some(name) = self.name() {
            push_text(xml, "Event", name);
        }
        if let Self::TemplateSendFinished { msg_id, status } = self {
            push_number(xml, "MsgID", msg_id);
            push_text(xml, "Status", status);
        }
        let mut optional = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                push_text(xml, name, value);
            }
        };
        match self {
            Self::Subscribe { scene, ticket } => {
                let scene = scene.as_ref().map(|scene| format!("{SCENE_PREFIX}{scene}"));
                optional("EventKey", &Some(scene.unwrap_or_default()));
                optional("Ticket", ticket);
            }
            Self::Scan { scene, ticket } => {
                optional("EventKey", &Some(scene.clone()));
                optional("Ticket", ticket);
            }
            Self::Click { key } => optional("EventKey", &Some(key.clone())),
            Self::View { url, menu_id } => {
                optional("EventKey", &Some(url.clone()));
                optional("MenuId", menu_id);
            }
            Self::MassSendFinished(result) => result.write(xml),
            Self::AuthorizationRevoked { openid, revoke_info } => {
                optional("OpenID", &Some(openid.clone()));
                optional("RevokeInfo", revoke_info);
            }
            Self::AuthorizationCancelled { openid } => optional("OpenID", &Some(openid.clone())),
            Self::Unsubscribe | Self::TemplateSendFinished { .. } | Self::Other { .. } => {}
        }
    }
}
