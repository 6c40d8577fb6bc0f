//! Items: listed, made, read, replaced, deleted.

use serde_json::json;
use testkit::{Action, Responder, Rule, on_both_engines};

use crate::common::{Source, call, function, function_with, options};

/// As long as an id can be.
fn source_id(source: Source) -> String {
    let name = format!("{source:?}");
    format!("{name}{}", "x".repeat(2_048 - name.len()))
}

on_both_engines! {
    async fn an_item_is_made_read_replaced_and_deleted(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            let item = json!({ "id": "m 1/ö", "text": "Hello", "n": [1, 2.5, null, { "deep": true }] });
            let made = function.call(source, call("POST", "/items").json(&item)).await;
            let mut stored = item.clone();
            stored["version"] = json!(1);
            made.is(201, stored.clone());
            let location = made.header("location").unwrap().to_owned();
            assert_eq!(location, "/items/m%201%2F%C3%B6");

            function.call(source, call("GET", &location)).await.is(200, stored.clone());

            stored["text"] = json!("Good bye");
            let replaced = function.call(source, call("PUT", &location).json(&stored)).await;
            stored["version"] = json!(2);
            replaced.is(200, stored.clone());
            function.call(source, call("GET", &location)).await.is(200, stored);

            function.call(source, call("DELETE", &location)).await.is(204, json!(null));
            function.call(source, call("DELETE", &location)).await.fails(404, "NotFound");
            function.call(source, call("GET", &location)).await.fails(404, "NotFound");
        }
    }

    async fn an_id_that_is_taken_is_a_conflict_and_leaves_the_item_as_it_was(engine: Engine) {
        let function = function(&engine).await;
        function.call(Source::HttpApi, call("POST", "/items").json(&json!({ "id": "m1", "text": "first" }))).await;
        for source in Source::ALL {
            let second = json!({ "id": "m1", "text": "second" });
            function.call(source, call("POST", "/items").json(&second)).await.fails(409, "Conflict");
            let stored = function.call(source, call("GET", "/items/m1")).await;
            stored.is(200, json!({ "id": "m1", "text": "first", "version": 1 }));
        }
    }

    async fn a_write_whose_answer_was_lost_is_no_conflict_with_itself(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let options = options(&engine).local_endpoint(responder.endpoint()).max_retries(1);
        let function = function_with(&engine, options, &[]).await;
        // Applied, and then the answer is lost: the first attempt of each of these writes.
        responder.rule(Rule::on("PutItem").containing("\"first\"").first(1).then(Action::internal_error().applied()));
        responder.rule(Rule::on("PutItem").containing("\"second\"").first(1).then(Action::internal_error().applied()));
        let made = function.call(Source::HttpApi, call("POST", "/items").json(&json!({ "id": "m1", "text": "first" }))).await;
        made.is(201, json!({ "id": "m1", "text": "first", "version": 1 }));
        let newer = json!({ "id": "m1", "text": "second", "version": 1 });
        let replaced = function.call(Source::HttpApi, call("PUT", "/items/m1").json(&newer)).await;
        replaced.is(200, json!({ "id": "m1", "text": "second", "version": 2 }));
        assert_eq!(responder.requests_of("PutItem").len(), 4);
    }

    async fn a_stale_version_is_a_conflict_that_names_the_stored_one(engine: Engine) {
        let function = function(&engine).await;
        function.call(Source::HttpApi, call("POST", "/items").json(&json!({ "id": "m1" }))).await;
        let newer = json!({ "id": "m1", "text": "newer", "version": 1 });
        function.call(Source::HttpApi, call("PUT", "/items/m1").json(&newer)).await;
        for source in Source::ALL {
            let stale = json!({ "text": "older", "version": 1 });
            let answer = function.call(source, call("PUT", "/items/m1").json(&stale)).await;
            answer.fails(409, "Conflict");
            assert_eq!(answer.json["version"], 2);
            assert_eq!(function.call(source, call("GET", "/items/m1")).await.json["text"], "newer");
        }
    }

    async fn an_item_that_does_not_exist_is_not_replaced(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            let answer = function.call(source, call("PUT", "/items/m1").json(&json!({ "version": 1 }))).await;
            answer.fails(404, "NotFound");
        }
    }

    async fn a_replacement_says_its_version_and_keeps_its_id(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            for body in [json!({}), json!({ "version": "1" }), json!({ "version": -1 }), json!({ "id": "m2", "version": 1 })] {
                function.call(source, call("PUT", "/items/m1").json(&body)).await.fails(400, "BadRequest");
            }
        }
    }

    async fn a_list_goes_on_where_its_cursor_says(engine: Engine) {
        let function = function(&engine).await;
        for n in 0..7 {
            let item = json!({ "id": format!("m{n}") });
            function.call(Source::HttpApi, call("POST", "/items").json(&item)).await;
        }
        for source in Source::ALL {
            let mut ids = Vec::new();
            let mut pages = 0;
            let mut page = function.call(source, call("GET", "/items").query("limit", "3")).await;
            loop {
                assert_eq!(page.status, 200);
                pages += 1;
                let items = page.json["items"].as_array().unwrap();
                assert!(items.len() <= 3);
                ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
                let Some(cursor) = page.json["cursor"].as_str() else { break };
                page = function.call(source, call("GET", "/items").query("limit", "3").query("cursor", cursor)).await;
            }
            ids.sort();
            assert_eq!(ids, ["m0", "m1", "m2", "m3", "m4", "m5", "m6"]);
            assert_eq!(pages, 3);
            let all = function.call(source, call("GET", "/items")).await;
            assert_eq!((all.json["items"].as_array().unwrap().len(), &all.json["cursor"]), (7, &json!(null)));
        }
    }

    async fn a_cursor_that_callers_made_is_refused(engine: Engine) {
        let signing = function_with(&engine, options(&engine), &[("CURSOR_KEY", "a key of sixteen bytes")]).await;
        for n in 0..3 {
            signing.call(Source::HttpApi, call("POST", "/items").json(&json!({ "id": format!("m{n}") }))).await;
        }
        for source in Source::ALL {
            let page = signing.call(source, call("GET", "/items").query("limit", "1")).await;
            let cursor = page.json["cursor"].as_str().unwrap();
            let next = call("GET", "/items").query("limit", "1").query("cursor", cursor);
            assert_eq!(signing.call(source, next).await.status, 200);
            let changed = format!("{}A", &cursor[..cursor.len() - 1]);
            let changed = if changed == cursor { format!("{}B", &cursor[..cursor.len() - 1]) } else { changed };
            for damaged in ["x", &changed] {
                let answer = signing.call(source, call("GET", "/items").query("cursor", damaged)).await;
                answer.fails(400, "InvalidCursor");
            }
        }
    }

    async fn a_page_has_from_one_to_a_hundred_items(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            for limit in ["0", "101", "-1", "many", "1.5"] {
                function.call(source, call("GET", "/items").query("limit", limit)).await.fails(400, "BadRequest");
            }
            assert_eq!(function.call(source, call("GET", "/items").query("limit", "100")).await.status, 200);
        }
    }

    async fn no_body_and_bad_json_are_bad_requests(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            for route in [call("POST", "/items"), call("PUT", "/items/m1")] {
                function.call(source, route.clone()).await.fails(400, "BadRequest");
                for text in ["", "{", "[1]", "\"text\"", "null", "{\"id\":\"m1\",}", "{\"id\":\"m1\"} {}"] {
                    function.call(source, route.clone().text(text)).await.fails(400, "BadRequest");
                }
            }
            for id in [json!({}), json!({ "id": "" }), json!({ "id": 1 }), json!({ "id": null })] {
                function.call(source, call("POST", "/items").json(&id)).await.fails(400, "BadRequest");
            }
        }
    }

    async fn what_no_item_can_be_is_the_caller_s_mistake(engine: Engine) {
        let function = function(&engine).await;
        let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
        for source in Source::ALL {
            let create = |item| call("POST", "/items").json(&item);
            function.call(source, create(json!({ "id": "x".repeat(2049) }))).await.fails(400, "BadRequest");
            function.call(source, create(json!({ "id": "m1", "deep": deep }))).await.fails(400, "EncodeError");
            let huge = call("POST", "/items").text(r#"{ "id": "m1", "n": 1e200 }"#);
            function.call(source, huge).await.fails(400, "BadRequest");
            let long = format!("/items/{}", "x".repeat(2049));
            function.call(source, call("GET", long)).await.fails(404, "NotFound");
            let longest = json!({ "id": source_id(source) });
            assert_eq!(function.call(source, create(longest)).await.status, 201);
        }
    }

    async fn a_body_in_base64_is_a_body(engine: Engine) {
        let function = function(&engine).await;
        for (n, source) in Source::ALL.into_iter().enumerate() {
            let item = json!({ "id": format!("m{n}"), "text": "ö" });
            let made = function.call(source, call("POST", "/items").json(&item).in_base64()).await;
            assert_eq!((made.status.as_u16(), &made.json["text"]), (201, &json!("ö")));
        }
    }

    async fn an_item_of_401_kb_is_too_large(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            let item = json!({ "id": "m1", "text": "x".repeat(401 * 1024), "version": 1 });
            function.call(source, call("POST", "/items").json(&item)).await.fails(413, "ValidationException");
            function.call(source, call("PUT", "/items/m1").json(&item)).await.fails(413, "ValidationException");
        }
    }
}
