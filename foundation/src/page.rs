//! Cursor pages: stable under inserts, bounded, with an opaque cursor that only says where the last page ended.

use serde::{Serialize, de::DeserializeOwned};

use crate::refusal::{Code, Refusal};

/// The most that one page has.
pub const LIMIT_MAX: u32 = 100;

/// What to list: so many after the row that the cursor names.
#[derive(Debug, Clone)]
pub struct PageOf<K> {
    /// The last row of the page before, by the list's own order.
    pub after: Option<K>,
    /// How many, 1 to [`LIMIT_MAX`].
    pub limit: u32,
}

impl<K: DeserializeOwned> PageOf<K> {
    /// Reads a caller's `limit` and `cursor`.
    ///
    /// # Errors
    /// `invalid_field` for a limit out of bounds, `invalid_cursor` for a cursor that is not ours.
    pub fn parse(limit: Option<u32>, cursor: Option<&str>) -> Result<Self, Refusal> {
        let limit = limit.unwrap_or(20);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Refusal::field("limit", format!("must be 1 to {LIMIT_MAX}")));
        }
        let after = cursor
            .map(|cursor| {
                hex::decode(cursor).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
                    let mut refusal = Refusal::field("cursor", "must be `next_cursor` of the page before, unchanged");
                    refusal.code = Code::InvalidCursor;
                    refusal
                })
            })
            .transpose()?;
        Ok(Self { after, limit })
    }

    /// One more than the page has, to learn whether there is another.
    #[must_use]
    pub fn fetch_limit(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes the page from `limit + 1` rows fetched; `key` is the list's order of a row.
    pub fn cut<K: Serialize>(mut rows: Vec<T>, limit: u32, key: impl FnOnce(&T) -> K) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor =
            rows.last().filter(|_| more).and_then(|last| serde_json::to_vec(&key(last)).ok()).map(hex::encode);
        Self { items: rows, next_cursor }
    }

    /// The same page of something else.
    #[must_use]
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(show).collect(), next_cursor: self.next_cursor }
    }
}
