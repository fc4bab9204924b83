//! `/v1/events`

pub(crate) mod get;
pub(crate) mod list;
