//! Names for new objects. They are random, so that an id says nothing about another one.

use uuid::Uuid;

/// A fresh id such as `pi_6f1d…`; `prefix` comes without its underscore.
pub(crate) fn fresh(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::new_v4().simple())
}
