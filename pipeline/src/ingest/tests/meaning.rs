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
    let found = read_text("members.csv", Table::Members, text);
    assert_eq!((found.rows.len(), found.unknown), (2, vec!["age".to_owned()]));
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
    assert_eq!(found.rows.len(), 2);
    assert_eq!(
        found.rejects,
        [
            "2 member_id missing_actor -",
            "3 article_id missing_value -",
            "4 read_at bad_time gestern",
            "5 read_at future_time 2026-12-24",
            "6 dwell_seconds bad_number x",
            "7 dwell_seconds out_of_range -1",
            "9 member_id damaged_id 4.4E+17",
            "10 read_at missing_value -",
            "11 - ragged_row 9,,A",
        ]
        .map(str::to_owned)
        .to_vec()
        .sorted(&found.rejects)
    );
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
