//! The rules: pure, no I/O, no clock.

pub(crate) mod about;
pub(crate) mod account;
pub(crate) mod adjustments;
pub(crate) mod allocation;
pub(crate) mod books;
pub(crate) mod comparison;
pub(crate) mod fees;
pub(crate) mod hosting;
pub(crate) mod journal;
pub(crate) mod postings;
pub(crate) mod release;
pub(crate) mod settlement;
pub(crate) mod shares;
pub(crate) mod source;
pub(crate) mod table;
pub(crate) mod ticket_tax;

#[cfg(test)]
mod histories;
