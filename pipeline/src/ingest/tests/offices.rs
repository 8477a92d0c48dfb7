//! Tests of real shapes of exports: WeChat's console and sign-up tools, with invented people.

use rust_xlsxwriter::Workbook;

use super::*;

/// A source of the shipped profile.
fn profile(name: &str) -> Source {
    let text = zhihui_data::OFFICE_PROFILE;
    let sources = Config::parse("offices.toml", text).expect("valid").sources;
    sources.into_iter().find(|source| source.name == name).expect(name)
}

fn book(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*cells).filter(|(_, text)| !text.is_empty()) {
            match text.parse::<f64>() {
                Ok(number) => sheet.write(row, column, number).expect("written"),
                Err(_) => sheet.write(row, column, *text).expect("written"),
            };
        }
    }
    book.save_to_buffer().expect("saved")
}

fn read(source: &str, name: &str, bytes: &[u8]) -> Found {
    let source = profile(source);
    read_bytes(name, source.table, Some(source), bytes).expect(name)
}

/// A sign-up of the 5th of March 2026 at this minute after three in the afternoon.
fn sign_up(actor: &str, minute: u32, rest: &str) -> String {
    format!("{actor} activity_id=A17 signed_up_at=2026-03-05T07:{minute:02}:08Z {rest}")
}

#[test]
fn followers_exported_from_the_console_are_read() {
    let page = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body><table>\
        <tr><th>时间</th><th>新关注人数</th><th>取消关注人数</th><th>净增关注人数</th><th>累积关注人数</th></tr>\
        <tr><td>2025-11-19</td><td>12</td><td>3</td><td>9</td><td>14,445</td></tr></table></body></html>";
    let found = read("console-users", "用户分析_用户增长.xls", page.as_bytes());
    assert_eq!(
        found.rows,
        ["generation=old interface=用户增长 day=2025-11-19 new_followers=12 lost_followers=3 followers=14445"]
    );
    assert_eq!(found.unknown, ["净增关注人数"]);
}

#[test]
fn days_by_channel_exported_from_the_console_are_read() {
    let bytes = include_bytes!("../../../tests/fixtures/content-analysis.xls");
    let found = read("console-days", "内容分析_流量数据.xls", bytes);
    assert_eq!(
        found.rows,
        [
            "generation=old day=2025-11-18 read_users=320",
            "generation=old day=2025-11-18 source=公众号消息 read_users=210",
            "generation=old day=2025-11-18 source=朋友圈 read_users=64",
            "generation=old day=2025-11-19 read_users=280",
            "generation=old day=2025-11-19 source=公众号消息 read_users=190",
        ],
        "figures of other days beside a row are not figures of its day"
    );
    assert_eq!((found.rejects.len(), found.notes), (0, vec!["second_table 1".to_owned()]));
}

#[test]
fn articles_exported_from_the_console_are_read() {
    let bytes = book(&[
        &["图文群发数据"],
        &[
            "内容标题",
            "发表时间",
            "总阅读人数",
            "总阅读次数",
            "总分享人数",
            "总分享次数",
            "阅读后关注人数",
            "送达人数",
            "公众号消息阅读次数",
            "送达阅读率",
            "阅读完成率",
            "内容url",
        ],
        &[
            "秋游报名",
            "20251118",
            "320",
            "451",
            "12",
            "15",
            "3",
            "14445",
            "300",
            "0.0221",
            "0.6889",
            "https://mp.weixin.qq.com/s/a",
        ],
    ]);
    let found = read("console-articles", "已通知内容.xlsx", &bytes);
    assert_eq!(
        found.rows,
        ["generation=old day=2025-11-18 msgid=秋游报名 cumulative=true published_on=2025-11-18 title=秋游报名 \
          url=https://mp.weixin.qq.com/s/a read_users=320 read_times=451 share_users=12 share_times=15 target_users=14445 \
          finish_rate=0.6889"]
    );
}

#[test]
fn sign_ups_of_wenjuanxing_are_read() {
    let bytes = book(&[
        &[
            "序号",
            "提交答卷时间",
            "所用时间",
            "来源",
            "来源详情",
            "来自IP",
            "1、您的姓名：",
            "2、您的会员编号：",
            "3、手机号码",
            "4、带娃数",
        ],
        &[
            "1",
            "2026/3/5 15:01:08",
            "52秒",
            "微信",
            "N/A",
            "203.0.113.7(北京-北京)",
            "张三",
            "10086",
            "13800000001",
            "1",
        ],
        &[
            "2",
            "2026/3/5 15:02:08",
            "71秒",
            "手机提交",
            "直接访问",
            "203.0.113.8(北京-北京)",
            "李四",
            "007",
            "13800000002",
            "(跳过)",
        ],
    ]);
    let found = read("wenjuanxing", "问卷星_秋游报名.xlsx", &bytes);
    assert_eq!(found.rows, [sign_up("member_id=10086", 1, "status=registered children=1 tickets=1")]);
    assert_eq!(found.rejects, ["3 children bad_number (跳过)"]);
    assert!(found.unknown.contains(&"1、您的姓名：".to_owned()), "{:?}", found.unknown);
}

#[test]
fn sign_ups_of_tencent_survey_are_read() {
    let text = "\u{feff}编号,开始答题时间,结束答题时间,答题时长,语言,清洗数据结果,地理位置国家和地区,地理位置省,地理位置市,用户类型,用户标识,\
        自定义字段,1.您的会员编号,2.您带几个孩子？（儿童人数）,IP,UA,Referrer\r\n\
        1,2026-03-05 15:00:10,2026-03-05 15:03:08,178,简体中文,有效,中国,北京,北京,匿名,,,M1,,203.0.113.7,\"Mozilla/5.0 (iPhone, x)\",\r\n";
    let found = read("tencent-survey", "腾讯问卷_秋游.csv", text.as_bytes());
    assert_eq!(found.rows, [sign_up("member_id=M1", 3, "status=registered tickets=1 children=0")]);
}

#[test]
fn sign_ups_of_tencent_forms_are_read() {
    let bytes = book(&[
        &["提交者（自动）", "提交时间（自动）", "会员编号（必填）", "姓名（必填）", "随行儿童"],
        &["小张", "2026年3月5日 15:04:08", "M1", "张三", "2"],
    ]);
    let found = read("tencent-form", "秋游收集表.xlsx", &bytes);
    assert_eq!(found.rows, [sign_up("member_id=M1", 4, "status=registered children=2 tickets=1")]);
}

#[test]
fn sign_ups_of_jinshuju_are_read() {
    let bytes = book(&[
        &[
            "序号",
            "您的会员编号",
            "微信昵称",
            "微信OpenID",
            "提交人",
            "提交时间",
            "修改时间",
            "填写设备",
            "操作系统",
            "浏览器",
            "填写者IP",
        ],
        &[
            "1",
            "M1",
            "小张",
            "oXk_1",
            "",
            "2026-03-05 15:05:08",
            "2026-03-05 15:05:08",
            "手机",
            "iOS",
            "WeChat",
            "203.0.113.7",
        ],
    ]);
    let found = read("jinshuju", "金数据_秋游.xlsx", &bytes);
    let rest = "status=registered updated_at=2026-03-05T07:05:08Z tickets=1 children=0";
    assert_eq!(found.rows, [sign_up("member_id=M1 openid=oXk_1", 5, rest)]);
}

#[test]
fn sign_ups_of_huodongxing_are_read() {
    // A text with tabs in GB18030, named as a workbook.
    let text = "电子票号\t票种\t票价\t姓名\t手机\t公司\t会员编号\t报名时间\t审核状态\t签到状态\n\
        8801\t会员票\t0\t张三\t13800000001\t星河科技\tM1\t2026/3/5 15:06:08\t已通过\t未签到\n\
        8802\t会员票\t0\t李四\t1.38E+10\t远山物流\tM2\t2026/3/5 15:07:08\t已取消\t未签到\n\
        8803\t会员票\t0\t王五\t13800000003\t远山物流\t1.38E+10\t2026/3/5 15:07:08\t待审核\t未签到\n";
    let bytes = encoding_rs::GB18030.encode(text).0.into_owned();
    let found = read("huodongxing", "活动行_名单.xls", &bytes);
    let row = |id: u32, member: &str, minute: u32, status: &str| {
        format!(
            "sign_up_id={id} {}",
            sign_up(&format!("member_id={member}"), minute, &format!("status={status} tickets=1 children=0"))
        )
    };
    assert_eq!(found.rows, [row(8801, "M1", 6, "registered"), row(8802, "M2", 7, "cancelled")]);
    assert_eq!(found.rejects, ["4 member_id damaged_id 1.38E+10"]);
}

#[test]
fn sign_ups_of_the_sign_up_tool_are_read() {
    let bytes = book(&[
        &["秋游报名名单"],
        &["导出时间：2026-03-06"],
        &["序号", "昵称", "会员编号", "报名人数", "报名时间", "报名状态"],
        &["1", "小张", "M1", "2人", "2026-03-05 15:08:08", "报名成功"],
        &["2", "小李", "M2", "1人", "2026-03-05 15:09:08", "已签到"],
        &["", "合计", "", "3人"],
    ]);
    let found = read("sign-up-tool", "报名工具.xlsx", &bytes);
    let expected = [
        sign_up("member_id=M1", 8, "status=registered tickets=2 children=0"),
        sign_up("member_id=M2", 9, "status=attended tickets=1 children=0"),
    ];
    assert_eq!((found.rows, found.notes), (expected.to_vec(), vec!["total_rows 1".to_owned()]));
}

#[test]
fn sign_ups_of_jielong_are_read() {
    let bytes = book(&[
        &["#接龙 周六摘苹果"],
        &["序号", "接龙人", "接龙时间", "会员编号", "票数"],
        &["1", "小张", "2026-03-05 15:10:08", "M1", "2"],
        &["2", "小李", "3月5日 15:11", "M2", "1"],
    ]);
    let found = read("jielong", "群接龙_摘苹果.xlsx", &bytes);
    assert_eq!(found.rows, [sign_up("member_id=M1", 10, "status=registered tickets=2 children=0")]);
    assert_eq!(found.rejects, ["4 signed_up_at missing_year 3月5日 15:11"]);
}

#[test]
fn a_table_of_activities_with_times_of_the_day_is_read() {
    let text = "活动编号,活动名称,活动时间,报名截止,名额\nA1,秋游,2026年3月8日（周日）9:00-11:30,2026.3.5,２０\n\
        A2,观影,2026-03-08 19:00至21:00,3月5日,不限\n";
    let found = read_text("activities.csv", Table::Activities, text);
    assert_eq!(
        found.rows,
        ["activity_id=A1 title=秋游 starts_at=2026-03-08T01:00:00Z sign_up_closes_at=2026-03-04T16:00:00Z capacity=20"]
    );
    assert_eq!(found.rejects, ["3 sign_up_closes_at missing_year 3月5日"]);
}
