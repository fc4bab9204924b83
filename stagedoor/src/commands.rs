//! The subcommands, one a file.

pub(crate) mod api;
pub(crate) mod books;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod listen;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod operator_token;
pub(crate) mod reconcile;
pub(crate) mod reseal;
pub(crate) mod roles;
pub(crate) mod start;
pub(crate) mod trigger;
pub(crate) mod verify;
