//! The public table of examples: how replies are read. The tests check the same lines; it writes nothing.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::domain::reply::examples;
use crate::web::error::PageError;
use crate::web::form;
use crate::web::page::{PublicPage, html};
use crate::web::routes;
use crate::web::routing::PublicAccess;

/// A meaning with its name for people.
pub(in crate::web) struct ReplyKindGroup {
    /// The word of [`crate::domain::reply::Reply::as_str`].
    pub(in crate::web) class: &'static str,
    /// The label.
    pub(in crate::web) label: &'static str,
    /// The shape of its badge.
    pub(in crate::web) icon: &'static str,
    /// The color of its badge.
    pub(in crate::web) tone: &'static str,
}

/// All of them, in the order of their tables.
pub(in crate::web) const KINDS: &[ReplyKindGroup] = &[
    ReplyKindGroup { class: "revoke", label: "Opt-out", icon: "fail", tone: "red" },
    ReplyKindGroup { class: "unclear", label: "Unclear", icon: "warn", tone: "amber" },
    ReplyKindGroup { class: "opt_in", label: "Opt-in", icon: "pass", tone: "green" },
    ReplyKindGroup { class: "confirm", label: "Opt-in while invited", icon: "clock", tone: "blue" },
    ReplyKindGroup { class: "help", label: "Help", icon: "info", tone: "violet" },
    ReplyKindGroup { class: "other", label: "No change", icon: "not_reached", tone: "" },
];

/// The meaning of that word; the first one for an unknown word.
pub(in crate::web) fn kind(class: &str) -> &'static ReplyKindGroup {
    const FIRST: &ReplyKindGroup =
        &ReplyKindGroup { class: "revoke", label: "Opt-out", icon: "fail", tone: "red" };
    KINDS.iter().find(|kind| kind.class == class).unwrap_or(FIRST)
}

/// Examples of one sort of text.
pub(in crate::web) struct ExampleGroup {
    /// What they have in common.
    pub(in crate::web) name: &'static str,
    /// The texts, with what is invisible in them written out.
    pub(in crate::web) texts: Vec<String>,
}

/// The examples of a meaning, by group.
pub(in crate::web) fn groups(kind: &ReplyKindGroup) -> Vec<ExampleGroup> {
    let mut groups: Vec<ExampleGroup> = Vec::new();
    for example in examples().filter(|example| example.reply == kind.class) {
        let text = shown(&example.text);
        match groups.last_mut().filter(|group| group.name == example.group) {
            Some(group) => group.texts.push(text),
            None => groups.push(ExampleGroup { name: example.group, texts: vec![text] }),
        }
    }
    groups
}

/// Characters that show nothing, as their code.
fn shown(text: &str) -> String {
    let is_shown = |c: char| c == ' ' || !(c.is_control() || c.is_whitespace() || is_formatting(c));
    text.chars()
        .map(|c| if is_shown(c) { c.to_string() } else { format!("[U+{:04X}]", u32::from(c)) })
        .collect()
}

fn is_formatting(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[derive(Template)]
#[template(path = "replies/public.html")]
struct RepliesPage {
    page: PublicPage,
    kinds: &'static [ReplyKindGroup],
    current: &'static ReplyKindGroup,
    groups: Vec<ExampleGroup>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RepliesQuery {
    class: String,
}

pub(super) async fn show(_: PublicAccess, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let current = kind(&form::query::<RepliesQuery>(&request).class);
    let page = PublicPage::new("en", "SMS Opt-In");
    html(RepliesPage { page, kinds: KINDS, current, groups: groups(current) })
}
