//! The service's public model in Smithy's JSON form, which tests compare the client with where it is at hand.

use std::io;
use std::path::PathBuf;

use serde_json::Value;

/// The model: where `DYNAMODB_MODEL` says, else beside the workspace; nothing if there is none there.
///
/// # Errors
///
/// `DYNAMODB_MODEL` names a file that cannot be read, or the file is no JSON.
pub fn service_model() -> io::Result<Option<Value>> {
    let named = std::env::var_os("DYNAMODB_MODEL").map(PathBuf::from);
    let path = named.clone().unwrap_or_else(|| {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/dynamodb-model.json"))
    });
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if named.is_some() => {
            Err(io::Error::new(error.kind(), format!("DYNAMODB_MODEL names {}: {error}", path.display())))
        }
        Err(_) => Ok(None),
    }
}
