//! Adds damaged rows like those in real files, and counts them.

use super::random::RandomStream;
use super::summary::{Dirt, FileSummary};
use crate::Table;

/// The cells of a row.
pub(super) type Row = Vec<String>;

/// A damaged row that is written beside a valid one.
pub(super) struct Extra {
    pub(super) dirt: Dirt,
    pub(super) row: Row,
    pub(super) goes_before: bool,
}

/// Damages a row from time to time, with the kinds of dirt of its table in turn.
pub(super) struct RowDamager {
    kinds: &'static [Dirt],
    gap: f64,
    remaining: u32,
    turn: usize,
    /// Makes invented ids unique between files.
    stem: String,
    rng: RandomStream,
}

impl RowDamager {
    /// Creates the damager of one file. `gap` is the mean number of valid rows between damaged ones; `None` damages no
    /// rows.
    pub(super) fn new(seed: u64, file: &str, kinds: &'static [Dirt], gap: Option<f64>) -> Self {
        let mut rng = RandomStream::new(seed, &format!("dirt of {file}"));
        let turn = rng.index(kinds.len());
        let stem = file.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut damager = Self {
            kinds: if gap.is_some() { kinds } else { &[] },
            gap: gap.unwrap_or(0.0),
            remaining: 0,
            turn,
            stem,
            rng,
        };
        damager.reset_gap();
        damager
    }

    /// Processes the next valid row: changes it in place (full width) or returns a damaged row to write beside it, and
    /// counts it.
    pub(super) fn process(
        &mut self,
        row: &mut Row,
        columns: &[&'static str],
        summary: &mut FileSummary,
    ) -> Option<Extra> {
        if self.kinds.is_empty() {
            return None;
        }
        if self.remaining > 0 {
            self.remaining -= 1;
            return None;
        }
        let dirt = self.kinds[self.turn % self.kinds.len()];
        let mut damaged = row.clone();
        // If the row cannot show this kind of dirt, the next row is tried.
        if !self.damage(dirt, &mut damaged, columns, summary.table) {
            return None;
        }
        self.turn += 1;
        self.reset_gap();
        *summary.dirt.entry(dirt).or_default() += 1;
        if dirt == Dirt::FullWidth {
            *row = damaged;
            return None;
        }
        Some(Extra { dirt, row: damaged, goes_before: dirt == Dirt::Superseded })
    }

    fn reset_gap(&mut self) {
        self.remaining = 1 + self.rng.exponential(self.gap) as u32;
    }

    fn damage(&mut self, dirt: Dirt, row: &mut Row, columns: &[&'static str], table: Table) -> bool {
        let odd = self.turn % 2 == 1;
        let place = |names: &[&str]| names.iter().find_map(|name| columns.iter().position(|column| column == name));
        let mut set = |names: &[&str], text: &str| match place(names) {
            Some(at) if at < row.len() => {
                text.clone_into(&mut row[at]);
                true
            }
            _ => false,
        };
        let invented = format!("{}{}", self.stem, self.turn);
        match dirt {
            Dirt::Duplicate => true,
            // A row can only be too short where the missing fields are required.
            Dirt::Ragged if odd && table != Table::Unions => {
                row.truncate(2);
                true
            }
            Dirt::Ragged => {
                row.push("多余的一格".to_owned());
                true
            }
            Dirt::Superseded => supersede(row, &place, table),
            Dirt::BadTime => set(
                &["read_at", "signed_up_at", "sent_at", "shown_at", "shared_at", "at", "starts_at", "published_at"],
                if odd { "待定" } else { "2026-13-45 25:61:00" },
            ),
            Dirt::BadDate => set(&["id_number"], "") && set(&["birth_date"], if odd { "1985-02-30" } else { "不详年" }),
            Dirt::ImpossibleAge => {
                set(&["id_number"], "") && set(&["birth_date"], if odd { "1871-05-01" } else { "2199-01-01" })
            }
            Dirt::BadIdNumber | Dirt::DamagedIdNumber => damage_id_number(dirt, row, &place),
            Dirt::MissingKey => {
                let _ = set(&["openid"], "");
                let key = if table == Table::Activities { "activity_id" } else { "member_id" };
                set(&[key, "union_id", "article_id"], "")
            }
            Dirt::OutOfRange => set(&["read_fraction"], "1.7") || set(&["rating"], "9") || set(&["min_age"], "999"),
            Dirt::UnknownWord => set(&["status", "arm", "gender", "kind"], "说不清"),
            Dirt::FullWidth => to_full_width(row, &place),
            Dirt::UnknownMember => {
                let _ = set(&["openid"], "");
                set(&["member_id"], &format!("X{invented}"))
            }
            Dirt::UnknownItem => set(&["article_id", "activity_id", "item_id"], &format!("OLD{invented}")),
        }
    }
}

/// Turns the row into an older version with the same key: a sign-up before its outcome, or a member before moving
/// house.
fn supersede(row: &mut Row, place: &dyn Fn(&[&str]) -> Option<usize>, table: Table) -> bool {
    if table == Table::Members {
        let Some(at) = place(&["home_district"]) else { return false };
        let old = if row[at] == "密云" { "怀柔" } else { "密云" };
        old.clone_into(&mut row[at]);
        return true;
    }
    let columns = (place(&["status"]), place(&["signed_up_at"]), place(&["updated_at"]));
    let (Some(status), Some(signed), Some(updated)) = columns else { return false };
    if row[updated] == row[signed] || row[status] == "已报名" {
        return false;
    }
    "已报名".clone_into(&mut row[status]);
    row[updated] = row[signed].clone();
    true
}

fn damage_id_number(dirt: Dirt, row: &mut Row, place: &dyn Fn(&[&str]) -> Option<usize>) -> bool {
    let Some(at) = place(&["id_number"]).filter(|&at| row[at].len() == 18) else { return false };
    let (digits, check) = row[at].split_at(17);
    row[at] = match dirt {
        // A sheet keeps fifteen of eighteen digits and replaces the rest by zeros.
        Dirt::DamagedIdNumber => format!("{}000", &digits[..15]),
        _ => format!("{digits}{}", if check == "7" { "8" } else { "7" }),
    };
    true
}

/// Writes the digits of the row's first number or date in full width.
fn to_full_width(row: &mut Row, place: &dyn Fn(&[&str]) -> Option<usize>) -> bool {
    for name in ["tickets", "dwell_seconds", "birth_date", "capacity", "position", "rating"] {
        let Some(at) = place(&[name]).filter(|&at| !row[at].is_empty()) else { continue };
        let wide = |letter: char| match letter {
            '0'..='9' => char::from_u32(letter as u32 + 0xfee0).unwrap_or(letter),
            _ => letter,
        };
        row[at] = row[at].chars().map(wide).collect();
        return true;
    }
    false
}

/// The kinds of dirt in files of a table.
pub(super) fn kinds(table: Table) -> &'static [Dirt] {
    use Dirt::{
        BadDate, BadIdNumber, BadTime, Duplicate, FullWidth, ImpossibleAge, MissingKey, OutOfRange, Ragged, Superseded,
        UnknownItem, UnknownMember, UnknownWord,
    };
    match table {
        Table::Unions => &[Duplicate, MissingKey, Ragged],
        Table::Members => {
            &[Duplicate, BadDate, ImpossibleAge, BadIdNumber, MissingKey, FullWidth, Superseded, UnknownWord]
        }
        Table::Memberships => &[Duplicate, UnknownMember, MissingKey],
        Table::Articles => &[Duplicate, BadTime, MissingKey],
        Table::Activities => &[Duplicate, BadTime, OutOfRange, MissingKey, FullWidth, UnknownWord],
        Table::Reads => &[Duplicate, Ragged, BadTime, MissingKey, OutOfRange, FullWidth, UnknownMember, UnknownItem],
        Table::Shares => &[Duplicate, MissingKey, BadTime],
        Table::SignUps => {
            &[Duplicate, Superseded, UnknownWord, BadTime, MissingKey, FullWidth, UnknownMember, UnknownItem, Ragged]
        }
        Table::Pushes => &[Duplicate, BadTime, UnknownWord, UnknownMember],
        Table::Shown => &[Duplicate, BadTime, Ragged, UnknownItem],
        Table::Feedback => &[OutOfRange, Duplicate, BadTime],
        Table::MemberEvents | Table::AccountStatistics => &[],
    }
}

/// The kinds of dirt in a roster in a workbook.
pub(super) const SHEET: &[Dirt] = &[
    Dirt::DamagedIdNumber,
    Dirt::Duplicate,
    Dirt::BadDate,
    Dirt::ImpossibleAge,
    Dirt::BadIdNumber,
    Dirt::MissingKey,
    Dirt::FullWidth,
    Dirt::Superseded,
];
