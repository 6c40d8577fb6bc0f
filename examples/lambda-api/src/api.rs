//! One request: its route, its time, its answer.

use enhanced_dynamodb::{Client, deadline};
use lambda_http::http::{Method, StatusCode, header};
use lambda_http::{Body, Request, Response};

use crate::config::Config;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::router::{self, Route};
use crate::routes::{health, items, transactions, trees};
use crate::{cors, json, log};

/// The function: a client, and what is configured. It is made once for the process.
#[derive(Clone, Debug)]
pub struct Api {
    pub(crate) db: Client,
    pub(crate) config: Config,
}

impl Api {
    /// The API on this client.
    #[must_use]
    pub fn new(db: Client, config: Config) -> Self {
        Api { db, config }
    }

    /// Answers a request. There is always an answer: what fails has a status of its own, or is a 500.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let invocation = Invocation::of(&request, self.config.deadline_margin);
        let answer = async { self.route(&request).await };
        let answer = match invocation.deadline {
            Some(by) => deadline::scope(by, answer).await,
            None => answer.await,
        };
        let mut response = answer.unwrap_or_else(|failure| {
            log::failure(&request, &invocation, &failure);
            failure.into_response(&invocation.request_id)
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
