use super::super::{Condition, KeyCondition, Projection, RequestExpressions, Update, attr, path};
use crate::error::ErrorKind;
use crate::execute::ReplayClass;

fn written(expressions: &RequestExpressions) -> String {
    let mut out = b"{\"TableName\":\"T\"".to_vec();
    expressions.write(&mut out).unwrap();
    out.push(b'}');
    let value: serde_json::Value = serde_json::from_slice(&out).expect("the body is JSON");
    serde_json::to_string_pretty(&value).unwrap()
}

fn failure(expressions: &RequestExpressions) -> String {
    expressions.write(&mut Vec::new()).unwrap_err().to_string()
}

#[test]
fn no_expression_adds_nothing_to_the_body() {
    let mut out = b"{".to_vec();
    RequestExpressions::default().write(&mut out).unwrap();
    assert_eq!(out, b"{");
}

#[test]
fn names_and_values_are_sent_once_over_all_expressions_of_a_request() {
    let mut expressions = RequestExpressions::default();
    expressions.update(|update| update.set("status", "open").set(path("log[0].status"), "open"));
    expressions.condition(attr("status").ne("open") & attr("log").exists());
    insta::assert_snapshot!(written(&expressions), @r##"
    {
      "ConditionExpression": "#n0 <> :v0 AND attribute_exists(#n1)",
      "ExpressionAttributeNames": {
        "#n0": "status",
        "#n1": "log"
      },
      "ExpressionAttributeValues": {
        ":v0": {
          "S": "open"
        }
      },
      "TableName": "T",
      "UpdateExpression": "SET #n0 = :v0, #n1[0].#n0 = :v0"
    }
    "##);
}

#[test]
fn a_query_sends_key_condition_filter_and_projection() {
    let mut expressions = RequestExpressions::default();
    expressions.key(|key| key.and_partition("parent", "m1"));
    expressions.key(|key| key.sort(attr("createdAt").between("2024-01", "2024-02")));
    expressions.filter(attr("stars").ge(3));
    expressions.projection(|_| Projection::new(["id", "parent"]));
    insta::assert_snapshot!(written(&expressions), @r##"
    {
      "ExpressionAttributeNames": {
        "#n0": "parent",
        "#n1": "createdAt",
        "#n2": "stars",
        "#n3": "id"
      },
      "ExpressionAttributeValues": {
        ":v0": {
          "S": "m1"
        },
        ":v1": {
          "S": "2024-01"
        },
        ":v2": {
          "S": "2024-02"
        },
        ":v3": {
          "N": "3"
        }
      },
      "FilterExpression": "#n2 >= :v3",
      "KeyConditionExpression": "#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2",
      "ProjectionExpression": "#n3, #n0",
      "TableName": "T"
    }
    "##);
}

#[test]
fn texts_and_typed_expressions_share_a_request_and_its_placeholders() {
    let mut expressions = RequestExpressions::default();
    expressions.update(|_| Update::expression("SET #s = :open,\n  \"x\" = :v1"));
    expressions.condition(Condition::expression("#n0 = :one OR a = :two"));
    expressions.condition(attr("status").ne("open"));
    expressions.condition(attr("other").eq("closed"));
    expressions.name("#s", "status");
    expressions.name("#n0", "first");
    expressions.value(":open", "open");
    expressions.value(":one", &1);
    expressions.value(":two", &2);
    insta::assert_snapshot!(written(&expressions), @r##"
    {
      "ConditionExpression": "(#n0 = :one OR a = :two) AND #s <> :open AND #n1 = :v0",
      "ExpressionAttributeNames": {
        "#n0": "first",
        "#n1": "other",
        "#s": "status"
      },
      "ExpressionAttributeValues": {
        ":one": {
          "N": "1"
        },
        ":open": {
          "S": "open"
        },
        ":two": {
          "N": "2"
        },
        ":v0": {
          "S": "closed"
        }
      },
      "TableName": "T",
      "UpdateExpression": "SET #s = :open,\n  \"x\" = :v1"
    }
    "##);
}

#[test]
fn a_placeholder_that_a_text_speaks_of_is_never_given_to_another_name() {
    let mut expressions = RequestExpressions::default();
    expressions.filter(Condition::expression("#n0 = :v0"));
    expressions.filter(attr("mine").eq("secret"));
    let body = written(&expressions);
    assert!(body.contains("(#n0 = :v0) AND #n1 = :v1"), "{body}");
    assert!(body.contains(r##""#n1": "mine""##), "{body}");
}

#[test]
fn placeholders_of_the_users_must_be_placeholders_and_say_one_thing() {
    type Give = fn(&mut RequestExpressions);
    let cases: [(Give, &str); 7] = [
        (|e| e.name("status", "status"), "`status` is no placeholder"),
        (|e| e.name("#a-b", "x"), "`#a-b` is no placeholder"),
        (|e| e.value("#v", &1), "`#v` is no placeholder"),
        (|e| e.value(":", &1), "`:` is no placeholder"),
        (|e| e.name("#a", ""), "the attribute name that #a stands for is empty"),
        (
            |e| {
                e.name("#a", "x");
                e.name("#a", "y");
            },
            "#a stands for two different attribute names",
        ),
        (
            |e| {
                e.value(":a", &1);
                e.value(":a", &2);
            },
            ":a stands for two different values",
        ),
    ];
    for (give, message) in cases {
        let mut expressions = RequestExpressions::default();
        expressions.filter(Condition::expression("a = :a"));
        give(&mut expressions);
        let error = failure(&expressions);
        assert!(error.contains(message), "{error}");
    }
    let mut twice_the_same = RequestExpressions::default();
    twice_the_same.filter(Condition::expression("#a = :a"));
    for _ in 0..2 {
        twice_the_same.name("#a", "x");
        twice_the_same.value(":a", &1);
    }
    written(&twice_the_same);
}

#[test]
fn a_value_that_cannot_be_encoded_is_an_error_of_the_request() {
    let mut expressions = RequestExpressions::default();
    expressions.filter(Condition::expression("a = :a"));
    expressions.value(":a", &f64::INFINITY);
    let error = expressions.write(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    assert!(error.message().starts_with("the value for :a: "), "{error}");
}

#[test]
fn an_expression_above_4_kb_is_refused_before_it_is_sent() {
    let longest = format!("a = :a{}", " ".repeat(4096 - 6));
    for (text, accepted) in [(longest.clone(), true), (longest + " ", false)] {
        let mut expressions = RequestExpressions::default();
        expressions.filter(Condition::expression(text));
        assert_eq!(expressions.write(&mut Vec::new()).is_ok(), accepted);
    }
}

#[test]
fn an_update_says_what_applying_it_twice_would_do() {
    let class = |update: Update| {
        let mut expressions = RequestExpressions::default();
        expressions.update(|_| update);
        expressions.value(":v", "x");
        expressions.write_classified(&mut Vec::new()).unwrap()
    };
    assert_eq!(class(Update::new()), ReplayClass::Idempotent);
    assert_eq!(class(Update::new().set("a", 1)), ReplayClass::Idempotent);
    assert_eq!(class(Update::expression("SET\n\ta = :v\r\n")), ReplayClass::Idempotent);
    assert_eq!(class(Update::expression("SET a = :v").set("b", 1).remove("c")), ReplayClass::Idempotent);
    assert_eq!(class(Update::expression("SET a = :v").set("b", attr("b") + 1)), ReplayClass::NonIdempotent);
}

#[test]
fn a_key_condition_is_bound_the_same_however_it_is_written() {
    let bound = |key: KeyCondition, give: fn(&mut RequestExpressions)| {
        let mut expressions = RequestExpressions::default();
        expressions.key(|_| key);
        give(&mut expressions);
        expressions.bound_key_condition().unwrap()
    };
    let typed = bound(KeyCondition::partition("parent", "m1").sort(attr("at").gt(5)), |_| {});
    let with_filter = bound(KeyCondition::partition("parent", "m1").sort(attr("at").gt(5)), |e| {
        e.filter(attr("parent").eq("m1"));
        e.name("#n0", "at");
    });
    let text = bound(KeyCondition::expression("#p = :p AND at>:at"), |e| {
        e.name("#p", "parent");
        e.value(":p", "m1");
        e.value(":at", &5);
    });
    assert_eq!(typed, with_filter);
    assert_eq!(typed, text);
    assert_ne!(typed, bound(KeyCondition::partition("parent", "m2").sort(attr("at").gt(5)), |_| {}));
    assert_ne!(typed, bound(KeyCondition::partition("parent", "m1").sort(attr("at").ge(5)), |_| {}));
    assert!(RequestExpressions::default().bound_key_condition().unwrap().is_empty());
}

#[test]
fn debug_output_holds_no_values() {
    let mut expressions = RequestExpressions::default();
    expressions.condition(attr("password").eq("hunter2"));
    expressions.update(|update| update.set("password", "hunter2"));
    expressions.key(|key| key.and_partition("id", "hunter2"));
    expressions.value(":p", "hunter2");
    let text = format!("{expressions:?}");
    assert!(text.contains("password") && !text.contains("hunter2"), "{text}");
}
