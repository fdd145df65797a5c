//! Fails when a format of docs/formats/erasure.md moves.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use cess_erasure::segment::{self, SegmentLayout};
use cess_erasure::{Codec, Geometry, Lrc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn pin(geometry: Geometry) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&geometry.to_bytes());
    let codec = Codec::new(geometry);
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for len in [0u16, 1, 63, 64, 65, 1000, 40_000] {
        let layout = SegmentLayout::new(geometry, len.into()).unwrap();
        let mut bytes = vec![0; len.into()];
        rng.fill_bytes(&mut bytes);
        segment::pad(&layout, &mut bytes).unwrap();
        hasher.update(&bytes);
        for parity in segment::encode_segment(&codec, &layout, &bytes).unwrap() {
            hasher.update(&parity);
        }
    }
    hasher.finalize().to_hex().to_string()
}

#[test]
fn format_pins() {
    assert_eq!(Geometry::CESS.to_bytes(), [1, 4, 0, 8, 0]);
    for (geometry, expected) in [
        (Geometry::WHITE_PAPER, "883cb0fe78c8674dbe8f438c94a2ab4483f7450d1b6166bd628668df9a7ae726"),
        (Geometry::CESS, "6ca9ca91b39cb9652aa10470783b29d5b21b32a85cafb65a15abcc6d601d8cc8"),
        (Geometry::CLASSIC, "06d0c99c1055852d0b8d45cacd6b7a8775d616ec1d2c4db712ddbc8a141f464d"),
        (
            Geometry::rs8(40, 100).unwrap(),
            "f3d26741d31d06b6c9adff0433513d0da9dc79b7a47e222de0c131f523eef55e",
        ),
        (Lrc::AZURE.into(), "f053394796b10c6dbc7efe58486c886e34548c4b0068f7bad57a191d4c498716"),
        (Geometry::LRC_CLASSIC, "b12d60972b333fc2590fcafc47f0c3152cb152ab7a80f3c3571b249d29f82365"),
        #[cfg(feature = "leopard16")]
        (
            Geometry::leopard16(300, 20).unwrap(),
            "f14dc469f7eca6eafed44ea42be3128fb58136cb978b57a55a99ea402891dd1f",
        ),
    ] {
        assert_eq!(pin(geometry), expected, "{geometry}");
    }
}
