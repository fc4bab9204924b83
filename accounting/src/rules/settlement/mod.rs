//! The settlement of a period: its rows, what they come to, and when periods end. Pure: journals in their places come in, and the
//! same journals always make the same bytes.

pub(crate) mod book;
pub(crate) mod category;
pub(crate) mod document;
pub(crate) mod fees;
pub(crate) mod payouts;
pub(crate) mod row;
pub(crate) mod schedule;

#[cfg(test)]
mod tests;
