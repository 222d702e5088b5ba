//! The font: which glyph a character has, how wide it is, and where lines break.

use crate::report::{escape, width};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// What stands for a character that the font does not have.
const MISSING: [char; 2] = ['〓', '?'];

/// One font.
pub(super) struct Face<'a> {
    font: Font,
    map: Charmap<'a>,
    metrics: GlyphMetrics<'a>,
    em: f32,
}

impl<'a> Face<'a> {
    /// The font of these bytes; `None` when they are none.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Face<'a>> {
        let reader = FontRef::from_index(bytes, 0).ok()?;
        let font = Font::new(bytes.to_vec().into(), 0)?;
        let metrics = reader.glyph_metrics(Size::unscaled(), LocationRef::default());
        let em = font.units_per_em();
        Some(Face { font, map: reader.charmap(), metrics, em })
    }

    /// The font as the writer of the file knows it.
    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    /// `text` as it can be shown: one line, nothing hostile, and only characters of the font.
    pub(super) fn shown(&self, text: &str) -> String {
        let known = |c: &char| self.map.map(*c).is_some();
        let stand_in = MISSING.into_iter().find(known).unwrap_or('?');
        escape::terminal(text).chars().map(|c| if known(&c) { c } else { stand_in }).collect()
    }

    /// The glyphs of a text of characters of the font.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, c): (usize, char)| {
            let id = self.map.map(c)?;
            let (advance, range) = (self.advance(c), at..at + c.len_utf8());
            let id = GlyphId::new(id.to_u32());
            Some(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, range, None))
        };
        text.char_indices().filter_map(glyph).collect()
    }

    /// How wide a character is, of a font of size 1.
    fn advance(&self, c: char) -> f32 {
        let wide = self.map.map(c).and_then(|id| self.metrics.advance_width(id));
        wide.map_or(0.0, |units| units / self.em)
    }

    /// How wide a text is.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    /// The lines of a text, each at most `limit` wide; a word that is longer alone is broken anywhere.
    pub(super) fn wrap(&self, text: &str, size: f32, limit: f32) -> Vec<String> {
        let mut out = Vec::new();
        for paragraph in text.split('\n') {
            let shown = self.shown(paragraph);
            let mut line = String::new();
            let mut used = 0.0;
            for piece in width::pieces(&shown) {
                let wide = self.width(piece, size);
                if used + self.width(piece.trim_end(), size) <= limit {
                    line.push_str(piece);
                    used += wide;
                    continue;
                }
                if wide <= limit {
                    out.push(std::mem::take(&mut line));
                    line.push_str(piece);
                    used = wide;
                    continue;
                }
                for c in piece.chars() {
                    let wide = self.advance(c) * size;
                    if used + wide > limit && !line.is_empty() {
                        out.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(c);
                    used += wide;
                }
            }
            out.push(line);
        }
        for line in &mut out {
            line.truncate(line.trim_end().len());
        }
        out
    }
}
