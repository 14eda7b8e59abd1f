/// How a model was measured in training, as its file holds it: a loaded one can be evaluated at
/// once.
///
///     { "loss": …, "metrics": […], "lost_metrics": ["Mine"] }
///
/// The types of the user's own are in it as any other. Of one whose members a file would lose only
/// the type's name is: "lost_loss" instead of "loss", and "lost_metrics".
#pragma once

#include <optional>
#include <string>

#include "nn/model_impl.h"

namespace sloy {

/// Null where the model has no loss.
Config measures_of(const Model::Impl& model);

/// Says on stderr, once for each compile, what of the loss and metrics is not in the file written.
void note_what_is_lost(Model::Impl& model, const std::string& path);

/// What of a file's measures can be made here, to compile with. Nothing where the loss can't:
/// evaluate says so, by `unknown_loss`. A metric that can't is named on stderr and left out. Throws
/// ConfigError where the measures are ill-formed.
std::optional<CompileOptions> options_to_measure(const Config& measures, const CustomTypes& custom,
                                                 const std::string& path);

/// The error of a model whose file says what its loss was, but not how to make it here.
ConfigError unknown_loss(const Config& measures);

}  // namespace sloy
