//! A4 pages of text: lines, blocks and tables, from top to bottom, with a new page where one is full. It knows no document's content.
#![expect(clippy::float_arithmetic, reason = "points on a page; no amount is ever computed here")]

mod dots;
mod page;
mod setting;
mod typeface;

use foundation::Result;
use page::{Mark, PAGE, Style};
use setting::Faces;

const LEFT: f32 = 56.0;
const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
const TOP: f32 = 64.0;
const BOTTOM: f32 = PAGE.1 - 64.0;
/// From one baseline to the next, as a multiple of the size.
const LEADING: f32 = 1.5;
const BODY: f32 = 9.0;
/// Between a column's text and the next column.
const GUTTER: f32 = 8.0;
/// Below a row of a table; its rule is in the middle of it.
const AFTER_ROW: f32 = 5.0;

const TITLE: Style = Style { size: 20.0, is_bold: true, grey: 0 };
const PART: Style = Style { size: 12.0, is_bold: true, grey: 0 };
const NORMAL: Style = Style { size: BODY, is_bold: false, grey: 0 };
const STRONG: Style = Style { size: BODY, is_bold: true, grey: 0 };
const FAINT: Style = Style { size: BODY, is_bold: false, grey: 100 };
const SMALL: Style = Style { size: 8.0, is_bold: false, grey: 100 };

/// A column of a table: what it is called, how many hundredths of the width it has, and whether it is of numbers.
#[derive(Clone, Copy)]
pub(crate) struct Column(pub(crate) &'static str, pub(crate) u8, pub(crate) bool);

impl Column {
    fn width(self) -> f32 {
        WIDTH * f32::from(self.1) / 100.0
    }
}

/// What is said where a letter is not drawn.
const UNDRAWN: &str =
    "\u{fffd} stands for a letter that cannot be drawn here. The whole text is in this document's JSON.";

/// A row of a table: whether it is a sum of those above it, and its cells. What follows a line break in a cell is less important.
pub(crate) type Cells = (bool, Vec<String>);

/// A document being laid out.
pub(crate) struct Sheet {
    title: String,
    faces: Faces,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Sheet {
    /// An empty one. Its title stands below every page, with the page's number.
    pub(crate) fn new(title: &str) -> Result<Self> {
        Ok(Self { title: title.to_owned(), faces: Faces::open()?, pages: vec![Vec::new()], y: TOP })
    }

    /// The title of the document, large, with a line under it.
    pub(crate) fn heading(&mut self, text: &str, beneath: &str) {
        self.wrapped(text, TITLE);
        self.wrapped(beneath, Style { size: 11.0, ..FAINT });
        self.gap(6.0);
        self.bar(self.y, 1.5, 0);
        self.gap(14.0);
    }

    /// The title of a part.
    pub(crate) fn part(&mut self, text: &str) {
        self.gap(8.0);
        // Not as the last line of a page.
        self.room(BODY * LEADING * 4.0);
        self.wrapped(text, PART);
        self.gap(2.0);
    }

    /// A paragraph, broken where it is too wide.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.wrapped(text, FAINT);
    }

    /// Blocks of lines beside each other, each with its title.
    pub(crate) fn blocks(&mut self, blocks: &[(&str, Vec<String>)]) {
        let width = WIDTH / f32::from(u8::try_from(blocks.len().max(1)).unwrap_or(u8::MAX));
        let (top, mut lowest, mut x) = (self.y, self.y, LEFT);
        for (title, lines) in blocks {
            self.y = top;
            self.line(x, FAINT, title);
            for line in lines {
                for part in self.broken(line, width - GUTTER, NORMAL) {
                    self.line(x, NORMAL, &part);
                }
            }
            lowest = lowest.max(self.y);
            x += width;
        }
        self.y = lowest;
        self.gap(10.0);
    }

    /// A table; its heads stand again on every page that it goes on to.
    pub(crate) fn table(&mut self, columns: &[Column], rows: &[Cells]) {
        self.heads(columns);
        for (i, (is_sum, cells)) in rows.iter().enumerate() {
            let style = if *is_sum { STRONG } else { NORMAL };
            let cells: Vec<Vec<(Style, String)>> =
                columns.iter().zip(cells).map(|(column, cell)| self.cell(*column, cell, style)).collect();
            let lines = u8::try_from(cells.iter().map(Vec::len).max().unwrap_or(1)).unwrap_or(u8::MAX);
            let height = BODY * LEADING * f32::from(lines) + AFTER_ROW;
            let is_first = i == 0 || self.y + height > BOTTOM;
            if self.y + height > BOTTOM {
                self.new_page();
                self.heads(columns);
            }
            if *is_sum && !is_first {
                // Over the rule that is there.
                self.bar(self.y - AFTER_ROW / 2.0, 0.75, 0);
            }
            self.row(columns, &cells);
            self.bar(self.y - AFTER_ROW / 2.0, 0.25, 200);
        }
        self.gap(8.0);
    }

    fn row(&mut self, columns: &[Column], cells: &[Vec<(Style, String)>]) {
        let (top, mut lowest, mut x) = (self.y, self.y, LEFT);
        for (column, lines) in columns.iter().zip(cells) {
            self.y = top;
            for (style, line) in lines {
                let indent = if column.2 { column.width() - self.width(line, *style) } else { 0.0 };
                self.line(x + indent, *style, line);
            }
            lowest = lowest.max(self.y);
            x += column.width();
        }
        self.y = lowest + AFTER_ROW;
    }

    /// The lines of a cell.
    fn cell(&self, column: Column, text: &str, style: Style) -> Vec<(Style, String)> {
        let styled = |(i, part): (usize, &str)| {
            let style = if i == 0 { style } else { FAINT };
            self.broken(part, column.width() - GUTTER, style).into_iter().map(move |line| (style, line))
        };
        text.split('\n').enumerate().flat_map(styled).collect()
    }

    fn heads(&mut self, columns: &[Column]) {
        self.room(BODY * LEADING * 3.0);
        let heads: Vec<Vec<(Style, String)>> =
            columns.iter().map(|column| vec![(FAINT, column.0.to_owned())]).collect();
        self.row(columns, &heads);
        self.bar(self.y - AFTER_ROW / 2.0, 0.75, 100);
    }

    fn wrapped(&mut self, text: &str, style: Style) {
        for line in self.broken(text, WIDTH, style) {
            self.line(LEFT, style, &line);
        }
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

    fn bar(&mut self, y: f32, height: f32, grey: u8) {
        self.mark(Mark::Bar { x: LEFT, y, width: WIDTH, height, grey });
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn width(&self, text: &str, style: Style) -> f32 {
        self.faces.width(text, style)
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
        if self.width(word, style) <= width {
            return vec![word.to_owned()];
        }
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

    /// The PDF.
    pub(crate) fn pdf(mut self) -> Result<Vec<u8>> {
        if page::dotted(&self.pages, &self.faces).into_iter().any(|letter| !dots::has(letter)) {
            self.paragraph(UNDRAWN);
        }
        let (count, y) = (self.pages.len(), PAGE.1 - 36.0);
        for i in 0..count {
            let number = format!("{} / {count}", i + 1);
            let x = LEFT + WIDTH - self.width(&number, SMALL);
            let footer = Mark::Text { x: LEFT, y, style: SMALL, text: self.title.clone() };
            if let Some(page) = self.pages.get_mut(i) {
                page.extend([footer, Mark::Text { x, y, style: SMALL, text: number }]);
            }
        }
        page::pdf(&self.title, &self.pages, &self.faces)
    }
}
