//! Scan.

use std::collections::BTreeSet;

use enhanced_dynamodb::operation::{Page, Select};
use enhanced_dynamodb::{ErrorKind, Item, attr, item};

use crate::common::{Event, events, message, messages};

testkit::on_both_engines! {
    async fn every_item_is_read_once_over_all_pages(engine: Engine) {
        let db = events(&engine, 10).await;
        let items: Vec<Event> = db.scan("Events").page_size(3).items().try_collect().await.unwrap();
        let keys: BTreeSet<(String, u32)> = items.iter().map(|event| (event.stream.clone(), event.at)).collect();
        assert_eq!((items.len(), keys.len()), (12, 12));
        let pages = db.scan("Events").page_size(5).pages::<Event>().try_collect().await.unwrap();
        assert!(pages.iter().all(|page| page.scanned_count <= 5));
        assert_eq!(pages.iter().map(|page| page.count).sum::<u64>(), 12);
    }

    async fn segments_cover_everything_once(engine: Engine) {
        let db = messages(&engine).await;
        for i in 0..40 {
            db.put("Messages", &message(&format!("m{i}"), "x", i)).send().await.unwrap();
        }
        let mut ids = Vec::new();
        for segment in 0..4 {
            let scan = db.scan("Messages").segment(segment, 4).page_size(7);
            let items: Vec<Item> = scan.items().try_collect().await.unwrap();
            ids.extend(items.iter().filter_map(|item| item.get_s("id").map(str::to_owned)));
        }
        let different: BTreeSet<&String> = ids.iter().collect();
        assert_eq!((ids.len(), different.len()), (40, 40));
        let error = db.scan("Messages").segment(4, 4).send::<Item>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
    }

    async fn a_cursor_of_a_segment_belongs_to_it(engine: Engine) {
        let db = messages(&engine).await;
        for i in 0..20 {
            db.put("Messages", &message(&format!("m{i}"), "x", i)).send().await.unwrap();
        }
        let mut tried = 0;
        for segment in 0..2 {
            let scan = || db.scan("Messages").segment(segment, 2);
            let whole: Vec<Item> = scan().items().try_collect().await.unwrap();
            let page: Page<Item> = scan().page_size(1).send().await.unwrap();
            let Some(cursor) = page.cursor() else { continue };
            let rest: Vec<Item> = scan().cursor(cursor).items().try_collect().await.unwrap();
            assert_eq!(rest, whole[1..]);
            let other = db.scan("Messages").segment(1 - segment, 2).cursor(cursor).send::<Item>().await.unwrap_err();
            assert_eq!(other.kind(), ErrorKind::InvalidCursor);
            let all = db.scan("Messages").cursor(cursor).send::<Item>().await.unwrap_err();
            assert_eq!(all.kind(), ErrorKind::InvalidCursor);
            tried += 1;
        }
        assert!(tried > 0);
    }

    async fn filter_projection_limit_and_count_work_together(engine: Engine) {
        let db = events(&engine, 9).await;
        let scan = || db.scan("Events").filter(attr("kind").eq("start"));
        let found: Vec<Item> = scan().projection(["kind"]).limit(2).items().try_collect().await.unwrap();
        assert_eq!(found, [item! { "kind": "start" }, item! { "kind": "start" }]);
        assert_eq!(scan().count().await.unwrap(), 3);
        assert_eq!(scan().page_size(2).consistent_read(true).count().await.unwrap(), 3);
        let page: Page<Event> = scan().select(Select::Count).send().await.unwrap();
        assert_eq!((page.count, page.scanned_count, page.items.len()), (3, 11, 0));
        let raw = db
            .scan("Events")
            .filter_expression("#k = :k")
            .expression_name("#k", "kind")
            .expression_value(":k", "start");
        assert_eq!(raw.count().await.unwrap(), 3);
    }

    async fn an_index_holds_only_items_that_have_its_key(engine: Engine) {
        let db = events(&engine, 3).await;
        db.put("Events", &item! { "stream": "c", "at": 1 }).send().await.unwrap();
        assert_eq!(db.scan("Events").count().await.unwrap(), 6);
        assert_eq!(db.scan("Events").index("by-kind").count().await.unwrap(), 5);
    }

    async fn a_cursor_in_the_middle_of_a_page_goes_on_there(engine: Engine) {
        let db = events(&engine, 10).await;
        let all: Vec<Event> = db.scan("Events").items().try_collect().await.unwrap();
        let mut items = db.scan("Events").page_size(8).items::<Event>();
        for _ in 0..5 {
            items.next().await.unwrap().unwrap();
        }
        let cursor = items.cursor().await.unwrap().unwrap();
        let rest: Vec<Event> = db.scan("Events").cursor(cursor).items().try_collect().await.unwrap();
        assert_eq!(rest, all[5..]);
    }
}
