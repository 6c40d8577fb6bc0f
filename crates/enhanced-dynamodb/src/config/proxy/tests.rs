//! Which proxy, for whom, and nothing told of its password.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Exempt, Proxy};
use crate::config::{Config, Options};

fn config(options: &Options, variables: &[(&str, &str)]) -> Config {
    Config::from_variables(options, variables.iter().copied()).unwrap()
}

fn shown(options: &Options, variables: &[(&str, &str)]) -> Option<String> {
    config(options, variables).proxy()
}

#[test]
fn the_option_ranks_above_the_variables_and_without_any_there_is_none() {
    let both = [("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:2")];
    assert_eq!(shown(&Options::new().proxy("http://option:3"), &both).as_deref(), Some("http://option:3"));
    assert_eq!(shown(&Options::new(), &both).as_deref(), Some("http://upper:1"));
    assert_eq!(shown(&Options::new(), &both[1..]).as_deref(), Some("http://lower:2"));
    assert_eq!(shown(&Options::new(), &[("HTTPS_PROXY", "")]), None);
    assert_eq!(shown(&Options::new(), &[("HTTP_PROXY", "http://plain:1"), ("ALL_PROXY", "http://all:1")]), None);
    assert_eq!(shown(&Options::new(), &[("HTTPS_PROXY", "proxy:3128")]).as_deref(), Some("http://proxy:3128"));
    assert_eq!(shown(&Options::new(), &[("HTTPS_PROXY", "http://[::1]/")]).as_deref(), Some("http://[::1]:80"));
}

#[test]
fn local_mode_and_plaintext_endpoints_have_no_proxy() {
    let variables = [("HTTPS_PROXY", "no url at all")];
    assert_eq!(shown(&Options::new().local(true), &variables), None);
    for options in [Options::new().local(true), Options::new().endpoint_url("http://127.0.0.1:1")] {
        let config = config(&options.proxy("http://proxy:1"), &[]);
        assert_eq!(config.proxy(), None);
        assert_eq!(config.warnings(), ["the option proxy is set aside: it serves https endpoints only"]);
    }
}

#[test]
fn user_and_password_are_sent_and_never_shown() {
    let config = config(&Options::new(), &[("HTTPS_PROXY", "http://me:s%3Acret%21@proxy:1")]);
    let proxy = config.proxy.as_ref().unwrap();
    // `me:s:cret!`
    assert_eq!(proxy.authorization.as_ref().unwrap().as_str(), "Basic bWU6czpjcmV0IQ==");
    assert_eq!(config.proxy().as_deref(), Some("http://******@proxy:1"));
    let options = Options::new().proxy("http://me:s%3Acret%21@proxy:1");
    let other = options.difference(&Options::new().proxy("http://me:0ther@proxy:1")).unwrap();
    for text in [format!("{config:?}"), format!("{options:?}"), other] {
        assert!(text.contains("proxy:1") && !text.contains("cret") && !text.contains("0ther"), "{text}");
    }
}

#[test]
fn what_is_no_proxy_is_an_error_that_hides_the_password() {
    for (url, why) in [
        ("https://me:secret@proxy:1", "has to begin with http://"),
        ("socks5://me:secret@proxy:1", "does not begin with http://"),
        ("http://me:secret@proxy:1/path", "it has a path"),
        ("http://me:secret@proxy:x", "its port is not a number"),
        ("http://me:secret%@proxy:1", "has a % that begins no code"),
        ("http://me:secret@", "it has no host"),
        ("http://me:/secret?#@proxy:x", "its port is not a number"),
        ("me:secret/@proxy:0", "its port is not a number"),
    ] {
        let error = Config::from_variables(&Options::new(), [("HTTPS_PROXY", url)]).unwrap_err();
        let line = error.to_string();
        assert!(line.contains("HTTPS_PROXY is ") && line.contains(why), "{url}: {line}");
        let options = Options::new().proxy(url);
        let difference = options.difference(&Options::new()).unwrap();
        assert!(!format!("{error:?} {line} {options:?} {difference}").contains("secret"), "{url}: {line}");
    }
}

#[test]
fn each_rule_of_no_proxy_exempts_its_hosts_and_no_others() {
    let cases: &[(&str, &str, bool)] = &[
        ("*", "dynamodb.us-east-1.amazonaws.com", true),
        ("", "example.com", false),
        ("example.com", "example.com", true),
        ("example.com", "a.b.example.com", true),
        ("example.com", "badexample.com", false),
        ("example.com", "example.com.evil", false),
        (".example.com", "a.example.com", true),
        (".example.com", "example.com", true),
        ("*.example.com", "a.example.com", true),
        ("EXAMPLE.com", "example.com", true),
        ("other.org, example.com", "example.com", true),
        ("other.org example.com", "example.com", true),
        ("example.com:443", "example.com", true),
        ("example.com:8443", "example.com", false),
        ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false),
        ("10.1.2.3:443", "10.1.2.3", true),
        ("10.1.2.3:80", "10.1.2.3", false),
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("10.1.2.128/25", "10.1.2.127", false),
        ("0.0.0.0/0", "8.8.8.8", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("10.0.0.0/33", "10.0.0.1", false),
        ("2001:db8::1", "2001:db8::1", true),
        ("[2001:db8::1]:443", "2001:db8::1", true),
        ("2001:db8::/32", "2001:db8:1::7", true),
        ("2001:db8::/32", "2001:db9::7", false),
    ];
    for (list, host, exempt) in cases {
        assert_eq!(Exempt::parse(list).holds(host, 443), *exempt, "{list:?} and {host}");
    }
}

#[test]
fn this_machine_is_never_reached_through_a_proxy() {
    let proxy = Proxy::parse(super::Origin::Option("proxy"), "http://proxy:1").unwrap();
    for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1"] {
        assert!(!proxy.serves(host, 443), "{host}");
    }
    assert!(proxy.serves("dynamodb.us-east-1.amazonaws.com", 443));
}

#[test]
fn the_option_no_proxy_ranks_above_the_variables() {
    let serves = |options: Options| {
        let variables = [("HTTPS_PROXY", "http://proxy:1"), ("NO_PROXY", "upper.org"), ("no_proxy", "lower.org")];
        let proxy = config(&options, &variables).proxy.unwrap();
        ["option.org", "upper.org", "lower.org"].map(|host| proxy.serves(host, 443))
    };
    assert_eq!(serves(Options::new().no_proxy("option.org")), [false, true, true]);
    assert_eq!(serves(Options::new()), [true, false, true]);
    assert_eq!(serves(Options::new().no_proxy("*")), [false, false, false]);
}
