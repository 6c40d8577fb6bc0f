//! Trees of items that name their parent, such as a conversation.

use enhanced_dynamodb::{ErrorKind, Item, Tree};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};

use crate::api::Api;
use crate::failure::Failure;
use crate::json;

pub(crate) async fn read(api: &Api, root: &str, request: &Request) -> Result<Response<Body>, Failure> {
    let max_depth = json::parameter::<u32>(request, "maxDepth", "a whole number, 0 for the root alone")?;
    let include_metadata = json::parameter::<bool>(request, "includeMetadata", "true or false")?;
    let mut read = api.db.read_tree(&api.config.tree_table, root);
    if let Some(depth) = max_depth {
        read = read.max_depth(depth);
    }
    let read = read.include_metadata(include_metadata.unwrap_or(false));
    let tree: Tree<Item> = match read.send().await {
        Ok(tree) => tree,
        Err(error) if error.kind() == ErrorKind::RootNotFound => {
            return Err(Failure::not_found("There is no tree with this root."));
        }
        Err(error) => return Err(error.into()),
    };
    json::text_answer(StatusCode::OK, tree.to_json()?)
}
