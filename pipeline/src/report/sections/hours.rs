//! When members read: reads by hour and weekday.

use serde_json::Value;
use zhihui_engine::report::{MinGroupSize, shown_in_list};

use crate::report::hidden_cells::{ColumnContent, hidden_text};
use crate::report::tables::{Column, SuppressedTable, table};

const HOURS: usize = 24;
const DAYS: usize = 7;

/// The table of the rows of `hours.sql`: hour of the week, readers, reads. A cell is shown if its readers are. Metrics show the
/// sum of all reads.
pub(super) fn hours(rows: &[Vec<Value>], min_size: MinGroupSize) -> SuppressedTable {
    const NUMBER: ColumnContent = ColumnContent::NotPeople;
    let columns: [Column; DAYS + 1] = [
        ("hour", "时间", "Time", "text", NUMBER),
        ("mon", "周一", "Mon", "person_times", NUMBER),
        ("tue", "周二", "Tue", "person_times", NUMBER),
        ("wed", "周三", "Wed", "person_times", NUMBER),
        ("thu", "周四", "Thu", "person_times", NUMBER),
        ("fri", "周五", "Fri", "person_times", NUMBER),
        ("sat", "周六", "Sat", "person_times", NUMBER),
        ("sun", "周日", "Sun", "person_times", NUMBER),
    ];
    let (mut readers, mut reads) = ([0_u64; HOURS * DAYS], [0_u64; HOURS * DAYS]);
    for row in rows {
        let number = |at: usize| row.get(at).and_then(Value::as_u64);
        if let (Some(hour), Some(people), Some(times)) = (number(0), number(1), number(2)) {
            let hour = usize::try_from(hour).unwrap_or_default() % (HOURS * DAYS);
            (readers[hour], reads[hour]) = (people, times);
        }
    }
    let shown = shown_in_list(&readers, min_size);
    let cell = |hour: usize| if shown[hour] { reads[hour].into() } else { Value::from(hidden_text(min_size)) };
    let row = |hour: usize| -> Vec<Value> {
        let cells = (0..DAYS).map(|day| cell(day * HOURS + hour));
        std::iter::once(Value::from(format!("{hour:02}:00"))).chain(cells).collect()
    };
    let hidden = shown.iter().filter(|shown| !**shown).count();
    let rows = if reads.iter().any(|&reads| reads > 0) { (0..HOURS).map(row).collect() } else { Vec::new() };
    (table("hours", ("阅读时段（小时与星期，阅读人次）", "Reads by hour and weekday"), &columns, rows), hidden)
}
