/// What IDX files hold, without reading it.
#pragma once

#include <sloy/data.h>

namespace sloy::data {

/// The spec of idx(images, labels, class_names), from the headers of the files. Throws what idx
/// throws of them. REQUIRES: class names, as no label is read to count the classes.
Spec idx_spec(const std::string& images, const std::string& labels,
              std::vector<std::string> class_names);

}  // namespace sloy::data
