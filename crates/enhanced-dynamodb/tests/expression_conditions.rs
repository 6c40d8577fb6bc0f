//! Conditions and filters, as the service reads them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use enhanced_dynamodb::ErrorKind;
use enhanced_dynamodb::expression::{AttributeType, Condition, attr, path, value};
use proptest::prelude::*;
use serde::Serialize;

fn text(condition: Condition) -> String {
    let rendered = condition.to_expression().unwrap();
    format!("{}\n{}\n{}", rendered.expression, rendered.names, rendered.values)
}

fn expression(condition: Condition) -> String {
    condition.to_expression().unwrap().expression
}

#[track_caller]
fn refused(condition: Condition, message: &str) {
    let error = condition.to_expression().expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains(message), "{error}");
}

#[test]
fn every_comparison_is_written_as_the_service_reads_it() {
    let b = attr("b");
    let cases = [
        (attr("a").eq(1), "#n0 = :v0"),
        (attr("a").ne(1), "#n0 <> :v0"),
        (attr("a").lt(1), "#n0 < :v0"),
        (attr("a").le(1), "#n0 <= :v0"),
        (attr("a").gt(1), "#n0 > :v0"),
        (attr("a").ge(1), "#n0 >= :v0"),
        (attr("a").between(1, 2), "#n0 BETWEEN :v0 AND :v1"),
        (attr("a").is_in([1]), "#n0 IN (:v0)"),
        (attr("a").is_in([1, 2, 1]), "#n0 IN (:v0, :v1, :v0)"),
        (attr("a").exists(), "attribute_exists(#n0)"),
        (attr("a").not_exists(), "attribute_not_exists(#n0)"),
        (attr("a").has_type(AttributeType::Bool), "attribute_type(#n0, :v0)"),
        (attr("a").begins_with("x"), "begins_with(#n0, :v0)"),
        (attr("a").contains("x"), "contains(#n0, :v0)"),
        (attr("a").contains(attr("b")), "contains(#n0, #n1)"),
        (attr("a").size().gt(3), "size(#n0) > :v0"),
        (attr("a").size().eq(attr("b").size()), "size(#n0) = size(#n1)"),
        (attr("a").size().between(1, attr("b")), "size(#n0) BETWEEN :v0 AND #n1"),
        (attr("a").lt(attr("b")), "#n0 < #n1"),
        (attr("a").lt(&b), "#n0 < #n1"),
        (attr("a").is_in([attr("b"), attr("c")]), "#n0 IN (#n1, #n2)"),
        (value("x").is_in([attr("b"), attr("c")]), ":v0 IN (#n0, #n1)"),
        (path("a.b[3].c").ge(attr("a").field("b")), "#n0.#n1[3].#n2 >= #n0.#n1"),
    ];
    for (condition, expected) in cases {
        assert_eq!(expression(condition), expected);
    }
}

#[test]
fn every_attribute_type_goes_by_the_services_name() {
    use AttributeType::{B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
    let names: Vec<_> = [S, N, B, Bool, Null, L, M, Ss, Ns, Bs]
        .map(|kind| attr("a").has_type(kind).to_expression().unwrap().values)
        .to_vec();
    insta::assert_snapshot!(names.join("\n"), @r#"
    {":v0":{"S":"S"}}
    {":v0":{"S":"N"}}
    {":v0":{"S":"B"}}
    {":v0":{"S":"BOOL"}}
    {":v0":{"S":"NULL"}}
    {":v0":{"S":"L"}}
    {":v0":{"S":"M"}}
    {":v0":{"S":"SS"}}
    {":v0":{"S":"NS"}}
    {":v0":{"S":"BS"}}
    "#);
}

#[test]
fn a_name_is_one_name_whatever_characters_it_has() {
    insta::assert_snapshot!(
        text(attr("size").eq(1) & attr("a.b").eq(1) & attr("#n0").exists() & attr("two words \"").exists()),
        @r##"
    #n0 = :v0 AND #n1 = :v0 AND attribute_exists(#n2) AND attribute_exists(#n3)
    {"#n0":"size","#n1":"a.b","#n2":"#n0","#n3":"two words \""}
    {":v0":{"N":"1"}}
    "##
    );
}

#[test]
fn values_are_whatever_can_be_serialised() {
    #[derive(Serialize)]
    struct Address<'a> {
        city: &'a str,
        lines: Vec<u8>,
    }
    let y = String::from("y");
    insta::assert_snapshot!(
        text(
            attr("a").eq(Address { city: "Köln", lines: vec![1] })
                | attr("b").eq(None::<i32>)
                | attr("c").eq(Some("x"))
                | attr("d").eq(&y)
                | attr("e").eq(1.5)
                | attr("f").eq(true)
        ),
        @r##"
    #n0 = :v0 OR #n1 = :v1 OR #n2 = :v2 OR #n3 = :v3 OR #n4 = :v4 OR #n5 = :v5
    {"#n0":"a","#n1":"b","#n2":"c","#n3":"d","#n4":"e","#n5":"f"}
    {":v0":{"M":{"city":{"S":"Köln"},"lines":{"L":[{"N":"1"}]}}},":v1":{"NULL":true},":v2":{"S":"x"},":v3":{"S":"y"},":v4":{"N":"1.5"},":v5":{"BOOL":true}}
    "##
    );
}

#[test]
fn a_number_and_a_string_that_look_alike_are_two_values() {
    assert_eq!(expression(attr("a").eq(1) | attr("a").eq("1")), "#n0 = :v0 OR #n0 = :v1");
}

#[test]
fn parentheses_stand_where_they_change_the_meaning_and_nowhere_else() {
    let [a, b, c] = ["a", "b", "c"].map(|name| attr(name).exists());
    let short = |condition: Condition| {
        let text = expression(condition);
        ["a", "b", "c"]
            .iter()
            .enumerate()
            .fold(text, |text, (at, name)| text.replace(&format!("attribute_exists(#n{at})"), name))
    };
    let (x, y, z) = (|| a.clone(), || b.clone(), || c.clone());
    assert_eq!(short(x() & y() & z()), "a AND b AND c");
    assert_eq!(short(x() & (y() & z())), "a AND b AND c");
    assert_eq!(short(x() | y() | z()), "a OR b OR c");
    assert_eq!(short(x() | (y() & z())), "a OR b AND c");
    assert_eq!(short((x() | y()) & z()), "(a OR b) AND c");
    assert_eq!(short(x() & (y() | z())), "a AND (b OR c)");
    assert_eq!(short(!x()), "NOT (a)");
    assert_eq!(short(!!x()), "NOT (NOT (a))");
    assert_eq!(short(!(x() & y()) & z()), "NOT (a AND b) AND c");
    assert_eq!(short(!(x() | y()) | z()), "NOT (a OR b) OR c");
    assert_eq!(short(x().and(y()).or(z()).not()), "NOT (a AND b OR c)");
}

#[test]
fn a_text_keeps_its_meaning_among_others_and_gets_no_second_parentheses() {
    let other = || attr("z").exists();
    let cases = [
        ("a = :a", "a = :a", "(a = :a) AND attribute_exists(#n0)", "NOT (a = :a)"),
        ("(a = :a)", "(a = :a)", "(a = :a) AND attribute_exists(#n0)", "NOT (a = :a)"),
        (
            "(a = :a) OR (b = :b)",
            "(a = :a) OR (b = :b)",
            "((a = :a) OR (b = :b)) AND attribute_exists(#n0)",
            "NOT ((a = :a) OR (b = :b))",
        ),
        (" ( a = :a ) ", " ( a = :a ) ", " ( a = :a )  AND attribute_exists(#n0)", "NOT  ( a = :a ) "),
    ];
    for (given, alone, joined, negated) in cases {
        assert_eq!(expression(Condition::expression(given)), alone);
        assert_eq!(expression(Condition::expression(given) & other()), joined);
        assert_eq!(expression(!Condition::expression(given)), negated);
    }
    refused(Condition::expression("a = :a) OR (b = :b") & other(), "parentheses");
    refused(Condition::expression("(a = :a"), "parentheses");
    refused(Condition::expression("  "), "empty");
}

#[test]
fn what_the_service_would_surely_reject_is_an_error_that_says_what_to_do() {
    refused(attr("").exists(), "an attribute name is empty");
    refused(attr("a").field("").exists(), "an attribute name is empty");
    refused(attr("a").is_in([0; 0]), "is_in of `a` has no operands");
    refused(attr("a").is_in(0..101), "is_in of `a` has more than the 100 operands");
    assert!(attr("a").is_in(0..100).to_expression().is_ok());
    refused(attr("a").eq(attr("b") + 1), "are parts of updates");
    refused(attr("a").eq(attr("b").if_not_exists(1)), "are parts of updates");
    refused(path(["a"; 33].join(".")).exists(), "32 levels");
    assert!(path(["a"; 32].join(".")).exists().to_expression().is_ok());
}

#[test]
fn paths_that_cannot_be_read_are_errors_of_the_expression() {
    for text in
        ["", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[1", "a]", "a[1]b", "[0]", "a[99999999999]"]
    {
        refused(path(text).exists(), "cannot be read");
    }
    assert_eq!(expression(path("a[0][12].b c").exists()), "attribute_exists(#n0[0][12].#n1)");
}

#[test]
fn a_value_that_cannot_be_encoded_is_an_error_that_names_the_attribute() {
    for condition in [
        path("a.b").eq(f64::NAN),
        path("a.b").is_in([1.0, f64::INFINITY]),
        path("a.b").between(0.0, f64::NAN),
        path("a.b").contains(f64::NAN),
        path("a.b").size().lt(f64::NAN) & attr("c").exists(),
    ] {
        let error = condition.to_expression().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert!(error.message().contains("a.b"), "{error}");
    }
}

#[test]
fn three_hundred_operators_are_taken_and_one_more_is_not() {
    let comparisons = |count: usize| (1..count).fold(attr("a").eq(1), |all, _| all | attr("a").eq(1));
    // 150 comparisons and the 149 ORs between them.
    assert!(comparisons(150).to_expression().is_ok());
    refused(comparisons(151), "has 301 operators and functions, DynamoDB takes 300");
    refused(comparisons(150) & attr("b").size().gt(1), "has 302 operators and functions");
}

#[test]
fn a_hundred_thousand_conditions_are_joined_and_dropped_without_a_deep_stack() {
    let many = (0..100_000).fold(attr("a").exists(), |all, _| all.and(attr("a").exists()));
    refused(many.clone(), "operators");
    refused(!many, "operators");
}

#[test]
fn debug_output_shows_names_and_no_values() {
    assert_eq!(
        format!("{:?}", path("a.b[1]").eq("secret") & attr("c").exists()),
        "Condition(a.b[1] = ? AND attribute_exists(c))"
    );
    assert!(!format!("{:?}", attr("a").eq("secret").to_expression().unwrap()).contains("secret"));
}

proptest! {
    #[test]
    fn any_name_and_any_value_become_placeholders_that_resolve_back_to_them(
        names in prop::collection::vec("\\PC+|[ -~]+|.", 1..6),
        values in prop::collection::vec(any::<String>(), 6),
    ) {
        let mut condition = attr(&names[0]).eq(&values[0]);
        for (name, value) in names.iter().zip(&values).skip(1) {
            condition = condition & attr(name).eq(value);
        }
        let rendered = condition.to_expression().unwrap();
        let sent_names: serde_json::Value = serde_json::from_str(&rendered.names).unwrap();
        let sent_values: serde_json::Value = serde_json::from_str(&rendered.values).unwrap();
        let comparisons: Vec<_> = rendered.expression.split(" AND ").collect();
        prop_assert_eq!(comparisons.len(), names.len());
        for ((comparison, name), value) in comparisons.iter().zip(&names).zip(&values) {
            let (left, right) = comparison.split_once(" = ").unwrap();
            prop_assert_eq!(sent_names[left].as_str(), Some(name.as_str()));
            prop_assert_eq!(sent_values[right]["S"].as_str(), Some(value.as_str()));
        }
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(sent_names.as_object().unwrap().len(), distinct.len());
    }

    #[test]
    fn no_path_and_no_text_panics(text: String, pathlike in "[a-c.\\[\\]0-9 ]{0,12}") {
        for text in [&text, &pathlike] {
            let _ = path(text).exists().to_expression();
            let _ = (Condition::expression(text) & !Condition::expression(text)).to_expression();
        }
    }
}
