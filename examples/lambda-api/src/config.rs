//! What the function's variables say. The client has its own: `docs/lambda.md` lists both.

use std::fmt;
use std::time::Duration;

use crate::cors::Cors;

/// Time that is kept for the answer, in milliseconds.
const DEADLINE_MARGIN: u64 = 200;

/// The function's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// `TABLE_NAME`: the table of the items, with the key `id`.
    pub table: String,
    /// `TREE_TABLE_NAME`: the table of the trees, with the key `id` and the index `parent-index` on `parent`. Without it,
    /// the trees are in the table of the items.
    pub tree_table: String,
    /// `BASE_PATH`: what a custom domain puts before every path.
    pub base_path: String,
    /// `CURSOR_KEY`: the secret that signs cursors, so that callers cannot make their own.
    pub cursor_key: Option<CursorKey>,
    /// `DEADLINE_MARGIN_MS`: how long before the invocation's end calls must have ended, 200 ms by default.
    pub deadline_margin: Duration,
    /// `METRICS_NAMESPACE`: where the metrics are found in CloudWatch; none are written without it.
    pub metrics_namespace: Option<String>,
    /// `CORS_…`: which pages may call the API.
    pub cors: Cors,
}

/// A secret: it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CursorKey(pub String);

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(******)")
    }
}

/// A variable that is missing or not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub(crate) String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// From the process's variables.
    ///
    /// # Errors
    /// If one is missing or not understood.
    pub fn from_env() -> Result<Config, ConfigError> {
        Config::from_variables(|name| std::env::var(name).ok())
    }

    /// From any variables. An empty one counts as unset.
    ///
    /// # Errors
    /// As [`from_env`](Config::from_env).
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let table = variable("TABLE_NAME")
            .ok_or_else(|| ConfigError("TABLE_NAME is not set: it names the table of the items".to_owned()))?;
        Ok(Config {
            tree_table: variable("TREE_TABLE_NAME").unwrap_or_else(|| table.clone()),
            table,
            base_path: variable("BASE_PATH").unwrap_or_default(),
            cursor_key: variable("CURSOR_KEY").map(CursorKey),
            deadline_margin: Duration::from_millis(number(&variable, "DEADLINE_MARGIN_MS", DEADLINE_MARGIN)?),
            metrics_namespace: variable("METRICS_NAMESPACE"),
            cors: Cors::from_variables(&variable)?,
        })
    }
}

/// # Errors
/// If the variable is set and no whole number.
pub(crate) fn number(variable: &impl Fn(&str) -> Option<String>, name: &str, default: u64) -> Result<u64, ConfigError> {
    variable(name).map_or(Ok(default), |text| {
        text.trim().parse().map_err(|_| ConfigError(format!("{name} is {text:?}: a whole number is expected")))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn only_the_table_must_be_named() {
        let config = config(&[("TABLE_NAME", "Items")]);
        assert_eq!(config.as_ref().map(|config| config.tree_table.as_str()), Ok("Items"));
        assert_eq!(config.map(|config| config.deadline_margin), Ok(Duration::from_millis(200)));
    }

    #[test]
    fn a_missing_or_empty_table_is_named() {
        let error = ConfigError("TABLE_NAME is not set: it names the table of the items".to_owned());
        assert_eq!(config(&[]), Err(error.clone()));
        assert_eq!(config(&[("TABLE_NAME", "")]), Err(error));
    }

    #[test]
    fn a_margin_that_is_no_number_is_an_error_that_names_it() {
        let error =
            config(&[("TABLE_NAME", "Items"), ("DEADLINE_MARGIN_MS", "0.2s")]).map_err(|error| error.to_string());
        assert_eq!(error, Err("DEADLINE_MARGIN_MS is \"0.2s\": a whole number is expected".to_owned()));
    }

    #[test]
    fn cookies_need_origins_by_name() {
        let credentials = ("CORS_ALLOW_CREDENTIALS", "true");
        let error = config(&[("TABLE_NAME", "Items"), ("CORS_ALLOW_ORIGINS", "*"), credentials]).unwrap_err();
        assert_eq!(error.to_string(), "CORS_ALLOW_CREDENTIALS needs origins by name: browsers refuse it with *");
        assert!(config(&[("TABLE_NAME", "Items"), ("CORS_ALLOW_ORIGINS", "https://a.example"), credentials]).is_ok());
    }

    #[test]
    fn the_key_of_cursors_is_not_printed() {
        let config = config(&[("TABLE_NAME", "Items"), ("CURSOR_KEY", "a great secret")]);
        assert!(!format!("{config:?}").contains("great"), "{config:?}");
    }
}
