//! The rules against the model's own tests where its file is at hand, and against a table that is always there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::partition::Partition;
use super::rules::{self, Parameters};
use super::{ArnParameter, EndpointResolver, Scheme};
use crate::config::{AccountIdEndpointMode, Config, Options};

fn mode(text: &str) -> AccountIdEndpointMode {
    match text {
        "preferred" => AccountIdEndpointMode::Preferred,
        "required" => AccountIdEndpointMode::Required,
        "disabled" => AccountIdEndpointMode::Disabled,
        other => panic!("{other}"),
    }
}

#[test]
fn the_rules_pass_all_tests_of_the_model() {
    let Some(model) = testkit::service_model().unwrap() else {
        eprintln!("skipped: set DYNAMODB_MODEL to the path of the service's public model to run its endpoint tests");
        return;
    };
    let shapes = model["shapes"].as_object().unwrap();
    let service = shapes.values().find(|shape| shape["type"] == "service").unwrap();
    let cases = service["traits"]["smithy.rules#endpointTests"]["testCases"].as_array().unwrap();
    for case in cases {
        let parameters = &case["params"];
        let text = |name: &str| parameters[name].as_str();
        let arns: Vec<&str> =
            parameters["ResourceArnList"].as_array().into_iter().flatten().map(|arn| arn.as_str().unwrap()).collect();
        let result = rules::resolve(&Parameters {
            region: text("Region"),
            use_dual_stack: parameters["UseDualStack"].as_bool().unwrap_or(false),
            use_fips: parameters["UseFIPS"].as_bool().unwrap_or(false),
            endpoint: text("Endpoint"),
            account_id: text("AccountId"),
            account_id_endpoint_mode: text("AccountIdEndpointMode").map(mode),
            resource_arn: text("ResourceArn"),
            resource_arn_list: &arns,
        });
        let expected = &case["expect"];
        match result {
            Ok(resolved) => {
                let endpoint = &expected["endpoint"];
                assert_eq!(endpoint["url"].as_str(), Some(resolved.url.as_str()), "{case:#}");
                let properties = &endpoint["properties"];
                assert_eq!(properties["metricValues"][0] == "O", resolved.account_based, "{case:#}");
                let region = properties["authSchemes"][0]["signingRegion"].as_str();
                assert_eq!(region, resolved.signing_region, "{case:#}");
            }
            Err(refusal) => assert_eq!(expected["error"].as_str(), Some(refusal.0), "{case:#}"),
        }
    }
    assert_eq!(cases.len(), 370);
}

const TABLE: &str = "arn:aws:dynamodb:us-east-1:222222222222:table/Messages";

/// Each rule once: what is asked, what is answered.
#[test]
fn each_rule_answers_as_the_model_says() {
    let none = Parameters::default();
    let region = |name: &'static str| Parameters { region: Some(name), ..none };
    let us = region("us-east-1");
    let preferred = Parameters { account_id_endpoint_mode: Some(AccountIdEndpointMode::Preferred), ..us };
    let required = Parameters { account_id_endpoint_mode: Some(AccountIdEndpointMode::Required), ..us };
    let disabled = Parameters { account_id_endpoint_mode: Some(AccountIdEndpointMode::Disabled), ..us };
    let account = Some("111111111111");
    let fips = |parameters| Parameters { use_fips: true, ..parameters };
    let dual = |parameters| Parameters { use_dual_stack: true, ..parameters };
    let own = Parameters { endpoint: Some("https://example.com"), ..us };
    let no_fips_accounts = "Invalid Configuration: AccountIdEndpointMode is required and FIPS is enabled, but FIPS \
                            account endpoints are not supported";
    let cases: Vec<(Parameters<'_>, Result<&str, &str>)> = vec![
        (none, Err("Invalid Configuration: Missing Region")),
        (us, Ok("https://dynamodb.us-east-1.amazonaws.com")),
        (dual(us), Ok("https://dynamodb.us-east-1.api.aws")),
        (fips(us), Ok("https://dynamodb-fips.us-east-1.amazonaws.com")),
        (fips(dual(us)), Ok("https://dynamodb-fips.us-east-1.api.aws")),
        (region("cn-north-1"), Ok("https://dynamodb.cn-north-1.amazonaws.com.cn")),
        (dual(region("cn-north-1")), Ok("https://dynamodb.cn-north-1.api.amazonwebservices.com.cn")),
        (fips(region("us-gov-west-1")), Ok("https://dynamodb.us-gov-west-1.amazonaws.com")),
        (fips(dual(region("us-gov-west-1"))), Ok("https://dynamodb-fips.us-gov-west-1.api.aws")),
        (region("eusc-de-east-1"), Ok("https://dynamodb.eusc-de-east-1.amazonaws.eu")),
        (region("us-iso-east-1"), Ok("https://dynamodb.us-iso-east-1.c2s.ic.gov")),
        (region("xx-new-1"), Ok("https://dynamodb.xx-new-1.amazonaws.com")),
        // The Region called `local`.
        (region("local"), Ok("http://localhost:8000")),
        (fips(region("local")), Err("Invalid Configuration: FIPS and local endpoint are not supported")),
        (dual(region("local")), Err("Invalid Configuration: Dualstack and local endpoint are not supported")),
        // An override.
        (own, Ok("https://example.com")),
        (Parameters { region: None, ..own }, Ok("https://example.com")),
        (Parameters { region: Some("local"), ..own }, Ok("https://example.com")),
        (fips(own), Err("Invalid Configuration: FIPS and custom endpoint are not supported")),
        (dual(own), Err("Invalid Configuration: Dualstack and custom endpoint are not supported")),
        (
            fips(Parameters { region: None, ..own }),
            Err("Invalid Configuration: FIPS and custom endpoint are not supported"),
        ),
        (
            Parameters { endpoint: Some("https://dynamodb.us-east-1.api.aws"), ..us },
            Err("Endpoint override is not supported for dual-stack endpoints. Please enable dual-stack functionality \
                 by enabling the configuration. For more details, see: \
                 https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html"),
        ),
        // The account: of the table, of the first table, of the credentials.
        (
            Parameters { resource_arn: Some(TABLE), account_id: account, ..preferred },
            Ok("https://222222222222.ddb.us-east-1.amazonaws.com"),
        ),
        (
            Parameters { resource_arn_list: &[TABLE], account_id: account, ..dual(preferred) },
            Ok("https://222222222222.ddb.us-east-1.api.aws"),
        ),
        (
            Parameters { resource_arn: Some("Messages"), account_id: account, ..preferred },
            Ok("https://111111111111.ddb.us-east-1.amazonaws.com"),
        ),
        (
            Parameters { resource_arn: Some("arn:aws:s3:us-east-1:222222222222:x"), account_id: account, ..preferred },
            Ok("https://111111111111.ddb.us-east-1.amazonaws.com"),
        ),
        (
            Parameters { resource_arn: Some("arn:aws:dynamodb:us-west-2:222222222222:table/x"), ..preferred },
            Ok("https://dynamodb.us-east-1.amazonaws.com"),
        ),
        (
            Parameters { resource_arn: Some("arn:aws:dynamodb:us-east-1:a.evil/:table/x"), ..preferred },
            Ok("https://dynamodb.us-east-1.amazonaws.com"),
        ),
        (Parameters { account_id: account, ..required }, Ok("https://111111111111.ddb.us-east-1.amazonaws.com")),
        (Parameters { account_id: account, ..disabled }, Ok("https://dynamodb.us-east-1.amazonaws.com")),
        (Parameters { account_id: account, ..us }, Ok("https://dynamodb.us-east-1.amazonaws.com")),
        (Parameters { account_id: Some(""), ..preferred }, Err("Credentials-sourced account ID parameter is invalid")),
        (
            Parameters { account_id: Some("a.b"), ..preferred },
            Err("Credentials-sourced account ID parameter is invalid"),
        ),
        (required, Err("AccountIdEndpointMode is required but no AccountID was provided or able to be loaded")),
        (
            Parameters { region: Some("cn-north-1"), account_id: account, ..required },
            Err("Invalid Configuration: AccountIdEndpointMode is required but account endpoints are not supported in \
                 this partition"),
        ),
        (
            Parameters { region: Some("cn-north-1"), account_id: account, ..preferred },
            Ok("https://dynamodb.cn-north-1.amazonaws.com.cn"),
        ),
        (fips(Parameters { account_id: account, ..preferred }), Ok("https://dynamodb-fips.us-east-1.amazonaws.com")),
        (fips(required), Err(no_fips_accounts)),
        (fips(dual(required)), Err(no_fips_accounts)),
        (fips(Parameters { region: Some("us-gov-west-1"), ..required }), Err(no_fips_accounts)),
    ];
    for (parameters, expected) in cases {
        let result = rules::resolve(&parameters);
        let result = result.as_ref().map(|resolved| resolved.url.as_str()).map_err(|refusal| refusal.0);
        assert_eq!(result, expected, "{parameters:?}");
    }
}

#[test]
fn each_region_belongs_to_its_partition() {
    for (partition, regions) in [
        ("aws", "af-south-1 ap-east-1 ap-northeast-3 ap-southeast-7 aws-global ca-west-1 eu-central-2 il-central-1"),
        ("aws", "me-south-1 mx-central-1 sa-east-1 us-east-1 us-west-2 us-new_word-99 unknown us-east us--1 eu-x-"),
        ("aws-cn", "cn-north-1 cn-northwest-1 aws-cn-global"),
        ("aws-eusc", "eusc-de-east-1 eusc-de-west-2"),
        ("aws-iso", "us-iso-east-1 us-iso-west-1 aws-iso-global"),
        ("aws-iso-b", "us-isob-east-1 us-isob-west-1 aws-iso-b-global"),
        ("aws-iso-e", "eu-isoe-west-1 aws-iso-e-global"),
        ("aws-iso-f", "us-isof-east-1 us-isof-south-1 aws-iso-f-global"),
        ("aws-us-gov", "us-gov-east-1 us-gov-west-1 aws-us-gov-global"),
    ] {
        for region in regions.split(' ') {
            assert_eq!(Partition::of_region(region).name, partition, "{region}");
        }
    }
}

fn resolver(options: &Options) -> EndpointResolver {
    EndpointResolver::new(&Config::from_variables(options, [("", ""); 0]).unwrap()).unwrap()
}

#[test]
fn an_endpoint_is_resolved_once_and_shared() {
    let resolver = resolver(&Options::new());
    let plain = resolver.resolve(None, ArnParameter::None).unwrap();
    assert_eq!((plain.scheme, plain.port), (Scheme::Https, 443));
    assert_eq!(plain.authority, "dynamodb.us-east-1.amazonaws.com");
    assert_eq!(plain.path, "/");
    assert_eq!(plain.signing_region, "us-east-1");
    assert!(!plain.account_based);
    assert!(std::sync::Arc::ptr_eq(&plain, &resolver.resolve(None, ArnParameter::Single("Messages")).unwrap()));

    let account = resolver.resolve(Some("111111111111"), ArnParameter::None).unwrap();
    assert_eq!(account.host, "111111111111.ddb.us-east-1.amazonaws.com");
    assert!(account.account_based);
    assert!(std::sync::Arc::ptr_eq(&account, &resolver.resolve(Some("111111111111"), ArnParameter::None).unwrap()));
    let of_table = resolver.resolve(Some("111111111111"), ArnParameter::List(&[TABLE, "Other"])).unwrap();
    assert_eq!(of_table.host, "222222222222.ddb.us-east-1.amazonaws.com");
    let again = resolver.resolve(None, ArnParameter::Single(TABLE)).unwrap();
    assert!(std::sync::Arc::ptr_eq(&of_table, &again));
    assert!(resolver.resolve(Some("not a label"), ArnParameter::None).is_err());
}

#[test]
fn more_accounts_than_are_remembered_still_resolve() {
    let resolver = resolver(&Options::new());
    for account in 0..200 {
        let endpoint = resolver.resolve(Some(&account.to_string()), ArnParameter::None).unwrap();
        assert_eq!(endpoint.host, format!("{account}.ddb.us-east-1.amazonaws.com"));
    }
    assert_eq!(resolver.accounts.read().unwrap().len(), super::ACCOUNTS_REMEMBERED);
}

#[test]
fn an_override_and_local_mode_are_honoured() {
    let own = resolver(&Options::new().endpoint_url("https://Example.com:8443/base/"));
    let endpoint = own.resolve(Some("111111111111"), ArnParameter::Single(TABLE)).unwrap();
    assert_eq!((endpoint.host.as_str(), endpoint.port), ("example.com", 8443));
    assert_eq!((endpoint.authority.as_str(), endpoint.path.as_str()), ("example.com:8443", "/base/"));
    assert!(!endpoint.account_based);

    let local = resolver(&Options::new().local(true).region("eu-west-1").local_endpoint("http://[::1]:8000"));
    let endpoint = local.resolve(None, ArnParameter::None).unwrap();
    assert_eq!((endpoint.scheme, endpoint.host.as_str()), (Scheme::Http, "::1"));
    assert_eq!(endpoint.authority, "[::1]:8000");
    assert_eq!(endpoint.signing_region, "eu-west-1");

    let region = resolver(&Options::new().region("local"));
    let endpoint = region.resolve(Some("111111111111"), ArnParameter::None).unwrap();
    assert_eq!((endpoint.authority.as_str(), endpoint.signing_region.as_str()), ("localhost:8000", "us-east-1"));
}

#[test]
fn what_no_call_can_resolve_fails_when_the_client_is_made_and_the_rest_at_the_call() {
    let made = |options: &Options| EndpointResolver::new(&Config::from_variables(options, [("", ""); 0]).unwrap());
    let error = made(&Options::new().local(true).use_fips(true)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "InvalidConfiguration: Invalid Configuration: FIPS and custom endpoint are not supported. Check region, \
         use_fips, use_dual_stack, account_id_endpoint_mode and the endpoint's URL."
    );
    let required = Options::new().account_id_endpoint_mode(AccountIdEndpointMode::Required);
    assert!(made(&required.clone().region("cn-north-1")).is_err());
    assert!(made(&required.clone().use_fips(true)).is_err());
    let resolver = made(&required).unwrap();
    assert!(resolver.resolve(Some("111111111111"), ArnParameter::None).is_ok());
    assert_eq!(
        resolver.resolve(None, ArnParameter::None).unwrap_err().message(),
        "AccountIdEndpointMode is required but no AccountID was provided or able to be loaded"
    );
}
