//! Noto Sans, which comes with the program (SIL Open Font License 1.1): Latin, Greek and Cyrillic, and figures of one width. Text is set
//! letter by letter, from left to right: what other writing there is stands as boxes.

use foundation::{Error, Result};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::{FontRef, MetadataProvider as _, instance::LocationRef, prelude::Size};

/// A typeface with what is asked of it.
pub(super) struct Typeface {
    pub(super) font: Font,
    read: FontRef<'static>,
}

impl Typeface {
    pub(super) fn regular() -> Result<Self> {
        Self::open(notosans::REGULAR_TTF)
    }

    pub(super) fn bold() -> Result<Self> {
        Self::open(notosans::BOLD_TTF)
    }

    fn open(bytes: &'static [u8]) -> Result<Self> {
        let unreadable = || Error::Inconsistent("a typeface of the program cannot be read".to_owned());
        let font = Font::new(bytes.into(), 0).ok_or_else(unreadable)?;
        Ok(Self { font, read: FontRef::new(bytes).map_err(|_| unreadable())? })
    }

    /// The glyphs of a text with their advances, in multiples of the size.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let (charmap, size) = (self.read.charmap(), Size::unscaled());
        let metrics = self.read.glyph_metrics(size, LocationRef::default());
        let em = f32::from(self.read.metrics(size, LocationRef::default()).units_per_em);
        let glyph = |(at, character): (usize, char)| {
            let id = charmap.map(character).unwrap_or_default();
            let advance = metrics.advance_width(id).unwrap_or_default() / em;
            let range = at..at + character.len_utf8();
            KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, range, None)
        };
        text.char_indices().map(glyph).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_europe_has_its_glyph_in_both_weights() {
        let greek = ('Ά'..='ώ').filter(|letter| !['\u{38b}', '\u{38d}', '\u{3a2}'].contains(letter));
        let letters =
            (' '..='~').chain('¡'..='ž').chain('Ș'..='ț').chain(greek).chain('Ѐ'..='џ').chain("Ґґ€–—‘’“”„…•№ẞ".chars());
        for face in [Typeface::regular().unwrap(), Typeface::bold().unwrap()] {
            for letter in letters.clone() {
                assert!(face.read.charmap().map(letter).is_some(), "{letter} {:x}", u32::from(letter));
            }
        }
    }

    #[test]
    fn figures_have_one_width_so_that_amounts_stand_under_each_other() {
        for face in [Typeface::regular().unwrap(), Typeface::bold().unwrap()] {
            let widths: Vec<f32> = face.glyphs("0123456789").iter().map(|glyph| glyph.x_advance).collect();
            assert!(widths.iter().all(|width| (width - widths[0]).abs() < f32::EPSILON), "{widths:?}");
        }
    }
}
