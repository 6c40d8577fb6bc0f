//! One request: its route and its answer.

use std::convert::Infallible;
use std::sync::Arc;

use enhanced_dynamodb::Client;
use enhanced_dynamodb::lambda::LambdaLayer;
use lambda_http::http::{Method, StatusCode, header};
use lambda_http::tower::Layer;
use lambda_http::{Body, Request, RequestExt, Response, Service, service_fn};

use crate::config::Config;
use crate::failure::Failure;
use crate::router::{self, Route};
use crate::routes::{batch, health, items, transactions, trees};
use crate::{cors, json};

/// The function: a client, and what is configured. It is made once for the process.
#[derive(Clone, Debug)]
pub struct Api {
    pub(crate) db: Client,
    pub(crate) config: Arc<Config>,
}

impl Api {
    /// The API on this client.
    #[must_use]
    pub fn new(db: Client, config: Config) -> Self {
        Api { db, config: Arc::new(config) }
    }

    /// What Lambda is given: the API, with the time of each invocation as the limit of all that it does, and its
    /// metrics written before the answer.
    #[must_use]
    pub fn into_handler(
        self,
    ) -> impl Service<Request, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
    {
        let mut layer = LambdaLayer::new(&self.db).margin(self.config.deadline_margin);
        if let Some(namespace) = &self.config.metrics_namespace {
            layer = layer.metrics(namespace);
        }
        layer.layer(service_fn(move |request| {
            let api = self.clone();
            async move { Ok(api.handle(request).await) }
        }))
    }

    /// Answers a request. There is always an answer: what fails has a status of its own, or is a 500.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let mut response = self.route(&request).await.unwrap_or_else(|failure| {
            failure.log(&request);
            failure.into_response(request_id(&request))
        });
        cors::allow(&self.config.cors, request.headers(), &mut response);
        response
    }

    async fn route(&self, request: &Request) -> Result<Response<Body>, Failure> {
        let path = router::path(request, &self.config.base_path);
        let route = Route::parse(path).ok_or_else(|| Failure::not_found("There is nothing at this path."))?;
        match (&route, request.method()) {
            (Route::Items, &Method::GET) => items::list(self, request).await,
            (Route::Items, &Method::POST) => items::create(self, request).await,
            (Route::Item(id), &Method::GET) => items::read(self, id).await,
            (Route::Item(id), &Method::PUT) => items::replace(self, id, request).await,
            (Route::Item(id), &Method::DELETE) => items::delete(self, id).await,
            (Route::Tree(root), &Method::GET) => trees::read(self, root, request).await,
            (Route::Batch, &Method::POST) => batch::write(self, request).await,
            (Route::Transactions, &Method::POST) => transactions::write(self, request).await,
            (Route::Health, &Method::GET) => health::check(self).await,
            (route, &Method::OPTIONS) => {
                let response = json::empty(StatusCode::NO_CONTENT);
                Ok(json::with_header(response, header::ALLOW, route.allowed()))
            }
            (route, _) => Err(Failure::method_not_allowed(route.allowed())),
        }
    }
}

/// The id of the invocation, as in Lambda's own log lines; none on another server than Lambda's.
pub(crate) fn request_id(request: &Request) -> &str {
    request.lambda_context_ref().map_or("", |context| &context.request_id)
}
