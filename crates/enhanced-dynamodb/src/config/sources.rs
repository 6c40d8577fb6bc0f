//! Where credentials are to come from, as plain data read once from options and environment.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::environment::Environment;
use super::given::{GivenCredentials, Shared};
use super::{Credentials, Options, ProvideCredentials};
use crate::error::{Error, ErrorKind};

/// Where credentials come from.
#[derive(Clone, Debug)]
pub(crate) enum CredentialsSource {
    /// These, which never change: given as an option, found in the environment, or local mode's own.
    Fixed(Credentials),
    /// The user's provider.
    Provider(Shared<dyn ProvideCredentials>),
    /// Profile files, then the container endpoint.
    Chain(Box<ChainSettings>),
}

/// What the chain needs to know.
#[derive(Clone, Debug)]
pub(crate) struct ChainSettings {
    /// Whether the environment was looked at, and had nothing.
    pub(crate) environment_was_empty: bool,
    pub(crate) profile: ProfileChoice,
    /// `None` if there is neither a variable nor a home directory.
    pub(crate) credentials_file: Option<PathBuf>,
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) web_identity: bool,
    pub(crate) container: Option<ContainerSettings>,
    /// For the advice where nothing is found: requests would stay on this machine.
    #[cfg_attr(
        feature = "aws-config",
        allow(dead_code, reason = "with the feature the SDK's chain words the last error")
    )]
    pub(crate) endpoint_is_loopback: bool,
    /// For the parts of the default chain that call AWS themselves.
    #[cfg_attr(not(feature = "aws-config"), expect(dead_code, reason = "only the feature's chain calls AWS"))]
    pub(crate) region: String,
}

/// Which profile, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProfileChoice {
    /// The option: no other place is looked at.
    Option(String),
    /// `AWS_PROFILE`: must exist.
    Variable(String),
    /// `default`: may be missing.
    Default,
}

impl ProfileChoice {
    pub(crate) fn name(&self) -> &str {
        match self {
            ProfileChoice::Option(name) | ProfileChoice::Variable(name) => name,
            ProfileChoice::Default => "default",
        }
    }
}

/// The container endpoint: ECS, EKS and Lambda SnapStart hand out a role's credentials there.
#[derive(Clone)]
pub(crate) struct ContainerSettings {
    pub(crate) address: ContainerAddress,
    /// Read anew for each request; ranks above `token`, as in the AWS SDKs.
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) token: Option<Zeroizing<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ContainerAddress {
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`
    Relative(String),
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`
    Full(String),
}

impl fmt::Debug for ContainerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerSettings")
            .field("address", &self.address)
            .field("token_file", &self.token_file)
            .field("token", &self.token.as_ref().map(|_| format_args!("******")))
            .finish()
    }
}

/// The credentials that DynamoDB Local gets: it takes any, but without `-sharedDb` keeps the data of each access key
/// apart, so all programs in local mode must use the same ones.
fn local_credentials() -> Credentials {
    Credentials::new("local", "local")
}

/// What is given as an option; in local mode else the local ones.
pub(super) fn source(
    options: &Options,
    environment: &Environment,
    local: bool,
    endpoint_is_loopback: bool,
    region: &str,
) -> Result<CredentialsSource, Error> {
    match &options.credentials {
        Some(GivenCredentials::Fixed(credentials)) => {
            let wrong = |why| Error::new(ErrorKind::InvalidConfiguration, format!("the option credentials: {why}"));
            credentials.check().map_err(wrong)?;
            Ok(CredentialsSource::Fixed(credentials.clone()))
        }
        Some(GivenCredentials::Provider(provider)) => Ok(CredentialsSource::Provider(provider.clone())),
        None if local => Ok(CredentialsSource::Fixed(local_credentials())),
        None => from_environment(options, environment, endpoint_is_loopback, region),
    }
}

fn from_environment(
    options: &Options,
    environment: &Environment,
    endpoint_is_loopback: bool,
    region: &str,
) -> Result<CredentialsSource, Error> {
    // An explicit profile ranks above any variable.
    if options.profile.is_none()
        && let Some(credentials) = environment_credentials(environment)?
    {
        return Ok(CredentialsSource::Fixed(credentials));
    }
    let profile = match (&options.profile, environment.get("AWS_PROFILE")?) {
        (Some(name), _) if name.is_empty() => {
            return Err(Error::new(ErrorKind::InvalidConfiguration, "the option profile is empty"));
        }
        (Some(name), _) => ProfileChoice::Option(name.clone()),
        (None, Some(name)) => ProfileChoice::Variable(name),
        (None, None) => ProfileChoice::Default,
    };
    Ok(CredentialsSource::Chain(Box::new(ChainSettings {
        environment_was_empty: options.profile.is_none(),
        profile,
        credentials_file: environment.file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")?,
        config_file: environment.file("AWS_CONFIG_FILE", ".aws/config")?,
        web_identity: environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")?.is_some(),
        container: container(environment)?,
        endpoint_is_loopback,
        region: region.to_owned(),
    })))
}

/// `AWS_ACCESS_KEY_ID` and its companions.
fn environment_credentials(environment: &Environment) -> Result<Option<Credentials>, Error> {
    let key = environment.get("AWS_ACCESS_KEY_ID")?;
    let secret = environment.get("AWS_SECRET_ACCESS_KEY")?;
    let half = |set: &str, missing: &str| {
        Error::new(ErrorKind::Credentials, format!("{set} is set, but {missing} is not"))
            .with_advice("Set both, or neither.")
    };
    let mut credentials = match (key, secret) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(half("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
        (None, Some(_)) => return Err(half("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")),
        (Some(key), Some(secret)) => Credentials::new(key, secret),
    };
    if let Some(token) = environment.get("AWS_SESSION_TOKEN")? {
        credentials = credentials.with_session_token(token);
    }
    if let Some(account) = environment.get("AWS_ACCOUNT_ID")? {
        credentials = credentials.with_account_id(account);
    }
    credentials.check().map_err(|why| {
        Error::new(ErrorKind::Credentials, format!("the credentials in AWS_ACCESS_KEY_ID and its companions: {why}"))
    })?;
    Ok(Some(credentials))
}

fn container(environment: &Environment) -> Result<Option<ContainerSettings>, Error> {
    let address = match environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")? {
        Some(path) => ContainerAddress::Relative(path),
        None => match environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")? {
            Some(url) => ContainerAddress::Full(url),
            None => return Ok(None),
        },
    };
    Ok(Some(ContainerSettings {
        address,
        token_file: environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")?.map(PathBuf::from),
        token: environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")?.map(Zeroizing::new),
    }))
}
