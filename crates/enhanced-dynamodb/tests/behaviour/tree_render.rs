//! A tree as text, as a graph, as a page, and as JSON.

use enhanced_dynamodb::{AttributeValue, Binary, Tree};
use serde_json::json;

fn tree() -> Tree<&'static str> {
    let nodes = [
        ("r", None, "Why?\nIt is cold."),
        ("a", Some("r"), "<script>alert('x')</script> & \"more\""),
        ("a1", Some("a"), "deep\nand on"),
        ("b", Some("r"), "\u{1b}[31mred\u{7}"),
    ];
    Tree::from_nodes(nodes).unwrap()
}

#[test]
fn text_has_its_branches_drawn() {
    let expected = "\
Why?
│   It is cold.
├── <script>alert('x')</script> & \"more\"
│   └── deep
│           and on
└── ␛[31mred␇
";
    assert_eq!(tree().render_text(|node| *node.value()), expected);
}

#[test]
fn deep_nodes_say_their_depth_instead_of_being_indented() {
    let chain = (0..60).map(|i| (i, (i > 0).then(|| i - 1), i));
    let text = Tree::from_nodes(chain).unwrap().render_text(|node| node.value().to_string());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[1], lines[2]), ("0", "└── 1", "    └── 2"));
    assert_eq!((lines[48].trim_start(), lines[59]), ("└── 48", "⋯ 59 └── 59"));
    assert!(lines.iter().all(|line| line.chars().count() < 250));
}

#[test]
fn a_graph_escapes_its_labels() {
    let expected = r#"digraph tree {
    node [shape=box];
    n0 [label="Why?\lIt is cold."];
    n1 [label="<script>alert('x')</script> & \"more\""];
    n0 -> n1;
    n2 [label="deep\land on"];
    n1 -> n2;
    n3 [label="␛[31mred␇"];
    n0 -> n3;
}
"#;
    assert_eq!(tree().render_dot(|node| *node.value()), expected);
    let path = Tree::from_nodes([(1, None, r"C:\new")]).unwrap();
    assert!(path.render_dot(|node| *node.value()).contains(r#"label="C:\\new""#));
}

#[test]
fn a_page_has_every_node_as_a_tree_item_and_its_text_as_text() {
    let page = tree().render_html("<Chat> & more", |node| *node.value());
    assert_eq!(page.matches("<div role=\"treeitem\"").count(), 4);
    assert_eq!(page.matches("<script").count(), 1, "the page's own");
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;"));
    assert!(page.contains("<title>&lt;Chat&gt; &amp; more</title>"));
    assert!(page.contains("<p id=\"summary\">4 nodes, depth 2</p>"));
    let a = "<div role=\"treeitem\" class=\"row l1\" aria-level=\"2\" aria-setsize=\"2\" aria-posinset=\"1\" tabindex=\"-1\" \
             aria-expanded=\"true\" data-below=\"1\" data-id=\"a\">";
    assert!(page.contains(a), "{page}");
    assert!(page.contains("aria-setsize=\"2\" aria-posinset=\"2\" tabindex=\"-1\" data-id=\"b\""));
    assert_eq!(page.matches("tabindex=\"0\"").count(), 1);
    for outside in ["http:", "https:", "src=", "href=", "@import", "url(", "{{"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn keys_of_every_type_are_in_the_page() {
    let nodes = [
        (AttributeValue::from("a\"b<c>"), None, ()),
        (AttributeValue::from(12), Some(AttributeValue::from("a\"b<c>")), ()),
        (AttributeValue::from(Binary::from(vec![0, 255])), Some(AttributeValue::from(12)), ()),
    ];
    let page = Tree::from_nodes(nodes).unwrap().render_html("Keys", |_| "");
    for id in ["data-id=\"a&quot;b&lt;c&gt;\"", "data-id=\"12\"", "data-id=\"AP8=\""] {
        assert!(page.contains(id), "{id}");
    }
}

#[test]
fn the_flat_form_is_a_list_with_parents_and_depths() {
    let tree = Tree::from_nodes([(1, None, json!({ "text": "q" })), (2, Some(1), json!({ "text": "a" }))]).unwrap();
    let expected = json!([
        { "id": 1, "parent": null, "depth": 0, "value": { "text": "q" } },
        { "id": 2, "parent": 1, "depth": 1, "value": { "text": "a" } },
    ]);
    assert_eq!(serde_json::to_value(tree.flat()).unwrap(), expected);
    let mut written = Vec::new();
    tree.write_json(&mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), tree.to_json().unwrap());
    let texts = self::tree();
    let error = texts.write_json(std::io::sink()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    assert!(error.to_string().contains("the node \"r\" is no JSON object"), "{error}");
}
