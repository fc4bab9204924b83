//! Who asks, and which cells the session opens.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{header, request::Parts},
};
use foundation::{Cell, Code, Refusal, Result, TenantTx, id::ResellerId};

use crate::{Cells, problem::Problem, session};

/// An operator whose session is good for the region in the address.
pub(crate) struct Operator {
    /// The name, for the audit log.
    pub(crate) name: String,
    /// The region that the session opens.
    region: String,
    /// The region's cells.
    pub(crate) cells: Vec<Cell>,
}

impl Operator {
    /// The region that the session opens.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// A transaction of this reseller, in whichever of the region's cells it lives.
    ///
    /// # Errors
    /// `not_found`, or the database's.
    pub(crate) async fn tenant(&self, reseller: ResellerId) -> Result<TenantTx> {
        for cell in &self.cells {
            if cell.mode_of(reseller).await?.is_some() {
                return cell.tenant(reseller).await;
            }
        }
        Err(Refusal::missing("reseller").into())
    }
}

impl FromRequestParts<Cells> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, cells: &Cells) -> Result<Self, Problem> {
        let operator = by_session(bearer(parts)?, cells)?;
        let address = RawPathParams::from_request_parts(parts, cells).await.map_err(|_| Refusal::missing("region"))?;
        let here = address.iter().any(|(name, value)| name == "region" && value == operator.region);
        if !here {
            let detail = format!("This session is for the region {}.", operator.region);
            return Err(Refusal::new(Code::Forbidden, detail).into());
        }
        Ok(operator)
    }
}

/// Whose session it is, with the cells of its region that it was signed for.
fn by_session(token: &str, cells: &Cells) -> Result<Operator, Refusal> {
    let mut opened: Option<Operator> = None;
    for served in cells.iter() {
        let Some(claims) = session::verify(token, &served.operator_key) else { continue };
        if claims.region == served.cell.region() {
            opened
                .get_or_insert(Operator { name: claims.sub, region: claims.region, cells: Vec::new() })
                .cells
                .push(served.cell.clone());
        }
    }
    opened.ok_or_else(|| Refusal::new(Code::CredentialsInvalid, "The session token is not one that is valid now."))
}

fn bearer(parts: &Parts) -> Result<&str, Refusal> {
    parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| {
            Refusal::new(Code::CredentialsMissing, "Send `Authorization: Bearer` and an operator's session token.")
        })
}
