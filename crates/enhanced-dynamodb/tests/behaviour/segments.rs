//! A scan whose segments are read together.

use std::collections::BTreeSet;

use enhanced_dynamodb::operation::{Page, ReturnConsumedCapacity, Scan};
use enhanced_dynamodb::{Client, ErrorKind, Item, attr, item};
use testkit::{Action, Rule};

use crate::common::{Message, client, create_messages, message, recorded};

/// Messages `m0` to `m<count>` with as many stars.
async fn put_messages(db: &Client, count: u32) {
    create_messages(db).await;
    let all: Vec<Message> = (0..count).map(|i| message(&format!("m{i}"), "x", i)).collect();
    for chunk in all.chunks(25) {
        let batch = chunk.iter().fold(db.batch_write(), |batch, message| batch.put("Messages", message));
        assert!(batch.send().await.unwrap().unprocessed.is_empty());
    }
}

async fn stars(scan: Scan) -> Vec<u32> {
    let mut stars: Vec<u32> =
        scan.items::<Message>().try_collect().await.unwrap().iter().map(|message| message.stars).collect();
    stars.sort_unstable();
    stars
}

fn all(count: u32) -> Vec<u32> {
    (0..count).collect()
}

testkit::on_both_engines! {
    async fn all_segments_together_give_every_item_once(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        put_messages(&db, 100).await;
        for (segments, page_size) in [(1, 7), (4, 7), (9, 100)] {
            responder.forget_requests();
            assert_eq!(stars(db.scan("Messages").segments(segments).page_size(page_size)).await, all(100));
            let asked: BTreeSet<(u64, u64)> = responder
                .requests_of("Scan")
                .iter()
                .map(|seen| (seen.body["Segment"].as_u64().unwrap(), seen.body["TotalSegments"].as_u64().unwrap()))
                .collect();
            assert_eq!(asked, (0..segments.into()).map(|segment| (segment, segments.into())).collect());
        }
    }

    async fn pages_come_from_all_segments_and_counts_are_their_sum(engine: Engine) {
        let db = client(&engine).await;
        put_messages(&db, 60).await;
        let scan = || db.scan("Messages").segments(3).page_size(8);
        let pages = scan().pages::<Message>().try_collect().await.unwrap();
        assert_eq!(pages.iter().map(|page| page.count).sum::<u64>(), 60);
        assert_eq!(pages.iter().map(|page| page.items.len()).sum::<usize>(), 60);
        assert!(pages.len() >= 8 && pages.last().unwrap().cursor().is_none());
        assert_eq!(scan().count().await.unwrap(), 60);
        assert_eq!(scan().filter(attr("stars").lt(10)).count().await.unwrap(), 10);
        assert_eq!(scan().limit(7).count().await.unwrap(), 7);
    }

    async fn a_limit_is_kept_to_over_all_segments(engine: Engine) {
        let db = client(&engine).await;
        put_messages(&db, 60).await;
        let scan = || db.scan("Messages").segments(4).page_size(5);
        for limit in [0, 1, 13, 59, 60, 1000] {
            let scan = || scan().limit(limit);
            let expected = limit.min(60) as usize;
            assert_eq!(scan().items::<Message>().try_collect().await.unwrap().len(), expected);
            let pages = scan().pages::<Message>().try_collect().await.unwrap();
            assert_eq!(pages.iter().map(|page| page.items.len()).sum::<usize>(), expected, "{limit}");
        }
        let filtered = scan().filter(attr("stars").lt(20)).limit(11);
        assert_eq!(filtered.items::<Message>().try_collect().await.unwrap().len(), 11);
    }

    async fn a_scan_goes_on_from_a_checkpoint_after_any_item(engine: Engine) {
        let db = client(&engine).await;
        put_messages(&db, 40).await;
        let scan = || db.scan("Messages").segments(3).page_size(4);
        for taken in [0, 1, 2, 5, 17, 39] {
            let mut items = scan().items::<Message>();
            let mut seen = Vec::new();
            for _ in 0..taken {
                seen.push(items.next().await.unwrap().unwrap().stars);
            }
            let cursor = items.cursor().await.unwrap().unwrap();
            assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            drop(items);
            seen.extend(stars(scan().cursor(&cursor)).await);
            seen.sort_unstable();
            assert_eq!(seen, all(40), "after {taken}");
        }
        let mut items = scan().items::<Message>();
        while items.next().await.is_some() {}
        assert_eq!(items.cursor().await.unwrap(), None, "nothing is left at the end");
    }

    async fn a_limit_and_a_page_leave_checkpoints_too(engine: Engine) {
        let db = client(&engine).await;
        put_messages(&db, 40).await;
        let scan = || db.scan("Messages").segments(3);
        let mut items = scan().limit(11).items::<Message>();
        let mut seen = Vec::new();
        while let Some(item) = items.next().await {
            seen.push(item.unwrap().stars);
        }
        let rest = scan().cursor(items.cursor().await.unwrap().unwrap());
        seen.extend(stars(rest).await);
        seen.sort_unstable();
        assert_eq!(seen, all(40));

        let mut pages = scan().page_size(3).limit(10).pages::<Message>();
        let mut seen = Vec::new();
        let mut last = None;
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            last = page.cursor().map(str::to_owned);
            seen.extend(page.items.iter().map(|message| message.stars));
        }
        assert_eq!(seen.len(), 10);
        seen.extend(stars(scan().cursor(last.unwrap())).await);
        seen.sort_unstable();
        assert_eq!(seen, all(40));
    }

    async fn a_checkpoint_belongs_to_its_table_index_and_segments(engine: Engine) {
        let db = client(&engine).await;
        put_messages(&db, 20).await;
        let mut items = db.scan("Messages").segments(2).cursor_key("secret of the test").items::<Message>();
        items.next().await.unwrap().unwrap();
        let signed = items.cursor().await.unwrap().unwrap();
        let mut items = db.scan("Messages").segments(2).items::<Message>();
        items.next().await.unwrap().unwrap();
        let cursor = items.cursor().await.unwrap().unwrap();
        let scan = || db.scan("Messages");
        let wrong = [
            scan().segments(3).cursor(&cursor),
            scan().cursor(&cursor),
            scan().segment(0, 2).cursor(&cursor),
            scan().segments(2).index("by-text").cursor(&cursor),
            db.scan("Others").segments(2).cursor(&cursor),
            scan().segments(2).cursor(&cursor[1..]),
            scan().segments(2).cursor(&signed),
            scan().segments(2).cursor(&cursor).cursor_key("secret of the test"),
            scan().segments(2).cursor(&signed).cursor_key("another"),
        ];
        for scan in wrong {
            let error = scan.items::<Message>().next().await.unwrap().unwrap_err();
            assert_eq!((error.kind(), error.attempts(), error.operation()), (ErrorKind::InvalidCursor, 0, Some("Scan")), "{error}");
        }
        let plain: Page<Message> = scan().page_size(1).send().await.unwrap();
        let error = scan().segments(2).cursor(plain.cursor().unwrap()).items::<Message>().next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCursor);
        assert_eq!(stars(scan().segments(2).cursor(&signed).cursor_key("secret of the test")).await.len(), 19);
    }

    async fn an_item_that_does_not_decode_is_one_error(engine: Engine) {
        let db = client(&engine).await;
        put_messages(&db, 30).await;
        db.put("Messages", &item! { "id": "m7", "stars": -1, "text": "x" }).send().await.unwrap();
        let mut items = db.scan("Messages").segments(3).page_size(4).items::<Message>();
        let (mut good, mut bad) = (0, Vec::new());
        while let Some(item) = items.next().await {
            match item {
                Ok(_) => good += 1,
                Err(error) => bad.push(error),
            }
        }
        let [error] = &bad[..] else { panic!("{bad:?}") };
        assert_eq!((good, error.kind(), error.table()), (29, ErrorKind::Decode, Some("Messages")));
        assert_eq!(error.item::<Item>().unwrap().unwrap().get_s("id"), Some("m7"));
    }

    async fn an_error_carries_a_checkpoint_and_nothing_is_lost_or_doubled(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        put_messages(&db, 60).await;
        let scan = || db.scan("Messages").segments(3).page_size(4);
        responder.rule(Rule::on("Scan").nth(8).then(Action::error("AccessDeniedException", "no")));
        let mut items = scan().items::<Message>();
        let mut seen = Vec::new();
        let error = loop {
            match items.next().await.unwrap() {
                Ok(message) => seen.push(message.stars),
                Err(error) => break error,
            }
        };
        assert!(items.next().await.is_none());
        assert!(!seen.is_empty() && seen.len() < 60);
        assert_eq!(error.kind(), ErrorKind::AccessDenied);
        assert_eq!(items.cursor().await.unwrap().as_deref(), error.cursor());
        seen.extend(stars(scan().cursor(error.cursor().unwrap())).await);
        seen.sort_unstable();
        assert_eq!(seen, all(60));
    }

    async fn what_cannot_be_is_refused_before_anything_is_sent(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        let scan = || db.scan("Messages");
        let wrong = [
            scan().segments(0),
            scan().segments(1_000_001),
            scan().segments(2).segment(0, 2),
            scan().segments(2).start_key(item! { "id": "m1" }),
            scan().max_read_units_per_second(0.0),
            scan().max_read_units_per_second(f64::NAN),
            scan().max_read_units_per_second(-1.0),
        ];
        for scan in wrong {
            let error = scan.items::<Message>().next().await.unwrap().unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
        }
        let page = scan().segments(2).send::<Message>().await.unwrap_err();
        assert!(page.kind() == ErrorKind::InvalidInput && page.advice().contains("pages()"), "{page}");
        assert!(responder.requests().is_empty());
    }

    async fn a_rate_asks_for_the_capacity_and_reads_the_same(engine: Engine) {
        let (db, responder) = recorded(&engine).await;
        put_messages(&db, 50).await;
        responder.forget_requests();
        let scan = || db.scan("Messages").page_size(10).max_read_units_per_second(1e9);
        assert_eq!(stars(scan()).await, all(50));
        assert_eq!(stars(scan().segments(3)).await, all(50));
        assert!(responder.requests_of("Scan").iter().all(|seen| seen.body["ReturnConsumedCapacity"] == "TOTAL"));
        responder.forget_requests();
        assert_eq!(stars(scan().return_consumed_capacity(ReturnConsumedCapacity::Indexes)).await, all(50));
        assert!(responder.requests_of("Scan").iter().all(|seen| seen.body["ReturnConsumedCapacity"] == "INDEXES"));
        // A scan that is not cut keeps the cursors of one that knows no rate.
        let mut items = scan().items::<Message>();
        for _ in 0..17 {
            items.next().await.unwrap().unwrap();
        }
        let cursor = items.cursor().await.unwrap().unwrap();
        assert_eq!(stars(db.scan("Messages").cursor(&cursor)).await.len(), 33);
        assert_eq!(stars(scan().cursor(&cursor)).await.len(), 33);
    }
}
