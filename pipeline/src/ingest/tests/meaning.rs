//! Tests the interpretation of values: rosters, vocabularies, and mappings of files of other systems.

use super::*;

#[test]
fn birth_date_and_sex_are_derived_from_identity_numbers() {
    let text = "会员编号,身份证号码,性别\n1,370101190102039973,\n2,11010519491231002X,男\n3,440524188001010014,\n4,110105194912310021,\n5,,女\n";
    let found = read_text("members.csv", Table::Members, text);
    assert_eq!(
        found.rows,
        ["member_id=2 birth_date=1949-12-31 gender=male", "member_id=5 gender=female"],
        "the column of a roster takes precedence over the identity number"
    );
    assert_eq!(
        found.rejects,
        [
            "2 birth_date implausible_age 999999999999999999",
            "4 birth_date implausible_age 999999999999999999",
            "5 id_number bad_id_number 999999999999999999",
        ]
    );
}

#[test]
fn ages_are_used_only_with_a_date() {
    let text = "member_id,age\n1,24\n2,300\n";
    let read = |rest: &str, text: &str| {
        let mapping = (!rest.is_empty()).then(|| source(&format!("table = \"members\"\n{rest}")));
        read_bytes("members.csv", Table::Members, mapping, text.as_bytes())
    };
    for rest in ["", "time = { joined_at = \"auto\" }", "columns = { age = \"age\" }"] {
        let why = read(rest, text).expect_err("the day is unknown").to_string();
        assert!(why.contains("column age") && why.contains("age_as_of") && why.contains("birth_year"), "{why}");
    }
    let lines = "{\"member_id\":\"1\"}\n{\"member_id\":\"2\",\"年龄\":30}\n";
    let why =
        read_bytes("members.jsonl", Table::Members, None, lines.as_bytes()).expect_err("in JSON, too").to_string();
    assert!(why.contains("column 年龄"), "{why}");
    let omitted = read("columns = { age = \"\" }", text).expect("omitted");
    assert_eq!((omitted.rows.len(), omitted.unknown), (2, vec!["age".to_owned()]));
    let both = read("", "member_id,age,birth_date\n1,24,1990-05-01\n").expect("birth dates make ages unnecessary");
    assert_eq!(
        (both.rows, both.unknown),
        (vec!["member_id=1 birth_date=1990-05-01".to_owned()], vec!["age".to_owned()])
    );
    let dated = source("table = \"members\"\nage_as_of = \"1998-04-22\"");
    let found = read_bytes("members.csv", Table::Members, Some(dated), text.as_bytes()).expect("readable");
    assert_eq!(found.rows, ["member_id=1 birth_date=1973-10-22"]);
    assert_eq!(found.rejects, ["3 age out_of_range 999"]);
    let found = read_text("members.csv", Table::Members, "member_id,birth_year\n1,1990\n");
    assert_eq!(found.rows, ["member_id=1 birth_date=1990-07-01"]);
}

#[test]
fn a_source_defines_the_meaning_of_consent() {
    let text = "会员编号,退订\n1,是\n2,否\n3,\n4,Y\n";
    let read = |rest: &str| {
        let mapping = source(&format!("table = \"members\"\n{rest}"));
        read_bytes("members.csv", Table::Members, Some(mapping), text.as_bytes())
    };
    let found = read(
        "columns = { personalised = \"退订\" }\nvalues = { personalised = { \"是\" = \"no\", \"否\" = \"yes\" } }",
    )
    .expect("read");
    assert_eq!(found.rows, ["member_id=1 personalised=false", "member_id=2 personalised=true", "member_id=3"]);
    assert_eq!(found.rejects, ["5 personalised bad_flag Y"], "a word without a translation is rejected");
    let why = read("columns = { personalised = \"退订\" }").expect_err("yes means refusal").to_string();
    assert!(why.contains("values"), "{why}");
    assert_eq!(read("columns = { personalised = \"\" }").expect("column ignored").rows.len(), 4);
    let why = read("columns = { personalised = \"是否退订\" }").expect_err("not in this file").to_string();
    assert!(why.contains("退订"), "{why}");
}

#[test]
fn words_for_unknown_are_rejected_as_consent() {
    let text = "member_id,personalised\n1,未知\n2,-\n3,maybe\n4,\n5,NULL\n6,否\n";
    let found = read_text("members.csv", Table::Members, text);
    assert_eq!(found.rows, ["member_id=4", "member_id=5", "member_id=6 personalised=false"]);
    let expected = ["2 personalised bad_flag 未知", "3 personalised bad_flag -", "4 personalised bad_flag maybe"];
    assert_eq!(found.rejects, expected);
}

#[test]
fn statuses_of_union_platforms_are_translated() {
    let text = "会员编号,活动编号,报名时间,状态,票数,带娃数\n1,A,2026-11-01,已签到,2,1\n2,A,2026-11-01,未中签,,\n3,A,2026-11-01,奇怪,1,0\n";
    let found = read_text("sign_ups.csv", Table::SignUps, text);
    let at = "activity_id=A signed_up_at=2026-10-31T16:00:00Z";
    assert_eq!(
        found.rows,
        [
            format!("member_id=1 {at} status=attended tickets=2 children=1"),
            format!("member_id=2 {at} status=cancelled tickets=1 children=0"),
        ]
    );
    assert_eq!(found.rejects, ["4 status bad_choice 奇怪"]);
}

#[test]
fn every_kind_of_bad_value_has_its_reason() {
    let text = "member_id,openid,article_id,read_at,dwell_seconds,read_fraction\n\
        ,,a,2026-11-01,,\n1,,,2026-11-01,,\n1,,a,gestern,,\n1,,a,2026-12-24,,\n1,,a,2026-11-01,x,\n1,,a,2026-11-01,-1,\n\
        1,,a,2026-11-01,,85%\n4.4E+17,,a,2026-11-01,,\n1,,a,,,\n1,,a\n,oAbc-12,a,2026-11-01,,\n";
    let found = read_text("reads.csv", Table::Reads, text);
    assert_eq!(found.rows.len(), 4);
    assert_eq!(found.nulled, ["6 dwell_seconds bad_number x", "7 dwell_seconds out_of_range -1"]);
    assert_eq!(
        found.rejects,
        [
            "2 member_id missing_actor -",
            "3 article_id missing_value -",
            "4 read_at bad_time gestern",
            "5 read_at future_time 2026-12-24",
            "9 member_id damaged_id 4.4E+17",
            "10 read_at missing_value -",
            "11 - ragged_row 9,,A",
        ]
        .map(str::to_owned)
        .to_vec()
        .sorted(&found.rejects)
    );
}

#[test]
fn a_bad_measurement_costs_the_value_and_a_bad_limit_the_row() {
    let percentages: String = (0..=100).map(|share| format!("m{share},a,2026-11-01,{share}\n")).collect();
    let text = format!("member_id,article_id,read_at,read_fraction\n{percentages}");
    let found = read_text("reads.csv", Table::Reads, &text);
    assert_eq!((found.rows.len(), found.rejects.len(), found.nulled.len()), (101, 0, 99));
    assert_eq!(found.rows[37], "member_id=m37 article_id=a read_at=2026-10-31T16:00:00Z");
    assert_eq!(found.nulled[0], "4 read_fraction out_of_range 2");

    let text = "member_id,item_id,at,rating\nm1,a,2026-11-01,6\nm2,a,2026-11-01,很好\nm3,a,bad,7\nm4,a,2026-11-01,5\n";
    let found = read_text("feedback.csv", Table::Feedback, text);
    assert_eq!(found.nulled, ["2 rating out_of_range 6", "3 rating bad_number 很好"]);
    assert_eq!((found.rows.len(), found.rejects), (3, vec!["4 at bad_time bad".to_owned()]));
    let text = "member_id,item_id,shown_at,position,propensity\nm1,a,2026-11-01,-1,2\nm2,a,2026-11-01,3,0.5\n";
    let found = read_text("shown.csv", Table::Shown, text);
    assert_eq!((found.rows.len(), found.nulled.len()), (2, 2));

    let text = "activity_id,per_member_cap,min_age\nA,x,\nB,,200\nC,2,18\n";
    let found = read_text("activities.csv", Table::Activities, text);
    assert_eq!(found.rejects, ["2 per_member_cap bad_number x", "3 min_age out_of_range 200"]);
    let text = "member_id,activity_id,signed_up_at,status,tickets\n1,A,2026-11-01,registered,x\n";
    let found = read_text("sign_ups.csv", Table::SignUps, text);
    assert_eq!((found.rows.len(), found.nulled.len(), found.rejects.len()), (0, 0, 1), "tickets take seats");
}

#[test]
fn unknown_columns_are_reported_with_the_known_column_that_they_may_mean() {
    let text = "会员编号,文章编号,阅读时间,停留时长秒,会议室,姓名\nm1,a,2026-11-01,5,x,y\n";
    let found = read_text("reads.csv", Table::Reads, text);
    assert_eq!(found.unknown, ["停留时长秒", "会议室", "姓名"]);
    assert_eq!(found.similar, BTreeMap::from([("停留时长秒".to_owned(), "停留时长".to_owned())]));
}

/// Sorts rejects like another list, because their order is not specified.
trait Sorted {
    fn sorted(self, like: &[String]) -> Vec<String>;
}

impl Sorted for Vec<String> {
    fn sorted(mut self, like: &[String]) -> Vec<String> {
        self.sort_by_key(|reject| like.iter().position(|other| other == reject));
        self
    }
}

#[test]
fn a_source_maps_columns_times_values_constants_and_look_ups() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("topics.csv", "groupId,name\n7,\"hiking, easy\"\n7,dogs\n8,chess\n");
    write("events.csv", "id,name,time,group_id,guests,kind\n1,Walk,1228960800000,7,2,x\n2,Chess,1228960800000,9,0,y\n");
    let mapping = source(
        "table = \"activities\"\n\
        columns = { activity_id = \"id\", title = \"name\", starts_at = \"time\", sign_up_closes_at = \"time\", capacity = \"guests\", kind = \"\" }\n\
        time = { starts_at = \"unix_ms\", sign_up_closes_at = \"unix_ms\" }\n\
        add = { capacity = 1 }\nconstant = { price = 5 }\n\
        lookup = { topics = { file = \"topics.csv\", key = \"groupId\", by = \"group_id\", value = \"name\" } }",
    );
    let found = read_path(&folder.path().join("events.csv"), Table::Activities, Some(mapping)).expect("readable");
    let times = "starts_at=2008-12-11T02:00:00Z sign_up_closes_at=2008-12-11T02:00:00Z";
    assert_eq!(
        found.rows,
        [
            format!("activity_id=1 title=Walk topics=[hiking, easy, dogs] {times} capacity=3 price=5.0"),
            format!("activity_id=2 title=Chess {times} capacity=1 price=5.0"),
        ]
    );
    assert_eq!(found.unknown, ["kind"]);
}

#[test]
fn contract_names_take_precedence_over_synonyms() {
    let found = read_text("members.csv", Table::Members, "会员号,member_id,单位,union_id\nx,1,某公司,u1\n");
    assert_eq!(found.rows, ["member_id=1 union_id=u1"]);
    assert_eq!(found.unknown, ["会员号", "单位"]);
}

#[test]
fn shipped_profiles_are_valid() {
    for (name, text) in [
        ("globo", include_str!("../../../../data/profiles/globo.toml")),
        ("meetup", include_str!("../../../../data/profiles/meetup.toml")),
        ("movielens", include_str!("../../../../data/profiles/movielens.toml")),
    ] {
        assert!(!Config::parse(name, text).expect(name).sources.is_empty());
    }
}

#[test]
fn names_of_districts_are_normalised() {
    let found = read_text("members.csv", Table::Members, "会员编号,居住地,工作地\n1,朝阳区,浦东新区\n2,朝阳,开发区\n");
    let expected = ["home_district=朝阳 work_district=浦东", "home_district=朝阳 work_district=开发区"];
    assert_eq!(found.rows, [1, 2].map(|n| format!("member_id={n} {}", expected[n - 1])));
    let text = "activity_id,open_to_districts,district\nA,朝阳区;朝阳;海淀,朝阳区\n";
    let found = read_text("activities.csv", Table::Activities, text);
    assert_eq!(found.rows, ["activity_id=A open_to_districts=[朝阳, 海淀] district=朝阳"]);
}
