//! `POST /regions/{region}/resellers/{reseller}/hosting_terms`: from the month on that runs.

use accounting::HostingTerms;
use axum::Json;
use foundation::{Error, Money, money::exact_decimal};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::TermsShown;
use crate::{body::Body, operator::Operator, problem::Problem, regions::resellers::ResellerPath};

/// The terms, and why they are set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::regions::resellers) struct NewTerms {
    reason: String,
    /// Null: nothing is charged.
    fee: Option<Money>,
    #[serde(default, deserialize_with = "exact_decimal")]
    tax_rate: Decimal,
}

pub(in crate::regions::resellers) async fn set(
    operator: Operator,
    ResellerPath(id): ResellerPath,
    Body(new): Body<NewTerms>,
) -> Result<Json<TermsShown>, Problem> {
    let terms = new.fee.map(|fee| HostingTerms::new(fee, new.tax_rate)).transpose()?;
    let mut tx = operator.tenant(id).await?;
    accounting::set_hosting_terms(&mut tx, terms.as_ref()).await?;
    tenancy::record(&mut tx, &operator.name, "hosting_terms.set", &new.reason).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(Json(terms.into()))
}
