//! What goes wrong, made to go wrong.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use testkit::{Action, Engine, Responder, Rule, on_both_engines};

use crate::common::{Call, Chance, Function, Source, call, function, function_with, options};

/// The function behind a responder, with as many retries.
async fn troubled(engine: &Engine, retries: u32) -> (Function, Responder) {
    let responder = Responder::in_front_of(engine).await.unwrap();
    let options = options(engine).local_endpoint(responder.endpoint()).max_retries(retries);
    (function_with(engine, options, &[]).await, responder)
}

/// A request for every route that reaches the table.
fn every_route() -> Vec<Call> {
    vec![
        call("GET", "/items"),
        call("POST", "/items").json(&json!({ "id": "m1" })),
        call("GET", "/items/m1"),
        call("PUT", "/items/m1").json(&json!({ "version": 1 })),
        call("DELETE", "/items/m1"),
        call("GET", "/trees/m1"),
        call("POST", "/batch").json(&json!({ "operations": [{ "type": "delete", "key": { "id": "m1" } }] })),
        call("POST", "/transactions").json(&json!({ "actions": [{ "delete": { "id": "m1" } }] })),
    ]
}

on_both_engines! {
    async fn a_wrong_method_is_told_the_right_ones(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            for (method, path, allowed) in [
                ("DELETE", "/items", "GET, POST, OPTIONS"),
                ("PATCH", "/items/m1", "GET, PUT, DELETE, OPTIONS"),
                ("POST", "/trees/m1", "GET, OPTIONS"),
                ("GET", "/transactions", "POST, OPTIONS"),
                ("PUT", "/batch", "POST, OPTIONS"),
                ("POST", "/health", "GET, OPTIONS"),
            ] {
                let answer = function.call(source, call(method, path)).await;
                answer.fails(405, "MethodNotAllowed");
                assert_eq!(answer.header("allow"), Some(allowed));
            }
        }
    }

    async fn a_path_without_a_route_is_not_found(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            for path in ["/", "/nothing", "/items/a/b", "/prod/prod/items"] {
                function.call(source, call("GET", path)).await.fails(404, "NotFound");
            }
        }
    }

    async fn a_throttled_request_is_told_when_to_come_again(engine: Engine) {
        let (function, responder) = troubled(&engine, 0).await;
        responder.rule(Rule::any().then(Action::throttle("Items")));
        for source in Source::ALL {
            for request in every_route() {
                let answer = function.call(source, request).await;
                answer.fails(429, "ProvisionedThroughputExceededException");
                assert_eq!(answer.header("retry-after"), Some("1"));
            }
        }
    }

    async fn throttles_until_no_time_is_left_are_throttles(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let options = options(&engine).local_endpoint(responder.endpoint()).random(Arc::new(Chance(0.9)));
        let function = function_with(&engine, options, &[]).await;
        responder.rule(Rule::any().then(Action::throttle("Items")));
        for source in Source::ALL {
            for request in every_route() {
                // The wait of 0.9 s does not fit, so that it is not begun.
                let answer = function.call(source, request.within(Duration::from_millis(800))).await;
                answer.fails(429, "DeadlineExceeded");
                assert_eq!(answer.header("retry-after"), Some("1"));
            }
        }
    }

    async fn an_invocation_that_is_about_to_end_is_answered_before_it_does(engine: Engine) {
        let (function, responder) = troubled(&engine, 3).await;
        responder.rule(Rule::any().then(Action::pass().late(Duration::from_secs(60))));
        for source in Source::ALL {
            for request in every_route() {
                let answer = function.call(source, request.within(Duration::from_millis(300))).await;
                // A transaction may have been applied by then.
                let unknown = answer.json["code"] == "OutcomeUnknown";
                answer.fails(504, if unknown { "OutcomeUnknown" } else { "DeadlineExceeded" });
            }
        }
    }

    async fn an_invocation_without_time_is_not_begun(engine: Engine) {
        let (function, responder) = troubled(&engine, 3).await;
        for source in Source::ALL {
            let answer = function.call(source, call("GET", "/items/m1").within(Duration::ZERO)).await;
            answer.fails(504, "DeadlineExceeded");
        }
        assert!(responder.requests().is_empty());
    }

    async fn anything_else_is_a_500_that_says_no_more_than_its_code(engine: Engine) {
        let (function, responder) = troubled(&engine, 0).await;
        let denied = "User: arn:aws:sts::123456789012:assumed-role/f is not authorized to perform: dynamodb:GetItem";
        for (action, code) in [
            (Action::internal_error(), None),
            (Action::error("AccessDeniedException", denied), Some("AccessDeniedException")),
            (Action::error("ValidationException", "The provided key does not match the schema"), Some("ValidationException")),
            (Action::error("NobodyKnowsException", "secret"), Some("NobodyKnowsException")),
            (Action::raw(200, "text/html", "<html>"), None),
        ] {
            responder.clear_rules();
            responder.rule(Rule::any().then(action));
            for source in Source::ALL {
                for request in every_route() {
                    let answer = function.call(source, request).await;
                    let shown = answer.json["code"].as_str().unwrap().to_owned();
                    answer.fails(500, code.unwrap_or(&shown));
                    assert!(!shown.is_empty());
                    assert_eq!(answer.json["error"], "Internal server error");
                    let told = answer.json.to_string();
                    assert!(!["arn:", "Items", "Messages", "secret", "schema"].iter().any(|word| told.contains(word)), "{told}");
                }
            }
        }
    }

    async fn a_table_that_is_missing_is_our_failure(engine: Engine) {
        let function = function(&engine).await;
        function.db.delete_table("Items").send().await.unwrap();
        for source in Source::ALL {
            function.call(source, call("GET", "/items/m1")).await.fails(500, "ResourceNotFoundException");
        }
    }
}
