//! Updates, key conditions and projections, as the service reads them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use enhanced_dynamodb::expression::{Condition, KeyCondition, Projection, Update, attr, list_append, path, value};
use enhanced_dynamodb::{Error, ErrorKind};
use proptest::prelude::*;

fn expression(update: Update) -> String {
    update.to_expression().unwrap().expression
}

#[track_caller]
fn refused(error: Error, message: &str) {
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains(message), "{error}");
}

#[test]
fn every_action_of_an_update_stands_in_its_section() {
    let update = Update::new()
        .add("visits", 1)
        .remove("draft")
        .set("status", "open")
        .remove(path("log[0]"))
        .set(attr("settings").field("theme.color"), attr("default").field("color"))
        .set("status2", "open");
    let rendered = update.to_expression().unwrap();
    insta::assert_snapshot!(
        format!("{}\n{}\n{}", rendered.expression, rendered.names, rendered.values),
        @r##"
    SET #n0 = :v0, #n1.#n2 = #n3.#n4, #n5 = :v0 REMOVE #n6, #n7[0] ADD #n8 :v1
    {"#n0":"status","#n1":"settings","#n2":"theme.color","#n3":"default","#n4":"color","#n5":"status2","#n6":"draft","#n7":"log","#n8":"visits"}
    {":v0":{"S":"open"},":v1":{"N":"1"}}
    "##
    );
}

#[test]
fn operands_of_updates_are_written_as_the_service_reads_them() {
    let cases = [
        (Update::new().set("a", attr("b") + 1), "SET #n0 = #n1 + :v0"),
        (Update::new().set("a", attr("a") - attr("b")), "SET #n0 = #n0 - #n1"),
        (Update::new().set("a", value(10) - path("b.c")), "SET #n0 = :v0 - #n1.#n2"),
        (Update::new().set("a", attr("a").if_not_exists(0)), "SET #n0 = if_not_exists(#n0, :v0)"),
        (Update::new().set("a", attr("a").if_not_exists(0) + 1), "SET #n0 = if_not_exists(#n0, :v0) + :v1"),
        (Update::new().set("a", attr("b") - attr("a").if_not_exists(0)), "SET #n0 = #n1 - if_not_exists(#n0, :v0)"),
        (
            Update::new().set("a", attr("a").if_not_exists(attr("b").if_not_exists(0))),
            "SET #n0 = if_not_exists(#n0, if_not_exists(#n1, :v0))",
        ),
        (Update::new().set("a", list_append(attr("a"), ["x"])), "SET #n0 = list_append(#n0, :v0)"),
        (Update::new().set("a", list_append(["x"], attr("a"))), "SET #n0 = list_append(:v0, #n0)"),
        (Update::new().set(String::from("a"), None::<String>), "SET #n0 = :v0"),
    ];
    for (update, expected) in cases {
        assert_eq!(expression(update), expected);
    }
}

#[test]
fn an_update_that_the_service_would_surely_reject_says_what_to_do() {
    let cases = [
        (Update::new().set("a", attr("a") + 1 + 1), "takes one + or -"),
        (Update::new().set("a", attr("a") - (attr("b") - 1)), "takes one + or -"),
        (Update::new().set("a", attr("a").if_not_exists(attr("b") + 1)), "inside if_not_exists"),
        (Update::new().set("a", list_append(attr("a") + 1, ["x"])), "inside if_not_exists and list_append"),
        (Update::new().set("a", attr("b").size()), "size() is a part of conditions"),
        (Update::new().set("a", attr("b").size() + 1), "size() is a part of conditions"),
        (Update::new().set("", 1), "an attribute name is empty"),
        (Update::new().remove(path("a[")), "cannot be read"),
        (Update::new().add("a", "x"), "ADD takes a number or a set, the value for `a` is of type S"),
        (Update::new().add("a", ["x"]), "the value for `a` is of type L"),
        (Update::new().delete("a", 1), "DELETE takes a set, the value for `a` is of type N"),
        (Update::new(), "is empty"),
        (Update::expression(" "), "is empty"),
        (Update::expression("a = :a").set("b", 1), "begins with SET, REMOVE, ADD or DELETE"),
    ];
    for (update, message) in cases {
        refused(update.to_expression().expect_err(message), message);
    }
}

#[test]
fn a_value_that_cannot_be_encoded_is_an_error_that_names_the_attribute() {
    for update in [
        Update::new().set("fine", 1).set("price", f64::NAN),
        Update::new().set("price", attr("price") + f64::NAN),
        Update::new().set("price", attr("price").if_not_exists(f64::NAN)),
        Update::new().set("price", list_append(attr("price"), [f64::NAN])),
        Update::new().add("price", f64::NEG_INFINITY),
        Update::new().delete("price", f64::NAN),
    ] {
        let error = update.to_expression().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert!(error.message().contains("price"), "{error}");
    }
}

#[test]
fn a_text_alone_is_sent_to_the_byte_and_among_others_section_by_section() {
    let text = "set a = :a,\n b=:b   Remove c";
    assert_eq!(expression(Update::expression(text)), text);
    assert_eq!(expression(Update::expression(text).set("d", 1)), "SET #n0 = :v0, a = :a,\n b=:b REMOVE c");
    assert_eq!(
        expression(Update::expression(text).and_expression("ADD e :e SET f = :f")),
        "SET a = :a,\n b=:b, f = :f REMOVE c ADD e :e"
    );
}

#[test]
fn a_key_condition_is_a_partition_and_a_range_of_sort_keys() {
    let partition = || KeyCondition::partition("p", "x");
    let cases = [
        (partition(), "#n0 = :v0"),
        (partition().sort(attr("s").eq(1)), "#n0 = :v0 AND #n1 = :v1"),
        (partition().sort(attr("s").lt(1)), "#n0 = :v0 AND #n1 < :v1"),
        (partition().sort(attr("s").le(1)), "#n0 = :v0 AND #n1 <= :v1"),
        (partition().sort(attr("s").gt(1)), "#n0 = :v0 AND #n1 > :v1"),
        (partition().sort(attr("s").ge(1)), "#n0 = :v0 AND #n1 >= :v1"),
        (partition().sort(attr("s").between(1, 2)), "#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2"),
        (partition().sort(attr("s").begins_with("y")), "#n0 = :v0 AND begins_with(#n1, :v1)"),
        (
            partition().and_partition("q", 1).sort(attr("s").eq(2)).sort(attr("t").gt(3)),
            "#n0 = :v0 AND #n1 = :v1 AND #n2 = :v2 AND #n3 > :v3",
        ),
        (KeyCondition::expression("p = :p").sort(attr("s").eq(1)), "p = :p AND #n0 = :v0"),
    ];
    for (condition, expected) in cases {
        assert_eq!(condition.to_expression().unwrap().expression, expected);
    }
}

#[test]
fn what_cannot_be_a_key_condition_is_an_error_that_says_where_it_belongs() {
    let partition = || KeyCondition::partition("p", "x");
    for sort in [
        attr("s").ne(1),
        attr("s").is_in([1, 2]),
        attr("s").exists(),
        attr("s").contains("x"),
        attr("s").size().eq(1),
        attr("s").eq(attr("t")),
        attr("s").between(1, attr("t")),
        attr("s").field("t").eq(1),
        attr("s").field("t").begins_with("x"),
        attr("s").gt(1) & attr("s").lt(9),
        !attr("s").gt(1),
        Condition::expression("s = :s"),
    ] {
        refused(partition().sort(sort).to_expression().unwrap_err(), "put other conditions into the filter");
    }
    refused(KeyCondition::default().to_expression().unwrap_err(), "a query reads one partition");
    refused(KeyCondition::default().sort(attr("s").eq(1)).to_expression().unwrap_err(), "a query reads one partition");
    let five = (0..5).fold(KeyCondition::default(), |key, at| key.and_partition(format!("p{at}"), at));
    refused(five.to_expression().unwrap_err(), "at most four attributes");
    let error = KeyCondition::partition("p", f64::NAN).to_expression().unwrap_err();
    assert_eq!((error.kind(), error.message().contains("`p`")), (ErrorKind::Encode, true));
}

#[test]
fn a_projection_is_a_list_of_paths() {
    let projection = Projection::new(["id", "size"]).and(path("log[2].at")).and_expression("#x, y");
    let rendered = projection.to_expression().unwrap();
    assert_eq!(rendered.expression, "#n0, #n1, #n2[2].#n3, #x, y");
    assert_eq!(rendered.values, "{}");
    refused(Projection::new([""; 0]).to_expression().unwrap_err(), "is empty");
    refused(Projection::expression("").to_expression().unwrap_err(), "is empty");
}

#[test]
fn debug_output_shows_names_and_no_values() {
    let update = Update::expression("SET b = :b").set("a", "secret").add("c", 7);
    assert_eq!(format!("{update:?}"), "Update(SET a = ? ADD c ? SET b = :b)");
    assert_eq!(format!("{:?}", KeyCondition::partition("p", "secret")), "KeyCondition(p = ?)");
    assert_eq!(format!("{:?}", attr("a") + 1), "Operand(a + ?)");
    assert_eq!(format!("{:?}", path("a.b[0]")), "Attr(a.b[0])");
}

proptest! {
    #[test]
    fn no_text_panics(text: String, words in prop::collection::vec(prop::sample::select(
        vec!["SET", "remove", "Add", "DELETE", "a", "=", ":v", ",", "é", "#"]), 0..10)) {
        for text in [text, words.join(" ")] {
            let _ = Update::expression(&text).to_expression();
            let _ = Update::expression(&text).set("a", 1).and_expression(&text).to_expression();
            let _ = KeyCondition::expression(&text).to_expression();
            let _ = Projection::expression(&text).to_expression();
        }
    }

    #[test]
    fn joined_texts_keep_every_action(actions in prop::collection::vec(
        (prop::sample::select(vec!["SET", "REMOVE", "ADD", "DELETE"]), "[b-z][a-z0-9]{3,6}"), 1..8)) {
        let update = actions.iter().fold(Update::new().set("typed", 1), |update, (section, action)| {
            update.and_expression(format!("{section} {action}"))
        });
        let written = expression(update);
        for section in ["SET", "REMOVE", "ADD", "DELETE"] {
            let expected = usize::from(section == "SET" || actions.iter().any(|(of, _)| *of == section));
            prop_assert_eq!(written.matches(section).count(), expected);
        }
        for (_, action) in &actions {
            prop_assert!(written.contains(action.as_str()));
        }
    }
}
