//! Recognises headers that are not contract columns but need care: consent, names, phone numbers and identity numbers.

/// Parts of consent headers, without separators and in lower case.
const CONSENT: &[&str] = &[
    "个性化",
    "退订",
    "拒订",
    "订阅",
    "接收",
    "接受推",
    "推送",
    "打扰",
    "勿扰",
    "拒收",
    "谢绝",
    "拒绝",
    "同意",
    "授权",
    "subscribed",
    "画像",
    "允许推荐",
    "关闭推荐",
    "开启推荐",
    "推荐开关",
    "是否推荐",
    "营销",
    "optout",
    "optin",
    "optedout",
    "optedin",
    "unsubscri",
    "consent",
    "personalis",
    "personaliz",
    "donotpush",
    "donotcontact",
    "donotdisturb",
    "nopush",
    "acceptpush",
    "receivepush",
    "allowpush",
    "marketing",
];
/// Headers with one of these parts are not about consent.
const NOT_CONSENT: &[&str] = &["入会", "订阅号", "订阅时间", "订阅日期"];

/// Parts of headers under which "yes" means that consent is refused.
const REFUSAL: &[&str] = &[
    "退订",
    "拒订",
    "取消订阅",
    "打扰",
    "勿扰",
    "拒收",
    "谢绝",
    "拒绝",
    "关闭",
    "不接收",
    "不推送",
    "不同意",
    "optout",
    "optedout",
    "unsubscri",
    "donot",
    "nopush",
    "dnd",
];

/// Complete headers of people's names, phone numbers and identity numbers, without separators and in lower case.
const IDENTIFYING: &[&str] = &[
    "name",
    "fullname",
    "realname",
    "membername",
    "username",
    "nickname",
    "firstname",
    "lastname",
    "surname",
    "phone",
    "mobile",
    "tel",
    "idcard",
    "idnumber",
    "idno",
    "identity",
    "电话",
    "手机",
    "姓名",
    "名字",
    "真实姓名",
    "昵称",
    "证件",
    "xm",
    "sfz",
    "sfzh",
    "sfzhm",
    "zjh",
    "zjhm",
    "sjh",
    "sjhm",
];
/// Parts of headers of the same kind.
const IDENTIFYING_PARTS: &[&str] = &[
    "姓名",
    "手机",
    "电话",
    "联系方式",
    "身份证",
    "证件号",
    "phonenumber",
    "phoneno",
    "mobilenumber",
    "mobileno",
    "mobilephone",
    "telephone",
    "cellphone",
    "contactphone",
    "idcard",
    "identitynumber",
    "idnumber",
    "身份号码",
];

/// The letters and digits of a header in lower case.
fn plain(header: &str) -> String {
    header.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a header looks like a member's consent to lists or pushes.
pub(super) fn looks_like_consent(header: &str) -> bool {
    let name = plain(header);
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    name == "dnd" || (has(CONSENT) && !has(NOT_CONSENT))
}

/// Whether "yes" under a consent header means that consent is refused.
pub(super) fn means_refusal(header: &str) -> bool {
    let name = plain(header);
    REFUSAL.iter().any(|part| name.contains(part))
}

/// Whether a header looks like a person's name, phone number or identity number.
pub(super) fn looks_identifying(header: &str) -> bool {
    let name = plain(header);
    IDENTIFYING.contains(&name.as_str()) || IDENTIFYING_PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_headers_are_recognised() {
        let consent = [
            "是否接收个性化",
            "个性化",
            "退订",
            "接收推送",
            "是否同意接收消息",
            "opt_out",
            "Opt-Out",
            "unsubscribe",
            "unsubscribed_at",
            "免打扰",
            "备注(退订请填是)",
            "personalization",
            "DND",
            "do not push",
            "是否同意",
            "隐私授权",
            "subscribed",
        ];
        assert_eq!(consent.iter().find(|header| !looks_like_consent(header)), None);
        let others = [
            "会员编号",
            "姓名",
            "入会时间",
            "关注时间",
            "备注",
            "推荐人",
            "subscribe_time",
            "同意入会",
            "joined_at",
            "option",
            "follow",
            "单位",
        ];
        assert_eq!(others.iter().find(|header| looks_like_consent(header)), None);
    }

    #[test]
    fn identifying_headers_are_recognised() {
        let personal = [
            "姓名",
            "手机号码",
            "联系电话*",
            "身份证号",
            "phone_number",
            "Mobile",
            "name",
            "证件号码",
            "紧急联系人姓名",
            "sfzh",
            "SFZ",
            "xm",
            "zjh",
            "sjh",
            "证件",
        ];
        assert_eq!(personal.iter().find(|header| !looks_identifying(header)), None);
        let others = [
            "会员编号",
            "工会名称",
            "title",
            "openid",
            "出生日期",
            "hotel",
            "file_name",
            "活动名称",
            "union_name",
            "备注",
            "证件类型",
        ];
        assert_eq!(others.iter().find(|header| looks_identifying(header)), None);
    }
}
