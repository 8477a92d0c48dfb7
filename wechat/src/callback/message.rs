//! One callback: sender, time and event, read from XML and written as XML.

use super::error::CallbackError;
use super::event::CallbackEvent;
use super::xml::{Element, push_number, push_text};

/// A callback after verification and decryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackMessage {
    /// The account, by its original id (`gh_…`).
    pub to_user_name: String,
    /// The follower's openid. For system events an openid of the account's staff.
    pub from_user_name: String,
    /// When it happened, in Unix seconds.
    pub create_time: i64,
    /// Id of a message or of a mass send. Most events have none.
    pub msg_id: Option<u64>,
    /// What it reports.
    pub event: CallbackEvent,
}

impl CallbackMessage {
    /// Parses the XML of an unencrypted message.
    ///
    /// # Errors
    /// [`CallbackError::InvalidXml`], or [`CallbackError::InvalidElement`] for a required element.
    pub fn parse(xml: &str) -> Result<Self, CallbackError> {
        Self::from_element(&Element::parse(xml)?)
    }

    pub(super) fn from_element(root: &Element) -> Result<Self, CallbackError> {
        if root.name() != "xml" {
            return Err(CallbackError::InvalidElement("xml"));
        }
        let text = |name| root.text_of(name).map(str::to_owned).ok_or(CallbackError::InvalidElement(name));
        let msg_id = match root.number_of("MsgId")? {
            Some(id) => Some(id),
            None => root.number_of("MsgID")?,
        };
        Ok(Self {
            to_user_name: text("ToUserName")?,
            from_user_name: text("FromUserName")?,
            create_time: root.number_of("CreateTime")?.ok_or(CallbackError::InvalidElement("CreateTime"))?,
            msg_id,
            event: CallbackEvent::parse(root)?,
        })
    }

    /// Writes the XML as WeChat does.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = "<xml>".to_owned();
        push_text(&mut xml, "ToUserName", &self.to_user_name);
        push_text(&mut xml, "FromUserName", &self.from_user_name);
        push_number(&mut xml, "CreateTime", self.create_time);
        self.event.write(&mut xml);
        if let (Some(id), false) = (self.msg_id, self.event.msg_id().is_some()) {
            push_number(&mut xml, "MsgId", id);
        }
        xml.push_str("</xml>");
        xml
    }

    /// Returns a key that is equal for repetitions of the same callback only: the id of a message, or sender, time and
    /// name of an event, with the id of a mass send, because two sends can finish in the same second.
    #[must_use]
    pub fn dedup_key(&self) -> String {
        match (self.event.name(), self.msg_id) {
            (None, Some(id)) => format!("message:{id}"),
            (name, id) => {
                let (name, id) = (name.unwrap_or("message"), id.map_or_else(String::new, |id| format!(":{id}")));
                format!("event:{}:{}:{name}{id}", self.from_user_name, self.create_time)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::callback::{ArticleUrl, CopyrightCheck, MassSendResult, MassSendStatus};

    /// The example of WeChat's documentation.
    const FINISHED: &str = "<xml>
<ToUserName><![CDATA[gh_4d00ed8d6399]]></ToUserName>
<FromUserName><![CDATA[oV5CrjpxgaGXNHIQigzNlgLTnwic]]></FromUserName>
<CreateTime>1481013459</CreateTime>
<MsgType><![CDATA[event]]></MsgType>
<Event><![CDATA[MASSSENDJOBFINISH]]></Event>
<MsgID>1000001625</MsgID>
<Status><![CDATA[err(30003)]]></Status>
<TotalCount>0</TotalCount>
<FilterCount>0</FilterCount>
<SentCount>0</SentCount>
<ErrorCount>0</ErrorCount>
<CopyrightCheckResult>
<Count>2</Count>
<ResultList>
<item><ArticleIdx>1</ArticleIdx><UserDeclareState>0</UserDeclareState><AuditState>2</AuditState></item>
<item><ArticleIdx>2</ArticleIdx><UserDeclareState>0</UserDeclareState><AuditState>2</AuditState></item>
</ResultList>
<CheckState>2</CheckState>
</CopyrightCheckResult>
<ArticleUrlResult>
<Count>1</Count>
<ResultList>
<item><ArticleIdx>1</ArticleIdx><ArticleUrl><![CDATA[http://mp.weixin.qq.com/s?a=1&b=2]]></ArticleUrl></item>
</ResultList>
</ArticleUrlResult>
</xml>";

    fn event(name: &str, rest: &str) -> String {
        format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>7</CreateTime>\
             <MsgType>event</MsgType><Event>{name}</Event>{rest}</xml>"
        )
    }

    #[test]
    fn result_of_a_mass_send_is_read_with_all_counts() {
        let message = CallbackMessage::parse(FINISHED).expect("valid");
        assert_eq!((message.msg_id, message.create_time), (Some(1_000_001_625), 1_481_013_459));
        let CallbackEvent::MassSendFinished(result) = &message.event else { panic!("{message:?}") };
        assert_eq!(result.status, MassSendStatus::Refused(30003));
        assert_eq!(result.copyright_check, Some(CopyrightCheck { count: 2, check_state: 2 }));
        let url = "http://mp.weixin.qq.com/s?a=1&b=2".to_owned();
        assert_eq!(result.article_urls, [ArticleUrl { index: 1, url }]);
    }

    #[test]
    fn empty_list_of_article_addresses_is_accepted() {
        let rest = "<MsgID>1</MsgID><Status>send success</Status><TotalCount>5</TotalCount><FilterCount>4</FilterCount>\
                    <SentCount>3</SentCount><ErrorCount>1</ErrorCount><ArticleUrlResult><Count>0</Count><ResultList>\
                    </ResultList></ArticleUrlResult>";
        let message = CallbackMessage::parse(&event("MASSSENDJOBFINISH", rest)).expect("valid");
        let CallbackEvent::MassSendFinished(result) = message.event else { panic!("no result") };
        let counts = (result.total_count, result.filter_count, result.sent_count, result.error_count);
        assert_eq!((counts, result.status), ((5, 4, 3, 1), MassSendStatus::Success));
        assert!(result.article_urls.is_empty());
    }

    #[test]
    fn counts_that_are_no_numbers_are_refused() {
        for count in ["x", "-1", "1.5", "99999999999999999999999"] {
            let rest = format!("<MsgID>1</MsgID><Status>send success</Status><SentCount>{count}</SentCount>");
            let error = CallbackMessage::parse(&event("MASSSENDJOBFINISH", &rest)).expect_err("invalid");
            assert_eq!(error, CallbackError::InvalidElement("SentCount"), "{count}");
        }
    }

    #[test]
    fn events_of_followers_are_told_apart() {
        let parse = |name: &str, rest: &str| CallbackMessage::parse(&event(name, rest)).expect("valid").event;
        let followed = parse("subscribe", "<EventKey>qrscene_12</EventKey><Ticket>T</Ticket>");
        let (scene, ticket) = (Some("12".to_owned()), Some("T".to_owned()));
        assert_eq!(followed, CallbackEvent::Subscribe { scene, ticket });
        let plain = CallbackEvent::Subscribe { scene: None, ticket: None };
        assert_eq!(parse("subscribe", "<EventKey></EventKey>"), plain);
        assert_eq!(parse("subscribe", ""), plain);
        assert_eq!(parse("unsubscribe", ""), CallbackEvent::Unsubscribe);
        let revoked = parse("user_authorization_revoke", "<OpenID>o2</OpenID><RevokeInfo>301</RevokeInfo>");
        let expected = CallbackEvent::AuthorizationRevoked { openid: "o2".into(), revoke_info: Some("301".into()) };
        assert_eq!(revoked, expected);
        let cancelled = parse("user_authorization_cancellation", "");
        assert_eq!(cancelled, CallbackEvent::AuthorizationCancelled { openid: "o1".into() });
        let other = CallbackEvent::Other { msg_type: "event".into(), event: Some("LOCATION".into()) };
        assert_eq!(parse("LOCATION", "<Latitude>23.1</Latitude>"), other);
    }

    #[test]
    fn repetitions_have_one_key_and_different_callbacks_different_keys() {
        let key = |xml: &str| CallbackMessage::parse(xml).expect("valid").dedup_key();
        assert_eq!(key(&event("subscribe", "")), key(&event("subscribe", "")));
        assert_ne!(key(&event("subscribe", "")), key(&event("unsubscribe", "")));
        let finished = |id: u32| event("MASSSENDJOBFINISH", &format!("<MsgID>{id}</MsgID><Status>send fail</Status>"));
        assert_ne!(key(&finished(1)), key(&finished(2)));
        let text = "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>7</CreateTime>\
                    <MsgType>text</MsgType><Content>hi</Content><MsgId>123</MsgId></xml>";
        assert_eq!(key(text), "message:123");
    }

    #[test]
    fn required_elements_are_named() {
        for (xml, element) in [
            ("<xml></xml>", "ToUserName"),
            ("<other></other>", "xml"),
            ("<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName></xml>", "CreateTime"),
            (
                "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1e9</CreateTime></xml>",
                "CreateTime",
            ),
        ] {
            assert_eq!(CallbackMessage::parse(xml), Err(CallbackError::InvalidElement(element)), "{xml}");
        }
    }

    fn events() -> impl Strategy<Value = CallbackEvent> {
        let text = || "[a-zA-Z0-9_:/?&=<>\u{4e00}-\u{4eff}]{1,20}";
        let optional = || proptest::option::of(text());
        prop_oneof![
            (optional(), optional()).prop_map(|(scene, ticket)| CallbackEvent::Subscribe { scene, ticket }),
            Just(CallbackEvent::Unsubscribe),
            (text(), optional()).prop_map(|(scene, ticket)| CallbackEvent::Scan { scene, ticket }),
            text().prop_map(|key| CallbackEvent::Click { key }),
            (text(), optional()).prop_map(|(url, menu_id)| CallbackEvent::View { url, menu_id }),
            (any::<[u64; 5]>(), any::<i64>(), proptest::collection::vec((any::<u64>(), text()), 0..4)).prop_map(
                |([msg_id, total_count, filter_count, sent_count, error_count], status, urls)| {
                    CallbackEvent::MassSendFinished(MassSendResult {
                        msg_id,
                        status: MassSendStatus::Refused(status),
                        total_count,
                        filter_count,
                        sent_count,
                        error_count,
                        copyright_check: Some(CopyrightCheck { count: total_count, check_state: status }),
                        article_urls: urls.into_iter().map(|(index, url)| ArticleUrl { index, url }).collect(),
                    })
                }
            ),
            (any::<u64>(), text()).prop_map(|(msg_id, status)| CallbackEvent::TemplateSendFinished { msg_id, status }),
            (text(), optional())
                .prop_map(|(openid, revoke_info)| CallbackEvent::AuthorizationRevoked { openid, revoke_info }),
            text().prop_map(|openid| CallbackEvent::AuthorizationCancelled { openid }),
        ]
    }

    proptest! {
        #[test]
        fn written_message_is_read_back(event in events(), create_time: i64) {
            let msg_id = event.msg_id();
            let (to_user_name, from_user_name) = ("gh_1".to_owned(), "o1".to_owned());
            let message = CallbackMessage { to_user_name, from_user_name, create_time, msg_id, event };
            prop_assert_eq!(CallbackMessage::parse(&message.to_xml()), Ok(message));
        }
    }
}
