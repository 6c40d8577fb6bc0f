//! A whole function in a process of its own, invoked as Lambda does it.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, UNIX_EPOCH};

use enhanced_dynamodb::lambda::{self, LambdaLayer};
use enhanced_dynamodb::{Client, Item, item};
use lambda_runtime::tower::Layer;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use testkit::{Action, Engine, Responder, Rule};

use super::emf;
use super::runtime_api::{Answer, Event, RuntimeApi, epoch_ms};
use crate::support::client_of;

/// What is kept for the answer: long enough for a machine that does many things at once.
const MARGIN: Duration = Duration::from_secs(3);

/// The function. Its process is started by the tests below.
#[tokio::test]
#[ignore = "a function, started by the tests"]
async fn a_function() {
    let db = Client::shared().await.unwrap();
    lambda::init(&db).await;
    let layer = LambdaLayer::new(&db).margin(MARGIN).metrics("Messages");
    lambda_runtime::run(layer.layer(service_fn(handler))).await.unwrap();
}

async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let db = Client::shared().await?;
    let invocation = lambda::current().ok_or("no invocation")?;
    let sockets = db.stats().pool.connects;
    let id = event.payload["id"].as_str().unwrap_or_default();
    assert!(id != "panic", "as asked");
    let read = db.get("Messages").key("id", id).item::<Item>().await;
    let spawned = tokio::spawn(async { lambda::current().is_none() }).await?;
    Ok(json!({
        "outcome": read.map_or_else(|error| error.code().to_owned(), |item| item.is_some().to_string()),
        "request_id": invocation.request_id(),
        "cold_start": invocation.is_cold_start(),
        "sockets_before": sockets,
        "spawned_stands_outside": spawned,
    }))
}

/// A function that runs, its table and its Runtime API.
struct Function {
    process: Child,
    api: RuntimeApi,
    responder: Responder,
    output: PathBuf,
}

impl Drop for Function {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::fs::remove_file(&self.output).unwrap();
    }
}

impl Function {
    async fn start() -> Function {
        let engine = Engine::dynoxide().await.unwrap();
        engine.create_table("Messages").await.unwrap();
        client_of(&engine, &engine.endpoint()).await.put("Messages", &item! { "id": "m1" }).send().await.unwrap();
        let responder = Responder::in_front_of(&engine).await.unwrap();
        let api = RuntimeApi::start();
        let output = std::env::temp_dir().join(format!("function-{}", api.address.replace([':', '.'], "-")));
        let append = || File::options().create(true).append(true).open(&output).unwrap();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "function::a_function", "--nocapture"])
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "messages-api")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("DYNAMODB_RETURN_CONSUMED_CAPACITY", "true")
            .env("DYNAMODB_ENABLE_LOGGING", "true")
            .env("AWS_ENDPOINT_URL_DYNAMODB", responder.endpoint())
            .env("AWS_REGION", engine.region())
            .env("AWS_ACCESS_KEY_ID", engine.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", engine.secret_access_key())
            .stdout(append())
            .stderr(append())
            .spawn()
            .unwrap();
        Function { process, api, responder, output }
    }

    fn invoke(&self, request_id: &str, deadline_ms: u64) -> Answer {
        self.invoke_for("m1", request_id, deadline_ms)
    }

    fn invoke_for(&self, id: &str, request_id: &str, deadline_ms: u64) -> Answer {
        self.api.invoke(Event { request_id: request_id.to_owned(), deadline_ms, payload: json!({ "id": id }) })
    }

    /// What the function has written so far, as far as it is JSON: its metrics and its log.
    fn written(&self) -> (Vec<Value>, Vec<Value>) {
        let text = std::fs::read_to_string(&self.output).unwrap();
        // The test harness writes the name of its test without a line end.
        let lines = text.lines().filter_map(|line| line.find('{').map(|at| &line[at..]));
        let json = lines.filter(|line| serde_json::from_str::<Value>(line).is_ok());
        let (metrics, log): (Vec<&str>, Vec<&str>) = json.partition(|line| line.contains("\"_aws\""));
        (
            metrics.into_iter().map(emf::document).collect(),
            log.into_iter().map(|line| serde_json::from_str(line).unwrap()).collect(),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_knows_its_invocation_and_sends_its_trace() {
    let function = Function::start().await;
    let first = function.invoke("r1", epoch_ms(Duration::from_secs(60)));
    assert!(first.path.ends_with("/invocation/r1/response"), "{first:?}");
    let expected = json!({
        "outcome": "true",
        "request_id": "r1",
        "cold_start": true,
        "sockets_before": 1,
        "spawned_stands_outside": true,
    });
    assert_eq!(first.body, expected, "a connection was opened in the init phase");
    let second = function.invoke("r2", epoch_ms(Duration::from_secs(60)));
    assert_eq!((&second.body["cold_start"], &second.body["request_id"]), (&json!(false), &json!("r2")));
    // As `cargo lambda watch` sends it.
    assert_eq!(function.invoke("r3", 600_000).body["outcome"], "true");
    let traces: Vec<String> = function
        .responder
        .requests()
        .iter()
        .map(|seen| seen.headers["x-amzn-trace-id"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(traces, ["Root=1-r1;Sampled=1", "Root=1-r2;Sampled=1", "Root=1-r3;Sampled=1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_answers_before_its_time_is_over() {
    let function = Function::start().await;
    assert_eq!(function.invoke("r1", epoch_ms(Duration::from_secs(60))).body["outcome"], "true");
    function.responder.rule(Rule::on("GetItem").then(Action::pass().late(Duration::from_secs(600))));
    let deadline = epoch_ms(MARGIN + Duration::from_millis(300));
    let answer = function.invoke("r2", deadline);
    assert_eq!(answer.body["outcome"], "DeadlineExceeded");
    assert!(answer.at < UNIX_EPOCH + Duration::from_millis(deadline), "{answer:?}");
    // What was left of the last invocation does not hold for the next.
    function.responder.clear_rules();
    assert_eq!(function.invoke("r3", epoch_ms(Duration::from_secs(60))).body["outcome"], "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_log_are_written_before_the_answer_and_agree_with_what_was_done() {
    let function = Function::start().await;
    function.responder.rule(Rule::on("GetItem").nth(2).then(Action::throttle("Messages")));
    let deadline = || epoch_ms(Duration::from_secs(60));
    for (number, attempts) in [(1, 1), (2, 2), (3, 1)] {
        let id = format!("r{number}");
        function.invoke(&id, deadline());
        // The answer has come: from here on the process might be frozen.
        let (metrics, log) = function.written();
        assert_eq!((metrics.len(), log.len()), (number, number), "{metrics:?} {log:?}");
        let (metrics, line) = (&metrics[number - 1], &log[number - 1]);
        let cold = u8::from(number == 1);
        assert_eq!(metrics["InvocationId"], *id);
        assert_eq!((&metrics["FunctionName"], &metrics["TableName"]), (&json!("messages-api"), &json!("Messages")));
        assert_eq!((&metrics["Calls"], &metrics["ColdStart"]), (&json!(1), &json!(cold)), "{metrics}");
        assert_eq!(
            (&metrics["Attempts"], &metrics["Throttles"]),
            (&json!(attempts), &json!(attempts - 1)),
            "{metrics}"
        );
        assert_eq!(metrics["ConsumedReadCapacityUnits"], 0.5, "{metrics}");
        assert_eq!((&line["invocation_id"], &line["attempts"]), (&json!(id), &json!(attempts)), "{line}");
        assert_eq!((&line["read_units"], &line["items"]), (&json!(0.5), &json!(1)), "{line}");
        assert_eq!(line.get("cold_start"), (number == 1).then_some(&json!(true)), "{line}");
        assert_eq!(line["level"], if attempts == 1 { "INFO" } else { "WARN" }, "{line}");
    }
    let failed = function.invoke_for("panic", "r4", deadline());
    assert!(failed.path.ends_with("/invocation/r4/error"), "{failed:?}");
    let (metrics, _) = function.written();
    assert_eq!((metrics.len(), &metrics[3]["Calls"]), (4, &json!(0)), "a handler that panics has its metrics too");
}
