use super::*;
use crate::{Audit, Policy, Proving, SecretKey, Sectors};

#[test]
fn points_of_evaluation_need_no_special_case() {
    let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
    let (public, proving_key) = (secret.public(), secret.proving_key());
    let audit = Audit { chain_id: [1; 32], round: 1, height: 2, prover: [3; 32] };
    let alpha = Fr::from_limbs(secret.power(1));
    for len in [1, 31, 32, 1984, 5000] {
        let data: Vec<u8> = (0..len).map(|i: u32| i.to_le_bytes()[0]).collect();
        let tagged = secret.tag(0, &data).unwrap();
        let holding = Holding::from_entries([tagged.fragment.entry()]).unwrap();
        let challenge = Challenge::new(audit, &holding, Policy::Every, [4; 32]).unwrap();
        let prove_at = |z| {
            let mut proving = Proving::new(&challenge, &holding, |_| Some(&proving_key)).unwrap();
            proving.z = z;
            for (block, tag) in data.chunks(1984).zip(tagged.tags.iter()) {
                proving.absorb(block, tag).unwrap();
            }
            proving.finish().unwrap()
        };
        for z in [Fr::ZERO, Fr::one(), Fr::one().neg(), alpha] {
            let proof = prove_at(z);
            let lookup = |_: &KeyId| Some(&public);
            let holds_at = |z| {
                let statement = Statement::at(&challenge, &holding, &lookup, &proof, z).unwrap();
                hold(&[(&statement, 1)])
            };
            assert!(holds_at(z));
            // One sector is its own value everywhere; anything longer is tied to its z.
            assert_eq!(holds_at(z.add(&Fr::one())), len <= 31);
        }
    }
}
