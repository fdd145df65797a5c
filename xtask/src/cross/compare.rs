//! Compares the engine that this target has with the portable one. `cargo xtask cross` makes a
//! package of it.

use cess_erasure::{Codec, Engine, Geometry, Lrc};

const LENGTHS: [usize; 19] =
    [1, 2, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 255, 257, 1000, 4097, 30_001, 70_000];
const CODES: [(u16, u16); 12] = [
    (1, 1), (2, 7), (3, 2), (3, 3), (4, 8), (5, 5), (6, 6), (10, 4), (17, 13), (20, 10), (40, 9),
    (100, 20),
];

/// The number of comparisons, all equal.
#[unsafe(no_mangle)]
pub extern "C" fn compare() -> u32 {
    assert!(Engine::best() != Engine::Portable, "this target has an engine");
    let mut random = Random(1);
    let mut count = 0;
    for (data, parity) in CODES {
        let lrc = Lrc::new(data * 2, 2, parity.min(9)).map(Geometry::from);
        for geometry in [Geometry::rs8(data, parity), lrc].into_iter().flatten() {
            for len in LENGTHS {
                count += of(geometry, len, &mut random);
            }
        }
    }
    count
}

struct Random(u32);

impl Random {
    fn next(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0.to_be_bytes()[0]
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next()).collect()
    }
}

/// Encodes, updates and rebuilds by both engines, from and to places that begin anywhere.
fn of(geometry: Geometry, len: usize, random: &mut Random) -> u32 {
    let best = Codec::new(geometry);
    let plain = Codec::with_engine(geometry, Engine::Portable).unwrap();
    let mut count = 0;
    let shift = usize::from(random.next()) % 33;
    let mut data: Vec<Vec<u8>> = (0..geometry.data()).map(|_| random.bytes(shift + len)).collect();
    let mut ours = vec![vec![0xA5; len + 40]; geometry.parity()];
    let mut expected = vec![vec![0; len]; geometry.parity()];
    let place = shift..shift + len;
    let mut check = |ours: &[Vec<u8>], expected: &[Vec<u8>]| {
        assert_eq!(ours.len(), expected.len());
        for (ours, expected) in ours.iter().zip(expected) {
            assert!(ours[place.clone()] == expected[..], "{geometry}, {len} bytes");
            let (before, after) = (&ours[..place.start], &ours[place.end..]);
            assert!(before.iter().chain(after).all(|byte| *byte == 0xA5), "beside the output");
            count += 1;
        }
    };
    let inputs: Vec<&[u8]> = data.iter().map(|shard| &shard[shift..]).collect();
    best.encode(&inputs, &mut places(&mut ours, shift, len)).unwrap();
    plain.encode(&inputs, &mut expected).unwrap();
    check(&ours, &expected);

    let new = random.bytes(len);
    best.update(0, inputs[0], &new, &mut places(&mut ours, shift, len)).unwrap();
    plain.update(0, inputs[0], &new, &mut expected).unwrap();
    check(&ours, &expected);
    data[0][shift..].copy_from_slice(&new);

    let lost = geometry.data().min(geometry.lrc().map_or(geometry.parity(), |lrc| lrc.global() + 1));
    let present: Vec<(usize, &[u8])> = data
        .iter()
        .map(|shard| &shard[shift..])
        .chain(expected.iter().map(Vec::as_slice))
        .enumerate()
        .skip(lost)
        .collect();
    let mut rebuilt = vec![vec![0xA5; len + 40]; lost];
    let mut buffers = places(&mut rebuilt, shift, len);
    let mut missing: Vec<(usize, &mut [u8])> =
        buffers.iter_mut().map(|buffer| &mut **buffer).enumerate().collect();
    best.reconstruct(&present, &mut missing).unwrap();
    let lost: Vec<Vec<u8>> = data[..lost].iter().map(|shard| shard[shift..].to_vec()).collect();
    check(&rebuilt, &lost);
    count
}

fn places(buffers: &mut [Vec<u8>], shift: usize, len: usize) -> Vec<&mut [u8]> {
    buffers.iter_mut().map(|buffer| &mut buffer[shift..shift + len]).collect()
}
