//! Pages of other origins: only as configured.

use serde_json::json;
use testkit::on_both_engines;

use crate::common::{Source, call, function, function_with, options};

const PAGE: &str = "https://app.example.com";

on_both_engines! {
    async fn without_configuration_no_page_may_call(engine: Engine) {
        let function = function(&engine).await;
        for source in Source::ALL {
            let answer = function.call(source, call("GET", "/items").header("origin", PAGE)).await;
            assert_eq!(answer.header("access-control-allow-origin"), None);
            let preflight = call("OPTIONS", "/items").header("origin", PAGE).header("access-control-request-method", "POST");
            let answer = function.call(source, preflight).await;
            answer.is(204, json!(null));
            assert_eq!(answer.header("access-control-allow-origin"), None);
            assert_eq!(answer.header("access-control-allow-methods"), None);
            assert_eq!(answer.header("allow"), Some("GET, POST, OPTIONS"));
        }
    }

    async fn a_page_of_a_named_origin_may_call(engine: Engine) {
        let variables = [
            ("CORS_ALLOW_ORIGINS", "https://other.example.com, https://app.example.com"),
            ("CORS_ALLOW_CREDENTIALS", "true"),
            ("CORS_MAX_AGE", "60"),
        ];
        let function = function_with(&engine, options(&engine), &variables).await;
        for source in Source::ALL {
            let preflight = call("OPTIONS", "/items/m1").header("origin", PAGE);
            let preflight = preflight.header("access-control-request-method", "PUT");
            let answer = function.call(source, preflight).await;
            answer.is(204, json!(null));
            assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
            assert_eq!(answer.header("access-control-allow-methods"), Some("GET, PUT, DELETE, OPTIONS"));
            assert_eq!(answer.header("access-control-allow-headers"), Some("content-type,authorization"));
            assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
            assert_eq!(answer.header("access-control-max-age"), Some("60"));
            assert_eq!(answer.header("vary"), Some("Origin"));

            // Failures too: a page shall see why.
            let answer = function.call(source, call("GET", "/items/m1").header("origin", PAGE)).await;
            answer.fails(404, "NotFound");
            assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));

            let answer = function.call(source, call("GET", "/items").header("origin", "https://evil.example.com")).await;
            assert_eq!(answer.header("access-control-allow-origin"), None);
            assert_eq!(answer.header("vary"), Some("Origin"));
        }
    }

    async fn any_page_may_call_with_a_star(engine: Engine) {
        let function = function_with(&engine, options(&engine), &[("CORS_ALLOW_ORIGINS", "*")]).await;
        for source in Source::ALL {
            let answer = function.call(source, call("GET", "/items").header("origin", PAGE)).await;
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            let answer = function.call(source, call("GET", "/items")).await;
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
}
