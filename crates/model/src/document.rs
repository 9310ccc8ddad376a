//! Documents that people write in JSON or TOML: what is wrong with them, in our words and with the field.

/// What a parser of documents says, as people are told it: what was expected first, and no words of the program.
pub fn in_words(message: &str) -> String {
    let message = message.trim().replace('\n', ", ");
    let (message, place) = match message.find(" at line ") {
        Some(at) => (message[..at].to_owned(), message[at..].to_owned()),
        None => (message, String::new()),
    };
    let words = match message.split_once(": ") {
        Some(("invalid type" | "invalid value" | "invalid length", rest)) => match rest.split_once(", expected ") {
            Some((found, expected)) => format!("expected {}, found {}", thing(expected), thing(found)),
            None => message,
        },
        _ => told(&message),
    };
    words + &place
}

fn told(message: &str) -> String {
    let Some((name, rest)) = message.split_once('`').and_then(|(_, rest)| rest.split_once('`')) else {
        return message.to_owned();
    };
    match message.split_once('`').map_or("", |(begin, _)| begin.trim()) {
        "missing field" => format!("`{name}` is missing; it has to be given"),
        "duplicate field" => format!("`{name}` is given twice; give it once"),
        "unknown field" => format!("there is no entry `{name}`{}", expected(rest)),
        "unknown variant" => format!("`{name}` is none of the known words{}", expected(rest)),
        _ => message.to_owned(),
    }
}

fn expected(rest: &str) -> String {
    rest.trim_start_matches(", ")
        .strip_prefix("expected ")
        .map(|known| format!("; expected {known}"))
        .unwrap_or_default()
}

/// Words for kinds of values in place of those of the program.
fn thing(words: &str) -> String {
    const WORDS: [(&str, &str); 9] = [
        ("a sequence", "a list"),
        ("sequence", "a list"),
        ("a map", "a table of entries"),
        ("map", "a table of entries"),
        ("a boolean", "true or false"),
        ("boolean", "true or false:"),
        ("a string", "a text"),
        ("string", "the text"),
        ("null", "nothing"),
    ];
    if let Some((_, ours)) = WORDS.iter().find(|(theirs, _)| words == *theirs) {
        return (*ours).to_owned();
    }
    if let Some(kind) = words.strip_prefix("struct ") {
        return format!("the entries of {kind}");
    }
    let number = ["u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64"].contains(&words);
    if number {
        let unsigned = words.starts_with('u');
        return if unsigned { "a whole number of at least 0" } else { "a whole number" }.to_owned();
    }
    match WORDS.iter().find_map(|(theirs, ours)| Some((words.strip_prefix(theirs)?.strip_prefix(' ')?, ours))) {
        Some((value, ours)) => format!("{ours} {value}"),
        None => words.to_owned(),
    }
}

/// The field at a byte of a TOML document, with its tables and their numbers from 0: `attach[1].from`. Empty before the
/// first key.
pub fn toml_field(text: &str, offset: usize) -> String {
    let mut tables: Vec<&str> = Vec::new();
    let (mut table, mut key, mut begin) = (String::new(), "", 0);
    for line in text.split_inclusive('\n') {
        if offset < begin {
            break;
        }
        begin += line.len();
        let line = line.trim();
        if let Some(name) = line.strip_prefix("[[").and_then(|rest| rest.split(']').next()) {
            let number = tables.iter().filter(|table| **table == name).count();
            tables.push(name);
            (table, key) = (format!("{}[{number}]", name.trim()), "");
        } else if let Some(name) =
            line.strip_prefix('[').and_then(|rest| rest.split(']').next()).filter(|_| !line.contains('='))
        {
            (table, key) = (name.trim().to_owned(), "");
        } else if let Some((name, _)) = line.split_once('=').filter(|(name, _)| is_key(name)) {
            key = name.trim();
        }
    }
    match (table.is_empty(), key.is_empty()) {
        (true, _) => key.to_owned(),
        (false, true) => table,
        (false, false) => format!("{table}.{key}"),
    }
}

fn is_key(name: &str) -> bool {
    name.trim().chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_parsers_become_ours() {
        for (theirs, ours) in [
            ("missing field `by` at line 1 column 9", "`by` is missing; it has to be given at line 1 column 9"),
            ("unknown field `nane`, expected `name` or `by`", "there is no entry `nane`; expected `name` or `by`"),
            (
                "unknown variant `soon`, expected one of `a`, `b`",
                "`soon` is none of the known words; expected one of `a`, `b`",
            ),
            ("invalid type: integer `3`, expected a string", "expected a text, found integer `3`"),
            ("invalid type: string \"x\", expected u32", "expected a whole number of at least 0, found the text \"x\""),
            ("invalid type: map, expected a sequence", "expected a list, found a table of entries"),
            ("duplicate field `by`", "`by` is given twice; give it once"),
            ("expected `,` or `}`", "expected `,` or `}`"),
        ] {
            assert_eq!(in_words(theirs), ours);
        }
    }

    #[test]
    fn a_place_in_toml_has_a_field() {
        let text = "name = \"p\"\n[[attach]]\nto = \"all\"\n[[attach]]\nfrom = \"20226\"\n[limits]\nx = [\n 1,\n]\n";
        for (at, field) in [("p", "name"), ("to", "attach[0].to"), ("20226", "attach[1].from"), ("1,", "limits.x")] {
            assert_eq!(toml_field(text, text.find(at).expect("there")), field);
        }
        assert_eq!(toml_field("", 0), "");
    }
}
