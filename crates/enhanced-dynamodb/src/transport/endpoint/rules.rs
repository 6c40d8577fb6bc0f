//! The endpoint rules of DynamoDB: `smithy.rules#endpointRuleSet` of the service's public model, as Rust.

use super::partition::Partition;
use crate::config::{AccountIdEndpointMode, is_host_label};

/// What the rules ask for, under the rules' own names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parameters<'a> {
    pub(super) region: Option<&'a str>,
    pub(super) use_dual_stack: bool,
    pub(super) use_fips: bool,
    pub(super) endpoint: Option<&'a str>,
    pub(super) account_id: Option<&'a str>,
    pub(super) account_id_endpoint_mode: Option<AccountIdEndpointMode>,
    pub(super) resource_arn: Option<&'a str>,
    pub(super) resource_arn_list: &'a [&'a str],
}

/// What the rules answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) url: String,
    /// The Region to sign for, where it is not the one asked for.
    pub(super) signing_region: Option<&'static str>,
    /// The rules' metric `O`: the host names an account.
    pub(super) account_based: bool,
}

/// Why the rules have no endpoint, in the model's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) &'static str);

impl Resolved {
    fn url(url: String) -> Result<Resolved, Refusal> {
        Ok(Resolved { url, signing_region: None, account_based: false })
    }
}

fn refuse(message: &'static str) -> Result<Resolved, Refusal> {
    Err(Refusal(message))
}

pub(super) fn resolve(parameters: &Parameters<'_>) -> Result<Resolved, Refusal> {
    if let Some(endpoint) = parameters.endpoint {
        return overridden(parameters, endpoint);
    }
    let Some(region) = parameters.region else { return refuse("Invalid Configuration: Missing Region") };
    if region == "local" {
        return local(parameters);
    }
    let partition = Partition::of_region(region);
    match (parameters.use_fips, parameters.use_dual_stack) {
        (true, true) => fips_and_dual_stack(parameters, region, partition),
        (true, false) => fips(parameters, region, partition),
        (false, true) if !partition.supports_dual_stack => {
            refuse("DualStack is enabled but this partition does not support DualStack")
        }
        (false, true) => regional(parameters, region, partition, partition.dual_stack_dns_suffix),
        (false, false) => regional(parameters, region, partition, partition.dns_suffix),
    }
}

fn overridden(parameters: &Parameters<'_>, endpoint: &str) -> Result<Resolved, Refusal> {
    if parameters.use_fips {
        return refuse("Invalid Configuration: FIPS and custom endpoint are not supported");
    }
    if parameters.use_dual_stack {
        return refuse("Invalid Configuration: Dualstack and custom endpoint are not supported");
    }
    if let Some(region) = parameters.region
        && endpoint == format!("https://dynamodb.{region}.{}", Partition::of_region(region).dual_stack_dns_suffix)
    {
        return refuse(
            "Endpoint override is not supported for dual-stack endpoints. Please enable dual-stack functionality by \
             enabling the configuration. For more details, see: \
             https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html",
        );
    }
    Resolved::url(endpoint.to_owned())
}

fn local(parameters: &Parameters<'_>) -> Result<Resolved, Refusal> {
    if parameters.use_fips {
        return refuse("Invalid Configuration: FIPS and local endpoint are not supported");
    }
    if parameters.use_dual_stack {
        return refuse("Invalid Configuration: Dualstack and local endpoint are not supported");
    }
    Ok(Resolved { url: "http://localhost:8000".to_owned(), signing_region: Some("us-east-1"), account_based: false })
}

const NO_FIPS_ACCOUNT_ENDPOINTS: &str = "Invalid Configuration: AccountIdEndpointMode is required and FIPS is \
                                         enabled, but FIPS account endpoints are not supported";

fn is_required(parameters: &Parameters<'_>) -> bool {
    parameters.account_id_endpoint_mode == Some(AccountIdEndpointMode::Required)
}

fn fips_and_dual_stack(parameters: &Parameters<'_>, region: &str, partition: &Partition) -> Result<Resolved, Refusal> {
    if !(partition.supports_fips && partition.supports_dual_stack) {
        return refuse("FIPS and DualStack are enabled, but this partition does not support one or both");
    }
    if is_required(parameters) {
        return refuse(NO_FIPS_ACCOUNT_ENDPOINTS);
    }
    Resolved::url(format!("https://dynamodb-fips.{region}.{}", partition.dual_stack_dns_suffix))
}

fn fips(parameters: &Parameters<'_>, region: &str, partition: &Partition) -> Result<Resolved, Refusal> {
    if !partition.supports_fips {
        return refuse("FIPS is enabled but this partition does not support FIPS");
    }
    if is_required(parameters) {
        return refuse(NO_FIPS_ACCOUNT_ENDPOINTS);
    }
    // All endpoints of GovCloud are FIPS endpoints, under the plain name.
    let name = if partition.name == "aws-us-gov" { "dynamodb" } else { "dynamodb-fips" };
    Resolved::url(format!("https://{name}.{region}.{}", partition.dns_suffix))
}

/// Without FIPS: the endpoint of the table's account, else of the credentials' account, else of the Region.
fn regional(
    parameters: &Parameters<'_>,
    region: &str,
    partition: &Partition,
    suffix: &str,
) -> Result<Resolved, Refusal> {
    if takes_accounts(region, parameters.use_fips, parameters.account_id_endpoint_mode) {
        let of_account = |account: &str| {
            Ok(Resolved {
                url: format!("https://{account}.ddb.{region}.{suffix}"),
                signing_region: None,
                account_based: true,
            })
        };
        let arns = [parameters.resource_arn, parameters.resource_arn_list.first().copied()];
        if let Some(account) = arns.into_iter().flatten().find_map(|arn| account_of(arn, region)) {
            return of_account(account);
        }
        match parameters.account_id {
            Some(account) if is_host_label(account) => return of_account(account),
            Some(_) => return refuse("Credentials-sourced account ID parameter is invalid"),
            None => {}
        }
    }
    if is_required(parameters) {
        return refuse(if partition.name == "aws" {
            "AccountIdEndpointMode is required but no AccountID was provided or able to be loaded"
        } else {
            "Invalid Configuration: AccountIdEndpointMode is required but account endpoints are not supported in \
             this partition"
        });
    }
    Resolved::url(format!("https://dynamodb.{region}.{suffix}"))
}

/// Whether there are account endpoints here, and the mode wants them.
pub(super) fn takes_accounts(region: &str, use_fips: bool, mode: Option<AccountIdEndpointMode>) -> bool {
    let wanted = match mode {
        Some(AccountIdEndpointMode::Preferred | AccountIdEndpointMode::Required) => true,
        Some(AccountIdEndpointMode::Disabled) | None => false,
    };
    wanted && !use_fips && region != "local" && Partition::of_region(region).name == "aws"
}

/// The account that an ARN of DynamoDB in this Region belongs to:
/// `arn:<partition>:dynamodb:<region>:<account>:<resource>`.
#[inline]
pub(super) fn account_of<'a>(arn: &'a str, region: &str) -> Option<&'a str> {
    let mut parts = arn.strip_prefix("arn:")?.splitn(5, ':');
    let (partition, service, arn_region) = (parts.next()?, parts.next()?, parts.next()?);
    let (account, resource) = (parts.next()?, parts.next()?);
    let matches = !partition.is_empty()
        && service == "dynamodb"
        && arn_region == region
        && is_host_label(arn_region)
        && is_host_label(account)
        && !resource.is_empty();
    matches.then_some(account)
}
