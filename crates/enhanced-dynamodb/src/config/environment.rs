//! The variables that a configuration is read from: the process's, or given ones.

use std::collections::HashMap;
use std::env::VarError;
use std::path::{Path, PathBuf};

use super::parse::{Origin, boolean};
use crate::error::{Error, ErrorKind};

/// Where variables are read.
#[derive(Clone)]
pub(crate) enum Environment {
    /// The process's own.
    Process,
    /// These and no others.
    Given(HashMap<String, String>),
}

impl Environment {
    pub(crate) fn given<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Environment::Given(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The variable's value; an empty one counts as unset.
    ///
    /// # Errors
    /// If the value is not UTF-8.
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<String>, Error> {
        let value = match self {
            Environment::Process => match std::env::var(name) {
                Ok(value) => Some(value),
                Err(VarError::NotPresent) => None,
                Err(VarError::NotUnicode(_)) => {
                    return Err(Error::new(
                        ErrorKind::InvalidConfiguration,
                        format!("{name} is not valid UTF-8; allowed is text in UTF-8"),
                    ));
                }
            },
            Environment::Given(variables) => variables.get(name).cloned(),
        };
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The first of these variables that is set, and its name.
    pub(crate) fn first(&self, names: &[&'static str]) -> Result<Option<(&'static str, String)>, Error> {
        for name in names {
            if let Some(value) = self.get(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }

    /// The variable's value read as `parse` reads it.
    pub(crate) fn parsed<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(Origin, &str) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.get(name)?.map(|value| parse(Origin::Variable(name), &value)).transpose()
    }

    pub(crate) fn boolean(&self, name: &'static str) -> Result<Option<bool>, Error> {
        self.parsed(name, boolean)
    }

    /// The user's own directory, which `~` stands for.
    fn home(&self) -> Result<Option<PathBuf>, Error> {
        Ok(self.first(&["HOME", "USERPROFILE"])?.map(|(_, home)| PathBuf::from(home)))
    }

    /// The file that the variable names, else this one below the user's directory.
    pub(crate) fn file(&self, name: &'static str, below_home: &str) -> Result<Option<PathBuf>, Error> {
        let home = self.home()?;
        Ok(match (self.get(name)?, home) {
            (Some(path), home) => Some(expand(&path, home.as_deref())),
            (None, Some(home)) => Some(home.join(below_home)),
            (None, None) => None,
        })
    }
}

/// `~/x` → the user's directory, as the AWS tools do it.
fn expand(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (_, _) => PathBuf::from(path),
    }
}
