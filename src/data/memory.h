/// Data sets held in memory.
#pragma once

#include <sloy/data.h>

namespace sloy::data {

/// from_tensors for class labels that were read from `file`, which messages name.
Dataset labelled(Tensor features, Tensor labels, std::vector<std::string> class_names,
                 const std::string& file);
/// The number of classes that `labelled` would give such labels. Throws as it does.
int count_classes(const Tensor& labels, const std::vector<std::string>& class_names,
                  const std::string& file);
/// Throws DataError where there aren't as many `what` as examples: rows of both are counted by
/// their first dimension.
void check_rows(const Type& features, const Type& given, std::string_view what);
/// The same data, said to have more classes than their labels show.
Dataset with_classes(const Dataset& dataset, int num_classes);
/// The same examples, of which more is known. REQUIRES: a spec of the same types.
Dataset with_spec(const Dataset& dataset, Spec spec);

}  // namespace sloy::data
