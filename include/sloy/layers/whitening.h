/// Whitening: what comes in gets uncorrelated numbers of one variance.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <sloy/layer.h>

namespace sloy {

/// Which of the matrices that whiten.
enum class WhiteningMethod : std::uint8_t {
  zca,  ///< E·(D + ε)^−½·Eᵀ: of all, what changes the numbers least; images stay images
  pca   ///< E·(D + ε)^−½: principal components, the one of the largest variance first
};
constexpr std::array<std::string_view, 2> enum_names(WhiteningMethod) { return {"zca", "pca"}; }

/// (x − mean)·matrix along the last axis, such that the training data get the covariance 1 (LeCun,
/// Bottou, Orr and Müller 1998; for images Krizhevsky 2009). E and D are eigenvectors and
/// eigenvalues of their covariance, the mean over all examples and all positions of the axes before
/// the last; an eigenvector's largest number is positive. `fit` measures mean and matrix before its
/// first step, Model::adapt when called, and they are stored with the model; until then predict,
/// evaluate and save throw ConfigError, a graph of your own gets not-a-number.
///
/// It stands right after the input, or after a Flatten that does: colours of an image are whitened
/// together in the one case, all its pixels in the other. The axis has 1024 numbers at most: the
/// time that its matrix takes grows with their cube. Keras has no such layer.
/// (batch, …, n) → (batch, …, n)
struct SLOY_EXPORT Whitening {
  WhiteningMethod method = WhiteningMethod::zca;  ///< which matrix
  /// ε, added to each variance, above 0: directions that vary less are not blown up. Pixels are
  /// value / 255, for which 0.01 to 0.1 is usual
  double epsilon = 1e-5;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("method", &Whitening::method);
    field("epsilon", &Whitening::epsilon);
    field("name", &Whitening::name);
  }
};

}  // namespace sloy
