//! Seats from a table: `section,row,seat,x,y` and, if wanted, `attributes`, with a line of these names first (RFC 4180). All of it is
//! read and put into a plan or nothing, and every slip is told with its row and column.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use foundation::{
    Refusal,
    refusal::{Code, FieldError},
};

use super::{
    SeatAttribute,
    check::{Place, SLIPS_MAX, too_far},
    plan::{FAR, PARTS_MAX, Plan, Row, SEATS_MAX, Seat, Section},
};
use crate::rules::words::is_name;

const COLUMNS: [&str; 6] = ["section", "row", "seat", "x", "y", "attributes"];

/// The seats of a table.
#[derive(Debug, Default)]
pub struct Table {
    /// In the order in which they come in it.
    pub sections: Vec<Section>,
    /// By section, row and seat of it, the row of the table that has it.
    numbers: Vec<Vec<Vec<usize>>>,
}

impl Table {
    /// Puts its sections in the place of those of the same names in a sound plan; all others stay.
    ///
    /// # Errors
    /// `csv_invalid`, naming row and column of each slip: a section that is an area of the plan, one more than there may be, two seats on
    /// one spot. The plan is then of no use.
    pub fn put_into(self, plan: &mut Plan, at: &str) -> Result<(), Refusal> {
        let Self { sections, numbers } = self;
        let names = sections.iter().map(|section| section.name.clone());
        let numbers: HashMap<String, Vec<Vec<usize>>> = names.zip(numbers).collect();
        for section in sections {
            match plan.sections.iter_mut().find(|known| known.name == section.name) {
                Some(known) => known.rows = section.rows,
                None => plan.sections.push(section),
            }
        }
        let mut slips = Slips { at, found: Vec::new() };
        let number = |of: &str, row: usize, seat: usize| numbers.get(of)?.get(row)?.get(seat).copied();
        for area in &plan.areas {
            if let Some(first) = number(&area.name, 0, 0) {
                slips.note(first, "section", &format!("`{}` is an area of the layout, which has no seats", area.name));
            }
        }
        let last = plan.sections.last().and_then(|last| number(&last.name, 0, 0));
        if let Some(first) = last.filter(|_| plan.parts().count() > PARTS_MAX) {
            slips.note(first, "section", &format!("a layout has at most {PARTS_MAX} sections and areas together"));
        }
        let named = |Place { section, row, seat }: Place| {
            let of = plan.sections.get(section)?;
            let labels = of.rows.get(row).and_then(|row| Some((row, row.seats.get(seat)?)));
            labels.map(|(row, seat)| format!("seat `{}` of row `{}` in `{}`", seat.label, row.label, of.name))
        };
        let told = |Place { section, row, seat }: Place| number(&plan.sections.get(section)?.name, row, seat);
        for (one, other) in plan.same_spots() {
            // One of them is of the table; where both are, the later one is told.
            let (told, other) = match (told(one), told(other)) {
                (Some(one), there) if there.is_none_or(|there| there < one) => (Some(one), other),
                (_, there) => (there, one),
            };
            if let (Some(row), Some(other)) = (told, named(other)) {
                slips.note(row, "x", &format!("with its y it is where {other} stands"));
            }
        }
        slips.done()
    }
}

/// Reads a table. `at` is where it stands in the request.
///
/// # Errors
/// `csv_invalid`, naming row and column of each slip. Row 1 is that of the names; empty lines are no rows.
pub fn read(text: &str, at: &str) -> Result<Table, Refusal> {
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
            sections.put(section, row, seat, number, &mut slips);
        }
    }
    if seats == 0 && slips.found.is_empty() {
        slips.note(last + 1, "", "there is no seat in the table");
    }
    if seats > SEATS_MAX {
        slips.note(SEATS_MAX + 1, "", "a layout has at most 100000 seats");
    }
    slips.done()?;
    Ok(sections.table)
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
        let column = COLUMNS.get(nth).copied().unwrap_or_default();
        match field(nth).parse::<i32>() {
            Ok(length) if (-FAR..=FAR).contains(&length) => return length,
            Ok(_) => slips.note(number, column, &too_far()),
            Err(_) => {
                slips.note(number, column, &format!("must be a whole number of centimetres, not `{}`", field(nth)));
            }
        }
        0
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

/// What was read so far, with the place of each section, row and seat in it.
#[derive(Default)]
struct Sections {
    table: Table,
    sections: HashMap<String, usize>,
    rows: HashMap<(usize, String), usize>,
    seats: HashMap<(usize, usize, String), usize>,
}

impl Sections {
    /// Adds the seat that this row of the table has.
    fn put(&mut self, section: String, row: String, seat: Seat, number: usize, slips: &mut Slips<'_>) {
        let Table { sections, numbers } = &mut self.table;
        let at = *self.sections.entry(section).or_insert_with_key(|name| {
            sections.push(Section {
                name: name.clone(),
                maximum: None,
                single_seats: None,
                outline: Vec::new(),
                rows: Vec::new(),
            });
            numbers.push(Vec::new());
            sections.len() - 1
        });
        let (Some(section), Some(numbers)) = (sections.get_mut(at), numbers.get_mut(at)) else { return };
        let nth = *self.rows.entry((at, row)).or_insert_with_key(|(_, label)| {
            section.rows.push(Row { label: label.clone(), seats: Vec::new() });
            numbers.push(Vec::new());
            section.rows.len() - 1
        });
        let (Some(row), Some(numbers)) = (section.rows.get_mut(nth), numbers.get_mut(nth)) else { return };
        let first = *self.seats.entry((at, nth, seat.label.clone())).or_insert(number);
        if first != number {
            let named = format!("seat `{}` of row `{}` in `{}`", seat.label, row.label, section.name);
            slips.note(number, "seat", &format!("{named} is there twice, first in row {first}"));
        }
        row.seats.push(seat);
        numbers.push(number);
    }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
