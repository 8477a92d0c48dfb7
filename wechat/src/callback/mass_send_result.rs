//! The result of a mass send, from the event `MASSSENDJOBFINISH`.

use super::error::CallbackError;
use super::xml::{Element, push_number, push_text};

/// Numbers and status of a finished mass send. An absent count is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassSendResult {
    /// The `msg_id` that the request to send was answered with.
    pub msg_id: u64,
    /// How the send ended.
    pub status: MassSendStatus,
    /// Number of openids of the request, or of followers in the tag.
    pub total_count: u64,
    /// Number left after WeChat removed those who refuse messages or have received four in the month.
    pub filter_count: u64,
    /// Number of followers who received the message.
    pub sent_count: u64,
    /// Number of followers for whom sending failed.
    pub error_count: u64,
    /// Result of the check for copied articles, if there is one.
    pub copyright_check: Option<CopyrightCheck>,
    /// Addresses of the sent articles. May be empty.
    pub article_urls: Vec<ArticleUrl>,
}

/// Result of WeChat's check for copied articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyrightCheck {
    /// Number of articles with a finding.
    pub count: u64,
    /// 1 not checked, 2 may be sent, 3 must not be sent.
    pub check_state: i64,
}

/// Address of a sent article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleUrl {
    /// Place of the article in the message, from 1.
    pub index: u64,
    /// Its address.
    pub url: String,
}

/// How a mass send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MassSendStatus {
    /// The message was sent.
    Success,
    /// The message was not sent.
    Failed,
    /// WeChat or the administrator refused the message: `err(number)`.
    Refused(i64),
    /// A status that is not documented.
    Other(String),
}

impl MassSendStatus {
    /// Reads WeChat's text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let number = text.strip_prefix("err(").and_then(|rest| rest.strip_suffix(')')).map(str::trim).map(str::parse);
        match (text, number) {
            ("send success" | "sendsuccess", _) => Self::Success,
            ("send fail" | "sendfail", _) => Self::Failed,
            (_, Some(Ok(number))) => Self::Refused(number),
            _ => Self::Other(text.to_owned()),
        }
    }

    /// Returns WeChat's text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Success => "send success".to_owned(),
            Self::Failed => "send fail".to_owned(),
            Self::Refused(number) => format!("err({number})"),
            Self::Other(text) => text.clone(),
        }
    }

    /// Returns the reason of a refusal for staff, in Chinese and English.
    #[must_use]
    pub fn reason(&self) -> Option<(&'static str, &'static str)> {
        let Self::Refused(number) = self else { return None };
        Some(match number {
            10001 => ("涉嫌广告", "suspected advertising"),
            20001 => ("涉嫌政治", "suspected political content"),
            20002 => ("涉嫌色情", "suspected pornography"),
            20004 => ("涉嫌社会类违规内容", "suspected harmful social content"),
            20006 => ("涉嫌违法犯罪", "suspected illegal content"),
            20008 => ("涉嫌欺诈", "suspected fraud"),
            20013 => ("涉嫌侵犯版权", "suspected copyright infringement"),
            21000 => ("涉嫌其他违规", "suspected other violation"),
            22000 => ("涉嫌互推", "suspected mutual promotion of accounts"),
            30001 => ("原创校验系统出错，已停止群发", "the check for originality failed"),
            30002 => ("原创校验判定不能群发", "the check for originality forbids sending"),
            30003 => ("判定为转载，且设置为转载时停止群发", "judged a reprint, and reprints are set not to be sent"),
            40001 => ("管理员拒绝了本次群发", "the administrator refused to send"),
            40002 => ("管理员 30 分钟内未确认，群发失败", "the administrator did not confirm within 30 minutes"),
            _ => ("微信未公布的原因", "a reason that WeChat does not document"),
        })
    }
}

impl MassSendResult {
    pub(super) fn parse(root: &Element) -> Result<Self, CallbackError> {
        let msg_id = match root.number_of("MsgID")? {
            Some(id) => id,
            None => root.number_of("MsgId")?.ok_or(CallbackError::InvalidElement("MsgID"))?,
        };
        let status = root.text_of("Status").ok_or(CallbackError::InvalidElement("Status"))?;
        let copyright_check = root.child("CopyrightCheckResult").map(|check| {
            Ok(CopyrightCheck {
                count: check.number_of("Count")?.unwrap_or_default(),
                check_state: check.number_of("CheckState")?.unwrap_or_default(),
            })
        });
        let items = root.child("ArticleUrlResult").and_then(|urls| urls.child("ResultList"));
        let article_urls = items.into_iter().flat_map(|items| items.children("item")).filter_map(|item| {
            let url = item.text_of("ArticleUrl")?.to_owned();
            Some(item.number_of("ArticleIdx").map(|index| ArticleUrl { index: index.unwrap_or_default(), url }))
        });
        Ok(Self {
            msg_id,
            status: MassSendStatus::parse(status),
            total_count: root.number_of("TotalCount")?.unwrap_or_default(),
            filter_count: root.number_of("FilterCount")?.unwrap_or_default(),
            sent_count: root.number_of("SentCount")?.unwrap_or_default(),
            error_count: root.number_of("ErrorCount")?.unwrap_or_default(),
            copyright_check: copyright_check.transpose()?,
            article_urls: article_urls.collect::<Result<_, CallbackError>>()?,
        })
    }

    pub(super) fn write(&self, xml: &mut String) {
        push_number(xml, "MsgID", self.msg_id);
        push_text(xml, "Status", &self.status.text());
        push_number(xml, "TotalCount", self.total_count);
        push_number(xml, "FilterCount", self.filter_count);
        push_number(xml, "SentCount", self.sent_count);
        push_number(xml, "ErrorCount", self.error_count);
        if let Some(check) = &self.copyright_check {
            xml.push_str("<CopyrightCheckResult>");
            push_number(xml, "Count", check.count);
            xml.push_str("<ResultList></ResultList>");
            push_number(xml, "CheckState", check.check_state);
            xml.push_str("</CopyrightCheckResult>");
        }
        xml.push_str("<ArticleUrlResult>");
        push_number(xml, "Count", self.article_urls.len());
        xml.push_str("<ResultList>");
        for article in &self.article_urls {
            xml.push_str("<item>");
            push_number(xml, "ArticleIdx", article.index);
            push_text(xml, "ArticleUrl", &article.url);
            xml.push_str("</item>");
        }
        xml.push_str("</ResultList></ArticleUrlResult>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undocumented_status_is_kept() {
        assert_eq!(MassSendStatus::parse("send success"), MassSendStatus::Success);
        assert_eq!(MassSendStatus::parse("err(20431)"), MassSendStatus::Refused(20431));
        for text in ["err(x)", "err(", "err()", "paused"] {
            assert_eq!(MassSendStatus::parse(text), MassSendStatus::Other(text.to_owned()));
        }
        assert!(MassSendStatus::Refused(20431).reason().is_some());
        assert!(MassSendStatus::Success.reason().is_none());
    }
}
