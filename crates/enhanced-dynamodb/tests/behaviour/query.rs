//! Query: conditions, order, indexes, pages and items.

use enhanced_dynamodb::expression::Condition;
use enhanced_dynamodb::operation::{Page, Select};
use enhanced_dynamodb::{Client, ErrorKind, Item, attr, item, key};
use futures_util::TryStreamExt;
use serde::Deserialize;

use crate::common::{Event, create_events, event, events, put_events, recorded, times};

#[derive(Debug, Deserialize)]
struct At {
    at: u32,
}

async fn sorted(db: &Client, condition: Condition) -> Vec<u32> {
    times(&db.query("Events").partition("stream", "a").sort(condition).items().try_collect().await.unwrap())
}

testkit::on_both_engines! {
    async fn one_page_says_what_it_read(engine: Engine) {
        let db = events(&engine, 5).await;
        let page: Page<Event> = db.query("Events").partition("stream", "a").send().await.unwrap();
        assert_eq!(times(&page.items), [1, 2, 3, 4, 5]);
        assert_eq!((page.count, page.scanned_count), (5, 5));
        assert!(page.last_evaluated_key.is_none() && page.cursor().is_none());
        assert_eq!(page.metadata.attempts, 1);
        let page: Page<Event> = db.query("Events").partition("stream", "nobody").send().await.unwrap();
        assert!(page.items.is_empty() && page.count == 0);
    }

    async fn all_pages_and_all_items_are_read_in_order(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 10).await;
        let query = || db.query("Events").partition("stream", "a").page_size(4);
        let mut pages = query().pages::<Event>();
        let mut sizes = Vec::new();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            sizes.push(page.items.len());
            all.extend(page.items);
        }
        assert_eq!(times(&all), (1..=10).collect::<Vec<_>>());
        assert_eq!(sizes, [4, 4, 2]);
        assert!(pages.next().await.is_none(), "the end stays the end");
        assert_eq!(query().pages::<Event>().try_collect().await.unwrap().len(), 3);

        let items: Vec<Event> = query().items().try_collect().await.unwrap();
        assert_eq!(items, all);
        let queries = responder.requests_of("Query");
        assert_eq!(queries.len(), 9);
        assert!(queries.iter().all(|query| query.body["Limit"] == 4));
    }

    async fn a_stream_reads_a_page_only_when_it_is_asked_for(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        create_events(&db).await;
        put_events(&db, 6).await;
        let mut items = db.query("Events").partition("stream", "a").page_size(2).items::<Event>();
        assert_eq!(responder.requests_of("Query").len(), 0);
        items.next().await.unwrap().unwrap();
        items.next().await.unwrap().unwrap();
        assert_eq!(responder.requests_of("Query").len(), 1);
        items.next().await.unwrap().unwrap();
        assert_eq!(responder.requests_of("Query").len(), 2);
    }

    async fn streams_go_with_the_traits_of_futures(engine: Engine) {
        let db = events(&engine, 5).await;
        let query = || db.query("Events").partition("stream", "a").page_size(2);
        let even: Vec<Event> = TryStreamExt::try_collect(query().items::<Event>().try_filter(|event| {
            let even = event.at % 2 == 0;
            async move { even }
        }))
        .await
        .unwrap();
        assert_eq!(times(&even), [2, 4]);
        let counts: Vec<u64> =
            TryStreamExt::try_collect(query().pages::<Event>().map_ok(|page| page.count)).await.unwrap();
        assert_eq!(counts.iter().sum::<u64>(), 5);
    }

    async fn the_order_is_ascending_unless_turned_round(engine: Engine) {
        let db = events(&engine, 4).await;
        let query = || db.query("Events").partition("stream", "a").page_size(3);
        let up: Vec<Event> = query().forward(true).items().try_collect().await.unwrap();
        assert_eq!(times(&up), [1, 2, 3, 4]);
        let down: Vec<Event> = query().forward(false).items().try_collect().await.unwrap();
        assert_eq!(times(&down), [4, 3, 2, 1]);
    }

    async fn each_sort_condition_means_what_it_says(engine: Engine) {
        let db = events(&engine, 9).await;
        assert_eq!(sorted(&db, attr("at").eq(3)).await, [3]);
        assert_eq!(sorted(&db, attr("at").lt(3)).await, [1, 2]);
        assert_eq!(sorted(&db, attr("at").le(3)).await, [1, 2, 3]);
        assert_eq!(sorted(&db, attr("at").gt(7)).await, [8, 9]);
        assert_eq!(sorted(&db, attr("at").ge(7)).await, [7, 8, 9]);
        assert_eq!(sorted(&db, attr("at").between(3, 5)).await, [3, 4, 5]);
        let error =
            db.query("Events").partition("stream", "a").sort(attr("at").ne(3)).send::<Event>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
    }

    async fn a_text_sort_key_can_be_read_by_its_beginning(engine: Engine) {
        use enhanced_dynamodb::table::AttributeType;
        let db = crate::common::client(&engine).await;
        let create = db.create_table("Days").partition_key("user", AttributeType::String);
        create.sort_key("day", AttributeType::String).send().await.unwrap();
        for day in ["2023-12-31", "2024-01-01", "2024-02-03", "2025-01-01"] {
            db.put("Days", &item! { "user": "u", "day": day }).send().await.unwrap();
        }
        let query = db.query("Days").partition("user", "u").sort(attr("day").begins_with("2024-"));
        let found: Vec<Item> = query.items().try_collect().await.unwrap();
        assert_eq!(found.iter().filter_map(|item| item.get_s("day")).collect::<Vec<_>>(), ["2024-01-01", "2024-02-03"]);
    }

    async fn key_condition_and_filter_may_be_the_services_own_strings(engine: Engine) {
        let db = events(&engine, 9).await;
        let query = db
            .query("Events")
            .key_condition_expression("#s = :s AND #at > :at")
            .expression_name("#at", "at")
            .expression_name("#s", "stream")
            .expression_value(":s", "a")
            .expression_value(":at", 2)
            .filter_expression("kind = :kind")
            .expression_value(":kind", "start");
        let found: Vec<Event> = query.items().try_collect().await.unwrap();
        assert_eq!(times(&found), [3, 6, 9]);
        let mixed = db.query("Events").partition("stream", "a").key_condition_expression("#at < :at");
        let mixed = mixed.expression_name("#at", "at").expression_value(":at", 3);
        assert_eq!(times(&mixed.items().try_collect().await.unwrap()), [1, 2]);
    }

    async fn a_filter_works_after_the_read(engine: Engine) {
        let db = events(&engine, 9).await;
        let query =
            db.query("Events").partition("stream", "a").filter(attr("kind").eq("start")).filter(attr("size").lt(995));
        let page: Page<Event> = query.send().await.unwrap();
        assert_eq!(times(&page.items), [6, 9]);
        assert_eq!((page.count, page.scanned_count), (2, 9));
    }

    async fn indexes_are_read_in_their_own_order(engine: Engine) {
        let db = events(&engine, 6).await;
        let global = db.query("Events").index("by-kind").partition("kind", "start").sort(attr("at").gt(0));
        assert_eq!(times(&global.items().try_collect().await.unwrap()), [3, 6]);
        let local = db.query("Events").index("by-size").partition("stream", "a").consistent_read(true);
        assert_eq!(times(&local.items().try_collect().await.unwrap()), [6, 5, 4, 3, 2, 1]);
        let global = db.query("Events").index("by-kind").partition("kind", "start").consistent_read(true);
        let error = global.send::<Event>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        let error = db.query("Events").index("nowhere").partition("kind", "x").send::<Event>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
    }

    async fn a_projection_and_a_selection_decide_what_comes_back(engine: Engine) {
        let db = events(&engine, 2).await;
        let query = || db.query("Events").partition("stream", "a");
        let found: Vec<Item> = query().projection(["at", "kind"]).items().try_collect().await.unwrap();
        assert_eq!(found, [item! { "at": 1, "kind": "step" }, item! { "at": 2, "kind": "step" }]);
        let specific =
            query().select(Select::SpecificAttributes).projection_expression("#s").expression_name("#s", "size");
        assert_eq!(specific.send::<Item>().await.unwrap().items, [item! { "size": 999 }, item! { "size": 998 }]);
        let all: Page<Event> = query().select(Select::AllAttributes).send().await.unwrap();
        assert_eq!(all.items, [event("a", 1), event("a", 2)]);
        let projected =
            db.query("Events").index("by-kind").partition("kind", "step").select(Select::AllProjectedAttributes);
        assert_eq!(projected.send::<Event>().await.unwrap().items.len(), 4);
        let counted: Page<Event> = query().select(Select::Count).send().await.unwrap();
        assert_eq!((counted.count, counted.scanned_count, counted.items.len()), (2, 2, 0));
    }

    async fn counting_reads_every_page_and_sends_no_item(engine: Engine) {
        let db = events(&engine, 10).await;
        let query = || db.query("Events").partition("stream", "a");
        assert_eq!(query().count().await.unwrap(), 10);
        assert_eq!(query().page_size(3).count().await.unwrap(), 10);
        assert_eq!(query().page_size(3).filter(attr("kind").eq("start")).count().await.unwrap(), 3);
        assert_eq!(db.query("Events").partition("stream", "nobody").count().await.unwrap(), 0);
    }

    async fn a_start_key_begins_behind_it(engine: Engine) {
        let db = events(&engine, 5).await;
        let page: Page<Event> = db.query("Events").partition("stream", "a").page_size(2).send().await.unwrap();
        let last = page.last_evaluated_key.unwrap();
        assert_eq!(last, item! { "stream": "a", "at": 2 });
        let rest = db.query("Events").partition("stream", "a").start_key(&last).items().try_collect().await.unwrap();
        assert_eq!(times(&rest), [3, 4, 5]);
        let by_hand = db.query("Events").partition("stream", "a").start_key(key! { "stream": "a", "at": 4 });
        assert_eq!(times(&by_hand.items().try_collect().await.unwrap()), [5]);
    }

    async fn an_item_that_does_not_decode_is_one_error_and_the_rest_comes(engine: Engine) {
        #[derive(Debug, Deserialize)]
        struct Strict {
            at: u32,
            #[allow(dead_code, reason = "only read")]
            size: u32,
        }
        let db = events(&engine, 5).await;
        let bad = item! { "stream": "a", "at": 3, "kind": "step", "size": -1 };
        db.put("Events", &bad).send().await.unwrap();
        let mut items = db.query("Events").partition("stream", "a").page_size(4).items::<Strict>();
        let mut seen = Vec::new();
        while let Some(item) = items.next().await {
            match item {
                Ok(item) => seen.push(item.at),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Decode);
                    assert!(error.message().contains("size"), "{error}");
                    assert_eq!((error.operation(), error.table()), (Some("Query"), Some("Events")));
                    assert_eq!(error.item().unwrap(), Some(bad.clone()));
                    seen.push(0);
                }
            }
        }
        assert_eq!(seen, [1, 2, 0, 4, 5]);

        let all = db.query("Events").partition("stream", "a").items::<Strict>().try_collect().await.unwrap_err();
        assert_eq!(all.kind(), ErrorKind::Decode);
        let page = db.query("Events").partition("stream", "a").send::<Strict>().await.unwrap_err();
        assert_eq!(page.item().unwrap(), Some(bad));
    }

    async fn an_error_of_the_service_ends_the_stream(engine: Engine) {
        let db = events(&engine, 1).await;
        let mut items = db.query("Nowhere").partition("stream", "a").items::<Event>();
        assert_eq!(items.next().await.unwrap().unwrap_err().kind(), ErrorKind::ResourceNotFound);
        assert!(items.next().await.is_none());
        let mut pages = db.query("Nowhere").partition("stream", "a").pages::<Event>();
        assert_eq!(pages.next().await.unwrap().unwrap_err().kind(), ErrorKind::ResourceNotFound);
        assert!(pages.next().await.is_none());
    }

    async fn a_page_ends_at_one_megabyte_and_the_next_one_goes_on(engine: Engine) {
        use enhanced_dynamodb::table::AttributeType;
        let db = crate::common::client(&engine).await;
        let create = db.create_table("Large").partition_key("stream", AttributeType::String);
        create.sort_key("at", AttributeType::Number).send().await.unwrap();
        let text = "x".repeat(300_000);
        for at in 1..=5 {
            let put = item! { "stream": "a", "at": at, "text": text.as_str() };
            db.put("Large", &put).send().await.unwrap();
        }
        let pages = db.query("Large").partition("stream", "a").pages::<At>().try_collect().await.unwrap();
        assert!(pages.len() > 1, "{} page", pages.len());
        let all: Vec<u32> = pages.iter().flat_map(|page| page.items.iter().map(|item| item.at)).collect();
        assert_eq!(all, [1, 2, 3, 4, 5]);
    }
}
