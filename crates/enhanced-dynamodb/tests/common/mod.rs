//! Arbitrary items.

use enhanced_dynamodb::{AttributeValue, Binary, BinarySet, Item, Number, NumberSet, StringSet};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};

/// Any number of the service: of all lengths and powers.
pub(crate) fn number() -> impl Strategy<Value = Number> {
    let digits = (any::<bool>(), "[0-9]{1,19}", "[0-9]{0,19}", -100i32..80).prop_filter_map(
        "in range",
        |(negative, integral, fraction, power)| {
            format!("{}{integral}.{fraction}E{power}", if negative { "-" } else { "" }).parse().ok()
        },
    );
    prop_oneof![any::<i64>().prop_map(Number::from), digits]
}

fn binary() -> impl Strategy<Value = Binary> {
    prop::collection::vec(any::<u8>(), 0..8).prop_map(Binary::from)
}

/// Any value, a few levels deep.
pub(crate) fn value() -> impl Strategy<Value = AttributeValue> {
    let leaf = prop_oneof![
        any::<String>().prop_map(AttributeValue::S),
        number().prop_map(AttributeValue::N),
        binary().prop_map(AttributeValue::B),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null),
        prop::collection::vec(any::<String>(), 1..4).prop_map(|set| AttributeValue::Ss(StringSet::from_iter(set))),
        prop::collection::vec(number(), 1..4).prop_map(|set| AttributeValue::Ns(NumberSet::from_iter(set))),
        prop::collection::vec(binary(), 1..4).prop_map(|set| AttributeValue::Bs(BinarySet::from_iter(set))),
    ];
    leaf.prop_recursive(5, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|members| AttributeValue::M(Item::from_iter(members))),
        ]
    })
}

/// Any item.
pub(crate) fn item() -> impl Strategy<Value = Item> {
    prop::collection::vec((any::<String>(), value()), 0..6).prop_map(Item::from_iter)
}

/// The JSON of any item.
pub(crate) fn item_json() -> impl Strategy<Value = String> {
    item().prop_map(|item| item.to_dynamodb_json().unwrap_or_else(|error| panic!("{error}")))
}
