//! Labels of units.

use crate::Language;

/// The label after a number of this unit. Empty if a number needs none. An unknown unit is returned unchanged.
#[must_use]
pub fn unit_label(unit: &str, language: Language) -> &str {
    let pick = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    match unit {
        "people" | "members" => pick("人", "people"),
        "person_days" => pick("人日", "person-days"),
        "person_times" => pick("人次", "times"),
        "share" => "%",
        "seconds" => pick("秒", "s"),
        "percentage_points" => pick("个百分点", "pp"),
        "reads" => pick("次", "reads"),
        "points" => pick("分", "points"),
        "hours" => pick("小时", "hours"),
        "days" => pick("天", "days"),
        "articles" => pick("篇", "articles"),
        "activities" => pick("场", "activities"),
        "items" => pick("项", "items"),
        "unions" => pick("家", "unions"),
        "tickets" | "seats" => pick("张", "tickets"),
        "rows" => pick("行", "rows"),
        "z_score" => pick("个标准差", "SD"),
        "index" | "number" | "ratio" | "score" | "text" => "",
        other => other,
    }
}
