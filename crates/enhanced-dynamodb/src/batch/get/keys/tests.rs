#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{Keys, Scratch};
use crate::codec::Reader;

fn keys(json: &str) -> Keys {
    Keys::new(json.as_bytes().to_vec(), |nth| nth).unwrap()
}

fn find(keys: &Keys, item: &str) -> Option<u32> {
    let mut reader = Reader::new(item.as_bytes()).unwrap();
    keys.find(&mut reader, item.as_bytes(), &mut Scratch::default()).unwrap()
}

#[test]
fn each_key_is_kept_once_and_numbers_are_compared_by_their_worth() {
    let asked = keys(
        r#"{"p":{"S":"a"},"n":{"N":"1"}},{"n":{"N":"1.0"},"p":{"S":"a"}},{"p":{"S":"\u0061"},"n":{"N":"1e0"}},{"p":{"S":"a"},"n":{"N":"2"}}"#,
    );
    assert_eq!((asked.slots(), asked.len()), (&[0, 0, 0, 1][..], 2));
    assert_eq!(asked.json(1), br#"{"p":{"S":"a"},"n":{"N":"2"}}"#);
    assert_eq!(find(&asked, r#"{"x":{"M":{"p":{"S":"b"}}},"n":{"N":"2.00"},"p":{"S":"a"}}"#), Some(1));
}

#[test]
fn a_string_is_not_a_number_nor_a_binary() {
    let asked = keys(r#"{"p":{"S":"1"}},{"p":{"N":"1"}},{"p":{"B":"MQ=="}}"#);
    assert_eq!(asked.len(), 3);
    assert_eq!(find(&asked, r#"{"p":{"N":"1.0"}}"#), Some(1));
    assert_eq!(find(&asked, r#"{"p":{"S":"1.0"}}"#), None);
    assert_eq!(find(&asked, r#"{"q":{"S":"1"}}"#), None);
}

#[test]
fn the_parts_of_a_key_do_not_run_into_each_other() {
    let asked = keys(r#"{"p":{"S":"aS:"},"s":{"S":"b"}},{"p":{"S":"a"},"s":{"S":"S:b"}}"#);
    assert_eq!(asked.len(), 2);
}

#[test]
fn keys_of_other_attributes_are_refused_by_their_place() {
    for other in [r#"{"q":{"S":"b"}}"#, "{}", r#"{"p":{"S":"b"},"q":{"S":"b"}}"#] {
        let json = format!(r#"{{"p":{{"S":"a"}}}},{other}"#);
        let error = Keys::new(json.into_bytes(), |nth| nth + 10).err().unwrap();
        assert!(error.message().contains("request 11 "), "{error}");
    }
}

proptest! {
    #[test]
    fn every_place_asked_leads_to_its_own_key(numbers in prop::collection::vec(0u32..40, 1..200)) {
        let spelled = |place: usize, number: u32| match place % 3 {
            0 => format!("{number}"),
            1 => format!("{number}.0"),
            _ => format!("{number}00E-2"),
        };
        let json: Vec<String> = numbers
            .iter()
            .enumerate()
            .map(|(place, number)| format!(r#"{{"n":{{"N":"{}"}}}}"#, spelled(place, *number)))
            .collect();
        let asked = keys(&json.join(","));
        let different: std::collections::BTreeSet<u32> = numbers.iter().copied().collect();
        prop_assert_eq!(asked.len(), different.len());
        prop_assert_eq!(asked.slots().len(), numbers.len());
        for (slot, number) in asked.slots().iter().zip(&numbers) {
            let item = format!(r#"{{"n":{{"N":"{number}"}},"text":{{"S":"x"}}}}"#);
            prop_assert_eq!(find(&asked, &item), Some(*slot));
        }
    }
}
