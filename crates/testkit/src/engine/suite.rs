//! One test body on every engine.

use std::io::Write;

use super::{Engine, EngineKind};
use crate::engine::local;

/// Declares one test a engine from one body: `name::dynoxide` and `name::dynamodb_local`.
///
/// Where DynamoDB Local is not installed and `TEST_ENGINES` does not ask for it, its half says on stderr that it was skipped.
///
/// ```
/// testkit::on_both_engines! {
///     async fn a_new_engine_has_no_tables(engine: Engine) {
///         let tables = engine.call("ListTables", serde_json::json!({})).await.unwrap();
///         assert_eq!(tables["TableNames"], serde_json::json!([]));
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* async fn $name:ident($engine:ident: $ty:ty) $(-> $result:ty)? $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, clippy::wildcard_imports)]
            use super::*;
            use $crate::engine::{Engine, EngineKind, for_test};

            async fn body($engine: $ty) $(-> $result)? $body

            #[tokio::test]
            async fn dynoxide() $(-> $result)? {
                let Some(engine) = for_test(EngineKind::Dynoxide, stringify!($name)).await else {
                    return $crate::skipped!($($result)?);
                };
                body(engine).await
            }

            #[tokio::test]
            async fn dynamodb_local() $(-> $result)? {
                let Some(engine) = for_test(EngineKind::DynamodbLocal, stringify!($name)).await else {
                    return $crate::skipped!($($result)?);
                };
                body(engine).await
            }
        }
    )*};
}

#[doc(hidden)]
#[macro_export]
macro_rules! skipped {
    () => {
        ()
    };
    ($result:ty) => {
        <$result>::Ok(())
    };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    No,
    WhereInstalled,
    Yes,
}

/// What `TEST_ENGINES` asks of an engine.
fn wanted(kind: EngineKind, engines: Option<&str>) -> Result<Wanted, String> {
    let Some(engines) = engines.map(str::trim).filter(|engines| !engines.is_empty()) else {
        return Ok(match kind {
            EngineKind::Dynoxide => Wanted::Yes,
            EngineKind::DynamodbLocal => Wanted::WhereInstalled,
        });
    };
    let mut answer = Wanted::No;
    for name in engines.split(',').map(str::trim) {
        let named = match name {
            "dynoxide" => EngineKind::Dynoxide,
            "local" => EngineKind::DynamodbLocal,
            other => {
                return Err(format!(
                    "TEST_ENGINES names {other:?}; allowed are dynoxide and local, with a comma between"
                ));
            }
        };
        if named == kind {
            answer = Wanted::Yes;
        }
    }
    Ok(answer)
}

/// The engine for one half of [`on_both_engines!`](crate::on_both_engines), or `None` if it is to be skipped.
///
/// # Panics
///
/// The engine is wanted and does not start: this is the test's failure.
#[doc(hidden)]
#[expect(clippy::panic, reason = "a test fails by panicking")]
pub async fn for_test(kind: EngineKind, test: &str) -> Option<Engine> {
    let wanted = wanted(kind, std::env::var("TEST_ENGINES").ok().as_deref()).unwrap_or_else(|error| panic!("{error}"));
    let reason = match wanted {
        Wanted::Yes => None,
        Wanted::No => Some("TEST_ENGINES does not name it".to_owned()),
        Wanted::WhereInstalled => local::installation().err().map(|error| error.to_string()),
    };
    if let Some(reason) = reason {
        // Straight to the stream: the test harness captures `eprintln!` of tests that pass.
        let _ = writeln!(std::io::stderr(), "skipped on {kind}: {test}: {reason}");
        return None;
    }
    let engine = match kind {
        EngineKind::Dynoxide => Engine::dynoxide().await,
        EngineKind::DynamodbLocal => Engine::dynamodb_local().await,
    };
    Some(engine.unwrap_or_else(|error| panic!("{kind} does not start: {error}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn without_a_choice_dynoxide_always_runs_and_dynamodb_local_where_it_is_installed() {
        for unset in [None, Some(""), Some(" ")] {
            assert_eq!(wanted(EngineKind::Dynoxide, unset), Ok(Wanted::Yes));
            assert_eq!(wanted(EngineKind::DynamodbLocal, unset), Ok(Wanted::WhereInstalled));
        }
    }

    #[test]
    fn a_choice_is_exact() {
        assert_eq!(wanted(EngineKind::DynamodbLocal, Some("dynoxide")), Ok(Wanted::No));
        assert_eq!(wanted(EngineKind::Dynoxide, Some("local")), Ok(Wanted::No));
        assert_eq!(wanted(EngineKind::DynamodbLocal, Some("dynoxide, local")), Ok(Wanted::Yes));
    }

    #[test]
    fn an_unknown_engine_is_named() {
        let error = wanted(EngineKind::Dynoxide, Some("dynoxide,moto")).unwrap_err();
        assert!(error.contains("\"moto\""), "{error}");
    }
}
