//! A typeface with what is asked of it: which letters it has, and a text in its glyphs.
//!
//! Noto Sans (SIL Open Font License 1.1) has Latin, Greek and Cyrillic, and figures of one width; `DejaVu` Sans (Bitstream Vera's and public
//! domain) has Arabic, Hebrew, Armenian and Georgian. Both come with the program.

use foundation::{Error, Result};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, UnicodeBuffer};
use unicode_bidi::{BidiClass, bidi_class};

/// A typeface in one weight.
pub(super) struct Typeface {
    pub(super) font: Font,
    read: Face<'static>,
}

impl Typeface {
    pub(super) fn open(bytes: &'static [u8]) -> Result<Self> {
        let unreadable = || Error::Inconsistent("a typeface of the program cannot be read".to_owned());
        let font = Font::new(bytes.into(), 0).ok_or_else(unreadable)?;
        Ok(Self { font, read: Face::from_slice(bytes, 0).ok_or_else(unreadable)? })
    }

    /// Whether it has this letter.
    pub(super) fn has(&self, letter: char) -> bool {
        self.read.glyph_index(letter).is_some()
    }

    /// The glyphs of a text of one direction, from left to right as they stand on the page, with their advances in multiples of the size.
    pub(super) fn glyphs(&self, text: &str, is_rtl: bool) -> Vec<KrillaGlyph> {
        // Where no letter looks at its neighbours there is nothing to shape, and it is a hundred times as fast.
        if is_rtl || text.chars().any(leans_on_others) {
            self.shaped(text, is_rtl)
        } else {
            self.letter_by_letter(text)
        }
    }

    fn letter_by_letter(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, letter): (usize, char)| {
            let id = self.read.glyph_index(letter).unwrap_or_default();
            let advance = self.in_ems(i32::from(self.read.glyph_hor_advance(id).unwrap_or_default()));
            let range = at..at + letter.len_utf8();
            KrillaGlyph::new(GlyphId::new(u32::from(id.0)), advance, 0.0, 0.0, 0.0, range, None)
        };
        text.char_indices().map(glyph).collect()
    }

    /// Letters joined to each other and marks over their letters.
    fn shaped(&self, text: &str, is_rtl: bool) -> Vec<KrillaGlyph> {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        let shaped = rustybuzz::shape(&self.read, &[], buffer);
        let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|glyph| glyph.cluster as usize).collect();
        starts.sort_unstable();
        let glyph = |(info, place): (&rustybuzz::GlyphInfo, &rustybuzz::GlyphPosition)| {
            let start = info.cluster as usize;
            let end = starts.iter().copied().find(|other| *other > start).unwrap_or(text.len());
            let [advance, x, y] = [place.x_advance, place.x_offset, place.y_offset].map(|units| self.in_ems(units));
            KrillaGlyph::new(GlyphId::new(info.glyph_id), advance, x, y, 0.0, start..end, None)
        };
        shaped.glyph_infos().iter().zip(shaped.glyph_positions()).map(glyph).collect()
    }

    /// Units of the typeface as a multiple of the size.
    #[expect(clippy::cast_precision_loss, reason = "units of a typeface are small")]
    fn in_ems(&self, units: i32) -> f32 {
        units as f32 / self.font.units_per_em()
    }
}

/// A mark over another letter, or a sign that only tells how its neighbours are written: it stays with the letter before it.
pub(super) fn leans_on_others(letter: char) -> bool {
    use BidiClass::{BN, FSI, LRE, LRI, LRO, NSM, PDF, PDI, RLE, RLI, RLO};
    matches!(bidi_class(letter), NSM | BN | LRE | RLE | LRO | RLO | PDF | LRI | RLI | FSI | PDI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_europe_has_its_glyph_in_both_weights() {
        let greek = ('Ά'..='ώ').filter(|letter| !['\u{38b}', '\u{38d}', '\u{3a2}'].contains(letter));
        let letters =
            (' '..='~').chain('¡'..='ž').chain('Ș'..='ț').chain(greek).chain('Ѐ'..='џ').chain("Ґґ€–—‘’“”„…•№ẞ".chars());
        for face in [notosans::REGULAR_TTF, notosans::BOLD_TTF].map(|bytes| Typeface::open(bytes).unwrap()) {
            for letter in letters.clone() {
                assert!(face.has(letter), "{letter} {:x}", u32::from(letter));
            }
        }
    }

    #[test]
    fn figures_have_one_width_so_that_amounts_stand_under_each_other() {
        for face in [notosans::REGULAR_TTF, notosans::BOLD_TTF].map(|bytes| Typeface::open(bytes).unwrap()) {
            let widths: Vec<f32> = face.glyphs("0123456789", false).iter().map(|glyph| glyph.x_advance).collect();
            assert!(widths.iter().all(|width| (width - widths[0]).abs() < f32::EPSILON), "{widths:?}");
        }
    }

    #[test]
    fn letters_of_arabic_are_joined_and_run_from_right_to_left() {
        for face in [dejavu::sans::regular(), dejavu::sans::bold()].map(|bytes| Typeface::open(bytes).unwrap()) {
            let [alone, joined] = ["ب", "ببب"].map(|text| face.glyphs(text, true));
            let ids: Vec<u32> = joined.iter().map(|glyph| glyph.glyph_id.to_u32()).collect();
            assert!(ids.len() == 3 && ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
            assert!(!ids.contains(&alone[0].glyph_id.to_u32()), "one of {ids:?} is the letter that stands alone");
            let starts: Vec<usize> = joined.iter().map(|glyph| glyph.text_range.start).collect();
            assert_eq!(starts, [4, 2, 0]);
        }
    }
}
