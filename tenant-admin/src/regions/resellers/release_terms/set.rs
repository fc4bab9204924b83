//! `POST /regions/{region}/resellers/{reseller}/release_terms`: terms for every release from now on.

use accounting::ReleaseTerms;
use axum::Json;
use foundation::{Error, money::exact_decimal};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::TermsShown;
use crate::{body::Body, operator::Operator, problem::Problem, regions::resellers::ResellerPath};

/// The terms, and why they are set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::regions::resellers) struct NewTerms {
    reason: String,
    release_after_days: u16,
    #[serde(deserialize_with = "exact_decimal")]
    reserve_percentage: Decimal,
    reserve_days: u16,
}

pub(in crate::regions::resellers) async fn set(
    operator: Operator,
    ResellerPath(id): ResellerPath,
    Body(new): Body<NewTerms>,
) -> Result<Json<TermsShown>, Problem> {
    let terms = ReleaseTerms::new(new.release_after_days, new.reserve_percentage, new.reserve_days)?;
    let mut tx = operator.tenant(id).await?;
    accounting::set_release_terms(&mut tx, &terms).await?;
    tenancy::record(&mut tx, &operator.name, "release_terms.set", &new.reason).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(Json(terms.into()))
}
