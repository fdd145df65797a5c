use bls12_381::Scalar;

use super::{check, put, small, write_fragment};
use crate::draws::Challenge;
use crate::equations::{self, Refusal};
use crate::vectors::{ChallengeFail, ChallengePass, Challenges, Hex};

#[test]
fn the_reference_makes_the_challenges() {
    let keys = [small(0).id(), small(1).id()];
    let fragments = |count: u32, len: &dyn Fn(u64) -> u64| -> Vec<equations::Fragment> {
        let one = |at: u32| equations::Fragment {
            key: keys[usize::from(at.is_multiple_of(3))],
            s: 64,
            root: *blake3::hash(&at.to_le_bytes()).as_bytes(),
            len: len(at.into()),
            replica: at % 2,
        };
        (0..count).map(one).collect()
    };
    let uneven = |at: u64| 1 + at * at * 3000;
    let mut cases = Challenges { pass: Vec::new(), fail: Vec::new() };
    for (why, holding, window, seed) in [
        ("one block", fragments(1, &|_| 1), None, 1),
        ("every block of three fragments", fragments(3, &uneven), None, 2),
        ("24 windows over one fragment", fragments(1, &|_| 8 << 20), Some((24, 4)), 3),
        ("one window: every fragment, some blocks", fragments(5, &uneven), Some((1, 17)), 4),
        ("two windows of an odd number", fragments(13, &uneven), Some((2, 40)), 5),
        ("more windows than fragments", fragments(13, &uneven), Some((1000, 1)), 6),
        ("24 windows over forty fragments", fragments(40, &uneven), Some((24, 99)), 7),
        ("numbers at their ends", fragments(4, &|at| at * 2000 + 1), Some((u32::MAX, u32::MAX)), 8),
    ] {
        let challenge = Challenge::new(&holding, window, [seed; 32]);
        let place = |f| holding.iter().position(|other| *other == f).unwrap();
        let nu = |nu: Scalar| Hex::from(&nu.to_bytes()[..16]);
        let asked = challenge.asked(&holding).unwrap().into_iter();
        cases.pass.push(ChallengePass {
            why: why.into(),
            challenge: challenge.encode().into(),
            digest: challenge.digest().into(),
            z: challenge.z().to_bytes().into(),
            samples: asked.map(|a| (place(a.fragment), a.block, nu(a.nu))).collect(),
            holding: holding.iter().map(write_fragment).collect(),
        });
    }
    let good = Challenge::new(&fragments(3, &uneven), Some((2, 9)), [1; 32]).encode();
    let mut fail = |why: &str, bytes: &[u8], refused: Refusal| {
        assert_eq!(Challenge::decode(bytes), Err(refused), "{why}");
        let (why, challenge) = (why.into(), bytes.into());
        cases.fail.push(ChallengeFail { why, challenge, refused: refused.into() });
    };
    fail("one byte short", &good[..172], "length");
    fail("one byte more", &[&good[..], &[0]].concat(), "length");
    fail("version 0", &put(&good, 0, &[0]), "version");
    fail("version 2", &put(&good, 0, &[2]), "version");
    fail("no fragments and no blocks", &put(&good, 116, &[0; 16]), "empty holding");
    fail(
        "fewer blocks than fragments",
        &put(&good, 116, &[2, 0, 0, 0, 0, 0, 0, 0]),
        "empty holding",
    );
    fail("no windows", &put(&good, 133, &[0; 4]), "policy");
    fail("no samples", &put(&good, 137, &[0; 4]), "policy");
    fail("every block, with windows", &put(&good, 132, &[0, 1, 0, 0, 0, 0]), "policy");
    fail("an unknown policy", &put(&good, 132, &[2]), "policy");
    check("challenges.json", &cases);
}
