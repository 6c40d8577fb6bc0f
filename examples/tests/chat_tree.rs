//! The example is the first thing that a stranger runs: it works without flags, on a table that persists, and its errors
//! are one line.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};
use std::sync::LazyLock;

use testkit::on_both_engines;

/// Where it writes its page.
const FOLDER: &str = env!("CARGO_TARGET_TMPDIR");

/// The example's program, built when it is first asked for.
fn program() -> &'static str {
    static PROGRAM: LazyLock<String> = LazyLock::new(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "examples", "--example", "chat_tree", "--message-format", "json"]);
        // What cargo tells this test of its package would make it build the dependencies that look at it anew.
        for variable in std::env::vars_os().map(|(name, _)| name) {
            let name = variable.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"].iter().any(|own| name.starts_with(own)) {
                cargo.env_remove(&variable);
            }
        }
        let messages = cargo.output().unwrap().stdout;
        let messages = serde_json::Deserializer::from_slice(&messages).into_iter::<serde_json::Value>();
        messages.filter_map(|message| message.unwrap()["executable"].as_str().map(str::to_owned)).last().unwrap()
    });
    &PROGRAM
}

/// Runs it with nothing in the environment that names an engine.
fn chat_tree(arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    for variable in std::env::vars_os().map(|(name, _)| name) {
        let name = variable.to_string_lossy();
        if name.starts_with("AWS_") || name.starts_with("DYNAMODB_") || name == "NODE_ENV" {
            command.env_remove(&variable);
        }
    }
    command.args(arguments).current_dir(FOLDER).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn without_flags_it_needs_no_server() {
    let output = chat_tree(&[]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{err}");
    assert!(out.starts_with("Engine   embedded"), "{out}");
    assert!(out.contains("messageCount is now 41"), "{out}");
    assert!(out.contains("ConditionalCheckFailedException"), "{out}");
    assert!(out.contains("\n│ ├ Nora: It moves a millimetre"), "{out}");
    assert!(out.contains("41 nodes, 11 deep"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");

    let page = std::fs::read_to_string(format!("{FOLDER}/tree.html")).unwrap();
    assert_eq!(page.matches("<div role=\"treeitem\"").count(), 48);
}

on_both_engines! {
    async fn it_can_be_run_again_on_the_same_table(engine: Engine) {
        for state in ["created", "there already"] {
            let endpoint = format!("--endpoint={}", engine.endpoint());
            // The emulator is shared, and this namespace with other programs in local mode.
            let table = format!("--table={}", engine.access_key_id());
            let html = format!("--html={FOLDER}/{}.html", engine.access_key_id());
            let output = tokio::task::spawn_blocking(move || chat_tree(&[&endpoint, &table, &html])).await.unwrap();
            let out = text(&output.stdout);
            assert!(output.status.success(), "{}", text(&output.stderr));
            assert!(out.contains(&format!("with parent-index, {state}")), "{out}");
            for says in [
                "41 nodes, 11 deep",
                "Path     10 messages",
                "Forked   7 messages",
                "Appended 2 messages",
                "in one transaction: the path has 4 messages now, not 9",
                "Refused  a move of the root",
                "Deleted  2 messages; the root's messageCount is now 48",
                "nothing is wrong",
                "with 48 messages",
            ] {
                assert!(out.contains(says), "{says}: {out}");
            }
        }
    }
}

#[test]
fn what_goes_wrong_is_one_line_and_exit_code_1() {
    let nobody = testkit::refused_endpoint().unwrap();
    for (arguments, says) in [
        (vec!["--endpoint", nobody.as_str()], "Start DynamoDB Local there, or use Client::embedded()."),
        (vec!["--endpoint"], "--endpoint needs a value"),
        (vec!["--leaves"], "--leaves is not understood"),
        (vec!["--embedded", "--html", "no/such/folder/tree.html"], "name another file with --html"),
        (vec!["--embedded", "--endpoint=http://localhost:1"], "give one of them"),
    ] {
        let output = chat_tree(&arguments);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(err.lines().count(), 1, "{err}");
        assert!(err.starts_with("chat_tree: ") && err.contains(says), "{err}");
    }
}
