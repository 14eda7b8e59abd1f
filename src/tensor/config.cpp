/// Dimensions, shapes and tensors in files.
#include <fmt/format.h>
#include <sloy/fields.h>

#include <charconv>

namespace sloy {

Config to_config(const Dim& dim) {
  if (dim.is_symbolic()) return to_string(dim);
  return dim.factor();
}

void from_config(const Config& config, Dim& dim) {
  if (config.is_integer()) {
    dim = Dim(config.as_integer());
    return;
  }
  const std::string& text = config.as_string();
  std::int64_t factor = 1;
  const char* end = text.data() + text.size();
  const char* rest = text == "batch" ? text.data() : std::from_chars(text.data(), end, factor).ptr;
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit != "batch" && unit != "*batch") {
    throw config_error(config, fmt::format("\"{}\" is no dimension", text),
                       "write a number, \"batch\" or a multiple such as \"2*batch\"");
  }
  dim = Dim::batches(factor);
}

Config to_config(const Shape& shape) {
  Config::List list;
  for (const Dim& dim : shape) list.push_back(to_config(dim));
  return list;
}

void from_config(const Config& config, Shape& shape) {
  shape = {};
  for (const Config& item : config.as_list()) {
    Dim dim;
    from_config(item, dim);
    shape.push_back(dim);
  }
}

Config to_config(const Tensor& tensor) {
  Config::List values;
  const Tensor wide = tensor.cast(DType::float64);
  for (double value : wide.values<double>()) {
    if (is_float(tensor.dtype())) {
      values.emplace_back(value);
    } else {
      values.emplace_back(static_cast<std::int64_t>(value));
    }
  }
  return Config::Map{{"dtype", to_config(tensor.dtype())},
                     {"shape", to_config(tensor.shape())},
                     {"values", std::move(values)}};
}

void from_config(const Config& config, Tensor& tensor) {
  DType dtype{};
  Shape shape;
  from_config(config.at("dtype"), dtype);
  from_config(config.at("shape"), shape);
  const Config::List& list = config.at("values").as_list();
  std::vector<double> values;
  values.reserve(list.size());
  for (const Config& value : list) values.push_back(value.as_number());
  tensor = Tensor(std::move(shape), values).cast(dtype);
}

}  // namespace sloy
