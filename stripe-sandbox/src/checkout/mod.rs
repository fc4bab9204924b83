//! Checkout: sessions from their creation to their end. A session never charges by itself; it makes a payment intent when its buyer
//! pays, and follows it.

pub(crate) mod create;
mod end;
pub(crate) mod submit;
