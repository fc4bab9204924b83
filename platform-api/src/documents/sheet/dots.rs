//! What neither typeface has is drawn in dots: GNU Unifont (SIL Open Font License 1.1), which comes with the program, has every letter of the
//! first plane of Unicode in sixteen rows of dots; Chinese, Japanese and Korean among them. The letters that a document needs are made a
//! typeface of their own, so that they can be read out of the PDF like all others.
//!
//! It knows no joining: what is written in dots stands letter by letter, from the right where that is how it is read.

use std::collections::BTreeSet;

use foundation::{Error, Result};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use unicode_bidi::{BidiClass, bidi_class};
use unifont::Glyph;
use write_fonts::{
    BuilderError, FontBuilder,
    read::tables::glyf::CurvePoint,
    tables::{
        cmap::Cmap,
        glyf::{Bbox, Contour, GlyfLocaBuilder, SimpleGlyph},
        head::Head,
        hhea::Hhea,
        hmtx::{Hmtx, LongMetric},
        maxp::Maxp,
        os2::Os2,
        post::Post,
    },
};

use super::typeface::leans_on_others;

/// What stands where even Unifont has nothing.
pub(super) const REPLACEMENT: char = '\u{fffd}';
/// Units in the size of a letter.
const EM: u16 = 1000;
/// From one dot to the next, in units: sixteen are a bit more than the size, so that they are read as easily as other letters.
const DOT: i16 = 72;
/// How far dots reach into each other, so that no seam is seen between them.
const OVERLAP: i16 = 4;
/// Rows of a letter, and those of them that are above the line that letters stand on.
const ROWS: i16 = 16;
const ABOVE: i16 = 14;

/// The letters of a document that are drawn in dots.
pub(super) struct Dots {
    pub(super) font: Font,
    /// In the order of their glyphs, the first of which is the one that every typeface has for what it lacks.
    letters: Vec<char>,
}

impl Dots {
    /// A typeface of these letters.
    pub(super) fn of(letters: &BTreeSet<char>) -> Result<Self> {
        let letters: Vec<char> = std::iter::once(REPLACEMENT).chain(letters.iter().copied()).collect();
        let font = Font::new(typeface(&letters)?.into(), 0).ok_or_else(|| broken(&"they are no typeface"))?;
        Ok(Self { font, letters })
    }

    /// The glyphs of a text of one direction of which every letter is among these, from left to right as they stand on the page.
    pub(super) fn glyphs(&self, text: &str, is_rtl: bool) -> Vec<KrillaGlyph> {
        let glyph = |(at, letter): (usize, char)| {
            let id = self.letters.iter().skip(1).position(|other| *other == letter).map_or(0, |found| found + 1);
            let range = at..at + letter.len_utf8();
            let id = GlyphId::new(u32::try_from(id).unwrap_or_default());
            KrillaGlyph::new(id, advance(letter), 0.0, 0.0, 0.0, range, None)
        };
        let mut glyphs: Vec<KrillaGlyph> = text.char_indices().map(glyph).collect();
        if is_rtl {
            glyphs.reverse();
        }
        glyphs
    }
}

/// Whether it can be drawn.
pub(super) fn has(letter: char) -> bool {
    unifont::get_glyph(letter).is_some()
}

/// How wide a letter is, as a multiple of the size.
pub(super) fn advance(letter: char) -> f32 {
    f32::from(units(letter)) / f32::from(EM)
}

/// Nothing for what only tells how its neighbours are written.
fn drawn(letter: char) -> Option<&'static Glyph> {
    let is_unseen =
        bidi_class(letter) != BidiClass::NSM && leans_on_others(letter) || ('\u{fe00}'..='\u{fe0f}').contains(&letter);
    if is_unseen { None } else { unifont::get_glyph(letter).or_else(|| unifont::get_glyph(REPLACEMENT)) }
}

fn units(letter: char) -> u16 {
    let dots = drawn(letter).map_or(0, Glyph::get_width);
    u16::try_from(dots).unwrap_or_default() * DOT.unsigned_abs()
}

fn broken(why: &impl std::fmt::Display) -> Error {
    Error::Inconsistent(format!("letters of dots cannot be made: {why}"))
}

/// A TrueType file.
fn typeface(letters: &[char]) -> Result<Vec<u8>> {
    let mut glyphs = GlyfLocaBuilder::new();
    for letter in letters {
        glyphs.add_glyph(&outline(*letter)).map_err(|error| broken(&error))?;
    }
    let widths = letters.iter().map(|letter| LongMetric { advance: units(*letter), side_bearing: 0 }).collect();
    file(glyphs, widths).map_err(|error| broken(&error))
}

fn file(glyphs: GlyfLocaBuilder, widths: Vec<LongMetric>) -> std::result::Result<Vec<u8>, BuilderError> {
    let (outlines, places, form) = glyphs.build();
    let count = u16::try_from(widths.len()).unwrap_or(u16::MAX);
    let [top, bottom] = [ABOVE * DOT, (ABOVE - ROWS) * DOT];
    let head = Head {
        units_per_em: EM,
        x_max: ROWS * DOT,
        y_max: top,
        y_min: bottom,
        index_to_loc_format: form as i16,
        ..Head::default()
    };
    let lines = Hhea { ascender: top.into(), descender: bottom.into(), number_of_h_metrics: count, ..Hhea::default() };
    let mut file = FontBuilder::new();
    file.add_table(&head)?.add_table(&lines)?.add_table(&Maxp::new(count))?.add_table(&Os2::default())?;
    file.add_table(&Post::default())?.add_table(&Hmtx::new(widths, Vec::new()))?.add_table(&Cmap::default())?;
    file.add_table(&outlines)?.add_table(&places)?;
    Ok(file.build())
}

/// A letter as bars: dots beside each other are one.
fn outline(letter: char) -> SimpleGlyph {
    let mut contours = Vec::new();
    if let Some(glyph) = drawn(letter) {
        let width = i16::try_from(glyph.get_width()).unwrap_or_default();
        for row in 0..ROWS {
            let is_dark =
                |x: i16| x < width && glyph.get_pixel(usize::from(x.unsigned_abs()), usize::from(row.unsigned_abs()));
            let mut x = 0;
            while x < width {
                let end = (x..=width).find(|at| !is_dark(*at)).unwrap_or(width);
                if end > x {
                    contours.push(bar(x, end, row));
                }
                x = end + 1;
            }
        }
    }
    let bbox = Bbox { x_min: 0, y_min: (ABOVE - ROWS) * DOT, x_max: ROWS * DOT, y_max: ABOVE * DOT };
    SimpleGlyph { bbox, contours, instructions: Vec::new() }
}

/// The dots from one to before another in a row, clockwise.
fn bar(from: i16, to: i16, row: i16) -> Contour {
    let [left, right] = [from * DOT - OVERLAP, to * DOT + OVERLAP];
    let [top, bottom] = [(ABOVE - row) * DOT + OVERLAP, (ABOVE - row - 1) * DOT - OVERLAP];
    let corners = [(left, bottom), (left, top), (right, top), (right, bottom)];
    corners.map(|(x, y)| CurvePoint::new(x, y, true)).to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_japanese_and_korean_can_be_drawn() {
        let letters =
            ('ぁ'..='ゖ').chain('ァ'..='ヺ').chain('一'..='龥').chain('가'..='힣').chain('ก'..='ฺ').chain('अ'..='ह');
        for letter in letters {
            assert!(has(letter), "{letter} {:x}", u32::from(letter));
        }
        assert!(has(REPLACEMENT) && !has('𠮷'));
    }

    #[test]
    fn each_letter_has_its_own_glyph_and_what_is_not_drawn_has_that_of_its_replacement() {
        let dots = Dots::of(&BTreeSet::from(['一', '日', '𠮷'])).unwrap();
        let ids = |text| dots.glyphs(text, false).iter().map(|glyph| glyph.glyph_id.to_u32()).collect::<Vec<_>>();
        assert_eq!((ids("日一"), ids("𠮷"), ids("山")), (vec![2, 1], vec![3], vec![0]));
        let [undrawn, replacement] = ['𠮷', REPLACEMENT].map(|letter| outline(letter).contours.len());
        assert!(undrawn > 0 && undrawn == replacement, "{undrawn} {replacement}");
        assert!(units('𠮷') > 0 && units('𠮷') == units(REPLACEMENT));
    }

    #[test]
    fn the_dots_of_a_letter_are_its_picture() {
        let letters: Vec<char> = vec![REPLACEMENT, '一', '日'];
        let bytes = typeface(&letters).unwrap();
        let face = rustybuzz::Face::from_slice(&bytes, 0).unwrap();
        let ids = [1, 2].map(rustybuzz::ttf_parser::GlyphId);
        assert_eq!(ids.map(|id| face.glyph_hor_advance(id)), [Some(16 * 72); 2]);
        // One stroke from the left to the right, and a box twice as high as that and more.
        let [one, sun] = ['一', '日'].map(|letter| outline(letter).contours.len());
        assert!((1..=3).contains(&one) && sun > 10, "{one} {sun}");
        let dark = |letter| {
            (0..16).map(|y| (0..16).filter(|x| drawn(letter).unwrap().get_pixel(*x, y)).count()).sum::<usize>()
        };
        assert!(dark('日') > dark('一') && dark('一') > 10);
    }
}
