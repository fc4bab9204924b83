//! `/v1/test_clock`

pub(crate) mod advance;
