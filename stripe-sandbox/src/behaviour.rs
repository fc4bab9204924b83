//! How a test card or test bank account behaves: what its bank answers, how fast, and whether it wants to see the buyer first.

use serde::{Deserialize, Serialize};

use crate::decline::Decline;

/// What happens when the payment method is charged or refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Behaviour {
    Approves,
    Declines(Decline),
    /// A customer can keep the card; each payment with it is declined.
    DeclinesOnceKept,
    /// The payment succeeds; each refund of it fails some time after it seemed to succeed.
    RefundFails,
    /// The payment succeeds; each refund of it stays pending for some time.
    RefundPends,
    /// The payment succeeds and its money is available at once.
    AvailableAtOnce,
    /// The payment succeeds; some time later the bank makes trouble.
    Trouble(Trouble),
}

impl Behaviour {
    /// Why a payment fails, if it does.
    pub(crate) fn decline(self) -> Option<Decline> {
        match self {
            Self::Declines(decline) => Some(decline),
            Self::DeclinesOnceKept => Some(Decline::Generic),
            _ => None,
        }
    }
}

/// How long the bank takes to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pace {
    AtOnce,
    /// The payment is `processing` for some time.
    Slow,
    /// The same, for three minutes at least.
    Late,
}

/// Whether the bank wants to see the buyer (3-D Secure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Authentication {
    Never,
    /// Only if the seller asks for it.
    OnRequest,
    /// For every payment but those off session with a card that was set up for them.
    UnlessSetUp,
    /// The same for a card that is set up already.
    AlreadySetUp,
    Always,
}

impl Authentication {
    /// Whether this payment needs it.
    pub(crate) fn is_needed(self, off_session: bool, set_up: bool, requested: bool) -> bool {
        match self {
            Self::Never => false,
            Self::OnRequest => requested,
            Self::UnlessSetUp => !(off_session && set_up),
            Self::AlreadySetUp => !off_session,
            Self::Always => true,
        }
    }
}

/// What the bank does some time after a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trouble {
    /// A dispute: the buyer says that it was somebody else.
    DisputeFraudulent,
    /// A dispute: the buyer says that nothing came.
    DisputeNotReceived,
    /// Only a question, before any dispute.
    Inquiry,
    /// An early fraud warning.
    FraudWarning,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_was_set_up_spares_the_absent_buyer_only() {
        let needed = Authentication::is_needed;
        assert!(needed(Authentication::UnlessSetUp, true, false, false));
        assert!(!needed(Authentication::UnlessSetUp, true, true, false));
        assert!(needed(Authentication::UnlessSetUp, false, true, false), "a buyer who is there is asked");
        assert!(!needed(Authentication::AlreadySetUp, true, false, false));
        assert!(needed(Authentication::Always, true, true, false));
        assert!(!needed(Authentication::OnRequest, false, false, false));
        assert!(needed(Authentication::OnRequest, false, false, true));
    }
}
