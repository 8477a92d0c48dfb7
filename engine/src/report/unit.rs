//! The words behind figures.

use crate::Language;

/// The word behind a number of this unit, empty where a number needs none; a unit we do not know is written as it is.
#[must_use]
pub fn unit_word(unit: &str, language: Language) -> &str {
    let say = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    match unit {
        "people" | "members" => say("人", "people"),
        "person_times" => say("人次", "times"),
        "share" => "%",
        "seconds" => say("秒", "s"),
        "percentage_points" => say("个百分点", "pp"),
        "reads" => say("次", "reads"),
        "points" => say("分", "points"),
        "days" => say("天", "days"),
        "articles" => say("篇", "articles"),
        "activities" => say("场", "activities"),
        "items" => say("项", "items"),
        "unions" => say("家", "unions"),
        "tickets" | "seats" => say("张", "tickets"),
        "rows" => say("行", "rows"),
        "z_score" => say("个标准差", "SD"),
        "index" | "number" | "ratio" | "score" | "text" => "",
        other => other,
    }
}
