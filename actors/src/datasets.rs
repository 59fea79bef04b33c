//! Tenants' data sets: added as versions of a name, found for runs, kept loaded while somebody uses them. Owns which version
//! a run means; what a data set is belongs to the engine, how it is kept to the store.
//!
//! Everything here may wait for the disk: call it from a thread that may.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use civitas_engine::{BUNDLED_DATASETS, Catalogue, Dataset, EngineError, NetworkKind};
use civitas_store::{Change, DatasetKey, DatasetRecord, RunRecord, Store, StoreError, TenantId, TiesRecord};
use uuid::Uuid;

use crate::clock::{SharedClock, SystemClock};
use crate::error::{Result, RuntimeError};
use crate::reading::Reading;
use crate::request::NewRun;

/// Where a run's versions have that of its data set: after the engine's and the rules'.
pub(crate) const VERSION_PLACE: usize = 2;

/// The version under which a bundled data set is shown: it has no others.
const BUNDLED_VERSION: u32 = 0;
/// Who a bundled data set is from.
const BUNDLED_BY: &str = "civitas";

/// The data sets of all tenants.
pub struct Datasets {
    store: Arc<dyn Store>,
    clock: SharedClock,
    /// Held while a version is added, so that no two get one number.
    adding: Mutex<()>,
    shelf: Mutex<Shelf>,
}

/// Data sets in memory: a version never changes, so those in use are shared, and the last one stays for the next run.
#[derive(Default)]
struct Shelf {
    last: Option<Arc<Dataset>>,
    loaded: Vec<(Uuid, Weak<Dataset>)>,
}

/// A data set that was added.
#[derive(Clone, Debug)]
pub struct AddedDataset {
    /// Its record.
    pub record: DatasetRecord,
    /// False where the name had this content already, under the version that the record states.
    pub is_new: bool,
}

/// A run whose data set is found: what it names is fixed, and the catalogue knows it.
pub(crate) struct Settled<'c> {
    pub(crate) run: NewRun,
    pub(crate) catalogue: Cow<'c, Catalogue>,
    /// The version that the run names, where it is a tenant's own.
    pub(crate) uses: Option<DatasetKey>,
    /// About how much memory the data set takes, in bytes.
    pub(crate) memory_bytes: u64,
}

impl Datasets {
    /// The data sets in this store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, clock: Arc::new(SystemClock::default()), adding: Mutex::default(), shelf: Mutex::default() }
    }

    /// Adds a data set under its name: as the next version, or as the one that has the same content. It is on the disk
    /// when this returns.
    ///
    /// # Errors
    /// [`RuntimeError::Spec`] for the name of a bundled data set, [`RuntimeError::Store`].
    pub fn add(&self, tenant: TenantId, created_by: &str, dataset: &Dataset) -> Result<AddedDataset> {
        let name = dataset.name();
        if BUNDLED_DATASETS.contains(&name) {
            let problem = format!("{name} is that of a bundled data set; choose another");
            return Err(EngineError::invalid("name", problem).into());
        }
        let bytes = dataset.to_bytes();
        let content_hash = Dataset::content_hash(&bytes);
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = self.store.datasets(tenant, Some(name))?;
        if let Some(record) = versions.into_iter().rev().find(|record| record.content_hash == content_hash) {
            return Ok(AddedDataset { record, is_new: false });
        }
        let data_id = Uuid::now_v7();
        let record = DatasetRecord {
            version: self.store.last_dataset_version(tenant, name)? + 1,
            data_id,
            parts: self.store.write_dataset(data_id, &bytes)?,
            created_at_ms: self.clock.unix_ms(),
            created_by: created_by.to_owned(),
            ..described(tenant, dataset, &bytes)
        };
        self.store.commit_wait(vec![Change::PutDataset(Box::new(record.clone()))])?;
        Ok(AddedDataset { record, is_new: true })
    }

    /// Every version of a tenant's data sets, by name and version.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn list(&self, tenant: TenantId) -> Result<Vec<DatasetRecord>> {
        Ok(self.store.datasets(tenant, None)?)
    }

    /// The versions of one data set, oldest first; of a bundled one the only one, which has the number 0 and no bytes in
    /// the store.
    ///
    /// # Errors
    /// [`RuntimeError::NoDataset`] where there is none.
    pub fn versions(&self, tenant: TenantId, name: &str) -> Result<Vec<DatasetRecord>> {
        if let Ok(dataset) = Dataset::named(name) {
            return Ok(vec![bundled(tenant, &dataset)]);
        }
        let versions = self.store.datasets(tenant, Some(name))?;
        if versions.is_empty() { Err(RuntimeError::NoDataset(name.to_owned())) } else { Ok(versions) }
    }

    /// One version.
    ///
    /// # Errors
    /// [`RuntimeError::NoDataset`] where there is none.
    pub fn get(&self, key: &DatasetKey) -> Result<DatasetRecord> {
        let missing = || RuntimeError::NoDataset(format!("{} version {}", key.name, key.version));
        match Dataset::named(&key.name) {
            Ok(dataset) if key.version == BUNDLED_VERSION => return Ok(bundled(key.tenant_id, &dataset)),
            Ok(_) => return Err(missing()),
            Err(_) => {}
        }
        self.store.dataset(key)?.ok_or_else(missing)
    }

    /// True when a run names this version, or it is bundled, so that it stays.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn in_use(&self, key: &DatasetKey) -> Result<bool> {
        Ok(BUNDLED_DATASETS.contains(&key.name.as_str()) || self.store.dataset_in_use(key)?)
    }

    /// Removes a version that no run names; that it is gone is on the disk when this returns.
    ///
    /// # Errors
    /// [`RuntimeError::NoDataset`], [`RuntimeError::Spec`] for a bundled one, or [`StoreError::DatasetInUse`] as
    /// [`RuntimeError::Store`].
    pub fn remove(&self, key: &DatasetKey) -> Result<DatasetRecord> {
        let record = self.get(key)?;
        if BUNDLED_DATASETS.contains(&record.name.as_str()) {
            let problem = format!("{} is that of a bundled data set, which stays", record.name);
            return Err(EngineError::invalid("name", problem).into());
        }
        self.store.commit_wait(vec![Change::DropDataset(Box::new(record.clone()))])?;
        Ok(record)
    }

    /// The data set of a record.
    ///
    /// # Errors
    /// [`RuntimeError::Store`] when it cannot be read.
    pub fn load(&self, record: &DatasetRecord) -> Result<Arc<Dataset>> {
        if let Ok(dataset) = Dataset::named(&record.name) {
            return Ok(Arc::new(dataset));
        }
        // Held while reading, so that runs that start together read once.
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.loaded.retain(|(_, dataset)| dataset.strong_count() > 0);
        let shared =
            shelf.loaded.iter().find(|(id, _)| *id == record.data_id).and_then(|(_, dataset)| dataset.upgrade());
        let dataset = match shared {
            Some(dataset) => dataset,
            None => {
                // Makes room before it takes some.
                shelf.last = None;
                let read = Dataset::from_bytes(&record.name, &self.store.read_dataset(record)?);
                let damaged = |error: EngineError| StoreError::Corrupt {
                    what: format!("version {} of the data set {}", record.version, record.name),
                    why: error.to_string(),
                };
                let dataset = Arc::new(read.map_err(damaged)?);
                shelf.loaded.push((record.data_id, Arc::downgrade(&dataset)));
                dataset
            }
        };
        shelf.last = Some(Arc::clone(&dataset));
        Ok(dataset)
    }

    /// Finds what a run that is to be created names: the version that it states as a whole number, else the newest. The
    /// version and, where the run leaves it to the data set, the number of agents are fixed in the run that comes back. The newest
    /// is the same for all runs of a request.
    pub(crate) fn settle<'c>(
        &self,
        catalogue: &'c Catalogue,
        mut run: NewRun,
        reading: &mut Reading,
    ) -> Result<Settled<'c>> {
        let name = &run.spec.population.dataset;
        if let Ok(dataset) = catalogue.dataset(name) {
            set_agents(&mut run, &dataset);
            let memory_bytes = dataset.memory_bytes(run.spec.network.kind);
            return Ok(Settled { run, catalogue: Cow::Borrowed(catalogue), uses: None, memory_bytes });
        }
        let versions = self.store.datasets(run.tenant_id, Some(name))?;
        let stated = run.versions[VERSION_PLACE].parse::<u32>().ok();
        let stated = stated.or_else(|| reading.newest(run.tenant_id, name));
        let found = match stated {
            Some(stated) => versions.iter().find(|record| record.version == stated),
            None => versions.last(),
        };
        let Some(record) = found else {
            let asked = stated.filter(|_| !versions.is_empty()).map(|stated| format!(" version {stated}"));
            let name = format!("{name}{}", asked.unwrap_or_default());
            return Err(EngineError::UnknownDataset { name, known: self.known(run.tenant_id, catalogue)? }.into());
        };
        let dataset = self.load(record)?;
        if stated.is_none() {
            reading.found_newest(record);
        }
        run.versions[VERSION_PLACE] = record.version.to_string();
        set_agents(&mut run, &dataset);
        let memory_bytes = dataset.memory_bytes(run.spec.network.kind);
        Ok(Settled { run, catalogue: with(catalogue, dataset), uses: Some(DatasetKey::of(record)), memory_bytes })
    }

    /// Checks a run that is to be created as a runtime on this store would, and stores nothing.
    ///
    /// # Errors
    /// [`RuntimeError::Spec`] for the first thing that is wrong.
    pub fn check(&self, catalogue: &Catalogue, run: NewRun) -> Result<()> {
        let Settled { run, catalogue, .. } = self.settle(catalogue, run, &mut Reading::default())?;
        Ok(civitas_engine::World::check(&run.spec, &catalogue)?)
    }

    /// The catalogue with the version that a stored run names.
    ///
    /// # Errors
    /// [`RuntimeError::Spec`] or [`RuntimeError::NoDataset`] where it is not there, [`RuntimeError::Store`] where it cannot be read.
    pub(crate) fn catalogue_of<'c>(&self, catalogue: &'c Catalogue, run: &RunRecord) -> Result<Cow<'c, Catalogue>> {
        let name = &run.spec.dataset;
        let unknown = match catalogue.dataset(name) {
            Ok(_) => return Ok(Cow::Borrowed(catalogue)),
            Err(unknown) => unknown,
        };
        let Ok(version) = run.spec.versions[VERSION_PLACE].parse() else { return Err(unknown.into()) };
        let key = DatasetKey { tenant_id: run.tenant_id, name: name.clone(), version };
        let dataset = self.load(&self.get(&key)?)?;
        Ok(with(catalogue, dataset))
    }

    /// About how much memory the data set of a stored run takes, in bytes. One that is not loaded takes about as much as it has
    /// bytes, and where the network is made of its ties, those once more.
    pub(crate) fn memory_of(&self, catalogue: &Catalogue, run: &RunRecord) -> u64 {
        let listed = run.spec.network == NetworkKind::Listed.as_str();
        if let Ok(dataset) = catalogue.dataset(&run.spec.dataset) {
            return dataset.memory_bytes(if listed { NetworkKind::Listed } else { NetworkKind::Gravity });
        }
        let Ok(version) = run.spec.versions[VERSION_PLACE].parse() else { return 0 };
        let key = DatasetKey { tenant_id: run.tenant_id, name: run.spec.dataset.clone(), version };
        self.store.dataset(&key).ok().flatten().map_or(0, |record| record.bytes * if listed { 2 } else { 1 })
    }

    /// The data sets that a tenant's runs can name, for errors.
    fn known(&self, tenant: TenantId, catalogue: &Catalogue) -> Result<String> {
        let mut known: Vec<String> = catalogue.datasets().map(str::to_owned).collect();
        let mut records = self.store.datasets(tenant, None)?.into_iter().peekable();
        while let Some(DatasetRecord { name, version, .. }) = records.next() {
            let mut versions = version.to_string();
            while let Some(next) = records.next_if(|next| next.name == name) {
                versions += &format!(", {}", next.version);
            }
            known.push(format!("{name} ({versions})"));
        }
        Ok(known.join(", "))
    }
}

fn with(catalogue: &Catalogue, dataset: Arc<Dataset>) -> Cow<'_, Catalogue> {
    let mut catalogue = catalogue.clone();
    catalogue.add_dataset(dataset);
    Cow::Owned(catalogue)
}

/// What a record says of a data set's content; the rest is that of a bundled one.
fn described(tenant_id: TenantId, dataset: &Dataset, bytes: &[u8]) -> DatasetRecord {
    DatasetRecord {
        tenant_id,
        name: dataset.name().to_owned(),
        version: BUNDLED_VERSION,
        data_id: Uuid::nil(),
        content_hash: Dataset::content_hash(bytes),
        regions: dataset.regions().len() as u32,
        borders: dataset.border_count() as u32,
        agents: dataset.agent_count() as u32,
        columns: dataset.agent_columns().map(str::to_owned).collect(),
        ties: ties_of(dataset),
        bytes: bytes.len() as u64,
        parts: Vec::new(),
        created_at_ms: 0,
        created_by: BUNDLED_BY.to_owned(),
    }
}

/// The record of a bundled data set, which is in no store.
fn bundled(tenant: TenantId, dataset: &Dataset) -> DatasetRecord {
    described(tenant, dataset, &dataset.to_bytes())
}

fn ties_of(dataset: &Dataset) -> Option<TiesRecord> {
    let (directed, weighted) = (dataset.has_directed_ties(), dataset.has_weighted_ties());
    (dataset.tie_count() > 0).then(|| TiesRecord { count: dataset.tie_count() as u32, directed, weighted })
}

/// A run that does not say how many agents it has is one of those that the data set lists, where it lists any.
fn set_agents(run: &mut NewRun, dataset: &Dataset) {
    if run.agents_left_out && dataset.agent_count() > 0 {
        run.spec.population.agents = dataset.agent_count() as u32;
    }
}
