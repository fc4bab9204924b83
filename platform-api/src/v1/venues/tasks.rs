//! `/v1/venues/{venue_id}/tasks`

pub(crate) mod list;
