//! The ground that every business stands on: typed ids, money, time, the tenant's transaction, the event log,
//! idempotency, throttling, sealed secrets, the mail outbox, and the one form in which a request is refused.
//!
//! It knows no business and no HTTP. Nothing here may name a show, a ticket or an account of the ledger.

pub mod cell;
pub mod country;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod input;
pub mod local_time;
pub mod mail;
pub mod money;
pub mod page;
pub mod refusal;
pub mod schema;
pub mod seal;
pub mod sequencer;
pub mod throttle;
pub mod time;
pub mod verify;
pub mod version;

pub use cell::{Cell, Mode, TenantTx};
pub use country::Country;
pub use id::Id;
pub use money::{Currency, Money};
pub use refusal::{Code, Error, Refusal, Result};
pub use time::Instant;
