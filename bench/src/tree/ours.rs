//! This client, everything left at its default but the strategy.

use super::{
    Contestant,
    sdk::Read,
    shape::{CONVERSATION, CONVERSATIONS, Node},
};
use crate::{data::TABLE, error::Result, load};
use enhanced_dynamodb::{
    Client,
    tree::{Strategy, TreeSchema},
};

pub(super) async fn connect(address: &str) -> Result<Client> {
    Ok(load::options(address).build().await?)
}

/// Reads the conversation as this contestant does.
pub(super) async fn read(client: &Client, contestant: Contestant) -> Result<Read> {
    let adjacency = TreeSchema::default();
    let (schema, strategy) = match contestant {
        Contestant::KeptCounts => (adjacency.child_count("childCount").sole_writer(), Strategy::Adjacency),
        Contestant::Collection => (adjacency.tree_id("conversation", CONVERSATIONS), Strategy::Collection),
        Contestant::ByHand | Contestant::SameStrategy | Contestant::Adjacency => (adjacency, Strategy::Adjacency),
    };
    let mut request = client.read_tree(TABLE, Node::key(0)).schema(schema).strategy(strategy);
    if contestant == Contestant::Collection {
        request = request.tree(CONVERSATION);
    }
    let tree = request.send::<Node>().await?;
    Ok(Read { nodes: tree.metadata().node_count, requests: tree.metadata().requests })
}
