//! The pure rules: what a key says and may do, what an account must tell. No I/O, no clock, no randomness but a key's own.

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod caller;
pub(crate) mod fields;
pub(crate) mod key_text;
pub(crate) mod mail;
pub(crate) mod notice;
pub(crate) mod reseller;
pub(crate) mod scope;
pub(crate) mod test_clock;
