//! Labels of runs, tables and rejected rows.

use zhihui_engine::Language;

use super::jobs::Check;
use crate::web::locale::Locale;

/// Step of a run.
pub(crate) fn run_step(step: &str, t: Locale) -> &str {
    match step {
        "ingest" => t.data_step_ingest(),
        "drain" => t.data_step_drain(),
        "build" => t.data_step_build(),
        "train" => t.data_step_train(),
        "publish" => t.data_step_publish(),
        other => other,
    }
}

/// Outcome of a run, a step or a file.
pub(crate) fn outcome(outcome: &str, t: Locale) -> &str {
    match outcome {
        "done" => t.data_outcome_done(),
        "skipped" => t.data_outcome_skipped(),
        "refused" => t.data_outcome_refused(),
        "failed" => t.data_outcome_failed(),
        "running" => t.data_outcome_running(),
        "ingested" => t.data_outcome_ingested(),
        "already" => t.data_outcome_already(),
        other => other,
    }
}

/// Reason why a row was rejected.
pub(crate) fn reject_reason(reason: &str, t: Locale) -> &str {
    match reason {
        "missing_value" => t.data_rejected_missing_value(),
        "missing_actor" => t.data_rejected_missing_actor(),
        "bad_id" => t.data_rejected_bad_id(),
        "damaged_id" => t.data_rejected_damaged_id(),
        "bad_id_number" => t.data_rejected_bad_id_number(),
        "bad_credit_code" => t.data_rejected_bad_credit_code(),
        "bad_time" => t.data_rejected_bad_time(),
        "bad_date" => t.data_rejected_bad_date(),
        "missing_year" => t.data_rejected_missing_year(),
        "future_time" => t.data_rejected_future_time(),
        "bad_number" => t.data_rejected_bad_number(),
        "out_of_range" => t.data_rejected_out_of_range(),
        "bad_flag" => t.data_rejected_bad_flag(),
        "bad_choice" => t.data_rejected_bad_choice(),
        "implausible_age" => t.data_rejected_implausible_age(),
        "too_long" => t.data_rejected_too_long(),
        "ragged_row" => t.data_rejected_ragged_row(),
        "bad_quote" => t.data_rejected_bad_quote(),
        "bad_json" => t.data_rejected_bad_json(),
        "repeated_key" => t.data_rejected_repeated_key(),
        "other_generation" => t.data_rejected_other_generation(),
        "uneven_lists" => t.data_rejected_uneven_lists(),
        other => other,
    }
}

/// Says how to read percentages with a factor.
pub(crate) fn factor_hint(column: &str, factor: f64, t: Locale) -> String {
    t.data_factor_hint(format!("factor = {{ {column} = {factor} }}"))
}

/// Table of the data contract.
pub(crate) fn table(name: &str, t: Locale) -> &str {
    match name {
        "unions" => t.data_table_unions(),
        "members" => t.data_table_members(),
        "memberships" => t.data_table_memberships(),
        "articles" => t.data_table_articles(),
        "activities" => t.data_table_activities(),
        "reads" => t.data_table_reads(),
        "shares" => t.data_table_shares(),
        "sign_ups" => t.data_table_sign_ups(),
        "pushes" => t.data_table_pushes(),
        "shown" => t.data_table_shown(),
        "feedback" => t.data_table_feedback(),
        "account_statistics" => t.data_table_account_statistics(),
        other => other,
    }
}

/// Translates the note of a run step. Unknown notes stay in English.
pub(crate) fn step_note(note: &str, t: Locale) -> String {
    let translated = match note {
        "nothing changed" => t.data_note_nothing_changed(),
        "already published" => t.data_note_already_published(),
        "the personal model passed the gate" => t.data_note_gate_passed(),
        "the personal model did not beat the simple methods beyond doubt; the best of them serves" => {
            t.data_note_gate_failed()
        }
        "the personal model trained now did not pass the gate; the one before it still does and stays" => {
            t.data_note_gate_kept()
        }
        "too little history to judge a personal model; popularity serves" => t.data_note_too_little_history(),
        other => match other.strip_suffix(" tables recomputed").filter(|count| count.parse::<u32>().is_ok()) {
            Some(count) => return t.data_note_recomputed(count),
            None => return ingest_note(other, t).unwrap_or_else(|| other.to_owned()),
        },
    };
    translated.to_owned()
}

/// Translates what needs attention after ingest. The page itself shows the reasons and where to see the rows. `None` for other
/// notes.
fn ingest_note(note: &str, t: Locale) -> Option<String> {
    let mut parts = Vec::new();
    for part in note.split("; ").filter(|part| !part.starts_with("see ")) {
        let words: Vec<&str> = part.split(' ').collect();
        parts.push(match words[..] {
            [files, "files", "refused"] => t.data_step_refused(files),
            [rejected, "of", rows, "rows", "rejected", ..] => t.data_step_rejected(rejected, rows),
            [values, "values", "set", "to", "unknown", ..] => t.data_step_nulled(values),
            _ => return None,
        });
    }
    Some(parts.join(if t.is_english() { "; " } else { "；" }))
}

/// A failed check of the home, and what to do.
pub(crate) fn check(check: &Check, t: Locale) -> String {
    let zh = match (check.name.as_str(), check.message.strip_suffix(" free")) {
        ("disk", Some(free)) => t.data_check_disk(free),
        ("disk", None) => t.data_check_disk_unreadable().to_owned(),
        ("database", _) => t.data_check_database().to_owned(),
        _ => check.zh.clone().unwrap_or_default(),
    };
    if t.is_english() || zh.is_empty() {
        return format!("{}: {}; {}", check.name, check.message, check.remedy.as_deref().unwrap_or_default());
    }
    zh
}

/// Explains a reason code of `rejects` in Chinese, for error workbooks. Unknown codes are returned unchanged.
#[must_use]
pub fn reject_reason_zh(reason: &str) -> &str {
    reject_reason(reason, Locale::new(Language::Zh))
}

/// Says how to read the percentages of a column, in Chinese, for error workbooks.
#[must_use]
pub fn factor_hint_zh(column: &str, factor: f64) -> String {
    factor_hint(column, factor, Locale::new(Language::Zh))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_attention_after_ingest_is_said_in_the_language_of_the_page() {
        let note = "2 files refused; see `files` of `zhihui run --json`, or /data; 3 of 90 rows rejected (bad_time 3); see them with \
                    `zhihui sql \"select * from rejects\"` or at /data; 4 values set to unknown (rating bad_number 4); see them at /data";
        let zh = step_note(note, Locale::new(Language::Zh));
        assert_eq!(zh, "2 个文件没有读取；90 行中有 3 行被退回；4 个数值设为未知");
        let en = step_note(note, Locale::new(Language::En));
        assert_eq!(en, "2 files refused; 3 of 90 rows rejected; 4 values set to unknown");
        assert_eq!(step_note("another note; see it", Locale::new(Language::Zh)), "another note; see it");
    }
}
