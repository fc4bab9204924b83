//! The whole platform tested from outside; everything is in `tests/it/`. It must never hold code that the product needs.
