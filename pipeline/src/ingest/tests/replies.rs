//! Replies of WeChat's statistics interfaces, as its documentation shows them, and what is refused or rejected.

use serde_json::{Value, json};
use zhihui_data::Table;

use super::{Found, read_bytes, read_text};

const TABLE: Table = Table::AccountStatistics;

fn read_reply(name: &str, reply: &Value) -> Found {
    read_bytes(name, TABLE, None, reply.to_string().as_bytes()).expect("readable")
}

fn refused(name: &str, reply: &Value) -> String {
    read_bytes(name, TABLE, None, reply.to_string().as_bytes()).expect_err(name).to_string()
}

#[test]
fn new_interfaces_count_people_by_day_and_scene() {
    let sources = json!([{ "user_count": 310, "scene_desc": "全部" }, { "user_count": 200, "scene_desc": "公众号消息" },
                         { "user_count": 110, "scene_desc": "新场景" }]);
    let row = json!({ "ref_date": "2025-11-03", "msgid": "2650000001_1",
                      "detail": { "read_user": 310, "read_user_source": sources } });
    let found = read_reply("getarticleread.json", &json!({ "list": [row], "is_delay": false }));
    let base = "generation=new interface=getarticleread day=2025-11-03 msgid=2650000001_1";
    assert_eq!(
        found.rows,
        [
            format!("{base} read_users=310 delayed=false"),
            format!("{base} source=公众号消息 read_users=200 delayed=false"),
            format!("{base} source=新场景 read_users=110 delayed=false"),
        ],
        "an unknown scene is kept, and all readers are not a source"
    );
    let row = json!({ "ref_date": "2025-11-03", "msgid": "2650000001_1", "detail": { "share_user": 12 } });
    let found = read_reply("x.json", &json!({ "list": [row], "is_delay": true }));
    assert_eq!(
        found.rows,
        ["generation=new interface=getarticleshare day=2025-11-03 msgid=2650000001_1 share_users=12 delayed=true"]
    );
    let detail = json!({ "read_user": 400, "read_user_source": [], "share_user": 20, "zaikan_user": 3, "like_user": 9,
                         "comment_count": 2, "collection_user": 4, "redirect_ori_page_user": 31, "send_page_count": 2 });
    let found = read_reply("x.json", &json!({ "list": [{ "ref_date": "2025-11-03", "detail": detail }] }));
    assert_eq!(
        found.rows,
        ["generation=new interface=getbizsummary day=2025-11-03 read_users=400 original_users=31 share_users=20 \
          favourite_users=4 like_users=9 recommend_users=3 comments=2 sent_pages=2"]
    );
}

#[test]
fn figures_since_publication_are_cumulative_unless_they_fall() {
    let day = |day: &str, readers: u64| {
        json!({ "stat_date": day, "read_user": readers, "read_user_source": [], "read_finish_rate": 0.31,
                "read_avg_activetime": 1.5 })
    };
    let reply = |days: Vec<Value>| {
        json!({ "list": [{ "ref_date": "2025-11-03", "msgid": "26_1", "publish_type": 0, "title": "体检预约",
                           "content_url": "http://mp.weixin.qq.com/s/x", "detail_list": days }], "is_delay": false })
    };
    let found = read_reply("x.json", &reply(vec![day("2025-11-04", 450), day("2025-11-03", 300)]));
    let row = |day: &str, readers: u64| {
        format!(
            "generation=new interface=getarticletotaldetail day={day} msgid=26_1 cumulative=true \
             published_on=2025-11-03 title=体检预约 url=http://mp.weixin.qq.com/s/x read_users={readers} finish_rate=0.31 \
             read_seconds=90.0 delayed=false"
        )
    };
    assert_eq!(found.rows, [row("2025-11-03", 300), row("2025-11-04", 450)], "by day, whatever WeChat's order");
    let found = read_reply("x.json", &reply(vec![day("2025-11-03", 300), day("2025-11-04", 150)]));
    assert!(found.rows.iter().all(|row| row.contains("cumulative=false")), "{found:?}");
}

#[test]
fn old_interfaces_count_people_and_person_times() {
    let eight = json!({ "int_page_read_user": 23676, "int_page_read_count": 25615, "ori_page_read_user": 29,
                        "ori_page_read_count": 34, "share_user": 122, "share_count": 994, "add_to_fav_user": 1,
                        "add_to_fav_count": 3 });
    let with = |keys: Value| {
        let mut row = eight.clone();
        for (key, value) in keys.as_object().expect("an object") {
            row[key] = value.clone();
        }
        row
    };
    let figures = "read_users=23676 read_times=25615 original_users=29 original_times=34 share_users=122 share_times=994 \
                   favourite_users=1 favourite_times=3";
    let row = with(json!({ "ref_date": "2014-12-08", "msgid": "10000050_1", "title": "12月27日" }));
    let found = read_reply("getarticlesummary_1.json", &json!({ "list": [row] }));
    let expected =
        format!("generation=old interface=getarticlesummary day=2014-12-08 msgid=10000050_1 title=12月27日 {figures}");
    assert_eq!(found.rows, [expected]);

    let row = |source: u64| with(json!({ "ref_date": "2014-12-07", "user_source": source }));
    let found = read_reply("x.json", &json!({ "list": [row(99_999_999), row(0), row(8)] }));
    let base = "generation=old interface=getuserread day=2014-12-07";
    let expected =
        [format!("{base} {figures}"), format!("{base} source=会话 {figures}"), format!("{base} source=8 {figures}")];
    assert_eq!(found.rows, expected, "an unknown source is kept under its number");

    let row = with(json!({ "ref_date": "2014-12-07", "ref_hour": 2300, "user_source": 0 }));
    let found = read_reply("x.json", &json!({ "list": [row] }));
    assert!(found.rows[0].contains("getuserreadhour day=2014-12-07 hour=23 source=会话"), "{found:?}");

    let day = with(json!({ "stat_date": "2014-12-14", "target_user": 261_917, "int_page_from_session_read_user": 100,
                           "int_page_from_session_read_count": 120 }));
    let list = json!([{ "ref_date": "2014-12-14", "msgid": "20_1", "title": "t", "details": [day] }]);
    let found = read_reply("x.json", &json!({ "list": list }));
    assert!(found.rows[0].contains("cumulative=true published_on=2014-12-14"), "{found:?}");
    assert!(found.rows[0].contains("target_users=261917"), "{found:?}");
    assert!(
        found.rows[1].contains("source=会话") && found.rows[1].contains("read_users=100 read_times=120"),
        "{found:?}"
    );
}

#[test]
fn shares_and_followers_have_their_own_sources() {
    let list = json!([{ "ref_date": "2014-12-07", "share_scene": 1, "share_count": 207, "share_user": 11 },
                      { "ref_date": "2014-12-07", "share_scene": 9, "share_count": 2, "share_user": 1 }]);
    let found = read_reply("getusershare.json", &json!({ "list": list }));
    let base = "generation=old interface=getusershare day=2014-12-07";
    let expected = ["source=好友 share_users=11 share_times=207", "source=9 share_users=1 share_times=2"];
    assert_eq!(found.rows, expected.map(|rest| format!("{base} {rest}")));
    let list = json!([{ "ref_date": "2014-12-07", "user_source": 30, "new_user": 7, "cancel_user": 2 }]);
    let found = read_reply("x.json", &json!({ "list": list }));
    assert!(found.rows[0].ends_with("source=扫描二维码 new_followers=7 lost_followers=2"), "{found:?}");
    let list = json!([{ "ref_date": "2014-12-07", "user_source": 0, "cumulate_user": 1_217_056 }]);
    let found = read_reply("x.json", &json!({ "list": list }));
    assert!(found.rows[0].ends_with("getusercumulate day=2014-12-07 followers=1217056"), "{found:?}");
}

#[test]
fn replies_are_read_one_a_line_and_as_a_list_and_with_the_time_of_the_call() {
    let reply = |day: u32| json!({ "list": [{ "ref_date": format!("2014-12-{day:02}"), "user_source": 0, "cumulate_user": day }] });
    let stored = json!({ "interface": "getusercumulate", "fetched_at": "2014-12-09T01:00:00Z", "reply": reply(8) });
    let lines = format!("{}\n{stored}\n", reply(7));
    let found = read_text("getusercumulate.json", TABLE, &lines);
    assert_eq!(found.rows.len(), 2);
    assert!(found.rows[1].ends_with("followers=8 updated_at=2014-12-09T01:00:00Z"), "{found:?}");
    assert_eq!(read_reply("x.json", &json!([reply(7), stored])).rows, found.rows);
    assert_eq!(read_reply("x.json", &json!({ "list": [] })).rows.len(), 0, "a day without figures");
}

#[test]
fn a_reply_with_an_error_or_of_another_interface_refuses_the_file() {
    let error = json!({ "errcode": 61501, "errmsg": "date range error rid: 1" });
    let why = refused("getuserread.json", &error);
    assert!(why.contains("reply 1") && why.contains("61501") && why.contains("date range error"), "{why}");
    let old = json!({ "list": [{ "ref_date": "2025-11-03", "user_source": 0, "int_page_read_user": 3 }] });
    let why = refused("getbizsummary.json", &old);
    assert!(why.contains("getuserread") && why.contains("getbizsummary"), "{why}");
    let mixed =
        json!({ "list": [{ "ref_date": "2025-11-03", "detail": { "read_user": 3, "int_page_read_count": 4 } }] });
    assert!(refused("x.json", &mixed).contains("no known statistics interface"));
    let list = json!([{ "ref_date": "2014-12-07", "user_source": 0, "cumulate_user": 1 },
                      { "ref_date": "2014-12-07", "user_source": 0, "new_user": 1 }]);
    assert!(refused("x.json", &json!({ "list": list })).contains("each reply belongs to one interface"));
    assert!(refused("x.json", &json!({ "rows": [] })).contains("has no \"list\""));
    let cut = read_bytes("x.json", TABLE, None, b"{\"list\": [").expect_err("cut off").to_string();
    assert!(cut.contains("is not JSON"), "{cut}");
}

#[test]
fn a_row_with_a_negative_number_a_missing_day_or_figures_of_the_other_generation_is_rejected() {
    let row = |day: &str, number: i64| json!({ "ref_date": day, "user_source": 0, "cumulate_user": number });
    let undated = json!({ "user_source": 0, "cumulate_user": 3 });
    let list =
        json!([row("2014-12-07", -1), undated, row("2014-13-07", 4), row("2027-01-01", 5), row("2014-12-08", 6)]);
    let found = read_reply("x.json", &json!({ "list": list }));
    let expected = [
        "1 followers out_of_range -1",
        "2 day missing_value -",
        "3 day bad_date 2014-13-07",
        "4 day future_time 2027-01-01",
    ];
    assert_eq!(found.rejects, expected);
    assert_eq!(found.rows.len(), 1, "the other row is read");

    let text =
        "接口,日期,阅读人数,阅读次数\n旧,2025-10-31,30,40\n新,2025-11-01,31,\n新,2025-11-01,32,50\n新,2025-10-31,33,\n";
    let found = read_text("account_statistics.csv", TABLE, text);
    assert_eq!(
        found.rows,
        ["generation=old day=2025-10-31 read_users=30 read_times=40", "generation=new day=2025-11-01 read_users=31"]
    );
    assert_eq!(found.rejects, ["4 read_times other_generation 50", "5 day other_generation 2025-10-31"]);
    let found = read_text("account_statistics.csv", TABLE, "generation,interface,day\nold,getbizsummary,2025-11-02\n");
    assert_eq!(found.rejects, ["2 generation other_generation old"]);
}
