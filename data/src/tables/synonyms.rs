//! Chinese and other synonyms of contract columns in headers.

use super::table::Table;
use crate::half_width::half_width;

/// Removes case, spaces, line breaks, full-width forms, marks, remarks in brackets, and what questionnaires add to a header.
pub(super) fn normalised(header: &str) -> String {
    let mut name = String::with_capacity(header.len());
    let mut depth = 0_u32;
    for letter in without_question_number(header).chars().map(half_width) {
        match letter {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            '*' | ':' | '\u{feff}' => {}
            _ if depth > 0 || letter.is_whitespace() || letter.is_control() => {}
            _ => name.extend(letter.to_lowercase()),
        }
    }
    let asked = ["请输入", "请填写", "您的", "你的"]
        .iter()
        .fold(name.as_str(), |name, start| name.strip_prefix(start).unwrap_or(name));
    let question = asked.trim_end_matches(['?', '。']);
    let question = question.strip_suffix('是').unwrap_or(question);
    if question.len() == name.len() { name } else { question.to_owned() }
}

/// A header without the number of a question, as in `1、会员编号` and `Q2.会员编号`.
fn without_question_number(header: &str) -> &str {
    let header = header.trim_start();
    let digits = header.strip_prefix(['Q', 'q']).unwrap_or(header);
    let rest = digits.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let is_number = (1..=3).contains(&(digits.len() - rest.len()));
    let marks = ['、', '.', '\u{ff0e}', ':', '\u{ff1a}', '_', ')', '\u{ff09}'];
    rest.strip_prefix(marks).filter(|_| is_number).unwrap_or(header)
}

/// The contract column of a normalised header in this table.
pub(super) fn column_for(table: Table, header: &str) -> Option<&'static str> {
    let own = own_words(table).iter().chain(COMMON);
    own.filter(|(column, _)| table.column(column).is_some())
        .find(|(_, words)| words.contains(&header))
        .map(|(column, _)| *column)
}

/// All headers that map to columns of a table, with the column's contract name, in contract order of precedence.
pub(super) fn headers(table: Table) -> impl Iterator<Item = (&'static str, &'static str)> {
    let contract = table.columns().iter().map(|column| (column.name, column.name));
    let words = own_words(table).iter().chain(COMMON).filter(move |(column, _)| table.column(column).is_some());
    contract.chain(words.flat_map(|(column, words)| words.iter().map(|word| (*word, *column))))
}

/// The synonyms of a column, those of the table first.
pub(super) fn of_column(table: Table, column: &str) -> Vec<&'static str> {
    let words = own_words(table).iter().chain(COMMON).filter(|(name, _)| *name == column);
    words.flat_map(|(_, words)| words.iter().copied()).collect()
}

type Words = &'static [(&'static str, &'static [&'static str])];

/// Synonyms in all tables that have the column.
const COMMON: Words = &[
    (
        "member_id",
        &["会员编号", "会员号", "会员id", "会员卡号", "工会会员证号", "会员", "用户id", "userid", "memberid"],
    ),
    ("openid", &["微信openid", "微信号openid", "open_id", "用户openid", "填写者openid", "答题者openid"]),
    ("unionid", &["微信unionid"]),
    (
        "union_id",
        &[
            "所属工会",
            "工会编号",
            "工会组织id",
            "工会id",
            "基层工会",
            "工会组织",
            "工会名称",
            "所在单位",
            "工作单位",
            "单位名称",
            "单位",
            "单位编号",
            "unionnumber",
        ],
    ),
    ("gender", &["性别", "sex"]),
    ("title", &["标题", "名称", "文章标题", "活动名称", "活动标题", "内容标题"]),
    ("topics", &["主题", "话题", "标签", "栏目", "分类", "活动类别", "类别", "topic", "tags"]),
    ("item_id", &["内容编号", "内容id", "项目编号", "文章id", "文章编号", "活动编号", "活动id", "itemid"]),
    ("article_id", &["文章id", "文章编号", "图文id", "articleid", "msgid"]),
    ("activity_id", &["活动编号", "活动id", "关联活动", "activityid"]),
    ("event_id", &["事件编号", "事件id", "流水号", "记录编号", "eventid"]),
    ("channel", &["渠道", "来源", "来源渠道", "终端"]),
    ("district", &["区域", "所在区", "地区", "区县", "街道", "活动区域"]),
    ("updated_at", &["更新时间", "修改时间", "updatedat"]),
];

fn own_words(table: Table) -> Words {
    match table {
        Table::Unions => &[
            ("union_id", &["编号", "工会代码"]),
            ("name", &["名称", "工会名称", "单位名称", "工会组织名称", "全称"]),
            ("parent_union_id", &["上级工会", "上级工会编号", "上级工会id", "上级单位"]),
            ("credit_code", &["统一社会信用代码", "社会信用代码", "单位信用代码", "工会信用代码", "信用代码"]),
        ],
        Table::Members => &[
            ("birth_date", &["出生日期", "出生年月日", "出生年月", "生日", "生年月日"]),
            ("birth_year", &["出生年份", "出生年"]),
            ("age", &["年龄", "周岁"]),
            ("id_number", &["身份证号", "身份证号码", "身份证", "证件号码", "公民身份号码", "证件号"]),
            ("home_district", &["居住地", "现居住地", "居住区", "居住区域", "现居地区", "家庭住址区", "居住地区"]),
            ("work_district", &["工作地", "工作区域", "工作地区", "单位所在区"]),
            ("joined_at", &["入会时间", "入会日期", "入会年月"]),
            ("followed_at", &["关注时间", "关注日期", "关注公众号时间"]),
            ("unfollowed_at", &["取关时间", "取消关注时间"]),
            ("personalised", &["个性化推荐", "允许个性化", "个性化", "personalized"]),
            ("team_match", &["愿意组队", "组队匹配", "组队"]),
        ],
        Table::Memberships => &[("union_id", &["俱乐部", "兴趣小组", "社团", "加入组织"])],
        Table::Articles => &[("published_at", &["发布时间", "发布日期", "推送时间", "发表时间"])],
        Table::Activities => &[
            ("kind", &["类型", "活动类型", "种类"]),
            ("union_id", &["主办工会", "主办单位", "承办工会"]),
            ("starts_at", &["开始时间", "活动时间", "活动开始时间", "活动开始"]),
            ("ends_at", &["结束时间", "活动结束时间", "活动结束"]),
            ("sign_up_opens_at", &["报名开始", "报名开始时间", "报名开放时间"]),
            ("sign_up_closes_at", &["报名截止", "报名截止时间", "报名结束时间", "截止时间"]),
            ("capacity", &["名额", "总名额", "人数上限", "总票数"]),
            ("per_union_cap", &["单位限额", "每单位限额", "每单位名额", "每工会限额"]),
            ("per_member_cap", &["每人限额", "个人限额", "每人限票", "每人限购"]),
            ("child_tickets", &["亲子票上限", "带娃限票", "亲子限票", "儿童票"]),
            ("own_session_at", &["专场人数", "包场人数", "专场门槛"]),
            ("min_age", &["最小年龄", "年龄下限"]),
            ("max_age", &["最大年龄", "年龄上限"]),
            ("gender", &["性别限制", "限性别"]),
            ("open_to_unions", &["开放单位", "开放工会", "限单位"]),
            ("open_to_districts", &["开放区域", "开放范围", "限区域"]),
            ("district", &["地点", "活动地点", "举办区域"]),
            ("price", &["价格", "费用", "收费", "票价"]),
            ("team_size", &["组队人数", "每队人数", "队伍人数"]),
            ("urgent", &["紧急", "紧急通知", "是否紧急"]),
        ],
        Table::Reads => &[
            ("read_at", &["阅读时间", "浏览时间", "访问时间", "点击时间", "时间"]),
            ("dwell_seconds", &["停留时长", "停留秒数", "阅读时长", "停留时间"]),
            ("read_fraction", &["阅读比例", "阅读进度", "完成度", "阅读完成率"]),
        ],
        Table::Shares => &[("shared_at", &["分享时间", "转发时间", "时间"])],
        Table::SignUps => &[
            ("sign_up_id", &["报名编号", "报名id", "报名号", "票号", "电子票号"]),
            (
                "signed_up_at",
                &[
                    "报名时间",
                    "领取时间",
                    "预约时间",
                    "提交时间",
                    "提交答卷时间",
                    "结束答题时间",
                    "填写时间",
                    "接龙时间",
                ],
            ),
            ("status", &["状态", "报名状态", "审核状态", "票券状态"]),
            ("tickets", &["票数", "张数", "人数", "报名人数", "购票数量"]),
            ("children", &["儿童数", "带娃数", "儿童人数", "孩子数", "随行儿童", "携带儿童数"]),
        ],
        Table::Pushes => &[
            ("push_id", &["推送编号", "推送id", "批次号", "推送批次"]),
            ("sent_at", &["推送时间", "发送时间"]),
            ("arm", &["分组", "组别", "实验组"]),
        ],
        Table::Shown => &[
            ("shown_at", &["展示时间", "曝光时间"]),
            ("position", &["位置", "展示位置", "序位"]),
            ("version", &["版本"]),
            ("propensity", &["展示概率", "倾向值"]),
            ("explored", &["探索", "是否探索"]),
        ],
        Table::MemberEvents => &[("event", &["事件", "类型"]), ("at", &["时间", "事件时间"])],
        Table::AccountStatistics => &[
            ("generation", &["接口", "接口版本", "口径"]),
            ("day", &["日期", "时间", "refdate", "ref_date", "statdate", "stat_date"]),
            ("hour", &["小时"]),
            ("msgid", &["图文id", "文章id", "文章编号"]),
            ("source", &["来源", "渠道", "传播渠道"]),
            ("published_on", &["发布日期", "发表日期", "发布时间", "发表时间"]),
            ("url", &["链接", "内容url", "文章链接", "content_url"]),
            ("read_users", &["阅读人数", "总阅读人数", "图文页阅读人数", "int_page_read_user", "read_user"]),
            ("read_times", &["阅读次数", "总阅读次数", "阅读人次", "图文页阅读次数", "int_page_read_count"]),
            ("original_users", &["原文页阅读人数", "跳转阅读原文人数", "跳转阅读原文", "ori_page_read_user"]),
            ("original_times", &["原文页阅读次数", "跳转阅读原文次数", "ori_page_read_count"]),
            ("share_users", &["分享人数", "总分享人数", "转发人数", "share_user"]),
            ("share_times", &["分享次数", "总分享次数", "转发次数", "share_count"]),
            ("favourite_users", &["收藏人数", "微信收藏人数", "add_to_fav_user", "collection_user"]),
            ("favourite_times", &["收藏次数", "add_to_fav_count"]),
            ("like_users", &["点赞人数", "拇指赞", "like_user"]),
            ("recommend_users", &["在看人数", "爱心赞", "zaikan_user"]),
            ("comments", &["留言数", "留言条数", "comment_count"]),
            ("sent_pages", &["发表篇数", "发布篇数", "send_page_count"]),
            ("target_users", &["送达人数", "target_user"]),
            ("new_followers", &["新关注人数", "新增人数", "new_user"]),
            ("lost_followers", &["取消关注人数", "取关人数", "cancel_user"]),
            ("followers", &["累计关注人数", "累积关注人数", "cumulate_user"]),
            ("finish_rate", &["阅读完成率", "完成率"]),
        ],
        Table::Feedback => &[
            ("at", &["时间", "评价时间", "反馈时间"]),
            ("rating", &["评分", "满意度", "星级"]),
            ("text", &["内容", "评价", "意见", "反馈内容", "留言"]),
        ],
    }
}
