use super::*;

const NASTY: &str = "a\"onload='x'<script>alert(1)</script>&\u{202e}gnp.exe\n";

fn member(name: &str, parent: Option<usize>, preview: Preview) -> Member {
    let stretch = parent.map(|_| Stretch { there_ms: [61_500, 70_000], here_ms: [0, 8500] });
    Member {
        name: name.to_owned(),
        parent,
        relation: "Excerpt".to_owned(),
        distance: 12,
        parts_permille: 900,
        stretch,
        preview,
    }
}

fn shown(members: Vec<Member>) -> String {
    let ids = vec![Simhash::from_bytes([0; 32]); members.len()];
    page(NASTY, 9, &[Group { members, ids }])
}

/// The tags of a page, each up to its end; quotes may hold what looks like one.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let mut quoted = false;
        let end = rest.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let end = end.expect("each tag ends") + 1;
        tags.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    tags
}

#[test]
fn names_and_texts_stay_text() {
    assert_eq!(
        escape("<&>\"'\u{202e}\u{200f}\n\0"),
        "&lt;&amp;&gt;&quot;&#39;[U+202E][U+200F] \u{fffd}"
    );
    let html = shown(vec![
        member(NASTY, None, Preview::Words(NASTY.to_owned())),
        member(NASTY, Some(0), Preview::Sound(NASTY.to_owned())),
        member(NASTY, Some(0), Preview::Film(NASTY.to_owned())),
        Member { relation: NASTY.to_owned(), ..member("b", Some(1), Preview::Nothing) },
    ]);
    let plain = shown(vec![
        member("a", None, Preview::Words("a".to_owned())),
        member("a", Some(0), Preview::Sound("a".to_owned())),
        member("a", Some(0), Preview::Film("a".to_owned())),
        member("b", Some(1), Preview::Nothing),
    ]);
    let names = |html: &str| {
        let name = |tag: &String| tag.split([' ', '>']).next().unwrap_or_default().to_owned();
        tags(html).iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&html), names(&plain), "no name makes a tag");
    for tag in tags(&html) {
        assert!(!tag.contains("<script") && !tag.contains(" onload="), "{tag}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(!html.contains('\u{202e}') && !html.contains('\0'));
}

#[test]
fn the_page_loads_data_and_files_and_runs_nothing() {
    let html = shown(vec![
        member("a", None, Preview::Thumbnail(vec![0xff, 0xd8, 0xff])),
        member("b", Some(0), Preview::Sound("./b%20c.wav".to_owned())),
    ]);
    let policy = tags(&html).into_iter().find(|tag| tag.contains("Content-Security-Policy"));
    let policy = policy.expect("the page has a policy");
    assert!(policy.contains("default-src 'none'; img-src data:; media-src 'self' file:;"));
    assert!(!policy.contains("script") && !policy.contains("http:"));
    assert!(html.contains("<img alt=\"\" src=\"data:image/jpeg;base64,/9j/\">"));
    assert!(html.contains("<audio controls preload=\"metadata\" src=\"./b%20c.wav\"></audio>"));
    assert!(html.contains("; 0:00.0 to 0:08.5 here is 1:01.5 to 1:10.0 there"), "{html}");
    assert!(!html.contains("<script") && !html.contains("http:") && !html.contains("https:"));
}

#[test]
fn base64_is_that_of_rfc_4648() {
    let vectors = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ];
    for (plain, encoded) in vectors {
        assert_eq!(base64(plain.as_bytes()), encoded);
    }
    assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
}

#[test]
fn addresses_are_relative_and_encoded() {
    let place = tempfile::tempdir().expect("a folder can be made");
    let (pages, clips) = (place.path().join("pages"), place.path().join("clips, \u{e9}"));
    std::fs::create_dir(&pages).expect("a folder can be made");
    std::fs::create_dir(&clips).expect("a folder can be made");
    for (name, encoded) in [
        ("plain.wav", "plain.wav"),
        ("a b#?%\"'<x>&.mp4", "a%20b%23%3F%25%22%27%3Cx%3E%26.mp4"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("..wav", "..wav"),
    ] {
        let file = clips.join(name);
        std::fs::write(&file, b"").expect("a file can be written");
        assert_eq!(address(&file, &clips).as_deref(), Some(&*format!("./{encoded}")));
        let over = format!("./../clips%2C%20%C3%A9/{encoded}");
        assert_eq!(address(&file, &pages).as_deref(), Some(&*over));
    }
    assert_eq!(address(&clips.join("not there"), &pages), None);
}

#[test]
fn previews_follow_what_a_file_is() {
    let wav = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0";
    let address = Some("./a.wav".to_owned());
    assert_eq!(Preview::of(wav, address.clone()), Preview::Sound("./a.wav".to_owned()));
    assert_eq!(Preview::of(wav, None), Preview::Nothing);
    let words = "It rained. ".repeat(40);
    let Preview::Words(start) = Preview::of(words.as_bytes(), address.clone()) else {
        panic!("a text is shown by its words")
    };
    assert_eq!(start.chars().count(), 160);
    assert_eq!(Preview::of(&[0, 1, 2, 3], address), Preview::Nothing);
    let mut png = std::io::Cursor::new(Vec::new());
    let wide = RgbImage::from_fn(400, 100, |x, _| image::Rgb([x.to_le_bytes()[0], 0, 0]));
    wide.write_to(&mut png, image::ImageFormat::Png).expect("a picture can be written");
    let Preview::Thumbnail(jpeg) = Preview::of(&png.into_inner(), None) else {
        panic!("a picture is shown small")
    };
    let small = image::load_from_memory(&jpeg).expect("it is a JPEG");
    assert_eq!((small.width(), small.height()), (180, 45));
}

#[test]
fn a_parent_that_comes_later_makes_no_circle() {
    let html = shown(vec![
        member("a", Some(1), Preview::Nothing),
        member("b", Some(0), Preview::Nothing),
        member("c", Some(2), Preview::Nothing),
    ]);
    for name in ["a", "b", "c"] {
        let div = format!("<div class=\"name\">{name}</div>");
        assert_eq!(html.matches(&div).count(), 1, "{name}");
    }
}

#[test]
fn a_long_chain_is_written_without_deep_lists() {
    const COUNT: usize = 50_000;
    let link = |at: usize| member(&format!("n{at}"), at.checked_sub(1), Preview::Nothing);
    let html = shown((0..COUNT).map(link).collect());
    let (mut depth, mut deepest) = (0usize, 0);
    for tag in tags(&html) {
        match &*tag {
            "<ul>" => depth += 1,
            "</ul>" => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    assert_eq!((depth, deepest), (0, MAX_DEPTH + 1));
    assert_eq!(html.matches("<li>").count(), COUNT);
    assert_eq!(html.matches("</li>").count(), COUNT);
    // Those that don't stand under what they derive from say its name.
    assert!(html.contains("<b>Excerpt</b>, 12 of"));
    assert!(html.contains("<b>Excerpt</b> of n49998, 12 of"));
}

#[test]
fn a_thumbnail_lies_on_white() {
    let mut png = std::io::Cursor::new(Vec::new());
    let clear = image::RgbaImage::from_pixel(8, 8, image::Rgba([200, 0, 0, 0]));
    clear.write_to(&mut png, image::ImageFormat::Png).expect("a picture can be written");
    let Preview::Thumbnail(jpeg) = Preview::of(&png.into_inner(), None) else {
        panic!("a picture is shown small")
    };
    let small = image::load_from_memory(&jpeg).expect("it is a JPEG").to_rgb8();
    assert!(small.pixels().all(|pixel| pixel.0.iter().all(|sample| *sample > 250)));
}
