//! A line of text as it stands on the page: each part in the typeface that has its letters, in the order in which it is read.

use std::ops::Range;

use foundation::Result;
use krilla::text::KrillaGlyph;
use unicode_bidi::ParagraphBidiInfo;

use super::{
    dots,
    page::Style,
    typeface::{Typeface, leans_on_others},
};

/// The typefaces of a document.
pub(super) struct Faces {
    regular: [Typeface; 2],
    bold: [Typeface; 2],
}

/// Letters beside each other that are of one typeface and of one direction.
pub(super) enum Run<'a> {
    Set {
        face: &'a Typeface,
        glyphs: Vec<KrillaGlyph>,
        text: &'a str,
    },
    /// What no typeface has, drawn in dots.
    Dotted {
        text: &'a str,
        is_rtl: bool,
    },
}

impl Run<'_> {
    /// As a multiple of the size.
    pub(super) fn width(&self) -> f32 {
        match self {
            Self::Set { glyphs, .. } => glyphs.iter().map(|glyph| glyph.x_advance).sum(),
            Self::Dotted { text, .. } => text.chars().map(dots::advance).sum(),
        }
    }
}

impl Faces {
    pub(super) fn open() -> Result<Self> {
        Ok(Self {
            regular: [Typeface::open(notosans::REGULAR_TTF)?, Typeface::open(dejavu::sans::regular())?],
            bold: [Typeface::open(notosans::BOLD_TTF)?, Typeface::open(dejavu::sans::bold())?],
        })
    }

    /// The width of a text, in points.
    pub(super) fn width(&self, text: &str, style: Style) -> f32 {
        self.runs(text, style).iter().map(|run| run.width() * style.size).sum()
    }

    /// The runs of a line, from left to right. A line that begins in Arabic or Hebrew is read from the right.
    pub(super) fn runs<'a>(&'a self, text: &'a str, style: Style) -> Vec<Run<'a>> {
        let faces = if style.is_bold { &self.bold } else { &self.regular };
        if text.is_empty() {
            return Vec::new();
        }
        let read = ParagraphBidiInfo::new(text, None);
        let (levels, parts) = read.visual_runs(0..text.len());
        let mut runs = Vec::new();
        for part in parts {
            let is_rtl = levels.get(part.start).is_some_and(unicode_bidi::Level::is_rtl);
            let mut pieces = by_face(faces, text, part);
            if is_rtl {
                pieces.reverse();
            }
            runs.extend(pieces.into_iter().map(|(face, piece)| {
                let text = text.get(piece).unwrap_or_default();
                match face.and_then(|face| faces.get(face)) {
                    Some(face) => Run::Set { face, glyphs: face.glyphs(text, is_rtl), text },
                    None => Run::Dotted { text, is_rtl },
                }
            }));
        }
        runs
    }
}

/// A part of a text, cut where another typeface is needed, which is told by its place among them, or none. What leans on the letter before
/// it stays with it.
fn by_face(faces: &[Typeface; 2], text: &str, part: Range<usize>) -> Vec<(Option<usize>, Range<usize>)> {
    let mut pieces: Vec<(Option<usize>, Range<usize>)> = Vec::new();
    for (at, letter) in text.get(part.clone()).unwrap_or_default().char_indices() {
        let range = part.start + at..part.start + at + letter.len_utf8();
        let face = faces.iter().position(|face| face.has(letter));
        match pieces.last_mut() {
            Some((last, piece)) if *last == face || leans_on_others(letter) => piece.end = range.end,
            _ => pieces.push((face, range)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{
        super::{NORMAL, dots::Dots},
        *,
    };

    /// The line as it is read from left to right on the page, each run with how it is written.
    fn read(line: &str) -> Vec<(&'static str, String)> {
        let faces = Faces::open().unwrap();
        let told = |run: &Run<'_>| match run {
            Run::Set { face, text, glyphs } => {
                assert!(glyphs.iter().all(|glyph| glyph.glyph_id.to_u32() != 0), "a letter of {text} is a box");
                (if std::ptr::eq(*face, &raw const faces.regular[0]) { "noto" } else { "dejavu" }, (*text).to_owned())
            }
            // As its letters stand on the page.
            Run::Dotted { text, is_rtl } => {
                let dots = Dots::of(&text.chars().collect()).unwrap();
                let letters: Vec<&str> =
                    dots.glyphs(text, *is_rtl).into_iter().map(|glyph| &text[glyph.text_range]).collect();
                ("dots", letters.concat())
            }
        };
        faces.runs(line, NORMAL).iter().map(told).collect()
    }

    #[test]
    fn each_writing_is_set_in_what_has_its_letters() {
        let runs = read("Łukasz Ωμέγα Ünal 山田太郎 김철수");
        let expected = [("noto", "Łukasz Ωμέγα Ünal "), ("dots", "山田太郎"), ("noto", " "), ("dots", "김철수")];
        assert_eq!(runs, expected.map(|(face, text)| (face, text.to_owned())));
        // A letter with its mark beside it is one letter, and a sign that is not seen is none.
        assert_eq!(read("Zoe\u{308}"), [("noto", "Zoe\u{308}".to_owned())]);
        assert!(read("").is_empty());
    }

    #[test]
    fn arabic_and_hebrew_are_read_from_the_right_and_figures_in_them_from_the_left() {
        let told = |line| read(line).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(told("Order of محمد علي, row 5"), ["Order of ", "علي", " ", "محمد", ", row 5"]);
        assert_eq!(told("תיאטרון 24"), ["24", " ", "תיאטרון"]);
        // The line that begins so goes on to the left.
        assert_eq!(told("תיאטרון Ada"), ["Ada", " ", "תיאטרון"]);
    }

    #[test]
    fn what_is_read_from_the_right_is_so_in_dots_too() {
        let from_the_right = |text: &str| text.chars().rev().collect::<String>();
        let [thaana, syriac] = ["\u{78b}\u{7a8}\u{788}\u{7ac}\u{780}\u{7a8}", "\u{710}\u{712}\u{713}"];
        let dots = |text: &str| ("dots", from_the_right(text));
        assert_eq!(read(thaana), [dots(thaana)]);
        // A line in them: the second word stands to the left of the first, and figures are read from the left.
        let space = ("noto", " ".to_owned());
        let line = read(&format!("{thaana} {syriac} 24"));
        assert_eq!(line, [("noto", "24".to_owned()), space.clone(), dots(syriac), space, dots(thaana)]);
        // A name in a line that is read from the left.
        let [before, after] = ["Order of ", ", row 5"].map(|text| ("noto", text.to_owned()));
        assert_eq!(read(&format!("Order of {thaana}, row 5")), [before, dots(thaana), after]);
        assert_eq!(read("山田"), [("dots", "山田".to_owned())]);
    }

    #[test]
    fn a_line_is_as_wide_as_its_runs() {
        let faces = Faces::open().unwrap();
        let [both, one, other] = ["山田 Ada", "山田", " Ada"].map(|text| faces.width(text, NORMAL));
        assert!((both - one - other).abs() < 0.001, "{both} {one} {other}");
        assert!((one - 2.0 * 1.152 * NORMAL.size).abs() < 0.001, "{one}");
    }
}
