//! What `enable_logging` writes, seen from outside of the process that writes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fmt::{self, Write};
use std::process::Command;

use enhanced_dynamodb::{Credentials, Item, item};
use serde_json::Value;
use support::{Always, plain_options};
use testkit::{Action, Engine, Responder, Rule};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

const SECRET: &str = "PLANTEDSECRET";
const VALUE: &str = "PLANTEDVALUE";

/// A program's own subscriber: it writes each event to standard output.
struct Printer;

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl tracing::Subscriber for Printer {
    // The engine, which runs in this process too, writes down whole bodies at its finest level.
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        ["program", "enhanced_dynamodb"].iter().any(|target| metadata.target().starts_with(target))
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        println!("\nevent {} {}{}", event.metadata().level(), event.metadata().target(), text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What the items of the test are not.
#[derive(Debug, serde::Deserialize)]
struct Numbered {
    #[serde(rename = "text")]
    _text: u32,
}

/// Runs in a process of its own, whose streams the test below reads.
#[tokio::test]
#[ignore = "started by each_call_is_one_line_of_json_and_the_programs_subscriber_stays"]
async fn a_program_that_logs() {
    tracing::subscriber::set_global_default(Printer).unwrap();
    let engine = Engine::dynoxide().await.unwrap();
    engine.create_table("Messages").await.unwrap();
    let responder = Responder::in_front_of(&engine).await.unwrap();
    responder.rule(Rule::on("GetItem").first(2).then(Action::throttle("Messages")));
    let db = plain_options(&responder.endpoint())
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET).with_session_token(SECRET))
        .random(std::sync::Arc::new(Always(0.01)))
        .enable_logging(true)
        .build()
        .await
        .unwrap();
    tracing::info!(target: "program", "begin");
    db.put("Messages", &item! { "id": VALUE, "text": VALUE }).send().await.unwrap();
    db.get("Messages").key("id", VALUE).item::<Item>().await.unwrap().unwrap();
    db.get("Missing").key("id", VALUE).item::<Item>().await.unwrap_err();
    db.get("Messages").key(VALUE, VALUE).item::<Item>().await.unwrap_err();
    db.list_tables().send().await.unwrap();
    db.get("Messages").key("id", VALUE).item::<Numbered>().await.unwrap_err();
    db.put("Messages", &item! { "id": VALUE, "ratio": f64::NAN }).send().await.unwrap_err();
    tracing::info!(target: "program", "end");
}

#[test]
fn each_call_is_one_line_of_json_and_the_programs_subscriber_stays() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "a_program_that_logs", "--nocapture"])
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{out}\n{err}");
    assert!(!err.contains(SECRET) && !err.contains(VALUE), "{err}");
    assert!(!out.contains(SECRET) && !out.contains(VALUE), "{out}");

    let lines: Vec<Value> = err.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            assert!(
                (line["attempts"] == 0 || line["duration_ms"].as_f64().unwrap() > 0.0)
                    && line["timestamp"].as_u64().unwrap() > 0,
                "{line}"
            );
            ["level", "operation", "table", "attempts", "retries", "outcome", "code"]
                .map(|name| line[name].to_string())
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            r#""INFO" "PutItem" "Messages" 1 0 "ok" null"#,
            r#""INFO" "GetItem" "Messages" 3 2 "ok" null"#,
            r#""ERROR" "GetItem" "Missing" 1 0 "error" "ResourceNotFoundException""#,
            r#""ERROR" "GetItem" "Messages" 1 0 "error" "ValidationException""#,
            r#""INFO" "ListTables" null 1 0 "ok" null"#,
            r#""ERROR" "GetItem" "Messages" 1 0 "error" "DecodeError""#,
            r#""ERROR" "PutItem" "Messages" 0 0 "error" "EncodeError""#,
        ]
    );

    let reason = &lines[1]["throttling"][0];
    assert_eq!((&reason["reason"], &reason["count"]), (&"TableWriteKeyRangeThroughputExceeded".into(), &2.into()));
    assert!(reason["resource"].as_str().unwrap().ends_with(":table/Messages"), "{reason}");
    assert!(lines.iter().enumerate().all(|(i, line)| i == 1 || line.get("throttling").is_none()), "{err}");

    let events: Vec<&str> = out.lines().filter(|line| line.starts_with("event ")).collect();
    assert_eq!(events.first(), Some(&"event INFO program message=begin"));
    assert_eq!(events.last(), Some(&"event INFO program message=end"));
    let calls = events.iter().filter(|event| event.starts_with("event DEBUG enhanced_dynamodb operation=")).count();
    assert_eq!(calls, 7, "{out}");
    assert!(events.iter().any(|event| event.starts_with("event WARN enhanced_dynamodb message=retrying")), "{out}");
}

/// As above, with logging off.
#[tokio::test]
#[ignore = "started by nothing_is_written_unless_asked_for"]
async fn a_program_that_does_not_log() {
    let responder = Responder::alone().await.unwrap();
    let db = plain_options(&responder.endpoint()).build().await.unwrap();
    db.get("Messages").key("id", "m1").item::<Item>().await.unwrap();
}

#[test]
fn nothing_is_written_unless_asked_for() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "a_program_that_does_not_log", "--nocapture"])
        .env_remove("DYNAMODB_ENABLE_LOGGING")
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
