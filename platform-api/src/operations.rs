//! What is not the reseller's: liveness, readiness, metrics, and the payment provider's callbacks.

pub(crate) mod callbacks;
pub(crate) mod health;
