//! Trees, nested as they are read.

use enhanced_dynamodb::item;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::common::{Function, Source, call, function};

async fn with_conversation(function: &Function) {
    for (id, parent) in [("m1", None), ("m2", Some("m1")), ("m3", Some("m2")), ("m4", Some("m1"))] {
        let mut message = item! { "id": id };
        if let Some(parent) = parent {
            message.insert("parent", parent);
        }
        function.db.put("Messages", &message).send().await.unwrap();
    }
}

/// The ids, nested.
fn shape(node: &Value) -> Value {
    json!({ node["id"].as_str().unwrap(): node["children"].as_array().unwrap().iter().map(shape).collect::<Vec<_>>() })
}

on_both_engines! {
    async fn a_tree_is_nested(engine: Engine) {
        let function = function(&engine).await;
        with_conversation(&function).await;
        for source in Source::ALL {
            let tree = function.call(source, call("GET", "/trees/m1")).await;
            assert_eq!(tree.status, 200);
            assert_eq!(shape(&tree.json), json!({ "m1": [{ "m2": [{ "m3": [] }] }, { "m4": [] }] }));
            assert_eq!(tree.json["metadata"], json!(null));
            assert_eq!(tree.json["children"][0]["parent"], "m1");
        }
    }

    async fn max_depth_cuts_and_the_metadata_say_so(engine: Engine) {
        let function = function(&engine).await;
        with_conversation(&function).await;
        for source in Source::ALL {
            let cut = call("GET", "/trees/m1").query("maxDepth", "1").query("includeMetadata", "true");
            let tree = function.call(source, cut).await;
            assert_eq!(shape(&tree.json), json!({ "m1": [{ "m2": [] }, { "m4": [] }] }));
            let metadata = &tree.json["metadata"];
            assert_eq!((&metadata["nodeCount"], &metadata["depth"], &metadata["truncated"]), (&json!(3), &json!(1), &json!(true)));

            let root = function.call(source, call("GET", "/trees/m1").query("maxDepth", "0")).await;
            assert_eq!(shape(&root.json), json!({ "m1": [] }));

            let whole = call("GET", "/trees/m1").query("maxDepth", "10").query("includeMetadata", "true");
            let metadata = &function.call(source, whole).await.json["metadata"];
            assert_eq!((&metadata["nodeCount"], &metadata["depth"], &metadata["truncated"]), (&json!(4), &json!(2), &json!(false)));
        }
    }

    async fn a_tree_that_lambda_would_not_send_is_told_to_be_asked_for_in_parts(engine: Engine) {
        let function = function(&engine).await;
        function.db.put("Messages", &item! { "id": "m1" }).send().await.unwrap();
        for n in 0..14 {
            let message = item! { "id": format!("large-{n}"), "parent": "m1", "text": "x".repeat(390 * 1024) };
            function.db.put("Messages", &message).send().await.unwrap();
        }
        for source in Source::ALL {
            let answer = function.call(source, call("GET", "/trees/m1")).await;
            answer.fails(500, "AnswerTooLarge");
            assert!(answer.json["error"].as_str().unwrap().contains("maxDepth"));
            assert_eq!(function.call(source, call("GET", "/trees/m1").query("maxDepth", "0")).await.status, 200);
        }
    }

    async fn a_root_that_does_not_exist_is_not_found(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            function.call(source, call("GET", "/trees/nobody")).await.fails(404, "NotFound");
        }
    }

    async fn parameters_of_a_tree_are_understood_or_refused(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            for (name, value) in [("maxDepth", "-1"), ("maxDepth", "deep"), ("includeMetadata", "yes")] {
                let answer = function.call(source, call("GET", "/trees/m1").query(name, value)).await;
                answer.fails(400, "BadRequest");
                assert!(answer.json["error"].as_str().unwrap().contains(name));
            }
        }
    }
}
