//! The places where credentials are looked for, in the order of the AWS SDKs.

use super::profile::{self, Found};
use super::{TlsSource, container};
use crate::config::{ChainSettings, Chance, Credentials, ProfileChoice, Time};
use crate::error::{Error, ErrorKind};

/// Loads credentials anew, place after place.
#[derive(Clone)]
pub(super) struct Chain {
    pub(super) settings: ChainSettings,
    pub(super) tls: TlsSource,
    pub(super) time: Time,
    pub(super) chance: Chance,
    #[cfg(feature = "aws-config")]
    pub(super) sdk: super::sdk::SdkChain,
}

impl Chain {
    pub(super) async fn load(&self) -> Result<Credentials, Error> {
        let settings = &self.settings;
        let mut looked = Vec::new();
        if settings.environment_was_empty {
            looked.push("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set".to_owned());
        }
        let for_files = settings.clone();
        match blocking(move || profile::load(&for_files)).await?? {
            Found::Credentials(credentials) => return Ok(credentials),
            Found::NeedsMore(what) => return self.needs_more(what).await,
            Found::Nothing(why) => match settings.profile {
                ProfileChoice::Option(_) => {
                    return Err(Error::new(ErrorKind::Credentials, why).with_advice("Add keys to the profile."));
                }
                ProfileChoice::Variable(_) | ProfileChoice::Default => looked.push(why),
            },
        }
        if settings.web_identity {
            return self.needs_more("AWS_WEB_IDENTITY_TOKEN_FILE is set".to_owned()).await;
        }
        match &settings.container {
            Some(container) => return container::load(container, &self.tls, &self.time, &self.chance).await,
            None => looked.push(
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set".to_owned(),
            ),
        }
        self.last_resort(looked).await
    }

    #[cfg(not(feature = "aws-config"))]
    async fn needs_more(&self, what: String) -> Result<Credentials, Error> {
        Err(Error::new(ErrorKind::Credentials, format!("{what}, which this build of the client does not follow"))
            .with_advice("Build enhanced-dynamodb with the feature `aws-config`, or give other credentials."))
    }

    /// Nothing is left but the instance metadata service, which only the feature asks.
    #[cfg(not(feature = "aws-config"))]
    async fn last_resort(&self, looked: Vec<String>) -> Result<Credentials, Error> {
        let advice = if self.settings.endpoint_is_loopback {
            "For DynamoDB Local, choose local mode: the option local(true) or DYNAMODB_LOCAL=true. Else set the \
             variables, add a profile, or give credentials as an option."
        } else {
            "Set the variables, add a profile, or give credentials as an option; on an EC2 instance, build \
             enhanced-dynamodb with the feature `aws-config`."
        };
        Err(Error::new(
            ErrorKind::Credentials,
            format!(
                "no credentials were found: {}; instance metadata was not asked, as the feature `aws-config` is off",
                looked.join("; ")
            ),
        )
        .with_advice(advice))
    }

    #[cfg(feature = "aws-config")]
    async fn needs_more(&self, what: String) -> Result<Credentials, Error> {
        self.sdk.load(&self.settings).await.map_err(|why| Error::new(ErrorKind::Credentials, format!("{what}: {why}")))
    }

    #[cfg(feature = "aws-config")]
    async fn last_resort(&self, looked: Vec<String>) -> Result<Credentials, Error> {
        self.sdk.load(&self.settings).await.map_err(|why| {
            let looked = looked.join("; ");
            Error::new(ErrorKind::Credentials, format!("no credentials were found: {looked}; the default chain: {why}"))
                .with_advice("Set the variables, add a profile, or give credentials as an option.")
        })
    }
}

/// Runs what may wait for a disk away from the tasks that must not.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::new(ErrorKind::Credentials, "reading a file was cut short").with_source(error))
}
