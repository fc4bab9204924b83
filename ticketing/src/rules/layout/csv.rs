//! Seats from a table: `section,row,seat,x,y` and, if wanted, `attributes`, with a line of these names first (RFC 4180). It
//! reads all or nothing, and names the row and the column of every slip.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use foundation::{
    Refusal,
    refusal::{Code, FieldError},
};

use super::{
    SeatAttribute,
    plan::{Row, SEATS_MAX, Seat, Section},
};
use crate::rules::words::is_name;

const COLUMNS: [&str; 6] = ["section", "row", "seat", "x", "y", "attributes"];
/// The most slips that are told at once.
const SLIPS_MAX: usize = 50;

/// Reads the sections of a table, in the order in which they come in it. `at` is where the table stands in the request.
///
/// # Errors
/// `csv_invalid`, naming row and column of each slip. Row 1 is that of the names; empty lines are no rows.
pub fn read(text: &str, at: &str) -> Result<Vec<Section>, Refusal> {
    let mut slips = Slips { at, found: Vec::new() };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Flexible: a record with too few or too many fields is told as a slip of its row.
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let mut records = reader.records().map_while(Result::ok);
    let columns = columns(records.next(), &mut slips);
    let mut sections = Sections::default();
    let (mut seats, mut last) = (0, 1);
    for (number, record) in (2..).zip(records) {
        if slips.found.len() >= SLIPS_MAX {
            break;
        }
        last = number;
        if let Some(columns) = &columns
            && let Some((section, row, seat)) = place(&record, columns, number, &mut slips)
        {
            seats += 1;
            sections.put(section, row, seat);
        }
    }
    if seats == 0 && slips.found.is_empty() {
        slips.note(last + 1, "", "there is no seat in the table");
    }
    if seats > SEATS_MAX {
        slips.note(SEATS_MAX + 1, "", "a layout has at most 100000 seats");
    }
    slips.done()?;
    Ok(sections.read)
}

struct Slips<'a> {
    at: &'a str,
    found: Vec<FieldError>,
}

impl Slips<'_> {
    fn note(&mut self, row: usize, column: &str, why: &str) {
        let place = if column.is_empty() { format!("row {row}") } else { format!("row {row}, column {column}") };
        self.found.push(FieldError { pointer: self.at.to_owned(), detail: format!("{place}: {why}") });
    }

    fn done(self) -> Result<(), Refusal> {
        let Some(first) = self.found.first() else { return Ok(()) };
        let detail = format!("Nothing was imported; {}.", first.detail);
        let mut refusal = Refusal::new(Code::CsvInvalid, detail);
        refusal.errors = self.found;
        Err(refusal)
    }
}

/// Where each of [`COLUMNS`] stands; none if the first line is not one of names.
fn columns(names: Option<StringRecord>, slips: &mut Slips<'_>) -> Option<[Option<usize>; 6]> {
    let Some(names) = names else {
        slips.note(1, "", "the table is empty");
        return None;
    };
    for (i, name) in names.iter().enumerate() {
        if !COLUMNS.contains(&name) {
            slips.note(1, name, "is not known here; there are section, row, seat, x, y, attributes");
        } else if names.iter().take(i).any(|before| before == name) {
            slips.note(1, name, "is there twice");
        }
    }
    let found = COLUMNS.map(|column| names.iter().position(|name| name == column));
    for (column, place) in COLUMNS.iter().zip(found).take(5) {
        if place.is_none() {
            slips.note(1, column, "is missing");
        }
    }
    slips.found.is_empty().then_some(found)
}

fn place(
    record: &StringRecord,
    columns: &[Option<usize>; 6],
    number: usize,
    slips: &mut Slips<'_>,
) -> Option<(String, String, Seat)> {
    let before = slips.found.len();
    let wanted = columns.iter().flatten().count();
    if record.len() != wanted {
        slips.note(number, "", &format!("has {} columns instead of {wanted}", record.len()));
        return None;
    }
    let field = |nth: usize| columns.get(nth).copied().flatten().and_then(|i| record.get(i)).unwrap_or_default();
    let mut text = |nth: usize| {
        let given = field(nth);
        if !is_name(given) {
            slips.note(number, COLUMNS.get(nth).copied().unwrap_or_default(), "must be 1 to 200 bytes of text");
        }
        given.to_owned()
    };
    let (section, row, label) = (text(0), text(1), text(2));
    let mut length = |nth: usize| {
        field(nth).parse::<i32>().unwrap_or_else(|_| {
            let column = COLUMNS.get(nth).copied().unwrap_or_default();
            slips.note(number, column, &format!("must be a whole number of centimetres, not `{}`", field(nth)));
            0
        })
    };
    let (x, y) = (length(3), length(4));
    let mut attributes = Vec::new();
    for word in field(5).split([' ', ';']).filter(|word| !word.is_empty()) {
        match SeatAttribute::ALL.into_iter().find(|attribute| attribute.as_str() == word) {
            Some(attribute) if !attributes.contains(&attribute) => attributes.push(attribute),
            Some(_) => {}
            None => {
                let why = format!("`{word}` is none of restricted_view, wheelchair, companion");
                slips.note(number, "attributes", &why);
            }
        }
    }
    (slips.found.len() == before).then_some((section, row, Seat { label, x, y, attributes }))
}

/// What was read so far, with the place of each section and row in it.
#[derive(Default)]
struct Sections {
    read: Vec<Section>,
    sections: HashMap<String, usize>,
    rows: HashMap<(usize, String), usize>,
}

impl Sections {
    fn put(&mut self, section: String, row: String, seat: Seat) {
        let read = &mut self.read;
        let at = *self.sections.entry(section).or_insert_with_key(|name| {
            read.push(Section {
                name: name.clone(),
                maximum: None,
                single_seats: None,
                outline: Vec::new(),
                rows: Vec::new(),
            });
            read.len() - 1
        });
        let Some(section) = read.get_mut(at) else { return };
        let nth = *self.rows.entry((at, row)).or_insert_with_key(|(_, label)| {
            section.rows.push(Row { label: label.clone(), seats: Vec::new() });
            section.rows.len() - 1
        });
        if let Some(row) = section.rows.get_mut(nth) {
            row.seats.push(seat);
        }
    }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
