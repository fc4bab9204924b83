//! `/regions/{region}/resellers/{reseller}/fee_rules`: what the platform takes for selling.

pub(super) mod list;
pub(super) mod set;

use accounting::{Channel, Component, FeeRule, ProviderShare, RefundPolicy, Scope};
use foundation::{
    Instant,
    id::{FeeRuleId, ShowId},
};
use rust_decimal::Decimal;
use serde::Serialize;

/// A rule, and what it is for: everything, where it names neither show nor channel.
#[derive(Serialize)]
pub(super) struct RuleShown {
    id: FeeRuleId,
    show_id: Option<ShowId>,
    channel: Option<Channel>,
    valid_from: Instant,
    tax_rate: Decimal,
    components: Vec<Component>,
    provider: Option<ProviderShare>,
    refund_policy: RefundPolicy,
}

impl RuleShown {
    fn of(valid_from: Instant, scope: Scope, rule: &FeeRule) -> Self {
        Self {
            id: rule.id,
            show_id: scope.show,
            channel: scope.channel,
            valid_from,
            tax_rate: rule.tax_rate(),
            components: rule.components().to_vec(),
            provider: rule.provider().cloned(),
            refund_policy: rule.refund_policy(),
        }
    }
}
