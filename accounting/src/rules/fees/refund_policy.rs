//! What becomes of the fees when tickets are given back: part of the rule that they were charged by.

use serde::{Deserialize, Serialize};

/// What a refund does with the platform's fees, frozen on the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundPolicy {
    /// The platform keeps them; the buyer gets the face values.
    #[default]
    FeesKept,
    /// They go back: the buyer gets all that was paid for the tickets.
    FeesReturned,
}

impl RefundPolicy {
    /// The word used in tables and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FeesKept => "fees_kept",
            Self::FeesReturned => "fees_returned",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::FeesKept, Self::FeesReturned].into_iter().find(|policy| policy.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_policy_reads_back_what_it_writes() {
        for policy in [RefundPolicy::FeesKept, RefundPolicy::FeesReturned] {
            assert_eq!(RefundPolicy::parse(policy.as_str()), Some(policy));
        }
        assert_eq!(RefundPolicy::parse("fees"), None);
    }
}
