//! Files of other systems with the profiles of `data/profiles`: generated files of the same layout, and the real ones
//! if available.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{Program, repository};

fn with_profile(name: &str) -> Program {
    let program = Program::new();
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap() + &repository(&format!("data/profiles/{name}.toml"));
    std::fs::write(&settings, text).unwrap();
    program
}

#[test]
fn the_profile_of_a_news_site_maps_its_files() {
    let program = with_profile("globo");
    let header = "user_id,session_id,session_start,session_size,click_article_id,click_timestamp,click_environment,\
                  click_deviceGroup,click_os,click_country,click_region,click_referrer_type\n";
    let line = |user: u32, article: u32| {
        format!("{user},1506825423271737,1506825423000,2,{article},150682682{article}028,4,3,20,1,20,2\n")
    };
    program.file("files/clicks_hour_000.csv", format!("{header}{}{}", line(1, 7), line(2, 8)));
    program.file("files/clicks_hour_001.csv", header);
    program.file("files/clicks_hour_002.csv.gz", crate::program::gzip(format!("{header}{}", line(1, 9)).as_bytes()));
    let result = program.json(&["ingest", program.path("files").to_str().unwrap()]);
    assert_eq!((result["totals"]["rows"].as_u64(), result["totals"]["new"].as_u64()), (Some(3), Some(3)), "{result}");
    let rows = program.json(&["sql", "select member_id, article_id, read_at from reads order by article_id"]);
    assert_eq!((&rows[0]["member_id"], &rows[0]["article_id"]), (&"1".into(), &"7".into()));
    assert!(rows[0]["read_at"].as_str().unwrap().starts_with("2017-10-01T"), "{}", rows[0]);
}

#[test]
fn the_profile_of_offices_maps_exports_of_the_console_and_of_forms() {
    let program = with_profile("offices");
    let page = "<html><head><meta charset=\"gbk\"></head><body><table><tr><th>时间</th><th>新关注人数</th><th>取消关注人数</th>\
                <th>净增关注人数</th><th>累积关注人数</th></tr><tr><td>2025-11-19</td><td>12</td><td>3</td><td>9</td><td>14,445</td>\
                </tr></table></body></html>";
    program.file("files/用户分析_用户增长.xls", page);
    program.file("files/内容分析_流量数据.xls", include_bytes!("../../pipeline/tests/fixtures/content-analysis.xls"));
    program.file("files/members.et", include_bytes!("../../pipeline/tests/fixtures/roster.et"));
    let form = "序号,提交答卷时间,所用时间,来源,来自IP,1、您的姓名：,2、您的会员编号：\n\
                1,2025/11/19 15:01:08,52秒,微信,203.0.113.7(北京-北京),张三,M001\n";
    program.file("files/问卷星_秋游.csv", form);
    let result = program.json(&["ingest", program.path("files").to_str().unwrap()]);
    let counts = |name: &str| {
        let files = result["files"].as_array().unwrap();
        let file = files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap();
        ["rows", "new", "rejected"].map(|key| file[key].as_u64().unwrap())
    };
    assert_eq!(counts("用户增长.xls"), [1, 1, 0], "{result}");
    assert_eq!(counts("流量数据.xls"), [5, 5, 0], "{result}");
    assert_eq!(counts("members.et"), [5, 4, 1], "{result}");
    assert_eq!(counts("秋游.csv"), [1, 1, 0], "{result}");
    let rows = program
        .json(&["sql", "select m.union_id, s.activity_id, s.status from sign_ups s join members m using (member_id)"]);
    assert_eq!((&rows[0]["union_id"], &rows[0]["activity_id"]), (&"星河科技工会".into(), &"A17".into()));
}

#[test]
fn the_profile_of_film_ratings_maps_its_files() {
    let program = with_profile("movielens");
    program.file(
        "files/ml-100k.user",
        "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n1\t24\tM\ttechnician\t85711\n",
    );
    program.file("files/ml-100k.item", "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n5\tToy Story\t1995\tAnimation Children's Comedy\n");
    program.file(
        "files/ml-100k.inter",
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t5\t3\t881250949\n",
    );
    let result = program.json(&["ingest", program.path("files").to_str().unwrap()]);
    assert_eq!(result["totals"]["new"], 3, "{result}");
    let topics = program.json(&["sql", "select topics from articles"]);
    assert_eq!(topics[0]["topics"], serde_json::json!(["Animation", "Children's", "Comedy"]));
    let member = program.json(&["sql", "select gender, extract(year from birth_date) as born from members"]);
    assert_eq!(member[0]["gender"], "male");
    assert!((1973..=1974).contains(&member[0]["born"].as_i64().unwrap()), "{member}");
}

#[test]
fn the_profile_of_meetup_groups_maps_its_files() {
    let program = with_profile("meetup");
    program.file(
        "files/groups.csv",
        "id,name,urlname,link,rating,created,description\n7,Hikers,h,http://x,4.3,1249738648000,\"two\nlines\"\n",
    );
    program.file(
        "files/groups_topics.csv",
        "groupId,name,id,urlkey\n7,\"Hiking\",1,\"hiking\"\n7,\"Photo\",2,\"photo\"\n",
    );
    program.file("files/events.csv", "id,name,time,utc_offset,group_id,venue_id,status,description\n\"e1\",\"A walk\",1462500000000,-25200000,7,1,\"past\",\"<p>x</p>\"\n");
    program.file("files/members.csv", "id,joined,topics,groupId\n11,1450378807000,,7\n");
    program.file("files/rsvps.csv", "rsvp_id,event_id,member_id,guests,response,created,mtime\n1,\"e1\",11,2,\"yes\",1460112283000,1460112283000\n2,\"e1\",12,0,\"no\",1460112283000,1460112283000\n");
    program.file("files/venues.csv", "id,name,city,address_1,address_2,lat,lon\n1,\"X\",\"Y\",\"Z\",,1.0,2.0\n");
    let result = program.json(&["ingest", program.path("files").to_str().unwrap()]);
    let count = |table: &str| program.count(table);
    assert_eq!(
        [count("unions"), count("members"), count("memberships"), count("activities"), count("sign_ups")],
        [1, 1, 1, 1, 2],
        "{result}"
    );
    let sign_ups = program.json(&["sql", "select status, tickets from sign_ups order by sign_up_id"]);
    assert_eq!(
        sign_ups,
        serde_json::json!([{"status": "registered", "tickets": 3}, {"status": "cancelled", "tickets": 1}])
    );
    assert_eq!(
        program.json(&["sql", "select topics from activities"])[0]["topics"],
        serde_json::json!(["Hiking", "Photo"])
    );
}

/// Returns the folder of public data sets. Prints a warning if it is missing.
fn real(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    crate::program::warn(&format!("NOT CHECKED: {} is not there, so nothing was tested on it", folder.display()));
    None
}

#[test]
fn the_real_news_log_loses_and_gains_no_row() {
    let Some(folder) = real("globo-news") else { return };
    let program = with_profile("globo");
    let first = program.json(&["ingest", folder.to_str().unwrap()]);
    assert_eq!(first["totals"]["rows"], 2_988_181, "{}", first["totals"]);
    assert_eq!((&first["totals"]["rejected"], &first["totals"]["duplicates"]), (&Value::from(0), &Value::from(0)));
    assert_eq!(program.count("reads"), 2_988_181);
    let again = program.json(&["ingest", folder.to_str().unwrap()]);
    assert_eq!(again["totals"]["new"], 0);
    assert_eq!(program.count("reads"), 2_988_181);
}

#[test]
fn the_real_film_ratings_give_plausible_preferences_by_age() {
    let Some(folder) = real("movielens-100k") else { return };
    let program = with_profile("movielens");
    program.json(&["run", folder.to_str().unwrap(), "--as-of", "1998-04-23"]);
    assert_eq!((program.count("members"), program.count("articles"), program.count("reads")), (943, 1_682, 100_000));
    let lift = |band: &str, topic: &str| {
        let sql = format!("select index from topic_by_age_band where age_band = '{band}' and topic = '{topic}'");
        program.json(&["sql", &sql])[0]["index"].as_f64().unwrap()
    };
    assert!(lift("18-24", "Horror") > lift("55-64", "Horror"), "the young watch more horror");
    assert!(lift("55-64", "Drama") > lift("18-24", "Drama"), "the old watch more drama");
}

#[test]
fn the_real_meetups_give_an_audience_with_reasons() {
    let Some(folder) = real("meetup-montana") else { return };
    let program = with_profile("meetup");
    program.json(&["run", folder.to_str().unwrap(), "--as-of", "2016-05-01"]);
    let sql = "select activity_id from activities where starts_at > timestamp '2016-05-05T00:00:00' order by starts_at limit 1";
    let event = program.json(&["sql", sql])[0]["activity_id"].as_str().unwrap().to_owned();
    let preview = program.json(&["audience", "--item", &event, "--limit", "50", "--as-of", "2016-05-01"]);
    assert!(preview["selected"].as_u64().unwrap() > 0, "{preview}");
    let explained =
        preview["sample"].as_array().unwrap().iter().filter(|member| !member["reasons"].as_array().unwrap().is_empty());
    assert!(explained.count() > 0, "{preview}");
}
