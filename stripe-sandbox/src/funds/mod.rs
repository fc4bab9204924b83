//! What an account has, and where it goes: the balance, transfers to connected accounts, payouts to banks. Pure, like the payments.

mod balance;
mod payout;
mod transfer;

pub(crate) use balance::Balances;
pub(crate) use transfer::Create as CreateTransfer;
pub(crate) use transfer::Reverse;

pub(crate) use payout::Create as CreatePayout;
