//! The one font of a PDF file: measures text, encodes it as glyph ids, and embeds the glyphs that were used.

use std::collections::{BTreeMap, BTreeSet};

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish as _, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, RawFace, Tag};

use super::PdfError;
use super::font_file::FontFile;
use super::stream::deflated;

/// Name of the font in the resources of a page.
pub(super) const FONT: Name<'static> = Name(b"F1");
/// Name of the font in the file: the prefix marks a subset.
const BASE_FONT: &[u8] = b"ZHIHUI+Report";
const SYSTEM: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// Stands for a character that the font lacks: the geta mark of printers.
const GETA: char = '〓';

/// A font and the glyphs that a document used so far.
pub(super) struct Font<'a> {
    file: &'a FontFile,
    face: Face<'a>,
    glyphs: GlyphRemapper,
    /// Character and width, by glyph id in the subset. Widths are in thousandths of the font size.
    used: BTreeMap<u16, (char, f32)>,
    missing: BTreeSet<char>,
}

impl<'a> Font<'a> {
    pub(super) fn new(file: &'a FontFile) -> Result<Self, PdfError> {
        let face = Face::parse(&file.data, file.index).map_err(|error| PdfError::Font(error.to_string()))?;
        Ok(Self { file, face, glyphs: GlyphRemapper::new(), used: BTreeMap::new(), missing: BTreeSet::new() })
    }

    /// Width of a text in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.advance(self.glyph(letter).1)).sum::<f32>() * size / 1000.0
    }

    /// Encodes a text for the operator that shows it.
    pub(super) fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * text.len());
        for letter in text.chars() {
            let (shown, glyph) = self.glyph(letter);
            if shown != letter && !letter.is_whitespace() && !letter.is_control() {
                self.missing.insert(letter);
            }
            let id = self.glyphs.remap(glyph);
            let width = self.advance(glyph);
            self.used.entry(id).or_insert((shown, width));
            bytes.extend(id.to_be_bytes());
        }
        bytes
    }

    /// Characters that the font lacks.
    pub(super) fn missing(&self) -> impl Iterator<Item = char> {
        self.missing.iter().copied()
    }

    /// The character that is shown for a character, and its glyph.
    fn glyph(&self, letter: char) -> (char, u16) {
        let letter = if letter.is_whitespace() || letter.is_control() { ' ' } else { letter };
        for shown in [letter, GETA, '?'] {
            if let Some(glyph) = self.face.glyph_index(shown) {
                return (shown, glyph.0);
            }
        }
        (' ', 0)
    }

    fn advance(&self, glyph: u16) -> f32 {
        let advance = self.face.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or_default();
        self.em(f32::from(advance))
    }

    /// Converts units of the font to thousandths of the font size.
    fn em(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.face.units_per_em())
    }

    /// Writes the font as the object `id`, with four further objects from `next` on.
    pub(super) fn write(&self, pdf: &mut Pdf, id: Ref, next: &mut Ref) -> Result<(), PdfError> {
        let failed = |error: subsetter::Error| PdfError::Font(error.to_string());
        let subset = subsetter::subset(&self.file.data, self.file.index, &self.glyphs).map_err(failed)?;
        let cff = RawFace::parse(&subset, 0).ok().and_then(|raw| raw.table(Tag::from_bytes(b"CFF ")));
        let [cid, descriptor, cmap, data] = std::array::from_fn(|_| next.bump());
        pdf.type0_font(id)
            .base_font(Name(BASE_FONT))
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(cmap);
        let mut font = pdf.cid_font(cid);
        font.subtype(if cff.is_some() { CidFontType::Type0 } else { CidFontType::Type2 });
        font.base_font(Name(BASE_FONT)).system_info(SYSTEM).font_descriptor(descriptor).default_width(0.0);
        if cff.is_none() {
            font.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        let mut widths = font.widths();
        for (glyph, (_, width)) in &self.used {
            widths.consecutive(*glyph, [*width]);
        }
        widths.finish();
        font.finish();
        self.write_descriptor(pdf, descriptor, data, cff.is_some());
        let mut unicode = UnicodeCmap::new(Name(b"Custom"), SYSTEM);
        for (glyph, (letter, _)) in &self.used {
            unicode.pair(*glyph, *letter);
        }
        let unicode = deflated(unicode.finish().as_slice());
        pdf.cmap(cmap, &unicode).filter(Filter::FlateDecode);
        let bytes = deflated(cff.unwrap_or(&subset));
        let mut stream = pdf.stream(data, &bytes);
        stream.filter(Filter::FlateDecode);
        if cff.is_some() {
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        }
        stream.finish();
        Ok(())
    }

    fn write_descriptor(&self, pdf: &mut Pdf, id: Ref, data: Ref, is_cff: bool) {
        let face = &self.face;
        let bounds = face.global_bounding_box();
        let [left, bottom, right, top] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|units| self.em(f32::from(units)));
        let mut descriptor = pdf.font_descriptor(id);
        descriptor
            .name(Name(BASE_FONT))
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(face.italic_angle())
            .ascent(self.em(f32::from(face.ascender())))
            .descent(self.em(f32::from(face.descender())))
            .cap_height(self.em(f32::from(face.capital_height().unwrap_or(face.ascender()))))
            .stem_v(80.0);
        if is_cff {
            descriptor.font_file3(data);
        } else {
            descriptor.font_file2(data);
        }
    }
}
