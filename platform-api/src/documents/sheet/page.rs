//! What stands on a page, and pages as PDF.

use std::collections::BTreeSet;

use foundation::{Error, Result};
use krilla::{
    Document,
    color::luma,
    geom::{PathBuilder, Point},
    metadata::{Metadata, TextDirection},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule},
    surface::Surface,
};

use super::{
    dots::Dots,
    setting::{Faces, Run},
};

/// A4 in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) is_bold: bool,
    /// 0 is black.
    pub(super) grey: u8,
}

/// Something on a page, from its upper left corner in points.
pub(super) enum Mark {
    Text {
        x: f32,
        /// Where its letters stand.
        y: f32,
        style: Style,
        text: String,
    },
    /// A filled bar; thin ones are rules.
    Bar { x: f32, y: f32, width: f32, height: f32, grey: u8 },
}

/// The letters of these pages that no typeface has.
pub(super) fn dotted(pages: &[Vec<Mark>], faces: &Faces) -> BTreeSet<char> {
    let mut letters = BTreeSet::new();
    for mark in pages.iter().flatten() {
        if let Mark::Text { text, style, .. } = mark {
            for run in faces.runs(text, *style) {
                if let Run::Dotted { text, .. } = run {
                    letters.extend(text.chars());
                }
            }
        }
    }
    letters
}

/// The pages as PDF. The same pages are always the same bytes: no time and no chance is in them.
pub(super) fn pdf(title: &str, pages: &[Vec<Mark>], faces: &Faces) -> Result<Vec<u8>> {
    let dots = Dots::of(&dotted(pages, faces))?;
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new().title(title.to_owned()).language("en".to_owned()).text_direction(TextDirection::LeftToRight),
    );
    for page in pages {
        let size = PageSettings::from_wh(PAGE.0, PAGE.1);
        let mut drawn = document.start_page_with(size.unwrap_or_default());
        let mut surface = drawn.surface();
        for mark in page {
            draw(&mut surface, mark, faces, &dots);
        }
        surface.finish();
        drawn.finish();
    }
    document.finish().map_err(|error| Error::Inconsistent(format!("a document cannot be written: {error:?}")))
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, faces: &Faces, dots: &Dots) {
    match mark {
        Mark::Text { x, y, style, text } => {
            surface.set_fill(Some(fill(style.grey)));
            let mut x = *x;
            for run in faces.runs(text, *style) {
                let (start, after) = (Point::from_xy(x, *y), run.width() * style.size);
                let (glyphs, font, text) = match run {
                    Run::Set { face, glyphs, text } => (glyphs, face.font.clone(), text),
                    Run::Dotted { text, is_rtl } => (dots.glyphs(text, is_rtl), dots.font.clone(), text),
                };
                surface.draw_glyphs(start, &glyphs, font, text, style.size, false);
                x += after;
            }
        }
        Mark::Bar { x, y, width, height, grey } => {
            let mut path = PathBuilder::new();
            path.move_to(*x, *y);
            path.line_to(x + width, *y);
            path.line_to(x + width, y + height);
            path.line_to(*x, y + height);
            path.close();
            surface.set_fill(Some(fill(*grey)));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

fn fill(grey: u8) -> Fill {
    Fill { paint: luma::Color::new(grey).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}
