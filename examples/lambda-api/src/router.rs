//! Which path is which route, and what may be done there.

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use percent_encoding::percent_decode_str;

use crate::routes::keys::is_id;

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Items,
    Item(String),
    Tree(String),
    Batch,
    Transactions,
    Health,
}

impl Route {
    pub(crate) fn parse(path: &str) -> Option<Route> {
        let mut parts = path.trim_matches('/').split('/');
        let route = match (parts.next()?, parts.next()) {
            ("items", None) => Route::Items,
            ("items", Some(id)) => Route::Item(decoded(id)?),
            ("trees", Some(id)) => Route::Tree(decoded(id)?),
            ("batch", None) => Route::Batch,
            ("transactions", None) => Route::Transactions,
            ("health", None) => Route::Health,
            _ => return None,
        };
        parts.next().is_none().then_some(route)
    }

    /// The methods of this route, as the `Allow` header lists them.
    pub(crate) fn allowed(&self) -> &'static str {
        match self {
            Route::Items => "GET, POST, OPTIONS",
            Route::Item(_) => "GET, PUT, DELETE, OPTIONS",
            Route::Batch | Route::Transactions => "POST, OPTIONS",
            Route::Tree(_) | Route::Health => "GET, OPTIONS",
        }
    }
}

/// An id as it stood in the path. `None` if no item can have it.
fn decoded(id: &str) -> Option<String> {
    let id = percent_decode_str(id).decode_utf8().ok()?;
    is_id(&id).then(|| id.into_owned())
}

/// The path below the stage and the base path.
///
/// A REST API's event has its path without the stage, an HTTP API's has it before the path if the stage has a name.
pub(crate) fn path<'a>(request: &'a Request, base_path: &str) -> &'a str {
    let mut path = request.raw_http_path();
    if let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref()
        && let Some(stage) = context.stage.as_deref().filter(|stage| *stage != "$default")
    {
        path = below(path, stage);
    }
    below(path, base_path)
}

/// The path below `first`, if it begins with it.
fn below<'a>(path: &'a str, first: &str) -> &'a str {
    let first = first.trim_matches('/');
    let rest = path.trim_start_matches('/').strip_prefix(first);
    rest.filter(|rest| !first.is_empty() && (rest.is_empty() || rest.starts_with('/'))).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{Route, below};

    #[test]
    fn every_route_has_its_path() {
        assert_eq!(Route::parse("/items"), Some(Route::Items));
        assert_eq!(Route::parse("/items/"), Some(Route::Items));
        assert_eq!(Route::parse("/items/a%2Fb%20c"), Some(Route::Item("a/b c".to_owned())));
        assert_eq!(Route::parse("/trees/m1"), Some(Route::Tree("m1".to_owned())));
        assert_eq!(Route::parse("/batch"), Some(Route::Batch));
        assert_eq!(Route::parse("/transactions"), Some(Route::Transactions));
        assert_eq!(Route::parse("/health"), Some(Route::Health));
    }

    #[test]
    fn other_paths_are_no_routes() {
        for path in ["", "/", "/nothing", "/items/a/b", "/trees", "/trees/", "/items/%ff", "/health/of"] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }

    #[test]
    fn only_whole_parts_are_taken_from_the_front() {
        assert_eq!(below("/prod/items", "prod"), "/items");
        assert_eq!(below("/product/items", "prod"), "/product/items");
        assert_eq!(below("/v1/api/items", "/v1/api/"), "/items");
        assert_eq!(below("/items", ""), "/items");
    }
}
