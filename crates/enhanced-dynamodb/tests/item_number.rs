//! Numbers of 38 digits: one test a rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cmp::Ordering;
use std::collections::HashSet;

use enhanced_dynamodb::{ErrorKind, Number, NumberSet, item};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest};

fn number(text: &str) -> Number {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    text.parse::<Number>().unwrap_err().message().to_owned()
}

#[test]
fn every_notation_of_a_value_is_the_same_number() {
    let notations =
        ["1", "1.0", "1E0", "+1", "01", "1.", "0.1E1", "10e-1", "1.000000000000000000000000000000000000000000"];
    let set: HashSet<Number> = notations.iter().map(|text| number(text)).collect();
    assert_eq!(set.len(), 1);
    let zeros = ["0", "-0", "0.000", "0E200", ".0", "-0e-999999999999999999999"];
    assert_eq!(zeros.iter().map(|text| number(text)).collect::<HashSet<_>>(), HashSet::from([Number::ZERO]));
}

#[test]
fn the_text_of_a_number_is_canonical() {
    for (text, canonical) in [
        ("0.0", "0"),
        ("-0", "0"),
        ("1.500", "1.5"),
        ("-001200", "-1200"),
        ("1E3", "1000"),
        ("12E-1", "1.2"),
        ("0.00000010", "0.0000001"),
        ("1E-8", "1E-8"),
        ("1.25E-130", "1.25E-130"),
        ("1E37", "10000000000000000000000000000000000000"),
        ("1E38", "1E38"),
        ("-1.5E100", "-1.5E100"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"),
        ("1234567890123456789.0123456789012345678", "1234567890123456789.0123456789012345678"),
    ] {
        assert_eq!(number(text).to_string(), canonical);
        assert_eq!(number(canonical), number(text));
    }
}

#[test]
fn thirty_eight_digits_are_kept_and_thirty_nine_are_an_error() {
    let digits = "9".repeat(38);
    assert_eq!(number(&digits).to_string(), digits);
    let message = "a number must not have more than 38 significant digits";
    assert_eq!(error(&format!("{digits}9")), message);
    assert_eq!(error(&format!("1{}1", "0".repeat(37))), message);
    assert_eq!(error(&format!("0.{digits}1")), message);
    // Zeros before and behind are no significant digits.
    assert_eq!(number(&format!("000{digits}000.000")).to_string(), format!("9.{}E40", "9".repeat(37)));
}

#[test]
fn the_range_is_that_of_the_service() {
    let greatest = "9.9999999999999999999999999999999999999E+125";
    assert_eq!(number(greatest).to_string(), "9.9999999999999999999999999999999999999E125");
    assert_eq!(number("1E-130").to_string(), "1E-130");
    let message = "a number must be 0 or between 1E-130 and 9.9999999999999999999999999999999999999E+125 in magnitude";
    for text in ["1E126", "-1E126", "9.9E-131", "1E99999999999999999999", "1E-99999999999999999999", "-10E125"] {
        assert_eq!(error(text), message, "{text}");
    }
    // An exponent that zeros bring back into range.
    assert_eq!(number(&format!("0.{}1E200", "0".repeat(199))), Number::from(1));
}

#[test]
fn what_is_no_decimal_number_is_an_error() {
    for text in [
        "", "-", "+", ".", "e", "1e", "1e+", "1.2.3", "1 ", " 1", "1_0", "0x1", "NaN", "inf", "١", "1e1.5", "--1",
        "1e5e5",
    ] {
        assert_eq!(error(text), "expected N, found text that is not a decimal number", "{text:?}");
    }
}

#[test]
fn order_is_that_of_the_values() {
    let ascending = [
        "-1E125",
        "-10",
        "-9.99",
        "-1",
        "-0.5",
        "-1E-130",
        "0",
        "1E-130",
        "0.099",
        "0.1",
        "0.10000000000000000001",
        "1",
        "1.5",
        "2",
        "10",
        "99999999999999999999999999999999999999",
        "1E38",
        "1E125",
    ];
    for (i, low) in ascending.iter().enumerate() {
        for (j, high) in ascending.iter().enumerate() {
            assert_eq!(number(low).cmp(&number(high)), i.cmp(&j), "{low} {high}");
        }
    }
}

#[test]
fn integers_convert_exactly_or_not_at_all() {
    assert_eq!(number("5.0").to_i64(), Some(5));
    assert_eq!(number("5.5").to_i64(), None);
    assert_eq!(number("9223372036854775808").to_i64(), None);
    assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(number("-1").to_u64(), None);
    assert_eq!(number("18446744073709551615").to_u64(), Some(u64::MAX));
    assert_eq!(number("3.4E38").to_u128(), Some(34 * 10u128.pow(37)));
    assert_eq!(number("3.5E38").to_u128(), None);
    assert_eq!(number("-1.7E38").to_i128(), Some(-17 * 10i128.pow(37)));
    assert_eq!(number("1E125").to_i128(), None);
    assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
    assert_eq!(Number::from(i64::MIN).to_string(), "-9223372036854775808");
    assert!(Number::try_from(u128::MAX).is_err());
    assert_eq!(Number::try_from(10u128.pow(38)).unwrap(), number("1E38"));
}

#[test]
fn floats_convert_by_their_shortest_digits() {
    assert_eq!(Number::try_from(0.1).unwrap(), number("0.1"));
    assert_eq!(Number::try_from(0.1f32).unwrap(), number("0.1"));
    assert_eq!(Number::try_from(-0.0).unwrap(), Number::ZERO);
    for float in [f64::NAN, f64::INFINITY, 1e126, 1e-131] {
        assert!(Number::try_from(float).is_err());
    }
    assert_eq!(number("0.10000000000000000000000000000000000001").to_f64(), 0.1);
}

#[test]
fn a_float_in_an_item_is_its_shortest_digits() {
    let width = 0.1f32;
    let product = item! { "price": 9.99, "width": width, "sizes": [1.5, 2], "box": { "weight": -0.25 } };
    assert_eq!(
        product.to_dynamodb_json().unwrap(),
        r#"{"box":{"M":{"weight":{"N":"-0.25"}}},"price":{"N":"9.99"},"sizes":{"L":[{"N":"1.5"},{"N":"2"}]},"width":{"N":"0.1"}}"#
    );
}

#[test]
fn a_float_that_is_no_number_of_the_service_is_an_error_where_the_item_is_written() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e126, -1e126, 1e-131] {
        let product = item! { "box": { "sizes": [1, float] } };
        let error = product.to_dynamodb_json().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert!(
            error.message().starts_with("box.sizes[1]: a float must be finite, and 0 or between 1E-130"),
            "{error}"
        );
        assert!(serde_json::to_string(&product).is_err(), "nor is it written to another format");
        let number = product["box"]["sizes"][1].as_n().unwrap();
        assert!(number.to_f64().is_nan() && number.to_i128().is_none() && !number.is_integer(), "{number}");
        assert!(
            NumberSet::from([number]).len() == 1
                && item! { "set": NumberSet::from([number]) }.to_dynamodb_json().is_err()
        );
    }
}

fn decimal() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (any::<bool>(), "[0-9]{1,20}", "[0-9]{0,18}", -90i32..80)
            .prop_map(|(negative, a, b, e)| format!("{}{a}.{b}E{e}", if negative { "-" } else { "" })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_text_of_any_number_reads_back_as_it(text in decimal()) {
        let number = number(&text);
        prop_assert_eq!(number.to_string().parse::<Number>().unwrap(), number);
    }

    #[test]
    fn the_float_of_any_number_is_the_nearest(text in decimal()) {
        prop_assert_eq!(number(&text).to_f64(), text.parse::<f64>().unwrap());
    }

    #[test]
    fn order_agrees_with_subtraction_of_small_decimals(a in -100_000i64..100_000, b in -100_000i64..100_000, scale in 0u32..6) {
        let text = |value: i64| format!("{value}E-{scale}");
        prop_assert_eq!(number(&text(a)).cmp(&number(&text(b))), (a - b).cmp(&0));
    }

    #[test]
    fn any_float_in_range_survives(float in any::<f64>()) {
        if let Ok(number) = Number::try_from(float) {
            prop_assert_eq!(number.to_f64(), float);
        }
    }

    #[test]
    fn any_text_is_a_number_or_an_error(text in "[-+0-9.eE]{0,60}") {
        if let Ok(number) = text.parse::<Number>() {
            prop_assert_eq!(number.cmp(&number.to_string().parse().unwrap()), Ordering::Equal);
        }
    }
}
