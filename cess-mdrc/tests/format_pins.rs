//! Fails when an encoding, or an ID, moves by accident. Layouts: docs/formats/mdrc.md. Who moves an
//! ID on purpose makes a new method, and then new pins.

use cess_mdrc::{Certificate, Fingerprint, Sketch, data};

fn seeded(label: &str, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new_derive_key(label).finalize_xof().fill(&mut bytes);
    bytes
}

fn pin(fingerprints: &[Fingerprint]) -> String {
    let mut hasher = blake3::Hasher::new();
    for fingerprint in fingerprints {
        let (certificate, sketch) = (fingerprint.certificate(), fingerprint.sketch());
        assert_eq!(Certificate::from_bytes(&certificate.to_bytes()).as_ref(), Ok(certificate));
        assert_eq!(Sketch::from_bytes(&sketch.to_bytes()).as_ref(), Ok(sketch));
        hasher.update(&certificate.to_bytes()).update(&sketch.to_bytes());
        hasher.update(&certificate.digest()).update(&certificate.commit(&[7; 32]));
    }
    hasher.finalize().to_hex().to_string()
}

#[test]
fn data_pins() {
    let fingerprints: Vec<_> = [0, 1, 63, 64, 1000, 100_000, 1_000_000]
        .map(|len| data::fingerprint(&seeded("cess-mdrc pins data", len)))
        .into();
    assert_eq!(
        pin(&fingerprints),
        "d2a3b6e731ee866c6c9849e5da9c994ba73715c173c318b9cd628bbf528ba122"
    );
}

/// Sentences in the scripts that are treated each in its own way, and markup.
#[cfg(feature = "text")]
const TEXTS: &[&str] = &[
    "",
    "Three words only",
    "The ships that had waited in the harbour since the first frosts were towed out, one after \
     another, by a tug whose captain hadn't been asked; 1,234 crates, he said, were on board.",
    "Les élèves étaient déjà assis lorsque l'instituteur, qui d'ordinaire arrivait le premier, \
     entra sans refermer la porte derrière lui et se mit à écrire au tableau.",
    "Der Bäcker schließt um sieben, und wer später kommt, muss den weiten Weg über die Brücke \
     nehmen, auf der seit dem Hochwasser nur noch Fußgänger erlaubt sind.",
    "山里的路在雨后变得很滑，老人把篮子换到左手，慢慢地走过那座没有栏杆的木桥，回头看了一眼村子。",
    "雨のあと、山の道は滑りやすくなり、老人は籠を左手に持ちかえて、欄干のない木の橋をゆっくり渡った。",
    "비가 온 뒤에 산길이 미끄러워져서 노인은 바구니를 왼손으로 옮겨 들고 난간 없는 나무다리를 천천히 건넜다.",
    "หลังฝนตกทางบนภูเขาลื่นมาก ชายชราย้ายตะกร้าไปไว้ที่มือซ้ายแล้วค่อยๆ เดินข้ามสะพานไม้ที่ไม่มีราว",
    "بعد المطر صار الطريق في الجبل زلقًا، فنقل الشيخ السلّة إلى يده اليسرى وعبر ببطء الجسر الخشبي.",
    "После дождя горная тропа стала скользкой, и старик, переложив корзину в левую руку, медленно \
     перешёл деревянный мост без перил.",
    "<!DOCTYPE html><title>Harbour</title><p>The ships that had waited in the <b>har</b>bour since \
     the first frosts were towed out, one after another, by a tug.</p>",
    "# Harbour\n\nThe ships that had *waited* in the [harbour](http://example.org) since the first \
     frosts\n\n## Out\n\n- were towed out\n- one after another\n",
];

#[cfg(feature = "text")]
#[test]
fn text_pins() {
    let fingerprints: Vec<_> =
        TEXTS.iter().map(|text| Fingerprint::of(text.as_bytes()).unwrap()).collect();
    assert_eq!(
        pin(&fingerprints),
        "e675e295655b0eaa0cf3bc641fd3b544a383a2ac21164186c241c51932ea039a"
    );
    let long = TEXTS.join("\n").repeat(200);
    let wide = format!("\u{feff}{}", TEXTS.concat());
    let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let fingerprints = [long.as_bytes(), &wide].map(|bytes| Fingerprint::of(bytes).unwrap());
    assert!(
        fingerprints.iter().all(|fingerprint| fingerprint.sketch().kind() == cess_mdrc::Kind::Text)
    );
    assert_eq!(
        pin(&fingerprints),
        "55774d5f24e6a9b67b9723b7eec4a1a85179a99101312a5b4e1c72d2971312d8"
    );
}

/// Pictures of bytes that a seed makes, smooth enough to have low frequencies.
#[cfg(feature = "image")]
#[test]
fn image_pins() {
    use cess_mdrc::image::{Picture, of_picture, pdq};

    let mut hasher = blake3::Hasher::new();
    let shapes =
        [(300, 200, 3), (200, 300, 4), (64, 64, 1), (1, 1, 2), (1000, 7, 3), (129, 131, 2)];
    let fingerprints = shapes.map(|(width, height, channels): (u32, u32, u8)| {
        let coarse = seeded("cess-mdrc pins image", 4096);
        let len = width * height * u32::from(channels);
        let samples = (0..len).map(|i| {
            let (x, y) = (i / u32::from(channels) % width, i / u32::from(channels) / width);
            let at = (y * 20 / height) * 64 + (x * 20 / width) * 3 + i % u32::from(channels);
            coarse[at as usize]
        });
        let picture = Picture::from_samples(width, height, channels, samples.collect()).unwrap();
        let found = pdq(&picture);
        hasher.update(&found.hash.to_bytes()).update(&[found.quality]);
        of_picture(&picture, [9; 32])
    });
    assert_eq!(
        pin(&fingerprints),
        "d06251e2bedd0a936ec56884f32e7e470dc2dfe3feab7fcfc8492f41ad815936"
    );
    assert_eq!(
        hasher.finalize().to_hex().to_string(),
        "c395820c5de140c80de9faacd3c39a92e4ce6a846d33d60060a56e8953fcdff9"
    );
}

/// The clips of the tests: each container and codec.
#[cfg(feature = "video")]
#[test]
fn video_pins() {
    let clips: [&[u8]; 4] = [
        include_bytes!("clips/h264.mp4"),
        include_bytes!("clips/h264-fragments.mp4"),
        include_bytes!("clips/h264.mkv"),
        include_bytes!("clips/vp9.webm"),
    ];
    let fingerprints = clips.map(|clip| cess_mdrc::video::fingerprint(clip).unwrap());
    assert_eq!(
        pin(&fingerprints),
        "bed438842924c4e4012b5e71358600dd43ca0bac915a18a3ab72203fa44188d9"
    );
}

/// With sound: whatever moves items of recordings moves these.
#[cfg(feature = "video")]
#[test]
fn video_with_sound_pins() {
    let clips: [&[u8]; 2] =
        [include_bytes!("clips/sound.mp4"), include_bytes!("clips/sound-other.webm")];
    let fingerprints = clips.map(|clip| cess_mdrc::video::fingerprint(clip).unwrap());
    assert_eq!(
        pin(&fingerprints),
        "3f2c29ba1c43ec21c3ef70ee6ecfa1b0181bc39e17fb2eb1a4142b8191dff4a6"
    );
}

/// Chords that a seed chooses, of triangle waves: no machine's sine is in it.
#[cfg(feature = "audio")]
#[test]
fn audio_pins() {
    use cess_mdrc::audio::{Recording, of_recording};

    let fingerprints: Vec<_> = [0usize, 2_500, 40_000, 240_000, 960_000]
        .map(|len| {
            let notes = seeded("cess-mdrc pins audio", len / 2_000 + 3);
            let samples = (0..len).map(|at| {
                let chord = &notes[at / 2_000..][..3];
                let sum: usize = chord
                    .iter()
                    .map(|note| {
                        let period = 8 + usize::from(*note) % 23;
                        (at % period).abs_diff(period / 2) * 6_000 / period
                    })
                    .sum();
                i16::try_from(sum).unwrap() - 4_000
            });
            of_recording(&Recording::from_samples(samples.collect()), [9; 32])
        })
        .into();
    assert_eq!(
        pin(&fingerprints),
        "8405f01bfd741243d0b57aa35f69e38914b593756ddbd82a816ac91ad839fa00"
    );
}
