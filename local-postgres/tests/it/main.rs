//! The servers that are started for real, and the deaths that they must survive or not outlive.

#![expect(clippy::expect_used, reason = "a helper of a test fails the test by panicking")]

mod child;
mod lasting;
mod throw_away;
mod trouble;
mod workshop;
