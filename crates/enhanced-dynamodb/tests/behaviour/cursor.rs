//! Cursors: going on where a page or a stream of items stood.

use enhanced_dynamodb::operation::{Page, Query};
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, attr};

use crate::common::{Event, create_messages, events, message, recorded, times};

fn of_a(db: &Client) -> Query {
    db.query("Events").partition("stream", "a")
}

async fn first_page(query: Query) -> String {
    let page: Page<Event> = query.page_size(2).send().await.unwrap();
    page.cursor().expect("there is more").to_owned()
}

async fn rest(query: Query) -> Vec<u32> {
    times(&query.items().try_collect().await.unwrap())
}

#[track_caller]
fn assert_foreign(result: Result<Page<Event>, Error>) {
    let error = result.expect_err("the cursor is refused");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidCursor, 0), "{error}");
    assert!(error.operation().is_some() && error.table().is_some(), "{error}");
}

testkit::on_both_engines! {
    async fn a_page_hands_out_a_cursor_until_the_end(engine: Engine) {
        let db = events(&engine, 5).await;
        let (mut cursor, mut seen) = (None::<String>, Vec::new());
        loop {
            let query = of_a(&db).page_size(2);
            let query = match &cursor {
                Some(cursor) => query.cursor(cursor),
                None => query,
            };
            let page: Page<Event> = query.send().await.unwrap();
            seen.extend(times(&page.items));
            match page.cursor() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        let text = first_page(of_a(&db)).await;
        assert!(
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "safe in a URL: {text}"
        );
    }

    async fn a_cursor_may_be_given_other_limits_orders_of_pages_and_filters(engine: Engine) {
        let db = events(&engine, 9).await;
        let cursor = first_page(of_a(&db)).await;
        assert_eq!(rest(of_a(&db).cursor(&cursor).limit(2)).await, [3, 4]);
        assert_eq!(rest(of_a(&db).cursor(&cursor).page_size(1)).await, [3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(rest(of_a(&db).cursor(&cursor).filter(attr("kind").eq("start"))).await, [3, 6, 9]);
        assert_eq!(rest(of_a(&db).cursor(&cursor).forward(false)).await, [1], "backwards from where it stood");
    }

    async fn the_items_can_be_continued_from_any_place(engine: Engine) {
        let db = events(&engine, 7).await;
        for taken in 1..=7_u32 {
            let mut items = of_a(&db).page_size(3).items::<Event>();
            for at in 1..=taken {
                assert_eq!(items.next().await.unwrap().unwrap().at, at);
            }
            let cursor = items.cursor().await.unwrap();
            match cursor {
                Some(cursor) => assert_eq!(rest(of_a(&db).cursor(cursor)).await, (taken + 1..=7).collect::<Vec<_>>()),
                None => assert_eq!(taken, 7),
            }
        }
    }

    async fn a_single_page_can_be_continued_from_its_middle(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        crate::common::create_events(&db).await;
        crate::common::put_events(&db, 5).await;
        let mut items = of_a(&db).items::<Event>();
        items.next().await.unwrap().unwrap();
        items.next().await.unwrap().unwrap();
        responder.forget_requests();
        let cursor = items.cursor().await.unwrap().unwrap();
        assert_eq!(responder.requests_of("Query").len(), 1, "one more item is asked for, to learn what makes a key");
        assert_eq!(items.cursor().await.unwrap().as_ref(), Some(&cursor));
        assert_eq!(responder.requests_of("Query").len(), 1, "and only once");
        assert_eq!(rest(of_a(&db).cursor(&cursor)).await, [3, 4, 5]);
        assert_eq!(items.next().await.unwrap().unwrap().at, 3, "the stream itself is not disturbed");
        while let Some(item) = items.next().await {
            item.unwrap();
        }
        assert_eq!(items.cursor().await.unwrap(), None);
    }

    async fn a_limit_leaves_a_cursor_behind_the_last_item_given_out(engine: Engine) {
        let db = events(&engine, 30).await;
        let query = || of_a(&db).filter(attr("kind").eq("start"));
        let mut items = query().limit(2).items::<Event>();
        while let Some(item) = items.next().await {
            item.unwrap();
        }
        let cursor = items.cursor().await.unwrap().unwrap();
        assert_eq!(rest(query().cursor(&cursor)).await, [9, 12, 15, 18, 21, 24, 27, 30]);
        assert_eq!(rest(of_a(&db).cursor(&cursor).limit(2)).await, [7, 8]);
    }

    async fn an_index_is_continued_by_its_own_key(engine: Engine) {
        let db = events(&engine, 12).await;
        let query = || db.query("Events").index("by-kind").partition("kind", "start");
        let mut items = query().items::<Event>();
        items.next().await.unwrap().unwrap();
        let cursor = items.cursor().await.unwrap().unwrap();
        assert_eq!(rest(query().cursor(cursor)).await, [6, 9, 12]);
        let cursor = first_page(db.query("Events").index("by-size").partition("stream", "a")).await;
        assert_eq!(
            rest(db.query("Events").index("by-size").partition("stream", "a").cursor(cursor).limit(3)).await,
            [10, 9, 8]
        );
    }

    async fn a_projection_without_the_key_can_be_continued_from_a_page_but_not_from_its_middle(engine: Engine) {
        let db = events(&engine, 5).await;
        let query = || of_a(&db).projection(["size"]).page_size(3);
        let mut items = query().items::<Item>();
        items.next().await.unwrap().unwrap();
        let error = items.cursor().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCursor);
        assert!(error.to_string().contains("projection"), "{error}");
        items.next().await.unwrap().unwrap();
        items.next().await.unwrap().unwrap();
        let cursor = items.cursor().await.unwrap().unwrap();
        assert_eq!(rest(of_a(&db).cursor(cursor)).await, [4, 5]);
    }

    async fn a_cursor_of_something_else_is_refused(engine: Engine) {
        let db = events(&engine, 5).await;
        create_messages(&db).await;
        for id in ["m1", "m2", "m3"] {
            db.put("Messages", &message(id, "x", 1)).send().await.unwrap();
        }
        let cursor = first_page(of_a(&db)).await;
        assert_foreign(db.query("Events").partition("stream", "b").cursor(&cursor).send().await);
        assert_foreign(of_a(&db).sort(attr("at").gt(0)).cursor(&cursor).send().await);
        assert_foreign(of_a(&db).index("by-size").cursor(&cursor).send().await);
        assert_foreign(db.query("Others").partition("stream", "a").cursor(&cursor).send().await);
        assert_foreign(db.scan("Events").cursor(&cursor).send().await);
        let scanned: Page<Item> = db.scan("Messages").page_size(1).send().await.unwrap();
        assert_foreign(of_a(&db).cursor(scanned.cursor().unwrap()).send().await);
        // However the same condition is written, it is the same.
        let raw = db
            .query("Events")
            .key_condition_expression("#s = :a")
            .expression_name("#s", "stream")
            .expression_value(":a", "a");
        assert_eq!(rest(raw.cursor(&cursor)).await, [3, 4, 5]);
    }

    async fn a_damaged_cursor_is_refused(engine: Engine) {
        let db = events(&engine, 5).await;
        let cursor = first_page(of_a(&db)).await;
        let mut flipped = cursor.clone().into_bytes();
        flipped[10] = if flipped[10] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        for damaged in
            ["", "hello", "*", &cursor[..cursor.len() / 2], &cursor[1..], &flipped, &format!("{cursor}{cursor}")]
        {
            assert_foreign(of_a(&db).cursor(damaged).send().await);
            let error = of_a(&db).cursor(damaged).items::<Event>().try_collect().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidCursor);
        }
    }

    async fn signed_cursors_are_taken_by_their_own_key_only(engine: Engine) {
        let db = events(&engine, 5).await;
        let signed = || of_a(&db).cursor_key("the secret of this service");
        let cursor = first_page(signed()).await;
        assert_eq!(rest(signed().cursor(&cursor)).await, [3, 4, 5]);
        let mut items = signed().items::<Event>();
        items.next().await.unwrap().unwrap();
        let in_the_middle = items.cursor().await.unwrap().unwrap();
        assert_eq!(rest(signed().cursor(in_the_middle)).await, [2, 3, 4, 5]);

        assert_foreign(of_a(&db).cursor_key("another secret").cursor(&cursor).send().await);
        assert_foreign(of_a(&db).cursor(&cursor).send().await);
        assert_foreign(signed().cursor(first_page(of_a(&db)).await).send().await);
        let error = of_a(&db).cursor_key("").send::<Event>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    }
}
