//! `/v1`: the folder tree is the URL tree, one endpoint a file.

pub(crate) mod api_keys;
pub(crate) mod balance;
pub(crate) mod buyer_limit;
pub(crate) mod cancellations;
pub(crate) mod credits;
pub(crate) mod disputes;
pub(crate) mod events;
pub(crate) mod holds;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod performances;
pub(crate) mod promotions;
pub(crate) mod public;
pub(crate) mod quotes;
pub(crate) mod refunds;
pub(crate) mod reports;
pub(crate) mod reschedulings;
pub(crate) mod reseller;
pub(crate) mod resellers;
pub(crate) mod settlement_schedule;
pub(crate) mod settlements;
pub(crate) mod shows;
pub(crate) mod test_clock;
pub(crate) mod venues;
pub(crate) mod webhook_endpoints;
