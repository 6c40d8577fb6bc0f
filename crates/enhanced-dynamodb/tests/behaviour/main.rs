//! What the client does with tables and items, through its public API: one body a test, on dynoxide and on DynamoDB
//! Local.
//!
//! One program for all topics, because each test program starts an emulator of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

mod batch_get;
mod batch_get_all;
mod batch_get_stream;
mod batch_operations;
mod batch_write;
mod call;
mod capacity;
mod conditions;
mod cursor;
mod delete_all;
mod ensure_table;
mod exactly_once;
mod expired;
mod gate;
mod get;
mod health;
mod legacy;
mod limit;
mod lost_answers;
mod parameters;
mod query;
mod refused;
mod scan;
mod segments;
mod size;
mod statements;
mod table_changes;
mod table_definitions;
mod tables;
mod transactions;
mod tree;
mod tree_append;
mod tree_arrival;
mod tree_copy;
mod tree_delete;
mod tree_insert;
mod tree_json;
mod tree_limits;
mod tree_move;
mod tree_parts;
mod tree_properties;
mod tree_races;
mod tree_render;
mod tree_stack;
mod tree_strategies;
mod tree_tables;
mod tree_verify;
mod tree_walks;
mod update;
mod values;
mod versions;
mod writes;
