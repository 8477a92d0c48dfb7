//! Names of the numbers that WeChat's old interfaces use for sources of readers, sharers and followers.

/// Sources of readers.
const READING: &[(&str, &str)] = &[
    ("0", "会话"),
    ("1", "好友"),
    ("2", "朋友圈"),
    ("4", "历史消息页"),
    ("5", "其他"),
    ("6", "看一看"),
    ("7", "搜一搜"),
];
/// Where articles were shared to.
const SHARING: &[(&str, &str)] = &[("1", "好友"), ("2", "朋友圈"), ("3", "腾讯微博"), ("255", "其他")];
/// Sources of new followers.
const FOLLOWING: &[(&str, &str)] = &[
    ("0", "其他"),
    ("1", "公众号搜索"),
    ("17", "名片分享"),
    ("30", "扫描二维码"),
    ("43", "右上角菜单"),
    ("51", "支付后关注"),
    ("57", "文章内账号名称"),
    ("75", "广告"),
    ("78", "朋友圈广告"),
    ("100", "微信广告"),
    ("149", "小程序关注"),
    ("161", "他人转载"),
    ("200", "视频号"),
    ("201", "直播"),
];
/// Parts of the names of the figures of `getarticletotal`.
pub(super) const OF_ARTICLES: [(&str, &str); 5] =
    [("session", "会话"), ("hist_msg", "历史消息页"), ("feed", "朋友圈"), ("friends", "好友"), ("other", "其他")];
/// The number and the name of all readers.
const ALL: &str = "99999999";
const ALL_NAME: &str = "全部";

/// The name of a source of readers; `None` for all readers.
pub(super) fn reading(number: String) -> Option<String> {
    (number != ALL).then(|| name(READING, number))
}

/// The name of a scene of reading, which the new interfaces spell out; `None` for all readers.
pub(super) fn scene(name: String) -> Option<String> {
    (name != ALL_NAME).then_some(name)
}

pub(super) fn sharing(number: String) -> String {
    name(SHARING, number)
}

pub(super) fn following(number: String) -> String {
    name(FOLLOWING, number)
}

/// The name of a number; an unknown number stays as it is.
fn name(names: &[(&str, &str)], number: String) -> String {
    names.iter().find(|(known, _)| *known == number).map_or(number, |(_, name)| (*name).to_owned())
}
