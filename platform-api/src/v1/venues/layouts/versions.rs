//! `/v1/venues/{venue_id}/layouts/{layout_id}/versions`

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod publish;
pub(crate) mod withdraw;
