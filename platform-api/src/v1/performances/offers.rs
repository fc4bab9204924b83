//! `/v1/performances/{performance_id}/offers/{offer_id}`

pub(crate) mod get;
pub(crate) mod update;
