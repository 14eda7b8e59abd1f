/// The zoo: published architectures, with the counts of parameters that were published.
///
/// Weights are new: these are networks to train. Each takes images (batch, height, width, channels)
/// and ends in scores, one for each class: train it with a loss `from_logits`.
#pragma once

#include <string>
#include <vector>

#include <sloy/model.h>

namespace sloy::zoo {

/// LeNet-5 (LeCun et al. 1998) as it is taught: every map sees all maps before it. 28×28×1, 61,706
/// parameters with 10 classes.
Model lenet5(int classes = 10);

/// AlexNet as it won ImageNet 2012 (Krizhevsky, Sutskever and Hinton): convolutions in two groups,
/// one for each graphics card. 227×227×3, 60,965,224 parameters with 1,000 classes.
Model alexnet(int classes = 1000);
/// Its form for one card (Krizhevsky 2014; torchvision's): 224×224×3, 61,100,840 parameters.
Model alexnet_one_tower(int classes = 1000);

/// VGG of 16 or 19 layers (Simonyan and Zisserman 2015): 3×3 convolutions alone. 224×224×3,
/// 138,357,544 and 143,667,240 parameters, of which the dense layers hold nine tenths. Throws
/// ConfigError on another depth.
Model vgg(int layers = 16, int classes = 1000);
/// The remedy: global average pooling in place of the two large dense layers.
Model vgg_without_dense(int layers = 16, int classes = 1000);

/// ResNet of 18, 34 or 50 layers (He et al. 2016), strides as in torchvision: 224×224×3,
/// 11,689,512, 21,797,672 and 25,557,032 trainable parameters. Throws ConfigError on another depth.
Model resnet(int layers = 18, int classes = 1000);
/// ResNet of 6·blocks + 2 layers for CIFAR (He et al. 2016, section 4.2): 32×32×3, 269,722
/// trainable parameters with three blocks, as in the common PyTorch version: shortcuts that change
/// the size take every second pixel and add channels of zeros.
Model resnet_cifar(int blocks = 3, int classes = 10);

/// GoogLeNet, Inception v1 (Szegedy et al. 2015): without batch normalization and without its
/// helping heads. 224×224×3, 6,998,552 parameters.
Model googlenet(int classes = 1000);
/// Inception v3 (Szegedy et al. 2016), whose 7×7 convolutions are 1×7 and 7×1, without the helping
/// head. 299×299×3, 23,834,568 trainable parameters.
Model inception_v3(int classes = 1000);
/// The small Inception of Zhang et al. 2017 (appendix A) for CIFAR: 28×28×3.
Model inception_small(int classes = 10, bool batch_normalization = true);

/// Autoencoders of the Keras blog (Chollet 2016), on MNIST's images. All but the convolutional ones
/// take and give rows of 784; train them with BinaryCrossentropy from logits on their features.
Model autoencoder(int code = 32);
/// The same with an L1 penalty on the code.
Model sparse_autoencoder(int code = 32, double activity = 1e-5);
/// 784-128-64-32-64-128-784.
Model deep_autoencoder();
/// 28×28×1 through 4×4×8.
Model convolutional_autoencoder();
/// 28×28×1 through 7×7×32, with noise of this deviation on what it is to clean, in training.
Model denoising_autoencoder(double noise = 0.5);
/// Kingma and Welling 2014, with a code of two numbers; beta weighs the divergence of the code from
/// a normal distribution (Higgins et al. 2017).
Model variational_autoencoder(int code = 2, double beta = 1);

/// What is known of an architecture.
struct Entry {
  std::string name;             ///< "resnet18"
  std::string paper;            ///< who published it, and when
  std::string published;        ///< the result it is known for
  std::int64_t parameters = 0;  ///< trainable ones
  Model (*make)() = nullptr;    ///< as published
};
/// All of the above.
std::vector<Entry> entries();

}  // namespace sloy::zoo
