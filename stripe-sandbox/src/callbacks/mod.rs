//! Sending events to the account's receiver, as Stripe does: signed, several attempts, in order for each payment where all goes well.
//!
//! Deliveries lie in lanes; all events of one payment take the same lane and are sent one after the other, different payments do not
//! wait for each other. A delivery that failed waits for its next attempt and holds nobody up.

mod delivery;
mod queue;
mod signature;

pub(crate) use delivery::{LANES, run_lane};
pub(crate) use queue::{Control, Queue};
