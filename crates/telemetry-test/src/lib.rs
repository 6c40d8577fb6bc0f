//! The tests of this package are its purpose: see `tests/`.
