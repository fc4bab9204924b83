//! Connected accounts: making and changing them, their bank accounts, and the way to the provider's form. Pure, like the payments.

mod account;
mod bank_account;
mod link;

pub(crate) use account::{Change, Create, platform_json};
pub(crate) use bank_account::NewBankAccount;
pub(crate) use link::{CreateLink, Filled};
