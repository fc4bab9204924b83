//! `/regions/{region}/resellers/{reseller}/adjustments`: corrections of a reseller's money.

pub(super) mod approve;
pub(super) mod create;
pub(super) mod list;
pub(super) mod reverse;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use foundation::{
    Refusal,
    id::{AdjustmentId, ResellerId},
};
use serde::Deserialize;

use crate::{Cells, problem::Problem};

/// The reseller and the adjustment in the address.
pub(super) struct AdjustmentPath(ResellerId, AdjustmentId);

#[derive(Deserialize)]
struct Address {
    reseller: String,
    adjustment: String,
}

impl FromRequestParts<Cells> for AdjustmentPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cells: &Cells) -> Result<Self, Problem> {
        let missing = || Refusal::missing("adjustment");
        let Path(address) = Path::<Address>::from_request_parts(parts, cells).await.map_err(|_| missing())?;
        let reseller = address.reseller.parse().map_err(|_| Refusal::missing("reseller"))?;
        Ok(Self(reseller, address.adjustment.parse().map_err(|_| missing())?))
    }
}
