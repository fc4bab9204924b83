//! `/v1/reports`

pub(crate) mod sales;
