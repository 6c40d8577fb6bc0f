//! Operations of the API as they are named on the wire.

use std::borrow::Cow;

use http::HeaderValue;

use crate::error::Error;

/// An operation of the API, as it stands in the request's `X-Amz-Target`.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: Cow<'static, str>,
    pub(super) target: HeaderValue,
    /// On tables and backups rather than items.
    pub(super) control_plane: bool,
}

impl Operation {
    /// A data-plane operation known when the program is built; `target` is `DynamoDB_20120810.` and the name.
    pub(crate) const fn data(name: &'static str, target: &'static str) -> Self {
        Operation { name: Cow::Borrowed(name), target: HeaderValue::from_static(target), control_plane: false }
    }

    /// A control-plane operation known when the program is built.
    pub(crate) const fn control(name: &'static str, target: &'static str) -> Self {
        Operation { name: Cow::Borrowed(name), target: HeaderValue::from_static(target), control_plane: true }
    }

    /// An operation by its name.
    ///
    /// # Errors
    /// If the name cannot be one: it is empty, or holds anything but letters and digits.
    pub(crate) fn named(name: &str, control_plane: bool) -> Result<Self, Error> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::invalid_input(format!("`{}` is no operation name", name.escape_debug()))
                .with_advice("Name an operation of the API, such as DescribeLimits."));
        }
        let target = HeaderValue::try_from(format!("DynamoDB_20120810.{name}"))
            .map_err(|error| Error::invalid_input(error.to_string()))?;
        Ok(Operation { name: Cow::Owned(name.to_owned()), target, control_plane })
    }
    /// Whether a success has an empty body: "the service sends back an HTTP 200 response with an empty HTTP body", says
    /// the reference of these two, which have no output in the service's model.
    pub(super) fn answers_with_nothing(&self) -> bool {
        matches!(&*self.name, "TagResource" | "UntagResource")
    }
}
