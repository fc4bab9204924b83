//! `POST /regions/{region}/resellers/{reseller}/fee_rules`: a rule that holds from now on. Orders that exist keep their fees.

use accounting::{Channel, Component, FeeRule, ProviderShare, RefundPolicy, Scope};
use axum::Json;
use foundation::{
    Error,
    id::{FeeRuleId, ShowId},
    money::exact_decimal,
};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::RuleShown;
use crate::{body::Body, operator::Operator, problem::Problem, regions::resellers::ResellerPath};

/// The rule, what it is for, and why it is set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::regions::resellers) struct NewRule {
    reason: String,
    show_id: Option<ShowId>,
    channel: Option<Channel>,
    #[serde(deserialize_with = "exact_decimal")]
    tax_rate: Decimal,
    components: Vec<Component>,
    provider: Option<ProviderShare>,
    #[serde(default)]
    refund_policy: RefundPolicy,
}

pub(in crate::regions::resellers) async fn set(
    operator: Operator,
    ResellerPath(id): ResellerPath,
    Body(new): Body<NewRule>,
) -> Result<Json<RuleShown>, Problem> {
    let rule = FeeRule::new(FeeRuleId::new(), new.components, new.tax_rate)?
        .expecting(new.provider)?
        .refunding(new.refund_policy);
    let scope = Scope { show: new.show_id, channel: new.channel };
    let mut tx = operator.tenant(id).await?;
    let from = accounting::set_fee_rule(&mut tx, scope, &rule).await?;
    tenancy::record(&mut tx, &operator.name, "fee_rule.set", &new.reason).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(Json(RuleShown::of(from, scope, &rule)))
}
