//! The table of families: how each is fitted, and which settings a search tries.

use super::model_name::ModelName;
use super::parameters::{GivenParameters, Parameters};
use super::search_range::{Range, Scale};
use crate::recommenders::bpr::BprParams;
use crate::recommenders::content::ContentParams;
use crate::recommenders::ease::EaseParams;
use crate::recommenders::gf_cf::GfCfParams;
use crate::recommenders::ials::IalsParams;
use crate::recommenders::item_knn::ItemKnnParams;
use crate::recommenders::popularity::PopularityParams;
use crate::recommenders::rp3beta::Rp3BetaParams;
use crate::recommenders::sequence_knn::SequenceKnnParams;
use crate::recommenders::slim::SlimParams;
use crate::recommenders::user_knn::UserKnnParams;
use crate::training_data::TrainingData;
use crate::{ModelError, Recommender};

type Fitted = Result<Box<dyn Recommender>, ModelError>;
type Preset = &'static [(&'static str, f64)];

/// A family that is fitted on data. A blend is not in the table, because it is fitted on other recommenders.
pub(crate) struct Family {
    pub(crate) name: ModelName,
    /// Parameters and their default values.
    pub(crate) defaults: fn() -> Vec<(&'static str, f64)>,
    pub(crate) fit: fn(&GivenParameters, &TrainingData, u64) -> Fitted,
    /// Settings that a search tries after the defaults.
    pub(crate) presets: &'static [Preset],
    /// Ranges that a search draws parameters from.
    pub(crate) ranges: &'static [Range],
    /// Whether a fit takes long on large data. A search tries such families after its first blend.
    pub(crate) slow_to_fit: bool,
}

const fn range(name: &'static str, low: f64, high: f64, scale: Scale) -> Range {
    Range { name, low, high, scale }
}

/// The family of that name; `None` for a blend.
pub(crate) fn family(name: ModelName) -> Option<&'static Family> {
    families().iter().find(|family| family.name == name)
}

/// All families: the quick ones, then the slow ones, each in descending order of expected quality.
pub(crate) fn families() -> &'static [Family] {
    use ModelName as Name;
    use Scale::{Linear, Logarithmic, LogarithmicInteger};
    const FAMILIES: &[Family] = &[
        Family {
            name: Name::Popular,
            defaults: named::<PopularityParams>,
            fit: |given, data, _| {
                let params = given.read::<PopularityParams>()?;
                if params.half_life_days == 0.0 {
                    return boxed(params.fit(&data.interactions));
                }
                let ages = data.ages().ok_or_else(|| missing(given, "the time of each interaction"))?;
                boxed(params.fit_recent(data.interactions.n_columns(), ages))
            },
            presets: &[],
            ranges: &[],
            slow_to_fit: false,
        },
        Family {
            name: Name::Rp3beta,
            defaults: named::<Rp3BetaParams>,
            fit: |given, data, _| boxed(given.read::<Rp3BetaParams>()?.fit(&data.interactions)),
            presets: &[&[("neighbours", 350.0), ("alpha", 0.75), ("beta", 0.4)], &[("alpha", 0.5), ("beta", 0.0)]],
            ranges: &[
                range("neighbours", 50.0, 1500.0, LogarithmicInteger),
                range("alpha", 0.2, 1.4, Linear),
                range("beta", 0.0, 0.9, Linear),
            ],
            slow_to_fit: false,
        },
        Family {
            name: Name::GfCf,
            defaults: named::<GfCfParams>,
            fit: |given, data, seed| boxed(given.read::<GfCfParams>()?.fit_on(&data.graph(seed))),
            presets: &[
                &[("vectors", 512.0), ("alpha", 0.7), ("softness", 1.0)],
                &[("vectors", 512.0), ("alpha", 1.0), ("softness", 1.0), ("degree_exponent", 0.05)],
            ],
            ranges: &[
                range("vectors", 32.0, 1024.0, LogarithmicInteger),
                range("alpha", 0.05, 3.0, Logarithmic),
                range("softness", 0.0, 2.0, Linear),
                range("degree_exponent", -0.2, 0.2, Linear),
            ],
            slow_to_fit: false,
        },
        Family {
            name: Name::ItemKnn,
            defaults: named::<ItemKnnParams>,
            fit: |given, data, _| boxed(given.read::<ItemKnnParams>()?.fit(&data.interactions)),
            presets: &[&[("weighting", 2.0)], &[("weighting", 1.0)]],
            ranges: &[range("neighbours", 10.0, 1000.0, LogarithmicInteger), range("shrink", 0.1, 200.0, Logarithmic)],
            slow_to_fit: false,
        },
        Family {
            name: Name::SequenceKnn,
            defaults: named::<SequenceKnnParams>,
            fit: |given, data, _| {
                let sequences = data.sequences.as_ref().ok_or_else(|| missing(given, "the time of each interaction"));
                boxed(given.read::<SequenceKnnParams>()?.fit(data.interactions.n_columns(), sequences?))
            },
            presets: &[&[("window", 3.0), ("recency", 0.7)]],
            ranges: &[
                range("window", 1.0, 50.0, LogarithmicInteger),
                range("decay", 0.3, 1.0, Linear),
                range("backward", 0.0, 1.0, Linear),
                range("damping", 0.0, 1.0, Linear),
                range("recency", 0.3, 1.0, Linear),
            ],
            slow_to_fit: false,
        },
        Family {
            name: Name::Content,
            defaults: named::<ContentParams>,
            fit: |given, data, _| {
                let attributes =
                    data.item_attributes.as_ref().ok_or_else(|| missing(given, "item attributes (topics)"));
                boxed(given.read::<ContentParams>()?.fit(attributes?))
            },
            presets: &[],
            ranges: &[range("rarity", 0.0, 2.0, Linear)],
            slow_to_fit: false,
        },
        Family {
            name: Name::UserKnn,
            defaults: named::<UserKnnParams>,
            fit: |given, data, _| boxed(given.read::<UserKnnParams>()?.fit(&data.interactions)),
            presets: &[&[("rarity", 0.0)]],
            ranges: &[
                range("neighbours", 30.0, 1000.0, LogarithmicInteger),
                range("shrink", 0.01, 20.0, Logarithmic),
                range("rarity", 0.0, 0.8, Linear),
            ],
            slow_to_fit: false,
        },
        Family {
            name: Name::Ials,
            defaults: named::<IalsParams>,
            fit: |given, data, seed| boxed(given.read::<IalsParams>()?.fit(&data.interactions, seed)),
            presets: &[&[("factors", 128.0)]],
            ranges: &[
                range("factors", 16.0, 512.0, LogarithmicInteger),
                range("regularisation", 1e-4, 0.3, Logarithmic),
                range("unobserved_weight", 1e-3, 1.0, Logarithmic),
                range("frequency_exponent", 0.0, 1.5, Linear),
            ],
            slow_to_fit: true,
        },
        Family {
            name: Name::Ease,
            defaults: named::<EaseParams>,
            fit: |given, data, _| boxed(given.read::<EaseParams>()?.fit(&data.interactions)),
            presets: &[&[("l2", 300.0)]],
            ranges: &[range("l2", 5.0, 3000.0, Logarithmic)],
            slow_to_fit: true,
        },
        Family {
            name: Name::Slim,
            defaults: named::<SlimParams>,
            fit: |given, data, _| boxed(given.read::<SlimParams>()?.fit(&data.interactions)),
            presets: &[&[("l1", 0.01), ("l2", 150.0)]],
            ranges: &[
                range("l1", 1e-3, 5.0, Logarithmic),
                range("l2", 1.0, 1000.0, Logarithmic),
                range("features", 30.0, 300.0, LogarithmicInteger),
            ],
            slow_to_fit: true,
        },
        Family {
            name: Name::Bpr,
            defaults: named::<BprParams>,
            fit: |given, data, seed| boxed(given.read::<BprParams>()?.fit(&data.interactions, seed)),
            presets: &[],
            ranges: &[
                range("factors", 16.0, 256.0, LogarithmicInteger),
                range("learning_rate", 0.01, 0.3, Logarithmic),
                range("regularisation", 1e-4, 0.1, Logarithmic),
            ],
            slow_to_fit: true,
        },
    ];
    FAMILIES
}

fn named<P: Parameters>() -> Vec<(&'static str, f64)> {
    P::default().named()
}

fn boxed<R: Recommender + 'static>(fitted: Result<R, ModelError>) -> Fitted {
    fitted.map(|model| Box::new(model) as Box<dyn Recommender>)
}

fn missing(given: &GivenParameters, what: &str) -> ModelError {
    ModelError::NotEnoughData(format!("{} needs {what}, which this data does not have", given.family))
}
