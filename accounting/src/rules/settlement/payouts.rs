//! The payouts of a settlement: what left the reseller's balance for a bank, and what became of it within the period.

use std::collections::{BTreeMap, HashMap};

use foundation::{Currency, Money, id::PayoutId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::row::{Entry, Names, PayoutName};

/// The most that a settlement lists.
const LISTED_MAX: usize = 1_000;

/// How far a payout got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayoutStep {
    /// It was taken from the balance.
    Created,
    /// The bank has it.
    Paid,
    /// It came back, and is in the balance again.
    Failed,
}

/// A payout as it stood at the end of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettlementPayout {
    /// The payout.
    pub id: PayoutId,
    /// How much.
    pub amount: Money,
    /// The newest step of it in this period.
    pub state: PayoutStep,
    /// By what the bank's line is found: what the payment provider calls the payout to the bank. Null where the transfer to it had not
    /// been made when the period was closed; the settlement in which it arrived then has it.
    pub bank_reference: Option<String>,
}

/// The payouts of a period, while its book is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payouts(BTreeMap<PayoutId, (Decimal, PayoutStep, Option<String>)>);

impl Payouts {
    /// Enters a journal, if it is a step of a payout.
    pub(crate) fn enter(&mut self, entry: &Entry, names: &Names) {
        let step = match entry.source.split_once(':').map(|(kind, _)| kind) {
            Some("payout") => PayoutStep::Created,
            Some("payout_paid") => PayoutStep::Paid,
            Some("payout_failed") => PayoutStep::Failed,
            _ => return,
        };
        let Some(id) = entry.about.payout_id else { return };
        let amount = entry.lines.iter().map(|line| line.amount.abs()).max().unwrap_or_default();
        if self.0.len() < LISTED_MAX || self.0.contains_key(&id) {
            let reference = names.payouts.get(&id).and_then(|name| name.to_bank.clone());
            self.0.insert(id, (amount, step, reference));
        }
    }

    /// Which ones they are.
    pub(crate) fn ids(&self) -> Vec<PayoutId> {
        self.0.keys().copied().collect()
    }

    /// Calls them what they are called now.
    pub(crate) fn rename(&mut self, names: &HashMap<PayoutId, PayoutName>) {
        for (id, (_, _, reference)) in &mut self.0 {
            *reference = names.get(id).and_then(|name| name.to_bank.clone());
        }
    }

    /// What is told of them.
    pub(crate) fn listed(&self, currency: Currency) -> Vec<SettlementPayout> {
        let listed =
            |(&id, (amount, state, reference)): (&PayoutId, &(Decimal, PayoutStep, Option<String>))| SettlementPayout {
                id,
                amount: Money::rounded(*amount, currency),
                state: *state,
                bank_reference: reference.clone(),
            };
        self.0.iter().map(listed).collect()
    }
}
