//! Corrections that operators decide on: what one is, and when a second person has to agree.

use foundation::{
    Code, Instant, Money, Refusal,
    id::{AdjustmentId, OrderId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::postings::corrections::{Adjustment, Reason};

/// Up to so much of any currency one person decides alone.
const ALONE_MAX: Decimal = Decimal::from_parts(500, 0, 0, false, 0);

/// Where a correction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentState {
    /// A second person has to agree.
    Proposed,
    /// It is in the books.
    Posted,
    /// It was undone.
    Reversed,
}

impl AdjustmentState {
    /// The word used in tables and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Posted => "posted",
            Self::Reversed => "reversed",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Proposed, Self::Posted, Self::Reversed].into_iter().find(|state| state.as_str() == text)
    }
}

/// A correction of a reseller's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Correction {
    /// Its id.
    pub id: AdjustmentId,
    /// Where it stands.
    pub state: AdjustmentState,
    /// Why, as the books know it: who bears it.
    pub kind: Reason,
    /// In the reseller's favour; below zero, to its debit.
    pub amount: Money,
    /// What it corrects, if that is about an order.
    pub order_id: Option<OrderId>,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// Who agreed, where that was needed.
    pub approved_by: Option<String>,
    /// Who undid it.
    pub reversed_by: Option<String>,
    /// When it was proposed.
    pub created_at: Instant,
}

impl Correction {
    /// A correction that this operator decides on. It is `posted`, or `proposed` where a second one has to agree.
    ///
    /// # Errors
    /// `invalid_field` if the amount is nothing, or the reason is empty.
    pub fn new(
        (kind, amount, order_id): (Reason, Money, Option<OrderId>),
        (operator, reason): (&str, &str),
        created_at: Instant,
    ) -> Result<Self, Refusal> {
        if amount.amount().is_zero() {
            return Err(Refusal::field("/amount/amount", "must not be nothing"));
        }
        if reason.trim().is_empty() {
            return Err(Refusal::field("/reason", "must say why"));
        }
        let alone = amount.amount().abs() <= ALONE_MAX;
        Ok(Self {
            id: AdjustmentId::new(),
            state: if alone { AdjustmentState::Posted } else { AdjustmentState::Proposed },
            kind,
            amount,
            order_id,
            reason: reason.to_owned(),
            proposed_by: operator.to_owned(),
            approved_by: None,
            reversed_by: None,
            created_at,
        })
    }

    /// A second operator agrees.
    ///
    /// # Errors
    /// `adjustment_not_open` if there is nothing to agree to, `forbidden` if it is the first one.
    pub fn approved(self, operator: &str) -> Result<Self, Refusal> {
        if self.state != AdjustmentState::Proposed {
            return Err(self.not_now("agreed to"));
        }
        if self.proposed_by == operator {
            let detail = "Whoever has proposed an adjustment of this size cannot be the one who agrees to it.";
            return Err(Refusal::new(Code::Forbidden, detail));
        }
        Ok(Self { state: AdjustmentState::Posted, approved_by: Some(operator.to_owned()), ..self })
    }

    /// It is undone.
    ///
    /// # Errors
    /// `adjustment_not_open` if it is not in the books, or was undone before.
    pub fn reversed(self, operator: &str) -> Result<Self, Refusal> {
        if self.state != AdjustmentState::Posted {
            return Err(self.not_now("undone"));
        }
        Ok(Self { state: AdjustmentState::Reversed, reversed_by: Some(operator.to_owned()), ..self })
    }

    fn not_now(&self, what: &str) -> Refusal {
        let state = self.state.as_str();
        Refusal::new(Code::AdjustmentNotOpen, format!("The adjustment is {state} and cannot be {what}."))
    }

    /// The correction as it is posted.
    #[must_use]
    pub(crate) fn posting(&self) -> Adjustment {
        Adjustment {
            adjustment: self.id,
            order: self.order_id,
            currency: self.amount.currency(),
            amount: self.amount.amount(),
            reason: self.kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(amount: &str) -> Correction {
        let amount = Money::new(amount.parse().unwrap(), "EUR".parse().unwrap()).unwrap();
        Correction::new((Reason::Goodwill, amount, None), ("ada", "sorry"), Instant::LONG_AGO).unwrap()
    }

    #[test]
    fn above_the_limit_another_person_has_to_agree() {
        for (amount, state) in [
            ("500.00", AdjustmentState::Posted),
            ("-500.00", AdjustmentState::Posted),
            ("500.01", AdjustmentState::Proposed),
            ("-500.01", AdjustmentState::Proposed),
        ] {
            assert_eq!(of(amount).state, state, "{amount}");
        }
        assert_eq!(of("501.00").approved("ada").unwrap_err().code, Code::Forbidden);
        let agreed = of("501.00").approved("grace").unwrap();
        assert_eq!((agreed.state, agreed.approved_by.as_deref()), (AdjustmentState::Posted, Some("grace")));
        assert_eq!(agreed.approved("alan").unwrap_err().code, Code::AdjustmentNotOpen);
    }

    #[test]
    fn it_is_undone_once_and_only_if_it_was_posted() {
        assert_eq!(of("501.00").reversed("ada").unwrap_err().code, Code::AdjustmentNotOpen);
        let undone = of("10.00").reversed("grace").unwrap();
        assert_eq!(undone.reversed("grace").unwrap_err().code, Code::AdjustmentNotOpen);
    }
}
