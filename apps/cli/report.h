/// Figures as people read them.
#pragma once

#include <sloy/sloy.h>

#include <string>
#include <vector>

namespace sloy::cli {

/// "loss 0.2134   accuracy 0.9251".
std::string logs_text(const Logs& logs);
/// Counts by true class (rows) and predicted class (columns), with each class's share found.
std::string confusion_text(const Tensor& matrix, const data::Spec& spec);
/// Columns as wide as their longest cell; numbers to the right. The first row is the heading.
std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace sloy::cli
