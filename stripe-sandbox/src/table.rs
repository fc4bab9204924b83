//! Objects of one kind in the order of their creation, found by id. It only grows: a provider forgets no payment.

use std::collections::HashMap;

/// Something with an id and a time of creation.
pub(crate) trait Row {
    fn id(&self) -> &str;
    /// Seconds since 1970.
    fn created(&self) -> i64;
}

/// The objects of one kind.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Row> Table<T> {
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(*self.places.get(id)?)
    }

    /// Adds the object, or replaces the one with its id.
    pub(crate) fn put(&mut self, row: T) {
        match self.places.get(row.id()) {
            Some(place) => self.rows[*place] = row,
            None => {
                self.places.insert(row.id().to_owned(), self.rows.len());
                self.rows.push(row);
            }
        }
    }

    pub(crate) fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// All objects, oldest first.
    pub(crate) fn rows(&self) -> &[T] {
        &self.rows
    }
}
