//! The rules: what may happen to a payment, in which state, and which events follow. Pure: a book, a context, no I/O.

pub(crate) mod authenticate;
pub(crate) mod cancel;
pub(crate) mod capture;
pub(crate) mod confirm;
pub(crate) mod create;
pub(crate) mod customer;
pub(crate) mod instrument;
pub(crate) mod later;
pub(crate) mod method;
pub(crate) mod refund;
pub(crate) mod update;
