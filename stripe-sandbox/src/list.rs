//! Stripe's lists: newest first, pages by `limit`, `starting_after` and `ending_before`, filtered by time of creation.

use serde_json::{Value, json};

use crate::error::Error;
use crate::params::Params;
use crate::table::{Row, Table};

pub(crate) const DEFAULT_LIMIT: usize = 10;
const LARGEST_LIMIT: i64 = 100;

/// Which page of a list is wanted.
#[derive(Debug)]
pub(crate) struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
    from: i64,
    to: i64,
}

impl Page {
    /// Reads `limit`, `starting_after`, `ending_before` and `created`.
    pub(crate) fn parse(params: &mut Params) -> Result<Self, Error> {
        let limit = limit(params)?;
        let (from, to) = created(params)?;
        Ok(Self {
            limit,
            starting_after: params.filled("starting_after")?,
            ending_before: params.filled("ending_before")?,
            from,
            to,
        })
    }

    /// The page of a whole table. `show` gives `None` for what the list leaves out.
    pub(crate) fn of_table<T: Row>(
        &self,
        table: &Table<T>,
        url: &str,
        show: impl Fn(&T) -> Option<Value>,
    ) -> Result<Value, Error> {
        self.cut(table.rows().len(), |id| table.place(id), |place| table.rows().get(place), T::created, url, show)
    }

    /// The page of a few rows of a table, named by their ids, oldest first.
    pub(crate) fn of_ids<T: Row>(
        &self,
        table: &Table<T>,
        ids: &[String],
        url: &str,
        show: impl Fn(&T) -> Option<Value>,
    ) -> Result<Value, Error> {
        let place = |id: &str| ids.iter().position(|other| other == id);
        self.cut(ids.len(), place, |place| table.get(ids.get(place)?), T::created, url, show)
    }

    /// The page of `count` rows that lie oldest first in places `0..count`.
    pub(crate) fn cut<'a, T: 'a>(
        &self,
        count: usize,
        place: impl Fn(&str) -> Option<usize>,
        row: impl Fn(usize) -> Option<&'a T>,
        created: impl Fn(&T) -> i64,
        url: &str,
        show: impl Fn(&T) -> Option<Value>,
    ) -> Result<Value, Error> {
        let find = |id: &str, param| place(id).ok_or_else(|| Error::no_such("object", id, param));
        let shown = |place| {
            let row = row(place).filter(|row| created(row) <= self.to)?;
            show(row)
        };
        let young = |place: &usize| row(*place).is_some_and(|row| created(row) >= self.from);
        let mut data: Vec<Value> = if let Some(id) = &self.ending_before {
            let mut upward: Vec<Value> =
                (find(id, "ending_before")? + 1..count).filter(young).filter_map(shown).take(self.limit + 1).collect();
            let more = upward.len() > self.limit;
            upward.truncate(self.limit);
            upward.reverse();
            return Ok(rendered(upward, more, url));
        } else {
            let end = self.starting_after.as_ref().map_or(Ok(count), |id| find(id, "starting_after"))?;
            (0..end).rev().take_while(young).filter_map(shown).take(self.limit + 1).collect()
        };
        let more = data.len() > self.limit;
        data.truncate(self.limit);
        Ok(rendered(data, more, url))
    }
}

/// Stripe's list object.
pub(crate) fn rendered(data: Vec<Value>, has_more: bool, url: &str) -> Value {
    let mut list = json!({"object": "list", "data": null, "has_more": has_more, "url": url});
    // Moved in, because the macro would copy it.
    list["data"] = Value::Array(data);
    list
}

/// Reads `limit`: 1 to 100.
pub(crate) fn limit(params: &mut Params) -> Result<usize, Error> {
    match params.integer("limit")? {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=LARGEST_LIMIT).contains(&limit) => Ok(usize::try_from(limit).unwrap_or(DEFAULT_LIMIT)),
        Some(_) => Err(Error::parameter("parameter_invalid_integer", "Limit must be between 1 and 100.", "limit")),
    }
}

/// Reads `created=…` or `created[gte]=…` into an inclusive range.
fn created(params: &mut Params) -> Result<(i64, i64), Error> {
    let (mut from, mut to) = (i64::MIN, i64::MAX);
    match params.raw("created") {
        None => {}
        Some(Value::String(text)) => {
            let exact = text
                .parse()
                .map_err(|_| Error::parameter("parameter_invalid_integer", "Invalid integer", "created"))?;
            (from, to) = (exact, exact);
        }
        Some(Value::Object(map)) => {
            let mut range = Params::new(map);
            from = range.integer("gte")?.unwrap_or(from);
            from = range.integer("gt")?.map_or(from, |after| after.saturating_add(1));
            to = range.integer("lte")?.unwrap_or(to);
            to = range.integer("lt")?.map_or(to, |before| before.saturating_sub(1));
            range.finish()?;
        }
        Some(_) => {
            return Err(Error::parameter("parameter_invalid", "Invalid range", "created"));
        }
    }
    Ok((from, to))
}
