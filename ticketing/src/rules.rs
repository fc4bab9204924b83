//! What shows, stock, holds and orders are and which rules bind them. Nothing here does I/O or reads a clock.

pub mod catalogue;
pub mod order;
pub mod stock;
