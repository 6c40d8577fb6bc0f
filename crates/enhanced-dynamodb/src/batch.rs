//! Any number of items at once, in as many requests as it takes.

mod get;
mod rounds;

pub use get::BatchGetAllOutput;
