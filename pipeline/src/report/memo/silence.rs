//! Who is silent: unions without an active member in the month of the tables, the largest first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use zhihui_engine::report::{Sentence, SilentUnion, SilentUnions};
use zhihui_engine::wording::grouped;

use super::context::{MemoContext, number, text};
use crate::report::metrics::Extent;
use crate::report::words::{month, sentence};

/// Maximum number of unions that are named.
const MAX_NAMED: usize = 8;

/// The silent unions of the month. Only unions whose size and activity may be shown are looked at.
pub(super) fn silent_unions(context: &MemoContext<'_>) -> SilentUnions {
    let Some(table) = context.table("unions") else {
        return SilentUnions { sentence: why_no_unions(context), ..SilentUnions::default() };
    };
    let is_silent = |row: &&Vec<serde_json::Value>| {
        number(row, 2).is_some_and(|members| members > 0.0) && number(row, 3) == Some(0.0)
    };
    if context.value("active_members") == Some(0.0) {
        return SilentUnions { sentence: nobody_active(), ..SilentUnions::default() };
    }
    let silent: Vec<&Vec<serde_json::Value>> = table.rows.iter().filter(is_silent).collect();
    let places: BTreeSet<usize> = silent.iter().map(|row| context.unions.place(Some(text(row, 0)))).collect();
    // A union includes those below it, so that calling it is enough.
    let is_outermost = |row: &&&Vec<serde_json::Value>| {
        let place = context.unions.place(Some(text(row, 0)));
        !places.iter().any(|&other| other != place && context.unions.groups.is_within(place, other))
    };
    let mut unions: Vec<SilentUnion> = silent
        .iter()
        .filter(is_outermost)
        .map(|row| SilentUnion {
            union_id: text(row, 0).to_owned(),
            name: text(row, 1).to_owned(),
            district: context.unions.district(text(row, 0)).map(str::to_owned),
            members: row[2].as_u64().unwrap_or_default(),
        })
        .collect();
    unions.sort_by(|one, other| (Reverse(one.members), &one.union_id).cmp(&(Reverse(other.members), &other.union_id)));
    let all = unions.len();
    unions.truncate(MAX_NAMED);
    SilentUnions { sentence: how_many(context, all), more: (all - unions.len()) as u64, unions }
}

fn nobody_active() -> Sentence {
    sentence(
        "本期没有任何参与记录，不判断哪家工会没有动静。",
        "The period has no record of anybody taking part, so no union is called silent.",
    )
}

fn how_many(context: &MemoContext<'_>, silent: usize) -> Sentence {
    let month = month(context.month);
    match silent {
        0 => sentence(
            format!("{}，人数达到显示下限的工会都有会员参与。", month.zh),
            format!("In {} every union that is large enough to be shown had active members.", month.en),
        ),
        1 => sentence(
            format!("{}整月，1 家工会没有一名会员参与，请联系：", month.zh),
            format!("In {} no member of this union took part; call it:", month.en),
        ),
        silent => {
            let unions = grouped(silent as f64, 0);
            sentence(
                format!("{}整月，{unions} 家工会没有一名会员参与，请先联系会员最多的：", month.zh),
                format!("In {} no member of {unions} unions took part; call the largest first:", month.en),
            )
        }
    }
}

fn why_no_unions(context: &MemoContext<'_>) -> Sentence {
    if context.extent == Extent::Part && context.query.union.is_none() {
        return sentence("按地区或年龄段筛选时不列工会。", "Unions are not listed for a district or an age band.");
    }
    sentence("人数太少，不列工会。", "There are too few people to list unions.")
}
