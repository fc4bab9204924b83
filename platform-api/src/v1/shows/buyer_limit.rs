//! `/v1/shows/{show_id}/buyer_limit`

pub(crate) mod get;
pub(crate) mod update;
