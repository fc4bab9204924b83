//! What a performance makes of a plan: of each spot that can be set up in several ways it chooses one.

use std::collections::{BTreeMap, HashMap, HashSet};

use foundation::{Refusal, refusal::FieldErrors};

use super::plan::{Part, Plan, Seat};

/// Spot and the way in which it is set up.
pub type Choices = BTreeMap<String, String>;

/// A plan with the choices of a performance: its manifest.
#[derive(Debug, Clone)]
pub struct Chosen<'a> {
    plan: &'a Plan,
    parts: Vec<Part<'a>>,
}

impl Plan {
    /// Checks that for each spot one of its ways is chosen; `at` is where the choices stand in the request.
    ///
    /// # Errors
    /// `invalid_field`, naming each choice that is missing or not there to be made.
    pub fn check_choices(&self, at: &str, choices: &Choices) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        for alternative in &self.alternatives {
            let ways: Vec<&str> = alternative.options.iter().map(|setup| setup.name.as_str()).collect();
            let pointer = format!("{at}/{}", alternative.name.replace('~', "~0").replace('/', "~1"));
            let chosen = choices.get(&alternative.name).is_some_and(|way| ways.contains(&way.as_str()));
            fields.check(chosen, pointer, format!("must be one of `{}`", ways.join("`, `")));
        }
        for spot in choices.keys() {
            let known = self.alternatives.iter().any(|alternative| alternative.name == *spot);
            fields.check(known, at, format!("`{spot}` is no alternative of the layout"));
        }
        fields.done()
    }

    /// The plan with these choices. Of a spot that none was made for, nothing is there.
    #[must_use]
    pub fn chosen(&self, choices: &Choices) -> Chosen<'_> {
        let absent: HashSet<&str> = self
            .alternatives
            .iter()
            .flat_map(|spot| spot.options.iter().filter(|way| choices.get(&spot.name) != Some(&way.name)))
            .flat_map(|way| way.contains.iter().map(String::as_str))
            .collect();
        Chosen { plan: self, parts: self.parts().filter(|part| !absent.contains(part.name())).collect() }
    }
}

impl<'a> Chosen<'a> {
    /// The plan that was chosen from.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// The sections and areas that are there, in the drawing order.
    #[must_use]
    pub fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// The section or area of this name, if it is there.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<Part<'a>> {
        self.parts.iter().copied().find(|part| part.name() == name)
    }

    /// How many tickets there can be in all: what there is room for, or fewer where the law says so.
    #[must_use]
    pub fn limit(&self) -> u64 {
        let room: u64 = self.parts.iter().map(|part| u64::from(part.limit())).sum();
        room.min(self.plan.maximum.map_or(u64::MAX, u64::from))
    }

    /// Every seat that is there by its section, row and label, with its number along the row.
    #[must_use]
    pub fn spots(&self) -> HashMap<(&'a str, &'a str, &'a str), (i32, &'a Seat)> {
        let mut spots = HashMap::with_capacity(self.plan.seats());
        for part in &self.parts {
            let Part::Section(section) = part else { continue };
            for row in &section.rows {
                for (nth, seat) in (0_i32..).zip(&row.seats) {
                    spots.insert((section.name.as_str(), row.label.as_str(), seat.label.as_str()), (nth, seat));
                }
            }
        }
        spots
    }

    /// Every seat that is there by its section, row and label.
    #[must_use]
    pub fn seats(&self) -> HashMap<(&'a str, &'a str, &'a str), &'a Seat> {
        self.spots().into_iter().map(|(name, (_, seat))| (name, seat)).collect()
    }
}
