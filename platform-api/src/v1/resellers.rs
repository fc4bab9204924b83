//! `/v1/regions/{region}/resellers`: opening an account.

pub(crate) mod register;
