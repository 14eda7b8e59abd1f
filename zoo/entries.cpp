#include "zoo/zoo.h"

namespace sloy::zoo {

std::vector<Entry> entries() {
  return {
      {"lenet5", "LeCun, Bottou, Bengio and Haffner 1998", "MNIST: 0.95 % test error", 61'706,
       [] { return lenet5(); }},
      {"alexnet", "Krizhevsky, Sutskever and Hinton 2012",
       "ImageNet: top-5 error from 26 to 15 %; six days on two graphics cards", 60'965'224,
       [] { return alexnet(); }},
      {"alexnet_one_tower", "Krizhevsky 2014", "ImageNet: as alexnet, on one card", 61'100'840,
       [] { return alexnet_one_tower(); }},
      {"vgg16", "Simonyan and Zisserman 2015",
       "ImageNet: 8.0 % top-5 error of one model; two to three weeks on four graphics cards",
       138'357'544, [] { return vgg(16); }},
      {"vgg19", "Simonyan and Zisserman 2015", "ImageNet: 8.0 % top-5 error of one model",
       143'667'240, [] { return vgg(19); }},
      {"resnet18", "He, Zhang, Ren and Sun 2016", "ImageNet: 27.88 % top-1 error", 11'689'512,
       [] { return resnet(18); }},
      {"resnet34", "He, Zhang, Ren and Sun 2016", "ImageNet: 25.03 % top-1 error", 21'797'672,
       [] { return resnet(34); }},
      {"resnet50", "He, Zhang, Ren and Sun 2016", "ImageNet: 22.85 % top-1 error", 25'557'032,
       [] { return resnet(50); }},
      {"resnet20_cifar", "He, Zhang, Ren and Sun 2016", "CIFAR-10: 8.75 % test error", 269'722,
       [] { return resnet_cifar(3); }},
      {"googlenet", "Szegedy et al. 2015", "ImageNet: 6.67 % top-5 error of seven models",
       6'998'552, [] { return googlenet(); }},
      {"inception_v3", "Szegedy et al. 2016", "ImageNet: 21.2 % top-1, 5.6 % top-5 error",
       23'834'568, [] { return inception_v3(); }},
      {"inception_small", "Zhang, Bengio, Hardt, Recht and Vinyals 2017",
       "CIFAR-10: fits labels drawn at random", 1'649'402, [] { return inception_small(); }},
      {"autoencoder", "Chollet 2016", "MNIST: binary cross-entropy 0.093", 50'992,
       [] { return autoencoder(); }},
      {"sparse_autoencoder", "Chollet 2016", "MNIST: binary cross-entropy 0.11", 50'992,
       [] { return sparse_autoencoder(); }},
      {"deep_autoencoder", "Chollet 2016", "MNIST: binary cross-entropy 0.095", 222'384,
       [] { return deep_autoencoder(); }},
      {"convolutional_autoencoder", "Chollet 2016", "MNIST: binary cross-entropy 0.094", 4'385,
       [] { return convolutional_autoencoder(); }},
      {"denoising_autoencoder", "Chollet 2016", "MNIST with noise: binary cross-entropy 0.10",
       28'353, [] { return denoising_autoencoder(); }},
      {"variational_autoencoder", "Kingma and Welling 2014", "MNIST in two dimensions", 404'244,
       [] { return variational_autoencoder(); }},
  };
}

}  // namespace sloy::zoo
