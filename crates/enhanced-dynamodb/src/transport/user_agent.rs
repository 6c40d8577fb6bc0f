//! How the client names itself.

use http::HeaderValue;

/// The `User-Agent` header: the client and its version, the platform, the runtime that the environment names
/// (`AWS_EXECUTION_ENV`), and the application's id where it has one. Characters that a token cannot have become `-`.
pub(crate) fn user_agent(app_id: Option<&str>, execution_environment: Option<&str>) -> HeaderValue {
    let mut text = format!(
        "enhanced-dynamodb/{} ua/2.1 api/dynamodb os/{} lang/rust md/arch#{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    for (name, value) in [("exec-env", execution_environment), ("app", app_id)] {
        if let Some(value) = value {
            text.push_str(&format!(" {name}/"));
            text.extend(value.chars().map(|c| if is_token(c) { c } else { '-' }));
        }
    }
    // What is pushed above is visible ASCII, which every header may hold.
    HeaderValue::try_from(text).unwrap_or(const { HeaderValue::from_static("enhanced-dynamodb") })
}

/// The characters of a token: RFC 9110, section 5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::user_agent;

    #[test]
    fn the_user_agent_names_client_environment_and_application() {
        let agent = user_agent(Some("my shop/1"), Some("AWS_Lambda_rust"));
        let agent = agent.to_str().unwrap_or_default();
        assert!(agent.starts_with(concat!(
            "enhanced-dynamodb/",
            env!("CARGO_PKG_VERSION"),
            " ua/2.1 api/dynamodb os/"
        )));
        assert!(agent.ends_with(" exec-env/AWS_Lambda_rust app/my-shop-1"), "{agent}");
    }

    #[test]
    fn no_name_can_break_the_header() {
        let agent = user_agent(Some("a\r\nX-Evil: é"), None);
        assert!(agent.to_str().unwrap_or_default().ends_with(" app/a--X-Evil---"), "{agent:?}");
    }
}
