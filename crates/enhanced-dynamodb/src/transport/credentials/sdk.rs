//! The feature `aws-config`: what needs more than files and one HTTP request goes to the AWS SDK's own chain, which
//! reads the process's environment itself.

use std::sync::Arc;

use aws_config::Region;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::OnceCell;

use crate::config::{ChainSettings, Credentials, ProfileChoice, from_sdk, sdk_error_text};

/// The SDK's chain, built when it is first needed: it keeps tokens of its own between loads.
#[derive(Clone, Default)]
pub(super) struct SdkChain(Arc<OnceCell<SharedCredentialsProvider>>);

impl SdkChain {
    /// # Errors
    /// Why there are no credentials, in the SDK's words.
    pub(super) async fn load(&self, settings: &ChainSettings) -> Result<Credentials, String> {
        let provider = self.0.get_or_init(|| build(settings)).await;
        match provider.provide_credentials().await {
            Ok(credentials) => Ok(from_sdk(&credentials)),
            Err(error) => Err(sdk_error_text(&error)),
        }
    }
}

async fn build(settings: &ChainSettings) -> SharedCredentialsProvider {
    let region = Region::new(settings.region.clone());
    match &settings.profile {
        // An explicit profile ranks above the environment, which the default chain asks first.
        ProfileChoice::Option(name) => {
            let config = ProviderConfig::without_region().with_region(Some(region));
            let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
            SharedCredentialsProvider::new(provider)
        }
        ProfileChoice::Variable(_) | ProfileChoice::Default => {
            SharedCredentialsProvider::new(DefaultCredentialsChain::builder().region(region).build().await)
        }
    }
}
