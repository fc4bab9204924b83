//! A4 pages of text: lines, pairs and tables, from top to bottom, with a new page where one is full. It knows no document's content.
#![expect(clippy::float_arithmetic, reason = "points on a page; no amount is ever computed here")]

use foundation::{Error, Result};
use krilla::{
    Document,
    color::luma,
    geom::{PathBuilder, Point},
    metadata::{Metadata, TextDirection},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule},
    text::{Font, GlyphId, KrillaGlyph},
};
use skrifa::{FontRef, MetadataProvider as _, instance::LocationRef, prelude::Size};

/// A4 in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 56.0;
const RIGHT: f32 = PAGE.0 - 56.0;
const TOP: f32 = 64.0;
const BOTTOM: f32 = PAGE.1 - 64.0;
/// From one baseline to the next, as a multiple of the size.
const LEADING: f32 = 1.5;
const BODY: f32 = 9.0;

/// How a text looks.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    is_bold: bool,
    /// 0 is black.
    grey: u8,
}

const NORMAL: Style = Style { size: BODY, is_bold: false, grey: 0 };
const STRONG: Style = Style { size: BODY, is_bold: true, grey: 0 };
const FAINT: Style = Style { size: BODY, is_bold: false, grey: 110 };

enum Mark {
    Text {
        x: f32,
        y: f32,
        style: Style,
        text: String,
    },
    /// A filled bar; thin ones are rules.
    Bar {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        grey: u8,
    },
}

/// A column of a table: what it is called, how many hundredths of the width it has, and whether it is of numbers.
#[derive(Clone, Copy)]
pub(crate) struct Column(pub(crate) &'static str, pub(crate) u8, pub(crate) bool);

/// A typeface with what is asked of it.
struct Face {
    font: Font,
    read: FontRef<'static>,
}

impl Face {
    fn open(bytes: &'static [u8]) -> Result<Self> {
        let unreadable = || Error::Inconsistent("a typeface of the program cannot be read".to_owned());
        let font = Font::new(bytes.into(), 0).ok_or_else(unreadable)?;
        Ok(Self { font, read: FontRef::new(bytes).map_err(|_| unreadable())? })
    }

    /// The glyphs of a text with their advances, in multiples of the size.
    fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
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

/// A document being laid out.
pub(crate) struct Sheet {
    title: String,
    footer: String,
    regular: Face,
    bold: Face,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Sheet {
    /// An empty one. The footer stands on every page, with the page's number.
    pub(crate) fn new(title: &str, footer: &str) -> Result<Self> {
        Ok(Self {
            title: title.to_owned(),
            footer: footer.to_owned(),
            regular: Face::open(notosans::REGULAR_TTF)?,
            bold: Face::open(notosans::BOLD_TTF)?,
            pages: vec![Vec::new()],
            y: TOP,
        })
    }

    /// The title of the document, large, with a line under it.
    pub(crate) fn heading(&mut self, text: &str, beneath: &str) {
        self.line(LEFT, Style { size: 20.0, is_bold: true, grey: 0 }, text);
        self.line(LEFT, Style { size: 11.0, ..FAINT }, beneath);
        self.gap(6.0);
        self.bar(LEFT, self.y, RIGHT - LEFT, 1.5, 0);
        self.gap(14.0);
    }

    /// The title of a part.
    pub(crate) fn part(&mut self, text: &str) {
        self.gap(8.0);
        // Not as the last line of a page.
        self.room(BODY * LEADING * 4.0);
        self.line(LEFT, Style { size: 12.0, is_bold: true, grey: 0 }, text);
        self.gap(2.0);
    }

    /// A paragraph, broken where it is too wide.
    pub(crate) fn paragraph(&mut self, text: &str) {
        for line in self.broken(text, RIGHT - LEFT, FAINT) {
            self.line(LEFT, FAINT, &line);
        }
    }

    /// Blocks of lines beside each other, each with its title.
    pub(crate) fn blocks(&mut self, blocks: &[(&str, Vec<String>)]) {
        let count = f32::from(u8::try_from(blocks.len().max(1)).unwrap_or(u8::MAX));
        let width = (RIGHT - LEFT) / count;
        let (top, mut lowest, mut x) = (self.y, self.y, LEFT);
        for (title, lines) in blocks {
            self.y = top;
            self.line(x, FAINT, title);
            for line in lines {
                for part in self.broken(line, width - 12.0, NORMAL) {
                    self.line(x, NORMAL, &part);
                }
            }
            lowest = lowest.max(self.y);
            x += width;
        }
        self.y = lowest;
        self.gap(10.0);
    }

    /// A table; its heads stand again on every page that it goes on to. The rows of which the first is strong are sums.
    pub(crate) fn table(&mut self, columns: &[Column], rows: &[(bool, Vec<String>)]) {
        self.heads(columns);
        for (is_sum, cells) in rows {
            let style = if *is_sum { STRONG } else { NORMAL };
            let width = |column: &Column| (RIGHT - LEFT) * f32::from(column.1) / 100.0;
            let cells: Vec<Vec<String>> = columns
                .iter()
                .zip(cells)
                .map(
                    |(column, cell)| {
                        if column.2 { vec![cell.clone()] } else { self.broken(cell, width(column) - 6.0, style) }
                    },
                )
                .collect();
            let lines = u8::try_from(cells.iter().map(Vec::len).max().unwrap_or(1)).unwrap_or(u8::MAX);
            let height = BODY * LEADING * f32::from(lines) + 4.0;
            if self.y + height > BOTTOM {
                self.new_page();
                self.heads(columns);
            }
            if *is_sum {
                self.bar(LEFT, self.y - 1.0, RIGHT - LEFT, 0.75, 0);
                self.gap(2.0);
            }
            let top = self.y;
            let mut x = LEFT;
            for (column, lines) in columns.iter().zip(&cells) {
                self.y = top;
                for line in lines {
                    let indent = if column.2 { width(column) - self.width(line, style) } else { 0.0 };
                    self.line(x + indent, style, line);
                }
                x += width(column);
            }
            self.y = top + height;
            self.bar(LEFT, self.y - 3.0, RIGHT - LEFT, 0.25, 200);
        }
        self.gap(8.0);
    }

    fn heads(&mut self, columns: &[Column]) {
        self.room(BODY * LEADING * 3.0);
        let (top, mut x) = (self.y, LEFT);
        for column in columns {
            self.y = top;
            let width = (RIGHT - LEFT) * f32::from(column.1) / 100.0;
            let indent = if column.2 { width - self.width(column.0, FAINT) } else { 0.0 };
            self.line(x + indent, FAINT, column.0);
            x += width;
        }
        self.bar(LEFT, self.y, RIGHT - LEFT, 0.75, 110);
        self.gap(4.0);
    }

    fn gap(&mut self, height: f32) {
        self.y += height;
    }

    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.new_page();
        }
    }

    fn new_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }

    fn line(&mut self, x: f32, style: Style, text: &str) {
        self.room(style.size * LEADING);
        let y = self.y + style.size;
        self.mark(Mark::Text { x, y, style, text: text.to_owned() });
        self.y += style.size * LEADING;
    }

    fn bar(&mut self, x: f32, y: f32, width: f32, height: f32, grey: u8) {
        self.mark(Mark::Bar { x, y, width, height, grey });
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn face(&self, style: Style) -> &Face {
        if style.is_bold { &self.bold } else { &self.regular }
    }

    fn width(&self, text: &str, style: Style) -> f32 {
        self.face(style).glyphs(text).iter().map(|glyph| glyph.x_advance * style.size).sum()
    }

    /// The text in lines that are no wider, broken between words; a word that is wider itself, between letters.
    fn broken(&self, text: &str, width: f32, style: Style) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            for piece in self.pieces(word, width, style) {
                let last = lines.last().cloned().unwrap_or_default();
                let longer = if last.is_empty() { piece.clone() } else { format!("{last} {piece}") };
                if last.is_empty() || self.width(&longer, style) <= width {
                    lines.pop();
                    lines.push(longer);
                } else {
                    lines.push(piece);
                }
            }
        }
        lines
    }

    fn pieces(&self, word: &str, width: f32, style: Style) -> Vec<String> {
        let mut pieces = vec![String::new()];
        for letter in word.chars() {
            let longer = format!("{}{letter}", pieces.last().map_or("", String::as_str));
            if longer.chars().count() > 1 && self.width(&longer, style) > width {
                pieces.push(letter.to_string());
            } else {
                pieces.pop();
                pieces.push(longer);
            }
        }
        pieces
    }

    /// The PDF. The same sheet is always the same bytes: no time and no chance is in it.
    pub(crate) fn pdf(mut self) -> Result<Vec<u8>> {
        let count = self.pages.len();
        for (i, page) in self.pages.iter_mut().enumerate() {
            let style = Style { size: 8.0, ..FAINT };
            let y = PAGE.1 - 36.0;
            page.push(Mark::Text { x: LEFT, y, style, text: self.footer.clone() });
            page.push(Mark::Text { x: RIGHT - 50.0, y, style, text: format!("{} / {count}", i + 1) });
        }
        let mut document = Document::new();
        document.set_metadata(
            Metadata::new()
                .title(self.title.clone())
                .language("en".to_owned())
                .text_direction(TextDirection::LeftToRight),
        );
        for page in &self.pages {
            let size = PageSettings::from_wh(PAGE.0, PAGE.1);
            let mut drawn = document.start_page_with(size.unwrap_or_default());
            let mut surface = drawn.surface();
            for mark in page {
                match mark {
                    Mark::Text { x, y, style, text } => {
                        let face = self.face(*style);
                        surface.set_fill(Some(fill(style.grey)));
                        let start = Point::from_xy(*x, *y);
                        surface.draw_glyphs(start, &face.glyphs(text), face.font.clone(), text, style.size, false);
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
            surface.finish();
            drawn.finish();
        }
        document.finish().map_err(|error| Error::Inconsistent(format!("a document cannot be written: {error:?}")))
    }
}

fn fill(grey: u8) -> Fill {
    Fill { paint: luma::Color::new(grey).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}
