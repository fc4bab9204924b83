//! `/v1/quotes`

pub(crate) mod create;
