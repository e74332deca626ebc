"""Types that skops may load from a model folder without the user's permission.

The source of each type was read. Its methods compute with numpy on its own arrays. They look up
functions only in a fixed table of their package, access no files and start no processes. So these
are left out: trees, support vector machines and nearest neighbours (compiled code trusts the
indices in their arrays), transformers that call a function, ensembles that start processes, and
types in which a file could name a function. MNE's `CSP` makes partials of its own functions when it
is restored; `transform` calls none of them. Where possible,
`tests/decoders/estimator/test_estimator_storage.py` checks these properties.
"""

PLAIN = frozenset(
    {
        "builtins.bool",
        "builtins.dict",
        "builtins.float",
        "builtins.int",
        "builtins.list",
        "builtins.slice",
        "builtins.str",
        "builtins.tuple",
        "numpy.bool",
        "numpy.bool_",
        "numpy.float32",
        "numpy.float64",
        "numpy.int32",
        "numpy.int64",
        "numpy.ndarray",
        "numpy.str_",
        "numpy.dtype",
        "numpy.random.mtrand.RandomState",
    }
)

ESTIMATORS = frozenset(
    {
        "mne.decoding.csp.CSP",
        "mne.decoding.transformer.Scaler",
        "mne.decoding.transformer.Vectorizer",
        "pyriemann.channelselection.ElectrodeSelection",
        "pyriemann.classification.FgMDM",
        "pyriemann.classification.MDM",
        "pyriemann.classification.TSClassifier",
        "pyriemann.estimation.BlockCovariances",
        "pyriemann.estimation.Covariances",
        "pyriemann.estimation.ERPCovariances",
        "pyriemann.estimation.Shrinkage",
        "pyriemann.estimation.TimeDelayCovariances",
        "pyriemann.estimation.XdawnCovariances",
        "pyriemann.preprocessing.Whitening",
        "pyriemann.spatialfilters.BilinearFilter",
        "pyriemann.spatialfilters.CSP",
        "pyriemann.spatialfilters.SPoC",
        "pyriemann.spatialfilters.Xdawn",
        "pyriemann.tangentspace.FGDA",
        "pyriemann.tangentspace.TangentSpace",
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.decomposition._pca.PCA",
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._logistic.LogisticRegressionCV",
        "sklearn.linear_model._ridge.RidgeClassifier",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.MaxAbsScaler",
        "sklearn.preprocessing._data.MinMaxScaler",
        "sklearn.preprocessing._data.Normalizer",
        "sklearn.preprocessing._data.RobustScaler",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.svm._classes.LinearSVC",
    }
)
