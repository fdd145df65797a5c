//! The calls of an upload: open, close, report. Each is signed and written down before it leaves.

use std::collections::BTreeSet;

use cess_ledger::{
    Access, Action, Deal, DealId, DealStatus, Event, FileId, SignedCall, Visibility,
};
use cess_pre::{Condition, DataKey};
use futures::future::join_all;
use rand_core::CryptoRng;

use super::{Job, PutRequest, manifest};
use crate::{
    Chain, ChainError, ChainExt, Client, Directory, Error, Owner, Progress, SessionStore,
    StorageNode, session::Session,
};

impl<C: Chain, D: Directory> Client<C, D> {
    /// Draws salt and data key, signs the opening call, and writes all of it down before anything
    /// leaves.
    pub(super) async fn begin(
        &self,
        owner: &Owner,
        request: &PutRequest<'_>,
        digest: [u8; 32],
        store: &mut impl SessionStore,
        rng: &mut impl CryptoRng,
    ) -> Result<Session, Error> {
        // No node takes fragments under a key that the ledger doesn't know.
        let key = self.chain.tag_key(request.tagger.public().key_id().to_bytes()).await?;
        if key.is_none_or(|key| key.retired) {
            return Err(Error::TagKeyMissing);
        }
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        let chain_id = self.chain.head().await?.chain_id;
        let capsule = match request.visibility {
            Visibility::Public => None,
            Visibility::Private => {
                let key = DataKey::generate(rng);
                Some(Session::encapsulate(&key, owner, chain_id, &salt, rng)?)
            }
        };
        let action = Action::OpenDeal {
            profile: request.profile,
            visibility: request.visibility,
            max_len: request.max_len,
            term_ms: request.term_ms,
            bid: request.bid,
        };
        let session = Session {
            version: Session::VERSION,
            request: digest,
            salt,
            capsule,
            open: self.signed(owner, action).await?,
            deal: None,
            done: Vec::new(),
            exclusions: Vec::new(),
            close: None,
        };
        session.save(store)?;
        Ok(session)
    }

    async fn signed(&self, owner: &Owner, action: Action) -> Result<SignedCall, Error> {
        let chain_id = self.chain.head().await?.chain_id;
        let nonce = self.chain.account(owner.account.account()).await?.nonce;
        Ok(SignedCall::sign(&owner.account, chain_id, nonce, action))
    }

    /// Submits the signed opening call until its fate is known. Another call of the account may
    /// have taken its nonce: then this one never counted, and it is signed anew.
    pub(super) async fn opened(
        &self,
        owner: &Owner,
        session: &mut Session,
        store: &mut impl SessionStore,
    ) -> Result<DealId, Error> {
        if let Some(deal) = session.deal {
            return Ok(deal);
        }
        let receipt = loop {
            match self.chain.submit_surely(session.open.clone()).await {
                Err(ChainError::NonceTaken { .. }) => {
                    session.open = self.signed(owner, session.open.call.action.clone()).await?;
                    session.save(store)?;
                }
                Err(ChainError::Refused(cess_ledger::Error::NotEnoughNodes {
                    needed,
                    available,
                })) => return Err(Error::NotEnoughNodes { needed, available, last: None }),
                other => break other?,
            }
        };
        let opened = receipt.events.iter().find_map(|event| match event {
            Event::DealOpened { deal, .. } => Some(*deal),
            _ => None,
        });
        let deal = opened.ok_or(ChainError::Protocol { asked: "open deal" })?;
        session.deal = Some(deal);
        session.save(store)?;
        Ok(deal)
    }

    /// Waits for the block that brings the placement seed.
    pub(super) async fn seeded(&self, id: DealId) -> Result<Deal, Error> {
        loop {
            let height = self.chain.head().await?.height;
            let deal = self.chain.deal(id).await?;
            let deal = deal.ok_or(ChainError::Protocol { asked: "deal" })?;
            if deal.status == DealStatus::Expired {
                return Err(Error::DealExpired);
            }
            if deal.seed.is_some() {
                return Ok(deal);
            }
            self.chain.wait(height).await?;
        }
    }

    pub(super) async fn close(
        &self,
        job: &Job<'_>,
        session: &mut Session,
        store: &mut impl SessionStore,
        rng: &mut impl CryptoRng,
    ) -> Result<FileId, Error> {
        loop {
            let call = match &session.close {
                Some(call) => call.clone(),
                None => {
                    let action = self.closing(job, session, rng).await?;
                    let call = self.signed(job.owner, action).await?;
                    session.close = Some(call.clone());
                    session.save(store)?;
                    call
                }
            };
            match self.chain.submit_surely(call).await {
                Err(ChainError::NonceTaken { .. }) => session.close = None,
                // What is due comes before the calls of a block, so a late call meets the end.
                Err(ChainError::Refused(
                    cess_ledger::Error::TooLate { .. }
                    | cess_ledger::Error::DealStatus { got: DealStatus::Expired },
                )) => return Err(Error::DealExpired),
                // A tagger's signature may be what is wrong: the next attempt asks for another.
                Err(refused @ ChainError::Refused(_)) => {
                    session.close = None;
                    session.save(store)?;
                    return Err(refused.into());
                }
                other => {
                    other?;
                    break;
                }
            }
        }
        Ok(manifest(job, session).file_id())
    }

    async fn closing(
        &self,
        job: &Job<'_>,
        session: &Session,
        rng: &mut impl CryptoRng,
    ) -> Result<Action, Error> {
        let manifest = manifest(job, session);
        let file = manifest.file_id();
        let tagger = job.request.tagger;
        let chain_id = self.chain.head().await?.chain_id;
        let access = match session.data_key(job.owner)? {
            None => Access::Public,
            Some(key) => {
                let owner = job.owner.reading.public();
                let condition = Condition::file(chain_id, file.0, 0);
                let capsule = owner.encapsulate(&key, &condition, &file.0, rng)?;
                let capsule = capsule.capsule().to_bytes();
                Access::Capsule { owner: owner.encryption_key(), capsule }
            }
        };
        Ok(Action::CloseDeal {
            deal: job.deal,
            declaration: tagger.declare(&chain_id, job.deal, &manifest).await?,
            manifest: manifest.to_bytes(),
            exclusions: session.exclusions.clone(),
            access,
        })
    }

    /// Asks every node of the file to check its tags and report.
    pub(super) async fn collect_reports(&self, job: &Job<'_>, file: FileId) -> Result<(), Error> {
        let fragments = self.chain.fragments(file).await?;
        let miners: BTreeSet<_> = fragments.iter().map(|record| record.miner).collect();
        let reports = miners.into_iter().map(|miner| async move {
            let result = match self.node(&miner) {
                Ok(node) => node.report(job.deal).await,
                Err(error) => Err(error),
            };
            (job.observer)(&Progress::Reported { miner, error: result.err() });
        });
        join_all(reports).await;
        match self.chain.deal(job.deal).await?.map(|deal| deal.status) {
            Some(DealStatus::Active { .. }) => Ok(()),
            Some(DealStatus::Closed { missing, .. }) => Err(Error::NotActive { missing }),
            _ => Err(Error::DealExpired),
        }
    }
}
