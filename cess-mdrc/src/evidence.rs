//! A file that shows where a work comes from, to somebody who has nothing else.

use crate::sample::take;
use crate::{Edge, Error, Fingerprint, Level, Registration, Sketch};

/// Registrations from the first registrant to the work in question, with the sketches that show
/// each to be like the one before it.
///
/// The bundle proves what the fingerprints prove. That the registrations are the ledger's is for
/// the ledger to say: [`Finding::digests`] are what to ask it for. That nobody was earlier a bundle
/// can't show: it may leave registrations out. And that a certificate is of a certain file, anybody
/// who has the file sees by fingerprinting it.
///
/// **Likeness isn't handed on.** Who joins two works in one file makes a relative of both, and steps
/// over it lead from the one to the other though they have nothing in common: an old work of one's
/// own can be made to look like the source of somebody else's new one. Where
/// [`Finding::direct`] is none, the steps between have to be looked at.
///
/// ```
/// use cess_mdrc::{Evidence, Fingerprint, Level, Registration, Relation};
///
/// let original = "The stair creaked where it always had, and the boy who was not supposed to be \
///     awake stood still until the house had settled again around him.";
/// let copy = original.replace("creaked", "groaned");
/// let entry = |number, text: &str| -> Result<_, cess_mdrc::Error> {
///     let fingerprint = Fingerprint::of(text.as_bytes())?;
///     let certificate = fingerprint.certificate().clone();
///     Ok((Registration { number, time: number * 10, owner: [number as u8; 32], certificate }, fingerprint))
/// };
/// let evidence = Evidence::new(Level::Dispute, vec![entry(1, original)?, entry(2, &copy)?])?;
/// let file = evidence.to_bytes();
///
/// let finding = Evidence::verify(&file)?;
/// assert_eq!(finding.edges()[0].relation, Relation::Edited);
/// assert_eq!(finding.first().owner, [1; 32]);
/// # Ok::<(), cess_mdrc::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    level: Level,
    steps: Vec<(Registration, Fingerprint)>,
}

/// What a verified bundle shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    level: Level,
    registrations: Vec<Registration>,
    edges: Vec<Edge>,
    direct: Option<Edge>,
}

const MAGIC: [u8; 8] = *b"MDRCEVID";
const VERSION: u8 = 1;

impl Evidence {
    /// Most registrations of a bundle.
    pub const MAX_STEPS: u8 = 32;
    /// The longest bundle, in bytes.
    pub const MAX_LEN: usize =
        11 + Self::MAX_STEPS as usize * (Registration::LEN + 4 + Sketch::MAX_LEN);

    /// From the first registrant to the work in question.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), for what wouldn't verify.
    pub fn new(level: Level, steps: Vec<(Registration, Fingerprint)>) -> Result<Self, Error> {
        let evidence = Self { level, steps };
        evidence.check()?;
        Ok(evidence)
    }

    /// The bundle as a file; docs/formats/mdrc.md has the layout.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let count = u8::try_from(self.steps.len()).unwrap_or(u8::MAX);
        bytes.extend([VERSION, self.level.to_byte(), count]);
        for (registration, fingerprint) in &self.steps {
            bytes.extend(registration.to_bytes());
            let sketch = fingerprint.sketch().to_bytes();
            let len = u32::try_from(sketch.len()).unwrap_or(u32::MAX);
            bytes.extend(len.to_le_bytes());
            bytes.extend(sketch);
        }
        bytes
    }

    /// Reads a bundle and checks all that can be checked without the ledger: each certificate
    /// names its sketch, numbers rise and times don't fall, and each registration is related to
    /// the one before it at the bundle's level.
    ///
    /// # Errors
    /// [`Error`] for the first thing that is wrong.
    pub fn verify(bytes: &[u8]) -> Result<Finding, Error> {
        let evidence = Self::from_bytes(bytes)?;
        let edges = evidence.check()?;
        let direct = match &evidence.steps[..] {
            [(first, before), .., (last, after)] => {
                Edge::new(last.number, first.number, &after.compare(before)?, evidence.level)
            }
            _ => None,
        };
        let registrations = evidence.steps.into_iter().map(|(step, _)| step).collect();
        Ok(Finding { level: evidence.level, registrations, edges, direct })
    }

    fn from_bytes(mut bytes: &[u8]) -> Result<Self, Error> {
        let whole = bytes.len() as u64;
        if take::<8>(&mut bytes)? != MAGIC {
            return Err(Error::NoEvidence);
        }
        let [version, level, count] = take(&mut bytes)?;
        if version != VERSION {
            return Err(Error::Version { expected: VERSION, got: version });
        }
        let level = Level::from_byte(level)?;
        if !(2..=Self::MAX_STEPS).contains(&count) {
            return Err(Error::EvidenceSteps { max: Self::MAX_STEPS, got: count });
        }
        let mut steps = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let registration =
                Registration::from_bytes(&take::<{ Registration::LEN }>(&mut bytes)?)?;
            let len = u32::from_le_bytes(take(&mut bytes)?) as usize;
            let Some((sketch, rest)) = bytes.split_at_checked(len) else {
                return Err(Error::Length { expected: len as u64, got: bytes.len() as u64 });
            };
            bytes = rest;
            let sketch = Sketch::from_bytes(sketch)?;
            let fingerprint = Fingerprint::new(registration.certificate.clone(), sketch)?;
            steps.push((registration, fingerprint));
        }
        if !bytes.is_empty() {
            return Err(Error::Length { expected: whole - bytes.len() as u64, got: whole });
        }
        Ok(Self { level, steps })
    }

    fn check(&self) -> Result<Vec<Edge>, Error> {
        let count = u8::try_from(self.steps.len()).unwrap_or(u8::MAX);
        if !(2..=Self::MAX_STEPS).contains(&count) {
            return Err(Error::EvidenceSteps { max: Self::MAX_STEPS, got: count });
        }
        for (registration, fingerprint) in &self.steps {
            if registration.certificate != *fingerprint.certificate() {
                return Err(Error::SketchMismatch);
            }
        }
        let mut edges = Vec::new();
        for (step, pair) in (1u8..).zip(self.steps.windows(2)) {
            let [(earlier, before), (later, after)] = pair else { continue };
            if later.number <= earlier.number || later.time < earlier.time {
                return Err(Error::EvidenceOrder { step });
            }
            let comparison = after.compare(before)?;
            let edge = Edge::new(later.number, earlier.number, &comparison, self.level);
            edges.push(edge.ok_or(Error::EvidenceUnrelated { step })?);
        }
        Ok(edges)
    }
}

impl Finding {
    /// The level at which all steps are related.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The registrations, the first registrant's first.
    #[must_use]
    pub fn registrations(&self) -> &[Registration] {
        &self.registrations
    }

    /// The registration that the steps lead back to.
    #[must_use]
    pub fn first(&self) -> &Registration {
        &self.registrations[0]
    }

    /// What each registration but the first has in common with the one before it.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// What the last registration has in common with the first one itself, at the bundle's level.
    /// None where they are connected only by what lies between, which is no evidence that the one
    /// derives from the other.
    #[must_use]
    pub fn direct(&self) -> Option<&Edge> {
        self.direct.as_ref()
    }

    /// What the ledger has to vouch for: the digest of each registration.
    #[must_use]
    pub fn digests(&self) -> Vec<[u8; 32]> {
        self.registrations.iter().map(Registration::digest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use crate::simhash::expand;

    fn noise(seed: u64) -> Vec<u8> {
        (0..4000).flat_map(|i| expand(seed, i).to_le_bytes()).collect()
    }

    fn step(number: u64, time: u64, content: &[u8]) -> (Registration, Fingerprint) {
        let fingerprint = data::fingerprint(content);
        let certificate = fingerprint.certificate().clone();
        (Registration { number, time, owner: [9; 32], certificate }, fingerprint)
    }

    /// An original, a copy with an insertion, and a copy of that.
    fn steps() -> Vec<(Registration, Fingerprint)> {
        let (a, mut b) = (noise(1), noise(1));
        b.splice(900..950, [1; 300]);
        let mut c = b.clone();
        c.truncate(28_000);
        vec![step(4, 100, &a), step(7, 100, &b), step(9, 130, &c)]
    }

    fn verdict(steps: Vec<(Registration, Fingerprint)>) -> Result<(), Error> {
        let made = Evidence::new(Level::Registry, steps.clone()).map(|_| ());
        let read = Evidence::verify(&Evidence { level: Level::Registry, steps }.to_bytes());
        assert_eq!(made, read.map(|_| ()), "made and read alike");
        made
    }

    #[test]
    fn a_bundle_shows_where_a_work_comes_from() {
        let evidence = Evidence::new(Level::Registry, steps()).unwrap();
        let bytes = evidence.to_bytes();
        assert!(bytes.len() <= Evidence::MAX_LEN);
        let finding = Evidence::verify(&bytes).unwrap();
        assert_eq!(finding.first().number, 4);
        assert_eq!(
            finding.edges().iter().map(|e| (e.later, e.earlier)).collect::<Vec<_>>(),
            [(7, 4), (9, 7)]
        );
        assert_eq!(finding.direct().map(|edge| (edge.later, edge.earlier)), Some((9, 4)));
        assert_eq!(finding.digests()[2], steps()[2].0.digest());
        assert_eq!(finding.level(), Level::Registry);
        assert_eq!(finding.registrations().len(), 3);
    }

    #[test]
    fn refuses_what_is_not_related_or_not_in_order() {
        assert_eq!(verdict(steps()), Ok(()));
        let mut unrelated = steps();
        unrelated[1] = step(7, 100, &noise(2));
        assert_eq!(verdict(unrelated), Err(Error::EvidenceUnrelated { step: 1 }));
        let mut turned = steps();
        turned[2].0.number = 7;
        assert_eq!(verdict(turned), Err(Error::EvidenceOrder { step: 2 }));
        let mut early = steps();
        early[1].0.time = 99;
        assert_eq!(verdict(early), Err(Error::EvidenceOrder { step: 1 }));
        let steps_error = |got| Err(Error::EvidenceSteps { max: 32, got });
        assert_eq!(verdict(steps()[..1].to_vec()), steps_error(1));
        let many: Vec<_> = (0..33).map(|i| step(i, 1, &noise(1))).collect();
        assert_eq!(verdict(many), steps_error(33));
    }

    #[test]
    fn refuses_a_sketch_of_another_certificate() {
        let mut forged = steps();
        forged[1].1 = forged[0].1.clone();
        assert_eq!(verdict(forged), Err(Error::SketchMismatch));
    }

    #[test]
    fn a_forged_order_is_refused_and_a_forged_digest_shows() {
        let digests = |steps: Vec<_>| Evidence::new(Level::Registry, steps).unwrap().to_bytes();
        let digests = |steps| Evidence::verify(&digests(steps)).unwrap().digests();
        // Another's file is claimed with one's own sketch: the ledger has no such registration.
        let mut claimed = steps();
        let (registration, fingerprint) = &mut claimed[2];
        registration.certificate.instance = *steps()[1].0.certificate.instance();
        let sketch = fingerprint.sketch().clone();
        *fingerprint = Fingerprint::new(registration.certificate.clone(), sketch).unwrap();
        assert_eq!(digests(claimed.clone())[..2], digests(steps())[..2]);
        assert_ne!(digests(claimed)[2], digests(steps())[2]);
        let mut swapped = steps();
        swapped.swap(0, 1);
        assert_eq!(verdict(swapped), Err(Error::EvidenceOrder { step: 1 }));
        let mut circle = steps();
        circle.push(steps()[0].clone());
        assert_eq!(verdict(circle), Err(Error::EvidenceOrder { step: 3 }));
        let mut two_firsts = steps();
        two_firsts[1].0.number = two_firsts[0].0.number;
        assert_eq!(verdict(two_firsts), Err(Error::EvidenceOrder { step: 1 }));
        // Nobody can see from a bundle what was left out of it.
        assert_eq!(verdict(steps()[1..].to_vec()), Ok(()));
    }

    /// The longest sketch that there is: a video with all frames, and sound.
    #[test]
    fn the_longest_sketches_fit_and_no_longer_ones() {
        let mut bytes = vec![1, 4, 1, 1];
        bytes.extend(64u32.to_le_bytes());
        bytes.extend(304u16.to_le_bytes());
        let noise = |seed: u64, len: u64| (0..len).flat_map(move |i| expand(seed, i).to_le_bytes());
        for frame in 0..304u32 {
            bytes.extend((frame * 64).to_le_bytes());
            bytes.extend(noise(frame.into(), 4 * 7));
        }
        bytes.push(1);
        bytes.extend(7_680u32.to_le_bytes());
        bytes.extend(noise(1 << 40, 7_680));
        assert_eq!(bytes.len(), Sketch::MAX_LEN);
        let sketch = Sketch::from_bytes(&bytes).unwrap();
        assert_eq!(sketch.to_bytes(), bytes);
        let id = crate::Simhash::from_bytes([0; 32]);
        let step = |number: u64| {
            let instance = [number.to_le_bytes()[0]; 32];
            let fingerprint = Fingerprint::seal(sketch.clone(), 100, id, instance);
            let certificate = fingerprint.certificate().clone();
            (Registration { number, time: 1, owner: [9; 32], certificate }, fingerprint)
        };
        let steps = vec![step(1), step(2)];
        let bundle = Evidence::new(Level::Registry, steps.clone()).unwrap().to_bytes();
        let most = (Evidence::MAX_LEN - 11) / usize::from(Evidence::MAX_STEPS);
        assert_eq!(bundle.len(), 11 + 2 * most);
        let finding = Evidence::verify(&bundle).unwrap();
        assert_eq!(finding.edges()[0].relation, crate::Relation::Reformatted);
        bytes.push(0);
        assert!(matches!(Sketch::from_bytes(&bytes), Err(Error::Length { .. })));
    }

    /// An old work of the forger's, a file that joins it with somebody's new work, then that work.
    #[test]
    fn a_joint_of_two_works_leads_from_one_to_the_other_and_is_seen_by_what_they_lack_in_common() {
        let (old, new) = (noise(1), noise(2));
        let joint = [&old[..], &new[..]].concat();
        let bundle = vec![step(1, 1, &old), step(8, 90, &joint), step(9, 91, &new)];
        let bundle = Evidence::new(Level::Registry, bundle).unwrap().to_bytes();
        let finding = Evidence::verify(&bundle).unwrap();
        assert_eq!((finding.first().number, finding.direct()), (1, None));
    }

    /// The instance of the forger's old work, with the likeness of somebody's new one: no joint needed.
    #[test]
    fn a_certificate_of_other_bytes_than_its_likeness_is_related_by_the_likeness_alone() {
        let (old, new) = (step(1, 1, &noise(1)), step(9, 91, &noise(2)));
        let mut certificate = new.0.certificate.clone();
        certificate.instance = *old.0.certificate.instance();
        let liar = Fingerprint::new(certificate.clone(), new.1.sketch().clone()).unwrap();
        let claim = (Registration { number: 8, time: 90, owner: [6; 32], certificate }, liar);
        let bundle = vec![old.clone(), claim.clone(), new.clone()];
        assert_eq!(verdict(bundle), Err(Error::EvidenceUnrelated { step: 1 }));
        assert_eq!(verdict(vec![old, claim.clone()]), Err(Error::EvidenceUnrelated { step: 1 }));
        assert_eq!(verdict(vec![claim, new]), Ok(()));
    }

    /// The number, time and owner of a registration are the ledger's word, not the bundle's: their
    /// change shows in the digest. Everything else is refused.
    #[test]
    fn a_changed_bit_is_refused_or_shows_in_the_digests() {
        let bytes = Evidence::new(Level::Registry, steps()).unwrap().to_bytes();
        let digests = Evidence::verify(&bytes).unwrap().digests();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            if let Ok(finding) = Evidence::verify(&changed) {
                assert!(at == 9 || finding.digests() != digests, "byte {at}");
            }
        }
        for len in (0..bytes.len()).step_by(7) {
            assert!(Evidence::verify(&bytes[..len]).is_err());
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(matches!(Evidence::verify(&longer), Err(Error::Length { .. })));
        assert_eq!(Evidence::verify(b"something else"), Err(Error::NoEvidence));
    }
}
