//! A tree as nested JSON.

use enhanced_dynamodb::tree::Tree;
use enhanced_dynamodb::{Client, ErrorKind, Item, Number, StringSet, item};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::common::{client, nodes, put_nodes};

async fn json_of(db: &Client, root: &str, with_metadata: bool) -> Value {
    let tree: Tree<Item> = db.read_tree("Nodes", root).include_metadata(with_metadata).send().await.unwrap();
    let text = tree.to_json().unwrap();
    assert_eq!(serde_json::to_string(&tree).unwrap(), text, "serde writes the same");
    serde_json::from_str(&text).unwrap()
}

testkit::on_both_engines! {
    async fn each_node_has_its_members_and_its_children(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("b", "r"), ("a1", "a")]).await;
        let expected = json!({
            "id": "r",
            "children": [
                { "id": "a", "parent": "r", "children": [{ "id": "a1", "parent": "a", "children": [] }] },
                { "id": "b", "parent": "r", "children": [] },
            ],
        });
        assert_eq!(json_of(&db, "r", false).await, expected);
        assert_eq!(json_of(&db, "b", false).await, json!({ "id": "b", "parent": "r", "children": [] }));
    }

    async fn metadata_stands_at_the_root_if_asked_for(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r"), ("a1", "a")]).await;
        let with = json_of(&db, "r", true).await;
        let expected = json!({ "nodeCount": 3, "depth": 2, "rootId": "r", "truncated": false, "cycles": 0 });
        assert_eq!(with["metadata"], expected);
        assert!(with["children"][0].get("metadata").is_none());
        let tree: Tree<Item> = db.read_tree("Nodes", "r").max_depth(1).include_metadata(true).send().await.unwrap();
        let text = serde_json::to_value(&tree).unwrap();
        assert_eq!((&text["metadata"]["truncated"], &text["metadata"]["nodeCount"]), (&json!(true), &json!(2)));
    }

    async fn members_named_children_or_metadata_give_way_only_where_they_must(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("a", "r")]).await;
        let root =
            item! { "id": "r", "children": "three", "metadata": { "kept": [1] }, "text": "about \"children\": {}" };
        db.put("Nodes", &root).send().await.unwrap();
        let plain = json_of(&db, "r", false).await;
        assert_eq!(plain["children"], json!([{ "id": "a", "parent": "r", "children": [] }]));
        assert_eq!(plain["metadata"], json!({ "kept": [1] }));
        assert_eq!(plain["text"], "about \"children\": {}");
        let with = json_of(&db, "r", true).await;
        assert_eq!((&with["metadata"]["nodeCount"], &with["text"]), (&json!(2), &plain["text"]));
    }

    async fn values_are_plain_json(engine: Engine) {
        let db = client(&engine).await;
        nodes(&db).await;
        let root = item! {
            "id": "r", "n": "1.5".parse::<Number>().unwrap(), "tags": StringSet::from(["a", "b"]), "none": null,
            "text": "line\n\"quoted\" é",
        };
        db.put("Nodes", &root).send().await.unwrap();
        let expected = json!({
            "id": "r", "n": 1.5, "tags": ["a", "b"], "none": null, "text": "line\n\"quoted\" é", "children": [],
        });
        assert_eq!(json_of(&db, "r", false).await, expected);
    }

    async fn a_type_of_ones_own_decides_its_members(engine: Engine) {
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all(serialize = "camelCase"))]
        struct Node {
            id: String,
            #[serde(skip_serializing)]
            #[allow(dead_code, reason = "only read")]
            parent: Option<String>,
            #[serde(default)]
            reply_count: u32,
        }
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", ""), ("a", "r")]).await;
        let tree: Tree<Node> = db.read_tree("Nodes", "r").send().await.unwrap();
        let child = json!({ "id": "a", "replyCount": 0, "children": [] });
        assert_eq!(serde_json::to_value(&tree).unwrap(), json!({ "id": "r", "replyCount": 0, "children": [child] }));

        #[derive(Serialize, Deserialize)]
        struct Empty {}
        let tree: Tree<Empty> = db.read_tree("Nodes", "r").send().await.unwrap();
        assert_eq!(tree.to_json().unwrap(), r#"{"children":[{"children":[]}]}"#);
    }

    async fn a_node_that_is_no_object_is_an_error(engine: Engine) {
        #[derive(Deserialize)]
        struct Id {
            id: String,
        }
        impl Serialize for Id {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.id)
            }
        }
        let db = client(&engine).await;
        nodes(&db).await;
        put_nodes(&db, &[("r", "")]).await;
        let tree: Tree<Id> = db.read_tree("Nodes", "r").send().await.unwrap();
        assert_eq!(tree.to_json().unwrap_err().kind(), ErrorKind::Encode);
        assert!(serde_json::to_string(&tree).is_err());
    }
}
