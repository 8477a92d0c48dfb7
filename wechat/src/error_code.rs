//! WeChat's error codes: the number in `errcode`, its text in `errmsg`, and what it means for staff.

use serde::{Deserialize, Serialize};

/// The value of `errcode`. Any number is valid, because WeChat adds new ones without notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(pub i64);

/// One known error code.
struct Known {
    code: ErrorCode,
    message: &'static str,
    zh: &'static str,
    en: &'static str,
}

/// Defines a constant for each code, and the table of all.
macro_rules! error_codes {
    ($($name:ident = $code:literal, $message:literal, $zh:literal, $en:literal;)*) => {
        impl ErrorCode {
            $(
                #[doc = concat!("The code of `", $message, "`.")]
                pub const $name: Self = Self($code);
            )*
        }

        const KNOWN: &[Known] =
            &[$(Known { code: ErrorCode::$name, message: $message, zh: $zh, en: $en }),*];
    };
}

error_codes! {
    BUSY = -1, "system error",
        "微信系统繁忙，请稍后重试", "WeChat is busy; retry later";
    OK = 0, "ok",
        "成功", "success";
    INVALID_CREDENTIAL = 40001, "invalid credential, access_token is invalid or not latest",
        "access_token 无效或已更新，请重新获取", "the access token is invalid or replaced; fetch a new one";
    INVALID_GRANT_TYPE = 40002, "invalid grant_type",
        "grant_type 不正确", "wrong grant_type";
    INVALID_OPENID = 40003, "invalid openid",
        "openid 不正确，或不属于本公众号", "the openid is invalid or of another account";
    INVALID_MEDIA_ID = 40007, "invalid media_id",
        "素材 media_id 不存在或已过期", "the media_id does not exist or has expired";
    INVALID_MESSAGE_TYPE = 40008, "invalid message type",
        "消息类型不支持", "the type of message is not supported";
    INVALID_APP_ID = 40013, "invalid appid",
        "AppID 不正确，请检查公众号设置", "wrong AppID; check the settings of the account";
    INVALID_ACCESS_TOKEN = 40014, "invalid access_token",
        "access_token 格式不正确，请重新获取", "malformed access token; fetch a new one";
    INVALID_OPENID_LIST = 40031, "invalid openid list",
        "openid 列表不正确", "invalid list of openids";
    INVALID_OPENID_LIST_SIZE = 40032, "invalid openid list size",
        "openid 个数超出限制", "too many or too few openids in one request";
    INVALID_TEMPLATE_ID = 40037, "invalid template_id",
        "模板 ID 不正确", "wrong template id";
    INVALID_MSG_ID = 40059, "invalid msg id",
        "群发任务不存在", "the mass send does not exist";
    INVALID_ARGUMENT = 40097, "invalid args",
        "参数不正确", "invalid argument";
    INVALID_SECRET = 40125, "invalid appsecret",
        "AppSecret 不正确，请检查公众号设置", "wrong AppSecret; check the settings of the account";
    TOO_FEW_OPENIDS = 40130, "invalid openid list size, at least two openid",
        "群发至少需要两个 openid", "a mass send needs at least two openids";
    MISSING_ACCESS_TOKEN = 41001, "access_token missing",
        "缺少 access_token", "the access token is missing";
    MISSING_APP_ID = 41002, "appid missing",
        "缺少 AppID", "the AppID is missing";
    MISSING_SECRET = 41004, "appsecret missing",
        "缺少 AppSecret", "the AppSecret is missing";
    EXPIRED_ACCESS_TOKEN = 42001, "access_token expired",
        "access_token 已过期，请重新获取", "the access token has expired; fetch a new one";
    GET_REQUIRED = 43001, "require GET method",
        "接口要求使用 GET", "the request must be a GET";
    POST_REQUIRED = 43002, "require POST method",
        "接口要求使用 POST", "the request must be a POST";
    FOLLOW_REQUIRED = 43004, "require subscribe",
        "接收者未关注公众号", "the recipient does not follow the account";
    IN_BLACKLIST = 43019, "require remove blacklist",
        "接收者在黑名单中", "the recipient is in the blacklist";
    SUBSCRIPTION_REFUSED = 43101, "user refuse to accept the msg",
        "用户未同意接收或次数已用完", "the person did not agree, or the consent is used up";
    EMPTY_BODY = 44002, "empty post data",
        "请求内容为空", "the body is empty";
    EMPTY_TEXT = 44004, "empty content",
        "文本内容为空", "the text is empty";
    CONTENT_TOO_LONG = 45002, "content size out of limit",
        "消息内容过长", "the content is too long";
    TITLE_TOO_LONG = 45003, "title size out of limit",
        "标题过长", "the title is too long";
    QUOTA_EXCEEDED = 45009, "reach max api daily quota limit",
        "今日接口调用次数已用完，次日零点后恢复", "the daily quota of this interface is used up";
    TOO_FREQUENT = 45011, "api minute-quota reach limit, must slower, retry next minute",
        "调用过于频繁，请一分钟后重试", "too many calls in a minute; retry in the next minute";
    NO_MASS_QUOTA = 45028, "has no masssend quota",
        "没有剩余的群发次数", "no mass send is left";
    CUSTOMER_SERVICE_LIMIT = 45047, "out of response count limit",
        "客服消息条数超出限制", "too many customer-service messages";
    TOO_MANY_TAGS = 45056, "too many tag now, no need to add new",
        "标签已达 100 个上限", "the account has 100 tags, the maximum";
    TAG_TOO_LARGE = 45057, "can't delete the tag that has too many fans",
        "标签下粉丝超过 10 万，不能直接删除", "the tag has more than 100,000 followers; untag them first";
    RESERVED_TAG = 45058, "can't modify sys tag",
        "系统保留标签不能修改", "the tag is reserved by WeChat";
    TOO_MANY_TAGS_OF_USER = 45059, "user has too many tags",
        "该用户的标签已达 20 个上限", "the follower has 20 tags, the maximum";
    REPEATED_CLIENT_MSG_ID = 45065, "clientmsgid exist",
        "该群发已提交过，未重复发送", "this mass send was submitted before; it is not sent twice";
    CLIENT_MSG_ID_TOO_FAST = 45066, "same clientmsgid retry too fast",
        "同一群发重试过快，请一分钟后重试", "the same mass send was retried too fast; wait a minute";
    CLIENT_MSG_ID_TOO_LONG = 45067, "clientmsgid size out of limit",
        "clientmsgid 超过 64 字节", "clientmsgid has more than 64 bytes";
    INVALID_TAG_NAME = 45157, "invalid tag name",
        "标签名为空、不合法或已存在", "the name of the tag is empty, invalid or used";
    TAG_NAME_TOO_LONG = 45158, "tag name too long",
        "标签名超过 30 个字节", "the name of the tag has more than 30 bytes";
    INVALID_TAG_ID = 45159, "invalid tag id",
        "标签不存在", "the tag does not exist";
    DATA_FORMAT = 47001, "data format error",
        "请求内容不是正确的 JSON", "the body is no valid JSON";
    INVALID_TEMPLATE_VALUE = 47003, "argument invalid! data value invalid",
        "模板字段的内容不符合要求", "a value of the template is invalid";
    UNAUTHORIZED = 48001, "api unauthorized",
        "公众号没有该接口权限，请检查类型和认证情况", "the account has no right to this interface; check its type and verification";
    USER_REFUSES = 48002, "user block",
        "接收者拒收消息", "the recipient refuses messages";
    API_FORBIDDEN = 48004, "api forbidden for irregularities",
        "该接口因违规被封禁", "the interface is banned because of a violation";
    CLEAR_QUOTA_FORBIDDEN = 48006, "forbid to clear quota because of reaching the limit",
        "本月清零次数已用完", "the quota was cleared ten times this month, the maximum";
    NO_RIGHT_FOR_TYPE = 48008, "no permission for this msgtype",
        "公众号没有该类型消息的权限", "the account may not send messages of this type";
    OPENID_OF_OTHER_ACCOUNT = 49003, "not match openid with appid",
        "openid 不属于本公众号", "the openid belongs to another account";
    USER_LIMITED = 50002, "user limited",
        "用户受限", "the account is restricted";
    NOT_FOLLOWING = 50005, "user is unsubscribed",
        "用户未关注公众号", "the person does not follow the account";
    INVALID_DATE = 61500, "date format error",
        "日期格式不正确", "wrong format of a date";
    INVALID_DATE_RANGE = 61501, "date range error",
        "日期范围超出限制", "the span of days is not allowed";
    DATA_NOT_READY = 61503, "data not ready",
        "数据尚未准备好，请 8:00 以后重试", "the figures are not ready yet; retry after 08:00";
    REVIEW_PENDING = 89504, "mass message is in review",
        "群发等待管理员确认", "the mass send waits for confirmation";
    TOO_MANY_MASS_SENDS = 9_500_002, "masssend task too much, please try again later",
        "群发任务过多，请稍后重试", "too many mass sends at once; retry later";
}

impl ErrorCode {
    /// Returns WeChat's text, without the request id that follows it.
    #[must_use]
    pub fn message(self) -> &'static str {
        self.find().map_or("unknown error", |known| known.message)
    }

    /// Returns what the code means and what to do, in Chinese and English. `None` for an unknown code.
    #[must_use]
    pub fn explanation(self) -> Option<(&'static str, &'static str)> {
        self.find().map(|known| (known.zh, known.en))
    }

    /// Returns whether the access token must be fetched again.
    #[must_use]
    pub fn is_about_token(self) -> bool {
        let codes = [
            Self::INVALID_CREDENTIAL,
            Self::INVALID_ACCESS_TOKEN,
            Self::MISSING_ACCESS_TOKEN,
            Self::EXPIRED_ACCESS_TOKEN,
        ];
        codes.contains(&self)
    }

    fn find(self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.code == self)
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.0, self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_listed_once_and_explained_in_both_languages() {
        for (at, known) in KNOWN.iter().enumerate() {
            assert!(KNOWN[..at].iter().all(|other| other.code < known.code), "{:?} is out of order", known.code);
            assert!(!known.message.is_empty() && !known.zh.is_ascii() && known.en.is_ascii(), "{:?}", known.code);
        }
    }

    #[test]
    fn unknown_code_is_kept_without_an_explanation() {
        assert_eq!(ErrorCode(12_345).explanation(), None);
        assert_eq!(ErrorCode(12_345).to_string(), "12345 (unknown error)");
        assert_eq!(serde_json::to_string(&ErrorCode::QUOTA_EXCEEDED).expect("serialises"), "45009");
    }

    #[test]
    fn only_codes_about_the_token_ask_for_a_new_one() {
        assert!(ErrorCode::EXPIRED_ACCESS_TOKEN.is_about_token());
        assert!(!ErrorCode::INVALID_SECRET.is_about_token());
    }
}
