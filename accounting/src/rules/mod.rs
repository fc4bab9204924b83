//! The rules: pure, no I/O, no clock.

pub(crate) mod about;
pub(crate) mod account;
pub(crate) mod allocation;
pub(crate) mod books;
pub(crate) mod fees;
pub(crate) mod journal;
pub(crate) mod postings;
pub(crate) mod settlement;
pub(crate) mod source;
pub(crate) mod table;

#[cfg(test)]
mod histories;
