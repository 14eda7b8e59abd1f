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
      type_entry<Layer, Conv1D>(),
      type_entry<Layer, Conv2D>(),
      type_entry<Layer, Conv3D>(),
      type_entry<Layer, Conv1DTranspose>(),
      type_entry<Layer, Conv2DTranspose>(),
      type_entry<Layer, Conv3DTranspose>(),
      type_entry<Layer, DepthwiseConv1D>(),
      type_entry<Layer, DepthwiseConv2D>(),
      type_entry<Layer, SeparableConv1D>(),
      type_entry<Layer, SeparableConv2D>(),
      type_entry<Layer, SpatiallySeparableConv2D>(),
      // Pooling.
      type_entry<Layer, MaxPool1D>(),
      type_entry<Layer, MaxPool2D>(),
      type_entry<Layer, MaxPool3D>(),
      type_entry<Layer, AveragePool1D>(),
      type_entry<Layer, AveragePool2D>(),
      type_entry<Layer, AveragePool3D>(),
      type_entry<Layer, GlobalAveragePooling1D>(),
      type_entry<Layer, GlobalAveragePooling2D>(),
      type_entry<Layer, GlobalAveragePooling3D>(),
      type_entry<Layer, GlobalMaxPooling1D>(),
      type_entry<Layer, GlobalMaxPooling2D>(),
      type_entry<Layer, GlobalMaxPooling3D>(),
      // Normalization.
      type_entry<Layer, BatchNormalization>(),
      type_entry<Layer, LayerNormalization>(),
      type_entry<Layer, GroupNormalization>(),
      type_entry<Layer, InstanceNormalization>(),
      type_entry<Layer, UnitNormalization>(),
      type_entry<Layer, Normalization>(),
      type_entry<Layer, Whitening>(),
      type_entry<Layer, LocalResponseNormalization>(),
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
      type_entry<Layer, UpSampling1D>(),
      type_entry<Layer, UpSampling2D>(),
      type_entry<Layer, UpSampling3D>(),
      type_entry<Layer, ZeroPadding1D>(),
      type_entry<Layer, ZeroPadding2D>(),
      type_entry<Layer, ZeroPadding3D>(),
      type_entry<Layer, Cropping1D>(),
      type_entry<Layer, Cropping2D>(),
      type_entry<Layer, Cropping3D>(),
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
      // Variational.
      type_entry<Layer, GaussianSampling>(),
      // Other names that Keras has.
      type_entry<Layer, Conv1D>("Convolution1D"),
      type_entry<Layer, Conv2D>("Convolution2D"),
      type_entry<Layer, Conv3D>("Convolution3D"),
      type_entry<Layer, Conv1DTranspose>("Convolution1DTranspose"),
      type_entry<Layer, Conv2DTranspose>("Convolution2DTranspose"),
      type_entry<Layer, Conv3DTranspose>("Convolution3DTranspose"),
      type_entry<Layer, SeparableConv1D>("SeparableConvolution1D"),
      type_entry<Layer, SeparableConv2D>("SeparableConvolution2D"),
      type_entry<Layer, MaxPool1D>("MaxPooling1D"),
      type_entry<Layer, MaxPool2D>("MaxPooling2D"),
      type_entry<Layer, MaxPool3D>("MaxPooling3D"),
      type_entry<Layer, AveragePool1D>("AveragePooling1D"),
      type_entry<Layer, AveragePool2D>("AveragePooling2D"),
      type_entry<Layer, AveragePool3D>("AveragePooling3D"),
      type_entry<Layer, AveragePool1D>("AvgPool1D"),
      type_entry<Layer, AveragePool2D>("AvgPool2D"),
      type_entry<Layer, AveragePool3D>("AvgPool3D"),
      type_entry<Layer, GlobalAveragePooling1D>("GlobalAvgPool1D"),
      type_entry<Layer, GlobalAveragePooling2D>("GlobalAvgPool2D"),
      type_entry<Layer, GlobalAveragePooling3D>("GlobalAvgPool3D"),
      type_entry<Layer, GlobalMaxPooling1D>("GlobalMaxPool1D"),
      type_entry<Layer, GlobalMaxPooling2D>("GlobalMaxPool2D"),
      type_entry<Layer, GlobalMaxPooling3D>("GlobalMaxPool3D"),
  };
  return table;
}

}  // namespace sloy
