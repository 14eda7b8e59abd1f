#include "base/foreign_names.h"

namespace sloy {
namespace {

constexpr ForeignName table[]{
    // layers
    {"Linear", "Dense"},
    {"BatchNorm1d", "BatchNormalization"},
    {"BatchNorm2d", "BatchNormalization"},
    {"BatchNorm3d", "BatchNormalization"},
    {"LayerNorm", "LayerNormalization"},
    {"GroupNorm", "GroupNormalization"},
    {"InstanceNorm1d", "InstanceNormalization"},
    {"InstanceNorm2d", "InstanceNormalization"},
    {"InstanceNorm3d", "InstanceNormalization"},
    {"LocalResponseNorm", "LocalResponseNormalization"},
    {"AvgPool1d", "AveragePool1D"},
    {"AvgPool2d", "AveragePool2D"},
    {"AvgPool3d", "AveragePool3D"},
    {"AdaptiveAvgPool1d", "GlobalAveragePooling1D"},
    {"AdaptiveAvgPool2d", "GlobalAveragePooling2D"},
    {"AdaptiveAvgPool3d", "GlobalAveragePooling3D"},
    {"AdaptiveMaxPool1d", "GlobalMaxPooling1D"},
    {"AdaptiveMaxPool2d", "GlobalMaxPooling2D"},
    {"AdaptiveMaxPool3d", "GlobalMaxPooling3D"},
    {"ConvTranspose1d", "Conv1DTranspose"},
    {"ConvTranspose2d", "Conv2DTranspose"},
    {"ConvTranspose3d", "Conv3DTranspose"},
    {"Dropout1d", "SpatialDropout1D"},
    {"Dropout2d", "SpatialDropout2D"},
    {"Dropout3d", "SpatialDropout3D"},
    {"Upsample", "UpSampling2D"},
    {"Unflatten", "Reshape"},
    // losses and metrics
    {"mse", "MeanSquaredError"},
    {"MSELoss", "MeanSquaredError"},
    {"mae", "MeanAbsoluteError"},
    {"L1Loss", "MeanAbsoluteError"},
    {"mape", "MeanAbsolutePercentageError"},
    {"msle", "MeanSquaredLogarithmicError"},
    {"rmse", "RootMeanSquaredError"},
    {"SmoothL1Loss", "Huber"},
    {"bce", "BinaryCrossentropy"},
    {"BCELoss", "BinaryCrossentropy"},
    {"BCEWithLogitsLoss", "BinaryCrossentropy"},
    {"CrossEntropy", "SparseCategoricalCrossentropy"},
    {"CrossEntropyLoss", "SparseCategoricalCrossentropy"},
    {"cross_entropy", "SparseCategoricalCrossentropy"},
    {"NLLLoss", "SparseCategoricalCrossentropy"},
    {"kld", "KLDivergence"},
    {"KLDivLoss", "KLDivergence"},
    {"acc", "Accuracy"},
    {"BinaryAccuracy", "Accuracy"},
    {"CategoricalAccuracy", "Accuracy"},
    {"SparseCategoricalAccuracy", "Accuracy"},
    {"SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy"},
    // activations and initializers
    {"lrelu", "leaky_relu"},
    {"xavier_uniform", "GlorotUniform"},
    {"xavier_normal", "GlorotNormal"},
    {"kaiming_uniform", "HeUniform"},
    {"kaiming_normal", "HeNormal"},
    {"trunc_normal", "TruncatedNormal"},
    {"eye", "Identity"},
    // schedules and callbacks
    {"ExponentialLR", "ExponentialDecay"},
    {"MultiStepLR", "PiecewiseConstantDecay"},
    {"CosineAnnealingLR", "CosineDecay"},
    {"CosineAnnealingWarmRestarts", "CosineDecayRestarts"},
    {"PolynomialLR", "PolynomialDecay"},
    {"LambdaLR", "LearningRateScheduler"},
    // arguments and keys of recipes
    {"lr", "learning_rate"},
    {"eps", "epsilon"},
    {"betas", "beta_1"},
    {"num_epochs", "epochs"},
    {"criterion", "loss"},
    {"loss_fn", "loss"},
    {"out_features", "units"},
    {"num_units", "units"},
    {"out_channels", "filters"},
    {"p", "rate"},
    {"drop_rate", "rate"},
};

}  // namespace

std::span<const ForeignName> foreign_names() { return table; }

}  // namespace sloy
