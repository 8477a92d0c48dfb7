//! Charts as vectors: horizontal bars for groups, columns for days. A chart stays on one page.

use super::page::{ACCENT, BAR, Colour, INK, MARGIN, MUTED, Pages, RULE, WIDTH};

/// Maximum number of bars. The table below shows all rows.
const MAX_BARS: usize = 12;
/// Height of a bar with its gap.
const BAR_HEIGHT: f32 = 15.0;
/// Height of the columns of days.
const COLUMN_HEIGHT: f32 = 90.0;
const SIZE: f32 = 8.0;
/// Colour and length of the mark of a hidden value.
const HIDDEN: Colour = [0.55, 0.55, 0.58];
const HIDDEN_WIDTH: f32 = 3.0;

/// A named value.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) label: String,
    /// `None` if hidden or unknown.
    pub(super) value: Option<f64>,
    /// The value as the table shows it.
    pub(super) text: String,
    /// Whether a note explains the day.
    pub(super) is_marked: bool,
}

/// A chart.
#[derive(Debug)]
pub(super) struct Chart {
    /// What the lengths mean.
    pub(super) caption: String,
    pub(super) marks: Vec<Mark>,
    pub(super) is_daily: bool,
    /// Words for "highest" and "the first n".
    pub(super) highest: &'static str,
}

impl Chart {
    pub(super) fn height(&self) -> f32 {
        let caption = SIZE * 2.2;
        caption + if self.is_daily { COLUMN_HEIGHT + 16.0 } else { self.bars() as f32 * BAR_HEIGHT + 6.0 }
    }

    fn bars(&self) -> usize {
        self.marks.len().min(MAX_BARS)
    }

    pub(super) fn write(&self, pages: &mut Pages<'_>) {
        pages.ensure(self.height());
        let most = self.marks.iter().filter_map(|mark| mark.value).fold(0.0, f64::max);
        if most <= 0.0 {
            return;
        }
        let highest = self.marks.iter().find(|mark| mark.value == Some(most)).map_or("", |mark| mark.text.as_str());
        let caption = match self.is_daily {
            true => format!("{} · {} {highest}", self.caption, self.highest),
            false => self.caption.clone(),
        };
        pages.skip(SIZE * 1.6);
        pages.line((MARGIN, pages.y), &caption, SIZE, MUTED);
        pages.skip(SIZE * 0.6);
        if self.is_daily { self.write_columns(pages, most) } else { self.write_bars(pages, most) }
    }

    fn write_bars(&self, pages: &mut Pages<'_>, most: f64) {
        let label_width = WIDTH * 0.38;
        let left = MARGIN + label_width;
        let room = WIDTH - label_width - 64.0;
        for mark in self.marks.iter().take(MAX_BARS) {
            pages.skip(BAR_HEIGHT);
            let label = fitted(pages, &mark.label, label_width - 6.0);
            let x = left - 6.0 - pages.font.width(&label, SIZE);
            pages.line((x, pages.y + 4.0), &label, SIZE, INK);
            let length = match mark.value {
                Some(value) => (value.max(0.0) / most) as f32 * room,
                None => HIDDEN_WIDTH,
            };
            if mark.value.is_some() {
                pages.fill((left, pages.y + 1.5), length.max(0.5), BAR_HEIGHT - 4.5, BAR);
            } else {
                pages.fill((left, pages.y + 1.5), HIDDEN_WIDTH, BAR_HEIGHT - 4.5, HIDDEN);
            }
            pages.line((left + length + 5.0, pages.y + 4.0), &mark.text, SIZE, INK);
        }
        pages.skip(6.0);
    }

    fn write_columns(&self, pages: &mut Pages<'_>, most: f64) {
        pages.skip(COLUMN_HEIGHT);
        let step = WIDTH / self.marks.len() as f32;
        for (at, mark) in self.marks.iter().enumerate() {
            let x = MARGIN + at as f32 * step + step * 0.1;
            if mark.is_marked {
                pages.fill((x, pages.y - 3.5), step * 0.8, 2.0, ACCENT);
            }
            match mark.value {
                Some(value) => {
                    let height = (value.max(0.0) / most) as f32 * (COLUMN_HEIGHT - 6.0);
                    pages.fill((x, pages.y), step * 0.8, height, BAR);
                }
                None => pages.fill((x, pages.y), step * 0.8, 2.0, HIDDEN),
            }
        }
        pages.rule(pages.y, RULE);
        pages.skip(11.0);
        let ends = [self.marks.first(), self.marks.last()];
        let [first, last] = ends.map(|mark| mark.map_or("", |mark| mark.label.as_str()));
        pages.line((MARGIN, pages.y), first, SIZE, MUTED);
        let width = pages.font.width(last, SIZE);
        pages.line((MARGIN + WIDTH - width, pages.y), last, SIZE, MUTED);
        pages.skip(5.0);
    }
}

/// The beginning of a label that fits.
fn fitted(pages: &Pages<'_>, label: &str, width: f32) -> String {
    if pages.font.width(label, SIZE) <= width {
        return label.to_owned();
    }
    let mut short = String::new();
    for letter in label.chars() {
        short.push(letter);
        if pages.font.width(&short, SIZE) + pages.font.width("…", SIZE) > width {
            short.pop();
            break;
        }
    }
    short + "…"
}
