//! Whether the tables can be used.

use std::time::Duration;

use serde_json::json;
use testkit::{Action, Responder, Rule, on_both_engines};

use crate::common::{Source, call, function, function_with, options};

on_both_engines! {
    async fn tables_that_are_well_are_told_so(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            let answer = function.call(source, call("GET", "/health")).await;
            assert_eq!((answer.status.as_u16(), &answer.json["healthy"]), (200, &json!(true)));
            for table in ["items", "trees"] {
                let table = &answer.json["tables"][table];
                assert_eq!((&table["healthy"], &table["status"]), (&json!(true), &json!("Active")));
                assert!(table["latencyMs"].as_f64().unwrap() > 0.0);
            }
        }
    }

    async fn a_table_that_is_gone_is_a_503_with_its_code(engine: Engine) {
        let function = function(&engine).await;
        function.db.delete_table("Messages").send().await.unwrap();
        for source in Source::ALL {
            let answer = function.call(source, call("GET", "/health")).await;
            answer.fails(503, "Unhealthy");
            assert_eq!(answer.json["tables"]["items"]["healthy"], true);
            let trees = &answer.json["tables"]["trees"];
            assert_eq!((&trees["healthy"], &trees["code"]), (&json!(false), &json!("ResourceNotFoundException")));
            assert!(!answer.json.to_string().contains("Messages"), "names of tables are our own matter");
        }
    }

    async fn a_service_that_fails_or_is_silent_is_a_503(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let options = options(&engine).local_endpoint(responder.endpoint());
        let function = function_with(&engine, options, &[]).await;
        for action in [Action::unavailable(), Action::pass().late(Duration::from_secs(60))] {
            responder.clear_rules();
            responder.rule(Rule::any().then(action));
            for source in Source::ALL {
                let request = call("GET", "/health").within(Duration::from_millis(400));
                let answer = function.call(source, request).await;
                answer.fails(503, "Unhealthy");
                assert_eq!(answer.json["tables"]["items"]["healthy"], false);
            }
        }
    }

    async fn a_role_that_may_not_describe_tables_can_still_use_them(engine: Engine) {
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let options = options(&engine).local_endpoint(responder.endpoint());
        let function = function_with(&engine, options, &[]).await;
        responder.rule(Rule::on("DescribeTable").then(Action::error("AccessDeniedException", "not authorized")));
        for source in Source::ALL {
            assert_eq!(function.call(source, call("GET", "/health")).await.status, 200);
        }
    }
}
