/// The table of layers that files may name.
#include <sloy/layers.h>

#include <array>

namespace sloy {

std::span<const LayerEntry> layer_types() {
  static constexpr std::array table{
      // Core.
      type_entry<Layer, Input>(),
      type_entry<Layer, Dense>(),
      type_entry<Layer, Maxout>(),
      type_entry<Layer, ActivationLayer>(),
      // Convolution.
      type_entry<Layer, Conv2D>(),
      // Pooling.
      type_entry<Layer, MaxPool2D>(),
      type_entry<Layer, AveragePool2D>(),
      type_entry<Layer, GlobalAveragePooling2D>(),
      // Normalization.
      type_entry<Layer, BatchNormalization>(),
      type_entry<Layer, LayerNormalization>(),
      type_entry<Layer, GroupNormalization>(),
      type_entry<Layer, InstanceNormalization>(),
      type_entry<Layer, UnitNormalization>(),
      type_entry<Layer, Normalization>(),
      type_entry<Layer, Rescaling>(),
      // Regularization.
      type_entry<Layer, Dropout>(),
      type_entry<Layer, SpatialDropout1D>(),
      type_entry<Layer, SpatialDropout2D>(),
      type_entry<Layer, SpatialDropout3D>(),
      type_entry<Layer, GaussianDropout>(),
      type_entry<Layer, GaussianNoise>(),
      type_entry<Layer, AlphaDropout>(),
      // Reshaping.
      type_entry<Layer, Flatten>(),
      type_entry<Layer, Reshape>(),
      type_entry<Layer, UpSampling2D>(),
      // Merging.
      type_entry<Layer, Add>(),
      type_entry<Layer, Multiply>(),
      type_entry<Layer, Concatenate>(),
      // Activation.
      type_entry<Layer, ReLU>(),
      type_entry<Layer, LeakyReLU>(),
      type_entry<Layer, ELU>(),
      type_entry<Layer, PReLU>(),
      type_entry<Layer, GELU>(),
      type_entry<Layer, Softmax>(),
      // Other names that Keras has.
      type_entry<Layer, MaxPool2D>("MaxPooling2D"),
      type_entry<Layer, AveragePool2D>("AveragePooling2D"),
  };
  return table;
}

}  // namespace sloy
