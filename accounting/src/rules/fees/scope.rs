//! Which of several rules holds for a sale: the one that says most about it.

use foundation::{
    Currency,
    id::{FeeRuleId, ShowId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{FeeRule, TicketFees, refund_policy::RefundPolicy};

/// By what a ticket is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The reseller's own system.
    #[default]
    Api,
    /// The hosted shop.
    HostedShop,
}

impl Channel {
    /// `api` or `hosted_shop`, as in tables and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::HostedShop => "hosted_shop",
        }
    }

    /// The channel of this name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Api, Self::HostedShop].into_iter().find(|channel| channel.as_str() == name)
    }
}

/// What a rule is for; everything of the reseller's, where it names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// Tickets of this show only.
    pub show: Option<ShowId>,
    /// What is sold by this channel only.
    pub channel: Option<Channel>,
}

impl Scope {
    fn covers(self, show: ShowId, channel: Channel) -> bool {
        self.show.is_none_or(|of| of == show) && self.channel.is_none_or(|of| of == channel)
    }

    /// A rule of the show is nearer than one of the channel.
    fn nearness(self) -> (bool, bool) {
        (self.show.is_some(), self.channel.is_some())
    }
}

/// The rules in force at a time, one per scope; the platform's default holds where none is for a sale.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeeRules(pub Vec<(Scope, FeeRule)>);

/// What a sale costs in fees, ticket by ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleFees {
    /// For each ticket, in the order in which they were given, the rule that holds for it and what that comes to.
    pub tickets: Vec<(FeeRuleId, TicketFees)>,
    /// What the payment provider is expected to take of the payment, if every rule says so.
    pub provider: Option<Decimal>,
    /// What a refund of them will do with the fees.
    pub refund_policy: RefundPolicy,
}

impl FeeRules {
    /// The rule that says most about this sale.
    #[must_use]
    pub fn nearest(&self, show: ShowId, channel: Channel) -> FeeRule {
        let covering = self.0.iter().filter(|(scope, _)| scope.covers(show, channel));
        let nearest = covering.max_by_key(|(scope, _)| scope.nearness());
        nearest.map_or_else(FeeRule::platform_default, |(_, rule)| rule.clone())
    }

    /// The fees of tickets (show and price, in the currency's own decimals) that are bought together. Those of one rule are
    /// counted together. The fees go back with a refund if the rule of every ticket says so: an order has one policy.
    #[must_use]
    pub fn for_sale(&self, channel: Channel, tickets: &[(ShowId, Decimal)], currency: Currency) -> SaleFees {
        let rules: Vec<FeeRule> = tickets.iter().map(|(show, _)| self.nearest(*show, channel)).collect();
        let mut fees: Vec<(FeeRuleId, TicketFees)> =
            rules.iter().map(|rule| (rule.id, TicketFees::default())).collect();
        let mut provider = Some(Decimal::ZERO);
        for (first, rule) in rules.iter().enumerate() {
            if rules[..first].contains(rule) {
                continue;
            }
            let of_rule: Vec<usize> = (first..rules.len()).filter(|i| rules[*i] == *rule).collect();
            let prices: Vec<Decimal> = of_rule.iter().map(|i| tickets[*i].1).collect();
            let mut paid = Decimal::ZERO;
            for (i, of_ticket) in of_rule.iter().zip(rule.for_tickets(&prices, currency)) {
                paid += tickets[*i].1 + of_ticket.buyer_fee;
                fees[*i].1 = of_ticket;
            }
            provider = provider.zip(rule.provider()).map(|(sum, share)| sum + share.of(paid, currency));
        }
        let returned = |rule: &FeeRule| rule.refund_policy() == RefundPolicy::FeesReturned;
        let all_returned = !rules.is_empty() && rules.iter().all(returned);
        let refund_policy = if all_returned { RefundPolicy::FeesReturned } else { RefundPolicy::FeesKept };
        SaleFees { tickets: fees, provider, refund_policy }
    }
}
