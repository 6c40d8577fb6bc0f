//! The samples of the original TypeScript README in Rust, each in a file under the name of its heading.
//!
//! `tests/readme.rs` runs them on every engine; the Lambda function is run by the tests of `lambda-api`. They take the tables
//! that they use for granted, as the original does.
#![forbid(unsafe_code)]
// Samples show what they find.
#![allow(clippy::print_stdout)]

#[path = "../readme/basic_usage.rs"]
pub mod basic_usage;
#[path = "../readme/batch_operations.rs"]
pub mod batch_operations;
#[path = "../readme/configuration_options.rs"]
pub mod configuration_options;
#[path = "../readme/core_methods.rs"]
pub mod core_methods;
#[path = "../readme/environment_variables.rs"]
pub mod environment_variables;
#[path = "../readme/error_handling.rs"]
pub mod error_handling;
#[path = "../readme/health_checks.rs"]
pub mod health_checks;
#[path = "../readme/local_development.rs"]
pub mod local_development;
#[path = "../readme/migration_guide.rs"]
pub mod migration_guide;
#[path = "../readme/transactions.rs"]
pub mod transactions;
#[path = "../readme/tree_operations.rs"]
pub mod tree_operations;
#[path = "../readme/utility_methods.rs"]
pub mod utility_methods;
