//! Lines of CloudWatch's embedded metric format, checked against the published schema (`emf-schema.json`) and against the
//! rules of the specification that a schema cannot say.

use std::time::Duration;

use serde_json::Value;

/// The largest log event, in bytes (CloudWatch Logs quotas; the specification's older limit, the smaller one).
const LARGEST: usize = 256 * 1024;

/// Reads a line, which must be a valid document.
#[track_caller]
pub(crate) fn document(line: &str) -> Value {
    assert!(line.len() <= LARGEST, "{} bytes", line.len());
    let document: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let schema: Value = serde_json::from_str(include_str!("emf-schema.json")).unwrap();
    validate(&schema, &document, "$");
    for directive in document["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
        refers(directive, &document);
    }
    document
}

/// What a directive names must be members of the root: metrics numbers, dimensions texts.
#[track_caller]
fn refers(directive: &Value, document: &Value) {
    for metric in directive["Metrics"].as_array().unwrap() {
        let name = metric["Name"].as_str().unwrap();
        assert!(document[name].is_number(), "the metric {name}: {document}");
    }
    for dimension in directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap()) {
        let value = document[dimension.as_str().unwrap()].as_str().unwrap_or_default();
        assert!((1..=1_024).contains(&value.chars().count()), "the dimension {dimension}: {document}");
    }
}

/// JSON Schema as far as the published one goes; a word that is not known here fails.
#[track_caller]
fn validate(schema: &Value, value: &Value, at: &str) {
    let within = |length: usize, least: &str, most: &str| {
        let bound = |word: &str, otherwise| schema[word].as_u64().map_or(otherwise, |bound| bound as usize);
        (bound(least, 0)..=bound(most, usize::MAX)).contains(&length)
    };
    for (word, rule) in schema.as_object().unwrap() {
        match word.as_str() {
            "title" => {}
            "type" => {
                let fits = match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_u64() || value.is_i64(),
                    other => panic!("the type {other} is not known"),
                };
                assert!(fits, "{at} is no {rule}: {value}");
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    assert!(value.get(name.as_str().unwrap()).is_some(), "{at} has no {name}");
                }
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(member) = value.get(name) {
                        validate(schema, member, &format!("{at}.{name}"));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false));
                let known = schema["properties"].as_object().unwrap();
                for name in value.as_object().unwrap().keys() {
                    assert!(known.contains_key(name), "{at} has a member {name}");
                }
            }
            "items" => {
                for (i, element) in value.as_array().unwrap().iter().enumerate() {
                    validate(rule, element, &format!("{at}[{i}]"));
                }
            }
            "minItems" | "maxItems" => assert!(within(value.as_array().unwrap().len(), "minItems", "maxItems"), "{at}"),
            "minLength" | "maxLength" => {
                assert!(within(value.as_str().unwrap().chars().count(), "minLength", "maxLength"), "{at}");
            }
            "enum" => assert!(rule.as_array().unwrap().contains(value), "{at}: {value}"),
            other => panic!("the word {other} is not known"),
        }
    }
}

mod lines {
    use enhanced_dynamodb::lambda::{Invocation, Metrics};
    use enhanced_dynamodb::{Item, item};
    use testkit::{Action, Engine, Responder, Rule};

    use super::{Duration, Value, document};
    use crate::runtime_api::epoch_ms;
    use crate::support::{TestClock, options};

    fn documents(lines: &str) -> Vec<Value> {
        assert!(lines.ends_with('\n'));
        lines.lines().map(document).collect()
    }

    #[tokio::test]
    async fn a_line_tells_what_was_done_since_the_one_before() {
        let engine = Engine::dynoxide().await.unwrap();
        engine.create_table("Orders").await.unwrap();
        engine.create_table("Stock").await.unwrap();
        let responder = Responder::in_front_of(&engine).await.unwrap();
        responder.rule(Rule::on("PutItem").first(2).then(Action::throttle("Orders")));
        let clock = TestClock::new();
        let db = options(&responder.endpoint(), &clock).return_consumed_capacity(true).build().await.unwrap();
        let metrics = Metrics::new(&db).namespace("Shop").function_name("orders");
        db.put("Orders", &item! { "id": "m1" }).send().await.unwrap();
        db.get("Nowhere").key("id", "m1").item::<Item>().await.unwrap_err();
        let [first] = &documents(&metrics.lines())[..] else { panic!("one table, one line") };
        for (name, value) in [
            ("Calls", 2.0),
            ("Errors", 1.0),
            ("Attempts", 4.0),
            ("Retries", 2.0),
            ("Throttles", 2.0),
            ("SocketsOpen", 1.0),
            ("SocketsIdle", 1.0),
            ("Connects", 1.0),
            ("SocketsReused", 3.0),
            ("ColdStart", 0.0),
            ("ConsumedReadCapacityUnits", 0.0),
            ("ConsumedWriteCapacityUnits", 1.0),
            ("ThrottledRequests", 2.0),
        ] {
            assert_eq!(first[name].as_f64(), Some(value), "{name}: {first}");
        }
        assert_eq!((&first["FunctionName"], &first["TableName"]), (&"orders".into(), &"Orders".into()));
        let bytes: u64 = responder.requests().iter().map(|seen| seen.bytes.len() as u64).sum();
        assert_eq!((first["BytesSent"].as_u64(), bytes), (Some(bytes), db.stats().bytes_sent));
        let directives = first["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert!(directives.len() == 2 && directives.iter().all(|directive| directive["Namespace"] == "Shop"));

        db.get("Orders").key("id", "m1").consistent_read(true).item::<Item>().await.unwrap();
        db.get("Stock").key("id", "m1").item::<Item>().await.unwrap();
        let second = documents(&metrics.lines());
        let of_tables: Vec<_> = second
            .iter()
            .map(|line| (line["TableName"].as_str(), line["ConsumedReadCapacityUnits"].as_f64()))
            .collect();
        assert_eq!(of_tables, [(Some("Orders"), Some(1.0)), (Some("Stock"), Some(0.5))]);
        assert!(second[0]["Calls"] == 2 && second[1].get("Calls").is_none(), "{second:?}");
        assert_eq!(second[0]["ThrottledRequests"], 0);

        let [idle] = &documents(&metrics.lines())[..] else { panic!("nothing was done, one line") };
        assert!(idle["Calls"] == 0 && idle.get("TableName").is_none(), "{idle}");
    }

    #[tokio::test]
    async fn a_line_has_the_invocation_that_it_is_about() {
        let responder = Responder::alone().await.unwrap();
        let db = options(&responder.endpoint(), &TestClock::new()).build().await.unwrap();
        let metrics = Metrics::new(&db);
        let invocation = Invocation::new("8476a536", epoch_ms(Duration::from_secs(60)));
        let lines = invocation.run(async { metrics.lines() }).await;
        assert_eq!(documents(&lines)[0]["InvocationId"], "8476a536");
        assert!(documents(&metrics.lines())[0].get("InvocationId").is_none());
    }
}

#[test]
#[should_panic(expected = "the metric Calls")]
fn a_document_that_names_a_metric_without_a_value_is_found() {
    let metrics = r#"[{"Namespace":"N","Dimensions":[[]],"Metrics":[{"Name":"Calls","Unit":"Count"}]}]"#;
    document(&format!(r#"{{"_aws":{{"Timestamp":1,"CloudWatchMetrics":{metrics}}}}}"#));
}

#[test]
#[should_panic(expected = "$._aws.CloudWatchMetrics[0].Metrics[0].Unit")]
fn a_document_with_a_unit_that_cloudwatch_does_not_know_is_found() {
    let metrics = r#"[{"Namespace":"N","Dimensions":[[]],"Metrics":[{"Name":"Calls","Unit":"Pieces"}]}]"#;
    document(&format!(r#"{{"_aws":{{"Timestamp":1,"CloudWatchMetrics":{metrics}}},"Calls":1}}"#));
}
