//! `/v1/performances/{performance_id}/buyer_limit`

pub(crate) mod get;
pub(crate) mod update;
