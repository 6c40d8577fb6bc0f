//! The partitions of AWS: groups of Regions with accounts and domain names of their own.

/// A partition, as far as the endpoint rules ask.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) name: &'static str,
    pub(super) dns_suffix: &'static str,
    pub(super) dual_stack_dns_suffix: &'static str,
    pub(super) supports_fips: bool,
    pub(super) supports_dual_stack: bool,
    /// What stands before the last two words of its Regions' names: `us` of `us-east-1`.
    region_prefixes: &'static [&'static str],
    /// The name that stands for the whole partition.
    global_region: &'static str,
}

/// The facts that the AWS SDKs ship as `partitions.json`, version 1.1 (here: of the SDK for Rust, 1.136).
static PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws",
        dns_suffix: "amazonaws.com",
        dual_stack_dns_suffix: "api.aws",
        supports_fips: true,
        supports_dual_stack: true,
        region_prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
        global_region: "aws-global",
    },
    Partition {
        name: "aws-cn",
        dns_suffix: "amazonaws.com.cn",
        dual_stack_dns_suffix: "api.amazonwebservices.com.cn",
        supports_fips: true,
        supports_dual_stack: true,
        region_prefixes: &["cn"],
        global_region: "aws-cn-global",
    },
    Partition {
        name: "aws-eusc",
        dns_suffix: "amazonaws.eu",
        dual_stack_dns_suffix: "api.amazonwebservices.eu",
        supports_fips: true,
        supports_dual_stack: true,
        region_prefixes: &["eusc-de"],
        global_region: "eusc-de-east-1",
    },
    Partition {
        name: "aws-iso",
        dns_suffix: "c2s.ic.gov",
        dual_stack_dns_suffix: "api.aws.ic.gov",
        supports_fips: true,
        supports_dual_stack: true,
        region_prefixes: &["us-iso"],
        global_region: "aws-iso-global",
    },
    Partition {
        name: "aws-iso-b",
        dns_suffix: "sc2s.sgov.gov",
        dual_stack_dns_suffix: "api.aws.scloud",
        supports_fips: true,
        supports_dual_stack: true,
        region_prefixes: &["us-isob"],
        global_region: "aws-iso-b-global",
    },
    Partition {
        name: "aws-iso-e",
        dns_suffix: "cloud.adc-e.uk",
        dual_stack_dns_suffix: "api.cloud-aws.adc-e.uk",
        supports_fips: true,
        supports_dual_stack: true,
        region_prefixes: &["eu-isoe"],
        global_region: "aws-iso-e-global",
    },
    Partition {
        name: "aws-iso-f",
        dns_suffix: "csp.hci.ic.gov",
        dual_stack_dns_suffix: "api.aws.hci.ic.gov",
        supports_fips: true,
        supports_dual_stack: true,
        region_prefixes: &["us-isof"],
        global_region: "aws-iso-f-global",
    },
    Partition {
        name: "aws-us-gov",
        dns_suffix: "amazonaws.com",
        dual_stack_dns_suffix: "api.aws",
        supports_fips: true,
        supports_dual_stack: true,
        region_prefixes: &["us-gov"],
        global_region: "aws-us-gov-global",
    },
];

impl Partition {
    /// The partition of a Region; one that nobody knows is taken for one of the first, as the rules' function
    /// `aws.partition` does, so that a new Region works before this table knows it.
    pub(super) fn of_region(region: &str) -> &'static Partition {
        PARTITIONS.iter().find(|partition| partition.has(region)).unwrap_or(&PARTITIONS[0])
    }

    /// The partition's `regionRegex`, `^(<prefixes>)-\w+-\d+$`, or its global name.
    fn has(&self, region: &str) -> bool {
        if region == self.global_region {
            return true;
        }
        let Some((rest, number)) = region.rsplit_once('-') else { return false };
        let Some((prefix, word)) = rest.rsplit_once('-') else { return false };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_number && is_word && self.region_prefixes.contains(&prefix)
    }
}
