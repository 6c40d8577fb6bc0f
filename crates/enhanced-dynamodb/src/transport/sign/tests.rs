//! Published vectors. Those named "suite" are of the AWS Signature Version 4 test suite, in the form in which the crate
//! `aws-sigv4` 1.6.4 carries it (`aws-signing-test-suite/v4`).
#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::transport::endpoint::Scheme;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const STAMP: &[u8; 16] = b"20150830T123600Z";

/// The signature of a canonical request of the suite, whose service is called `service`.
fn of_suite(canonical: &str) -> String {
    let key = derive_key(SECRET, &STAMP[..8], "us-east-1", "service");
    let digest = hex(&sha256(canonical.as_bytes()));
    text(&hex(&string_to_sign(&key, STAMP, "20150830/us-east-1/service/aws4_request").end(&digest)))
}

fn text(hex: &[u8; 64]) -> String {
    String::from_utf8(hex.to_vec()).unwrap()
}

#[test]
fn the_suites_post_vanilla_has_its_signature() {
    let canonical = "POST\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n\
                     e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(
        text(&hex(&sha256(canonical.as_bytes()))),
        "553f88c9e4d10fc9e109e2aeb65f030801b70c2f6468faca261d401ae622fc87"
    );
    assert_eq!(of_suite(canonical), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

#[test]
fn the_suites_get_vanilla_has_its_signature() {
    let canonical = "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n\
                     e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(of_suite(canonical), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

#[test]
fn the_suites_post_with_a_session_token_has_its_signature() {
    let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTf\
                 lfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HF\
                 vlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4r\
                 vx3iSIlTJabIQwj2ICCR/oLxBA==";
    let canonical = format!(
        "POST\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\nx-amz-security-token:{token}\n\n\
         host;x-amz-date;x-amz-security-token\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(of_suite(&canonical), "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

#[test]
fn the_suites_post_with_a_body_has_its_signature() {
    let body = hex(&sha256(b"Param1=value1"));
    let body = text(&body);
    let canonical = format!(
        "POST\n/\n\ncontent-length:13\ncontent-type:application/x-www-form-urlencoded\nhost:example.amazonaws.com\n\
         x-amz-content-sha256:{body}\nx-amz-date:20150830T123600Z\n\n\
         content-length;content-type;host;x-amz-content-sha256;x-amz-date\n{body}"
    );
    assert_eq!(of_suite(&canonical), "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b");
}

fn endpoint(path: &str) -> Arc<Endpoint> {
    Arc::new(Endpoint {
        scheme: Scheme::Https,
        host: "dynamodb.us-east-1.amazonaws.com".to_owned(),
        port: 443,
        authority: "dynamodb.us-east-1.amazonaws.com".to_owned(),
        path: path.to_owned(),
        signing_region: "us-east-1".to_owned(),
        account_based: false,
    })
}

fn credentials(token: Option<&str>) -> Arc<Credentials> {
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET);
    Arc::new(match token {
        Some(token) => credentials.with_session_token(token),
        None => credentials,
    })
}

const TARGET: HeaderValue = HeaderValue::from_static("DynamoDB_20120810.GetItem");

fn sign(signer: &Signer, credentials: &Arc<Credentials>, endpoint: &Arc<Endpoint>, second: u64) -> Signed {
    let time = UNIX_EPOCH + Duration::from_secs(second);
    signer.sign(credentials, endpoint, &TARGET, b"{}", time, 0).unwrap()
}

#[test]
fn a_requests_signature_is_that_of_its_canonical_request() {
    for (token, canonical) in [
        (
            None,
            "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:dynamodb.us-east-1.amazonaws.com\n\
             x-amz-date:20150830T123600Z\nx-amz-target:DynamoDB_20120810.GetItem\n\n\
             content-type;host;x-amz-date;x-amz-target\n",
        ),
        (
            Some("T/+="),
            "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:dynamodb.us-east-1.amazonaws.com\n\
             x-amz-date:20150830T123600Z\nx-amz-security-token:T/+=\nx-amz-target:DynamoDB_20120810.GetItem\n\n\
             content-type;host;x-amz-date;x-amz-security-token;x-amz-target\n",
        ),
    ] {
        let canonical = format!("{canonical}{}", text(&hex(&sha256(b"{}"))));
        let string_to_sign = format!(
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/dynamodb/aws4_request\n{}",
            text(&hex(&sha256(canonical.as_bytes())))
        );
        let expected = derive_key(SECRET, b"20150830", "us-east-1", "dynamodb").sign(string_to_sign.as_bytes());
        let signed = sign(&Signer::default(), &credentials(token), &endpoint("/"), 1_440_938_160);
        let list = canonical.rsplit('\n').nth(1).unwrap();
        assert_eq!(
            signed.authorization.to_str().unwrap(),
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request, \
                 SignedHeaders={list}, Signature={}",
                text(&hex(&expected))
            )
        );
        assert_eq!(signed.moment.date, "20150830T123600Z");
        assert_eq!(signed.moment.scope.token.as_ref().map(|value| value.to_str().unwrap()), token);
    }
}

#[test]
fn a_path_is_resolved_and_encoded_as_the_suite_has_it() {
    // The suite's get-slash-dot-slash, get-slashes, get-relative, get-space, get-utf8 and double-encode-path.
    for (path, canonical) in [
        ("/", "/"),
        ("/./", "/"),
        ("//", "/"),
        ("/example/..", "/"),
        ("/example1/example2/../..", "/"),
        ("/./example", "/example"),
        ("//example//", "/example/"),
        ("/example%20space/", "/example%2520space/"),
        ("/ሴ", "/%E1%88%B4"),
        ("/-._~0123456789", "/-._~0123456789"),
        ("/base", "/base"),
        ("/base/", "/base/"),
    ] {
        assert_eq!(canonical_path(path), canonical, "{path}");
    }
}

#[test]
fn the_key_is_derived_once_a_day_and_again_for_other_credentials_or_regions() {
    let signer = Signer::default();
    let (mine, yours, here) = (credentials(None), credentials(Some("token")), endpoint("/"));
    let first = sign(&signer, &mine, &here, 1_440_938_160);
    let same_day = sign(&signer, &mine, &here, 1_440_938_161);
    assert!(Arc::ptr_eq(&first.moment.scope, &same_day.moment.scope));
    assert_ne!(first.authorization, same_day.authorization);
    let equal = sign(&signer, &credentials(None), &endpoint("/"), 1_440_938_161);
    assert!(
        Arc::ptr_eq(&first.moment.scope, &equal.moment.scope),
        "equal credentials and endpoint share what was prepared"
    );
    let next_day = sign(&signer, &mine, &here, 1_440_938_160 + 86_400);
    assert!(!Arc::ptr_eq(&first.moment.scope, &next_day.moment.scope));
    let mut elsewhere = Endpoint::clone(&here);
    elsewhere.signing_region = "eu-west-1".to_owned();
    let elsewhere = sign(&signer, &mine, &Arc::new(elsewhere), 1_440_938_160 + 86_400);
    assert!(elsewhere.authorization.to_str().unwrap().contains("/20150831/eu-west-1/dynamodb/"));
    assert_eq!(signer.kept.lock().unwrap().len(), 2, "yesterday's key is forgotten");
    let _ = sign(&signer, &yours, &here, 1_440_938_160 + 86_400);
    assert_eq!(signer.kept.lock().unwrap().len(), 1, "the keys of replaced credentials are forgotten");
}

#[test]
fn the_services_clock_corrects_the_date() {
    let time = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
    let signer = Signer::default();
    for (offset, date) in [(0, "20150830T123600Z"), (900, "20150830T125100Z"), (-60_000, "20150829T195600Z")] {
        let signed = signer.sign(&credentials(None), &endpoint("/"), &TARGET, b"{}", time, offset).unwrap();
        assert_eq!(signed.moment.date, date);
        assert!(signed.authorization.to_str().unwrap().contains(&date[..8]));
    }
}

#[test]
fn a_line_break_in_a_key_is_an_error_that_does_not_show_it() {
    let time = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
    let broken = credentials(Some("secret\ntoken"));
    let error = Signer::default().sign(&broken, &endpoint("/"), &TARGET, b"{}", time, 0).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    assert!(error.message().contains("the session token has a character"), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[test]
fn the_session_token_is_marked_as_a_secret() {
    let signed = sign(&Signer::default(), &credentials(Some("secret")), &endpoint("/"), 1_440_938_160);
    assert_eq!(format!("{:?}", signed.moment.scope.token.as_ref().unwrap()), "Sensitive");
}
