//! What it means for a performance when its layout becomes another version: where anything is different, what is there then, and
//! how many tickets fit. What is new makes no tickets by itself, because nobody has said what it costs.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{chosen::Chosen, plan::Part};

/// The difference between two manifests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Sections and areas in which anything is different that tickets depend on.
    pub affected: Vec<String>,
    /// Section, row and label of each seat that there will be in those.
    pub seats: Vec<(String, String, String)>,
    /// Those of them that will be areas.
    pub areas: Vec<String>,
    /// How many tickets will fit into each of them that is still there.
    pub limits: BTreeMap<String, u32>,
    /// How many tickets will fit in all.
    pub total: u64,
}

impl Change {
    /// What changes when `from` becomes `to`.
    #[must_use]
    pub fn between(from: &Chosen<'_>, to: &Chosen<'_>) -> Self {
        let mut change = Self { total: to.limit(), ..Self::default() };
        let (before, after) = (by_name(from), by_name(to));
        // What the law allows in all is nobody's own: every section may have to give way.
        let all = from.plan().maximum != to.plan().maximum;
        let new = to.parts().iter().filter(|part| !before.contains_key(part.name()));
        for part in from.parts().iter().chain(new) {
            let name = part.name();
            let (before, after) = (before.get(name).copied(), after.get(name).copied());
            if all || differs(before, after) {
                change.note(name, after);
            }
        }
        change
    }

    /// Whether no ticket can notice.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        self.affected.is_empty()
    }

    fn note(&mut self, name: &str, after: Option<Part<'_>>) {
        self.affected.push(name.to_owned());
        let Some(part) = after else { return };
        self.limits.insert(name.to_owned(), part.limit());
        if matches!(part, Part::Area(_)) {
            self.areas.push(name.to_owned());
        }
        self.seats.extend(seats(part).map(|(row, seat)| (name.to_owned(), row.to_owned(), seat.to_owned())));
    }
}

/// Whether tickets of the part can notice.
fn differs(before: Option<Part<'_>>, after: Option<Part<'_>>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return true };
    let kinds = matches!((before, after), (Part::Section(_), Part::Section(_)) | (Part::Area(_), Part::Area(_)));
    let set = |part| seats(part).collect::<HashSet<_>>();
    !kinds || before.limit() != after.limit() || set(before) != set(after)
}

fn by_name<'a>(chosen: &Chosen<'a>) -> HashMap<&'a str, Part<'a>> {
    chosen.parts().iter().map(|part| (part.name(), *part)).collect()
}

fn seats(part: Part<'_>) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
    match part {
        Part::Section(section) => Box::new(
            section.rows.iter().flat_map(|row| row.seats.iter().map(|seat| (row.label.as_str(), seat.label.as_str()))),
        ),
        Part::Area(_) => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
