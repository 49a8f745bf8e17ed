//! Pages as a reader sees them: where a template breaks its lines makes no difference.

/// Elements that begin and end a line of their own, so that white space beside their tags is not shown.
const BLOCKS: &[&str] = &[
    "article", "body", "button", "dd", "details", "div", "dl", "dt", "fieldset", "footer", "form", "h1",
    "h2", "h3", "h4", "header", "label", "legend", "li", "main", "nav", "ol", "option", "p", "path",
    "section", "select", "summary", "svg", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
];

/// The page with every run of white space as one space, and without the white space beside the tags of blocks and at the
/// edges of elements. What stands in a textarea is left as it is.
pub fn squeezed(html: &str) -> String {
    let mut page = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<textarea") {
        let end = rest[at..].find("</textarea>").map_or(rest.len(), |end| at + end);
        let tag_end = rest[at..end].find('>').map_or(end, |tag| at + tag + 1);
        squeeze_into(&mut page, &rest[..tag_end]);
        page.push_str(&rest[tag_end..end]);
        rest = &rest[end..];
    }
    squeeze_into(&mut page, rest);
    page
}

fn squeeze_into(page: &mut String, html: &str) {
    let mut rest = html;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_whitespace() {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
            if !ends_with_edge(page) && !is_edge(after) {
                page.push(' ');
            }
            rest = after;
        } else {
            page.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
}

/// True where the text begins with a tag that ends a line, or the inside of an element.
fn is_edge(text: &str) -> bool {
    text.starts_with("</") || is_block(text)
}

fn ends_with_edge(text: &str) -> bool {
    let Some(tag) = text.rfind('<').map(|at| &text[at..]).filter(|_| text.ends_with('>')) else {
        return false;
    };
    is_block(tag) || tag.starts_with("<a ") || tag.starts_with("<span")
}

/// True where the text begins with the tag of a block.
fn is_block(text: &str) -> bool {
    let Some(tag) = text.strip_prefix('<') else { return false };
    let tag = tag.strip_prefix('/').unwrap_or(tag);
    let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    BLOCKS.contains(&name)
}
