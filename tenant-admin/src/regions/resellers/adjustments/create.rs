//! `POST /regions/{region}/resellers/{reseller}/adjustments`: in the reseller's favour or, below zero, to its debit; once for its key.

use accounting::Reason;
use axum::response::Response;
use foundation::{Currency, Money, Refusal, id::OrderId, money::exact_decimal};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{
    once::{self, Keyed},
    operator::Operator,
    problem::Problem,
    regions::resellers::ResellerPath,
};

/// How much and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::regions::resellers) struct NewAdjustment {
    reason: String,
    kind: Reason,
    amount: Amount,
    order_id: Option<OrderId>,
}

/// Money that may be less than nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    #[serde(deserialize_with = "exact_decimal")]
    amount: Decimal,
    currency: Currency,
}

pub(in crate::regions::resellers) async fn create(
    operator: Operator,
    ResellerPath(id): ResellerPath,
    Keyed { key, body: new }: Keyed<NewAdjustment>,
) -> Result<Response, Problem> {
    let Amount { amount, currency } = new.amount;
    let amount = Money::new(amount, currency).map_err(|error| Refusal::field("/amount/amount", error.to_string()))?;
    let mut tx = operator.tenant(id).await?;
    if let Some(answer) = once::before(&mut tx, &key).await? {
        return Ok(answer);
    }
    let by = (operator.name.as_str(), new.reason.as_str());
    let correction = accounting::adjust(&mut tx, (new.kind, amount, new.order_id), by).await?;
    tenancy::record(&mut tx, &operator.name, "adjustment.created", &new.reason).await?;
    Ok(once::finish(tx, &key, &correction).await?)
}
