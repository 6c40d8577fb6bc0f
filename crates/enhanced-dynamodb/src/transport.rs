//! One attempt: where it goes, and what it is signed with.

mod credentials;
mod endpoint;
