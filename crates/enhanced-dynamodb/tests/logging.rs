//! What `enable_logging` writes, seen from outside of the process that writes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fmt::{self, Write};
use std::process::Command;

use enhanced_dynamodb::{Credentials, Item, Options, Replay, attr, item, key};
use serde_json::Value;
use support::{Always, TestClock, options, plain_options};
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

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = Text(String::new());
        span.record(&mut text);
        println!("\nspan {}{}", span.metadata().name(), text.0);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        println!("\nrecord{}", text.0);
    }

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
        .return_consumed_capacity(true)
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
            r#""WARN" "GetItem" "Messages" 3 2 "ok" null"#,
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

    let (put, get) = (&lines[0], &lines[1]);
    assert!(put.get("items").is_none() && put["write_units"] == 1.0 && put.get("read_units").is_none(), "{put}");
    assert_eq!((&get["items"], &get["read_units"]), (&1.into(), &0.5.into()), "{get}");
    assert!(
        get["bytes_sent"].as_u64() > put["bytes_sent"].as_u64() && get["bytes_received"].as_u64() > Some(0),
        "{get}"
    );
    assert!(lines[6].get("bytes_sent").is_none() && lines.iter().all(|line| line.get("key").is_none()), "{err}");

    let events: Vec<&str> = out.lines().filter(|line| line.starts_with("event ")).collect();
    assert_eq!(events.first(), Some(&"event INFO program message=begin"));
    assert_eq!(events.last(), Some(&"event INFO program message=end"));
    let calls = events.iter().filter(|event| event.starts_with("event DEBUG enhanced_dynamodb operation=")).count();
    assert_eq!(calls, 7, "{out}");
    let retry =
        events.iter().find(|event| event.starts_with("event WARN enhanced_dynamodb message=retrying")).expect(&out);
    assert!(retry.contains(" reason=\"TableWriteKeyRangeThroughputExceeded\""), "{retry}");
    assert!(retry.contains(" resource=\"arn:aws:dynamodb:us-east-1:123456789012:table/Messages\""), "{retry}");
}

/// Starts a program of this file, with these variables; gives its output and its log.
fn run(program: &str, variables: &[(&str, &str)]) -> (String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["RUST_LOG", "DYNAMODB_ENABLE_LOGGING", "DYNAMODB_LOG_KEYS", "DYNAMODB_SLOW_CALL"] {
        command.env_remove(name);
    }
    let command = command.args(["--ignored", "--exact", program, "--nocapture"]).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{out}\n{err}");
    (out, err)
}

/// A client of a scripted endpoint in front of an engine, whose waits end at once, by the secrets of the test.
async fn secretive(responder: &Responder) -> Options {
    options(&responder.endpoint(), &TestClock::new())
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET).with_session_token(SECRET))
}

/// Calls of every kind, those that fail too, whose keys and values are all the planted one.
#[tokio::test]
#[ignore = "started by no_output_of_any_call_has_a_secret_or_a_value"]
async fn a_program_of_every_kind_of_call() {
    tracing::subscriber::set_global_default(Printer).unwrap();
    let engine = Engine::dynoxide().await.unwrap();
    engine.create_table("Messages").await.unwrap();
    let responder = Responder::in_front_of(&engine).await.unwrap();
    responder.rule(Rule::on("Scan").first(1).then(Action::internal_error()));
    responder.rule(Rule::on("UpdateItem").nth(2).then(Action::internal_error().applied()));
    let db = secretive(&responder).await.enable_logging(true).build().await.unwrap();
    let message = item! { "id": VALUE, "text": VALUE, "parent": VALUE };
    db.put("Messages", &message).send().await.unwrap();
    let update = || db.update("Messages").key("id", VALUE).set("count", attr("count").if_not_exists(0) + 1);
    update().send().await.unwrap();
    update().send().await.unwrap_err();
    update().replay(Replay::Always).condition(attr("text").eq("other")).send().await.unwrap_err();
    update().condition(attr("text").eq(VALUE)).exactly_once().send().await.unwrap();
    db.query("Messages").partition("id", VALUE).filter(attr("text").eq(VALUE)).send::<Item>().await.unwrap();
    db.query("Messages").partition(VALUE, VALUE).send::<Item>().await.unwrap_err();
    db.scan("Messages").items::<Item>().try_collect().await.unwrap();
    db.scan("Messages").send::<Numbered>().await.unwrap_err();
    db.batch_get().get("Messages", &key! { "id": VALUE }).send().await.unwrap();
    db.batch_write().put("Messages", &message).send().await.unwrap();
    db.call(
        "ExecuteStatement",
        serde_json::json!({ "Statement": format!("SELECT * FROM Nowhere WHERE id = '{VALUE}'") }),
    )
    .send()
    .await
    .unwrap_err();
    db.read_tree("Messages", VALUE).send::<Item>().await.unwrap_err();
    db.health("Messages").send().await;
    db.delete("Messages").key("id", VALUE).condition(attr("text").eq("other")).send().await.unwrap_err();
    db.delete("Messages").key("id", VALUE).send().await.unwrap();
}

#[test]
fn no_output_of_any_call_has_a_secret_or_a_value() {
    let (out, err) = run("a_program_of_every_kind_of_call", &[]);
    assert!(err.lines().count() >= 16 && out.matches("\nspan DynamoDB").count() >= 16, "{err}\n{out}");
    for planted in [SECRET, VALUE] {
        assert!(!err.contains(planted), "{err}");
        assert!(!out.contains(planted), "{out}");
    }
}

/// One call that goes well, one that is sent again after half a second of its clock, and one that fails.
#[tokio::test]
#[ignore = "started by the tests below"]
async fn a_program_with_a_slow_call() {
    let engine = Engine::dynoxide().await.unwrap();
    engine.create_table("Messages").await.unwrap();
    let responder = Responder::in_front_of(&engine).await.unwrap();
    responder.rule(Rule::on("GetItem").first(1).then(Action::throttle("Messages")));
    let db = secretive(&responder).await.build().await.unwrap();
    db.put("Messages", &item! { "id": "m1", "text": VALUE }).send().await.unwrap();
    db.get("Messages").key("id", "m1").item::<Item>().await.unwrap().unwrap();
    db.get("Missing").key("id", "m1").item::<Item>().await.unwrap_err();
}

fn lines_with(variables: &[(&str, &str)]) -> Vec<Value> {
    let (_, err) = run("a_program_with_a_slow_call", variables);
    assert!(!err.contains(SECRET) && !err.contains(VALUE), "{err}");
    err.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn a_slow_call_is_a_warning_though_logging_is_off() {
    let lines = lines_with(&[("DYNAMODB_SLOW_CALL", "400")]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!((&line["level"], &line["operation"], &line["slow"]), (&"WARN".into(), &"GetItem".into(), &true.into()));
    assert!(line["duration_ms"].as_f64().is_some_and(|took| took >= 400.0), "{line}");
    assert!(lines_with(&[("DYNAMODB_SLOW_CALL", "60000")]).is_empty());
}

#[test]
fn keys_are_logged_only_if_asked_for() {
    let lines = lines_with(&[("DYNAMODB_ENABLE_LOGGING", "true"), ("DYNAMODB_LOG_KEYS", "true")]);
    let keys: Vec<String> = lines.iter().map(|line| line["key"].to_string()).collect();
    assert_eq!(keys, ["null", r#"{"id":{"S":"m1"}}"#, r#"{"id":{"S":"m1"}}"#], "a put has its key among its values");
}

#[test]
fn rust_log_says_which_lines_are_written() {
    let levels = |filter: &str| -> Vec<String> {
        let lines = lines_with(&[("DYNAMODB_ENABLE_LOGGING", "true"), ("RUST_LOG", filter)]);
        lines.iter().map(|line| line["level"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(levels("debug"), ["INFO", "WARN", "ERROR"]);
    assert_eq!(levels("info,enhanced_dynamodb=warn"), ["WARN", "ERROR"]);
    assert_eq!(levels("error"), ["ERROR"]);
    assert!(levels("off").is_empty());
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
