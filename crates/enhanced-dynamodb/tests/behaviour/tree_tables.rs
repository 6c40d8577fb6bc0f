//! The tables that trees lie in, and how a tree looks.

use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::tree::{Tree, TreeSchema};
use enhanced_dynamodb::{Client, Item, item};

/// A table `Chats` whose partition key is the chat and whose sort key is the message.
pub(crate) async fn chats(db: &Client) {
    let local = IndexDefinition::new("replies")
        .partition_key("chat", AttributeType::String)
        .sort_key("parent", AttributeType::String);
    db.create_table("Chats")
        .partition_key("chat", AttributeType::String)
        .sort_key("id", AttributeType::String)
        .local_index(local)
        .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String))
        .send()
        .await
        .unwrap();
}

pub(crate) fn by_chat() -> TreeSchema {
    TreeSchema::default().partitioned_by("chat")
}

pub(crate) async fn put_chat(db: &Client, chat: &str, nodes: &[(&str, &str)]) {
    for (id, parent) in nodes {
        let mut node = item! { "chat": chat, "id": *id, "text": format!("{chat} {id}") };
        if !parent.is_empty() {
            node.insert("parent", *parent);
        }
        db.put("Chats", &node).send().await.unwrap();
    }
}

/// A table `Forest` with the indexes `parent-index` and `tree-index`, which project as told.
pub(crate) async fn forest(db: &Client, projected: impl Fn(IndexDefinition) -> IndexDefinition) -> TreeSchema {
    let index = |name: &str, key: &str| projected(IndexDefinition::new(name).partition_key(key, AttributeType::String));
    db.create_table("Forest")
        .partition_key("id", AttributeType::String)
        .global_index(index("parent-index", "parent"))
        .global_index(index("tree-index", "tree"))
        .send()
        .await
        .unwrap();
    TreeSchema::default().tree_id("tree", "tree-index")
}

pub(crate) async fn put_forest(db: &Client, nodes: &[Item]) {
    for chunk in nodes.chunks(25) {
        let batch = chunk.iter().fold(db.batch_write(), |batch, node| batch.put("Forest", node));
        assert!(batch.send().await.unwrap().unprocessed.is_empty());
    }
}

pub(crate) fn outline(tree: &Tree<Item>) -> Vec<(u32, String)> {
    tree.preorder().map(|node| (node.depth(), node.value().get_s("id").unwrap_or("?").to_owned())).collect()
}

pub(crate) fn lines(expected: &[(u32, &str)]) -> Vec<(u32, String)> {
    expected.iter().map(|(depth, id)| (*depth, (*id).to_owned())).collect()
}
