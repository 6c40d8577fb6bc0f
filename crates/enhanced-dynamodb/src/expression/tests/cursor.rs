use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::super::{CursorBinding, CursorKey, decode_cursor, encode_cursor};
use crate::codec::json_string;
use crate::error::ErrorKind;

const LAST_KEY: &[u8] = br#"{"id":{"S":"m1 \"q\" \u00e9"},"at":{"N":"-1.5E+3"},"raw":{"B":"AAEC"}}"#;

fn binding() -> CursorBinding {
    CursorBinding::query("Messages", Some("parent-index"), b"parent = m1")
}

fn key() -> CursorKey {
    CursorKey::new(b"a secret of the web API").unwrap()
}

#[track_caller]
fn refused(text: &str, binding: CursorBinding, key: Option<&CursorKey>, message: &str) {
    let error = decode_cursor(text, binding, key).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    assert!(error.message().contains(message), "{error}");
    assert_eq!(error.advice(), "Start again from the first page.");
}

#[test]
fn a_cursor_goes_round_and_fits_into_a_url() {
    for key in [None, Some(key())] {
        let text = encode_cursor(LAST_KEY, binding(), key.as_ref());
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
        assert_eq!(decode_cursor(&text, binding(), key.as_ref()).unwrap(), LAST_KEY);
    }
}

#[test]
fn a_cursor_of_another_table_index_condition_or_segment_is_refused() {
    let here = binding();
    let others = [
        CursorBinding::query("Other", Some("parent-index"), b"parent = m1"),
        CursorBinding::query("Messages", None, b"parent = m1"),
        CursorBinding::query("Messages", Some("parent-index"), b"parent = m2"),
        CursorBinding::query("Messagesparent-index", None, b"parent = m1"),
        CursorBinding::scan("Messages", Some("parent-index"), None),
        CursorBinding::scan("Messages", Some("parent-index"), Some((1, 4))),
        CursorBinding::scan("Messages", Some("parent-index"), Some((2, 4))),
    ];
    for (at, other) in others.iter().enumerate() {
        refused(&encode_cursor(LAST_KEY, *other, None), here, None, "belongs to another table");
        for different in &others[at + 1..] {
            refused(&encode_cursor(LAST_KEY, *other, None), *different, None, "belongs to another table");
        }
    }
}

#[test]
fn with_a_key_only_cursors_signed_with_it_are_taken() {
    let plain = encode_cursor(LAST_KEY, binding(), None);
    let signed = encode_cursor(LAST_KEY, binding(), Some(&key()));
    refused(&plain, binding(), Some(&key()), "is not signed");
    refused(&signed, binding(), None, "no cursor key is configured");
    refused(&signed, binding(), Some(&CursorKey::new(b"another").unwrap()), "signature does not match");
    // One that says it is signed, and is not.
    let mut forged = URL_SAFE_NO_PAD.decode(&plain).unwrap();
    forged[0] = 2;
    refused(&URL_SAFE_NO_PAD.encode(forged), binding(), Some(&key()), "signature does not match");
}

#[test]
fn what_is_no_cursor_is_refused_with_the_reason() {
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    refused("", binding(), None, "is empty");
    refused("no cursor!", binding(), None, "not base64url");
    refused(&"A".repeat(256 * 1024 + 1), binding(), None, "characters");
    refused(&encoded(&[1, 2, 3]), binding(), None, "cut short");
    refused(&encoded(&[2, 2, 3]), binding(), Some(&key()), "cut short");
    refused(&encoded(&[9; 40]), binding(), None, "format 9");
    for not_a_key in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"id":{"S":"a"}"#,
        r#"{"id":{"S":"a"}},"x":1"#,
        r#"{"id":{"S":"a"}} "#,
        r#" {"id":{"S":"a"}}"#,
        r#"{"":{"S":"a"}}"#,
        r#"{"id":{"S":"a"},"id":{"S":"b"}}"#,
        r#"{"id":{"S":"a","N":"1"}}"#,
        r#"{"id":{}}"#,
        r#"{"id":"a"}"#,
        r#"{"id":{"S":1}}"#,
        r#"{"id":{"N":"one"}}"#,
        r#"{"id":{"N":""}}"#,
        r#"{"id":{"B":"?"}}"#,
        r#"{"id":{"BOOL":true}}"#,
        r#"{"id":{"M":{}}}"#,
        r#"{"id":{"SS":["a"]}}"#,
        "{\"id\":{\"S\":\"a\nb\"}}",
    ] {
        refused(&encode_cursor(not_a_key.as_bytes(), binding(), None), binding(), None, "holds no key");
    }
    refused(&encode_cursor(b"{\"id\":{\"S\":\"\xff\"}}", binding(), None), binding(), None, "holds no key");
}

#[test]
fn an_empty_key_is_refused() {
    assert_eq!(CursorKey::new(b"").unwrap_err().kind(), ErrorKind::InvalidConfiguration);
}

#[test]
fn a_key_is_not_shown() {
    assert_eq!(format!("{:?}", key()), "CursorKey(******)");
}

proptest! {
    #[test]
    fn any_key_goes_round(values in prop::collection::btree_map("\\PC{1,8}", any::<String>(), 1..5), signed: bool) {
        let mut last_key = b"{".to_vec();
        for (at, (name, value)) in values.iter().enumerate() {
            if at > 0 {
                last_key.push(b',');
            }
            json_string(&mut last_key, name);
            last_key.extend_from_slice(b":{\"S\":");
            json_string(&mut last_key, value);
            last_key.push(b'}');
        }
        last_key.push(b'}');
        let key = signed.then(key);
        let text = encode_cursor(&last_key, binding(), key.as_ref());
        prop_assert_eq!(decode_cursor(&text, binding(), key.as_ref()).unwrap(), last_key);
    }

    #[test]
    fn a_signed_cursor_with_any_bit_flipped_is_refused(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut bytes = URL_SAFE_NO_PAD.decode(encode_cursor(LAST_KEY, binding(), Some(&key()))).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(decode_cursor(&URL_SAFE_NO_PAD.encode(&bytes), binding(), Some(&key())).is_err());
    }

    #[test]
    fn a_signed_cursor_with_any_character_changed_is_refused(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
        let text = encode_cursor(LAST_KEY, binding(), Some(&key()));
        let at = at.index(text.len());
        let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
        prop_assume!(changed != text);
        prop_assert!(decode_cursor(&changed, binding(), Some(&key())).is_err());
    }

    #[test]
    fn no_text_panics(text: String, bytes: Vec<u8>, json in "[{}\\[\\]\":,SNB0-9a\\\\u]{0,40}") {
        for key in [None, Some(key())] {
            prop_assert!(decode_cursor(&text, binding(), key.as_ref()).is_err());
            prop_assert!(decode_cursor(&URL_SAFE_NO_PAD.encode(&bytes), binding(), key.as_ref()).is_err());
            let signed = encode_cursor(json.as_bytes(), binding(), key.as_ref());
            let _ = decode_cursor(&signed, binding(), key.as_ref());
        }
    }
}
