//! How full a performance is, section by section, beside what its layout has room for and the law allows.

use super::layout::{chosen::Chosen, plan::Part};

/// How many tickets of a section or area are what.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Filled {
    /// Its name.
    pub section: String,
    /// Whether its seats are numbered.
    pub numbered: bool,
    /// Tickets there are, whatever became of them.
    pub created: i64,
    /// Bought.
    pub sold: i64,
    /// In holds, and in orders that are not paid yet.
    pub held: i64,
    /// Kept off sale.
    pub blocked: i64,
    /// Free, but set aside for somebody.
    pub allocated: i64,
    /// Free, but for who is on the waitlist.
    pub for_waitlist: i64,
}

impl Filled {
    /// Those that can be held now by who does not wait.
    #[must_use]
    pub fn available(&self) -> i64 {
        self.created - self.sold - self.held - self.blocked - self.allocated - self.for_waitlist
    }
}

/// A section or area with what it has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// How full it is.
    pub filled: Filled,
    /// Its seats or places; none where there is no layout, or where the layout no longer has it.
    pub room: Option<u32>,
    /// How many people the law allows in it.
    pub maximum: Option<u32>,
}

/// The sections and areas of a layout in its order, with what of them is filled; after them those that have tickets and are not of
/// the layout. Without a layout, those that have tickets.
#[must_use]
pub fn beside(chosen: Option<&Chosen<'_>>, mut filled: Vec<Filled>) -> Vec<Capacity> {
    let mut all = Vec::new();
    for part in chosen.map(Chosen::parts).unwrap_or_default() {
        let found = filled.iter().position(|filled| filled.section == part.name());
        let filled = found.map(|i| filled.remove(i)).unwrap_or_else(|| Filled {
            section: part.name().to_owned(),
            numbered: matches!(part, Part::Section(_)),
            ..Filled::default()
        });
        all.push(Capacity { filled, room: Some(part.room()), maximum: part.maximum() });
    }
    all.extend(filled.into_iter().map(|filled| Capacity { filled, room: None, maximum: None }));
    all
}
