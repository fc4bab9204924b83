//! What somebody is told by e-mail who waits for tickets, or for a sale to open, and has bought nothing: the facts as they were when it happened, for whoever writes
//! them out.
//!
//! Nothing in here pays or opens anything. An id of an entry gives up a place and shows nothing of a person.

use foundation::{Instant, id::PerformanceId};
use serde::{Deserialize, Serialize};

use super::letter::PerformanceTold;

/// A letter to who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// What there is to tell.
    pub call: Call,
    /// By what the reader's entry is read and given up, as text.
    pub entry: String,
    /// For which performance.
    pub performance: PerformanceId,
    /// The reader's name.
    pub name: Option<String>,
    /// The performance as it was then, with the tickets of an offer.
    pub told: PerformanceTold,
}

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Call {
    /// The reader is on the waitlist.
    WaitlistJoined {
        /// For so many tickets.
        tickets: i16,
    },
    /// Tickets are kept for the reader.
    WaitlistOffered {
        /// Until when.
        ends_at: Instant,
    },
    /// They are not any more: they were not ordered in time.
    WaitlistLapsed,
    /// There will be no offer: the performance is sold no more.
    WaitlistClosed,
    /// The reader is told when the sale opens.
    InterestRegistered,
    /// It has.
    SaleOpened,
}

impl Call {
    /// Every kind of letter of this sort, as in the outbox.
    pub const KINDS: [&'static str; 6] =
        [WAITLIST_JOINED, WAITLIST_OFFERED, "waitlist_lapsed", "waitlist_closed", INTEREST_REGISTERED, SALE_OPENED];

    /// The letter's kind, as in the outbox.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::WaitlistJoined { .. } => WAITLIST_JOINED,
            Self::WaitlistOffered { .. } => WAITLIST_OFFERED,
            Self::WaitlistLapsed => "waitlist_lapsed",
            Self::WaitlistClosed => "waitlist_closed",
            Self::InterestRegistered => INTEREST_REGISTERED,
            Self::SaleOpened => SALE_OPENED,
        }
    }
}

/// The kind of letter that every later one about the same entry makes untrue.
pub const WAITLIST_JOINED: &str = "waitlist_joined";
/// The kind of letter that the end of the offer makes untrue.
pub const WAITLIST_OFFERED: &str = "waitlist_offered";
/// The kind of letter that the sale's opening makes untrue.
pub const INTEREST_REGISTERED: &str = "interest_registered";
/// The kind of letter that tells it.
pub const SALE_OPENED: &str = "sale_opened";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_read_back_and_says_its_kind() {
        let all = [
            Call::WaitlistJoined { tickets: 2 },
            Call::WaitlistOffered { ends_at: Instant::from_micros(1) },
            Call::WaitlistLapsed,
            Call::WaitlistClosed,
            Call::InterestRegistered,
            Call::SaleOpened,
        ];
        for (call, kind) in all.into_iter().zip(Call::KINDS) {
            let written = serde_json::to_value(&call).unwrap();
            assert_eq!((written["kind"].as_str(), call.kind()), (Some(kind), kind));
            assert_eq!(serde_json::from_value::<Call>(written).unwrap(), call);
        }
    }
}
