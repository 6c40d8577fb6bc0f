//! A tree as text with lines drawn, and as a graph in the language of Graphviz.

use std::fmt::Write as _;

use super::node::{Node, Tree};

/// Steps that are drawn; a node below says its depth instead. Otherwise a chain of 100,000 nodes would be 40 GB of lines.
const STEPS: u32 = 48;

impl<T> Tree<T> {
    /// The tree as text, a line a node, with its branches drawn. `label` says what is written of a node.
    ///
    /// Further lines of a label are indented. Control characters are shown as symbols, so that no label can steer a
    /// terminal. Nodes deeper than 48 steps are not indented any further: `⋯ 1204` tells their depth.
    ///
    /// ```
    /// use enhanced_dynamodb::Tree;
    ///
    /// let tree = Tree::from_nodes([
    ///     ("q", None, "Why is it cold?"),
    ///     ("a", Some("q"), "Try the valve."),
    ///     ("a1", Some("a"), "It was shut."),
    ///     ("b", Some("q"), "Is the heating on?"),
    /// ])?;
    /// let expected = "\
    /// Why is it cold?
    /// ├── Try the valve.
    /// │   └── It was shut.
    /// └── Is the heating on?
    /// ";
    /// assert_eq!(tree.render_text(|node| *node.value()), expected);
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn render_text<'a, S: AsRef<str>>(&'a self, mut label: impl FnMut(Node<'a, T>) -> S) -> String {
        let mut out = String::with_capacity(64 * self.len());
        // Whether the node on the way down at each depth is its parent's last child.
        let mut last: Vec<bool> = Vec::new();
        for node in self.preorder() {
            let depth = node.depth() as usize;
            last.truncate(depth.saturating_sub(1));
            if depth > 0 {
                last.push(node.is_last_child());
            }
            let mut lines = label_lines(label(node).as_ref()).into_iter();
            lead(&mut out, node.depth(), &last, true);
            out.push_str(&lines.next().unwrap_or_default());
            out.push('\n');
            for line in lines {
                lead(&mut out, node.depth(), &last, false);
                out.push_str(if node.is_leaf() { "    " } else { "│   " });
                out.push_str(&line);
                out.push('\n');
            }
        }
        out
    }

    /// The tree as a graph in the language of Graphviz (`dot -Tsvg`). `label` says what is written of a node.
    ///
    /// ```
    /// use enhanced_dynamodb::Tree;
    ///
    /// let tree = Tree::from_nodes([(1, None, "Why?"), (2, Some(1), "\"Because.\"")])?;
    /// assert!(tree.render_dot(|node| *node.value()).contains(r#"n1 [label="\"Because.\""];"#));
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn render_dot<'a, S: AsRef<str>>(&'a self, mut label: impl FnMut(Node<'a, T>) -> S) -> String {
        let mut out = String::with_capacity(64 * self.len());
        out.push_str("digraph tree {\n    node [shape=box];\n");
        for node in self.preorder() {
            // Writing to a String cannot fail.
            let _ = write!(out, "    n{} [label=\"", node.at);
            for character in label(node).as_ref().chars() {
                match character {
                    '"' => out.push_str("\\\""),
                    '\\' => out.push_str("\\\\"),
                    // Left-justified lines.
                    '\n' => out.push_str("\\l"),
                    '\r' => {}
                    other => out.push(visible(other)),
                }
            }
            out.push_str("\"];\n");
            if let Some(parent) = node.parent() {
                let _ = writeln!(out, "    n{} -> n{};", parent.at, node.at);
            }
        }
        out.push_str("}\n");
        out
    }
}

/// What stands before a label's first line, or before its others.
fn lead(out: &mut String, depth: u32, last: &[bool], first: bool) {
    if depth > STEPS {
        if first {
            let _ = write!(out, "⋯ {depth} ");
        } else {
            out.push_str("  ");
        }
    }
    let (own, above) = match last.split_last() {
        Some((own, above)) => (*own, above),
        None => return,
    };
    if depth <= STEPS {
        for is_last in above {
            out.push_str(if *is_last { "    " } else { "│   " });
        }
    }
    out.push_str(match (first, own) {
        (true, true) => "└── ",
        (true, false) => "├── ",
        (false, true) => "    ",
        (false, false) => "│   ",
    });
}

fn label_lines(label: &str) -> Vec<String> {
    label.lines().map(|line| line.chars().map(visible).collect()).collect()
}

/// A character that shows and does nothing else: control characters become their symbols.
pub(super) fn visible(character: char) -> char {
    match character {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        other => other,
    }
}
