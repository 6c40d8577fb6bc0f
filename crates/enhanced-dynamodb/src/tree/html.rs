//! A tree as one HTML page that needs nothing else.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::metadata::{TreeMetadata, Truncation};
use super::node::{Node, Tree};
use super::text::visible;
use crate::crypto::sha256;
use crate::item::AttributeValue;

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Steps that are indented; a node below says its depth instead.
const STEPS: u32 = 24;

impl<T> Tree<T> {
    /// The tree as one HTML page that needs nothing else: no file, no network. `label` says what is written of a node.
    ///
    /// Nodes fold on click and by keyboard (arrows, Home, End, Enter, Space, `*`), as the tree pattern of WAI-ARIA has it; the
    /// page follows the reader's light or dark setting, and can be read without its script. Labels are text, whatever
    /// characters they have; a content security policy lets nothing run but the page's own script.
    ///
    /// Every node is an element with `role="treeitem"` and its key in `data-id`.
    ///
    /// ```
    /// use enhanced_dynamodb::Tree;
    ///
    /// let tree = Tree::from_nodes([("q", None, "Why?"), ("a", Some("q"), "<script>alert(1)</script>")])?;
    /// let page = tree.render_html("A conversation", |node| *node.value());
    /// assert!(page.contains("&lt;script&gt;alert(1)"));
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn render_html<'a, S: AsRef<str>>(&'a self, title: &str, mut label: impl FnMut(Node<'a, T>) -> S) -> String {
        let mut out = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len() + 256 * self.len());
        let mut rest = PAGE;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let (name, after) = after.split_once("}}").unwrap_or((after, ""));
            match name {
                "policy" => policy(&mut out),
                "style" => out.push_str(STYLE),
                "script" => out.push_str(SCRIPT),
                "title" => escape(&mut out, title),
                "summary" => summary(&mut out, &self.metadata),
                _ => self.rows(&mut out, &mut label),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn rows<'a, S: AsRef<str>>(&'a self, out: &mut String, label: &mut impl FnMut(Node<'a, T>) -> S) {
        // Which child of its parent the next node of each depth is.
        let mut positions: Vec<usize> = Vec::new();
        for node in self.preorder() {
            let depth = node.depth() as usize;
            positions.truncate(depth + 1);
            if positions.len() == depth {
                positions.push(0);
            }
            positions[depth] += 1;
            let siblings = node.parent().map_or(1, |parent| parent.children().len());
            out.push_str("<div role=\"treeitem\" class=\"row l");
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "{}\" aria-level=\"{}\" aria-setsize=\"{siblings}\" aria-posinset=\"{}\" tabindex=\"{}\"",
                node.depth().min(STEPS),
                depth + 1,
                positions[depth],
                if node.is_root() { 0 } else { -1 },
            );
            if !node.is_leaf() {
                let _ = write!(out, " aria-expanded=\"true\" data-below=\"{}\"", node.descendants().len());
            }
            out.push_str(" data-id=\"");
            escape(out, &key_text(node.id()));
            out.push_str("\">");
            if node.depth() > STEPS {
                let _ = write!(out, "<span class=\"deep\">{}</span>", node.depth());
            }
            out.push_str("<span class=\"text\" dir=\"auto\">");
            escape(out, label(node).as_ref());
            out.push_str("</span></div>\n");
        }
    }
}

/// A key as text: binary ones in base64.
pub(super) fn key_text(id: &AttributeValue) -> String {
    match id {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::N(number) => number.to_string(),
        AttributeValue::B(bytes) => STANDARD.encode(bytes),
        other => format!("{other:?}"),
    }
}

/// Nothing runs or is loaded but what stands in the page.
fn policy(out: &mut String) {
    let hash = |text: &str| STANDARD.encode(sha256(text.as_bytes()));
    let _ = write!(
        out,
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
}

fn summary(out: &mut String, metadata: &TreeMetadata) {
    let nodes = if metadata.node_count == 1 { "node" } else { "nodes" };
    let _ = write!(out, "{} {nodes}, depth {}", metadata.node_count, metadata.depth);
    out.push_str(match metadata.truncated_by {
        Some(Truncation::Depth) => "; deeper nodes were left out",
        Some(Truncation::Nodes) => "; further nodes were left out",
        Some(Truncation::Deadline) => "; the time did not last for all",
        None => "",
    });
    let more = [
        (metadata.cycles, "in cycles"),
        (metadata.orphans, "without their parent"),
        (metadata.pruned, "kept out by the filter"),
        (metadata.incomplete, "with a wrong count of children"),
    ];
    for (count, what) in more.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(out, "; {count} {what}");
    }
}

/// Text as HTML, in an element or an attribute's value.
fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            // A browser reads a lone carriage return as the end of a line.
            '\r' => out.push_str("&#13;"),
            other => out.push(visible(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT, STYLE, policy};
    use crate::Tree;

    #[test]
    fn only_the_pages_own_script_and_style_may_run() -> Result<(), crate::Error> {
        let page = Tree::from_nodes([("r", None, ())])?.render_html("Chat", |_| "");
        assert!(
            page.contains(&format!("<style>{STYLE}</style>")) && page.contains(&format!("<script>{SCRIPT}</script>"))
        );
        let mut told = String::new();
        policy(&mut told);
        assert!(page.contains(&format!("content=\"{told}\"")));
        assert!(told.starts_with("default-src 'none';") && !told.contains("unsafe"), "{told}");
        Ok(())
    }
}
