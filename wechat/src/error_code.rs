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

const fn known(code: ErrorCode, message: &'static str, zh: &'static str, en: &'static str) -> Known {
    Known { code, message, zh, en }
}

impl ErrorCode {
    /// WeChat is busy; retry later.
    pub const BUSY: Self = Self(-1);
    /// Success.
    pub const OK: Self = Self(0);
    /// The access token is invalid or replaced; fetch a new one.
    pub const INVALID_CREDENTIAL: Self = Self(40001);
    /// Wrong `grant_type`.
    pub const INVALID_GRANT_TYPE: Self = Self(40002);
    /// The openid is invalid or of another account.
    pub const INVALID_OPENID: Self = Self(40003);
    /// The `media_id` does not exist or has expired.
    pub const INVALID_MEDIA_ID: Self = Self(40007);
    /// The type of message is not supported.
    pub const INVALID_MESSAGE_TYPE: Self = Self(40008);
    /// Wrong `AppID`; check the settings of the account.
    pub const INVALID_APP_ID: Self = Self(40013);
    /// Malformed access token; fetch a new one.
    pub const INVALID_ACCESS_TOKEN: Self = Self(40014);
    /// Invalid list of openids.
    pub const INVALID_OPENID_LIST: Self = Self(40031);
    /// Too many or too few openids in one request.
    pub const INVALID_OPENID_LIST_SIZE: Self = Self(40032);
    /// Wrong template id.
    pub const INVALID_TEMPLATE_ID: Self = Self(40037);
    /// The mass send does not exist.
    pub const INVALID_MSG_ID: Self = Self(40059);
    /// Invalid argument.
    pub const INVALID_ARGUMENT: Self = Self(40097);
    /// Wrong `AppSecret`; check the settings of the account.
    pub const INVALID_SECRET: Self = Self(40125);
    /// A mass send needs at least two openids.
    pub const TOO_FEW_OPENIDS: Self = Self(40130);
    /// The access token is missing.
    pub const MISSING_ACCESS_TOKEN: Self = Self(41001);
    /// The `AppID` is missing.
    pub const MISSING_APP_ID: Self = Self(41002);
    /// The `AppSecret` is missing.
    pub const MISSING_SECRET: Self = Self(41004);
    /// The access token has expired; fetch a new one.
    pub const EXPIRED_ACCESS_TOKEN: Self = Self(42001);
    /// The request must be a GET.
    pub const GET_REQUIRED: Self = Self(43001);
    /// The request must be a POST.
    pub const POST_REQUIRED: Self = Self(43002);
    /// The recipient does not follow the account.
    pub const FOLLOW_REQUIRED: Self = Self(43004);
    /// The recipient is in the blacklist.
    pub const IN_BLACKLIST: Self = Self(43019);
    /// The person did not agree, or the consent is used up.
    pub const SUBSCRIPTION_REFUSED: Self = Self(43101);
    /// The body is empty.
    pub const EMPTY_BODY: Self = Self(44002);
    /// The text is empty.
    pub const EMPTY_TEXT: Self = Self(44004);
    /// The content is too long.
    pub const CONTENT_TOO_LONG: Self = Self(45002);
    /// The title is too long.
    pub const TITLE_TOO_LONG: Self = Self(45003);
    /// The daily quota of this interface is used up.
    pub const QUOTA_EXCEEDED: Self = Self(45009);
    /// Too many calls in a minute; retry in the next minute.
    pub const TOO_FREQUENT: Self = Self(45011);
    /// No mass send is left.
    pub const NO_MASS_QUOTA: Self = Self(45028);
    /// Too many customer-service messages.
    pub const CUSTOMER_SERVICE_LIMIT: Self = Self(45047);
    /// The account has 100 tags, the maximum.
    pub const TOO_MANY_TAGS: Self = Self(45056);
    /// The tag has more than 100,000 followers; untag them first.
    pub const TAG_TOO_LARGE: Self = Self(45057);
    /// The tag is reserved by WeChat.
    pub const RESERVED_TAG: Self = Self(45058);
    /// The follower has 20 tags, the maximum.
    pub const TOO_MANY_TAGS_OF_USER: Self = Self(45059);
    /// This mass send was submitted before; it is not sent twice.
    pub const REPEATED_CLIENT_MSG_ID: Self = Self(45065);
    /// The same mass send was retried too fast; wait a minute.
    pub const CLIENT_MSG_ID_TOO_FAST: Self = Self(45066);
    /// `clientmsgid` has more than 64 bytes.
    pub const CLIENT_MSG_ID_TOO_LONG: Self = Self(45067);
    /// The name of the tag is empty, invalid or used.
    pub const INVALID_TAG_NAME: Self = Self(45157);
    /// The name of the tag has more than 30 bytes.
    pub const TAG_NAME_TOO_LONG: Self = Self(45158);
    /// The tag does not exist.
    pub const INVALID_TAG_ID: Self = Self(45159);
    /// The body is no valid JSON.
    pub const DATA_FORMAT: Self = Self(47001);
    /// A value of the template is invalid.
    pub const INVALID_TEMPLATE_VALUE: Self = Self(47003);
    /// The account has no right to this interface; check its type and verification.
    pub const UNAUTHORIZED: Self = Self(48001);
    /// The recipient refuses messages.
    pub const USER_REFUSES: Self = Self(48002);
    /// The interface is banned because of a violation.
    pub const API_FORBIDDEN: Self = Self(48004);
    /// The quota was cleared ten times this month, the maximum.
    pub const CLEAR_QUOTA_FORBIDDEN: Self = Self(48006);
    /// The account may not send messages of this type.
    pub const NO_RIGHT_FOR_TYPE: Self = Self(48008);
    /// The openid belongs to another account.
    pub const OPENID_OF_OTHER_ACCOUNT: Self = Self(49003);
    /// The account is restricted.
    pub const USER_LIMITED: Self = Self(50002);
    /// The person does not follow the account.
    pub const NOT_FOLLOWING: Self = Self(50005);
    /// Wrong format of a date.
    pub const INVALID_DATE: Self = Self(61500);
    /// The span of days is not allowed.
    pub const INVALID_DATE_RANGE: Self = Self(61501);
    /// The mass send waits for confirmation.
    pub const REVIEW_PENDING: Self = Self(89504);
    /// Too many mass sends at once; retry later.
    pub const TOO_MANY_MASS_SENDS: Self = Self(9_500_002);

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

const KNOWN: &[Known] = &[
    known(ErrorCode::BUSY, "system error", "微信系统繁忙，请稍后重试", "WeChat is busy; retry later"),
    known(ErrorCode::OK, "ok", "成功", "success"),
    known(
        ErrorCode::INVALID_CREDENTIAL,
        "invalid credential, access_token is invalid or not latest",
        "access_token 无效或已更新，请重新获取",
        "the access token is invalid or replaced; fetch a new one",
    ),
    known(ErrorCode::INVALID_GRANT_TYPE, "invalid grant_type", "grant_type 不正确", "wrong grant_type"),
    known(
        ErrorCode::INVALID_OPENID,
        "invalid openid",
        "openid 不正确，或不属于本公众号",
        "the openid is invalid or of another account",
    ),
    known(
        ErrorCode::INVALID_MEDIA_ID,
        "invalid media_id",
        "素材 media_id 不存在或已过期",
        "the media_id does not exist or has expired",
    ),
    known(
        ErrorCode::INVALID_MESSAGE_TYPE,
        "invalid message type",
        "消息类型不支持",
        "the type of message is not supported",
    ),
    known(
        ErrorCode::INVALID_APP_ID,
        "invalid appid",
        "AppID 不正确，请检查公众号设置",
        "wrong AppID; check the settings of the account",
    ),
    known(
        ErrorCode::INVALID_ACCESS_TOKEN,
        "invalid access_token",
        "access_token 格式不正确，请重新获取",
        "malformed access token; fetch a new one",
    ),
    known(ErrorCode::INVALID_OPENID_LIST, "invalid openid list", "openid 列表不正确", "invalid list of openids"),
    known(
        ErrorCode::INVALID_OPENID_LIST_SIZE,
        "invalid openid list size",
        "openid 个数超出限制",
        "too many or too few openids in one request",
    ),
    known(ErrorCode::INVALID_TEMPLATE_ID, "invalid template_id", "模板 ID 不正确", "wrong template id"),
    known(ErrorCode::INVALID_MSG_ID, "invalid msg id", "群发任务不存在", "the mass send does not exist"),
    known(ErrorCode::INVALID_ARGUMENT, "invalid args", "参数不正确", "invalid argument"),
    known(
        ErrorCode::INVALID_SECRET,
        "invalid appsecret",
        "AppSecret 不正确，请检查公众号设置",
        "wrong AppSecret; check the settings of the account",
    ),
    known(
        ErrorCode::TOO_FEW_OPENIDS,
        "invalid openid list size, at least two openid",
        "群发至少需要两个 openid",
        "a mass send needs at least two openids",
    ),
    known(ErrorCode::MISSING_ACCESS_TOKEN, "access_token missing", "缺少 access_token", "the access token is missing"),
    known(ErrorCode::MISSING_APP_ID, "appid missing", "缺少 AppID", "the AppID is missing"),
    known(ErrorCode::MISSING_SECRET, "appsecret missing", "缺少 AppSecret", "the AppSecret is missing"),
    known(
        ErrorCode::EXPIRED_ACCESS_TOKEN,
        "access_token expired",
        "access_token 已过期，请重新获取",
        "the access token has expired; fetch a new one",
    ),
    known(ErrorCode::GET_REQUIRED, "require GET method", "接口要求使用 GET", "the request must be a GET"),
    known(ErrorCode::POST_REQUIRED, "require POST method", "接口要求使用 POST", "the request must be a POST"),
    known(
        ErrorCode::FOLLOW_REQUIRED,
        "require subscribe",
        "接收者未关注公众号",
        "the recipient does not follow the account",
    ),
    known(ErrorCode::IN_BLACKLIST, "require remove blacklist", "接收者在黑名单中", "the recipient is in the blacklist"),
    known(
        ErrorCode::SUBSCRIPTION_REFUSED,
        "user refuse to accept the msg",
        "用户未同意接收或次数已用完",
        "the person did not agree, or the consent is used up",
    ),
    known(ErrorCode::EMPTY_BODY, "empty post data", "请求内容为空", "the body is empty"),
    known(ErrorCode::EMPTY_TEXT, "empty content", "文本内容为空", "the text is empty"),
    known(ErrorCode::CONTENT_TOO_LONG, "content size out of limit", "消息内容过长", "the content is too long"),
    known(ErrorCode::TITLE_TOO_LONG, "title size out of limit", "标题过长", "the title is too long"),
    known(
        ErrorCode::QUOTA_EXCEEDED,
        "reach max api daily quota limit",
        "今日接口调用次数已用完，次日零点后恢复",
        "the daily quota of this interface is used up",
    ),
    known(
        ErrorCode::TOO_FREQUENT,
        "api minute-quota reach limit, must slower, retry next minute",
        "调用过于频繁，请一分钟后重试",
        "too many calls in a minute; retry in the next minute",
    ),
    known(ErrorCode::NO_MASS_QUOTA, "has no masssend quota", "没有剩余的群发次数", "no mass send is left"),
    known(
        ErrorCode::CUSTOMER_SERVICE_LIMIT,
        "out of response count limit",
        "客服消息条数超出限制",
        "too many customer-service messages",
    ),
    known(
        ErrorCode::TOO_MANY_TAGS,
        "too many tag now, no need to add new",
        "标签已达 100 个上限",
        "the account has 100 tags, the maximum",
    ),
    known(
        ErrorCode::TAG_TOO_LARGE,
        "can't delete the tag that has too many fans",
        "标签下粉丝超过 10 万，不能直接删除",
        "the tag has more than 100,000 followers; untag them first",
    ),
    known(ErrorCode::RESERVED_TAG, "can't modify sys tag", "系统保留标签不能修改", "the tag is reserved by WeChat"),
    known(
        ErrorCode::TOO_MANY_TAGS_OF_USER,
        "user has too many tags",
        "该用户的标签已达 20 个上限",
        "the follower has 20 tags, the maximum",
    ),
    known(
        ErrorCode::REPEATED_CLIENT_MSG_ID,
        "clientmsgid exist",
        "该群发已提交过，未重复发送",
        "this mass send was submitted before; it is not sent twice",
    ),
    known(
        ErrorCode::CLIENT_MSG_ID_TOO_FAST,
        "same clientmsgid retry too fast",
        "同一群发重试过快，请一分钟后重试",
        "the same mass send was retried too fast; wait a minute",
    ),
    known(
        ErrorCode::CLIENT_MSG_ID_TOO_LONG,
        "clientmsgid size out of limit",
        "clientmsgid 超过 64 字节",
        "clientmsgid has more than 64 bytes",
    ),
    known(
        ErrorCode::INVALID_TAG_NAME,
        "invalid tag name",
        "标签名为空、不合法或已存在",
        "the name of the tag is empty, invalid or used",
    ),
    known(
        ErrorCode::TAG_NAME_TOO_LONG,
        "tag name too long",
        "标签名超过 30 个字节",
        "the name of the tag has more than 30 bytes",
    ),
    known(ErrorCode::INVALID_TAG_ID, "invalid tag id", "标签不存在", "the tag does not exist"),
    known(ErrorCode::DATA_FORMAT, "data format error", "请求内容不是正确的 JSON", "the body is no valid JSON"),
    known(
        ErrorCode::INVALID_TEMPLATE_VALUE,
        "argument invalid! data value invalid",
        "模板字段的内容不符合要求",
        "a value of the template is invalid",
    ),
    known(
        ErrorCode::UNAUTHORIZED,
        "api unauthorized",
        "公众号没有该接口权限，请检查类型和认证情况",
        "the account has no right to this interface; check its type and verification",
    ),
    known(ErrorCode::USER_REFUSES, "user block", "接收者拒收消息", "the recipient refuses messages"),
    known(
        ErrorCode::API_FORBIDDEN,
        "api forbidden for irregularities",
        "该接口因违规被封禁",
        "the interface is banned because of a violation",
    ),
    known(
        ErrorCode::CLEAR_QUOTA_FORBIDDEN,
        "forbid to clear quota because of reaching the limit",
        "本月清零次数已用完",
        "the quota was cleared ten times this month, the maximum",
    ),
    known(
        ErrorCode::NO_RIGHT_FOR_TYPE,
        "no permission for this msgtype",
        "公众号没有该类型消息的权限",
        "the account may not send messages of this type",
    ),
    known(
        ErrorCode::OPENID_OF_OTHER_ACCOUNT,
        "not match openid with appid",
        "openid 不属于本公众号",
        "the openid belongs to another account",
    ),
    known(ErrorCode::USER_LIMITED, "user limited", "用户受限", "the account is restricted"),
    known(
        ErrorCode::NOT_FOLLOWING,
        "user is unsubscribed",
        "用户未关注公众号",
        "the person does not follow the account",
    ),
    known(ErrorCode::INVALID_DATE, "date format error", "日期格式不正确", "wrong format of a date"),
    known(ErrorCode::INVALID_DATE_RANGE, "date range error", "日期范围超出限制", "the span of days is not allowed"),
    known(
        ErrorCode::REVIEW_PENDING,
        "mass message is in review",
        "群发等待管理员确认",
        "the mass send waits for confirmation",
    ),
    known(
        ErrorCode::TOO_MANY_MASS_SENDS,
        "masssend task too much, please try again later",
        "群发任务过多，请稍后重试",
        "too many mass sends at once; retry later",
    ),
];

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
