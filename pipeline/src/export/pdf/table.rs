//! A table: columns as wide as their text, numbers to the right, rows that stay whole, and a header on every page.

use super::font::Font;
use super::page::{HEIGHT, INK, LINE, MARGIN, MUTED, Pages, RULE, SHADE, WIDTH};
use super::text;

/// Room around the text of a cell.
const PADDING: f32 = 4.0;
/// Width above which a column of text breaks into lines first.
const WIDE: f32 = 190.0;
/// Font size, and the smallest one for tables with many columns.
const SIZE: f32 = 9.0;
const SMALLEST: f32 = 5.0;

/// Text of a table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Which columns have numbers.
    pub(super) numeric: Vec<bool>,
}

/// A row as lines of text.
type Lines = Vec<Vec<String>>;

impl Table {
    /// Height of the header and the first two rows, which stay with the heading.
    pub(super) fn beginning(&self, font: &Font<'_>) -> f32 {
        let (widths, size) = self.widths(font);
        let rows = self.rows.iter().take(2).chain([&self.heads]);
        rows.map(|row| height(&broken(font, row, &widths, size), size)).sum::<f32>().min(HEIGHT)
    }

    pub(super) fn write(&self, pages: &mut Pages<'_>) {
        let (widths, size) = self.widths(&pages.font);
        let head = broken(&pages.font, &self.heads, &widths, size);
        let head_height = height(&head, size);
        pages.ensure(self.beginning(&pages.font));
        self.write_head(pages, &head, &widths, size);
        for row in &self.rows {
            let mut lines = broken(&pages.font, row, &widths, size);
            // A row longer than a page would never fit.
            let most = ((HEIGHT - head_height - 2.0 * PADDING) / (size * LINE)) as usize;
            lines.iter_mut().for_each(|cell| cell.truncate(most.max(1)));
            let row_height = height(&lines, size);
            let before = pages.y;
            pages.ensure(row_height);
            if pages.y > before {
                self.write_head(pages, &head, &widths, size);
            }
            self.write_row(pages, &lines, &widths, size, false);
            pages.rule(pages.y, RULE);
        }
        pages.skip(6.0);
    }

    fn write_head(&self, pages: &mut Pages<'_>, head: &Lines, widths: &[f32], size: f32) {
        let height = height(head, size);
        pages.fill((MARGIN, pages.y - height), WIDTH, height, SHADE);
        self.write_row(pages, head, widths, size, true);
        pages.rule(pages.y, MUTED);
    }

    fn write_row(&self, pages: &mut Pages<'_>, row: &Lines, widths: &[f32], size: f32, is_head: bool) {
        let height = height(row, size);
        let mut x = MARGIN;
        for ((cell, width), is_number) in row.iter().zip(widths).zip(&self.numeric) {
            for (at, line) in cell.iter().enumerate() {
                let left = match is_number {
                    true => x + width - PADDING - pages.font.width(line, size),
                    false => x + PADDING,
                };
                let y = pages.y - PADDING - size * LINE * (at as f32 + 1.0) + size * 0.35 + 1.0;
                pages.line((left, y), line, size, if is_head { MUTED } else { INK });
            }
            x += width;
        }
        pages.y -= height;
    }

    /// Widths of the columns, and the font size with which they fit.
    fn widths(&self, font: &Font<'_>) -> (Vec<f32>, f32) {
        let mut size = SIZE;
        loop {
            let widths = self.widths_of(font, size);
            let total: f32 = widths.iter().sum();
            if total <= WIDTH + 0.5 {
                return (widths, size);
            }
            if size <= SMALLEST {
                return (widths.iter().map(|width| width * WIDTH / total).collect(), size);
            }
            size -= 1.0;
        }
    }

    fn widths_of(&self, font: &Font<'_>, size: f32) -> Vec<f32> {
        let column = |at: usize| {
            let cells = self.rows.iter().filter_map(move |row| row.get(at));
            let widest = cells.map(|cell| font.width(cell, size)).fold(0.0, f32::max);
            let head = font.width(&self.heads[at], size);
            // Headers break into up to two lines.
            let least_head = (head / 2.0 + size).min(head);
            let natural = widest.max(if self.numeric[at] { least_head } else { head });
            let least = if self.numeric[at] { natural } else { natural.min(least_head.max(6.0 * size)) };
            (natural + 2.0 * PADDING, least + 2.0 * PADDING)
        };
        let columns: Vec<(f32, f32)> = (0..self.heads.len()).map(column).collect();
        let natural: f32 = columns.iter().map(|(natural, _)| natural).sum();
        if natural <= WIDTH {
            let spare = (WIDTH - natural) / columns.len().max(1) as f32;
            return columns.iter().map(|(natural, _)| natural + spare).collect();
        }
        // The widest texts give way, each as much as it can.
        let excess = natural - WIDTH;
        let give = |(natural, least): &(f32, f32)| {
            let weight = if *natural > WIDE { 4.0 } else { 1.0 };
            (natural - least).max(0.0) * weight
        };
        let total: f32 = columns.iter().map(give).sum();
        let narrowed = |column: &(f32, f32)| {
            let part = if total > 0.0 { excess * give(column) / total } else { 0.0 };
            (column.0 - part).max(column.1)
        };
        columns.iter().map(narrowed).collect()
    }
}

fn broken(font: &Font<'_>, row: &[String], widths: &[f32], size: f32) -> Lines {
    let cell = |(cell, width): (&String, &f32)| text::lines(font, cell, size, width - 2.0 * PADDING + 0.1);
    row.iter().zip(widths).map(cell).collect()
}

fn height(lines: &Lines, size: f32) -> f32 {
    let count = lines.iter().map(Vec::len).max().unwrap_or(1);
    count as f32 * size * LINE + PADDING
}
