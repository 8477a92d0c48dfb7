//! The pages of a PDF file: places text and shapes from top to bottom, and begins a new page where the room ends. Lengths are in
//! points, 72 an inch, from the lower left corner.

use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Str};

use super::font::{FONT, Font};
use super::text;

/// A4.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left and right margin.
pub(super) const MARGIN: f32 = 48.0;
/// Width of the text.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Where the text of a page begins and ends. Period, filters and page number stand outside of it.
const TOP: f32 = PAGE.1 - 76.0;
const BOTTOM: f32 = 54.0;
/// Height of the text of a page.
pub(super) const HEIGHT: f32 = TOP - BOTTOM;
/// Height of a line in multiples of the font size.
pub(super) const LINE: f32 = 1.5;

/// A colour: red, green, blue.
pub(super) type Colour = [f32; 3];
pub(super) const INK: Colour = [0.13, 0.13, 0.15];
pub(super) const MUTED: Colour = [0.38, 0.38, 0.42];
pub(super) const RULE: Colour = [0.80, 0.80, 0.83];
pub(super) const SHADE: Colour = [0.95, 0.95, 0.96];
pub(super) const ACCENT: Colour = [0.70, 0.15, 0.12];
pub(super) const BAR: Colour = [0.16, 0.38, 0.62];

/// Pages that are being written.
pub(super) struct Pages<'a> {
    pub(super) font: Font<'a>,
    pages: Vec<Content>,
    /// Where the next block begins.
    pub(super) y: f32,
}

impl<'a> Pages<'a> {
    pub(super) fn new(font: Font<'a>) -> Self {
        Self { font, pages: vec![Content::new()], y: TOP }
    }

    /// Begins a new page unless this one has room for `height`.
    pub(super) fn ensure(&mut self, height: f32) {
        if self.y - height < BOTTOM && self.y < TOP {
            self.pages.push(Content::new());
            self.y = TOP;
        }
    }

    /// Leaves room below the last block.
    pub(super) fn skip(&mut self, height: f32) {
        self.y -= height;
    }

    /// Writes one line with its baseline at `y`.
    pub(super) fn line(&mut self, (x, y): (f32, f32), text: &str, size: f32, colour: Colour) {
        let at = self.pages.len() - 1;
        self.line_on(at, (x, y), text, size, colour, false);
    }

    /// Writes one line in heavier strokes.
    pub(super) fn heading_line(&mut self, (x, y): (f32, f32), text: &str, size: f32) {
        let at = self.pages.len() - 1;
        self.line_on(at, (x, y), text, size, INK, true);
    }

    fn line_on(&mut self, page: usize, (x, y): (f32, f32), text: &str, size: f32, colour: Colour, is_bold: bool) {
        let bytes = self.font.encode(text);
        let content = &mut self.pages[page];
        let [red, green, blue] = colour;
        content.set_fill_rgb(red, green, blue);
        content.begin_text().set_font(FONT, size).set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        if is_bold {
            // The font has one weight.
            content.set_stroke_rgb(red, green, blue).set_line_width(size / 40.0);
            content.set_text_rendering_mode(TextRenderingMode::FillStroke);
        } else {
            content.set_text_rendering_mode(TextRenderingMode::Fill);
        }
        content.show(Str(&bytes)).end_text();
    }

    /// Writes a paragraph below the last block.
    pub(super) fn paragraph(&mut self, text: &str, size: f32, colour: Colour) {
        for line in text::lines(&self.font, text, size, WIDTH) {
            self.ensure(size * LINE);
            self.y -= size * LINE;
            self.line((MARGIN, self.y + size * 0.35), &line, size, colour);
        }
    }

    /// Writes a heading that stays on the page of the next `following` points.
    pub(super) fn heading(&mut self, text: &str, size: f32, following: f32) {
        let lines = text::lines(&self.font, text, size, WIDTH);
        self.ensure(lines.len() as f32 * size * LINE + size + following);
        self.y -= size * 0.8;
        for line in lines {
            self.y -= size * LINE;
            self.heading_line((MARGIN, self.y + size * 0.35), &line, size);
        }
        self.y -= size * 0.3;
    }

    /// Fills a rectangle, given its lower left corner.
    pub(super) fn fill(&mut self, (x, y): (f32, f32), width: f32, height: f32, [red, green, blue]: Colour) {
        if let Some(content) = self.pages.last_mut() {
            content.set_fill_rgb(red, green, blue).rect(x, y, width, height).fill_nonzero();
        }
    }

    /// Draws a horizontal rule.
    pub(super) fn rule(&mut self, y: f32, [red, green, blue]: Colour) {
        if let Some(content) = self.pages.last_mut() {
            content.set_stroke_rgb(red, green, blue).set_line_width(0.5);
            content.move_to(MARGIN, y).line_to(MARGIN + WIDTH, y).stroke();
        }
    }

    /// Writes the same lines at the top of every page and its number at the bottom, and returns font and pages.
    pub(super) fn finish(mut self, head: [&str; 2], title: &str) -> (Font<'a>, Vec<Content>) {
        const SIZE: f32 = 8.0;
        let count = self.pages.len();
        let filters = text::lines(&self.font, head[1], SIZE, WIDTH);
        for page in 0..count {
            let right = MARGIN + WIDTH;
            let title_width = self.font.width(title, SIZE);
            self.line_on(page, (MARGIN, PAGE.1 - 36.0), head[0], SIZE, MUTED, false);
            self.line_on(page, (right - title_width, PAGE.1 - 36.0), title, SIZE, MUTED, false);
            for (line, text) in filters.iter().take(2).enumerate() {
                self.line_on(page, (MARGIN, PAGE.1 - 48.0 - 11.0 * line as f32), text, SIZE, MUTED, false);
            }
            let number = format!("{}/{count}", page + 1);
            let width = self.font.width(&number, SIZE);
            self.line_on(page, ((PAGE.0 - width) / 2.0, 30.0), &number, SIZE, MUTED, false);
            let [red, green, blue] = RULE;
            let content = &mut self.pages[page];
            content.set_stroke_rgb(red, green, blue).set_line_width(0.5);
            content.move_to(MARGIN, PAGE.1 - 66.0).line_to(right, PAGE.1 - 66.0).stroke();
        }
        (self.font, self.pages)
    }
}
