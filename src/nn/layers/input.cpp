#include <sloy/layers.h>

namespace sloy {

Input::Input(const Shape& shape, DType dtype, std::string given_name)
    : name(std::move(given_name)), type_{dtype, shape} {
  Shape with_batch{batch};
  for (const Dim& dim : shape) {
    if (dim.is_symbolic() || dim.size() < 1) {
      throw ShapeError("an input's sizes are 1 or more, and the batch is not among them",
                       {{"shape", to_string(shape)}});
    }
    with_batch.push_back(dim);
  }
  auto call = std::make_shared<Symbol::Call>();
  call->types = {{dtype, with_batch}};
  // The layer holds a copy without a symbol: one with it would own itself.
  call->layer = std::make_shared<const Layer>(*this);
  symbol_ = Symbol(std::move(call), 0);
}

Value Input::call(Scope&, Value x) const { return x; }

Config to_config(const Input& input) {
  Config config;
  config["shape"] = to_config(input.type().shape);
  if (input.type().dtype != DType::float32) config["dtype"] = to_config(input.type().dtype);
  config["name"] = input.name;
  return config;
}

void from_config(const Config& config, Input& input) {
  Shape shape;
  DType dtype = DType::float32;
  std::string name;
  detail::check_keys(config, std::array<std::string_view, 3>{"shape", "dtype", "name"});
  from_config(config.at("shape"), shape);
  if (const Config* found = config.find("dtype")) from_config(*found, dtype);
  if (const Config* found = config.find("name")) from_config(*found, name);
  input = Input(shape, dtype, std::move(name));
}

}  // namespace sloy
