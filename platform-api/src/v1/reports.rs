//! `/v1/reports`

pub(crate) mod forecast;
pub(crate) mod sales;
