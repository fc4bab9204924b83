//! What a plan must be before it is written. Every slip is named by its place.

use std::collections::{HashMap, HashSet};

use foundation::{
    Refusal,
    refusal::{Code, FieldErrors},
};

use super::plan::{Alternative, CAPACITY_MAX, CORNERS_MAX, FAR, PARTS_MAX, Plan, Point, SEATS_MAX, Section};
use crate::rules::words::{is_name, name};

/// The most slips of one kind that are told at once.
pub(super) const SLIPS_MAX: usize = 50;

/// Which seat of a plan, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) section: usize,
    pub(super) row: usize,
    pub(super) seat: usize,
}

/// Checks what a layout is called.
///
/// # Errors
/// `invalid_field`.
pub fn check_name(given: &str) -> Result<(), Refusal> {
    let mut fields = FieldErrors::default();
    name(&mut fields, "/name", given);
    fields.done()
}

impl Plan {
    /// Checks the plan that stands at `at` in the request.
    ///
    /// # Errors
    /// `invalid_field`, `too_many_tickets`, `seat_twice` or `alternatives_overlap`, naming what is wrong.
    pub fn check(&self, at: &str) -> Result<(), Refusal> {
        if self.seats() > SEATS_MAX {
            let detail = format!("{} seats are more than the {SEATS_MAX} that a layout may have.", self.seats());
            return Err(Refusal::new(Code::TooManyTickets, detail));
        }
        let mut fields = FieldErrors::default();
        let parts = self.sections.len() + self.areas.len();
        fields.check(parts > 0, format!("{at}/sections"), "or areas must have at least one entry");
        fields.check(
            parts <= PARTS_MAX,
            format!("{at}/sections"),
            format!("and areas must be at most {PARTS_MAX} together"),
        );
        self.check_stage(&mut fields, at);
        self.check_sections(&mut fields, at);
        self.check_areas(&mut fields, at);
        self.check_names(&mut fields, at);
        self.check_alternatives(&mut fields, at);
        fields.done()?;
        self.check_seats_once(at)?;
        self.check_overlap(at)?;
        self.check_positions(at)
    }

    fn check_stage(&self, fields: &mut FieldErrors, at: &str) {
        if let Some(stage) = &self.stage {
            name(fields, &format!("{at}/stage/label"), &stage.label);
            check_outline(fields, &format!("{at}/stage/outline"), &stage.outline);
        }
        if let Some(point) = self.focal_point {
            fields.check(near(point), format!("{at}/focal_point"), too_far());
        }
        fields.check(self.maximum != Some(0), format!("{at}/maximum"), "must be at least 1, or left out");
    }

    fn check_sections(&self, fields: &mut FieldErrors, at: &str) {
        for (i, section) in self.sections.iter().enumerate() {
            let at = format!("{at}/sections/{i}");
            name(fields, &format!("{at}/name"), &section.name);
            fields.check(section.maximum != Some(0), format!("{at}/maximum"), "must be at least 1, or left out");
            if !section.outline.is_empty() {
                check_outline(fields, &format!("{at}/outline"), &section.outline);
            }
            fields.check(!section.rows.is_empty(), format!("{at}/rows"), "must have at least one row");
            check_rows(fields, &at, section);
        }
    }

    fn check_areas(&self, fields: &mut FieldErrors, at: &str) {
        for (i, area) in self.areas.iter().enumerate() {
            let at = format!("{at}/areas/{i}");
            name(fields, &format!("{at}/name"), &area.name);
            let fits = (1..=CAPACITY_MAX).contains(&area.capacity);
            fields.check(fits, format!("{at}/capacity"), format!("must be 1 to {CAPACITY_MAX}"));
            fields.check(area.maximum != Some(0), format!("{at}/maximum"), "must be at least 1, or left out");
            check_outline(fields, &format!("{at}/outline"), &area.outline);
        }
    }

    /// Sections and areas share their names with tickets, so each name is there once.
    fn check_names(&self, fields: &mut FieldErrors, at: &str) {
        let sections = self.sections.iter().enumerate().map(|(i, section)| ("sections", i, &section.name));
        let areas = self.areas.iter().enumerate().map(|(i, area)| ("areas", i, &area.name));
        let mut seen = HashSet::new();
        for (kind, i, part) in sections.chain(areas) {
            fields.check(seen.insert(part), format!("{at}/{kind}/{i}/name"), format!("`{part}` is named twice"));
        }
    }

    fn check_alternatives(&self, fields: &mut FieldErrors, at: &str) {
        let known: HashSet<&str> = self.parts().map(super::plan::Part::name).collect();
        let mut seen = HashSet::new();
        for (i, alternative) in self.alternatives.iter().enumerate() {
            let at = format!("{at}/alternatives/{i}");
            name(fields, &format!("{at}/name"), &alternative.name);
            let twice = format!("`{}` is named twice", alternative.name);
            fields.check(seen.insert(&alternative.name), format!("{at}/name"), twice);
            check_setups(fields, &at, alternative, &known);
        }
    }

    fn check_seats_once(&self, at: &str) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        let mut slips = 0;
        for (i, section) in self.sections.iter().enumerate() {
            for (j, row) in section.rows.iter().enumerate() {
                let mut seen = HashSet::new();
                for (k, seat) in row.seats.iter().enumerate() {
                    if seen.insert(&seat.label) || slips == SLIPS_MAX {
                        continue;
                    }
                    slips += 1;
                    let twice =
                        format!("seat `{}` of row `{}` in `{}` is there twice", seat.label, row.label, section.name);
                    fields.check(false, format!("{at}/sections/{i}/rows/{j}/seats/{k}/label"), twice);
                }
            }
        }
        with_code(fields, Code::SeatTwice)
    }

    /// A section or area that is in two ways of setting up would exclude itself, or be there when it should not.
    fn check_overlap(&self, at: &str) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        let mut seen: HashMap<&str, String> = HashMap::new();
        for (i, alternative) in self.alternatives.iter().enumerate() {
            for (j, setup) in alternative.options.iter().enumerate() {
                for (k, part) in setup.contains.iter().enumerate() {
                    let here = format!("`{}` of `{}`", setup.name, alternative.name);
                    if let Some(there) = seen.insert(part, here) {
                        let pointer = format!("{at}/alternatives/{i}/options/{j}/contains/{k}");
                        fields.check(false, pointer, format!("`{part}` is in {there} already"));
                    }
                }
            }
        }
        with_code(fields, Code::AlternativesOverlap)
    }

    fn check_positions(&self, at: &str) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        for (Place { section, row, seat }, _) in self.same_spots() {
            let pointer = format!("{at}/sections/{section}/rows/{row}/seats/{seat}");
            fields.check(false, pointer, "stands where another seat stands");
        }
        fields.done()
    }

    /// Seats that stand where another one does that can be there at once, each with that one; so many as are told.
    pub(super) fn same_spots(&self) -> Vec<(Place, Place)> {
        let setups: Vec<_> = self.sections.iter().map(|section| self.setup_of(&section.name)).collect();
        let exclude = |one: usize, other: usize| match (setups.get(one), setups.get(other)) {
            (Some(Some((spot, way))), Some(Some((other_spot, other_way)))) => {
                spot.name == other_spot.name && way.name != other_way.name
            }
            _ => false,
        };
        let mut found = Vec::new();
        let mut stands: HashMap<Point, Vec<Place>> = HashMap::with_capacity(self.seats());
        for (i, section) in self.sections.iter().enumerate() {
            for (j, row) in section.rows.iter().enumerate() {
                for (k, seat) in row.seats.iter().enumerate() {
                    let (here, there) = (Place { section: i, row: j, seat: k }, stands.entry(seat.at()).or_default());
                    if found.len() < SLIPS_MAX
                        && let Some(other) = there.iter().find(|other| !exclude(other.section, i))
                    {
                        found.push((here, *other));
                    }
                    there.push(here);
                }
            }
        }
        found
    }
}

fn check_rows(fields: &mut FieldErrors, at: &str, section: &Section) {
    let mut labels = HashSet::new();
    for (j, row) in section.rows.iter().enumerate() {
        let at = format!("{at}/rows/{j}");
        name(fields, &format!("{at}/label"), &row.label);
        let twice = format!("row `{}` of `{}` is named twice", row.label, section.name);
        fields.check(labels.insert(&row.label), format!("{at}/label"), twice);
        fields.check(!row.seats.is_empty(), format!("{at}/seats"), "must have at least one seat");
        for (k, seat) in row.seats.iter().enumerate() {
            // The pointer is made for slips only: there are a hundred thousand seats.
            if !near(seat.at()) {
                fields.check(false, format!("{at}/seats/{k}"), too_far());
            }
            if !is_name(&seat.label) {
                name(fields, &format!("{at}/seats/{k}/label"), &seat.label);
            }
        }
    }
}

fn check_setups(fields: &mut FieldErrors, at: &str, alternative: &Alternative, known: &HashSet<&str>) {
    let enough = (2..=50).contains(&alternative.options.len());
    fields.check(enough, format!("{at}/options"), "must be 2 to 50, of which a performance chooses one");
    let mut seen = HashSet::new();
    for (j, setup) in alternative.options.iter().enumerate() {
        name(fields, &format!("{at}/options/{j}/name"), &setup.name);
        let twice = format!("`{}` is named twice", setup.name);
        fields.check(seen.insert(&setup.name), format!("{at}/options/{j}/name"), twice);
        for (k, part) in setup.contains.iter().enumerate() {
            let there = known.contains(part.as_str());
            let pointer = format!("{at}/options/{j}/contains/{k}");
            fields.check(there, pointer, format!("`{part}` is no section or area of the layout"));
        }
    }
}

fn check_outline(fields: &mut FieldErrors, at: &str, outline: &[Point]) {
    let fits = (3..=CORNERS_MAX).contains(&outline.len());
    fields.check(fits, at, format!("must have 3 to {CORNERS_MAX} corners"));
    fields.check(outline.iter().all(|corner| near(*corner)), at, too_far());
}

fn near(point: Point) -> bool {
    (-FAR..=FAR).contains(&point.x) && (-FAR..=FAR).contains(&point.y)
}

pub(super) fn too_far() -> String {
    format!("must be within {FAR} centimetres of the origin")
}

fn with_code(fields: FieldErrors, code: Code) -> Result<(), Refusal> {
    fields.done().map_err(|mut refusal| {
        refusal.code = code;
        refusal
    })
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
