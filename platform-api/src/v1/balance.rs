//! `/v1/balance`

pub(crate) mod get;
