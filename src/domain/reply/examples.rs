//! The public table of examples: what a text means, held line by line by the tests, and shown to the people who wonder. One
//! plain file per class; a line is a text, a line that begins with `#` names the group of what follows, and `\u{200B}` stands
//! for a character that would not be seen.

/// A text, what it means, and the group it stands in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplyExample {
    /// What kind of text it is an example of.
    pub group: &'static str,
    /// As a lead may send it.
    pub text: String,
    /// The word of [`super::Reply::as_str`].
    pub reply: &'static str,
}

/// The files, by the word for what they hold.
const FILES: &[(&str, &str)] = &[
    ("revoke", include_str!("examples/revoke.txt")),
    ("opt_in", include_str!("examples/opt_in.txt")),
    ("confirm", include_str!("examples/confirm.txt")),
    ("help", include_str!("examples/help.txt")),
    ("unclear", include_str!("examples/unclear.txt")),
    ("other", include_str!("examples/other.txt")),
];

/// Every example, in the order of the files.
pub fn examples() -> impl Iterator<Item = ReplyExample> {
    FILES.iter().flat_map(|(reply, file)| {
        let mut group = "";
        file.lines().filter_map(move |line| {
            if let Some(heading) = line.strip_prefix('#') {
                group = heading.trim();
            }
            let is_example = !line.is_empty() && !line.starts_with('#');
            is_example.then(|| ReplyExample { group, text: unescape(line), reply })
        })
    })
}

/// `\u{200B}` as the character it names. What names none stays as it is.
fn unescape(line: &str) -> String {
    let mut pieces = line.split("\\u{");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let named = piece.split_once('}').and_then(|(code, rest)| {
            let c = u32::from_str_radix(code, 16).ok().and_then(char::from_u32)?;
            Some((c, rest))
        });
        match named {
            Some((c, rest)) => {
                text.push(c);
                text.push_str(rest);
            }
            None => {
                text.push_str("\\u{");
                text.push_str(piece);
            }
        }
    }
    text
}
