//! Stripe's objects: a typed core that is kept, and its JSON as Stripe's clients parse it, every field present. They hold no rule.

pub(crate) mod account;
pub(crate) mod account_link;
pub(crate) mod balance_transaction;
pub(crate) mod bank_account;
pub(crate) mod charge;
pub(crate) mod checkout_session;
pub(crate) mod customer;
pub(crate) mod dispute;
pub(crate) mod early_fraud_warning;
pub(crate) mod event;
pub(crate) mod payment_intent;
pub(crate) mod payment_method;
pub(crate) mod payout;
pub(crate) mod refund;
pub(crate) mod transfer;
pub(crate) mod webhook_endpoint;
