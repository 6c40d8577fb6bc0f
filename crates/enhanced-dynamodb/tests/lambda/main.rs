//! The client inside a Lambda function: the layer around a handler, and a whole function that is run by `lambda_runtime`
//! against a Runtime API of the test's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod emf;
mod function;
mod layer;
mod runtime_api;
