use proptest::prelude::*;

use super::super::placeholders::Placeholders;
use super::super::update_text::update_replay_class;
use super::super::{RequestExpressions, Update, attr, list_append, path, value};
use crate::execute::ReplayClass::{self, Idempotent, NonIdempotent};

fn class_of(text: &str) -> ReplayClass {
    let names = [("#a", "a"), ("#a2", "a"), ("#b", "b"), ("#dotted", "a.b")].map(|(p, n)| (p.to_owned(), n.to_owned()));
    let values = [
        (":v", r#"{"S":"x"}"#),
        (":n", r#"{"N":"1"}"#),
        (":l", r#"{"L":[]}"#),
        (":ss", r#"{"SS":["a"]}"#),
        (":ns", r#"{"NS":["1"]}"#),
        (":bs", r#"{"BS":["AA=="]}"#),
        (":fake", r#"{"S":"SS"}"#),
    ]
    .map(|(p, v)| (p.to_owned(), v.as_bytes().to_vec()));
    update_replay_class(text, &Placeholders::new(&names, &values, []))
}

#[test]
fn the_class_of_update_texts() {
    let cases = [
        // SET of a path to a literal.
        ("SET a = :v", Idempotent),
        ("set a=:v", Idempotent),
        ("  SET\n #a\t= :v  ", Idempotent),
        ("SET a = :n, b.c = :l, #b.#a.d = :ss", Idempotent),
        ("SET _a1 = :v", Idempotent),
        ("SET a = b", NonIdempotent),
        ("SET a = #b", NonIdempotent),
        ("SET a = a", NonIdempotent),
        ("SET a = :v, b = a", NonIdempotent),
        ("SET a = :unknown", NonIdempotent),
        ("SET #unknown = :v", NonIdempotent),
        ("SET a = (:v)", NonIdempotent),
        // Arithmetic.
        ("SET a = a + :n", NonIdempotent),
        ("SET a = :n + :n", NonIdempotent),
        ("SET a = :n - a", NonIdempotent),
        ("SET a = :v, b = b - :n", NonIdempotent),
        // if_not_exists.
        ("SET a = if_not_exists(a, :v)", Idempotent),
        ("SET a = if_not_exists ( #a , :v )", Idempotent),
        ("SET #a.b = if_not_exists(#a2.#b, :v)", Idempotent),
        ("SET a.b = if_not_exists(#dotted, :v)", NonIdempotent),
        ("SET a = if_not_exists(b, :v)", NonIdempotent),
        ("SET a = if_not_exists(a.b, :v)", NonIdempotent),
        ("SET a.b = if_not_exists(a, :v)", NonIdempotent),
        ("SET a = if_not_exists(a, b)", NonIdempotent),
        ("SET a = if_not_exists(a, :n) + :n", NonIdempotent),
        ("SET a = if_not_exists(a, if_not_exists(a, :n))", NonIdempotent),
        ("SET a = IF_NOT_EXISTS(a, :v)", NonIdempotent),
        // list_append and list indexes.
        ("SET a = list_append(a, :l)", NonIdempotent),
        ("SET a = list_append(:l, :l)", NonIdempotent),
        // The name of a function is not reserved: here it is an attribute.
        ("SET list_append = :l REMOVE if_not_exists", Idempotent),
        ("SET a[0] = :v", NonIdempotent),
        ("SET a.b[0].c = :v", NonIdempotent),
        ("SET a = if_not_exists(a[0], :v)", NonIdempotent),
        // REMOVE.
        ("REMOVE a", Idempotent),
        ("remove a, b.c, #a.#b", Idempotent),
        ("REMOVE a[0]", NonIdempotent),
        ("REMOVE a, b[1]", NonIdempotent),
        ("REMOVE :v", NonIdempotent),
        // ADD and DELETE.
        ("ADD a :ss", Idempotent),
        ("ADD a :ns, b :bs", Idempotent),
        ("ADD a :n", NonIdempotent),
        ("ADD a :ss, b :n", NonIdempotent),
        ("ADD a :fake", NonIdempotent),
        ("ADD a :l", NonIdempotent),
        ("ADD a[0] :ss", NonIdempotent),
        ("DELETE a :ss", Idempotent),
        ("DELETE a.b :ns", Idempotent),
        ("DELETE a :v", NonIdempotent),
        ("DELETE a b", NonIdempotent),
        // Several sections.
        ("SET a = :v REMOVE b ADD c :ss DELETE d :ns", Idempotent),
        ("REMOVE b SET a = :v", Idempotent),
        ("SET a = :v REMOVE b ADD c :n DELETE d :ns", NonIdempotent),
        ("SET a = :v SET b = :v", NonIdempotent),
        // Not understood.
        ("", NonIdempotent),
        ("   ", NonIdempotent),
        ("a = :v", NonIdempotent),
        ("SET", NonIdempotent),
        ("SET a", NonIdempotent),
        ("SET a =", NonIdempotent),
        ("SET a = :v,", NonIdempotent),
        ("SET a = :v b", NonIdempotent),
        ("SET a. = :v", NonIdempotent),
        ("SET a = :v;", NonIdempotent),
        ("SET remove = :v", NonIdempotent),
        ("UPSERT a = :v", NonIdempotent),
        ("SET 'a' = :v", NonIdempotent),
        ("SET é = :v", NonIdempotent),
    ];
    for (text, class) in cases {
        assert_eq!(class_of(text), class, "{text:?}");
    }
}

#[test]
fn the_class_of_typed_updates() {
    let cases = [
        (Update::new().set("a", 1), Idempotent),
        (Update::new().set("a", "x").set(attr("b").field("c"), [1, 2]), Idempotent),
        (Update::new().set("a", None::<i32>), Idempotent),
        (Update::new().set("a", value(1)), Idempotent),
        (Update::new().set("a.b[0] + c", 1), Idempotent),
        (Update::new().set("a", attr("a").if_not_exists(0)), Idempotent),
        (Update::new().set(path("a.b"), path("a.b").if_not_exists(0)), Idempotent),
        (Update::new().set("a.b", path("a.b").if_not_exists(0)), NonIdempotent),
        (Update::new().set("a", attr("b").if_not_exists(0)), NonIdempotent),
        (Update::new().set("a", attr("a").if_not_exists(attr("b"))), NonIdempotent),
        (Update::new().set("a", attr("a") + 1), NonIdempotent),
        (Update::new().set("a", value(10) - attr("a")), NonIdempotent),
        (Update::new().set("a", attr("a").if_not_exists(0) + 1), NonIdempotent),
        (Update::new().set("a", attr("b")), NonIdempotent),
        (Update::new().set("a", list_append(attr("a"), ["x"])), NonIdempotent),
        (Update::new().set(path("a[0]"), 1), NonIdempotent),
        (Update::new().remove("a").remove(path("b.c")), Idempotent),
        (Update::new().remove(path("b.c[1]")), NonIdempotent),
        (Update::new().add("a", 1), NonIdempotent),
        (Update::new().set("b", 1).remove("c").add("a", 1), NonIdempotent),
    ];
    for (update, class) in cases {
        let shown = format!("{update:?}");
        let mut expressions = RequestExpressions::default();
        expressions.update(|_| update);
        assert_eq!(expressions.write_classified(&mut Vec::new()).unwrap(), class, "{shown}");
    }
}

/// The words of update expressions in any order, half of them nonsense.
fn words() -> impl Strategy<Value = Vec<&'static str>> {
    let word = prop::sample::select(vec![
        "SET",
        "set",
        "REMOVE",
        "ADD",
        "DELETE",
        "a",
        "#a",
        "#a2",
        "b",
        ".",
        ",",
        "=",
        "(",
        ")",
        ":v",
        ":n",
        ":ss",
        "if_not_exists",
        "[0]",
        "+",
        "-",
        "list_append",
    ]);
    prop::collection::vec(word, 0..14)
}

/// Clauses that are idempotent.
fn clause() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a = :v", "#a.b = :n", "b = if_not_exists(b, :v)"])
}

proptest! {
    #[test]
    fn any_text_has_a_class(text in "\\PC*") {
        class_of(&text);
        class_of(&format!("SET {text}"));
        class_of(&format!("SET a = :v {text}"));
    }

    #[test]
    fn arithmetic_list_append_and_list_indexes_are_never_idempotent(
        mut words in words(),
        culprit in prop::sample::select(vec!["+", "-", "list_append (", "["]),
        at in any::<prop::sample::Index>(),
    ) {
        words.insert(at.index(words.len() + 1), culprit);
        prop_assert_eq!(class_of(&words.join(" ")), NonIdempotent);
    }

    #[test]
    fn one_clause_that_is_not_idempotent_makes_the_update_so(
        before in prop::collection::vec(clause(), 0..3),
        after in prop::collection::vec(clause(), 0..3),
        culprit in prop::sample::select(vec!["a = b", "c = :n + c", "d[1] = :v", "e = list_append(e, :l)"]),
    ) {
        let fine = [before.clone(), after.clone()].concat();
        if !fine.is_empty() {
            prop_assert_eq!(class_of(&format!("SET {}", fine.join(", "))), Idempotent);
        }
        let all = [before, vec![culprit], after].concat();
        prop_assert_eq!(class_of(&format!("SET {}", all.join(", "))), NonIdempotent);
    }
}
