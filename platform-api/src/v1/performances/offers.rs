//! `/v1/performances/{performance_id}/offers`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod update;
