//! The limit: how many items are returned in all.

use enhanced_dynamodb::operation::Page;
use enhanced_dynamodb::{ErrorKind, Item, attr};
use serde_json::Value;
use testkit::Responder;

use crate::common::{Event, create_events, events, put_events, recorded, times};

/// The `Limit` of each query that was sent.
fn limits(responder: &Responder) -> Vec<Value> {
    responder.requests_of("Query").iter().map(|seen| seen.body["Limit"].clone()).collect()
}

testkit::on_both_engines! {
    async fn items_end_at_the_limit_and_no_more_is_read(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 10).await;
        let query = |limit| db.query("Events").partition("stream", "a").limit(limit);
        assert_eq!(times(&query(4).items().try_collect().await.unwrap()), [1, 2, 3, 4]);
        assert_eq!(limits(&responder), [4]);
        responder.forget_requests();
        assert_eq!(times(&query(7).page_size(3).items().try_collect().await.unwrap()), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(limits(&responder), [3, 3, 1]);
        assert_eq!(query(100).items::<Event>().try_collect().await.unwrap().len(), 10);
        assert_eq!(query(u64::MAX).items::<Event>().try_collect().await.unwrap().len(), 10);
    }

    async fn with_a_filter_the_limit_counts_what_passes(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 30).await;
        responder.forget_requests();
        let query = |limit| db.query("Events").partition("stream", "a").filter(attr("kind").eq("start")).limit(limit);
        // All thirty are read by one page, which brings more than were asked for.
        assert_eq!(times(&query(2).items().try_collect().await.unwrap()), [3, 6]);
        assert_eq!(limits(&responder), [Value::Null]);
        // Pages of four: the limit is reached in the middle of the third.
        responder.forget_requests();
        assert_eq!(times(&query(3).page_size(4).items().try_collect().await.unwrap()), [3, 6, 9]);
        assert_eq!(limits(&responder), [4, 4, 4]);
        assert_eq!(query(100).page_size(4).items::<Event>().try_collect().await.unwrap().len(), 10);
    }

    async fn pages_end_at_the_limit_too(engine: Engine) {
        let db = events(&engine, 30).await;
        let query = || db.query("Events").partition("stream", "a");
        let of = |pages: &[Page<Event>]| pages.iter().map(|page| times(&page.items)).collect::<Vec<_>>();
        let pages = query().limit(5).page_size(3).pages::<Event>().try_collect().await.unwrap();
        assert_eq!(of(&pages), [vec![1, 2, 3], vec![4, 5]]);
        let last = pages.last().unwrap();
        let rest = query().cursor(last.cursor().unwrap()).items().try_collect().await.unwrap();
        assert_eq!(times(&rest), (6..=30).collect::<Vec<_>>());

        let filtered = || query().filter(attr("kind").eq("start")).page_size(7);
        let pages = filtered().limit(3).pages::<Event>().try_collect().await.unwrap();
        assert_eq!(of(&pages), [vec![3, 6], vec![9]]);
        let last = pages.last().unwrap();
        assert_eq!(last.count, 1);
        let rest = filtered().cursor(last.cursor().unwrap()).items().try_collect().await.unwrap();
        assert_eq!(times(&rest), [12, 15, 18, 21, 24, 27, 30], "nothing is skipped behind the limit");
    }

    async fn one_page_ends_at_the_limit_too(engine: Engine) {
        let db = events(&engine, 30).await;
        let query = || db.query("Events").partition("stream", "a");
        let page: Page<Event> = query().limit(2).send().await.unwrap();
        assert_eq!(times(&page.items), [1, 2]);
        let page: Page<Event> = query().limit(2).filter(attr("kind").eq("start")).send().await.unwrap();
        assert_eq!((times(&page.items), page.count), (vec![3, 6], 2));
        let rest = query().cursor(page.cursor().unwrap()).limit(2).items().try_collect().await.unwrap();
        assert_eq!(times(&rest), [7, 8]);
        // A page that has no more than the limit ends where the service ended it.
        let page: Page<Event> = query().limit(10).filter(attr("kind").eq("start")).send().await.unwrap();
        assert_eq!((page.items.len(), page.cursor()), (10, None));
    }

    async fn a_limit_of_zero_returns_nothing_and_sends_nothing(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 3).await;
        responder.forget_requests();
        let query = || db.query("Events").partition("stream", "a").limit(0);
        assert_eq!(query().items::<Event>().try_collect().await.unwrap(), []);
        assert_eq!(query().pages::<Event>().try_collect().await.unwrap().len(), 0);
        assert_eq!(db.scan("Events").limit(0).items::<Event>().try_collect().await.unwrap(), []);
        assert_eq!(query().count().await.unwrap(), 0);
        // There is no page that could say where the next one begins.
        let error = query().send::<Event>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
        let error = db.query("Events").partition("stream", "a").page_size(0).send::<Event>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
        assert!(responder.requests().is_empty());
    }

    async fn counting_ends_at_the_limit(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 30).await;
        responder.forget_requests();
        let query = || db.query("Events").partition("stream", "a");
        assert_eq!(query().limit(5).count().await.unwrap(), 5);
        assert_eq!(limits(&responder), [5], "nothing is read beyond the limit");
        assert_eq!(query().limit(100).count().await.unwrap(), 30);
        responder.forget_requests();
        assert_eq!(query().limit(3).page_size(7).filter(attr("kind").eq("start")).count().await.unwrap(), 3);
        assert_eq!(limits(&responder), [7, 7]);
    }

    async fn an_item_that_does_not_decode_counts_for_the_limit(engine: Engine) {
        let db = events(&engine, 5).await;
        let bad = enhanced_dynamodb::item! { "stream": "a", "at": 2, "kind": "step", "size": -1 };
        db.put("Events", &bad).send().await.unwrap();
        let mut items = db.query("Events").partition("stream", "a").limit(3).items::<Event>();
        let mut seen = Vec::new();
        while let Some(item) = items.next().await {
            seen.push(item.map(|event| event.at).map_err(|error| error.kind()));
        }
        assert_eq!(seen, [Ok(1), Err(ErrorKind::Decode), Ok(3)]);
    }

    async fn a_filtered_page_cannot_end_in_its_middle_without_the_key(engine: Engine) {
        let db = events(&engine, 9).await;
        let query =
            || db.query("Events").partition("stream", "a").filter(attr("kind").eq("start")).projection(["size"]);
        let error = query().limit(2).send::<Item>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCursor, "{error}");
        assert!(error.advice().contains("projection"), "{error}");
        let items = query().limit(2).items::<Item>().try_collect().await.unwrap();
        assert_eq!(items.len(), 2, "the items alone need no position");
        assert_eq!(query().limit(3).send::<Item>().await.unwrap().items.len(), 3);
    }
}
